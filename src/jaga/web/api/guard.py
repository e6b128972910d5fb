"""Around every address of the API: quotas, Idempotency-Key, and that whatever is refused is a problem."""

from collections.abc import Callable, Mapping
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.records.access.people.api_keys import KeyHolder, KeyRefused
from jaga.web.api.auth import KeyMissing, TooManyWrongKeys, holder_of
from jaga.web.api.idempotency import once
from jaga.web.api.problems import WrongMethod, problem
from jaga.web.api.quotas import count_call, tell
from jaga.web.api.reading import shown

View = Callable[..., HttpResponseBase]
_UNKNOWN = N_("There is no parameter of this name.")


@csrf_exempt  # a session opens nothing below the API, so a missing form's token is not what is wrong here
def nothing_here(request: HttpRequest) -> HttpResponseBase:
    """Any other address below the API, by whatever method: a problem like all others, and not a page."""
    return problem(request, NotFound())


def guarded(view: View, writes: frozenset[str], asks: Mapping[str, frozenset[str]]) -> View:
    """The view within its key's quota, made once for each Idempotency-Key, and with nothing kept by caches.

    `writes`: the methods by which it does; under all others the key says nothing. `asks`: what each method may be asked
    behind the question mark; anything else is refused, since whoever mistyped a filter would take all for a selection.
    The framework's own bare refusals are told as problems.
    """

    @wraps(view)
    def told(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        holder = _holder(request)
        try:
            response = _made(request, holder, writes, lambda: _problems_only(view, request, *args, **kwargs),
                             asks.get(request.method or ""))
        except JagaError as refused:
            response = problem(request, refused)
        if holder is not None:
            tell(response, holder)
        response.headers["Cache-Control"] = "no-store"  # receipts and letters belong in nobody's cache
        return response

    return told


def _holder(request: HttpRequest) -> KeyHolder | None:
    """Nobody where the key is refused: the view's own way in says so, where it asks for one."""
    try:
        return holder_of(request)
    except (KeyMissing, KeyRefused, TooManyWrongKeys):
        return None


def _made(request: HttpRequest, holder: KeyHolder | None, writes: frozenset[str],
          view: Callable[[], HttpResponseBase], known: frozenset[str] | None) -> HttpResponseBase:
    if holder is None:
        return view()
    count_call(holder)
    if known is not None and (strange := request.GET.keys() - known):
        raise InvalidInput(*(FieldError(shown(name), "unknown_parameter", _UNKNOWN) for name in sorted(strange)))
    if request.method not in writes or "Idempotency-Key" not in request.headers:
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
