#!/usr/bin/env python3
"""Verify offline that an entry is in a signed and witnessed log. Needs Python 3.9 and the package `cryptography` only.

    python3 verify_proof.py PROOF.tlog-proof POLICY [--leaf HEX]

PROOF is a file of the format c2sp.org/tlog-proof@v1, POLICY one of c2sp.org/tlog-policy. Get the policy, with the keys
of the log and its witnesses, from somewhere else than the proof. Jaga's proofs contain their entry in the line `extra`
(a salt of 32 bytes, then JSON); of another log give the leaf's data with --leaf.

Exit status: 0 the entry is in the log, 1 the proof is refused, 2 a file cannot be read. It shares no code with Jaga, so
that whoever has read this file need not trust the rest.
"""

import argparse
import base64
import hashlib
import re
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG, WITNESS = 1, 4  # signature types of c2sp.org/signed-note and c2sp.org/tlog-cosignature
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class Refused(Exception):
    """Why the proof proves nothing."""


def require(condition, why):
    if not condition:
        raise Refused(why)


def unbase64(text):
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        data = b""
    require(base64.b64encode(data).decode() == text, "something that must be base64 is not")
    return data


def number(text, what):
    require(NUMBER.fullmatch(text) and int(text) < 2**63, f"the {what} is not a decimal number below 2^63")
    return int(text)


class Key:
    """A public key of a log or witness, from its line NAME+ID+BASE64."""

    def __init__(self, vkey, kind):
        parts = vkey.split("+", 2)
        require(len(parts) == 3 and parts[0], "the policy has a key that is not of the form NAME+ID+BASE64")
        self.name, body = parts[0], unbase64(parts[2])
        self.id = hashlib.sha256(self.name.encode("utf-8", "surrogateescape") + b"\n" + body).digest()[:4]
        require(self.id.hex() == parts[1], f"the key of {self.name} does not fit its id")
        require(len(body) == 33 and body[0] == kind, f"the key of {self.name} is not of the type {kind} (Ed25519)")
        self.kind, self.public = kind, body[1:]

    def verify(self, text, signature):
        """The time of a cosignature in seconds, or 0 for a log's signature."""
        seconds = int.from_bytes(signature[:8], "big") if self.kind == WITNESS else 0
        if self.kind == WITNESS:
            text, signature = f"cosignature/v1\ntime {seconds}\n{text}", signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):  # ValueError: no key, or no UTF-8
            raise Refused(f"the signature of {self.name} is wrong") from None
        return seconds


class Policy:
    """c2sp.org/tlog-policy: which logs and witnesses are known, and the quorum of witnesses."""

    def __init__(self, data):
        self.logs, self.witnesses, self.groups, self.quorum, members = [], {}, {}, None, set()
        require(data.endswith(b"\n") and not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data), "the policy is damaged")
        for line in data.decode("utf-8", "surrogateescape").split("\n"):
            words = re.findall(r"[^ \t]+", line)
            if not words or words[0].startswith("#"):
                continue
            kind, words = words[0], words[1:]
            known = {"none", *self.witnesses, *self.groups}
            if kind == "log" and 1 <= len(words) <= 2:
                self.logs.append(Key(words[0], LOG))
            elif kind == "witness" and 2 <= len(words) <= 3 and words[0] not in known:
                self.witnesses[words[0]] = Key(words[1], WITNESS)
            elif kind == "group" and len(words) >= 3 and words[0] not in known:
                name, limit, *inside = words
                require(
                    known - {"none"} - members >= {*inside} and len({*inside}) == len(inside),
                    f"the members of group {name} are unknown or counted twice",
                )
                members |= {*inside}
                limit = {"all": str(len(inside)), "any": "1"}.get(limit, limit)
                require(1 <= number(limit, "threshold") <= len(inside), f"the threshold of group {name} is wrong")
                self.groups[name] = (int(limit), inside)
            elif kind == "quorum" and len(words) == 1 and self.quorum is None and words[0] in known:
                self.quorum = words[0]
            else:
                raise Refused(f"the policy has a line that is not understood: {line[:80]}")
        for keys in (self.logs, self.witnesses.values()):
            require(len({key.public for key in keys}) == len(keys), "the policy has a key twice")
        require(self.logs and self.quorum, "the policy needs a log and a quorum")

    def is_met(self, cosigned):
        counted = {"none", *cosigned}
        for name, (limit, members) in self.groups.items():
            counted |= {name} if len(counted.intersection(members)) >= limit else set()
        return self.quorum in counted


def open_checkpoint(data, policy):
    """Origin, size, root, and the times of the witnesses' cosignatures by name."""
    text, separator, lines = data.decode("utf-8", "surrogateescape").rpartition("\n\n")
    require(separator and lines.endswith("\n"), "the checkpoint has no signatures")
    head, text = text.split("\n"), text + "\n"
    require(len(head) == 3 and min(text.replace("\n", " ")) >= " ", "the checkpoint has not exactly three lines")
    origin, size, root = head[0], number(head[1], "size"), unbase64(head[2])
    names = {(key.name, key.id): name for name, key in policy.witnesses.items()}
    keys = {(key.name, key.id): key for key in [*policy.logs, *policy.witnesses.values()]}
    signed = {}
    for line in lines[:-1].split("\n"):
        parts = line.split(" ")
        require(len(parts) == 3 and parts[0] == "\u2014", "a signature line is not of the form “— NAME BASE64”")
        which = (parts[1], unbase64(parts[2])[:4])
        if which in keys:
            require(which not in signed, f"{parts[1]} signed twice")
            signed[which] = keys[which].verify(text, unbase64(parts[2])[4:])
    require(
        any((log.name, log.id) in signed and log.name == origin for log in policy.logs),
        "no log of the policy signed the checkpoint",
    )
    cosigned = {names[which]: seconds for which, seconds in signed.items() if which in names}
    require(policy.is_met(cosigned), "too few witnesses of the policy cosigned the checkpoint")
    return origin, size, root, cosigned


def root_of(leaf, index, size, hashes):
    """The root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    require(index < size, "the index is beyond the log")
    node, last, found = index, size - 1, hashlib.sha256(b"\x00" + leaf).digest()
    for one in hashes:
        require(last > 0, "the proof is too long")
        if node & 1 or node == last:
            found = hashlib.sha256(b"\x01" + one + found).digest()
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + one).digest()
        node, last = node >> 1, last >> 1
    require(last == 0, "the proof is too short")
    return found


def verify(data, policy, leaf=None):
    """What is proved, as lines of text. Raises Refused."""
    head, _, checkpoint = data.partition(b"\n\n")
    first, *lines = head.decode("ascii", "replace").split("\n")
    require(first == "c2sp.org/tlog-proof@v1", "this is not a c2sp.org/tlog-proof@v1")
    extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
    require(lines and lines[0].startswith("index "), "the proof has no index")
    index = number(lines.pop(0)[6:], "index")
    hashes = [unbase64(line) for line in lines]
    require(all(len(one) == 32 for one in hashes), "a hash of the proof has not 32 bytes")
    require(leaf is not None or extra is not None, "the proof does not contain its entry: give its leaf with --leaf")
    origin, size, root, cosigned = open_checkpoint(checkpoint, policy)
    hashed = leaf if leaf is not None else hashlib.sha256(b"jaga.leaf.v1\n" + extra).digest()
    require(root_of(hashed, index, size, hashes) == root, "the proof does not lead to the root of the log")
    times = {name: time.asctime(time.gmtime(min(seconds, 2**37))) for name, seconds in cosigned.items()}
    return [
        f"valid: leaf {index} is in the log {origin}, which had {size} leaves",
        *(f"cosigned by {name} at {when} UTC" for name, when in times.items()),
        *([f"entry: {extra[32:].decode('utf-8', 'backslashreplace')}"] if leaf is None else []),
    ]


def plain(text):
    """Text from others in signs that cannot steer a terminal."""
    return "".join(char if " " <= char <= "~" else ascii(char)[1:-1] for char in text)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("proof", "policy"):
        parser.add_argument(name)
    parser.add_argument("--leaf", type=bytes.fromhex, metavar="HEX", help="the leaf's data, if the proof has no extra")
    asked = parser.parse_args(arguments)
    try:
        with open(asked.proof, "rb") as proof, open(asked.policy, "rb") as policy:
            print(*map(plain, verify(proof.read(), Policy(policy.read()), asked.leaf)), sep="\n")
        return 0
    except Refused as refusal:
        print(plain(f"refused: {refusal}"), file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"cannot read {problem.filename}: {problem.strerror}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
