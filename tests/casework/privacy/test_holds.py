"""Legal holds: nobody holds a case alone, and nobody ends a hold before somebody else can object."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.casework.privacy.conftest import DAY, at, days_later, deleted, sweep_all
from tests.factories import World, in_review, vote

from jaga.cases.models.cases import Case
from jaga.core.actors import CLI, Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Clearance, Role
from jaga.core.terms.privacy import DataKind
from jaga.people.models import Person
from jaga.people.verbs import people
from jaga.policy import limits
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.privacy.models import LegalHold, RetentionErasure
from jaga.privacy.verbs import holds
from jaga.store.models import LedgerEntry


@pytest.fixture
def closed(world: World) -> int:
    case_id = in_review()
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    sweep_all()
    return case_id


def other(world: World, name: str = "ratna", role: Role = Role.SUPERVISOR) -> Actor:
    operator = Person.objects.get(pk=world.supervisor.person_id).organisation_id
    return people.actor_for(people.create_person(people.NewPerson(name, name.title(), operator, (role,)), actor=CLI))


def new(case_id: int, owner: str = "wulan") -> holds.NewHold:
    return holds.NewHold(case_id, owner, "Diminta pengadilan, surat 7/2026.", today() + 30 * DAY)


def test_nobody_holds_a_case_alone_by_asking_again(world: World, closed: int) -> None:
    """Neither while the first waits, nor after it lapsed or was refused; another person can, and is confirmed by the
    first. The database refuses it, too.
    """
    second = other(world)
    first = holds.ask_hold(new(closed), actor=world.supervisor)
    with pytest.raises(holds.HoldAlreadyRequested):
        holds.ask_hold(new(closed), actor=world.supervisor)
    with days_later(4000):  # lapsed
        with pytest.raises(holds.HoldAlreadyRequested):
            holds.ask_hold(new(closed), actor=world.supervisor)
        with pytest.raises(IntegrityError), transaction.atomic():
            LegalHold.objects.create(
                case_id=closed,
                owner_id=first.owner_id,
                reason="Lagi.",
                asked_by_id=first.asked_by_id,
                asked_at=now(),
                confirm_until=now() + DAY,
                ends_at=now() + 2 * DAY,
            )
        row = holds.ask_hold(new(closed), actor=second)
        holds.confirm_hold(row.pk, actor=world.supervisor)
        holds.ask_hold(new(closed), actor=second)  # its own was confirmed
        sweep_all()
        assert deleted(closed) == set()


def test_a_hold_that_one_person_ends_keeps_for_a_day(world: World, closed: int) -> None:
    """So that a second one can object; also one that is refused. The database keeps it so."""
    second = other(world)
    with days_later(4000):
        row = holds.ask_hold(new(closed), actor=world.supervisor)
        holds.confirm_hold(row.pk, actor=second)
        holds.end_hold(row.pk, "Pengadilan tidak memerlukannya.", actor=second)
        ended = now()
        sweep_all()
        assert deleted(closed) == set()
    entry = LedgerEntry.objects.latest("pk")
    kept = timedelta(hours=limits.HOLD_ENDED_HOURS)
    with at(ended + kept - timedelta(minutes=1)):
        sweep_all()
        assert deleted(closed) == set()
        with pytest.raises(IntegrityError, match="under a legal hold"), transaction.atomic():
            RetentionErasure.objects.create(
                case_id=closed,
                kind=DataKind.REPORT_TEXTS,
                rule="texts",
                at=now(),
                policy_hash=load_release().hash,
                due_on=today(),
                entry=entry,
            )
    with at(ended + kept + DAY):
        sweep_all()
        assert deleted(closed)


def test_only_who_can_see_the_case_answers_for_a_hold(world: World, closed: int) -> None:
    """Nobody of another organisation, no administrator, nobody without the clearance, nobody who has left."""
    asks = other(world, "agus", Role.ADMINISTRATOR)
    auditor = other(world, "tuti", Role.AUDITOR)
    left = other(world, "rudi", Role.AUDITOR)
    Person.objects.filter(pk=left.person_id).update(is_active=False)
    officer = Person.objects.get(pk=world.officer.person_id)
    for name in ("agus", "rudi", officer.username):
        with pytest.raises(InvalidInput) as refused:
            holds.ask_hold(new(closed, name), actor=asks)
        assert [one.field for one in refused.value.errors] == ["owner"], name
    Case.objects.filter(pk=closed).update(clearance=Clearance.CHILD_SAFETY)
    with pytest.raises(InvalidInput):
        holds.ask_hold(new(closed, "tuti"), actor=world.supervisor)
    Case.objects.filter(pk=closed).update(clearance="")
    assert holds.ask_hold(new(closed, "tuti"), actor=asks).owner_id == auditor.person_id
