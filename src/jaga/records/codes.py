"""Codes that people hold and the database cannot recompute: receipts, appeal codes, officers' keys, source keys.

Each has a key of its own outside the database (`config.secret`), so that a stolen copy of the tables opens nothing.
"""

import base64
import hashlib
import hmac
import re
import secrets

from cryptography.fernet import Fernet
from django.conf import settings

RECEIPT_DIGITS = 16
_APPEAL_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: people read them from a phone


def _keyed(purpose: str, material: str) -> bytes:
    key: bytes = settings.JAGA_SECRET(purpose)
    return hmac.new(key, material.encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def new_receipt() -> str:
    """A fresh receipt: 16 digits, about 53 bits, shown once."""
    return "".join(secrets.choice("0123456789") for _ in range(RECEIPT_DIGITS))


def receipt_hash(code: str) -> bytes:
    """The hash under which a receipt is found. Spaces and dashes that people add are ignored."""
    return _keyed("receipts", re.sub(r"\D", "", code))


def appeal_code(decision_id: int) -> str:
    """The code of a decision's statement, 20 characters in groups. Derived, so that it never needs to be stored."""
    digest = _keyed("appeals", str(decision_id))
    letters = "".join(_APPEAL_ALPHABET[byte % 32] for byte in digest[:20])
    return "-".join(letters[i:i + 5] for i in range(0, 20, 5))


def appeal_hash(code: str) -> bytes:
    """The hash under which a statement is found by its code."""
    return _keyed("appeal-hashes", re.sub(r"[^0-9A-Z]", "", code.upper()))


def new_officer_key() -> str:
    """A fresh key for an officer's API calls, 256 bits, shown once."""
    return f"jaga_{secrets.token_urlsafe(32)}"


def officer_key_hash(key: str) -> bytes:
    """The hash under which an officer's key is found."""
    return _keyed("officer-keys", key)


def source_key(material: str) -> bytes:
    """Equal for reports of one independent source; says nothing else about it without the key."""
    return _keyed("sources", material)


def trace_key(value: str) -> bytes:
    """Equal for one and the same trace of two accounts; says nothing else about it without the key."""
    return _keyed("traces", value)


def commitment(material: bytes) -> str:
    """A keyed commitment (hex) to something that must stay sealed for now, such as a first vote."""
    return _keyed("commitments", material.hex()).hex()


def _box() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(settings.JAGA_SECRET("secrets")))


def seal_secret(secret: str) -> bytes:
    """Encrypted under a key outside the database."""
    return _box().encrypt(secret.encode())


def open_secret(sealed: bytes) -> str:
    """What `seal_secret` sealed. Raises cryptography's InvalidToken for anything else."""
    return _box().decrypt(bytes(sealed)).decode()
