"""The sweep deletes what is due, never what binds, and survives wrong clocks."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.casework.privacy.conftest import DAY, at, days_later, deleted, sweep_all, sweep_as_the_worker
from tests.factories import CATEGORY, PNG, World, resolved_closure, vote
from tests.factories import in_review as reviewed
from tests.roles import acting_as

from jaga.actions.reads import failing_periodic_tasks
from jaga.appeals.models import Appeal
from jaga.appeals.verbs import appeals
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Evidence, Report, ReporterIdentity
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import CLI, HOLDER, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.terms.cases import AppealState, DecisionKind
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import BindingReason, CaseEnding, DataKind
from jaga.people.models import Person
from jaga.people.verbs import people
from jaga.policy import limits
from jaga.policy.local_time import end_of_day_of_local_time, today
from jaga.policy.release import load_release
from jaga.privacy.models import FileToDelete, RetentionClock, RetentionDue, RetentionErasure
from jaga.privacy.reads.bindings import facts_of
from jaga.privacy.reads.retention import see_retention
from jaga.privacy.verbs import erasure as postponement
from jaga.privacy.verbs import holds, sweep
from jaga.privacy.verbs import holds as clock
from jaga.privacy.verbs import person_search as files
from jaga.privacy.verbs import side_tables as emptied
from jaga.privacy.verbs.holds import NoDoubt, confirm_clock
from jaga.store import vault
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry


def dismissed(world: World) -> int:
    """A dismissed case with an identity and a picture."""
    case_id = reviewed(name="Sari", contact="sari@example.invalid", screenshots=(Upload(PNG),))
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    return case_id


@pytest.fixture
def planned(world: World) -> int:
    """A dismissed case, on the day after the first sweep, which only plans."""
    case_id = dismissed(world)
    sweep_all()
    assert RetentionDue.objects.get(case=case_id).look_on == today() + DAY
    return case_id


def test_each_kind_goes_on_its_day(planned: int) -> None:
    """Not a day earlier; the case, its ledger entries and hashes of originals stay."""
    rules = load_release().retention
    closed = today()
    found = {
        kind: rules.rule(kind, CaseEnding.DISMISSED, CATEGORY, closed).days  # type: ignore[union-attr]
        for kind in DataKind
        if kind is not DataKind.ACCESS_LOG
    }
    for days in sorted(set(found.values())):
        for late in (0, 1):  # the day before, and the day
            with days_later(days - 1 + late):
                sweep_all()
                assert deleted(planned) == {kind for kind, period in found.items() if period < days + late}
    report = Report.objects.get(case=planned)
    assert not ReporterIdentity.objects.exists()
    assert report.contact_key is None
    assert "nego" not in report.text
    original = Evidence.objects.get(case=planned)
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal(original.sha256, original.key_owner())
    entry = LedgerEntry.objects.filter(verb="delete_expired").order_by("pk").first()
    assert entry is not None
    assert (entry.payload["cases"], entry.case_ref) == (1, None)
    assert set(entry.payload) == {"rule", "kind", "cases", "policy"}


def test_the_first_day_only_plans_and_is_a_whole_day(world: World) -> None:
    """A supervisor can look before anything is deleted, also where midnight comes a minute after the first sweep."""
    case_id = dismissed(world)
    with days_later(4000):
        first = end_of_day_of_local_time(today()) - timedelta(minutes=1)
    with at(first):
        sweep_all()
        assert deleted(case_id) == set()
        assert RetentionDue.objects.get(case=case_id).due_on is not None
    with at(first + timedelta(hours=23)):
        sweep_all()
        assert deleted(case_id) == set()
    with at(first + timedelta(hours=24)):
        sweep_all()
        assert deleted(case_id) == {kind for kind in DataKind if kind is not DataKind.ACCESS_LOG}


def test_a_measure_is_kept_while_appeal_strike_and_looks_bind(world: World) -> None:
    """And an appeal without an answer for as long as it is open."""
    case_id = resolved_closure(world)
    sweep_all()
    facts = facts_of([case_id])[case_id]
    assert facts.ending is CaseEnding.MEASURE
    assert {one.reason for one in facts.bindings} == {
        BindingReason.APPEAL_WINDOW,
        BindingReason.STRIKE,
        BindingReason.RECHECK,
    }
    appeals.file_appeal(appeal_code(Decision.objects.get(case=case_id).pk), "Akun ini bukan untuk itu.", actor=HOLDER)
    with days_later(3000):
        assert facts_of([case_id])[case_id].bindings[0].reason is BindingReason.OPEN_APPEAL
        sweep_all()
        assert deleted(case_id) == set()


def test_what_binds_is_refused_by_the_database_itself(world: World) -> None:
    """A rule or program that would delete an open case, or one under an appeal, is refused."""
    entry = LedgerEntry.objects.order_by("-pk").first()
    assert entry is not None
    closed = resolved_closure(world, account="@kenanga:localhost")
    for case_id, why in ((reviewed(), "open case"), (closed, "still needs")):
        with pytest.raises(IntegrityError, match=why), transaction.atomic():
            RetentionErasure.objects.create(
                case_id=case_id,
                kind=DataKind.REPORT_TEXTS,
                rule="texts",
                at=now() + DAY,
                policy_hash=load_release().hash,
                due_on=today(),
                entry=entry,
            )


def test_a_clock_that_jumps_stops_the_sweep_until_a_person_confirms(world: World, planned: int) -> None:
    """Also one that goes back; a reviewer cannot confirm, and without a doubt nobody can."""
    with pytest.raises(NoDoubt):
        confirm_clock(actor=world.supervisor)
    with frozen(now() + 3650 * DAY):
        sweep_all()
        assert deleted(planned) == set()
        assert RetentionClock.objects.get().doubted_at == now()
        with pytest.raises(NotPermitted):
            confirm_clock(actor=world.reviewers[0])
        confirm_clock(actor=world.supervisor)
        sweep_all()
        assert deleted(planned)
    sweep_all()
    assert RetentionClock.objects.get().doubted_at is not None
    with frozen(now() + 3650 * DAY):  # right again by itself
        sweep_all()
        assert RetentionClock.objects.get().doubted_at is None
    assert list(LedgerEntry.objects.filter(verb__contains="clock").order_by("pk").values_list("verb", flat=True)) == [
        "doubt_clock",
        "confirm_clock",
        "doubt_clock",
    ]


def test_many_small_steps_of_the_clock_are_one_large_one(
    world: World, planned: int, database_roles: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the machine runs; after a confirmation they are counted anew."""
    up = [0]
    monkeypatch.setattr(clock, "_uptime", lambda: ("boot", float(up[0])))
    RetentionClock.objects.update(anchor_boot="")
    start = now()

    def doubted(days: int, *, after: int) -> bool:
        up[0] = after
        with frozen(start + days * DAY):
            sweep.sweep_retention()
            return RetentionClock.objects.get().doubted_at is not None

    assert [doubted(days, after=60 * days) for days in (0, 3, 6, 9)] == [False, False, False, True]
    with frozen(start + 9 * DAY), acting_as("web"):
        confirm_clock(actor=world.supervisor)
    assert [doubted(days, after=600) for days in (9, 15, 17)] == [False, False, True]
    assert not doubted(17, after=2 * 86400)  # as a machine that was on for two days


def test_a_day_deletes_no_more_than_the_limit(world: World, planned: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest waits for the next day."""
    other = dismissed_again(world)
    monkeypatch.setattr(sweep, "MOST_CASES_A_NIGHT", 1)
    with days_later(4000):
        sweep_all()
        assert sorted(map(bool, map(deleted, (planned, other)))) == [False, True]
    with days_later(4001):
        sweep_all()
        assert all(map(deleted, (planned, other)))


def dismissed_again(world: World) -> int:
    case_id = reviewed(account="@melati:localhost")
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    return case_id


def test_a_hold_takes_two_people_and_keeps_everything_until_its_end(world: World, planned: int) -> None:
    """It holds while it waits; a person cannot confirm their own; ended early, the sweep goes on."""
    with days_later(3000):
        new = holds.NewHold(planned, "wulan", "Diminta pengadilan, surat 7/2026.", today() + 200 * DAY)
        row = holds.ask_hold(new, actor=world.supervisor)
        sweep_all()
        assert deleted(planned) == set()
        with pytest.raises(holds.OwnHold):
            holds.confirm_hold(row.pk, actor=world.supervisor)
        holds.confirm_hold(row.pk, actor=second_of(world))
        with pytest.raises(InvalidInput):
            holds.ask_hold(
                holds.NewHold(
                    planned, "wulan", "Diminta lagi oleh pengadilan.", today() + (limits.LONGEST_HOLD_DAYS + 1) * DAY
                ),
                actor=world.supervisor,
            )
    with days_later(3100):
        sweep_all()
        assert deleted(planned) == set()
        later = holds.ask_hold(
            holds.NewHold(planned, "wulan", "Sidang ditunda sampai tahun depan.", today() + 300 * DAY, extends=row.pk),
            actor=world.supervisor,
        )
        holds.end_hold(later.pk, "Pengadilan tidak memerlukannya lagi.", actor=world.supervisor)
        with pytest.raises(holds.HoldOver):
            holds.confirm_hold(later.pk, actor=second_of(world))
    with days_later(3220):
        sweep_all()
        assert deleted(planned)


def second_of(world: World) -> Actor:
    """Another supervisor."""
    operator = Person.objects.get(pk=world.supervisor.person_id).organisation_id
    found = Person.objects.filter(username="ratna").first() or people.create_person(
        people.NewPerson("ratna", "Ratna", operator, (Role.SUPERVISOR,)), actor=CLI
    )
    return people.actor_for(found)


def test_a_case_or_file_with_a_fault_stops_no_other(
    world: World, planned: int, database_roles: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is noted without what the database says in detail, shown to a supervisor, and tried again."""
    good, bad = dismissed_again(world), planned
    real = emptied.DELETES[DataKind.APPEAL]

    def fails(case_id: int) -> emptied.Deleted:
        if case_id == bad:
            RetentionErasure.objects.create(
                case_id=bad,
                kind="nonsense",
                rule="",
                policy_hash="secret",
                at=now(),
                due_on=today(),
                entry=LedgerEntry.objects.latest("pk"),
            )
        return real(case_id)

    def refused(*_: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with days_later(4000):
        with monkeypatch.context() as broken:
            broken.setattr(sweep, "DELETES", {**emptied.DELETES, DataKind.APPEAL: fails})
            broken.setattr(files, "_delete_original", refused)
            sweep_as_the_worker()
        kinds = {kind for kind in DataKind if kind is not DataKind.ACCESS_LOG}
        assert (deleted(good), deleted(bad)) == (kinds, kinds - {DataKind.APPEAL})
        found = see_retention(actor=world.supervisor)
        assert found.failures == 2
        assert {one.case_id for one in found.failed} == {bad}
        assert {one.reason.split()[0] for one in found.failed} == {"IntegrityError", "PermissionError"}
        assert not any("secret" in one.reason for one in found.failed)
        assert failing_periodic_tasks() == ["retention"]
    with days_later(4002):
        sweep_all()
        assert deleted(bad) == kinds
        assert see_retention(actor=world.supervisor).failures == 0
        assert not FileToDelete.objects.exists()


def test_one_person_postpones_once_and_bounded(world: World, planned: int) -> None:
    """With a reason; afterwards the case is deleted."""
    with days_later(3000):
        with pytest.raises(InvalidInput):
            postponement.postpone_deletions(planned, "Masih dibaca tim.", today() + 200 * DAY, actor=world.supervisor)
        postponement.postpone_deletions(planned, "Masih dibaca tim.", today() + 100 * DAY, actor=world.supervisor)
        with pytest.raises(postponement.PostponedBefore):
            postponement.postpone_deletions(planned, "Masih dibaca.", today() + 150 * DAY, actor=world.supervisor)
        sweep_all()
        assert deleted(planned) == set()
    with days_later(3110):
        sweep_all()
        assert deleted(planned)


def test_an_answered_appeal_loses_its_words_and_keeps_its_answer(world: World) -> None:
    """The guards of what is never edited let words be emptied only where their deletion is on record."""
    case_id = resolved_closure(world)
    sweep_all()
    filed = appeals.file_appeal(
        appeal_code(Decision.objects.get(case=case_id).pk), "Itu bukan akun saya.", actor=HOLDER
    )
    appeals.decide_appeal(filed.pk, overturn=False, reasons="Buktinya tetap sama.", actor=world.supervisor)
    with days_later(4000):
        sweep_all()
        assert DataKind.APPEAL in deleted(case_id)
    row = Appeal.objects.get()
    assert row.state == AppealState.UPHELD
    assert "akun saya" not in row.text
    assert "Buktinya" not in row.reasons
