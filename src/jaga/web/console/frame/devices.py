"""Who tries to sign in, and from where; and the cookie by which their device is known again."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from jaga.casework.kernel.guess_limits import Guesser
from jaga.records.access.people.devices import COOKIE_SECONDS, cookie_name, device_of, new_cookie
from jaga.web.public.base.clients import network, one_address

_PATH = "/console/"


def guesser(request: HttpRequest, name: str) -> Guesser:
    """As wrong tries at this name's secrets are counted."""
    return Guesser(one_address(request), network(request), known_device(request, name))


def known_device(request: HttpRequest, name: str) -> str:
    """The device's number, if somebody has signed in on it under this name and the password in force."""
    return device_of(name, request.COOKIES.get(cookie_name(name), ""))


def remember_device(response: HttpResponse, request: HttpRequest, name: str) -> None:
    """From now on whoever guesses at this name elsewhere does not slow this device. It opens nothing by itself."""
    response.set_cookie(
        cookie_name(name), new_cookie(name, request.COOKIES.get(cookie_name(name), "")), max_age=COOKIE_SECONDS,
        path=_PATH, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict")
