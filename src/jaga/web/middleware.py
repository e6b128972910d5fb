"""The language of an answer, and refusals that become pages."""

from codecs import lookup
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from jaga.core.errors import JagaError
from jaga.core.terms import Language
from jaga.exchange.rows import MAX_FILE
from jaga.records.room import RETRY_SECONDS, StorageFull, is_short
from jaga.web.errors import RequestUnreadable, TooLarge, answer

LARGEST_BODY = 30 * 1024 * 1024  # four files of 5 MB in base64, as an authority's request may have, and their text
LARGEST_FILE = MAX_FILE + 1024 * 1024  # a batch, and the form around it
FILES_AT = ("/console/batches/", "/api/v1/batches")
# What comes from outside and is acknowledged; besides it everything that brings files. People go on with what is here.
_BRINGS_IN = ("/report/", "/follow/report/", "/appeal/", "/api/", "/hooks/", "/console/flags/new/",
              "/console/orders/new/")
_ENCODINGS = ("utf-8", "ascii")
GetResponse = Callable[[HttpRequest], HttpResponse]


class LanguageMiddleware:
    """Indonesian, unless the reader chose English on this device or is signed in as somebody who prefers it.

    The browser's own preference does not count: many phones in Indonesia are set to English by whoever sold them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = _chosen(request)
        with translation.override(chosen or Language.INDONESIAN):
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or Language.INDONESIAN)
        patch_vary_headers(response, ["Cookie"])
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> None:
        """Only here is it known who is signed in; asked for only where a session exists at all."""
        if _chosen(request) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            translation.activate(user.language)


class ErrorMiddleware:
    """A JagaError that a view raises becomes a page (below /api/: problem details) with its own status.

    What could only end in a fault is refused before anything reads it: NUL in path, query or cookies (PostgreSQL cannot
    look it up), a body in another encoding than UTF-8, a body larger than any form here can be; and where the disk is
    nearly full, whatever would be acknowledged. What stands in a body is checked field by field by whoever parses it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _has_nul(request) or (request.encoding and lookup(request.encoding).name not in _ENCODINGS):
            return answer(request, RequestUnreadable())
        if _length(request) > (LARGEST_FILE if request.path in FILES_AT else LARGEST_BODY):
            return answer(request, TooLarge())
        if _brings_in(request) and is_short():
            return answer(request, StorageFull(retry_after=RETRY_SECONDS))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Other exceptions stay Django's: they are faults, logged with their trace and shown as nothing but a fault."""
        return answer(request, exception) if isinstance(exception, JagaError) else None


def _has_nul(request: HttpRequest) -> bool:
    query = unquote_to_bytes(request.META.get("QUERY_STRING", ""))
    return b"\x00" in query or "\x00" in request.path or any("\x00" in value for value in request.COOKIES.values())


def _brings_in(request: HttpRequest) -> bool:
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return False
    return request.path.startswith(_BRINGS_IN) or request.content_type == "multipart/form-data"


def _length(request: HttpRequest) -> int:
    stated = request.META.get("CONTENT_LENGTH") or "0"
    return int(stated) if stated.isdecimal() else 0


def _chosen(request: HttpRequest) -> str | None:
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
    return chosen if chosen in {language.value for language in Language} else None
