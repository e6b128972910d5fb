"""A wrapper around every API route: quotas, Idempotency-Key, and problem details for every refusal.

`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) for every writing call.

Calls without the header have no overhead.

Key quotas: calls per minute, counted per process; reports and requests per day, counted globally.

A day's quota is reserved by processes in blocks, so counting costs one statement per some hundred reports. A process
that exits forfeits the rest of its block: at most a twentieth of the day.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import wraps
from io import BytesIO
from threading import Lock

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    UnreadablePostError,
)
from django.views.decorators.csrf import csrf_exempt

from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.people.reads.api_keys import DayUsedUp, KeyHolder, KeyRefused, hand_out
from jaga.people.verbs.api_keys import NotProven, proof_of
from jaga.store.kernel.once import IdempotentRequest, StoredResponse, answer_once
from jaga.web.api.auth import KeyMissing, TooManyWrongKeys, holder_of
from jaga.web.api.bodies import shown
from jaga.web.api.problems import WrongMethod, problem
from jaga.web.later import is_answered_again
from jaga.web.middleware import LARGEST_BODY

_NAME = re.compile(r"[\x21-\x7e]{1,200}")
_KEPT_HEADERS = ("Content-Type", "Location", "Content-Language")


class NameUnusable(JagaError):
    """The Idempotency-Key is empty, too long or no text."""

    code = "idempotency_key_unusable"
    status = 400
    sentence = N_("The Idempotency-Key is not usable.")
    remedy = N_("Use 1 to 200 printable ASCII characters without spaces, for instance a UUID.")


def once(request: HttpRequest, holder: KeyHolder, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The view's answer, or the stored one if the call's key was answered before.

    The stored answer is bound to the API key, the whole request and its proof: a repeat with another signature, or with
    a key of reduced scope, is another call. Raises NameUnusable, StillRunning, NameUsed.
    """
    name = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not _NAME.fullmatch(name):
        raise NameUnusable
    try:
        raw = request.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        return view()  # The body cannot be read again either, and the view reports that.
    request._stream = BytesIO(raw)
    request._read_started = False  # type: ignore[attr-defined]
    fingerprint = hashlib.sha256()
    for part in (
        request.method or "",
        request.get_full_path(),
        request.content_type or "",
        _signed_with(request, holder, raw),
        str(holder.registration),
        *sorted(holder.scopes),
    ):
        fingerprint.update(part.encode("utf-8", "surrogatepass") + b"\n")
    fingerprint.update(raw)
    given = answer_once(IdempotentRequest(holder.key_id, name, fingerprint.digest()), lambda: _answer(view()))
    response = HttpResponse(given.body, status=given.status, headers=dict(given.headers))
    if given.repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _signed_with(request: HttpRequest, holder: KeyHolder, raw: bytes) -> str:
    """Which of the officer's own keys signed these bytes, or why that is not proven."""
    try:
        return f"key {proof_of(holder.person_id, request.headers, raw).key_id}"
    except NotProven as unproven:
        return unproven.reason.value


def _answer(response: HttpResponseBase) -> StoredResponse:
    assert isinstance(response, HttpResponse)  # Nothing here is streamed.
    headers = (
        dict(response.items())
        if response.status_code >= 300
        else {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    )
    return StoredResponse(response.status_code, headers, response.content)


_LARGEST_BLOCK, _BLOCKS_A_DAY = 500, 20
_MOST_COUNTED = 4096


class TooManyCalls(JagaError):
    """The key's calls for this minute are used up. Nothing was stored."""

    code = "quota_minute"
    status = 429
    sentence = N_("This key may be used for %(most)s calls a minute.")
    remedy = N_("Wait %(retry_after)s seconds and send it again. Many reports fit into one call: POST /reports/batch.")


@dataclass
class _Count:
    minute: int = 0
    calls: int = 0
    day: date = date.min
    left: int = 0
    lock: Lock = field(default_factory=Lock)


_counts: dict[int, _Count] = {}


def _count_of(holder: KeyHolder) -> _Count:
    if len(_counts) >= _MOST_COUNTED:
        _counts.clear()
    return _counts.setdefault(holder.key_id, _Count())


def count_call(holder: KeyHolder) -> None:
    """Count one call with this key. Raises TooManyCalls."""
    count, seconds = _count_of(holder), int(now().timestamp())
    with count.lock:
        if count.minute != seconds // 60:
            count.minute, count.calls = seconds // 60, 0
        if count.calls >= holder.per_minute:
            raise TooManyCalls(most=holder.per_minute, retry_after=60 - seconds % 60)
        count.calls += 1


def spend(holder: KeyHolder, reports: int) -> None:
    """Spend this many reports or requests of today's quota. Raises DayUsedUp; then nothing is spent."""
    count, moment = _count_of(holder), now()
    with count.lock:
        if count.day != moment.date():
            count.day, count.left = moment.date(), 0
        if count.left < reports:
            count.left += _handed_out(holder, count.day, reports - count.left, moment)
        count.left -= reports


def _handed_out(holder: KeyHolder, day: date, needed: int, moment: datetime) -> int:
    block = max(needed, min(_LARGEST_BLOCK, holder.per_day // _BLOCKS_A_DAY))
    for size in dict.fromkeys((block, needed)):
        if hand_out(holder.key_id, day, size, holder.per_day):
            return size
    raise DayUsedUp.at(moment, holder.per_day)


def set_headers(response: HttpResponseBase, holder: KeyHolder) -> None:
    """Set the RateLimit headers: the calls left in this minute."""
    count, seconds = _count_of(holder), int(now().timestamp())
    headers = response.headers
    headers["RateLimit-Limit"] = str(holder.per_minute)
    headers["RateLimit-Remaining"] = str(max(holder.per_minute - count.calls, 0))
    headers["RateLimit-Reset"] = str(60 - seconds % 60)
    headers["RateLimit-Policy"] = f'"minute";q={holder.per_minute};w=60, "day";q={holder.per_day};w=86400'


def forget_counts() -> None:
    """Reset the counters, as after a restart."""
    _counts.clear()


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
