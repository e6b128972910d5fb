"""The process that reads websites: `python -m jaga.sources.web.crawl`, started by `source.py` for one reading.

It takes one job as JSON from its standard input and writes a line of JSON for each address that it read, in the order
of the frontier. It never has a token, a key or the database, and is ended by its limits if the process that started it
does not end it first. Whatever a site sends is parsed here and nowhere else.
"""

import errno
import json
import resource
import socket
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

import scrapy
from scrapy import signals
from scrapy.crawler import CrawlerProcess
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.http import Response
from twisted.internet.error import ConnectError, ConnectionClosed

from jaga.core.observations import LARGEST_PICTURE, MOST_MEDIA, WebScope
from jaga.sources.capture.grey import grey_page
from jaga.sources.kit import PageUnreadable, read_page
from jaga.sources.web.feeds import FeedEntry, entries_in, is_feed
from jaga.sources.web.frontier import Frontier, clean, may_connect

LARGEST_PAGE = 2 * 1024 * 1024
LARGEST_TEXT = 70_000
_MEMORY = 2 * 1024**3
_FAILED = (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    ConnectError,
    ConnectionClosed,
    OSError,
)
_READ = ("text/", "application/xhtml", "application/xml", "application/rss", "application/atom")
PICTURES = ("image/png", "image/jpeg", "image/webp")
_NOT_KEPT = frozenset({b"set-cookie", b"transfer-encoding"})
_MOVED = frozenset({301, 302, 303, 307, 308})
SETTINGS: dict[str, Any] = {
    # Scrapy's own lists are replaced, so that nothing is on that is not named here: no cookies, proxies, cache,
    # redirects, console or decompression.
    "EXTENSIONS_BASE": {"scrapy.extensions.throttle.AutoThrottle": 0},
    "SPIDER_MIDDLEWARES_BASE": {},
    "DOWNLOADER_MIDDLEWARES_BASE": {
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": 100,
        "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": 350,
        "scrapy.downloadermiddlewares.defaultheaders.DefaultHeadersMiddleware": 400,
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": 500,
    },
    "DOWNLOAD_HANDLERS_BASE": dict.fromkeys(
        ("http", "https"), "scrapy.core.downloader.handlers.http11.HTTP11DownloadHandler"
    ),
    "AUTOTHROTTLE_MAX_DELAY": 15.0,
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DNS_TIMEOUT": 5,
    "DOWNLOAD_MAXSIZE": LARGEST_PAGE,
    "DOWNLOAD_TIMEOUT": 10,
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "DOWNLOAD_WARNSIZE": 0,
    "LOG_ENABLED": False,
    "LOG_INSTALL_ROOT_HANDLER": False,
    "ROBOTSTXT_OBEY": True,
    "ROBOTSTXT_USER_AGENT": "jaga",
    "USER_AGENT": "jaga-watch/1",
    "DEFAULT_REQUEST_HEADERS": {
        "Accept": "text/html,application/xhtml+xml,application/rss+xml,application/atom+xml",
        "Accept-Encoding": "identity",
    },
}

_FOR_A_PICTURE = {
    "DOWNLOAD_MAXSIZE": LARGEST_PICTURE,
    "DEFAULT_REQUEST_HEADERS": {"Accept": ", ".join(PICTURES), "Accept-Encoding": "identity"},
}


class Watcher(scrapy.Spider):
    """Reads the frontier address by address, never two at a time."""

    name = "jaga"
    job: dict[str, Any]

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **named: Any) -> "Watcher":
        spider = super().from_crawler(crawler, *args, **named)
        crawler.signals.connect(spider.headers, signal=signals.headers_received)
        return spider

    def headers(self, headers: Any, body_length: int, request: scrapy.Request, spider: scrapy.Spider) -> None:
        """Before a body is received: pictures are fetched only where a job is one picture, other media never."""
        kind = (headers.get(b"Content-Type") or b"text/html").decode("latin-1").lower()
        wanted = PICTURES if "picture" in self.job else _READ
        if not kind.strip().startswith(wanted) and not request.url.endswith("/robots.txt"):
            raise StopDownload(fail=False)

    async def start(self) -> AsyncIterator[Any]:
        """Scrapy's entry: nothing is left to its scheduler."""
        job = self.job
        if "snapshot" in job:
            tell(await self._snapshot(job["snapshot"]))
            return
        if "picture" in job:
            tell(await self._picture(job["picture"]))
            return
        scope, frontier = WebScope(tuple(job["scope"])), Frontier.from_cursor(job["cursor"])
        until = time.monotonic() + job["seconds"]
        while frontier.todo and time.monotonic() < until:
            address = frontier.todo[0][0]
            found = await self._read(address, scope)
            frontier.done(address, found.get("links", ()))
            tell({"address": address, **found})
        tell({"end": True})
        return
        yield  # what makes this a generator, as Scrapy expects

    async def _snapshot(self, address: str) -> dict[str, Any]:
        """The whole answer of one page, and what is rendered of it."""
        response = await self._ask(address)
        if isinstance(response, dict):
            return response
        if response.status != 200:
            return {"why": f"HTTP {response.status}"}
        kind = (response.headers.get(b"Content-Type") or b"").decode("latin-1")
        if "download_stopped" in response.flags or not kind.lower().startswith(("text/html", "application/xhtml")):
            return {"why": "no page"}
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
            if name.lower() not in _NOT_KEPT
        ]
        return {
            "headers": headers,
            "body": b64encode(response.body).decode(),
            "grey": b64encode(grey_page(response.body, kind)).decode(),
        }

    async def _picture(self, address: str) -> dict[str, Any]:
        """The bytes of one picture."""
        response = await self._ask(address)
        if isinstance(response, dict):
            return response
        if response.status != 200:
            return {"why": f"HTTP {response.status}"}
        if "download_stopped" in response.flags:
            return {"why": "no picture that can be shown"}
        return {"body": b64encode(response.body).decode()}

    async def _ask(self, address: str) -> Response | dict[str, Any]:
        request = scrapy.Request(address, meta={"handle_httpstatus_all": True}, dont_filter=True)
        guard.refused = False
        assert self.crawler.engine is not None
        try:
            return await self.crawler.engine.download_async(request)
        except IgnoreRequest:
            return {"kind": "forbidden"}
        except _FAILED as error:
            return {"kind": "error", "why": "not a public address" if guard.refused else type(error).__name__}

    async def _read(self, address: str, scope: WebScope) -> dict[str, Any]:
        response = await self._ask(address)
        if isinstance(response, dict):
            return response
        try:
            return what_is_in(response, scope)
        except PageUnreadable as error:
            return {"kind": "error", "why": str(error)}


def what_is_in(response: Response, scope: WebScope) -> dict[str, Any]:
    """What an answer says. Raises PageUnreadable."""

    def linked(written: tuple[str, ...]) -> list[str]:
        found = dict.fromkeys(clean(urljoin(response.url, one)) for one in written if _joinable(one))
        return [one for one in found if one is not None and scope.covers(one)]

    kind = (response.headers.get(b"Content-Type") or b"").decode("latin-1").lower()
    if response.status in _MOVED:
        targets = linked(((response.headers.get(b"Location") or b"").decode("latin-1"),))
        return {"kind": "moved", "links": targets} if targets else {"kind": "error", "why": "redirect out of scope"}
    if response.status in {404, 410}:
        return {"kind": "gone"}
    if response.status != 200:
        return {"kind": "error", "why": f"HTTP {response.status}"}
    if (response.headers.get(b"Content-Encoding") or b"identity").strip().lower() != b"identity":
        return {"kind": "error", "why": "compressed, though that was not asked for"}
    if "download_stopped" in response.flags:
        return (
            {"kind": "none"}
            if not kind.startswith(("application/json", "application/octet"))
            else {"kind": "error", "why": "no page"}
        )
    if is_feed(kind, response.body):
        return {"kind": "feed", "entries": [_entry(one, response.url) for one in entries_in(response.body)]}
    page = read_page(response.body, kind)
    hidden = page.noindex or b"noindex" in (response.headers.get(b"X-Robots-Tag") or b"").lower()
    return {
        "kind": "page",
        "title": page.title[:500],
        "text": "" if hidden else page.text[:LARGEST_TEXT],
        "links": linked(page.links),
        "pictures": [] if hidden else linked(page.pictures)[:MOST_MEDIA],
    }


def _entry(entry: FeedEntry, base: str) -> dict[str, Any]:
    link = clean(urljoin(base, entry.link)) if _joinable(entry.link) else None
    return {
        "id": entry.id,
        "link": link or base,
        "author": entry.author[:200],
        "text": entry.text[:LARGEST_TEXT],
        "at": entry.at.isoformat() if isinstance(entry.at, datetime) else None,
    }


def _joinable(written: str) -> bool:
    try:
        urljoin("http://a.example/", written)
    except ValueError:
        return False
    return True


class Guard:
    """Every connection of this process passes here: what was resolved and what is connected to cannot differ."""

    def __init__(self) -> None:
        self.refused = False

    def install(self, *, loopback: bool) -> None:
        """From now on only public addresses; with `loopback` only this machine."""
        connect_ex = socket.socket.connect_ex

        def guarded(to: socket.socket, address: Any) -> int:
            if to.family in (socket.AF_INET, socket.AF_INET6) and not may_connect(address[0], loopback=loopback):
                self.refused = True
                return errno.EACCES
            return connect_ex(to, address)

        def raising(to: socket.socket, address: Any) -> None:
            failed = guarded(to, address)
            if failed:
                raise OSError(failed, "refused")

        socket.socket.connect_ex = guarded  # type: ignore[method-assign,assignment]
        socket.socket.connect = raising  # type: ignore[method-assign,assignment]


guard = Guard()


def tell(line: dict[str, Any]) -> None:
    """One line for whoever started this process; without a reader it ends."""
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
    sys.stdout.buffer.flush()


def run(job: dict[str, Any]) -> None:
    """Read what the job says. The process is of no other use afterwards."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (60, 65))
    pause = job["pause"]
    process = CrawlerProcess(
        {
            **SETTINGS,
            **(_FOR_A_PICTURE if "picture" in job else {}),
            "AUTOTHROTTLE_START_DELAY": pause,
            "AUTOTHROTTLE_ENABLED": pause > 0,
            "DOWNLOAD_DELAY": pause,
        }
    )
    guard.install(loopback=job["loopback"])
    tell({"ready": True})
    process.crawl(Watcher, job=job)
    process.start()


if __name__ == "__main__":
    run(json.load(sys.stdin.buffer))
