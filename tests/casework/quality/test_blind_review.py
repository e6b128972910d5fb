"""Blind review: what is sampled, who may review, that it changes nothing, and what is measured."""

from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction
from tests.factories import World, in_review, resolved_closure, vote

from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.reads.case_view import JudgedBlind
from jaga.cases.reads.gate import access_case, access_case_history
from jaga.core.actors import HOLDER, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import MeasuredBy
from jaga.core.terms.people import Clearance
from jaga.decisions.verbs import consequences as sampling
from jaga.policy.release import load_release
from jaga.quality.models import BlindReview, GoldenCase, Measured, Tally
from jaga.quality.reads.blind_review import access_task, agreements, list_differences, list_golden, people_not_named
from jaga.quality.verbs import blind_review
from jaga.quality.verbs import blind_review as agreement
from jaga.quality.verbs.blind_review import BlindJudgement
from jaga.queue.models import PersonClearance
from jaga.queue.reads.search import search_cases
from jaga.queue.verbs.search_terms import read_query
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

DISMISS, CLOSE, RESTRICT = DecisionKind.DISMISS, DecisionKind.CLOSE, DecisionKind.RESTRICT


@pytest.fixture(autouse=True)
def _every_case_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sample every case; otherwise chance would decide these tests, since each installation has a new key."""
    monkeypatch.setattr(sampling, "lot", lambda material: 0.0)
    monkeypatch.setattr(blind_review, "lot", lambda material: 0.99)


def dismissed(world: World, **changes: object) -> int:
    """A case that the first reviewer dismissed."""
    case_id = in_review(**changes)
    vote(case_id, DISMISS, world.reviewers[0])
    return case_id


def judge(actor: Actor, kind: DecisionKind, reasons: str = "Menurut saya begitu.") -> BlindReview:
    """The person takes the next case and reviews it."""
    taken = blind_review.take_next(actor=actor)
    assert taken is not None
    blind_review.record_blind_review(taken, BlindJudgement(kind, reasons), actor=actor)
    return BlindReview.objects.get(pk=taken)


def test_a_dismissal_and_a_decision_are_drawn_when_they_are_made(world: World) -> None:
    """In the decision's transaction; a case that still waits for people is not sampled."""
    waiting = in_review(account="@antre:localhost")
    drawn = {dismissed(world), resolved_closure(world, account="@tutup:localhost")}
    assert set(BlindReview.objects.values_list("case_id", flat=True)) == drawn
    assert waiting not in drawn


def test_the_sample_is_a_share_that_the_key_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number alone does not decide; the result is always the same, so somebody with the key can verify it."""
    monkeypatch.undo()
    release = load_release()
    half = replace(release, quality=replace(release.quality, share_dismissals=0.5))
    drawn = [sampling.is_drawn(number, DISMISS, half) for number in range(2000)]
    assert drawn == [sampling.is_drawn(number, DISMISS, half) for number in range(2000)]
    assert 800 < sum(drawn) < 1200
    few = [sampling.is_drawn(number, CLOSE, half) for number in range(2000)]
    assert 0 < sum(few) < sum(drawn)
    assert all(more for more, less in zip(drawn, few, strict=True) if less)


def test_nobody_judges_again_what_they_voted_on(world: World) -> None:
    """Others get it; the voter has nothing to review."""
    dismissed(world)
    assert blind_review.take_next(actor=world.reviewers[0]) is None
    assert blind_review.take_next(actor=world.reviewers[1]) is not None


def test_whoever_judges_again_cannot_open_the_case_meanwhile(world: World) -> None:
    """Nor its history or its outcome in a search; after the answer it is open again."""
    case_id, actor = dismissed(world), world.reviewers[1]
    taken = blind_review.take_next(actor=actor)
    assert taken is not None
    for gate in (access_case, access_case_history):
        with pytest.raises(JudgedBlind):
            gate(case_id, actor=actor)
        gate(case_id, actor=world.reviewers[2])
    found = search_cases(read_query(f"K{case_id:06d}", UTC), actor=actor)
    assert [(row.case_id, row.outcome) for row in found.rows] == [(case_id, None)]
    blind_review.record_blind_review(taken, BlindJudgement(DISMISS, "Tidak ada apa-apa."), actor=actor)
    access_case(case_id, actor=actor)


def test_whoever_opened_the_case_since_is_not_given_it(world: World) -> None:
    """They know what was decided. And a review kept for a day is given to somebody else."""
    case_id = dismissed(world)
    access_case(case_id, actor=world.reviewers[1])
    assert blind_review.take_next(actor=world.reviewers[1]) is None
    taken = blind_review.take_next(actor=world.reviewers[2])
    assert taken is not None
    with frozen(now() + timedelta(hours=25)):
        access_case(case_id, actor=world.reviewers[2])
        for late in (
            lambda: access_task(taken, actor=world.reviewers[2]),
            lambda: blind_review.record_blind_review(taken, BlindJudgement(DISMISS, ""), actor=world.reviewers[2]),
        ):
            with pytest.raises(NotFound):
                late()


def test_nor_may_the_database_be_told_so(world: World) -> None:
    """The trigger refuses it, whatever code writes."""
    row = BlindReview.objects.get(case_id=dismissed(world))
    row.person_id, row.taken_at = world.reviewers[0].person_id, now()
    with pytest.raises((IntegrityError, InternalError), match="had no vote"), transaction.atomic():
        row.save()


def test_whoever_decided_the_appeal_does_not_judge_again(world: World) -> None:
    """They have judged it already."""
    case_id = resolved_closure(world)
    appeal = appeals.file_appeal(appeal_code(Decision.objects.get(case_id=case_id).pk), "Itu bukan saya.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=False, reasons="Isinya jelas sekali.", actor=world.reviewers[2])
    assert blind_review.take_next(actor=world.reviewers[2]) is None
    assert blind_review.take_next(actor=world.supervisor) is not None


def test_a_judgement_changes_nothing_but_its_own_row(world: World) -> None:
    """The case, its decision and its state stay; the ledger says that it was reviewed, not how."""
    case_id = dismissed(world)
    before = Case.objects.filter(pk=case_id).values().get()
    row = judge(world.reviewers[1], RESTRICT)
    assert Case.objects.filter(pk=case_id).values().get() == before
    assert list(Decision.objects.filter(case_id=case_id).values_list("kind", flat=True)) == [DISMISS]
    assert (row.kind, row.agrees, row.person_id) == (RESTRICT, False, world.reviewers[1].person_id)
    entry = LedgerEntry.objects.get(verb="record_blind_review")
    assert set(entry.payload) == {"blind_review", "commitment"}


def test_a_case_is_judged_again_once(world: World) -> None:
    """Refused by the verb and by the database."""
    dismissed(world)
    row = judge(world.reviewers[1], DISMISS, "")
    assert row.agrees is True
    with pytest.raises(blind_review.JudgedAgain):
        blind_review.record_blind_review(row.pk, BlindJudgement(CLOSE, "Lebih dari sepuluh."), actor=world.reviewers[1])
    row.kind, row.agrees = CLOSE, False
    with pytest.raises((IntegrityError, InternalError), match="never edited"), transaction.atomic():
        row.save()
    assert blind_review.take_next(actor=world.reviewers[1]) is None


def test_what_one_holds_nobody_else_sees_or_judges(world: World) -> None:
    """A double click takes one case; others get the next; somebody else's task is not found."""
    dismissed(world)
    dismissed(world, account="@lain:localhost")
    mine = blind_review.take_next(actor=world.reviewers[1])
    theirs = blind_review.take_next(actor=world.reviewers[2])
    assert mine is not None
    assert blind_review.take_next(actor=world.reviewers[1]) == mine != theirs
    for act in (
        lambda: access_task(mine, actor=world.reviewers[2]),
        lambda: blind_review.leave(mine, actor=world.reviewers[2]),
        lambda: blind_review.record_blind_review(mine, BlindJudgement(DISMISS), actor=world.reviewers[2]),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotPermitted):
        blind_review.take_next(actor=world.officer)


def test_left_or_forgotten_it_goes_to_another(world: World) -> None:
    """A review that was left goes to the end; one kept for a day is given to the next person."""
    first, second = dismissed(world), dismissed(world, account="@lain:localhost")
    taken = blind_review.take_next(actor=world.reviewers[1])
    assert taken is not None
    blind_review.leave(taken, actor=world.reviewers[1])
    again = blind_review.take_next(actor=world.reviewers[1])
    assert [BlindReview.objects.get(pk=number).case_id for number in (taken, again)] == [first, second]
    BlindReview.objects.update(taken_at=now() - timedelta(hours=25))
    assert blind_review.take_next(actor=world.reviewers[2]) in (taken, again)


def test_a_case_behind_a_clearance_goes_to_the_cleared_alone(world: World) -> None:
    """Quality checks do not bypass the clearance."""
    case_id = dismissed(world)
    Case.objects.filter(pk=case_id).update(clearance=Clearance.CHILD_SAFETY)
    PersonClearance.objects.filter(person_id=world.reviewers[1].person_id).update(ended_at=now())
    assert blind_review.take_next(actor=world.reviewers[1]) is None
    assert blind_review.take_next(actor=world.reviewers[2]) is not None


@pytest.mark.parametrize(
    ("kind", "reasons", "field"),
    [
        (RESTRICT, "", "reasons"),
        (DecisionKind.RESTORE, "Tidak mungkin begitu.", "kind"),
        (DISMISS, "x" * 2001, "reasons"),
    ],
)
def test_an_unfit_judgement_is_refused_by_its_field(world: World, kind: DecisionKind, reasons: str, field: str) -> None:
    """The case stays assigned."""
    dismissed(world)
    taken = blind_review.take_next(actor=world.reviewers[1])
    assert taken is not None
    with pytest.raises(InvalidInput) as refused:
        blind_review.record_blind_review(taken, BlindJudgement(kind, reasons), actor=world.reviewers[1])
    assert [error.field for error in refused.value.errors] == [field]
    assert blind_review.take_next(actor=world.reviewers[1]) == taken


def test_a_golden_case_comes_among_the_others_and_is_compared_with_its_answer(world: World) -> None:
    """Not to the voter, not to the person who marked it, and not twice to anybody."""
    case_id = dismissed(world)
    BlindReview.objects.filter(case_id=case_id).update(golden=None)
    blind_review.mark_golden(case_id, CLOSE, "Tarif dan cara pesan disebut.", actor=world.supervisor)
    drawn = judge(world.reviewers[1], DISMISS, "")
    assert (drawn.golden, drawn.agrees) == (None, True)
    golden = judge(world.reviewers[2], CLOSE)
    assert golden.golden is not None
    assert golden.agrees is True
    for person in (world.reviewers[0], world.reviewers[2], world.supervisor):
        assert blind_review.take_next(actor=person) is None
    assert [(one.right, one.wrong) for one in list_golden(actor=world.supervisor)] == [(1, 0)]


def test_no_history_tells_that_a_case_is_golden(world: World) -> None:
    """The ledger entries name the mark, never the case."""
    case_id = dismissed(world)
    marked = blind_review.mark_golden(case_id, CLOSE, "Tarif dan cara pesan disebut.", actor=world.supervisor)
    blind_review.withdraw_golden(marked, actor=world.supervisor)
    entries = LedgerEntry.objects.filter(verb__in=("mark_golden", "withdraw_golden"))
    assert [(entry.case_ref, entry.payload) for entry in entries] == [(None, {"golden": marked})] * 2
    assert GoldenCase.objects.get().withdrawn_at is not None
    assert list_golden(actor=world.supervisor) == ()


def test_only_a_supervisor_marks_and_only_what_is_decided(world: World) -> None:
    """Once, with a reason, and an answer that the policy allows."""
    waiting, case_id = in_review(account="@antre:localhost"), dismissed(world)
    why = "Tarif dan cara pesan disebut."
    with pytest.raises(NotPermitted):
        blind_review.mark_golden(case_id, CLOSE, why, actor=world.reviewers[0])
    with pytest.raises(blind_review.NotDecided):
        blind_review.mark_golden(waiting, CLOSE, why, actor=world.supervisor)
    with pytest.raises(InvalidInput):
        blind_review.mark_golden(case_id, CLOSE, "", actor=world.supervisor)
    blind_review.mark_golden(case_id, CLOSE, why, actor=world.supervisor)
    with pytest.raises(blind_review.GoldenAlready):
        blind_review.mark_golden(case_id, CLOSE, why, actor=world.supervisor)


def test_a_supervisor_sees_a_difference_and_notes_what_came_of_it(world: World) -> None:
    """Never on their own judgement, and once."""
    dismissed(world)
    row = judge(world.reviewers[1], RESTRICT)
    (seen,) = list_differences(actor=world.supervisor)
    assert (seen.expected, seen.judged, seen.golden, seen.note) == (DISMISS, RESTRICT, False, "")
    with pytest.raises(NotPermitted):
        blind_review.note_difference(row.pk, "Sudah dibahas bersama.", actor=world.reviewers[2])
    with pytest.raises(InvalidInput):
        blind_review.note_difference(row.pk, "ok", actor=world.supervisor)
    blind_review.note_difference(row.pk, "Sudah dibahas bersama.", actor=world.supervisor)
    assert list_differences(actor=world.supervisor)[0].note == "Sudah dibahas bersama."
    with pytest.raises(NotFound):
        blind_review.note_difference(row.pk, "Sekali lagi dibahas.", actor=world.supervisor)


def test_agreement_is_measured_from_first_and_second_votes_and_judgements_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sealed votes and adjudicators are excluded; a reviewer sees only their own row, and nobody a row of few pairs."""
    first, second, third = world.reviewers
    resolved_closure(world)  # first and second: close, close
    differing = in_review(account="@beda:localhost")
    vote(differing, CLOSE, first)
    vote(differing, DISMISS, second)
    vote(in_review(account="@segel:localhost"), CLOSE, first)
    assert agreement.measure() > 0
    assert Measured.objects.get(dimension=MeasuredBy.ALL).units == 1  # the other two are not decided
    vote(differing, DISMISS, world.supervisor)
    agreement.measure()
    both = Measured.objects.get(dimension=MeasuredBy.ALL)
    assert (both.units, both.pairs, both.alike) == (2, 2, 1)
    assert not Measured.objects.filter(key=str(world.supervisor.person_id)).exists()
    assert [judge(third, kind).agrees for kind in (CLOSE, CLOSE)] == [True, False]
    agreement.measure()
    again = Measured.objects.get(dimension=MeasuredBy.ALL)
    assert (again.units, again.pairs, again.alike) == (2, 6, 4)
    assert not [one for one in agreements(actor=world.supervisor) if one.dimension is MeasuredBy.REVIEWER]
    assert people_not_named(actor=world.supervisor) == 3
    monkeypatch.setattr("jaga.quality.reads.blind_review.LEAST_NAMED", 1)
    seen = [one.key for one in agreements(actor=third) if one.dimension is MeasuredBy.REVIEWER]
    assert seen == [str(third.person_id)]
    known = {one.name for one in agreements(actor=world.supervisor) if one.dimension is MeasuredBy.REVIEWER}
    assert known == {"Sinta", "Bayu", "Tirta"}


def test_mistakes_are_counted_by_the_words_of_the_text(world: World) -> None:
    """A differing judgement is one found mistake; the text's words only group it, and no name is shown."""
    texts = [("cewek open BO Bandung", RESTRICT), ("pria dan wanita, Medan atau Jakarta", DISMISS), ("nego", DISMISS)]
    for number, (text, kind) in enumerate(texts):
        dismissed(world, text=text, account=f"@a{number}:localhost")
        judge(world.reviewers[1], kind)
    agreement.measure()
    rows = Tally.objects.filter(name="audit_words")
    assert dict(rows.values_list("key", "number")) == {
        "women|checked": 1,
        "women|wrong": 1,
        "several|checked": 1,
        "several|wrong": 0,
        "none|checked": 1,
        "none|wrong": 0,
    }
    rows = Tally.objects.filter(name="audit_region")
    assert dict(rows.values_list("key", "number")) == {
        "Jawa Barat|checked": 1,
        "Jawa Barat|wrong": 1,
        "several|checked": 1,
        "several|wrong": 0,
        "none|checked": 1,
        "none|wrong": 0,
    }
