"""A wrapper around every API route: quotas, Idempotency-Key, and problem details for every refusal."""

from collections.abc import Callable, Mapping
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.records.access.people.api_keys import KeyHolder, KeyRefused
from jaga.web.api.auth import KeyMissing, TooManyWrongKeys, holder_of
from jaga.web.api.idempotency import once
from jaga.web.api.problems import WrongMethod, problem
from jaga.web.api.quotas import count_call, set_headers
from jaga.web.api.reading import shown
from jaga.web.later import is_answered_again

View = Callable[..., HttpResponseBase]
_UNKNOWN = N_("There is no parameter of this name.")


@csrf_exempt  # A session grants nothing in the API, so a missing CSRF token is not the error to report.
def nothing_here(request: HttpRequest) -> HttpResponseBase:
    """Any other URL below the API, with any method: a problem like all others, not a page."""
    return problem(request, NotFound())


def guarded(view: View, writes: frozenset[str], asks: Mapping[str, frozenset[str]]) -> View:
    """The view with quota, Idempotency-Key and no-store headers.

    `writes`: the methods that write; for others the key is ignored. `asks`: each method's query parameters; anything
    else is refused, since a mistyped filter would return everything. The framework's bare errors become problems.
    """

    @wraps(view)
    def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        holder = _holder(request)
        try:
            response = _made(
                request,
                holder,
                writes,
                lambda: _problems_only(view, request, *args, **kwargs),
                asks.get(request.method or ""),
            )
        except JagaError as refused:
            response = problem(request, refused)
        if holder is not None:
            set_headers(response, holder)
        response.headers["Cache-Control"] = "no-store"  # Receipts and letters must not be cached.
        return response

    return answered


def _holder(request: HttpRequest) -> KeyHolder | None:
    """The key's holder, or None if it is refused; the view's own authentication reports that."""
    try:
        return holder_of(request)
    except (KeyMissing, KeyRefused, TooManyWrongKeys):
        return None


def _made(
    request: HttpRequest,
    holder: KeyHolder | None,
    writes: frozenset[str],
    view: Callable[[], HttpResponseBase],
    parameters: frozenset[str] | None,
) -> HttpResponseBase:
    if holder is None:
        return view()
    if not is_answered_again(request):
        count_call(holder)
    if parameters is not None and (strange := request.GET.keys() - parameters):
        raise InvalidInput(*(FieldError(shown(name), "unknown_parameter", _UNKNOWN) for name in sorted(strange)))
    if request.method not in writes or "HTTP_IDEMPOTENCY_KEY" not in request.META:
        return view()
    return once(request, holder, view)


def _problems_only(view: View, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
    try:
        response = view(request, *args, **kwargs)
    except Http404:
        return nothing_here(request)
    if isinstance(response, HttpResponseNotAllowed):
        allowed = response["Allow"]
        response = problem(request, WrongMethod())
        response["Allow"] = allowed
    return response
