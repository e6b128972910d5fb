"""Whether and how recently a session confirmed a second factor.

The identity of a sign-in attempt for guess limits, and the cookie that recognises a device.
"""

from datetime import UTC, datetime, timedelta

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from jaga.core.clock import now
from jaga.people.reads.roster import COOKIE_SECONDS, cookie_name, device_of, new_cookie
from jaga.store.kernel.guess_limits import Guesser
from jaga.web.strangers import network, one_address

FRESH_FOR = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this session confirmed a second factor."""
    return _confirmed_at(request) is not None


def is_fresh(request: HttpRequest) -> bool:
    """Whether it did within the last ten minutes."""
    shown = _confirmed_at(request)
    return shown is not None and timedelta() <= now() - shown < FRESH_FOR


def _confirmed_at(request: HttpRequest) -> datetime | None:
    shown = [
        record.get("at")
        for record in get_authentication_records(request, request.user)
        if isinstance(record, dict) and record.get("method") == "mfa"
    ]
    return datetime.fromtimestamp(shown[-1], UTC) if shown and isinstance(shown[-1], float) else None


_PATH = "/console/"


def guesser(request: HttpRequest, name: str) -> Guesser:
    """The key under which wrong guesses for this name are counted."""
    return Guesser(one_address(request), network(request), known_device(request, name))


def known_device(request: HttpRequest, name: str) -> str:
    """The device number, if someone signed in on it with this name and its current password."""
    return device_of(name, request.COOKIES.get(cookie_name(name), ""))


def remember_device(response: HttpResponse, request: HttpRequest, name: str) -> None:
    """Remember the device, so guesses for this name elsewhere do not slow it down. Grants no access."""
    response.set_cookie(
        cookie_name(name),
        new_cookie(name, request.COOKIES.get(cookie_name(name), "")),
        max_age=COOKIE_SECONDS,
        path=_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
