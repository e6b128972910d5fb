"""Refusals outside Django, as a page or problem details in the reader's language.

They must be cheap, since there may be very many: each text is rendered once.
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from jaga.core.errors import JagaError
from jaga.core.terms.people import Language
from jaga.policy.jurisdiction import default_language, jurisdiction
from jaga.web.errors import API_PREFIX, language_asked, problem, say

_HEADERS = [
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'"),
]
_made: dict[tuple[type[JagaError], bool, Language], tuple[str, bytes]] = {}


def refusal(environ: dict[str, Any], refused: JagaError) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body. Only for errors without parameters."""
    api = environ["PATH_INFO"].startswith(API_PREFIX)
    spoken = _language(environ, api)
    if (key := (type(refused), api, spoken)) not in _made:
        _made[key] = _text(refused, api, spoken)
    kind, body = _made[key]
    headers = [*_HEADERS, ("Content-Type", kind), ("Content-Length", str(len(body))), ("Content-Language", spoken)]
    if "retry_after" in refused.params:
        headers.append(("Retry-After", str(refused.params["retry_after"])))
    return headers, body


def _language(environ: dict[str, Any], api: bool) -> Language:
    """On pages only the device's choice counts, as in `jaga.web.middleware`; API clients name their language."""
    if api:
        return language_asked(environ.get("HTTP_ACCEPT_LANGUAGE", "")) or default_language()
    cookies = environ.get("HTTP_COOKIE", "")
    chosen = (one for one in jurisdiction().languages if f"{settings.LANGUAGE_COOKIE_NAME}={one.value}" in cookies)
    return next(chosen, default_language())


def make_ready(refusals: Iterable[JagaError]) -> None:
    """Render these texts now: the first rendering takes seconds, and a flood may need them."""
    for refused in refusals:
        for spoken in jurisdiction().languages:
            for api in (True, False):
                _made[type(refused), api, spoken] = _text(refused, api, spoken)


def _text(refused: JagaError, api: bool, spoken: Language) -> tuple[str, bytes]:
    with override(spoken):
        if api:
            return "application/problem+json", problem(refused).content
        sentence, remedy = say(refused)
        page = render_to_string(
            "errors/error.html",
            {
                "code": refused.code,
                "status": refused.status,
                "sentence": sentence,
                "remedy": remedy,
                "fields": {},
                "language_now": spoken.value,
            },
        )
    return "text/html; charset=utf-8", page.encode()
