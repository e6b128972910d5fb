"""Admission control per web process: limited concurrency, a short queue, and refusals beyond it.

It runs before Django, so that a refusal costs almost nothing. Urgent requests have reserved capacity: a flood of
ordinary ones never shuts out people in danger, authorities or staff.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from threading import BoundedSemaphore, Condition, Lock
from typing import Any, TypeVar

from django.http import HttpResponse

from jaga.core.errors import N_, JagaError
from jaga.core.terms.reports import ReportRoute
from jaga.policy.in_force import ReleaseNotInForce
from jaga.policy.release import emergency_numbers, load_release
from jaga.reporting.public.form import ENTRANCES
from jaga.web.buffering.uploads import is_push
from jaga.web.errors import API_PREFIX, refusal

Environ = dict[str, Any]
Start = Callable[..., Any]
Application = Callable[[Environ, Start], Iterable[bytes]]
Answers = TypeVar("Answers")

RETRY_SECONDS = 5
STEPS_BACK = 0.1  # Seconds.
_NEVER_COUNTED = ("/static/", "/health/")
_FIRST = ("/console/", "/hooks/", "/follow/", f"{API_PREFIX}v1/requests", f"{API_PREFIX}v1/orders")
_LARGEST_LOOKED_AT = 64 * 1024


class TooBusy(JagaError):
    """The process is at capacity. The request was not read."""

    code = "too_busy"
    status = 503
    sentence = N_("Very many people are sending something at the moment. Yours was not stored.")
    remedy = N_(
        "Send it again in %(retry_after)s seconds. On a phone or computer, reload this page: all that you "
        "typed goes with it. If somebody is in danger, call %(emergency)s."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS, emergency=emergency_numbers())


@dataclass(frozen=True)
class Places:
    """Concurrent requests, additional urgent ones, and how long to wait for a place."""

    ordinary: int
    first: int
    waiting: int
    patience: float


class Admission:
    """A WSGI application around another one; one per process."""

    def __init__(self, inner: Application, places: Places) -> None:
        self._inner, self._places = inner, places
        self._ordinary = BoundedSemaphore(places.ordinary)
        self._first = BoundedSemaphore(places.first)
        self._waiting, self._lock = 0, Lock()
        self._way = RightOfWay(STEPS_BACK)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer, or refuse at once with 503, Retry-After and a text in the reader's language."""
        if environ["PATH_INFO"].startswith(_NEVER_COUNTED):
            return self._inner(environ, start)
        if is_first(environ):
            with self._way:
                return self._let_in(self._take_first(), environ, start)
        self._way.step_back()
        return self._let_in(self._take(), environ, start)

    def let_in_together(self, work: Callable[[], Answers]) -> Answers | None:
        """Run the work of several ordinary requests in one place; None if none becomes free in time."""
        self._way.step_back()
        taken = self._take()
        if taken is None:
            return None
        try:
            return work()
        finally:
            taken.release()

    def _let_in(self, taken: BoundedSemaphore | None, environ: Environ, start: Start) -> Iterable[bytes]:
        if taken is None:
            return _refuse(environ, start)
        try:
            response = self._inner(environ, start)
        except BaseException:
            taken.release()
            raise
        if isinstance(response, HttpResponse):  # Usually complete: its place is freed before it is sent.
            try:
                return [response.content]
            finally:
                response.close()
                taken.release()
        return _Leaving(response, taken)

    def _take_first(self) -> BoundedSemaphore | None:
        """A reserved place, or an ordinary one."""
        if self._ordinary.acquire(blocking=False):
            return self._ordinary
        return self._first if self._first.acquire(timeout=self._places.patience) else self._take()

    def _take(self) -> BoundedSemaphore | None:
        """An ordinary place, or None if none becomes free in time."""
        if self._ordinary.acquire(blocking=False):
            return self._ordinary
        with self._lock:
            if self._waiting >= self._places.waiting:
                return None
            self._waiting += 1
        try:
            return self._ordinary if self._ordinary.acquire(timeout=self._places.patience) else None
        finally:
            with self._lock:
                self._waiting -= 1


class RightOfWay:
    """Held while an urgent request is processed: others then yield, but never for long.

    Threads of a process share its interpreter, so each ordinary request slows an urgent one.
    """

    def __init__(self, longest: float) -> None:
        self._longest, self._inside, self._free = longest, 0, Condition()

    def __enter__(self) -> None:
        with self._free:
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._free:
            self._inside -= 1
            if not self._inside:
                self._free.notify_all()

    def step_back(self) -> None:
        """Wait until no urgent request is left, up to the maximum."""
        if self._inside:
            with self._free:
                self._free.wait_for(lambda: not self._inside, self._longest)


class _Leaving:
    """A streamed response: its place is freed when the server closes it."""

    def __init__(self, response: Iterable[bytes], place: BoundedSemaphore) -> None:
        self._response, self._place = response, place

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._response)

    def close(self) -> None:
        close = getattr(self._response, "close", None)
        try:
            if close:
                close()
        finally:
            self._place.release()


def is_first(environ: Environ) -> bool:
    """Whether the request may use reserved places: the victim's route, an urgent category, an authority, staff.

    This relies on the request's claims; a false claim only gains a place in the queue.
    """
    if environ["PATH_INFO"].startswith(_FIRST):
        return not is_push(environ["PATH_INFO"])
    length = environ.get("CONTENT_LENGTH") or "0"
    if environ["REQUEST_METHOD"] != "POST" or not length.isdecimal() or int(length) > _LARGEST_LOOKED_AT:
        return False
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    first = _first_categories()
    return any(word in body for word in _urgent_words(first)) and _urgent(first).search(body) is not None


def _first_categories() -> frozenset[str]:
    """Categories in which someone may be in danger now; none while no release can be loaded: all are refused then."""
    try:
        return load_release().first_categories
    except ReleaseNotInForce:
        return frozenset()


def _victim_fields(first: frozenset[str]) -> dict[str, set[str]]:
    """Form fields and values of the victim's route, and of the categories `first`."""
    return {
        "page": set(ENTRANCES),
        "step": set(ENTRANCES),
        "route": {ReportRoute.VICTIM.value},
        **({"category": set(first)} if first else {}),
    }


@lru_cache(maxsize=4)
def _urgent_words(first: frozenset[str]) -> tuple[bytes, ...]:
    """Words of which one occurs in anything `_urgent` matches; searching for them is far cheaper than the pattern."""
    return tuple(sorted({value.encode() for values in _victim_fields(first).values() for value in values}))


@lru_cache(maxsize=4)
def _urgent(first: frozenset[str]) -> re.Pattern[bytes]:
    """Matches such values in a form or in JSON."""
    shown_values = _victim_fields(first)
    each = (
        rf"{name}(?:=|\"\s*:\s*\"|\"\r\n\r\n)(?:{'|'.join(map(re.escape, sorted(values)))})\b"
        for name, values in shown_values.items()
    )
    return re.compile("|".join(each).encode())


def _refuse(environ: Environ, start: Start) -> list[bytes]:
    headers, body = refusal(environ, TooBusy())
    start("503 Service Unavailable", headers)
    return [body]
