"""The keyed words of the search index (ADR 0084).

A copy of the database contains neither the words of reports nor the names of accounts: each is a keyed hash under the
key `search`, which lies outside the database. The indexer writes vectors of them, and a query is made of the same
hashes. A hash has no beginning, so the beginnings that can be searched (`mawa*`) are hashed as well.

Internal terms such as `=category:fraud` are stored as they are; no hash begins with "=".
"""

import re
import unicodedata
from binascii import b2a_base64
from collections.abc import Iterable
from functools import cache
from hashlib import blake2b

from django.conf import settings

WORD_BEGINNINGS = range(3, 9)
"""Letters of a word's beginnings that are indexed. More letters cost little, fewer find too much."""
NAME_BEGINNINGS = range(2, 13)
"""Letters of the beginnings of an account's name; the name up to each sign (`_`, `:`) and the whole are indexed too."""
_BYTES, _CHARACTERS = 8, 10  # 60 of the 64 bits.
_SPACE = (_BYTES + 1) // 3 * 4
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_MOST_POSITIONS = 16_383  # PostgreSQL's limit in a tsvector.
_MARKS = "".join(char for char in map(chr, range(0x300, 0x10000)) if unicodedata.category(char).startswith("M"))
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_MARKS}])*")


def words_in(folded: str) -> list[str]:
    """The words of a folded text in their order: letters, digits and marks on them. All other signs separate."""
    return _WORD.findall(folded)


def vector(folded: str, names: Iterable[str], *, terms: Iterable[str] = (), hide_parts: bool = False) -> str:
    """The indexed vector of a case, as PostgreSQL reads a `tsvector`.

    `names` are folded names of accounts, `terms` internal ones such as `=channel:public`. With `hide_parts`, names are
    found only whole (a part may point at a victim).
    """
    places: dict[str, list[int]] = {}
    key = _key()  # Once: to ask for it takes longer than to hash a word.
    for place, word in enumerate(words_in(folded)[:_MOST_POSITIONS], 1):
        places.setdefault(word, []).append(place)
    written = [
        f"{lexeme}:{','.join(map(str, at))}"
        for lexeme, at in zip(_lexemes(b"word", places, key), places.values(), strict=True)
    ]
    bare = set(
        _lexemes(
            b"beginning", {word[:length] for word in places for length in WORD_BEGINNINGS if length < len(word)}, key
        )
    )
    for name in names:
        bare.update(_lexemes(b"name", [name] if hide_parts else _beginnings(name), key))
    return " ".join([*map(quoted, terms), *sorted(bare), *written])


def _beginnings(name: str) -> set[str]:
    signs = {place for place, char in enumerate(name) if not char.isalnum()}
    return {name[:length] for length in {*NAME_BEGINNINGS, *signs, len(name)}} - {""}


def word_numbers(folded: str) -> list[int]:
    """The distinct words of a folded text as keyed 32-bit numbers, sorted: to find texts of a few days by whole words.

    Two words rarely share a number, and their order is not kept.
    """
    key = _key()
    return sorted({_word_number(word, key) for word in words_in(folded)[:_MOST_POSITIONS]})


def _word_number(word: str, key: bytes) -> int:
    hashed = _hasher(key, b"number").copy()
    hashed.update(word.encode("utf-8", "surrogatepass"))
    return int.from_bytes(hashed.digest()[:4], signed=True)


def phrase(folded: str) -> str:
    """The `tsquery` of a folded word, or of several that follow each other; "" if there is no word in it."""
    return " <-> ".join(_lexeme(b"word", word) for word in words_in(folded))


def beginning(folded: str) -> str:
    """The `tsquery` of a word's folded beginning, with the words before it as a phrase; "" if no word is in it.

    Only beginnings of WORD_BEGINNINGS letters are indexed (`can_begin`).
    """
    *before, last = words_in(folded) or [""]
    if not last:
        return ""
    begins = f"({_lexeme(b'beginning', last)} | {_lexeme(b'word', last)})"
    return f"(({phrase(' '.join(before))}) & {begins})" if before else begins


def can_begin(folded: str) -> bool:
    """Whether the last word of a folded text is a beginning that is indexed."""
    return len((words_in(folded) or [""])[-1]) in WORD_BEGINNINGS


def named(name: str) -> str:
    """The `tsquery` of an account's folded name or of its beginning."""
    return _lexeme(b"name", name)


def quoted(lexeme: str) -> str:
    """One internal term quoted for a `tsvector` or `tsquery`, whatever characters it contains."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


def _key() -> bytes:
    key: bytes = settings.JAGA_SECRET("search")
    return key


def _lexeme(kind: bytes, word: str) -> str:
    return _lexemes(kind, [word], _key())[0]


def _lexemes(kind: bytes, words: Iterable[str], key: bytes) -> list[str]:
    """The keyed hash of each word. All are written by one step, since that takes as long as hashing them."""
    begun, digests = _hasher(key, kind).copy, []
    for word in words:
        hashed = begun()
        hashed.update(word.encode("utf-8", "surrogatepass"))
        digests.append(hashed.digest())
    digests.append(b"")
    # With a byte more for each, its characters are as many as four for three bytes, and the first ones are the same.
    text = b2a_base64(b"\0".join(digests), newline=False).translate(_URL_SAFE).decode()
    return [f"'{text[at : at + _CHARACTERS]}'" for at in range(0, len(text), _SPACE)]


@cache
def _hasher(key: bytes, kind: bytes) -> "blake2b":
    """The state of the hash after the key, which is most of its work."""
    return blake2b(digest_size=_BYTES, key=key, person=kind)
