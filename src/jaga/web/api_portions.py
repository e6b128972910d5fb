"""Calls that send one report each, answered by one thread with one commit for all (`web.buffering.portions`).

Each call passes the same handler, authentication, quotas and parsing as alone. Only its report waits for those of the
other calls. Nothing is answered before the commit.

Django's request, also where the Content-Type cannot be parsed.

The WSGI handler of the API: without the middleware that only pages need.

No address of the API reads a session, a signed-in person or a CSRF token, serves a file, compresses a page or answers a
form. There that middleware did nothing, and with the content security policy, which was written anew for each answer,
took a quarter of the processor time of a call that is refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.core.signals import request_finished, request_started
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, get_resolver

from jaga.cases.verbs.accounts import AcceptedReport
from jaga.policy.in_force import one_release
from jaga.reporting.api import acknowledge
from jaga.reporting.verbs.intake import accept_together
from jaga.web.admission import Environ
from jaga.web.buffering.bridge import Response
from jaga.web.errors import API_PREFIX
from jaga.web.later import LATER, Later


def answer_reports(handler: WSGIHandler, environs: Sequence[Environ]) -> list[Response | Exception]:
    """The answers in the order of the calls, each as the handler would give it to the call alone.

    An exception that leaves the handler is that of its call; the others are answered.
    """
    request_started.send(type(handler), environ=environs[0])
    try:
        with one_release():
            calls = [_Call(handler, environ) for environ in environs]
            waiting = [(call, call.later.report) for call in calls if call.later.report is not None]
            outcomes = accept_together([report for _, report in waiting])
            for (call, _), outcome in zip(waiting, outcomes, strict=True):
                call.end(outcome)
            return [call.response() for call in calls]
    finally:
        request_finished.send(type(handler))  # gives the database connection back


class _Call:
    """One of the calls. If its view answered at once, as when it refuses the call, no report waits."""

    def __init__(self, handler: WSGIHandler, environ: Environ) -> None:
        self._handler, self._environ = handler, environ
        self.later = Later()
        if "HTTP_IDEMPOTENCY_KEY" not in environ:  # Otherwise its answer is stored with its report: neither can wait.
            environ[LATER] = self.later
        self._answer = self._asked()
        if isinstance(self._answer, Exception) or self._answer.status_code != HTTPStatus.CREATED:
            self.later.report = None

    def end(self, outcome: AcceptedReport | BaseException) -> None:
        """Complete the answer, or answer again with what the report failed with."""
        if not isinstance(outcome, AcceptedReport):
            self.later.failure = outcome
            self._answer = self._asked()
        elif isinstance(self._answer, HttpResponse):
            acknowledge(self._environ["PATH_INFO"], self._answer, outcome)

    def response(self) -> Response | Exception:
        """The answer for the server."""
        answer = self._answer
        if isinstance(answer, Exception):
            return answer
        cookies = (("Set-Cookie", one.output(header="")) for one in answer.cookies.values())
        return Response(
            answer.status_code,
            [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*answer.items(), *cookies)],
            answer.content,
        )

    def _asked(self) -> HttpResponse | Exception:
        try:
            request = self._handler.request_class(self._environ)
            answer = self._handler.get_response(request)
            request.close()
        except Exception as fault:  # noqa: BLE001 - the server logs it
            return fault
        assert isinstance(answer, HttpResponse)  # Nothing here is streamed.
        return answer


class LenientRequest(WSGIRequest):
    """A request whose malformed Content-Type counts as none, so that it is refused as what no address takes.

    Django parses it before any handler could answer: an unknown encoding of a parameter would be an internal error, and
    before Python 3.13 a parameter that is given whole and in parts.
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (ValueError, TypeError):
            self.content_type, self.content_params = "", {}


ApiHandlerEnviron = dict[str, Any]
Application = Callable[[ApiHandlerEnviron, Callable[..., Any]], Iterable[bytes]]
ADDRESSES = f"{API_PREFIX}v1/"
PAGES_ONLY = frozenset(
    {
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "jaga.web.middleware.CompressedPagesMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "jaga.web.once.OnceMiddleware",
    }
)


def middleware_of_the_api() -> list[str]:
    """The middleware of the settings that answers of the API need, in its order."""
    return [name for name in settings.MIDDLEWARE if name not in PAGES_ONLY]


class ApiHandler(WSGIHandler):
    """Django's handler with `middleware_of_the_api`. Create it while no other thread runs."""

    request_class = LenientRequest

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the chain."""
        whole = settings.MIDDLEWARE
        settings.MIDDLEWARE = middleware_of_the_api()
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = whole

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """The view of an address. Those of the API depend on nothing else, so they are looked up once."""
        request.resolver_match = match = _match(request.path_info)
        return match


@lru_cache(maxsize=256)
def _match(path: str) -> ResolverMatch:
    return get_resolver().resolve(path)


def by_address(pages: Application, api: Application) -> Application:
    """Calls of the API go to `api`, all other requests to `pages`."""

    def application(environ: ApiHandlerEnviron, start: Callable[..., Any]) -> Iterable[bytes]:
        return (api if environ["PATH_INFO"].startswith(ADDRESSES) else pages)(environ, start)

    return application
