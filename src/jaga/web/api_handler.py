"""The WSGI handler of the API: without the middleware that only pages need.

No address of the API reads a session, a signed-in person or a CSRF token, serves a file, compresses a page or answers a
form. There that middleware did nothing, and with the content security policy, which was written anew for each answer,
took a quarter of the processor time of a call that is refused.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest
from django.urls import ResolverMatch, get_resolver

from jaga.web.errors import API_PREFIX
from jaga.web.wsgi_request import LenientRequest

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
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

    def application(environ: Environ, start: Callable[..., Any]) -> Iterable[bytes]:
        return (api if environ["PATH_INFO"].startswith(ADDRESSES) else pages)(environ, start)

    return application
