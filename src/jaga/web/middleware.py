"""Middleware for the response language and for errors as pages.

Template context shared by all pages.
"""

from codecs import lookup
from collections.abc import Callable
from functools import cache as cache_of_functools
from typing import Any
from urllib.parse import unquote_to_bytes

from csp.constants import HEADER as CSP_HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from jaga.core.errors import JagaError
from jaga.exchange.rows import MAX_FILE
from jaga.policy.in_force import ReleaseNotInForce, one_release
from jaga.policy.local_time import local_label
from jaga.policy.release import default_language, jurisdiction, offered_language
from jaga.store.reads import host_name, is_an_authoritys
from jaga.store.room import RETRY_SECONDS, StorageFull, is_short
from jaga.web.errors import RequestUnreadable, TooLarge, answer, language

HOST_SECONDS = 60


def installation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: practice mark, host and whether it is an authority (queried lazily), the page's language, a
    link to the other one, all languages, and the label of local time.
    """
    return {
        "practice": settings.PRACTICE,
        "language_now": language().value,
        "other_languages": [(code, name) for code, name in settings.LANGUAGES if code != language().value],
        "languages": dict(settings.LANGUAGES),
        "zone": local_label,
        "host": _host,
        "by_authority": is_an_authoritys,
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }


def _host() -> str:
    name: str = cache.get_or_set("host-name", host_name, HOST_SECONDS) or ""
    return name


LARGEST_BODY = 30 * 1024 * 1024  # Four files of 5 MB in base64, as in an authority's request, and their text.
LARGEST_FILE = MAX_FILE + 1024 * 1024  # A batch and the form around it.
FILES_AT = ("/console/batches/", "/api/v1/batches")
# External submissions that are acknowledged, and all uploads. Work on existing data continues.
_BRINGS_IN = (
    "/report/",
    "/follow/report/",
    "/appeal/",
    "/privacy/ask/",
    "/api/",
    "/hooks/",
    "/console/flags/new/",
    "/console/orders/new/",
)
_ENCODINGS = ("utf-8", "ascii")
NOT_IN_FORCE = "policy release that is not in force"
"""Part of what the guard of votes and decisions says (`store/guards/kernel.sql`)."""
GetResponse = Callable[[HttpRequest], HttpResponse]


class CompressedPagesMiddleware(GZipMiddleware):
    """Sends pages compressed; a queue page shrinks to a fifth.

    Only HTML: pictures and archives do not shrink, and clients of the API check digests of what they receive. Against
    guessing a page's secrets by the size of its answer (BREACH): CSRF tokens are masked anew for each page, Django adds
    random bytes to each answer, and other sites' requests carry no session (`SESSION_COOKIE_SAMESITE`).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Compress a page; leave every other answer as it is."""
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)


class ContentPolicyMiddleware(CSPMiddleware):
    """Sets the content security policy. It is the same for all answers and written once, unless a view asked for
    another one or for a nonce: to write it takes longer than all other headers together.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set the header, unless it is set."""
        own = getattr(request, "_csp_nonce", None) or any(name.startswith("_csp_") for name in vars(response))
        if own or settings.DEBUG or hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY"):
            return super().process_response(request, response)
        response.headers.setdefault(CSP_HEADER, usual_policy())
        request.csp_nonce = _NONCE_TOO_LATE  # type: ignore[attr-defined]
        return response


_NONCE_TOO_LATE = CheckableLazyObject(CSPMiddleware._csp_nonce_post_response)


@cache_of_functools
def usual_policy() -> str:
    """The policy of the settings, as `django-csp` writes it."""
    return build_policy()


SAME_FOR_ALL = "same_for_all"
"""The attribute of a response whose bytes are the same for everybody, so that caches may keep it: it gets no `Vary`."""


class LanguageMiddleware:
    """The jurisdiction's default, unless the reader chose another on this device or in their preferences.

    The browser's language is ignored: many phones in Indonesia are set to English by the seller.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = _chosen(request)
        with translation.override(chosen or default_language()):
            response = self.get_response(request)
            if getattr(response, SAME_FOR_ALL, False):
                return response
            response.headers.setdefault("Content-Language", translation.get_language() or default_language())
        patch_vary_headers(response, ["Cookie"])
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any) -> None:
        """Only here is the user known; looked up only if a session exists."""
        if _chosen(request) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            translation.activate(offered_language(user.language))


class OneReleaseMiddleware:
    """One policy release for the whole request, even if another is adopted meanwhile."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with one_release():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """503 where the database refused an act of a process that had not followed the release in force."""
        stale = isinstance(exception, DatabaseError) and NOT_IN_FORCE in str(exception)
        return answer(request, ReleaseNotInForce()) if stale else None


class ErrorMiddleware:
    """Turns a JagaError from a view into a page (below /api/: problem details) with its status.

    Rejects up front what could only cause an error: NUL in path, query or cookies (PostgreSQL cannot look it up), a
    body not in UTF-8 or larger than any form; and, if the disk is nearly full, everything that would be acknowledged.
    Body fields are validated by their parsers.
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
        """Other exceptions are left to Django: logged with a traceback and shown as an internal error."""
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
    return chosen if chosen in jurisdiction().languages else None
