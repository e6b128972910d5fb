"""The identity of a sign-in attempt for guess limits, and the cookie that recognises a device."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from jaga.casework.kernel.guess_limits import Guesser
from jaga.records.access.people.devices import COOKIE_SECONDS, cookie_name, device_of, new_cookie
from jaga.web.public.base.clients import network, one_address

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
