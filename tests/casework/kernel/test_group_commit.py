"""Group commit with real threads: concurrent items share one call, and a bad item harms no other."""

from collections.abc import Sequence
from threading import Barrier, Event, Thread

import pytest
from django.db import IntegrityError, OperationalError

from jaga.store.kernel.ledger import GroupCommit, _Waiting


class Desk:
    """The shared work: answers each item with its square, blocks the first call until told, and refuses 13."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []
        self.first_is_in, self.go_on = Event(), Event()

    def work(self, items: Sequence[int]) -> list[int]:
        self.calls.append(list(items))
        if len(self.calls) == 1:
            self.first_is_in.set()
            assert self.go_on.wait(10)
        if 13 in items:
            raise IntegrityError("thirteen")
        if 99 in items:
            raise OperationalError("the database is away")
        return [item * item for item in items]


def ask(together: GroupCommit[int, int], desk: Desk, first: int, others: Sequence[int]) -> dict[int, int | str]:
    """One busy thread and the others that arrive meanwhile; returns what each got."""
    got: dict[int, int | str] = {}

    def one(item: int) -> None:
        try:
            got[item] = together.do(item)
        except (IntegrityError, OperationalError) as refused:
            got[item] = str(refused)

    threads = [Thread(target=one, args=(first,))]
    threads[0].start()
    assert desk.first_is_in.wait(10)
    threads += [Thread(target=one, args=(item,)) for item in others]
    for thread in threads[1:]:
        thread.start()
    while len(together._queue) < len(others):
        pass
    desk.go_on.set()
    for thread in threads:
        thread.join(10)
    return got


def test_those_who_come_meanwhile_share_the_next_call() -> None:
    """Two calls for nine threads, and each gets its own answer."""
    desk = Desk()
    got = ask(GroupCommit(desk.work), desk, 1, range(2, 10))
    assert got == {item: item * item for item in range(1, 10)}
    assert [len(call) for call in desk.calls] == [1, 8]


def test_no_call_is_larger_than_it_may_be() -> None:
    """The remaining items get another call."""
    desk = Desk()
    got = ask(GroupCommit(desk.work, most=3), desk, 1, range(2, 10))
    assert len(got) == 9
    assert max(len(call) for call in desk.calls) == 3


def test_what_cannot_be_stored_fails_alone() -> None:
    """The other items are stored, each once."""
    desk = Desk()
    got = ask(GroupCommit(desk.work), desk, 1, [2, 13, 4])
    assert got == {1: 1, 2: 4, 13: "thirteen", 4: 16}


def test_a_database_that_is_away_fails_all_of_a_call_and_nobody_after() -> None:
    """Nobody waits for ever, and the next call works."""
    desk = Desk()
    together = GroupCommit(desk.work)
    got = ask(together, desk, 1, [2, 99])
    assert got == {1: 1, 2: "the database is away", 99: "the database is away"}
    assert together.do(5) == 25


def test_a_call_of_others_that_fails_is_not_told_to_those_behind_it() -> None:
    """Whoever works for those ahead gets the answer to their own item, which would be stored all the same."""
    desk = Desk()
    together = GroupCommit(desk.work, most=1)
    got: dict[int, int | str] = {}

    def leader() -> None:
        got[1] = together.do(1)

    first = Thread(target=leader)
    first.start()
    assert desk.first_is_in.wait(10)
    ahead = _Waiting[int, int](99)  # its thread has not got the turn yet
    together._queue.append(ahead)
    behind = Thread(target=lambda: got.update({2: together.do(2)}))
    behind.start()
    while len(together._queue) < 2:
        pass
    desk.go_on.set()
    for thread in (first, behind):
        thread.join(10)
    assert got == {1: 1, 2: 4}
    assert str(ahead.failure) == "the database is away"


def test_many_threads_all_get_their_own_answer() -> None:
    """Four hundred calls from forty threads."""
    together: GroupCommit[int, int] = GroupCommit(lambda items: [item + 1 for item in items])
    start, wrong = Barrier(40), []

    def several(base: int) -> None:
        start.wait(10)
        wrong.extend(item for item in range(base, base + 10) if together.do(item) != item + 1)

    threads = [Thread(target=several, args=(base,)) for base in range(0, 400, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert wrong == []
    assert not any(thread.is_alive() for thread in threads)


def test_an_empty_answer_is_no_answer() -> None:
    """A work function that forgets an item is detected."""
    together: GroupCommit[int, int] = GroupCommit(lambda items: [])
    with pytest.raises(ValueError, match="shorter"):
        together.do(1)


def test_nobody_waits_for_ever_where_the_work_fails_in_the_middle_of_its_second_try() -> None:
    """One item cannot be stored, and while the items are retried one by one the database goes away: all get an
    answer.
    """
    desk = Desk()
    got = ask(GroupCommit(desk.work), desk, 1, [2, 13, 99, 5])
    assert set(got) == {1, 2, 13, 99, 5}
    assert (got[1], got[99]) == (1, "the database is away")
    assert got[13] in ("thirteen", "the database is away")  # by who asked first
    assert got[5] in (25, "the database is away")


def test_one_thread_may_bring_several() -> None:
    """They share a call with what waits already; one that cannot be stored fails alone, and nothing is raised."""
    desk = Desk()
    desk.go_on.set()
    together = GroupCommit(desk.work, most=4)
    outcomes = together.do_all([1, 2, 13, 4, 5, 6])
    assert [str(one) if isinstance(one, IntegrityError) else one for one in outcomes] == [1, 4, "thirteen", 16, 25, 36]
    assert desk.calls == [[1, 2, 13, 4], [1], [2], [13], [4], [5, 6]]
    away = together.do_all([7, 99])
    assert [type(one) for one in away] == [OperationalError, OperationalError]
    assert together.do_all([8]) == [64]
    assert together.do_all([]) == []


def test_work_that_answers_too_few_fails_all_and_ends() -> None:
    """Nobody waits for an answer that does not come."""
    found = GroupCommit[int, int](lambda items: list(items)[:-1]).do_all([1, 2])
    assert [type(one) for one in found] == [ValueError, ValueError]
