"""Rendering of errors: the same code, sentence and remedy on pages and in the API, in the reader's language."""

import sys
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext, override
from django.utils.translation.trans_real import parse_accept_lang_header

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotPermitted
from jaga.core.terms.people import Language
from jaga.policy.jurisdiction import emergency_numbers, jurisdiction, offered_language
from jaga.policy.models import Citation, LocalText
from jaga.records.outages import says_away
from jaga.records.room import RETRY_SECONDS, StorageFull, says_full

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
