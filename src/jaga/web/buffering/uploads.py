"""Reads bodies with limits on time, on unfinished bodies in total and per network. For the thread of one event loop.

Time and size limits for request bodies.

Errors while reading a body.

A limit per network, counted over all web processes of an installation.

Stores a body until it is complete: in memory, or a large one in an unnamed file only this process can read.

Uploaded files that are too large for memory: they wait on disk encrypted, never as a plain file (ADR 0023).
"""

import asyncio
import errno
import fcntl
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from http import HTTPStatus
from io import SEEK_SET, BytesIO, RawIOBase, UnsupportedOperation
from os import urandom
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO, cast

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from jaga.core.errors import N_, JagaError
from jaga.core.observations import LARGEST_PUSH
from jaga.policy.release import emergency_numbers
from jaga.store.room import RETRY_SECONDS as NO_ROOM_SECONDS
from jaga.store.room import StorageFull, require_room
from jaga.web.errors import API_PREFIX, RequestUnreadable, TooLarge
from jaga.web.middleware import FILES_AT, LARGEST_BODY, LARGEST_FILE

LONGEST_SECONDS = 15 * 60
BASE_SECONDS = 10
_BYTES_A_SECOND = 4096
LARGEST_MESSAGE = 64 * 1024  # A platform's signed message.


def seconds_for(size: int) -> float:
    """Ten seconds plus one per 4 kB, at most fifteen minutes: 3 MB at 64 kbit/s need half of that."""
    return min(BASE_SECONDS + size / _BYTES_A_SECOND, LONGEST_SECONDS)


def largest_at(path: str) -> int:
    """The maximum body size for this path in bytes."""
    if path.startswith("/hooks/"):
        return LARGEST_PUSH if is_push(path) else LARGEST_MESSAGE
    return LARGEST_FILE if path in FILES_AT else LARGEST_BODY


def is_push(path: str) -> bool:
    """Whether a platform sends a batch of its stream to this path."""
    return path.startswith("/hooks/") and path.endswith("/observations/")


def is_api(path: str) -> bool:
    """Whether this path is authenticated by an API key rather than a session or not at all."""
    return path.startswith(API_PREFIX)


RETRY_SECONDS = 30


class BodyTooSlow(JagaError):
    """The body exceeded its time limit. Nothing was stored."""

    code = "body_too_slow"
    status = HTTPStatus.REQUEST_TIMEOUT.value
    sentence = N_("What you sent did not arrive in time. Nothing was stored.")
    remedy = N_("Your connection is slow or was interrupted. Try again, with smaller pictures or without.")


class TooManyUploads(JagaError):
    """One network sends too many bodies at once."""

    code = "too_many_uploads"
    status = HTTPStatus.TOO_MANY_REQUESTS.value
    sentence = N_("Several others are sending from your network at the moment. Yours was not stored.")
    remedy = N_("Wait half a minute and send it again. If somebody is in danger, call %(emergency)s.")

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS, emergency=emergency_numbers())


class UploadsFull(JagaError):
    """Too many slow bodies arrive at once over all networks."""

    code = "uploads_full"
    status = HTTPStatus.SERVICE_UNAVAILABLE.value
    sentence = N_("Very many people are sending large files at the moment. Yours was not stored.")
    remedy = N_(
        "Wait half a minute and send it again, or send it without pictures. "
        "If somebody is in danger, call %(emergency)s."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS, emergency=emergency_numbers())


_DIGEST_BYTES = 6


class NetworkLocks:
    """Each slot is a lock on one byte of a shared file, at an offset derived from the network.

    The kernel releases a lock when its process ends for any reason. The file itself stays empty: no network is written
    to disk. For one thread per process.
    """

    def __init__(self, path: Path, most: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._most = most
        self._held: set[int] = set()  # A process is never refused a lock it already holds.

    def take(self, network: str) -> int | None:
        """Take one of this network's slots, or None if all are taken."""
        digest = blake2b(network.encode(), digest_size=_DIGEST_BYTES).digest()
        first = int.from_bytes(digest) * self._most
        for byte in range(first, first + self._most):
            if byte not in self._held and self._lock(byte):
                self._held.add(byte)
                return byte
        return None

    def give_back(self, byte: int) -> None:
        """Release the slot."""
        self._held.discard(byte)
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, byte)

    def close(self) -> None:
        """Release all slots."""
        self._held.clear()
        os.close(self._file)

    def _lock(self, byte: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except (BlockingIOError, PermissionError):  # Another process holds it; POSIX allows either error.
            return False
        return True


IN_MEMORY = 512 * 1024


class Spool(RawIOBase):
    """A body written once from start to end, then read as often as needed.

    It may contain a chat export, which must not reach the disk in plain form (ADR 0023): the file is encrypted under a
    single-use key kept only in memory. No authentication tag is needed, since only this process reads it. What stays in
    memory, as nearly every report, is not encrypted.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] = BytesIO()
        self._cipher: Cipher[CTR] | None = None
        self._context: CipherContext | None = None
        self.size = 0

    def write(self, part: Any) -> int:
        """Append. Raises OSError (disk full)."""
        if self._cipher is None and self.size + len(part) > IN_MEMORY:
            self._to_disk()
        self._file.write(self._context.update(part) if self._context is not None else part)
        self.size += len(part)
        return len(part)

    def _to_disk(self) -> None:
        self._file.seek(0)
        held = self._file.read()
        self._cipher = Cipher(AES256(urandom(32)), CTR(urandom(16)))
        self._context = self._cipher.encryptor()
        self._file.close()
        self._file = TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)  # noqa: SIM115 - `close`
        self._file.write(self._context.update(held))

    def on_disk(self) -> bool:
        """Whether it is too large for memory."""
        return self.size > IN_MEMORY

    def rewind(self) -> None:
        """Continue reading from the start."""
        self._file.seek(0)
        if self._cipher is not None:
            self._context = self._cipher.decryptor()

    def seekable(self) -> bool:
        """To the start only."""
        return True

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        """Continue reading from the start. Raises UnsupportedOperation for any other place."""
        if (offset, whence) != (0, SEEK_SET):
            raise UnsupportedOperation
        self.rewind()
        return 0

    def readable(self) -> bool:
        """True after `rewind`."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read as much as fits or is left."""
        lies = self._file.read(len(buffer))
        buffer[: len(lies)] = self._context.update(lies) if self._context is not None else lies
        return len(lies)

    def close(self) -> None:
        """Delete it."""
        self._file.close()
        super().close()


class EncryptedFileUploadHandler(FileUploadHandler):
    """In place of Django's, which writes a plain file with a name: a killed process would leave it behind."""

    _spool: Spool

    def new_file(self, *given: Any, **named: Any) -> None:
        """Begin another file of the form."""
        super().new_file(*given, **named)
        self._spool = Spool()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Append. Raises OSError (disk full)."""
        self._spool.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """The file, at its start."""
        self._spool.rewind()
        return UploadedFile(
            cast(BinaryIO, self._spool),
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """Delete what has come of it."""
        if hasattr(self, "_spool"):
            self._spool.close()


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
