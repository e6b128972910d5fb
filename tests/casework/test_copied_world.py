"""What a test makes first in its world is copied by its rows: the same rows, and never where they could be others."""

from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from tests import copied_world
from tests.casework.operator_world import asked, make_operator
from tests.factories import World, decided_closure, in_review, make_world, rows

from jaga.cases.models.cases import Case
from jaga.core.cases import CaseState
from jaga.people.models import Organisation

COPIED = 20
"""Statements that a copied case takes at most; to make one takes over a hundred."""


def made(what: Callable[[World], int]) -> tuple[dict[str, str], int]:
    """The digest of all rows after `what` in a world of its own, and how many statements `what` took."""
    point = transaction.savepoint()
    try:
        world = make_world()
        with CaptureQueriesContext(connection) as counted:
            what(world)
        return rows(), len(counted)
    finally:
        transaction.savepoint_rollback(point)


def two_cases(world: World) -> int:
    in_review(account="@lain:localhost")
    return decided_closure(world)


def sent_notice(world: World) -> int:
    return asked(world, make_operator(), received=True).pk


@pytest.mark.parametrize("what", [decided_closure, two_cases, sent_notice])
def test_the_rows_of_a_copied_case_are_those_that_were_made(db: None, what: Callable[[World], int]) -> None:
    """The second world and its case are copied from the first."""
    made(what)  # which may load the engine, or wait until it is compiled
    copied_world._worlds.clear()
    (kept, many), (copied, few) = made(what), made(what)
    assert many > 5 * COPIED
    assert few <= 2 * COPIED
    assert copied == kept


def test_it_is_made_anew_where_anything_else_was_written(db: None) -> None:
    """Also by a single row past all verbs."""

    def beside(world: World) -> int:
        Organisation.objects.filter(name="Polisi Contoh").update(name="Polisi Lain")
        return decided_closure(world)

    assert min(made(beside)[1] for _ in range(3)) > 5 * COPIED


def test_it_is_made_anew_where_the_test_replaces_something(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is: a copied case would not know of it."""
    monkeypatch.setattr("jaga.core.clock.NOBODY_READS_THIS", 1, raising=False)
    assert min(made(decided_closure)[1] for _ in range(3)) > 5 * COPIED


def test_a_copied_case_goes_on_like_any_other(db: None) -> None:
    """The next verbs find its rows, jobs and notes."""
    for _ in range(3):
        point = transaction.savepoint()
        case = Case.objects.get(pk=decided_closure(make_world()))
        assert case.state == CaseState.ACTING
        transaction.savepoint_rollback(point)
