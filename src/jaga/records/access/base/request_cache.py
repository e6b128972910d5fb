"""A per-request cache for queries that one page repeats: the reader, their clearances, their queues.

It is active only during a request that changes none of these, and never outlives it, so a revoked right is gone with
the next request. Outside a request every call queries.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# Each thread has its own context, so concurrent requests share nothing.
_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def one_page() -> Iterator[None]:
    """Enable caching by `once` within this block.

    For requests that change none of the cached values (GET); not re-entrant.
    """
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def once(ask: Callable[P, R]) -> Callable[P, R]:
    """Cache this function's result for the current request.

    Arguments must be hashable; callers must not modify the result.
    """

    @wraps(ask)
    def asked(*args: P.args, **kwargs: P.kwargs) -> R:
        answers = _answers.get()
        if answers is None:
            return ask(*args, **kwargs)
        question = (ask, args, tuple(sorted(kwargs.items())))
        if question not in answers:
            answers[question] = ask(*args, **kwargs)
        answer: R = answers[question]
        return answer

    return asked
