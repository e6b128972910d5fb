"""The source `web`: starts the process that reads a website, and turns what it says into observations."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from selectors import EVENT_READ, DefaultSelector
from typing import Any, Protocol
from urllib.parse import urlsplit

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.observations import (
    Deletion,
    NamedMedia,
    Observation,
    ObservedBatch,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceUnreachable,
    SourceWentBack,
    WebScope,
)
from jaga.core.terms.reports import ObservationKind
from jaga.platforms.kit.guard import moment_of_text
from jaga.sources.kit import NO_ROBOTS, ROBOTS, Gathering
from jaga.sources.registry import Surroundings
from jaga.sources.web.frontier import MOST_PAGES, Frontier, clean, id_of

NAME = "web/1"
SECONDS = 20.0
"""Of one reading; the process is ended a little later whatever it does."""
BETWEEN_ROUNDS = timedelta(minutes=15)
PAUSE = 1.0
"""Seconds between two requests at least; more where the site is slow (Scrapy's AutoThrottle)."""
LOOPBACK = False
"""Whether this machine may be read, and nothing else: set by tests alone."""
_GRACE = 15.0
TOO_MUCH = "reading it took too long or too much memory"
_ENVIRONMENT = ("PATH", "PYTHONPATH", "LANG", "SSL_CERT_FILE")
_LONGEST_LINE = 8 * 1024 * 1024
_WRONG_SCOPE = N_("The scope of this watch does not contain the address where reading begins.")
_SCOPE = N_("Propose a watch whose scope has a line that this address begins with.")
_PRIVATE = N_("The website is at an address that is not public.")
_NOT_THERE = N_("Only public websites are read. Stop the watch.")


class WebSource:
    """The pages and feeds in scope, read in rounds."""

    name = NAME

    def __init__(
        self,
        start: str,
        scope: tuple[str, ...],
        *,
        pause: float = PAUSE,
        between: timedelta = BETWEEN_ROUNDS,
        loopback: bool | None = None,
        process: "Callable[[bytes], CrawlProcess] | None" = None,
    ) -> None:
        self._process_for = process or Started
        self._start, self._scope, self._pause, self._between = start, scope, pause, between
        self._loopback = LOOPBACK if loopback is None else loopback

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        frontier = Frontier() if cursor is None else Frontier.from_cursor(cursor)
        if not frontier.todo:
            if frontier.begun and now() - frontier.begun < self._between:
                return ObservedBatch((), frontier.as_cursor())
            frontier.begin(self._start, now())
        reading = WebReading(frontier, self._start, limit)
        with self._process(frontier) as lines:
            for line in lines:
                if not reading.take(line):
                    break
        return reading.batch()

    @contextmanager
    def _process(self, frontier: Frontier) -> Iterator[Iterator[dict[str, Any]]]:
        """The process, ended with the block."""
        job = {
            "scope": self._scope,
            "cursor": frontier.as_cursor(),
            "seconds": SECONDS,
            "pause": self._pause,
            "loopback": self._loopback,
        }
        process = self._process_for(json.dumps(job).encode())
        try:
            yield lines_of(process, time.monotonic() + SECONDS + _GRACE)
        finally:
            process.end()


class WebReading:
    """One reading of a website."""

    def __init__(self, frontier: Frontier, start: str, limit: int) -> None:
        self._frontier, self._start, self._limit = frontier, start, limit
        self._gathering = Gathering()
        self._ready = self._ended = self._full = False

    def take(self, line: dict[str, Any]) -> bool:
        """Take what was read at one address; False when the batch is full. Raises SourceUnreachable for the start."""
        if line.get("ready"):
            self._ready = True
            return True
        if line.get("end"):
            self._ended = True
            return False
        if self._gathering.full(self._limit):
            self._full = True
            return False
        address, kind = line["address"], line["kind"]
        if kind in {"error", "forbidden", "gone"} and address == self._start:
            raise _no_start(kind, line.get("why", "HTTP 404"))
        handler: Callable[[str, dict[str, Any]], bool] | None = {
            "page": self._page,
            "feed": self._feed,
            "gone": self._gone,
            "error": self._error,
        }.get(kind)
        if handler is not None and not handler(address, line):
            self._full = True
            return False
        self._frontier.done(address, line.get("links", ()))
        return True

    def batch(self) -> ObservedBatch:
        """The batch. Raises SourceWentBack after a round in which nothing of the earlier rounds was found."""
        frontier = self._frontier
        if not self._ready:
            raise SourceUnreachable(why="the process that reads websites did not start")
        if not (self._ended or self._full):  # it was ended by a limit while it read this address
            address = frontier.todo[0][0]
            if address == self._start:
                raise SourceFault(why=TOO_MUCH)
            self._error(address, {"why": TOO_MUCH})
            frontier.done(address, ())
        if not frontier.todo and frontier.earlier >= 3 and not frontier.again:
            raise SourceWentBack(why="none of the pages that were read is there")
        if not frontier.todo and len(frontier.asked) >= MOST_PAGES:
            self._error(self._start, {"why": f"more than {MOST_PAGES} pages; the others are not read"})
        return self._gathering.batch(frontier.as_cursor(), more=bool(frontier.todo))

    def _page(self, address: str, line: dict[str, Any]) -> bool:
        if line["text"]:
            host = urlsplit(address).hostname or ""
            self._observe(
                address,
                line["title"] or address,
                host,
                host,
                line["text"],
                address,
                None,
                tuple(map(NamedMedia, line["pictures"])),
            )
        return True

    def _feed(self, address: str, line: dict[str, Any]) -> bool:
        """The entries; False if the batch was full before the last, and then the feed is read again."""
        for entry in line["entries"]:
            if self._gathering.full(self._limit):
                return False
            host = urlsplit(entry["link"]).hostname or ""
            author = entry["author"] or host
            account = f"{host}/{author}" if entry["author"] else host
            if entry["text"].strip():
                self._observe(
                    entry["id"] or entry["link"], address, account, author, entry["text"], entry["link"], entry["at"]
                )
        return True

    def _observe(
        self,
        id_: str,
        surface: str,
        account: str,
        handle: str,
        text: str,
        locator: str,
        at: str | None,
        pictures: tuple[NamedMedia, ...] = (),
    ) -> None:
        new = self._frontier.is_new(id_, text)
        if new is not None:
            self._gathering.take(
                locator,
                text,
                lambda: (
                    Observation(
                        surface=surface,
                        native_id=id_of(id_),
                        account_id=account[:300],
                        handle=handle,
                        text=text,
                        at=moment_of_text(at) if at else now(),  # type: ignore[arg-type]
                        locator=locator,
                        source_version=NAME,
                        media=pictures,
                        kind=ObservationKind.NEW if new else ObservationKind.EDIT,
                    ),
                ),
            )

    def _gone(self, address: str, line: dict[str, Any]) -> bool:
        if self._frontier.forget(address):
            self._gathering.add([Deletion(id_of(address))])
        return True

    def _error(self, address: str, line: dict[str, Any]) -> bool:
        """Set aside once: the same error at the same place is not told in each round."""
        if self._frontier.is_new_error(address, line["why"]):
            self._gathering.refuse("page", line["why"], address.encode())
        return True


def _no_start(kind: str, why: str) -> SourceUnreachable:
    """The error of a website whose first page cannot be read."""
    if kind == "forbidden":
        return SourceRefused(ROBOTS, NO_ROBOTS, why="robots.txt")
    if why == "not a public address":
        return SourceRefused(_PRIVATE, _NOT_THERE, why=why)
    refused = {"HTTP 401", "HTTP 403", "HTTP 451", "redirect out of scope"}
    away = {"CannotResolveHostError", "DownloadConnectionRefusedError", "DownloadTimeoutError", "DownloadFailedError"}
    if why in refused:
        return SourceRefused(why=why)
    return SourceUnreachable(why=why) if why in away or why.startswith("HTTP 5") else SourceFault(why=why)


class CrawlProcess(Protocol):
    """A process that reads a website; its lines come from `output`."""

    def output(self) -> int:
        """The file descriptor."""

    def end(self) -> None:
        """End it, whatever it does."""


class Started:
    """The process, with nothing of this one's environment but what starts Python."""

    def __init__(self, job: bytes) -> None:
        kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jaga.sources.web.crawl"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            close_fds=True,
        )
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it ended at once: then it tells no line
            self._process.stdin.write(job)
            self._process.stdin.close()

    def output(self) -> int:
        assert self._process.stdout is not None
        return self._process.stdout.fileno()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()


def lines_of(process: CrawlProcess, until: float) -> Iterator[dict[str, Any]]:
    """The lines that the process writes, until it ends or its time is over."""
    buffer = b""
    with DefaultSelector() as selector:
        selector.register(process.output(), EVENT_READ)
        while (left := until - time.monotonic()) > 0 and len(buffer) <= _LONGEST_LINE:
            if not selector.select(left):
                return
            piece = os.read(process.output(), 1 << 20)
            if not piece:
                return
            *whole, buffer = (buffer + piece).split(b"\n")
            yield from map(json.loads, whole)


def first_answer(what: str, address: str, scope: tuple[str, ...], seconds: float) -> dict[str, Any] | None:
    """What the process says of one address (`snapshot` or `picture`), or None if it ended before it said anything."""
    job = {what: address, "scope": scope, "cursor": None, "seconds": seconds, "pause": 0, "loopback": LOOPBACK}
    process = Started(json.dumps(job).encode())
    try:
        lines = [line for line in lines_of(process, time.monotonic() + seconds) if not line.get("ready")]
    finally:
        process.end()
    return lines[0] if lines else None


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a website. Raises SourceRefused for a scope without the start address."""
    del surroundings
    start = clean(settings.url)
    if start is None or not WebScope(settings.surfaces).covers(start):
        raise SourceRefused(_WRONG_SCOPE, _SCOPE)
    return WebSource(start, settings.surfaces)
