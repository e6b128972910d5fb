"""Reads a repository exported by a PDS (a CAR file) down to single records.

A closed account's posts are no longer listed, but the server's administrator can still fetch its repository. Every
block is checked against its hash. https://atproto.com/specs/repository
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jaga.platforms.atproto.session import not_understood

_DEEPEST = 60
_LINK = 42  # The CBOR tag of a link.
_NAMED = bytes((1, 0x71, 0x12, 32))  # Version 1, DAG-CBOR, SHA-256 of 32 bytes: the only block ids accepted.


class Malformed(ValueError):
    """Bytes that are not a block of this format."""


@dataclass(frozen=True)
class BlockLink:
    """A block id: the hash of its content."""

    cid: bytes

    def __str__(self) -> str:
        return "b" + base64.b32encode(self.cid).decode().lower().rstrip("=")


def records(content: bytes, collection: str) -> Iterator[tuple[str, str, object]]:
    """Record key, hash and value of each record of the collection, in key order.

    An unreadable value is None. Raises PlatformUnreachable if the repository itself is unreadable or incomplete.
    """
    try:
        roots, blocks = _car(content)
        commit = _mapping(_decoded(blocks[roots[0].cid]))
        for key, link in _entries(_link(commit.get("data")), blocks, set(), 0):
            kind, _, name = key.partition("/")
            if kind == collection:
                yield name, str(link), _value(blocks[link.cid])
    except (Malformed, LookupError, UnicodeDecodeError) as error:
        raise not_understood(f"repository: {type(error).__name__}") from error


def values_in(content: bytes, most: int) -> list[object]:
    """DAG-CBOR values that follow each other, as in a frame of an event stream. Raises Malformed, also for more."""
    found: list[object] = []
    at = 0
    try:
        while at < len(content):
            if len(found) == most:
                raise Malformed("more values than expected")
            value, at = _item(content, at, 0)
            found.append(value)
    except (LookupError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(type(error).__name__) from error
    return found


def blocks_in(content: bytes) -> Mapping[bytes, bytes]:
    """The blocks of a CAR by their ids, each checked against its hash. Raises Malformed."""
    try:
        return _car(content)[1]
    except (LookupError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(type(error).__name__) from error


def record_in(block: bytes) -> object:
    """A record in the protocol's JSON form. Raises Malformed."""
    try:
        return _shown(_decoded(block))
    except (LookupError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed(type(error).__name__) from error


def _value(block: bytes) -> object:
    try:
        return _shown(_decoded(block))
    except (Malformed, LookupError, UnicodeDecodeError):
        return None


def _car(content: bytes) -> tuple[list[BlockLink], Mapping[bytes, bytes]]:
    size, at = _varint(content, 0)
    header = _mapping(_decoded(content[at : at + size]))
    roots = header.get("roots")
    if header.get("version") != 1 or not isinstance(roots, list):
        raise Malformed("no CAR of version 1")
    blocks: dict[bytes, bytes] = {}
    at += size
    while at < len(content):
        size, at = _varint(content, at)
        cid, block = content[at : at + 36], content[at + 36 : at + size]
        if size < 36 or at + size > len(content) or cid[:4] != _NAMED:
            raise Malformed("a block that is cut off, or named in an unknown way")
        if hashlib.sha256(block).digest() != cid[4:]:
            raise Malformed("a block whose hash is another")
        blocks[cid] = block
        at += size
    return [_link(root) for root in roots], blocks


def _entries(
    node: BlockLink,
    blocks: Mapping[bytes, bytes],
    seen: set[bytes],
    depth: int,
) -> Iterator[tuple[str, BlockLink]]:
    """Keys and links of the tree under `node`; each key stores only its difference from the previous one.

    A node may occur only once: a few repeated ones could expand without end.
    """
    if depth > _DEEPEST or node.cid in seen:
        raise Malformed("a tree that is too deep, or repeats itself")
    seen.add(node.cid)
    content = _mapping(_decoded(blocks[node.cid]))
    if content.get("l") is not None:
        yield from _entries(_link(content["l"]), blocks, seen, depth + 1)
    key = b""
    entries = content.get("e")
    for entry in entries if isinstance(entries, list) else ():
        fields = _mapping(entry)
        shared, rest = fields.get("p"), fields.get("k")
        if not isinstance(shared, int) or not isinstance(rest, bytes):
            raise Malformed("an entry without a key")
        key = key[:shared] + rest
        yield key.decode(), _link(fields.get("v"))
        if fields.get("t") is not None:
            yield from _entries(_link(fields["t"]), blocks, seen, depth + 1)


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 63, 7):
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Malformed("a length without an end")


def _link(value: object) -> BlockLink:
    if not isinstance(value, BlockLink):
        raise Malformed("no link where one must be")
    return value


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Malformed("no map where one must be")
    return value


def _shown(value: object) -> object:
    """A value in the protocol's JSON form."""
    if isinstance(value, BlockLink):
        return {"$link": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode().rstrip("=")}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return {key: _shown(item) for key, item in value.items()} if isinstance(value, dict) else value


def _decoded(block: bytes) -> object:
    value, end = _item(block, 0, 0)
    if end != len(block):
        raise Malformed("more than one value")
    return value


def _item(block: bytes, at: int, depth: int) -> tuple[object, int]:
    """One DAG-CBOR value; the format allows neither floats as keys nor indefinite lengths."""
    if depth > _DEEPEST:
        raise Malformed("nested too deeply")
    kind, small = block[at] >> 5, block[at] & 0x1F
    if kind == 7:
        return _simple(small), at + 1
    number, at = _number(block, at + 1, small)
    if kind in {2, 3}:
        part = block[at : at + number]
        if len(part) != number:
            raise Malformed("a text that is cut off")
        return (part.decode() if kind == 3 else part), at + number
    if kind == 4:
        items: list[object] = []
        for _ in range(number):
            item, at = _item(block, at, depth + 1)
            items.append(item)
        return items, at
    if kind == 5:
        fields: dict[str, object] = {}
        for _ in range(number):
            name, at = _item(block, at, depth + 1)
            if not isinstance(name, str):
                raise Malformed("a key that is no text")
            fields[name], at = _item(block, at, depth + 1)
        return fields, at
    if kind == 6:
        inner, at = _item(block, at, depth + 1)
        if number != _LINK or not isinstance(inner, bytes) or not inner.startswith(b"\0\x01"):
            raise Malformed("an unknown tag")
        return BlockLink(inner[1:]), at
    return (number if kind == 0 else -1 - number), at


def _number(block: bytes, at: int, small: int) -> tuple[int, int]:
    if small < 24:
        return small, at
    if small > 27:
        raise Malformed("an open length")
    size = 1 << (small - 24)
    part = block[at : at + size]
    if len(part) != size:
        raise Malformed("a number that is cut off")
    return int.from_bytes(part), at + size


def _simple(small: int) -> bool | None:
    if small not in {20, 21, 22}:
        raise Malformed("a fraction, or an unknown simple value")
    return {20: False, 21: True, 22: None}[small]
