"""Proof of work: some computing by a sender's device, cheap to check. It buys a place in the faster lane, no more."""

import hashlib

BITS = 17  # about 130,000 hashes: some seconds of an old phone, in the background while its owner types
LONGEST_ANSWER = 20


def is_enough(challenge: str, answer: str, bits: int = BITS) -> bool:
    """Whether SHA-256 of `challenge.answer` begins with so many zero bits. Who may use the challenge is not judged."""
    if not (answer.isascii() and answer.isdigit() and len(answer) <= LONGEST_ANSWER):
        return False
    digest = hashlib.sha256(f"{challenge}.{answer}".encode()).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0
