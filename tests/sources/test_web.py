"""The web as a source: the contract on a site of pages, and what a hostile site may try."""

import json
import multiprocessing
import os
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from multiprocessing.connection import Connection

import pytest
from tests.sources.contract import SourceContract, ids, read_on
from tests.sources.site import Site, running_site

from jaga.core.clock import now
from jaga.core.observations import Source, SourceFault, SourceRefused, SourceSettings, SourceUnreachable, WebScope
from jaga.core.terms.reports import SourceKind
from jaga.sources.web import crawl
from jaga.sources.web.feeds import entries_in
from jaga.sources.web.frontier import MOST_PAGES, Frontier, clean, may_connect
from jaga.sources.web.source import WebSource, from_settings

NOTHING = timedelta(0)
forked = multiprocessing.get_context("forkserver")
forked.set_forkserver_preload(
    [
        "jaga.sources.web.crawl",
        "scrapy.core.engine",
        "scrapy.core.downloader.handlers.http11",
        "scrapy.extensions.throttle",
        "scrapy.core.downloader.contextfactory",
        "scrapy.downloadermiddlewares.robotstxt",
        "scrapy.resolver",
        "aiohttp",
    ]
)


class Forked:
    """The process as a copy of one that has imported everything, which takes most of a second each time."""

    def __init__(self, job: bytes) -> None:
        self._here, there = forked.Pipe(duplex=False)
        self._process = forked.Process(target=_run, args=(job, there))
        self._process.start()
        there.close()

    def output(self) -> int:
        return self._here.fileno()

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._here.close()


def _run(job: bytes, there: Connection) -> None:
    os.dup2(there.fileno(), 1)
    there.close()
    os.environ.clear()
    crawl.run(json.loads(job))


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as made:
        yield made


def source_of(site: Site, process: type[Forked] | None = Forked) -> WebSource:
    scope = (f"{site.url}/papan",)
    return WebSource(f"{site.url}/papan/", scope, pause=0, between=NOTHING, loopback=True, process=process)


class SiteStage:
    """A board: its first page links to the posts, each a page. A page has no author who could opt out."""

    from_beginning, edits, deletions, opts_out = True, True, True, False
    dated = False
    process: type[Forked] | None = Forked

    def __init__(self, site: Site) -> None:
        self.site = site
        self.paths: list[str] = []
        self.list()

    def source(self) -> Source:
        return source_of(self.site, self.process)

    def page(self, body: str, status: int = 200, **headers: str) -> str:
        path = f"/papan/{len(self.paths)}"
        self.site.put(path, body, status, **headers)
        self.paths.append(path)
        self.list()
        return self.site.url + path

    def list(self) -> None:
        self.site.link("/papan/", *self.paths)

    def say(self, text: str) -> str:
        return self.page(f"<title>Papan</title><p>{text}")

    def say_privately(self, text: str) -> None:
        """Behind a login, out of scope, asked not to be indexed, forbidden by robots.txt, in a picture."""
        self.page(text, status=401, WWW_Authenticate="Basic")
        self.page(text, status=403)
        self.page(f"<meta name=robots content=noindex><p>{text}")
        self.page(f"<p>{text}", X_Robots_Tag="noindex")
        self.page(text, Content_Type="image/jpeg")
        self.site.put("/rahasia", text)
        self.page(f"<a href='/rahasia'></a><script>{text}</script><p hidden>{text}</p><!-- {text} -->")
        self.site.put("/papan/larangan/1", text)
        self.site.put("/robots.txt", "User-agent: jaga\nDisallow: /papan/larangan", Content_Type="text/plain")
        self.page("<a href='larangan/1'></a>")

    def spoil(self) -> None:
        self.page("<div>" * 5000)
        self.page("x", status=500)
        self.page("x" * 3_000_000)

    def edit(self, native_id: str, text: str) -> None:
        self.site.put(native_id.removeprefix(self.site.url), f"<p>{text}")

    def delete(self, native_id: str) -> None:
        self.site.put(native_id.removeprefix(self.site.url), "", status=410)

    def say_opted_out(self, text: str) -> str:
        raise NotImplementedError

    def go_back(self) -> None:
        self.paths.clear()
        self.list()


@pytest.fixture
def stage(site: Site) -> SiteStage:
    return SiteStage(site)


class TestWeb(SourceContract):
    """The contract on a site of pages."""


def test_a_hostile_site_yields_visible_errors_and_costs_bounded_time(site: Site) -> None:
    """A gigabyte, a lying length, a drip, endless links, redirects out of scope, deep JSON: the good page is read."""
    with running_site() as other:
        stage = SiteStage(site)
        stage.process = None  # as in production
        stage.page("", status=302, Location=other.url + "/papan/dalam")
        stage.page("", status=302, Location="file:///etc/passwd")
        stage.page("", status=301, Location="/papan/putar")
        site.put("/papan/putar", "", status=301, Location="/papan/putar")
        stage.page('{"a":' * 100_000, Content_Type="application/json")
        stage.page("x", Content_Encoding="gzip")
        for act in (_gigabyte, _announced_gigabyte, _lying_length, _hang_up):
            stage.page("")
            site.pages[stage.paths[-1]] = act
        stage.page("Jalan caf\u00e9", Content_Type="text/html; charset=utf-7; charset=nonsense")
        good = stage.say("halaman baik")
        begun = time.monotonic()
        batches, cursor = read_on(stage, None)
        assert time.monotonic() - begun < 15
        assert good in ids(batches)
        whys = sorted(one.why for batch in batches for one in batch.set_aside)
        assert [why.removeprefix("page: ") for why in whys] == [
            "DownloadCancelledError",
            "DownloadCancelledError",
            "DownloadFailedError",
            "ResponseDataLossError",
            "compressed, though that was not asked for",
            "no page",
            "redirect out of scope",
            "redirect out of scope",
        ]
        assert other.asked == []
        assert not [one for batch in read_on(stage, cursor)[0] for one in batch.set_aside]  # told once


def test_endless_links_end_and_are_told(site: Site) -> None:
    """Each page links to new ones for ever: a round ends at its depth and number of pages."""
    site.pages.update({f"/papan/{name}": _endless for name in range(3000)})
    site.link("/papan/", *(str(name) for name in range(1000)))
    frontier = Frontier()
    frontier.begin("http://a.example/", now())
    for _ in range(3 * MOST_PAGES):
        if not frontier.todo:
            break
        address = frontier.todo[0][0]
        frontier.done(address, [f"{address}{'x' * 200}{number}/" for number in range(50)])
        assert len(frontier.as_cursor()) < 131_072
    assert not frontier.todo
    assert len(frontier.asked) <= MOST_PAGES
    source = source_of(site)
    assert source.read(None, limit=3).more
    assert len(site.asked) < 20


def test_only_public_addresses_are_connected_to(site: Site) -> None:
    """In production a name that leads to this machine, or its address, is refused before anything is sent."""
    port = site.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{port}/papan/"
        with pytest.raises(SourceRefused) as raised:
            WebSource(url, (url,), pause=0, process=Forked).read(None, limit=1)
        assert raised.value.why == "not a public address"
    assert site.asked == []
    assert not any(
        may_connect(host, loopback=False)
        for host in (
            "127.0.0.1",
            "10.0.0.1",
            "169.254.169.254",
            "192.168.1.1",
            "::1",
            "fe80::1%eth0",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "100.64.0.1",
            "a.example",
        )
    )
    assert may_connect("9.9.9.9", loopback=False)
    assert not may_connect("9.9.9.9", loopback=True)


def test_a_site_that_forbids_reading_or_is_away_is_told_apart(site: Site) -> None:
    """A person must act on the first; the second is tried again; a start page that is no page is a fault."""
    site.put("/papan/", "x")
    site.put("/robots.txt", "User-agent: *\nDisallow: /", Content_Type="text/plain")
    with pytest.raises(SourceRefused):
        source_of(site).read(None, limit=1)
    assert site.asked == ["/robots.txt"]
    del site.pages["/robots.txt"]
    site.put("/papan/", "x", status=503)
    with pytest.raises(SourceUnreachable) as raised:
        source_of(site).read(None, limit=1)
    assert not isinstance(raised.value, SourceRefused | SourceFault)


def test_a_feed_is_read_entry_by_entry_within_the_limit(site: Site) -> None:
    """Entries of RSS and Atom with author, time and own id, oldest first, also where a batch holds fewer of them."""
    items = "".join(
        f"<item><guid>u{n}</guid><title>Judul {n}</title><description>&lt;p&gt;isi {n}&lt;/p&gt;"
        f"</description><author>mawar</author><pubDate>Mon, 30 Nov 2026 01:02:0{n} GMT</pubDate></item>"
        for n in (3, 2, 1)
    )
    site.put("/papan/", f"<rss version='2.0'><channel>{items}</channel></rss>", Content_Type="application/rss+xml")
    cursor, found = None, []
    for _ in range(4):
        batch = source_of(site).read(cursor, limit=2)
        found += [(one.native_id, one.text, one.handle, one.at.second) for one in batch.observations]
        cursor = batch.cursor
    assert found == [(f"u{n}", f"Judul {n}\nisi {n}", "mawar", n) for n in (1, 2, 3)]
    (entry,) = entries_in(
        b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>a</id><link href='/x'/>"
        b"<title>t</title><author><name>melati</name></author><updated>2026-11-30T01:02:03Z</updated></entry></feed>"
    )
    assert (entry.id, entry.link, entry.author, entry.text) == ("a", "/x", "melati", "t")
    bomb = (
        b"<!DOCTYPE r [<!ENTITY a 'xxxx'><!ENTITY b SYSTEM 'file:///etc/passwd'>]>"
        b"<rss><item><title>&a;&b;</title></item></rss>"
    )
    assert [one.text for one in entries_in(bomb)] == ["&a;&b;"]


@pytest.mark.parametrize(
    ("address", "covered"),
    [
        ("https://a.example/papan", True),
        ("https://a.example/papan/1?h=2", True),
        ("https://a.example/papan-lain", False),
        ("http://a.example/papan", False),
        ("https://a.example:8443/papan", False),
        ("https://b.example/papan", False),
        ("https://a.example.b.example/papan", False),
        ("ftp://a.example/papan", False),
        ("https://[", False),
        ("https://x@a.example/papan", False),
        ("https://a.example/papan/../admin", False),
        ("https://a.example/papan/%2e%2E/admin", False),
        ("javascript:alert(1)", False),
    ],
)
def test_the_scope_is_kept(address: str, covered: bool) -> None:
    """Scheme, host, port and whole parts of the path; no names, no passwords, no way upwards."""
    found = clean(address)
    assert (found is not None and WebScope(("https://a.example/papan",)).covers(found)) is covered


def test_a_start_out_of_scope_is_refused() -> None:
    """Before anything is read."""
    for url, surfaces in (("https://a.example/x", ("https://a.example/y",)), ("https://a.example/x", ())):
        with pytest.raises(SourceRefused):
            from_settings(SourceSettings(SourceKind.WEB, "p", url, surfaces), None)  # type: ignore[arg-type]


def _gigabyte(handler: BaseHTTPRequestHandler) -> None:
    """Without a length, until the reader hangs up."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"x" * 1_000_000)


def _announced_gigabyte(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(10**9))
    handler.end_headers()
    handler.wfile.write(b"x" * 100)


def _lying_length(handler: BaseHTTPRequestHandler) -> None:
    """More is announced than comes."""
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"sedikit")


def _hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


def _endless(handler: BaseHTTPRequestHandler) -> None:
    body = f"halaman {handler.path}".encode()
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
