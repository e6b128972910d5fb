"""Fetches one picture that a page or a post shows, in the process that reads websites.

There it is asked for as robots.txt allows, from public addresses alone, without following redirects, and only as one of
the types that are redrawn later. No cookie and no token is sent.
"""

import base64
from urllib.parse import urlsplit

from jaga.core.observations import PictureUnavailable, SourceUnreachable, WebScope
from jaga.sources.kit import HttpReader
from jaga.sources.web import source as web
from jaga.sources.web.frontier import clean

SECONDS = 20.0
_AGAIN = (
    "CannotResolveHostError",
    "DownloadConnectionRefusedError",
    "DownloadFailedError",
    "DownloadTimeoutError",
    "ResponseDataLossError",
    "Connect",
    "HTTP 5",
    "HTTP 429",
    "OSError",
)
_WORDS = {"DownloadCancelledError": "it is larger than 5 MB"}


def picture_in_scope(address: str, scope: tuple[str, ...]) -> bytes:
    """A picture of a website, in the scope of its watch. Raises PictureUnavailable, SourceUnreachable."""
    wanted = clean(address)
    if wanted is None or not WebScope(scope).covers(wanted):
        raise PictureUnavailable("its address is not in the scope of the watch")
    return _asked_for(wanted, scope)


def picture_at(address: str, largest: int, *, own: str) -> bytes:
    """A picture at an address that the API of the server `own` named: of that server asked for as its API is.

    That server names `https` addresses even where its API is read without TLS, inside a network.

    Raises PictureUnavailable, SourceUnreachable.
    """
    wanted = clean(address)
    if wanted is None:
        raise PictureUnavailable("its address cannot be asked for")
    if urlsplit(_site(wanted)).netloc != urlsplit(_site(own)).netloc:
        return _asked_for(wanted, (_site(wanted),))
    answer = HttpReader(_site(own)).content(wanted.removeprefix(_site(wanted).rstrip("/")), largest)
    if not answer.ok:
        raise PictureUnavailable(f"HTTP {answer.status}")
    return answer.content


def _site(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}/"


def _asked_for(address: str, scope: tuple[str, ...]) -> bytes:
    found = web.first_answer("picture", address, scope, SECONDS)
    if found is None:
        raise SourceUnreachable(why=web.TOO_MUCH)
    if "body" in found:
        return base64.b64decode(found["body"])
    why = "robots.txt forbids it" if found.get("kind") == "forbidden" else str(found.get("why", ""))
    raise SourceUnreachable(why=why) if why.startswith(_AGAIN) else PictureUnavailable(_WORDS.get(why, why))
