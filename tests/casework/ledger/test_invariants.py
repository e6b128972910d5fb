"""Invariants are counted each night; each way of breaking one is found and shown."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from tests.factories import World, in_review, report, resolved_closure

from jaga.adoption.verbs import adopt_first_release
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.cases.reads.history import counted_invariants
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.terms.outside import Invariant
from jaga.figures.reads.health import condition
from jaga.policy.local_time import today
from jaga.policy.release import release_files
from jaga.privacy.models import RetentionDue
from jaga.proofs.verbs import verification as invariants
from jaga.proofs.verbs.verification import BrokenInvariant, check_daily, find_broken

pytestmark = pytest.mark.django_db
GROUNDS, OUTCOME = Invariant.DECISION_HAS_ITS_GROUNDS, Invariant.CLOSED_CASE_HAS_ITS_OUTCOME
PERIOD, IN_CASE = Invariant.NOTHING_IS_PAST_ITS_PERIOD, Invariant.REPORT_IS_IN_A_CASE


def _past_jaga(table: str, change: str) -> Callable[[int], None]:
    def carried_out(case: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE records_{table} DISABLE TRIGGER USER")
            cursor.execute(change, {"case": case})
            cursor.execute(f"ALTER TABLE records_{table} ENABLE TRIGGER USER")

    return carried_out


def _overdue(case: int) -> None:
    RetentionDue.objects.create(case_id=case, look_on=today(), due_on=today() - timedelta(days=4))


_OF = "(SELECT id FROM records_decision WHERE case_id = %(case)s)"
_ACTION = f"(SELECT id FROM records_action WHERE decision_id IN {_OF})"
BREAKS = {
    "no release": (
        GROUNDS,
        _past_jaga("decision", "UPDATE records_decision SET policy_hash = repeat('0', 64) WHERE case_id = %(case)s"),
    ),
    "no law": (
        GROUNDS,
        _past_jaga("decision", "UPDATE records_decision SET legal_basis = '' WHERE case_id = %(case)s"),
    ),
    "no statement": (GROUNDS, _past_jaga("statement", f"DELETE FROM records_statement WHERE decision_id IN {_OF}")),
    "not seen": (OUTCOME, _past_jaga("verification", f"DELETE FROM records_verification WHERE action_id IN {_ACTION}")),
    "still open": (
        OUTCOME,
        _past_jaga("action", f"UPDATE records_action SET state = 'stuck', finished_at = NULL WHERE id IN {_ACTION}"),
    ),
    "kept too long": (PERIOD, _overdue),
}


@pytest.fixture(autouse=True)
def _stored_release(world: World) -> None:
    """As the first start of an installation does."""
    adopt_first_release(release_files(), actor=CLI)


@pytest.mark.parametrize("name", BREAKS)
def test_each_way_of_breaking_one_is_found(name: str, world: World) -> None:
    """With the number of cases and the first of them. A case in work breaks none."""
    invariant, breaks = BREAKS[name]
    in_review(account="@lain:localhost")
    case = resolved_closure(world)
    assert find_broken() == ()
    breaks(case)
    assert find_broken() == (BrokenInvariant(invariant, 1, case),)


def test_a_report_that_lies_about_is_found_after_an_hour() -> None:
    """Until then it waits for the worker."""
    number = report().report_id
    Report.objects.filter(pk=number).update(case=None, filed_at=None)
    assert find_broken() == ()
    with frozen(now() + timedelta(minutes=invariants.UNFILED_MINUTES + 1)):
        assert find_broken() == (BrokenInvariant(IN_CASE, 1, number),)


def test_the_count_is_kept_once_a_day_and_health_names_what_is_broken(world: World) -> None:
    """Fixed, the next night's count ends the alarm."""
    case = resolved_closure(world)
    law = Decision.objects.filter(case=case).values_list("legal_basis", flat=True)[0]
    assert counted_invariants() == ()
    BREAKS["no law"][1](case)
    assert check_daily() == 1
    assert check_daily() == 0
    assert {one.invariant: (one.broken, one.first) for one in counted_invariants()} == {
        **dict.fromkeys(Invariant, (0, 0)),
        GROUNDS: (1, case),
    }
    assert condition().broken_invariants == (GROUNDS,)
    _past_jaga("decision", f"UPDATE records_decision SET legal_basis = '{law}' WHERE case_id = %(case)s")(case)
    with frozen(now() + timedelta(days=1)):
        assert check_daily() == 0
        assert condition().broken_invariants == ()
