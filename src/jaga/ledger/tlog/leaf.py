"""What the log publishes of an entry: a salted hash and nothing else.

A published leaf has 32 bytes whatever the entry is, and without the salt nobody can test a guess about the entry
against it. The *opening* (salt and entry) stays inside; a receipt carries that of its own entry.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

from jaga.core.canonical import canonical_json
from jaga.ledger.tlog.errors import BadFormat

LEAF_DOMAIN = b"jaga.leaf.v1\n"
SALT_BYTES = 32
LEAF_BYTES = 32


def opening(salt: bytes, document: Mapping[str, object]) -> bytes:
    """What somebody needs to check a leaf: the salt of 32 random bytes, then the entry in canonical JSON.

    Raises NotCanonical, ValueError for a salt of another length.
    """
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes, not {len(salt)}")
    return salt + canonical_json(document)


def leaf_of(opened: bytes) -> bytes:
    """The published leaf of an opening: SHA-256(`jaga.leaf.v1`, line end, salt, entry)."""
    return sha256(LEAF_DOMAIN + opened).digest()


def read_opening(opened: bytes) -> dict[str, object]:
    """The entry in an opening. Raises BadFormat unless it is canonical JSON behind a salt."""
    try:
        document = json.loads(opened[SALT_BYTES:])
        if not isinstance(document, dict) or canonical_json(document) != opened[SALT_BYTES:]:
            raise ValueError
    except (ValueError, RecursionError):
        raise BadFormat(what="opened entry", why="no canonical JSON stands behind its salt") from None
    return document
