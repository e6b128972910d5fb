"""Asks a server over HTTP, with the limits of `jaga.platforms.kit.http`; its errors become those of a source.

Gathers a batch item by item: a bad item is set aside with its place and reason and does not stop the others.

The text of an HTML page, in the order in which a person reads it. Scripts, styles and hidden parts are left out.

The state in a source's cursor, as compact JSON. A cursor that cannot be read is one the source does not know.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urljoin

from lxml import etree, html
from protego import Protego
from w3lib.encoding import html_to_unicode

from jaga.core.errors import N_
from jaga.core.foreign import ForeignValueInvalid, is_identifier
from jaga.core.observations import (
    Deletion,
    Observation,
    ObservedBatch,
    SourceFault,
    SourceRefused,
    SourceUnreachable,
    SourceWentBack,
)
from jaga.core.platforms import PlatformFault, PlatformUnreachable, SetAside
from jaga.core.terms.cases import SetAsideKind
from jaga.platforms.kit.guard import MISREAD, raw
from jaga.platforms.kit.http import Http, RawAnswer, is_protected

LARGEST_ANSWER = 4 * 1024 * 1024
NOT_OFFERED = 501
LARGEST_ROBOTS = 512 * 1024
ROBOTS_LAST = 600.0
"""Seconds for which a robots.txt is remembered: a watch is read every two seconds."""
ROBOTS = N_("The website asks programs not to read it (robots.txt).")
NO_ROBOTS = N_("Stop the watch, or ask whoever runs the website.")
_IN_CLEAR = N_("The token of this watch would cross the network unprotected.")
_ENCRYPT = N_("Name an address that begins with https.")
robots_kept: dict[str, tuple[float, Protego]] = {}
"""The rules of each site, and until when (`time.monotonic`) they are not asked for again."""


@dataclass(frozen=True)
class Answer:
    """A status below 500, or NOT_OFFERED, and the JSON of a successful answer; None otherwise."""

    status: int
    value: object


class HttpReader:
    """GET requests to one server. Nothing else is ever sent, so reading changes nothing there."""

    def __init__(self, url: str, token: str = "") -> None:
        if token and not is_protected(url):
            raise SourceRefused(_IN_CLEAR, _ENCRYPT)
        self._url = url.rstrip("/")
        self._http = Http(self._url, token, headers={"Connection": "close"})  # minutes pass between readings

    def get(self, path: str, params: Mapping[str, str]) -> Answer:
        """The answer. Raises SourceRefused for 401 and 403, SourceFault and SourceUnreachable."""
        found = self._raw(f"{path}?{urlencode(params)}" if params else path)
        if found.status == NOT_OFFERED:
            return Answer(NOT_OFFERED, None)
        if found.status in {401, 403}:
            raise SourceRefused(why=f"HTTP {found.status}")
        return Answer(found.status, _value(found.content) if found.ok else None)

    def content(self, path: str, largest: int) -> RawAnswer:
        """The answer as it came, whatever its status. Raises SourceFault and SourceUnreachable."""
        return self._raw(path, largest)

    def obey_robots(self, path: str) -> None:
        """Raises SourceRefused if the server's robots.txt forbids a program called `jaga` to read this path.

        A server without robots.txt forbids nothing. Raises SourceFault and SourceUnreachable if it does not answer.
        """
        site = urljoin(self._url, "/")
        kept = robots_kept.get(site)
        if kept is None or kept[0] < time.monotonic():
            found = self._raw(f"{site}robots.txt", LARGEST_ROBOTS)
            rules = Protego.parse(found.content.decode("utf-8", "replace") if found.ok else "")
            kept = robots_kept[site] = time.monotonic() + ROBOTS_LAST, rules
        if not kept[1].can_fetch(self._url + path, "jaga"):
            raise SourceRefused(ROBOTS, NO_ROBOTS, why="robots.txt")

    def _raw(self, path: str, largest: int = LARGEST_ANSWER) -> RawAnswer:
        try:
            return self._http.raw("GET", path, largest=largest)
        except PlatformUnreachable as error:
            if str(error.params.get("why", "")).endswith(f"HTTP {NOT_OFFERED}"):
                return RawAnswer(NOT_OFFERED, {}, b"")
            kind = SourceFault if isinstance(error, PlatformFault) else SourceUnreachable
            raise kind(why=str(error.params.get("why", "")), retry_after=error.retry_after) from error


def _value(content: bytes) -> object:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise SourceFault(why="the answer is no JSON") from error
    except RecursionError as error:
        raise SourceFault(why="the answer is nested too deeply") from error


LONGEST_RAW = 10_000
MOST_SET_ASIDE = 200
"""In one batch. What comes after it waits for the next, so that a file of nothing but errors stays readable."""


@dataclass(frozen=True)
class OptedOut:
    """The account asks not to be found, indexed or read."""

    account_id: str


@dataclass(frozen=True)
class OptedIn:
    """The account says that it does not ask for that, or not any more."""

    account_id: str


Found = Observation | Deletion | OptedOut | OptedIn


@dataclass
class Gathering:
    """One batch in the making."""

    found: list[Found] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)

    observed: int = 0
    """How many observations there are so far."""

    def add(self, found: Iterable[Found]) -> None:
        """What was built without an error."""
        for one in found:
            self.found.append(one)
            self.observed += isinstance(one, Observation)

    def full(self, limit: int) -> bool:
        """Whether a next item might be one too many."""
        return self.observed >= limit or len(self.aside) >= MOST_SET_ASIDE

    def take(self, place: str, item: object, build: Callable[..., Iterable[Found]], *given: object) -> bool:
        """Add what `build` makes of `given`, or set `item` aside. `place` says where, for instance `line 17`."""
        try:
            self.add(tuple(build(*given)))
        except MISREAD as error:
            self.refuse(place, error, item)
            return False
        return True

    def refuse(self, place: str, why: str | BaseException, item: object) -> None:
        """Set the item aside, at most its first `LONGEST_RAW` bytes. An error's own message is not repeated."""
        if isinstance(why, BaseException):
            why = str(why) if isinstance(why, ForeignValueInvalid) else type(why).__name__
        kept = item if isinstance(item, bytes) else raw(item)
        self.aside.append(SetAside(SetAsideKind.MESSAGE, f"{place}: {why}", kept[:LONGEST_RAW]))

    def batch(self, cursor: str, *, more: bool = False, lag: timedelta | None = None) -> ObservedBatch:
        """The batch, without observations of those who opted out. Of two versions of a text both stay, in order."""
        out = {one.account_id for one in self.found if isinstance(one, OptedOut) and is_identifier(one.account_id)}
        back = {one.account_id for one in self.found if isinstance(one, OptedIn) and is_identifier(one.account_id)}
        return ObservedBatch(
            tuple(one for one in self.found if isinstance(one, Observation) and one.account_id not in out),
            cursor,
            tuple(one for one in self.found if isinstance(one, Deletion)),
            tuple(sorted(out)),
            lag,
            more,
            tuple(self.aside),
            tuple(sorted(back - out)),
        )


_UNSEEN = frozenset({"script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math", "canvas"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    }
)
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n[ \n]*")
MOST_LINKS = 2000


@dataclass(frozen=True)
class WebPage:
    """What a page says. `links` and `pictures` are as written; `noindex`: its author asks that it is not indexed or
    quoted.
    """

    title: str
    text: str
    noindex: bool
    links: tuple[str, ...]
    pictures: tuple[str, ...] = ()


class PageUnreadable(ValueError):
    """The bytes are no page."""


def read_page(body: bytes, content_type: str = "text/html") -> WebPage:
    """The page. A wrong or missing encoding yields replacement characters, never an error. Raises PageUnreadable."""
    _, text = html_to_unicode(content_type, body, auto_detect_fun=_guess)
    if not text.strip("\ufeff\x00 \t\r\n"):
        return WebPage("", "", False, ())
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.replace("\x00", "").encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise PageUnreadable(f"no page: {type(error).__name__}") from error
    if any(one.type_name == "ERR_RESOURCE_LIMIT" for one in parser.error_log):
        raise PageUnreadable("nested too deeply")  # the parser leaves out the rest without an error
    title = root.findtext(".//title") or ""
    asks = _robots(root)
    found = (
        {}
        if asks & {"nofollow", "none"}
        else {one.get("href", "").strip(): None for one in root.iterfind(".//a") if not _nofollow(one)}
    )
    pictures = dict.fromkeys(one.get("src", "").strip() for one in root.iterfind(".//img"))
    noindex = bool(asks & {"noindex", "none"})
    return WebPage(
        _SPACES.sub(" ", title).strip(),
        visible_text(root),
        noindex,
        tuple(found)[:MOST_LINKS],
        tuple(pictures)[:MOST_LINKS],
    )


def text_of(fragment: str) -> str:
    """The text of a piece of HTML, such as a post. Raises PageUnreadable."""
    return read_page(fragment.encode("utf-8", "replace"), "text/html; charset=utf-8").text


def visible_text(root: etree._Element) -> str:
    """The text under this element, block by block. Walks without recursion: pages may nest as they like."""
    parts: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        unseen = element.tag in _UNSEEN or element.get("hidden") is not None
        if event == "start":
            hidden += unseen
            text = element.text
        else:
            hidden -= unseen
            text = element.tail if element is not root else ""
        if element.tag in _BLOCKS:
            parts.append("\n")
        if text and not hidden:
            parts.append(text)
    return _LINES.sub("\n", _SPACES.sub(" ", "".join(parts))).strip()


def _robots(root: etree._Element) -> set[str]:
    """What the page asks of programs (`<meta name=robots>`)."""
    return {
        word
        for meta in root.iterfind(".//meta")
        if (meta.get("name") or "").strip().lower() in {"robots", "jaga"}
        for word in re.split(r"[\s,]+", (meta.get("content") or "").lower())
    }


def _nofollow(link: etree._Element) -> bool:
    return "nofollow" in (link.get("rel") or "").lower() or not (link.get("href") or "").strip()


def _guess(body: bytes) -> str:
    """UTF-8 where the bytes are; else the encoding of old western pages, in which every byte is a character."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def state_text(state: Mapping[str, Any]) -> str:
    """The state as a cursor."""
    return json.dumps(state, separators=(",", ":"), ensure_ascii=True)


class State:
    """A cursor that was stored earlier. Each getter raises SourceWentBack where the cursor is of another source."""

    def __init__(self, cursor: str) -> None:
        try:
            found = json.loads(cursor)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise _unknown()
        self._found = found

    def number(self, name: str) -> int:
        """A whole number from 0."""
        found = self._found.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise _unknown()
        return found

    def text(self, name: str) -> str:
        """A text; it may be empty."""
        found = self._found.get(name)
        if not isinstance(found, str):
            raise _unknown()
        return found

    def texts(self, name: str) -> dict[str, str]:
        """Texts by name."""
        found = self._found.get(name)
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise _unknown()
        return dict(found)


def _unknown() -> SourceWentBack:
    return SourceWentBack(why="the cursor is of another source or version")
