"""Asks a server over HTTP, with the limits of `jaga.platforms.kit.http`; its errors become those of a source."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urljoin

from protego import Protego

from jaga.core.errors import N_
from jaga.core.observations.source import SourceFault, SourceRefused, SourceUnreachable
from jaga.core.platforms import PlatformFault, PlatformUnreachable
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
