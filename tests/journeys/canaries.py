"""Invented reporters whose names, contacts and addresses must be found nowhere, and the search for them.

To cover another channel: add a function to `DOORS` in `test_canaries`, and send its own `Canary` through it.
"""

import base64
import codecs
import hashlib
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import quote

import hyperscan
from django.db import connection
from psycopg import sql

_TABLES = """SELECT table_schema, table_name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"""


@dataclass(frozen=True)
class Canary:
    """One invented reporter: everything of theirs that could be written down somewhere."""

    door: str
    name: str
    mail: str
    phone: str
    address: str

    @property
    def needles(self) -> tuple[str, ...]:
        """The words to search for: complete, in parts, and in forms in which programs rewrite them."""
        network = ip_network((self.address, 24 if ip_address(self.address).version == 4 else 48), strict=False)
        local, _, domain = self.mail.partition("@")
        national = self.phone.lstrip("+").removeprefix("62")
        return (
            self.name,
            *self.name.split(),
            self.mail,
            local,
            domain,
            self.phone,
            f"62{national}",
            f"0{national}",
            national,
            self.address,
            str(network),
            str(network.network_address),
        )


def canary(door: str, number: int) -> Canary:
    """A unique reporter."""
    mark = f"{number:02d}"
    return Canary(
        door,
        f"Kenarisaksi{mark} Wirasendana{mark}",
        f"kenari.saksi{mark}@surel-saksi{mark}.example",
        f"+6281290{mark}7341",
        f"100.71.{number + 100}.207",
    )


def disguises(needle: str) -> set[bytes]:
    """The forms in which the word could appear, in lower case if case does not matter."""
    plain = {needle.encode(), needle.lower().encode()}
    hashed = {digest(one) for one in plain for digest in (_sha256, _sha1, _md5)}
    found = {*plain, *hashed}
    for one in (*plain, *hashed):
        found |= {one.hex().encode(), one[::-1], *_base64(one)}
    found |= {quote(needle, safe="").encode(), codecs.encode(needle, "rot13").encode()}
    found |= {needle.encode("utf-16-le"), needle.encode("utf-16-be")}
    return {one for one in found if len(one) >= 7} | {one.lower() for one in found if len(one) >= 7 and one.isascii()}


def _sha256(text: bytes) -> bytes:
    return hashlib.sha256(text).digest()


def _sha1(text: bytes) -> bytes:
    return hashlib.sha1(text, usedforsecurity=False).digest()


def _md5(text: bytes) -> bytes:
    return hashlib.md5(text, usedforsecurity=False).digest()


def _base64(text: bytes) -> Iterator[bytes]:
    """In each of the three alignments, without the characters that neighbours change."""
    for before in range(3):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            whole = encode(bytes(before) + text)
            inner = whole[(8 * before + 5) // 6 : (8 * (before + len(text))) // 6]
            yield inner


@dataclass(frozen=True)
class Place:
    """A place to search, with its name."""

    name: str
    content: bytes


def tables() -> Iterator[Place]:
    """Every column of every table, whoever created it: as text, and if binary as its bytes."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        for schema, table in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
            names = [column.name for column in cursor.description or ()]
            rows = cursor.fetchall()
            for place, name in enumerate(names):
                yield Place(f"table {table}.{name}", b"\n".join(_bytes(row[place]) for row in rows))


def _bytes(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value) + b"\n" + bytes(value).hex().encode()
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def files(*roots: Path) -> Iterator[Place]:
    """Every file below, and what is packed inside it."""
    for root in roots:
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            content = path.read_bytes()
            yield Place(f"file {path}", content + b"\n" + path.name.encode())
            yield Place(f"packed in {path}", _unpacked(content))


def _unpacked(content: bytes) -> bytes:
    """The contents of deflated streams in PDFs and ZIP files."""
    parts = []
    for start in _after(content, b"stream"):
        try:
            parts.append(zlib.decompressobj().decompress(content[start:].lstrip(b"\r\n")))
        except zlib.error:
            continue
    return b"\n".join(parts)


def _after(content: bytes, word: bytes) -> Iterator[int]:
    start = content.find(word)
    while start != -1:
        yield start + len(word)
        start = content.find(word, start + 1)


@cache
def _search(canaries: tuple[Canary, ...]) -> tuple[hyperscan.Database, list[str]]:
    """A search for all their words at once, and whose word each is."""
    wanted = sorted(
        {
            (disguise, f"{one.door}: {needle}")
            for one in canaries
            for needle in one.needles
            for disguise in disguises(needle)
        }
    )
    search = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    search.compile(
        expressions=["".join(f"\\x{byte:02x}" for byte in disguise).encode() for disguise, _ in wanted],
        ids=list(range(len(wanted))),
        elements=len(wanted),
        flags=[hyperscan.HS_FLAG_SINGLEMATCH] * len(wanted),
    )
    return search, [whose for _, whose in wanted]


def found(canaries: list[Canary], places: list[Place]) -> list[str]:
    """Where somebody could be read: the channel, the word and the place."""
    search, wanted = _search(tuple(canaries))
    seen: set[str] = set()
    for place in places:
        for content in {place.content, place.content.lower()}:
            search.scan(content, lambda number, *_, where=place.name: seen.add(f"{wanted[number]} in {where}"))
    return sorted(seen)
