"""Reading a repository: any bytes give records or "not understood", quickly."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.platforms import PlatformUnreachable
from jaga.platforms.atproto.car import BlockLink, records


def cbor(value: object) -> bytes:
    """A value as DAG-CBOR, for texts, maps, lists, small numbers and links."""
    match value:
        case None:
            return b"\xf6"
        case int():
            return head(0, value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case list():
            return head(4, len(value)) + b"".join(cbor(item) for item in value)
        case dict():
            return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value.items())
        case BlockLink():
            return b"\xd8\x2a" + cbor(b"\0" + value.cid)
    raise TypeError(value)


def head(kind: int, number: int) -> bytes:
    return bytes((kind << 5 | number,)) if number < 24 else bytes((kind << 5 | 25,)) + number.to_bytes(2)


def link(block: bytes) -> BlockLink:
    return BlockLink(bytes((1, 0x71, 0x12, 32)) + hashlib.sha256(block).digest())


def repository(*records: tuple[str, bytes]) -> bytes:
    """A repository with one node of the tree."""
    entries = [{"p": 0, "k": key.encode(), "v": link(block), "t": None} for key, block in records]
    node = cbor({"l": None, "e": entries})
    commit = cbor({"version": 3, "data": link(node)})
    header = cbor({"version": 1, "roots": [link(commit)]})
    parts = [bytes((len(header),)) + header]
    for block in (commit, node, *(block for _, block in records)):
        size = 36 + len(block)
        parts.append(bytes((size & 0x7F | 0x80, size >> 7)) + link(block).cid + block)
    return b"".join(parts)


def test_records_of_one_collection_are_read_with_key_hash_and_value() -> None:
    """Others are skipped; links are written as in the protocol's JSON."""
    block = cbor({"text": "halo", "embed": link(b"x")})
    found = list(records(repository(("other/1", cbor({})), ("posts/2", block)), "posts"))
    assert found == [("2", str(link(block)), {"text": "halo", "embed": {"$link": str(link(b"x"))}})]
    assert str(link(block)).startswith("bafyrei")


@pytest.mark.parametrize(
    "block",
    [
        b"\xfb" + bytes(8),
        b"\x81" * 200 + b"\xf6",
        b"\x9f\xff",
        b"\x62a",
        b"\xa1\x01\x01",
        b"",
    ],
)
def test_a_record_that_cannot_be_read_does_not_hide_the_others(block: bytes) -> None:
    """A fraction, endless nesting, open lengths, truncated texts, keys that are not text."""
    found = list(records(repository(("posts/1", block), ("posts/2", cbor({"text": "halo"}))), "posts"))
    assert [value for _, _, value in found] == [None, {"text": "halo"}]


@given(st.binary(max_size=400))
def test_any_bytes_are_a_repository_or_not_understood(content: bytes) -> None:
    """No other error is raised, whatever a server sends."""
    with pytest.raises(PlatformUnreachable):
        list(records(content, "posts"))


@given(st.data())
def test_a_repository_cut_anywhere_is_not_understood(data: st.DataObject) -> None:
    """A truncated answer is no answer."""
    whole = repository(("posts/1", cbor({"text": "halo"})))
    with pytest.raises(PlatformUnreachable):
        list(records(whole[: data.draw(st.integers(0, len(whole) - 1))], "posts"))
