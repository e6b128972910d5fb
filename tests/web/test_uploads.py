"""Places for unfinished request bodies: who gets one, who loses it, and that each becomes free again."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from jaga.core.errors import JagaError
from jaga.store.room import StorageFull
from jaga.web.buffering import uploads
from jaga.web.buffering.uploads import (
    IN_MEMORY,
    SMALL,
    BodyTooSlow,
    Limits,
    NetworkLocks,
    TooManyUploads,
    Uploads,
    UploadsFull,
)
from jaga.web.errors import RequestUnreadable, TooLarge

LARGE = SMALL + 1
MOST = 10_000_000


class Sender:
    """What a client sends, message by message; then nothing."""

    def __init__(self, *parts: bytes, ends: bool = False) -> None:
        self.parts, self.ends = list(parts), ends

    async def __call__(self) -> dict[str, Any]:
        if self.parts:
            part = self.parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self.parts) or not self.ends}
        await asyncio.sleep(3600)
        raise AssertionError


def place(tmp_path: Path, most: int = 1, of_a_network: int = 4) -> Uploads:
    return Uploads(most, NetworkLocks(tmp_path / "locks", of_a_network))


async def _read(many: Uploads, sender: Any, announced: int | None, network: str = "192.0.2.0/24") -> bytes | str:
    try:
        with await many.read(sender, Limits(network, announced, MOST)) as body:
            return body.read()
    except JagaError as refused:
        return refused.code


def test_a_small_body_needs_no_place(tmp_path: Path) -> None:
    """While all places are taken, a small body is read and a large one is refused."""

    async def run() -> None:
        many = place(tmp_path)
        stuck = asyncio.ensure_future(_read(many, Sender(b"x" * SMALL), LARGE))
        await asyncio.sleep(0.01)
        assert await _read(many, Sender(b"a=b", ends=True), 3) == b"a=b"
        assert await _read(many, Sender(b"x" * LARGE, ends=True), LARGE) == UploadsFull.code
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)
        assert await _read(many, Sender(b"x" * LARGE, ends=True), LARGE) == b"x" * LARGE

    asyncio.run(run())


def test_who_lags_behind_gives_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that announced much and sends nothing is refused as too slow."""
    monkeypatch.setattr(uploads, "seconds_for", lambda size: 0.05 + size / 4096)

    async def run() -> None:
        many = place(tmp_path)
        stuck = asyncio.ensure_future(_read(many, Sender(b"x"), MOST))
        await asyncio.sleep(0.1)
        body = b"x" * LARGE
        assert await _read(many, Sender(body, ends=True), LARGE, "198.51.100.0/24") == body
        assert await stuck == BodyTooSlow.code

    asyncio.run(run())


def test_who_keeps_the_pace_comes_before_who_holds_places(tmp_path: Path) -> None:
    """A picture at 64 kbit/s is accepted while others hold all places and ask for more, which they do not get."""

    async def slowly() -> dict[str, Any]:
        await asyncio.sleep(0.1)
        return {"type": "http.request", "body": b"x" * 1024, "more_body": next(left) > 0}

    async def run() -> None:
        many = place(tmp_path, most=2)
        stuck = [asyncio.ensure_future(_read(many, Sender(b"x"), MOST, f"192.0.{one}.0/24")) for one in range(20)]
        await asyncio.sleep(0.5)
        picture = await _read(many, slowly, None, "198.51.100.0/24")
        assert isinstance(picture, bytes)
        assert len(picture) == 100 * 1024
        for one in stuck:
            one.cancel()
        codes = await asyncio.gather(*stuck, return_exceptions=True)
        assert codes.count(UploadsFull.code) == 18
        assert BodyTooSlow.code in codes

    left = iter(range(99, -1, -1))
    asyncio.run(run())


def test_one_network_has_its_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each network has its own share; small bodies count once they are late."""
    monkeypatch.setattr(uploads, "_GRACE", 0.01)

    async def run() -> None:
        many = place(tmp_path, most=9, of_a_network=2)
        stuck = [asyncio.ensure_future(_read(many, Sender(b"x"), size)) for size in (10, LARGE)]
        await asyncio.sleep(0.1)
        assert await _read(many, Sender(b"x" * LARGE, ends=True), LARGE) == TooManyUploads.code
        assert await _read(many, Sender(b"x"), 10) == TooManyUploads.code
        assert await _read(many, Sender(b"x" * LARGE, ends=True), LARGE, "198.51.100.0/24") == b"x" * LARGE
        for one in stuck:
            one.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("sender", "announced", "code"),
    [
        (Sender(b"abc", ends=True), 5, RequestUnreadable.code),
        (Sender(b"x" * (MOST + 1)), None, TooLarge.code),
    ],
    ids=["cut off", "too large"],
)
def test_what_is_no_body(tmp_path: Path, sender: Sender, announced: int | None, code: str) -> None:
    """An invalid body is refused, and its place is free afterwards."""

    async def run() -> None:
        many = place(tmp_path)
        assert await _read(many, sender, announced) == code
        assert await _read(many, Sender(b"x" * LARGE, ends=True), None) == b"x" * LARGE

    asyncio.run(run())


def test_a_large_body_lies_sealed_on_the_disk(tmp_path: Path, settings: Any) -> None:
    """It may contain a chat export. The temporary file has no name, so nothing is left of it after a kill."""
    settings.FILE_UPLOAD_TEMP_DIR, body = str(tmp_path), b"pesan rahasia " * 100_000

    async def run() -> None:
        with await place(tmp_path).read(Sender(body[:9], body[9:], ends=True), Limits("a", len(body), MOST)) as spool:
            unnamed = [
                Path(entry)
                for entry in os.scandir("/proc/self/fd")
                if os.readlink(entry).startswith(str(tmp_path)) and "deleted" in os.readlink(entry)
            ]
            assert len(unnamed) == 1
            lies = unnamed[0].read_bytes()
            assert len(lies) == len(body)
            assert b"rahasia" not in lies
            assert spool.read(20) + spool.read() == body
        assert [found.name for found in tmp_path.iterdir()] == ["locks"]

    asyncio.run(run())


def test_bodies_never_fill_the_disk(tmp_path: Path, settings: Any) -> None:
    """With little space a large body is refused before it is read, and one that grows while space runs out is refused
    too; what fits into memory is checked by the verbs.
    """
    many, whole = place(tmp_path), b"x" * 2 * IN_MEMORY

    async def run(announced: int | None, *parts: bytes) -> bytes | str:
        return await _read(many, Sender(*parts, ends=True), announced)

    settings.JAGA_LEAST_FREE = 10**18
    assert asyncio.run(run(len(whole))) == StorageFull.code
    assert asyncio.run(run(None, whole[:IN_MEMORY], b"x")) == StorageFull.code
    assert asyncio.run(run(None, b"a=b")) == b"a=b"
    settings.JAGA_LEAST_FREE = 1
    assert asyncio.run(run(len(whole), whole)) == whole
