"""Version 1 of the API: its routes, its one way of signing in, its one form of error."""

from collections.abc import Callable
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from ninja import NinjaAPI
from ninja.errors import ValidationError

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.web.api import reference, referrals, requests
from jaga.web.api.auth import OfficerKeyAuth
from jaga.web.api.problems import WrongMethod, problem

# No page of explanations is served from here: the usual ones load their scripts from elsewhere, which the site's
# content security policy forbids. The document itself is complete.
api = NinjaAPI(
    title="Jaga: the authorities' API",
    version="1",
    description="Registered officers of authorities file requests (MR5 art. 14-16) and follow them. "
                "Errors are RFC 9457 problem details in Indonesian or English, by Accept-Language.",
    docs_url=None,
    urls_namespace="api-1",
    auth=OfficerKeyAuth(),
)
api.add_router("", requests.router)
api.add_router("", reference.router)
api.add_router("", referrals.router)


@api.exception_handler(JagaError)
def refused(request: HttpRequest, error: JagaError) -> HttpResponseBase:
    """Every refusal of a verb, a gate or the policy."""
    return problem(request, error)


@api.exception_handler(ValidationError)
def unusable(request: HttpRequest, error: ValidationError) -> HttpResponseBase:
    """A part of the address that cannot be read."""
    fields = {str(wrong["loc"][-1]): str(wrong["type"]) for wrong in error.errors}
    return problem(request, InvalidInput(*(_parameter(field, kind) for field, kind in fields.items())))


def _parameter(field: str, kind: str) -> FieldError:
    if kind == "missing":
        return FieldError(field, "missing", N_("This part of the address is needed."))
    return FieldError(field, "wrong_type", N_("This part of the address cannot be read; docs/api.md shows it."))


def nothing_here(request: HttpRequest) -> HttpResponseBase:
    """Any other address below the API: a problem like all others, and not a page."""
    return problem(request, NotFound())


def problems_only(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, with the framework's own bare refusals told as problems, and nothing kept by caches."""

    @wraps(view)
    def told(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return nothing_here(request)
        if isinstance(response, HttpResponseNotAllowed):
            allowed = response["Allow"]
            response = problem(request, WrongMethod())
            response["Allow"] = allowed
        response.headers["Cache-Control"] = "no-store"  # receipts and letters belong in nobody's cache
        return response

    return told
