"""Reads bodies with limits on time, on unfinished bodies in total and per network. For the thread of one event loop."""

import asyncio
import errno
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from jaga.core.errors import JagaError
from jaga.records.room import RETRY_SECONDS as NO_ROOM_SECONDS
from jaga.records.room import StorageFull, require_room
from jaga.web.buffering.allowance import BASE_SECONDS, seconds_for
from jaga.web.buffering.errors import BodyTooSlow, TooManyUploads, UploadsFull
from jaga.web.buffering.network_locks import NetworkLocks
from jaga.web.buffering.spool import IN_MEMORY, Spool
from jaga.web.errors import RequestUnreadable, TooLarge

Receive = Callable[[], Awaitable[dict[str, Any]]]

SMALL = 64 * 1024
"""A body of up to this many bytes needs a slot only after `_GRACE` seconds: most arrive with their head, so sign-ins
and reports without pictures are not blocked when all slots are held."""
_GRACE = 0.5
_PATIENCE = 3.0  # Seconds to wait for a slot; `SMALL` bytes are read meanwhile.
_IDLE = 2.0  # Seconds a body may lag while another one that keeps pace has no slot.
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 0.4
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Limits:
    """Limits of one body. `announced` is None if its length is unknown until its end (chunked)."""

    network: str
    announced: int | None
    largest: int


@dataclass(eq=False)
class _Upload:
    limits: Limits
    began: float
    clock: asyncio.Timeout
    placed: asyncio.Future[None]
    received: int = 0
    lock: int | None = None
    why: JagaError = field(default_factory=BodyTooSlow)
    timer: asyncio.TimerHandle | None = None

    def behind(self, moment: float) -> float:
        """Seconds it lags behind the slowest pace at which it arrives in time."""
        return moment - self.began - seconds_for(self.received)

    def keeps_pace(self, moment: float) -> bool:
        """Whether it needs none of the initial grace time."""
        return self.behind(moment) < -BASE_SECONDS

    def end(self, why: JagaError) -> None:
        """End the upload: reading its body raises `why`. Without effect if the upload has already timed out."""
        if not self.clock.expired():
            self.why = why
            self.clock.reschedule(asyncio.get_running_loop().time())


class Uploads:
    """The bodies of one web process. At most `most` have a slot; `networks` counts over all processes."""

    def __init__(self, most: int, networks: NetworkLocks) -> None:
        self._most, self._networks = most, networks
        self._inside: set[_Upload] = set()

    async def read(self, receive: Receive, limits: Limits) -> Spool:
        """The whole body, rewound.

        Raises BodyTooSlow, TooManyUploads, UploadsFull, TooLarge, StorageFull, and RequestUnreadable for a truncated
        one.

        The server then closes the connection, as the body was not read to its end.
        """
        loop = asyncio.get_running_loop()
        small = limits.announced is not None and limits.announced <= SMALL
        upload = None
        try:
            async with asyncio.timeout(None) as clock:
                upload = _Upload(limits, loop.time(), clock, loop.create_future())
                if small:
                    upload.timer = loop.call_later(_GRACE, self._settle, upload, loop.time() + _GRACE, _FIRST_WAIT)
                else:
                    self._settle(upload, loop.time(), _FIRST_WAIT)
                clock.reschedule(upload.began + seconds_for(limits.announced or 0))
                return await _collect(receive, upload)
        except TimeoutError as over:
            raise (upload.why if upload else BodyTooSlow()) from over
        finally:
            if upload is not None:
                self._leave(upload)

    def _settle(self, upload: _Upload, since: float, wait: float) -> None:
        """Give it a slot now or when one is free; end it if none becomes free in time."""
        loop = asyncio.get_running_loop()
        refused = self._refused_a_place(upload, loop.time())
        if refused is None:
            upload.placed.set_result(None)
        elif loop.time() - since >= _PATIENCE:
            upload.end(refused)
        else:
            upload.timer = loop.call_later(wait, self._settle, upload, since, min(wait * 2, _LONGEST_WAIT))

    def _refused_a_place(self, upload: _Upload, moment: float) -> JagaError | None:
        """With all slots taken, a lagging body loses its slot, since it would time out anyway.

        If the waiting body keeps pace it loses it sooner, so that merely holding slots does not block real senders.
        """
        lock = self._networks.take(upload.limits.network)
        if lock is None:
            return TooManyUploads()
        if len(self._inside) >= self._most:
            slowest = max(self._inside, key=lambda one: one.behind(moment))
            if slowest.behind(moment) <= (_IDLE - BASE_SECONDS if upload.keeps_pace(moment) else 0):
                self._networks.give_back(lock)
                return UploadsFull()
            slowest.end(BodyTooSlow())
            self._leave(slowest)
        upload.lock = lock
        self._inside.add(upload)
        return None

    def _leave(self, upload: _Upload) -> None:
        """Free its slot, if it has one."""
        self._inside.discard(upload)
        if upload.timer is not None:
            upload.timer.cancel()
        if upload.lock is not None:
            self._networks.give_back(upload.lock)
            upload.lock = None


async def _collect(receive: Receive, upload: _Upload) -> Spool:
    body, limits, more = Spool(), upload.limits, True
    try:
        if (limits.announced or 0) > IN_MEMORY:
            require_room()
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise RequestUnreadable
            part, more = message.get("body", b""), message.get("more_body", False)
            upload.received += len(part)
            if upload.received > limits.largest:
                raise TooLarge
            if limits.announced is None:  # It earns its time while it arrives.
                upload.clock.reschedule(upload.began + seconds_for(upload.received))
            _write(body, part)
            if upload.received > SMALL:
                await upload.placed
        if limits.announced not in (None, upload.received):
            raise RequestUnreadable
        body.rewind()
    except BaseException:
        body.close()
        raise
    return body


def _write(body: Spool, part: bytes) -> None:
    """Append. A file grows only while there is free space, so unfinished bodies never fill the disk."""
    try:
        body.write(part)
        if body.on_disk():
            require_room()
    except OSError as refused:
        if refused.errno not in _NO_SPACE:
            raise
        raise StorageFull(retry_after=NO_ROOM_SECONDS) from refused
