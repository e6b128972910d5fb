"""Rendering of errors: the same code, sentence and remedy on pages and in the API, in the reader's language.

Names of form fields, for the summary of errors at the top of a page: whoever reads it has the fields out of sight.

The names are those of the labels. A field without a name here shows its sentence only.

Refusals outside Django, as a page or problem details in the reader's language.

They must be cheap, since there may be very many: each text is rendered once.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext, override
from django.utils.translation.trans_real import parse_accept_lang_header

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotPermitted
from jaga.core.terms.people import Language
from jaga.policy.models import Citation, LocalText
from jaga.policy.release import default_language, emergency_numbers, jurisdiction, offered_language
from jaga.store.room import RETRY_SECONDS, StorageFull, says_away, says_full

Response = TypeVar("Response", bound=HttpResponse)
API_PREFIX = "/api/"
CONSOLE = "/console/"
AWAY_SECONDS = 30


class RequestUnreadable(JagaError):
    """The request is malformed: not text, too large or truncated."""

    code = "not_readable"
    status = 400
    sentence = N_("This could not be read.")
    remedy = N_("Go back, check what you entered, and send it again. Pictures may have at most 5 MB each.")


class TooLarge(RequestUnreadable):
    """Larger than any form allows."""

    code = "too_large"
    status = 413
    sentence = N_("This is too large.")
    remedy = N_("Send at most five pictures of at most 5 MB each.")


class FormTooOld(JagaError):
    """The form's CSRF token is missing or expired."""

    code = "form_too_old"
    status = 403
    sentence = N_("This form was open for too long, or your browser refuses cookies.")
    remedy = N_("Go back, reload the page and send it again. Allow cookies for this site.")


class ServerFault(JagaError):
    """An internal error; no details are disclosed."""

    code = "server_fault"
    status = 500
    sentence = N_("Something went wrong on our side.")
    remedy = N_("Nothing that you sent was stored. Please try again in a few minutes.")


class DatabaseAway(JagaError):
    """The database is unreachable. If it was lost during commit, it is unknown what was stored."""

    code = "database_away"
    status = 503
    sentence = N_("Jaga cannot store or show anything at the moment.")
    remedy = N_(
        "What you sent may not have been stored. Please send it again in half a minute. "
        "If somebody is in danger, call %(emergency)s."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=AWAY_SECONDS, emergency=emergency_numbers())


def language_asked(accepted: str) -> Language | None:
    """The first supported language in an Accept-Language header."""
    for wanted, _ in parse_accept_lang_header(accepted):
        primary = wanted.split("-")[0]
        primary = Language.INDONESIAN if primary == "in" else primary  # an old code for Indonesian
        if primary in jurisdiction().languages:
            return Language(primary)
    return None


def language() -> Language:
    """The language of this response."""
    return offered_language((get_language() or "").split("-")[0])


def fill(msgid: str, params: Mapping[str, object]) -> str:
    """The msgid, first translated, then formatted. Texts of the release among `params` are in the same language, and so
    is `why` where it is one of our own sentences.
    """
    sentence = gettext(msgid) if msgid else ""
    values = {name: _in_language(name, value) for name, value in params.items()}
    return sentence % values if values else sentence


def _in_language(name: str, value: object) -> object:
    if isinstance(value, LocalText | Citation):
        return value.say(language())
    return gettext(value) if name == "why" and isinstance(value, str) and value else value


def say(error: JagaError, spoken: Language | str | None = None) -> tuple[str, str]:
    """Sentence and remedy of an error in that language, by default the request's."""
    with override(Language(spoken).value if spoken else language().value):
        return fill(error.sentence, error.params), fill(error.remedy, error.params)


def say_fields(error: InvalidInput, spoken: Language | str | None = None) -> dict[str, list[str]]:
    """The sentences per rejected field."""
    sentences: dict[str, list[str]] = {}
    with override(Language(spoken).value if spoken else language().value):
        for field in error.errors:
            sentences.setdefault(field.field, []).append(say_field(field))
    return sentences


def say_field(field: FieldError) -> str:
    """One field's sentence in the language of the request."""
    return fill(field.sentence, field.params)


def problem_details(error: JagaError) -> dict[str, object]:
    """An error as RFC 9457 problem details with stable codes, in the language of the request."""
    sentence, remedy = say(error)
    body: dict[str, object] = {
        "type": f"urn:jaga:error:{error.code}",
        "code": error.code,
        "status": error.status,
        "title": sentence,
        "detail": f"{sentence} {remedy}",
        "remedy": remedy,
    }
    if isinstance(error, InvalidInput):
        body["errors"] = [{"field": e.field, "code": e.code, "sentence": say_field(e)} for e in error.errors]
    return body


def problem(error: JagaError) -> JsonResponse:
    """An API response for an error. A `retry_after` param sets the header."""
    response = JsonResponse(
        problem_details(error),
        status=error.status,
        content_type="application/problem+json",
        json_dumps_params={"ensure_ascii": False},
    )
    say_when(response, error)
    return response


def say_when(response: HttpResponse, error: JagaError) -> None:
    """Set the Retry-After header from the error's `retry_after` param."""
    if "retry_after" in error.params:
        response["Retry-After"] = str(error.params["retry_after"])


def answer(request: HttpRequest, error: JagaError) -> HttpResponse:
    """The response for an error: problem details below /api/, otherwise a page. Uses no database."""
    if request.path.startswith(API_PREFIX):
        return problem(error)
    page = render_to_string("errors/error.html", {**words_of(request, error), "language_now": language().value})
    response = HttpResponse(page, status=error.status, headers={"Cache-Control": "no-store"})
    say_when(response, error)
    return response


def words_of(request: HttpRequest, error: JagaError) -> dict[str, object]:
    """What `errors/parts/refusal.html` shows."""
    sentence, remedy = say(error)
    fields = say_fields(error) if isinstance(error, InvalidInput) else {}
    return {
        "code": error.code,
        "status": error.status,
        "sentence": sentence,
        "remedy": remedy,
        "fields": fields,
        "back": way_back(request),
    }


def way_back(request: HttpRequest) -> str:
    """The page that contained the refused form or link, else the section's start page."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    room = CONSOLE if request.path.startswith(CONSOLE) else "/"
    if came_from.netloc != request.META.get("HTTP_HOST", "") or not came_from.path.startswith("/"):
        return room
    there = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return room if request.method in ("GET", "HEAD") and there == request.get_full_path() else there


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400."""
    return answer(request, RequestUnreadable())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return answer(request, NotPermitted())


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500.

    Django has logged the error; the page discloses only a full disk or an unreachable database, both temporary.
    """
    fault = sys.exc_info()[1]
    if says_full(fault):
        return answer(request, StorageFull(retry_after=RETRY_SECONDS))
    return answer(request, DatabaseAway() if says_away(fault) else ServerFault())


FIELD_NAMES = {
    "letter_number": N_("Letter number"),
    "letter_date": N_("Date of the letter"),
    "letter": N_("The letter as a file"),
    "legal_basis": N_("Legal basis"),
    "legal_analysis": N_("Legal analysis"),
    "platform": N_("Chat app"),
    "category": N_("Category"),
    "conduct_on": N_("Day of the conduct"),
    "accounts": N_("Accounts"),
    "account": N_("Account"),
    "locator": N_("Exact place"),
    "text": N_("What was seen"),
    "screenshots": N_("Screenshots"),
    "urgent": N_("Urgent"),
    "urgent_reason": N_("Why it is urgent"),
    "wants_export": N_("Sealed export"),
    "court_order": N_("Number of the court's order"),
    "receipt": N_("Report number"),
    "answer": N_("Your answer"),
    "links": N_("Links"),
    "pictures": N_("Pictures"),
    "chat": N_("Messages of a chat"),
    "name": N_("Name"),
    "contact": N_("Contact"),
    "code": N_("Code"),
    "public_key": N_("Public key"),
    "capacity": N_("Who reports"),
    "reason": N_("Reason"),
    "reasons": N_("Reasons"),
}
_ROW = re.compile(r"accounts\.([0-9]+)\.(\w+)")


def field_name(field: str) -> str:
    """The name of a field in the reader's language, e.g. `Account 2, Screenshots`; empty if it has none."""
    row = _ROW.fullmatch(field)
    if row is None:
        return gettext(FIELD_NAMES[field]) if field in FIELD_NAMES else ""
    name = gettext("Account %(number)s") % {"number": row[1]}
    return f"{name}, {gettext(FIELD_NAMES[row[2]])}" if row[2] in FIELD_NAMES and row[2] != "account" else name


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
