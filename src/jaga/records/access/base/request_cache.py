"""Questions that one page asks many times are asked once: who the reader is, what they may see, where they work.

Only while a page is being made that changes none of it, and never beyond that page: the next one asks anew, so that
nobody keeps a right that was taken from them. Where no page is being made, each call asks.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# A thread has contexts of its own, so that two pages made at the same time share nothing.
_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def one_page() -> Iterator[None]:
    """Within this block `once` remembers. For requests that change nothing of what is asked (GET); not nested."""
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def once(ask: Callable[P, R]) -> Callable[P, R]:
    """A question whose answer holds for the page that is being made. Its arguments must be hashable, its answer must
    not be changed by who gets it.
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
