"""A cache for what takes seconds to build."""

from collections.abc import Callable
from functools import lru_cache, wraps
from threading import RLock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def built_once(most: int) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Keep the latest `most` results of a function, like `lru_cache`, and let one thread at a time build one.

    Threads that ask meanwhile wait for that result. With `lru_cache` alone the eight threads of a worker would each
    build, and keep, an engine of their own. Arguments must be hashable. An error is raised to who asked and not kept.
    """

    def decorate(build: Callable[P, T]) -> Callable[P, T]:
        kept, turn = lru_cache(maxsize=most)(build), RLock()

        @wraps(build)
        def call(*args: P.args, **kwargs: P.kwargs) -> T:
            with turn:
                return kept(*args, **kwargs)  # type: ignore[arg-type]  # lru_cache asks for hashable arguments

        return call

    return decorate
