"""Runs over many cases: made by one, checked by another, done case by case, and never a closure."""

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction
from tests.factories import FACTS, World, ballot, carry_through, in_review, report, vote

from jaga.casework import bulk, bulk_reverse, bulk_work, second_look
from jaga.casework.appeals import HadAVote
from jaga.casework.leases import take_lease
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import IllegalTransition, InvalidInput, NotPermitted
from jaga.core.terms import BulkItemState, BulkKind, BulkState, DecisionKind
from jaga.jobs.bulk import work_on_runs
from jaga.policy import load_release
from jaga.records.models import BulkItem, BulkRun, Case, CaseLabel, Decision, LedgerEntry, Measured, Vote

WHY = "Iklan yang sama, sudah dilihat satu per satu."
PLANS = {
    BulkKind.DISMISS: bulk.Plan(WHY), BulkKind.LABEL: bulk.Plan(WHY, target="Kontak Sama"),
    BulkKind.ROUTE: bulk.Plan(WHY, target="general"), BulkKind.RESTRICT: bulk.Plan(WHY, facts=FACTS, restrict_days=7),
}


def some_cases(count: int) -> list[int]:
    return [in_review(account=f"@akun{number}:localhost", text="", source=f"198.51.100.{number}")
            for number in range(count)]


def made(world: World, kind: BulkKind, cases: list[int]) -> int:
    return bulk.make_run(bulk.NewRun(kind, cases), actor=world.reviewers[0])


def approved(world: World, kind: BulkKind, cases: list[int]) -> int:
    """A run that the first reviewer made and the second let begin."""
    run, plan = made(world, kind, cases), PLANS[kind]
    if kind is BulkKind.RESTRICT:
        plan = replace(plan, legal_basis=ballot(cases[0], DecisionKind.RESTRICT).legal_basis)
    bulk.propose_run(run, plan, actor=world.reviewers[0])
    bulk.approve_run(run, actor=world.reviewers[1])
    return run


def states(run: int) -> list[BulkItemState]:
    return [BulkItemState(state) for state in
            BulkItem.objects.filter(run=run).order_by("place").values_list("state", flat=True)]


def test_a_run_stops_for_a_look_after_the_first_cases_and_then_does_the_rest(world: World) -> None:
    """Nothing happens before a second person; five come first; each case has its own vote and decision."""
    cases = some_cases(7)
    run = made(world, BulkKind.DISMISS, cases)
    assert work_on_runs() == 0
    bulk.propose_run(run, PLANS[BulkKind.DISMISS], actor=world.reviewers[0])
    assert work_on_runs() == 0
    bulk.approve_run(run, actor=world.reviewers[1])
    assert work_on_runs() == bulk_work.FIRST
    assert BulkRun.objects.get(pk=run).state == BulkState.LOOKING
    assert work_on_runs() == 0
    bulk.resume_run(run, actor=world.reviewers[1])
    assert work_on_runs() == 2
    assert BulkRun.objects.get(pk=run).state == BulkState.DONE
    assert states(run) == [BulkItemState.DONE] * 7
    assert set(Case.objects.values_list("state", flat=True)) == {CaseState.RESOLVED}
    assert Vote.objects.filter(person__username="sinta", kind="dismiss").count() == 7
    assert Decision.objects.filter(kind="dismiss", bulk_items__run=run).count() == 7
    assert LedgerEntry.objects.filter(verb="take_bulk_step").count() == 7


def test_nobody_checks_what_they_made(world: World) -> None:
    """By the verb, and by the database whoever writes the row; outsiders have no part in it at all."""
    run = made(world, BulkKind.LABEL, some_cases(1))
    bulk.propose_run(run, PLANS[BulkKind.LABEL], actor=world.reviewers[0])
    with pytest.raises(bulk.NeedsAnotherPerson):
        bulk.approve_run(run, actor=world.reviewers[0])
    for outsider in (world.officer, SYSTEM, Actor("public")):
        with pytest.raises(NotPermitted):
            bulk.approve_run(run, actor=outsider)
    with pytest.raises(IntegrityError, match="records_bulk_is_checked_by_another"), transaction.atomic():
        BulkRun.objects.filter(pk=run).update(checker_id=world.reviewers[0].person_id)
    with pytest.raises(IntegrityError, match="records_bulk_starts_after_its_check"), transaction.atomic():
        BulkRun.objects.filter(pk=run).update(state=BulkState.RUNNING)


def test_nothing_is_closed_in_bulk(world: World) -> None:
    """The term does not exist; the database refuses it as a run, and a closing decision as what a run did."""
    assert "close" not in {kind.value for kind in BulkKind}
    run = made(world, BulkKind.DISMISS, some_cases(1))
    with pytest.raises(IntegrityError, match="records_bulkrun_kind_is_a_term"), transaction.atomic():
        BulkRun.objects.filter(pk=run).update(kind="close")
    closed = in_review(account="@tutup:localhost")
    for reviewer in world.reviewers[:2]:
        vote(closed, DecisionKind.CLOSE, reviewer)
    closure = Decision.objects.get(case_id=closed)
    with pytest.raises(IntegrityError, match="closed or removed in bulk"), transaction.atomic():
        BulkItem.objects.filter(run=run).update(decision=closure)


def test_exceptions_are_unticked_and_barred_ones_stay_out(world: World) -> None:
    """An urgent case can be ticked after a look; a victim's, a decided or a held one cannot."""
    plain, urgent, victim, voted, held = some_cases(5)
    Case.objects.filter(pk=urgent).update(urgent=True)
    Case.objects.filter(pk=victim).update(victim_first=True, victim_state="proposed")
    vote(voted, DecisionKind.CLOSE, world.reviewers[0])
    take_lease(held, actor=world.reviewers[1])
    run = made(world, BulkKind.DISMISS, [plain, urgent, victim, voted, held, plain])
    assert states(run) == [BulkItemState.CHOSEN] + [BulkItemState.LEFT_OUT] * 4
    items = list(BulkItem.objects.filter(run=run).order_by("place").values_list("pk", flat=True))
    bulk.tick_items(run, items, items, actor=world.reviewers[0])
    assert states(run) == [BulkItemState.CHOSEN] * 2 + [BulkItemState.LEFT_OUT] * 3


def test_a_sealed_first_vote_of_somebody_else_is_no_doubt(world: World) -> None:
    """A dry run that told of it would break the seal; the maker's vote is then simply the second one."""
    sealed, plain = some_cases(2)
    vote(sealed, DecisionKind.CLOSE, world.reviewers[2])
    run = approved(world, BulkKind.DISMISS, [sealed, plain])
    assert states(run) == [BulkItemState.CHOSEN] * 2
    work_on_runs()
    assert states(run) == [BulkItemState.DONE] * 2
    assert Case.objects.get(pk=sealed).state == CaseState.ADJUDICATION
    with pytest.raises(bulk_reverse.NothingToReverse):
        bulk_reverse.reverse_item(run, BulkItem.objects.get(case=sealed).pk, WHY, actor=world.supervisor)


def test_a_case_that_changed_since_is_not_touched(world: World) -> None:
    """A new report, or a sign of a victim, ends that case's part with its reason; its neighbours go on."""
    changed, victim, plain = some_cases(3)
    run = approved(world, BulkKind.DISMISS, [changed, victim, plain])
    report(account="@akun0:localhost", text="ada lagi", source="203.0.113.9")
    Case.objects.filter(pk=victim).update(victim_first=True, victim_state="proposed")
    work_on_runs()
    assert states(run) == [BulkItemState.REFUSED, BulkItemState.REFUSED, BulkItemState.DONE]
    whys = [item.why.get("code") for item in BulkItem.objects.filter(run=run).order_by("place")]
    assert whys == ["changed_since", "barred_now", None]
    assert Vote.objects.filter(case__in=[changed, victim]).count() == 0


def test_the_second_person_may_untick_and_nothing_else(world: World) -> None:
    """What they untick stays out; what the maker left out cannot come in by them."""
    cases = some_cases(3)
    run = made(world, BulkKind.LABEL, cases)
    first, second, third = BulkItem.objects.filter(run=run).order_by("place").values_list("pk", flat=True)
    bulk.tick_items(run, [first, second, third], [second, third], actor=world.reviewers[0])
    bulk.propose_run(run, PLANS[BulkKind.LABEL], actor=world.reviewers[0])
    with pytest.raises(bulk.NeedsAnotherPerson):
        bulk.tick_items(run, [third], [], actor=world.reviewers[0])
    bulk.tick_items(run, [first, second, third], [first, second], actor=world.supervisor)
    bulk.approve_run(run, actor=world.supervisor)
    work_on_runs()
    assert states(run) == [BulkItemState.LEFT_OUT, BulkItemState.DONE, BulkItemState.LEFT_OUT]
    assert CaseLabel.objects.get().case_id == cases[1]


def test_a_run_can_be_paused_resumed_and_dropped(world: World) -> None:
    """What is done stays done; the rest is not touched, and nothing moves where it may not."""
    run = approved(world, BulkKind.LABEL, some_cases(3))
    bulk_work.work_off_next(run, actor=SYSTEM)
    bulk.pause_run(run, actor=world.reviewers[0])
    assert not bulk_work.work_off_next(run, actor=SYSTEM)
    bulk.resume_run(run, actor=world.reviewers[0])
    assert bulk_work.work_off_next(run, actor=SYSTEM)
    bulk.pause_run(run, actor=world.reviewers[0])
    bulk.drop_run(run, actor=world.reviewers[0])
    assert work_on_runs() == 0
    assert states(run) == [BulkItemState.DONE, BulkItemState.DONE, BulkItemState.CHOSEN]
    for step in (bulk.pause_run, bulk.resume_run, bulk.drop_run):
        with pytest.raises(bulk.RunMovedOn):
            step(run, actor=world.reviewers[0])


def test_a_killed_worker_loses_and_doubles_nothing(world: World) -> None:
    """What breaks off in the middle of a case leaves neither its vote nor its end; the next round does it once."""
    run = approved(world, BulkKind.DISMISS, some_cases(2))

    class Killed(BaseException):
        """Nobody catches it, as nobody catches a kill."""

    def killed() -> None:
        with transaction.atomic():
            assert bulk_work.work_off_next(run, actor=SYSTEM)
            raise Killed

    with pytest.raises(Killed):
        killed()
    assert (Vote.objects.count(), states(run)) == (0, [BulkItemState.CHOSEN] * 2)
    assert work_on_runs() == 2
    assert work_on_runs() == 0
    assert Vote.objects.count() == 2


def test_low_agreement_bars_judging_and_not_sorting(world: World) -> None:
    """Where people agree too little under a rule, no votes are cast in bulk; a label harms nobody."""
    (case,) = some_cases(1)
    quality = load_release().quality
    Measured.objects.create(dimension="category", key=Case.objects.get(pk=case).category, alpha=0.1, low=0.0, high=0.2,
                            units=quality.least_pairs, pairs=quality.least_pairs, alike=0, counted_at=now())
    with pytest.raises(InvalidInput):
        bulk.propose_run(made(world, BulkKind.DISMISS, [case]), PLANS[BulkKind.DISMISS], actor=world.reviewers[0])
    approved(world, BulkKind.LABEL, [case])
    assert work_on_runs() == 1


def test_a_label_and_a_place_are_taken_back(world: World) -> None:
    """The old queue, and no label; twice is refused."""
    (case,) = some_cases(1)
    Case.objects.filter(pk=case).update(queue="general")
    other = next(queue.key for queue in load_release().routing.queues if queue.key != "general" and not queue.clearance)
    run = made(world, BulkKind.ROUTE, [case])
    bulk.propose_run(run, bulk.Plan(WHY, target=other), actor=world.reviewers[0])
    bulk.approve_run(run, actor=world.reviewers[1])
    labelled = approved(world, BulkKind.LABEL, [case])
    work_on_runs()
    assert Case.objects.get(pk=case).queue == other
    for number in (run, labelled):
        item = BulkItem.objects.get(run=number).pk
        bulk_reverse.reverse_item(number, item, WHY, actor=world.reviewers[0])
        with pytest.raises(bulk_reverse.NothingToReverse):
            bulk_reverse.reverse_item(number, item, WHY, actor=world.reviewers[0])
    assert Case.objects.get(pk=case).queue == "general"
    assert not CaseLabel.objects.filter(withdrawn_at__isnull=True).exists()


def test_a_dismissal_goes_back_to_the_queue_as_a_new_case(world: World) -> None:
    """The decision stays as it is; an observation of our own opens a case that names the old one, once."""
    (case,) = some_cases(1)
    run = approved(world, BulkKind.DISMISS, [case])
    work_on_runs()
    bulk_reverse.reverse_item(run, BulkItem.objects.get(run=run).pk, WHY, actor=world.reviewers[0])
    again = Case.objects.get(reopens_id=case)
    assert (again.state, again.subject_id) == (CaseState.RECEIVED, Case.objects.get(pk=case).subject_id)
    with pytest.raises(second_look.LookedAtAgain):
        second_look.reopen_dismissed(case, WHY, actor=world.reviewers[1])


def test_a_restriction_is_lifted_by_somebody_without_a_vote(world: World) -> None:
    """As with an appeal: not by the maker, whose vote it was, nor before it is carried out; then all is restored."""
    (case,) = some_cases(1)
    run = approved(world, BulkKind.RESTRICT, [case])
    work_on_runs()
    item = BulkItem.objects.get(run=run)
    assert (item.state, Case.objects.get(pk=case).state) == (BulkItemState.DONE, CaseState.ACTING)
    with pytest.raises(IllegalTransition):
        bulk_reverse.reverse_item(run, item.pk, WHY, actor=world.reviewers[1])
    carry_through(case)
    with pytest.raises(HadAVote):
        bulk_reverse.reverse_item(run, item.pk, WHY, actor=world.reviewers[0])
    bulk_reverse.reverse_item(run, item.pk, WHY, actor=world.reviewers[1])
    carry_through(case)
    restoring = Decision.objects.get(overturns=item.decision)
    assert restoring.decided_by_id == world.reviewers[1].person_id
    assert Case.objects.get(pk=case).state == CaseState.RESOLVED


@pytest.mark.parametrize(("kind", "plan", "field"), [
    (BulkKind.DISMISS, bulk.Plan("singkat"), "why"),
    (BulkKind.LABEL, bulk.Plan(WHY, target="???"), "target"),
    (BulkKind.ROUTE, bulk.Plan(WHY, target="nowhere"), "target"),
    (BulkKind.RESTRICT, bulk.Plan(WHY, facts="x"), "facts"),
    (BulkKind.RESTRICT, bulk.Plan(WHY, facts=FACTS, legal_basis="nothing"), "legal_basis"),
    (BulkKind.RESTRICT, bulk.Plan(WHY, facts=FACTS, restrict_days=3), "restrict_days"),
])
def test_a_plan_is_refused_field_by_field(world: World, kind: BulkKind, plan: bulk.Plan, field: str) -> None:
    """Nothing is proposed then."""
    run = made(world, kind, some_cases(1))
    with pytest.raises(InvalidInput) as refused:
        bulk.propose_run(run, plan, actor=world.reviewers[0])
    assert field in {error.field for error in refused.value.errors}
    assert BulkRun.objects.get(pk=run).state == BulkState.DRAFT
