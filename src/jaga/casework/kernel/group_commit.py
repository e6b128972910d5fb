"""Group commit: threads of one process that want the same kind of work share one transaction.

A thread that arrives while another works waits and is included in the next batch. Each thread needs its own database
connection: a waiting thread may hold one while the working thread needs another.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Lock
from typing import Generic, TypeVar

from django.db import DataError, IntegrityError, connection

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Waiting(Generic[Item, Answer]):
    """One thread's item and its result."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.done = False

    def outcome(self) -> Answer | BaseException:
        """The answer, or what the item failed with."""
        if self.failure is not None:
            return self.failure
        assert self.answer is not None
        return self.answer


class GroupCommit(Generic[Item, Answer]):
    """Runs `work` on items of several threads (at most `most`) in one call, which is one transaction."""

    def __init__(self, work: Callable[[Sequence[Item]], list[Answer]], most: int = 64) -> None:
        self._work, self._most = work, most
        self._turn, self._queue_lock = Lock(), Lock()
        self._queue: list[_Waiting[Item, Answer]] = []

    def do(self, item: Item) -> Answer:
        """Process `item` and return its answer after the commit. An item that is refused does not fail the others."""
        if connection.in_atomic_block:  # inside a larger transaction the commit cannot be shared
            return self._work([item])[0]
        mine: _Waiting[Item, Answer] = _Waiting(item)
        with self._queue_lock:
            self._queue.append(mine)
        with self._turn:
            while not mine.done:  # otherwise the previous holder of the lock has processed it
                self._do_next()
        if mine.failure is not None:
            raise mine.failure
        assert mine.answer is not None
        return mine.answer

    def do_all(self, items: Sequence[Item]) -> list[Answer | BaseException]:
        """Process several items of one thread; returns their answers, or what each failed with, after the commit."""
        if connection.in_atomic_block:
            return list(self._work(items))
        mine: list[_Waiting[Item, Answer]] = [_Waiting(item) for item in items]
        with self._queue_lock:
            self._queue.extend(mine)
        with self._turn:
            while not all(one.done for one in mine):
                self._do_next()
        return [one.outcome() for one in mine]

    def _do_next(self) -> None:
        """Those who wait longest. If others than the caller's own fail, that is no reason to leave the queue."""
        with self._queue_lock:
            taken, self._queue = self._queue[: self._most], self._queue[self._most :]
        with suppress(Exception):  # each of them has it as its `failure`
            self._do(taken)

    def _do(self, taken: Sequence[_Waiting[Item, Answer]]) -> None:
        try:
            answers = self._work([one.item for one in taken])
            for one, answer in zip(taken, answers, strict=True):
                one.answer = answer
        except (DataError, IntegrityError) as refused:
            if len(taken) == 1:
                taken[0].failure = refused
            else:  # one item cannot be stored: process them singly, so that only that one fails
                self._one_by_one(taken)
        except BaseException as failure:
            self._fail(taken, failure)
            raise
        for one in taken:
            one.done = True

    def _one_by_one(self, taken: Sequence[_Waiting[Item, Answer]]) -> None:
        for place, one in enumerate(taken):
            try:
                self._do([one])
            except BaseException as failure:  # release the remaining threads, which would wait forever
                self._fail(taken[place:], failure)
                raise

    def _fail(self, taken: Sequence[_Waiting[Item, Answer]], failure: BaseException) -> None:
        for one in taken:
            one.failure, one.done = failure, True
