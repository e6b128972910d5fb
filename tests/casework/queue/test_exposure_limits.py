"""Exposure is measured fairly and limited, and urgent cases still reach somebody."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.factories import World, in_review, vote

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import NotPermitted
from jaga.core.terms.cases import AccessKind, DecisionKind, Severity
from jaga.policy.release import load_release
from jaga.quality.models import Exposure
from jaga.queue.reads.queue import next_in_queue
from jaga.queue.reads.routing import exposure_of, list_loads
from jaga.queue.verbs.leases import (
    BEAT,
    LONGEST,
    BudgetSpent,
    LeaseTaken,
    RotationDue,
    beat,
    count_exposure,
    leave_case,
    release_lease,
    require_room,
    take_lease,
)
from jaga.store.reads import log_access

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
RULES = load_release().wellness


@contextmanager
def at(minutes: float) -> Iterator[datetime]:
    with frozen(START + timedelta(minutes=minutes)):
        yield now()


def case_of(severity: Severity, account: str = "@mawar:localhost", **changes: object) -> Case:
    number = in_review(account=account)
    Case.objects.filter(pk=number).update(severity=severity, **changes)
    return Case.objects.get(pk=number)


def seconds(actor: Actor) -> int:
    return sum(Exposure.objects.filter(person_id=actor.person_id).values_list("seconds", flat=True))


def saw(actor: Actor, minutes: int, severity: Severity = Severity.HIGH) -> None:
    """The person had a case of this severity open until now."""
    case = Case.objects.first()
    assert case is not None
    Exposure.objects.create(
        person_id=actor.person_id,
        case=case,
        severity=severity,
        seconds=minutes * 60,
        at=now() - timedelta(minutes=1),
        ended_at=now(),
    )


def test_without_a_script_the_time_until_the_next_page_counts(world: World) -> None:
    """At most ten minutes: after that the reader has certainly left."""
    reviewer = world.reviewers[0]
    with at(0):
        case = case_of(Severity.HIGH)
        count_exposure(case, actor=reviewer)
    with at(4):
        leave_case(actor=reviewer)
    assert seconds(reviewer) == 240
    with at(10):
        count_exposure(case, actor=reviewer)
    with at(100):
        count_exposure(case, actor=reviewer)
    assert seconds(reviewer) == 240 + LONGEST.total_seconds()
    with at(101):
        leave_case(actor=reviewer)
        leave_case(actor=reviewer)
    assert seconds(reviewer) == 240 + LONGEST.total_seconds() + 60


def test_beats_count_what_was_visible(world: World) -> None:
    """A page in the background sends no heartbeats, so an hour there counts for nothing."""
    reviewer = world.reviewers[0]
    with at(0):
        case = case_of(Severity.HIGH)
        count_exposure(case, actor=reviewer)
    for half in (1, 2, 3):
        with at(half / 2):
            beat(case, actor=reviewer)
    with at(60):
        leave_case(actor=reviewer)
    assert seconds(reviewer) == 90 + BEAT.total_seconds()


def test_a_flood_of_beats_counts_no_more_than_the_time(world: World) -> None:
    """Also from two windows that alternate."""
    reviewer = world.reviewers[0]
    with at(0):
        one, two = case_of(Severity.HIGH), case_of(Severity.HIGH, "@melati:localhost")
        count_exposure(one, actor=reviewer)
    for second in range(1, 61):
        with at(second / 60):
            beat(one if second % 2 else two, actor=reviewer)
    assert 0 < seconds(reviewer) <= 60


def test_a_beat_opens_again_what_another_page_has_ended(world: World) -> None:
    """The queue in a second window does not stop the counting of a visible case."""
    reviewer = world.reviewers[0]
    with at(0):
        case = case_of(Severity.HIGH)
        count_exposure(case, actor=reviewer)
    with at(1):
        leave_case(actor=reviewer)
    with at(1.25):
        beat(case, actor=reviewer)
    with at(1.75):
        beat(case, actor=reviewer)
    assert seconds(reviewer) == 60 + 15 + 30


def test_one_is_open_for_each_person(world: World) -> None:
    """The database refuses a second open one, so that minutes are not counted twice."""
    case = case_of(Severity.HIGH)
    count_exposure(case, actor=world.reviewers[0])
    count_exposure(case, actor=world.reviewers[1])
    with pytest.raises(IntegrityError, match="records_one_open_exposure"), transaction.atomic():
        Exposure.objects.create(person_id=world.reviewers[0].person_id, case=case, at=now())


def test_officers_have_no_exposure_to_note(world: World) -> None:
    """Only people who decide cases open them."""
    case = case_of(Severity.HIGH)
    with pytest.raises(NotPermitted):
        count_exposure(case, actor=world.officer)
    with pytest.raises(NotPermitted):
        exposure_of(world.officer)
    leave_case(actor=world.officer)
    assert not Exposure.objects.exists()


def test_light_material_spends_nothing_and_worse_material_more(world: World) -> None:
    """By the weights of the policy."""
    case_of(Severity.LOW)
    for reviewer, severity in zip(world.reviewers, (Severity.LOW, Severity.HIGH, Severity.CRITICAL), strict=True):
        saw(reviewer, 20, severity)
    seen = [exposure_of(reviewer).minutes for reviewer in world.reviewers]
    assert seen == [round(20 * RULES.weights.of(one)) for one in (Severity.LOW, Severity.HIGH, Severity.CRITICAL)]
    assert seen == sorted(seen)


def test_a_spent_budget_leaves_severe_cases_to_others_and_lighter_ones_open(world: World) -> None:
    """Held cases are not taken away, and after the shift everything is as before."""
    reviewer = world.reviewers[0]
    with at(0):
        held, severe = case_of(Severity.HIGH), case_of(Severity.HIGH, "@melati:localhost")
        light = case_of(Severity.MODERATE, "@kenanga:localhost")
        take_lease(held.pk, actor=reviewer)
        saw(reviewer, RULES.budget_minutes)
        assert exposure_of(reviewer).spent
        take_lease(held.pk, actor=reviewer)  # prolonged
        with pytest.raises(BudgetSpent):
            take_lease(severe.pk, actor=reviewer)
        assert next_in_queue(but=held.pk, actor=reviewer) == light.pk
        take_lease(light.pk, actor=reviewer)
        take_lease(severe.pk, actor=world.reviewers[1])
        with pytest.raises(LeaseTaken):  # whose it is comes before whether it may be taken
            take_lease(severe.pk, actor=reviewer)
        release_lease(severe.pk, actor=world.reviewers[1])
    with at(RULES.shift_hours * 60 + 1):
        take_lease(severe.pk, actor=reviewer)


def test_a_rotation_is_due_for_a_while_and_says_until_when(world: World) -> None:
    """At the time that the refusal names, it is over."""
    reviewer = world.reviewers[0]
    with at(0):
        severe = case_of(Severity.CRITICAL)
        saw(reviewer, RULES.rotation.after_minutes)
        with pytest.raises(RotationDue) as refused:
            take_lease(severe.pk, actor=reviewer)
    until = refused.value.params["until"]
    assert isinstance(until, datetime)
    with frozen(until - timedelta(seconds=1)), pytest.raises(RotationDue):
        require_room(severe, actor=reviewer)
    with frozen(until):
        take_lease(severe.pk, actor=reviewer)


def test_an_urgent_victim_first_case_is_never_left_lying_where_nobody_else_has_room(world: World) -> None:
    """A colleague at work with room takes it; if there is none, it can be taken nevertheless."""
    reviewer, colleague, third = world.reviewers
    urgent = case_of(Severity.CRITICAL, victim_first=True, victim_state="proposed", urgent=True)
    saw(reviewer, RULES.budget_minutes)
    require_room(urgent, actor=reviewer)  # nobody else is at work
    log_access(urgent, AccessKind.CASE, actor=colleague)
    with pytest.raises(BudgetSpent):
        require_room(urgent, actor=reviewer)
    saw(colleague, RULES.budget_minutes)
    require_room(urgent, actor=reviewer)
    log_access(urgent, AccessKind.CASE, actor=third)
    with pytest.raises(BudgetSpent):
        require_room(urgent, actor=reviewer)


def test_a_colleague_who_voted_is_no_one_else(world: World) -> None:
    """They cannot take it a second time."""
    reviewer, colleague, _ = world.reviewers
    urgent = case_of(Severity.CRITICAL, victim_first=True, victim_state="proposed", urgent=True)
    vote(urgent.pk, DecisionKind.DISMISS, colleague)
    log_access(urgent, AccessKind.CASE, actor=colleague)
    saw(reviewer, RULES.budget_minutes)
    require_room(Case.objects.get(pk=urgent.pk), actor=reviewer)


def test_supervisors_see_minutes_and_nobody_else_does(world: World) -> None:
    """The highest load first; accesses show who is at work."""
    case = case_of(Severity.HIGH)
    saw(world.reviewers[1], 30)
    log_access(case, AccessKind.CASE, actor=world.reviewers[1])
    loads = list_loads(actor=world.supervisor)
    assert (loads[0].name, loads[0].exposure.minutes, loads[0].at_work) == ("Bayu", 30, True)
    assert [load.name for load in loads if load.at_work] == ["Bayu"]
    with pytest.raises(NotPermitted):
        list_loads(actor=world.reviewers[0])
