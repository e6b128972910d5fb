"""Keyed hashes of what a watch read, and the cipher of what it keeps. The keys are those of `jaga.records.codes`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from jaga.core.canonical import rfc3339
from jaga.core.folding import fold
from jaga.records.codes import cipher, keyed_hash, short_key

_BLOCK = 256  # bytes


def observed_key(platform: str, native_id: str) -> bytes:
    """A keyed hash, equal for the same text of a platform by its id there; reveals nothing else without the key."""
    return keyed_hash("indicators", json.dumps(["observed", platform, native_id]))


def content_key(text: str, media_hashes: Sequence[str]) -> bytes:
    """A keyed hash, equal for the same text with the same media; reveals nothing else without the key."""
    return keyed_hash("indicators", json.dumps(["content", text, list(media_hashes)]))


def origin_key(platform: str, account_id: str, surface: str, at: datetime) -> bytes:
    """A keyed hash, equal for what one account published at one moment in one place; reveals nothing else without the
    key."""
    return keyed_hash("indicators", json.dumps(["origin", platform, account_id, surface, rfc3339(at)]))


def account_key(platform: str, account_id: str) -> bytes:
    """A keyed hash, equal for the same account; reveals nothing else without the key."""
    return keyed_hash("indicators", json.dumps(["account", platform, account_id]))


def same_words_number(platform: str, category: str, text: str, contacts: Iterable[str], media: Iterable[str]) -> int:
    """The first 64 bits of a keyed hash, equal for texts of a platform and category with the same letters, contacts and
    media, whatever digits, signs and spaces stand between; reveals nothing else without the key.
    """
    letters = "".join(filter(str.isalpha, fold(text))) or text
    return short_key(
        keyed_hash(
            "indicators", json.dumps(["same words", platform, category, letters, sorted(contacts), sorted(media)])
        )
    )


def seal_observed(observed: Mapping[str, str]) -> bytes:
    """Encrypt what a watch keeps of a public text, under a key outside the database, padded to whole blocks."""
    plain = json.dumps(observed).encode()
    return cipher("identities").encrypt(plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK))


def open_observed(sealed: bytes) -> dict[str, str]:
    """Decrypt what `seal_observed` encrypted. Raises cryptography's InvalidToken for anything else.

    Call it only from `records.access.watch.lookups`, which checks permission, and `records.access.privacy.everywhere`
    and `records.access.watch.shared_words`, which show nobody what stands there.
    """
    observed: dict[str, str] = json.loads(cipher("identities").decrypt(bytes(sealed)))
    return observed
