"""Errors as RFC 9457 problem details (`web.errors.problem`), in the language that the caller asks for."""

from django.http import HttpRequest, JsonResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from ninja import Schema
from pydantic import Field

from jaga.core.errors import N_, JagaError
from jaga.core.terms.people import Language
from jaga.policy.jurisdiction import default_language
from jaga.records.access.people.api_keys import KeyHolder, KeyRefused
from jaga.web import errors


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
