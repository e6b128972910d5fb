"""Errors as RFC 9457 problem details (`web.errors.problem`), in the language that the caller asks for.

Pagination by cursor: newest first, stable while rows are added. To a client a cursor is opaque.

The words for the terms in answers, in both languages: callers show them to people.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from jaga.core.cases import CaseState
from jaga.core.errors import N_, JagaError
from jaga.core.foreign import LARGEST_NUMBER
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Language
from jaga.people.reads.api_keys import KeyHolder, KeyRefused
from jaga.policy.models import LocalText
from jaga.policy.release import PolicyRelease, default_language
from jaga.web import errors

Row = TypeVar("Row")
_LOST_PLUS = re.compile(r" (\d\d:\d\d)$")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")

Cursor = Annotated[int | None, Field(ge=1, le=LARGEST_NUMBER, description=N_("`next` of the previous page."))]
Limit = Annotated[int, Field(ge=1, le=100, description=N_("The maximum number of items."))]


def _moment(value: object) -> object:
    """Parse an RFC 3339 time. A blank before the offset is read as "+": an unescaped plus sign in a URL becomes one."""
    if not isinstance(value, str):
        return value
    written = _LOST_PLUS.sub(r"+\1", value)
    if not _MOMENT.fullmatch(written):
        raise PydanticCustomError("not_a_moment", "a moment as 2026-01-31T09:30:00Z")
    return written


def _in_utc(moment: datetime | None) -> datetime | None:
    """The time in UTC, since PostgreSQL takes no offset beyond 15:59. Times out of range become the first or last
    one.
    """
    try:
        return moment and moment.astimezone(UTC)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if moment and moment.year == 1 else datetime.max.replace(tzinfo=UTC)


UpdatedSince = Annotated[
    AwareDatetime | None,
    BeforeValidator(_moment),
    AfterValidator(_in_utc),
    Field(
        description=N_(
            "Only items of which something visible to you changed at or after this time, written with its "
            "offset: 2026-01-31T09:30:00Z."
        ),
        json_schema_extra={"example": "2026-01-31T09:30:00Z"},
    ),
]


class Page(Schema):
    """`next` is null on the last page."""

    next: str | None = Field(None, description="The `cursor` of the next page; null on the last page.")


def cut(rows: Sequence[Row], limit: int, number: Callable[[Row], int]) -> tuple[Sequence[Row], str | None]:
    """The rows of this page and the cursor of the next one, from `limit` + 1 rows asked for."""
    shown = rows[:limit]
    return shown, str(number(shown[-1])) if len(rows) > limit else None


class FieldProblem(Schema):
    """An error in one field. `code` is for programs, `sentence` for people."""

    field: str = Field(
        description="The field's name; of an account in a list with its position, e.g. accounts.2.locator."
    )
    code: str = Field(description="The error for programs, e.g. missing. It never changes.")
    sentence: str = Field(description="The error for people.")


class Problem(Schema):
    """An error as RFC 9457 problem details.

    Programs use `code`, which never changes. `title`, `detail`, `remedy` and the sentences are for people, in the
    language of Accept-Language.
    """

    type: str = Field(description="A URI that identifies the kind of the error.")
    code: str = Field(description="The error for programs, e.g. invalid_input. It never changes.")
    status: int = Field(description="The HTTP status, e.g. 422.")
    title: str = Field(description="What went wrong, for people.")
    detail: str = Field(description="What went wrong and what to do, for people.")
    remedy: str = Field(description="What to do, for people.")
    errors: list[FieldProblem] | None = Field(
        None, description="One entry for each field with an error; null if the error is about the whole call."
    )


class WrongMethod(JagaError):
    """The address exists, the method does not."""

    code = "method_not_allowed"
    status = 405
    sentence = N_("This address does not take this method.")
    remedy = N_("See docs/api.md or /api/v1/openapi.json for what it takes.")


def language_of(request: HttpRequest) -> Language:
    """The language to answer in: Accept-Language if it names a supported one, else the officer's, else the default."""
    if (asked := errors.language_asked(request.headers.get("Accept-Language", ""))) is not None:
        return asked
    officer = getattr(request, "auth", None)
    return officer.language if isinstance(officer, KeyHolder) else default_language()


def problem(request: HttpRequest, error: JagaError) -> JsonResponse:
    """The error as an answer for programs and people: what was refused, and what to do."""
    language = language_of(request)
    with translation.override(language):
        response = errors.problem(error)
    response["Content-Language"] = language.value
    patch_vary_headers(response, ["Accept-Language", "Authorization"])
    if isinstance(error, KeyRefused):
        response["WWW-Authenticate"] = 'Bearer realm="jaga", error="invalid_token"'
    elif error.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="jaga"'
    return response


_STATES: Mapping[CaseState, str] = {
    CaseState.RECEIVED: N_("Received; it is being sorted."),
    CaseState.IN_REVIEW: N_("Waiting for the judgement of people."),
    CaseState.ACTING: N_("Decided; it is being carried out on the platform."),
    CaseState.RESTORING: N_("Overturned on appeal; it is being undone on the platform."),
    CaseState.RESOLVED: N_("Finished."),
}


def state_words(state: CaseState) -> dict[Language, str]:
    """A state as the API shows it. Raises KeyError for one that is never shown outside
    (`authorities.reads.orders`)."""
    words = {}
    for language in Language:
        with translation.override(language):
            words[language] = gettext(_STATES[state])
    return words


def decision_words(kind: DecisionKind, release: PolicyRelease) -> dict[Language, str]:
    """A decision in the words of the policy's letters."""
    return {language: release.wording(f"outcome_{kind}", language) for language in Language}


def both(text: LocalText) -> dict[Language, str]:
    """A text of the policy in both languages."""
    return {language: text.say(language) for language in Language}
