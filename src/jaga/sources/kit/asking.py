"""Asks a server over HTTP, with the limits of `jaga.platforms.kit.http`; its errors become those of a source."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from jaga.core.errors import N_
from jaga.core.observations.source import SourceFault, SourceRefused, SourceUnreachable
from jaga.core.platforms import PlatformFault, PlatformUnreachable
from jaga.platforms.kit.http import Http, is_protected

LARGEST_ANSWER = 4 * 1024 * 1024
NOT_OFFERED = 501
_IN_CLEAR = N_("The token of this watch would cross the network unprotected.")
_ENCRYPT = N_("Name an address that begins with https.")


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
        self._http = Http(url.rstrip("/"), token, headers={"Connection": "close"})  # minutes pass between readings

    def get(self, path: str, params: Mapping[str, str]) -> Answer:
        """The answer. Raises SourceRefused for 401 and 403, SourceFault and SourceUnreachable."""
        try:
            found = self._http.raw("GET", f"{path}?{urlencode(params)}", largest=LARGEST_ANSWER)
        except PlatformUnreachable as error:
            if str(error.params.get("why", "")).endswith(f"HTTP {NOT_OFFERED}"):
                return Answer(NOT_OFFERED, None)
            kind = SourceFault if isinstance(error, PlatformFault) else SourceUnreachable
            raise kind(why=str(error.params.get("why", "")), retry_after=error.retry_after) from error
        if found.status in {401, 403}:
            raise SourceRefused(why=f"HTTP {found.status}")
        return Answer(found.status, _value(found.content) if found.ok else None)


def _value(content: bytes) -> object:
    try:
        return json.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        raise SourceFault(why="the answer is no JSON") from error
    except RecursionError as error:
        raise SourceFault(why="the answer is nested too deeply") from error
