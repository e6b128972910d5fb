"""Codes that people hold and the database cannot recompute: receipts, appeal codes, officers' keys, source keys.

Each has a key of its own outside the database (`config.secret`), so that a stolen copy of the tables opens nothing.
"""

import base64
import hmac
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings

RECEIPT_DIGITS = 16
_TURNS = 10
_HALF: int = 10 ** (RECEIPT_DIGITS // 2)
_NUMBERS, _RANDOM = 10**9, 10**7
_IDENTITY_BLOCK = 256
_REFERRAL_BLOCK = 1024
_APPEAL_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: people read them from a phone


def _keyed(purpose: str, material: str) -> bytes:
    key: bytes = settings.JAGA_SECRET(purpose)
    return hmac.digest(key, material.encode("utf-8", "surrogatepass"), "sha256")


def new_receipt(number: int) -> str:
    """A fresh receipt for the report of this number: 16 digits, about 53 bits, shown once.

    It is the number and seven random digits, enciphered, so that a receipt whose report was lost with a restore is
    known again (`number_in_receipt`, ADR 0069). Whoever has no key sees 16 random digits.
    """
    return _enciphered(number % _NUMBERS * _RANDOM + secrets.randbelow(_RANDOM))


def number_in_receipt(code: str) -> int | None:
    """The number that such a receipt was made for; any other 16 digits give any number, other lengths None."""
    digits = re.sub(r"\D", "", code)
    return _deciphered(digits) // _RANDOM if len(digits) == RECEIPT_DIGITS else None


def _enciphered(value: int) -> str:
    left, right = divmod(value, _HALF)
    for turn in range(_TURNS):
        left, right = right, (left + _turned(turn, right)) % _HALF
    return f"{left:0{RECEIPT_DIGITS // 2}d}{right:0{RECEIPT_DIGITS // 2}d}"


def _deciphered(digits: str) -> int:
    left, right = divmod(int(digits), _HALF)
    for turn in reversed(range(_TURNS)):
        left, right = (right - _turned(turn, left)) % _HALF, left
    return left * _HALF + right


def _turned(turn: int, half: int) -> int:
    """One turn of the cipher, a Feistel network as in NIST SP 800-38G, its round function HMAC-SHA-256."""
    return int.from_bytes(_keyed("receipts", f"turn:{turn}:{half}")[:16]) % _HALF


def receipt_hash(code: str) -> bytes:
    """The hash under which a receipt is found. Spaces and dashes that people add are ignored."""
    return _keyed("receipts", re.sub(r"\D", "", code))


def appeal_code(decision_id: int | str) -> str:
    """The code of a decision's statement, 20 characters in groups. Derived, so that it never needs to be stored."""
    digest = _keyed("appeals", str(decision_id))
    letters = "".join(_APPEAL_ALPHABET[byte % 32] for byte in digest[:20])
    return "-".join(letters[i:i + 5] for i in range(0, 20, 5))


def hearing_code(hearing_id: int) -> str:
    """The code by which a holder answers before anything is done: made and looked up like a statement's."""
    return appeal_code(f"hearing:{hearing_id}")


def appeal_hash(code: str) -> bytes:
    """The hash under which a statement is found by its code."""
    return _keyed("appeal-hashes", re.sub(r"[^0-9A-Z]", "", code.upper()))


def new_officer_key() -> str:
    """A fresh key for an officer's API calls, 256 bits, shown once."""
    return f"jaga_{secrets.token_urlsafe(32)}"


def officer_key_hash(key: str) -> bytes:
    """The hash under which an officer's key is found."""
    return _keyed("officer-keys", key)


def new_invitation() -> str:
    """A fresh one-time link's secret, 256 bits, shown once."""
    return secrets.token_urlsafe(32)


def invitation_hash(secret: str) -> bytes:
    """The hash under which an invitation is found."""
    return _keyed("invitations", secret)


def source_key(material: str) -> bytes:
    """Equal for reports of one independent source; says nothing else about it without the key."""
    return _keyed("sources", material)


def network_key(network: str) -> bytes:
    """Equal for reports from one network; says nothing else about it without the key."""
    return _keyed("networks", network)


def contact_key(contact: str) -> bytes:
    """Equal for reports of one contact, however it was written; says nothing else about it without the key."""
    return _keyed("contacts", normal_contact(contact))


def normal_contact(contact: str) -> str:
    """One spelling for one contact, so that one person is one voice: lower case, Indonesian numbers with +62."""
    if "@" in contact:
        return contact.casefold().replace(" ", "")
    digits = re.sub(r"\D", "", contact)
    if len(digits) < 6:
        return contact.casefold().strip()
    return f"+62{digits[1:]}" if digits.startswith("0") else f"+{digits}"


def guess_key(limit: str, value: str) -> bytes:
    """Equal for wrong tries that are counted together; neither address nor name can be read from it."""
    return _keyed("clients", f"{limit}:{value}")


def trace_key(value: str) -> bytes:
    """Equal for one and the same trace of two accounts; says nothing else about it without the key."""
    return _keyed("traces", value)


def cluster_key(number: int) -> int:
    """By what nearly equal texts find each other: 64 bits with a sign, which say nothing without the key."""
    return int.from_bytes(_keyed("clusters", str(number))[:8], signed=True)


def cluster_same(values: Sequence[int]) -> bytes:
    """Equal for texts of one signature; says nothing about them without the key."""
    return _keyed("clusters", ",".join(map(str, values)))


def voice_key(value: str) -> bytes:
    """By what a voice is known again within a case: 16 bytes, which say nothing without the key."""
    return _keyed("voices", value)[:16]


def lot(material: str) -> float:
    """A number from 0 to below 1 that nobody can foretell without the key, and that whoever has it can check."""
    return int.from_bytes(_keyed("lots", material)[:6]) / 2**48


def commitment(material: bytes) -> str:
    """A keyed commitment (hex) to something that must stay sealed for now, such as a first vote."""
    return _keyed("commitments", material.hex()).hex()


def _box(purpose: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.JAGA_SECRET(purpose)))


def seal_secret(secret: str) -> bytes:
    """Encrypted under a key outside the database."""
    return _box("secrets").encrypt(secret.encode())


def open_secret(sealed: bytes) -> str:
    """What `seal_secret` sealed. Raises cryptography's InvalidToken for anything else."""
    return _box("secrets").decrypt(bytes(sealed)).decode()


def form_hash(material: str) -> bytes:
    """The hash under which a form that was sent is found again: equal for the same form of the same browser alone."""
    return _keyed("secrets", f"form:{material}")


def form_box(material: str) -> Fernet:
    """What seals the answer to a form. `material` is the sender's browser's alone, so that our keys do not open it."""
    return Fernet(base64.urlsafe_b64encode(_keyed("secrets", f"form-box:{material}")))


def seal_raw(raw: bytes) -> bytes:
    """Bytes that a platform sent and that nothing is decided on, encrypted under a key outside the database."""
    return _box("secrets").encrypt(raw)


def open_raw(sealed: bytes) -> bytes:
    """What `seal_raw` sealed. Raises cryptography's InvalidToken for anything else."""
    return _box("secrets").decrypt(bytes(sealed))


def seal_identity(name: str, contact: str) -> bytes:
    """A reporter's name and contact, encrypted under a key of their own outside the database.

    Filled up to whole blocks first, so that not even the length of a name can be read from the row.
    """
    plain = json.dumps([name, contact]).encode()
    return _box("identities").encrypt(plain.ljust(-(-len(plain) // _IDENTITY_BLOCK) * _IDENTITY_BLOCK))


def open_identity(sealed: bytes) -> tuple[str, str]:
    """The name and contact that `seal_identity` sealed. Raises cryptography's InvalidToken for anything else.

    Only `records.access.reporting.reporter_identity` calls this: it asks who looks.
    """
    name, contact = json.loads(_box("identities").decrypt(sealed))
    return name, contact


def seal_referral(message: Mapping[str, object]) -> bytes:
    """What a receiver needs to know, encrypted under a key of its own outside the database, filled up to whole blocks.
    """
    plain = json.dumps(message).encode()
    return _box("referrals").encrypt(plain.ljust(-(-len(plain) // _REFERRAL_BLOCK) * _REFERRAL_BLOCK))


def open_referral(sealed: bytes) -> dict[str, object]:
    """What `seal_referral` sealed. Raises cryptography's InvalidToken for anything else.

    Only `records.access.referrals` calls this: it asks who looks.
    """
    message: dict[str, object] = json.loads(_box("referrals").decrypt(bytes(sealed)))
    return message


def referral_secret(referral_id: int) -> str:
    """The secret of a referral's link, 256 bits. Derived, so that a reminder can repeat it and no table holds it."""
    return base64.urlsafe_b64encode(_keyed("referral-links", f"link:{referral_id}")).decode().rstrip("=")


def referral_link_hash(secret: str) -> bytes:
    """The hash under which a referral is found by its link."""
    return _keyed("referral-links", f"hash:{secret}")


def referral_code(referral_id: int) -> str:
    """The code that opens the link, 8 characters in two groups: told by telephone, never in the mail."""
    letters = "".join(_APPEAL_ALPHABET[byte % 32] for byte in _keyed("referral-links", f"code:{referral_id}")[:8])
    return f"{letters[:4]}-{letters[4:]}"


def is_referral_code(referral_id: int, typed: str) -> bool:
    """Whether this is that referral's code. Hyphens, spaces and small letters are forgiven."""
    said, code = re.sub(r"[^0-9A-Z]", "", typed.upper()), referral_code(referral_id).replace("-", "")
    return hmac.compare_digest(said.encode(), code.encode())


def _visits() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.JAGA_SECRET("visits")))


def seal_visit(report_id: int, at: datetime) -> str:
    """A token that opens one report's pages for a while: for a cookie. It holds no receipt, and nobody can read it."""
    return _visits().encrypt_at_time(str(report_id).encode(), int(at.timestamp())).decode()


def open_visit(token: str, at: datetime, seconds: int) -> int | None:
    """The report of a token that is at most `seconds` old; None for any other text."""
    try:
        return int(_visits().decrypt_at_time(token, seconds, int(at.timestamp())))
    except (InvalidToken, ValueError):
        return None
