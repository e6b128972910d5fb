"""Checks who sends a large body before any of it is read."""

import logging
from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, close_old_connections
from django.http import HttpResponse

from jaga.core.errors import JagaError
from jaga.people.reads.api_keys import KeyRefused
from jaga.web.admission import Environ
from jaga.web.api.auth import HELD_AT, KNOWN_HOLDER, STRANGERS_LARGEST, held_at_length, holder_of, is_throttled
from jaga.web.api.problems import problem
from jaga.web.api_portions import LenientRequest
from jaga.web.buffering.uploads import is_api
from jaga.web.errors import TooLarge, answer, server_error
from jaga.web.middleware import FILES_AT, LARGEST_BODY

_log = logging.getLogger("jaga.web")


def must_be_known(environ: Environ, announced: int | None) -> bool:
    """Whether the sender must be identified before the body is read. Uses no database."""
    if is_api(environ["PATH_INFO"]):
        return announced is None or announced > STRANGERS_LARGEST or is_throttled(environ)
    return environ["PATH_INFO"] in FILES_AT and (announced is None or announced > LARGEST_BODY)


def refused_unread(environ: Environ) -> HttpResponse | None:
    """The refusal for a sender who may not send it, or None.

    Run in a request thread.

    The key's holder is stored in the environ, so that the key is looked up and counted once.
    """
    request = LenientRequest(environ)
    try:
        if is_api(request.path):
            return _by_key(request)
        return None if _is_signed_in(request) else answer(request, TooLarge())
    except DatabaseError:
        _log.exception("who sends this could not be looked up")
        return server_error(request)
    finally:
        close_old_connections()


def _by_key(request: WSGIRequest) -> HttpResponse | None:
    try:
        request.META[KNOWN_HOLDER] = holder_of(request)
    except KeyRefused as refused:
        if not (held_at_length(refused) and request.path in HELD_AT):
            return problem(request, refused)
        request.META[KNOWN_HOLDER] = refused
    except JagaError as refused:
        return problem(request, refused)
    return None


def _is_signed_in(request: WSGIRequest) -> bool:
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    return SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(key)
