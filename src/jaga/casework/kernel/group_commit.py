"""Group commit: threads of one process that want the same kind of work at once share its statements and its commit.

Whoever comes while others are at work waits for the next round and is taken along. Each thread must be able to have a
database connection of its own: one that waits here may hold one, and the one that works needs one.
"""

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from django.db import DataError, IntegrityError, connection

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Waiting(Generic[Item, Answer]):
    """One thread's wish, and what came of it."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.done = False


class Together(Generic[Item, Answer]):
    """Does `work` for several items of several threads in one call, which is one transaction."""

    def __init__(self, work: Callable[[Sequence[Item]], list[Answer]], most: int = 64) -> None:
        self._work, self._most = work, most
        self._turn, self._queue_lock = Lock(), Lock()
        self._queue: list[_Waiting[Item, Answer]] = []

    def do(self, item: Item) -> Answer:
        """The answer to this item, after the commit that holds it. An item that is refused fails no other."""
        if connection.in_atomic_block:  # part of a larger transaction: it cannot be shared
            return self._work([item])[0]
        mine: _Waiting[Item, Answer] = _Waiting(item)
        with self._queue_lock:
            self._queue.append(mine)
        with self._turn:
            while not mine.done:  # else whoever had the turn before took it along
                with self._queue_lock:
                    taken, self._queue = self._queue[:self._most], self._queue[self._most:]
                self._do(taken)
        if mine.failure is not None:
            raise mine.failure
        assert mine.answer is not None
        return mine.answer

    def _do(self, taken: Sequence[_Waiting[Item, Answer]]) -> None:
        try:
            answers = self._work([one.item for one in taken])
        except (DataError, IntegrityError) as refused:
            if len(taken) == 1:
                taken[0].failure = refused
            else:  # one of them cannot be stored: each by itself, so that only that one fails
                self._one_by_one(taken)
        except BaseException as failure:
            self._fail(taken, failure)
            raise
        else:
            for one, answer in zip(taken, answers, strict=True):
                one.answer = answer
        for one in taken:
            one.done = True

    def _one_by_one(self, taken: Sequence[_Waiting[Item, Answer]]) -> None:
        for place, one in enumerate(taken):
            try:
                self._do([one])
            except BaseException as failure:  # nobody may be left waiting for an answer that never comes
                self._fail(taken[place:], failure)
                raise

    def _fail(self, taken: Sequence[_Waiting[Item, Answer]], failure: BaseException) -> None:
        for one in taken:
            one.failure, one.done = failure, True
