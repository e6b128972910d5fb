"""Trusted flaggers: priority in their field while valid and not suspended; and the outcomes of their reports."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.factories import CALLED, CATEGORY, World, carry_through, new_report, resolved_closure, vote

from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.people.models import FlaggerSuspension, Person
from jaga.people.reads.trusted_flaggers import TrackRecord, list_flaggers, list_flags, public_flaggers
from jaga.people.verbs import officers, trusted_flaggers
from jaga.people.verbs.officers import NewOfficer
from jaga.people.verbs.people import actor_for, create_organisation
from jaga.people.verbs.trusted_flaggers import FlaggerFacts
from jaga.policy.local_time import today
from jaga.reporting.verbs import intake
from jaga.screening.engine.priority import rank
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code


def facts() -> FlaggerFacts:
    """Valid for thirty days before and after the test's day: a run may cross midnight in Jakarta."""
    return FlaggerFacts((CATEGORY,), "Koordinator Contoh", today() - timedelta(days=30), today() + timedelta(days=30))


@pytest.fixture
def flagger(world: World) -> Actor:
    """A person of a described trusted flagger."""
    made = create_organisation("Pelapor Contoh", OrganisationKind.FLAGGER, practice=True, actor=CLI)
    trusted_flaggers.describe_flagger(made.pk, facts(), actor=CLI)
    person = officers.invite(NewOfficer(made.pk, "lia", "Lia"), CALLED, actor=CLI).person_id
    return actor_for(Person.objects.get(pk=person))


def flag(flagger: Actor, account: str = "@mawar:localhost", category: str = CATEGORY) -> Case:
    """A report of theirs, triaged."""
    new = replace(
        new_report(account=account, category=category),
        source=f"organisation:{flagger.organisation_id}",
        channel=Channel.FLAGGER,
        organisation_id=flagger.organisation_id,
        officer_id=flagger.person_id,
    )
    case_id = intake.file_report(new, actor=flagger).case_id
    triage.triage_case(case_id, actor=SYSTEM)
    return Case.objects.get(pk=case_id)


def organisation_of(actor: Actor) -> int:
    return actor.organisation_id or 0


def gained(case: Case) -> timedelta:
    """How much earlier the case is ranked than without a flagger."""
    return rank(case.due_at, case.severity, case.sources_count, case.score) - case.rank_at


def test_a_report_in_its_field_stands_a_little_earlier(flagger: Actor) -> None:
    """Three and a half hours, however many reports; in other fields like anybody's."""
    first = flag(flagger)
    assert first.flagged
    assert timedelta(hours=3) < gained(first) < timedelta(hours=4)
    again = flag(flagger)
    assert (again.pk, gained(again)) == (first.pk, gained(first))
    other = flag(flagger, "@slot:localhost", "gambling")
    assert (other.flagged, gained(other)) == (False, timedelta())


def test_suspended_it_is_heard_like_anybody(world: World, flagger: Actor) -> None:
    """Nothing is refused; earlier reports keep their place, and later ones get it again."""
    number, before = organisation_of(flagger), flag(flagger)
    trusted_flaggers.suspend_flagger(number, "Tiga laporan palsu.", actor=world.supervisor)
    during = flag(flagger, "@kenanga:localhost")
    assert gained(during) == timedelta()
    triage.triage_case(before.pk, actor=SYSTEM)
    assert Case.objects.get(pk=before.pk).flagged
    with pytest.raises(trusted_flaggers.SuspendedAlready):
        trusted_flaggers.suspend_flagger(number, "Lagi.", actor=world.supervisor)
    trusted_flaggers.end_flagger_suspension(number, "Sudah dijelaskan.", actor=world.supervisor)
    assert flag(flagger, "@melati:localhost").flagged
    triage.triage_case(during.pk, actor=SYSTEM)
    assert not Case.objects.get(pk=during.pk).flagged
    with pytest.raises(NotFound):
        trusted_flaggers.end_flagger_suspension(number, "Lagi.", actor=world.supervisor)


def test_before_and_after_its_time_it_is_heard_like_anybody(flagger: Actor) -> None:
    """Its validity period limits the effect."""
    for days in (-31, 31):
        with frozen(now() + timedelta(days=days)):
            assert not flag(flagger, f"@hari{days + 40}:localhost").flagged


def test_what_is_suspended_says_why_and_is_kept(world: World, flagger: Actor) -> None:
    """By a supervisor or an administrator, never without a reason; the row is not rewritten."""
    number = organisation_of(flagger)
    for actor in (world.reviewers[0], flagger, world.officer):
        with pytest.raises(NotPermitted):
            trusted_flaggers.suspend_flagger(number, "Karena.", actor=actor)
    for why in ("", " ", "a\x00b"):
        with pytest.raises(InvalidInput):
            trusted_flaggers.suspend_flagger(number, why, actor=CLI)
    with pytest.raises(NotFound):
        trusted_flaggers.suspend_flagger(world.officer.organisation_id or 0, "Bukan pelapor.", actor=CLI)
    trusted_flaggers.suspend_flagger(number, "Tiga laporan palsu.", actor=CLI)
    with pytest.raises(IntegrityError, match="kept as it was"), transaction.atomic():
        FlaggerSuspension.objects.update(why="Tidak ada apa-apa.")
    with pytest.raises(IntegrityError, match="kept as it was"), transaction.atomic():
        FlaggerSuspension.objects.all().delete()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expertise": ()}, "expertise"),
        ({"expertise": ("cuaca",)}, "expertise"),
        ({"awarded_by": " "}, "awarded_by"),
        ({"awarded_on": None}, "awarded_on"),
        ({"valid_until": None}, "valid_until"),
        ({"valid_until": today() - timedelta(days=60)}, "valid_until"),
        ({"website": "pelapor"}, "website"),
        ({"website": "https://contoh.example/" + "a" * 300}, "website"),
    ],
)
def test_a_description_is_refused_field_by_field(flagger: Actor, changes: dict[str, object], field: str) -> None:
    """The earlier description is kept."""
    with pytest.raises(InvalidInput) as refused:
        trusted_flaggers.describe_flagger(organisation_of(flagger), replace(facts(), **changes), actor=CLI)  # type: ignore[arg-type]
    assert [error.field for error in refused.value.errors] == [field]
    assert public_flaggers()[0].expertise == (CATEGORY,)


def test_the_track_record_counts_what_became_of_each_report(world: World, flagger: Actor) -> None:
    """Closed, dismissed, overturned and open; somebody else's reports do not count, and its own people see theirs."""
    closed = flag(flagger, "@tutup:localhost")
    for reviewer in world.reviewers[:2]:
        vote(closed.pk, DecisionKind.CLOSE, reviewer)
    carry_through(closed.pk)
    vote(flag(flagger, "@sepeda:localhost").pk, DecisionKind.DISMISS, world.reviewers[0])
    flag(flagger, "@menunggu:localhost")
    resolved_closure(world, account="@lain:localhost")
    number = organisation_of(flagger)

    def record() -> TrackRecord:
        (one,) = [one for one in public_flaggers() if one.organisation_id == number]
        return one.record

    assert record() == TrackRecord(filed=3, acted_on=1, dismissed=1, overturned=0)
    assert record().open == 1
    decision = Decision.objects.get(case=closed)
    appeal = appeals.file_appeal(appeal_code(decision.pk), "Itu bukan saya.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun orang lain.", actor=world.supervisor)
    assert record() == TrackRecord(filed=3, acted_on=1, dismissed=1, overturned=1)
    seen = {one.account: one.decision for one in list_flags(actor=flagger)}
    assert seen["@sepeda:localhost"] is DecisionKind.DISMISS
    assert seen["@menunggu:localhost"] is None
    assert "@lain:localhost" not in seen
    with pytest.raises(NotPermitted):
        list_flags(actor=world.supervisor)
    with pytest.raises(NotPermitted):
        list_flaggers(actor=flagger)
