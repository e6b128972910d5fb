"""Runs over many cases: one person makes them and looks at each case, another checks, the worker goes on case by case.

A run dismisses, routes, labels or restricts. It never closes: `BulkKind` has no such term, the database refuses one,
and what takes two people who do not know of each other's vote is barred. What the worker does stands in `bulk_work`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from jaga.casework.bulk_doubts import doubts_of
from jaga.casework.decide import MAX_FACTS, MIN_FACTS
from jaga.casework.eligibility import hold_people
from jaga.casework.intake import check_text
from jaga.casework.labels import read_label
from jaga.casework.proof import enter
from jaga.casework.second_look import MAX_WHY, MIN_WHY
from jaga.casework.withdrawal import run_lapsed
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotPermitted
from jaga.core.terms import BulkItemState, BulkKind, BulkState, Role
from jaga.policy import load_release
from jaga.policy.limits import LONGEST_AT_ONCE_DAYS
from jaga.records.access.bulk import MOST, cases_of, locked_run
from jaga.records.access.clearance import visible_to
from jaga.records.models import BulkItem, BulkRun, ReportMessage

VOTERS = (Role.REVIEWER, Role.SUPERVISOR)
BadLine = tuple[int, str, str]
"""A pasted line that led to no case: its number, its text, and the sentence that says why."""


class RunMovedOn(IllegalTransition):
    """The run is not in a state in which this can be done."""

    code = "run_moved_on"
    sentence = N_("The run has moved on, so this step is no longer possible.")
    remedy = N_("Reload its page to see where it stands now.")


class NeedsAnotherPerson(NotPermitted):
    """Four eyes."""

    code = "needs_another_person"
    sentence = N_("You made this run, so somebody else checks it.")
    remedy = N_("Ask another reviewer or a supervisor to open it.")


class RunLapsed(Conflict):
    """The plan counts no longer: whoever made it may not judge any more, or other rules are in force since."""

    code = "run_lapsed"
    sentence = N_("What was proposed counts no longer: its maker may not judge any more, or the rules have changed.")
    remedy = N_("Drop this run and make a new one.")


@dataclass(frozen=True)
class NewRun:
    """Which cases, and what is to be done with them. `selected_by` is the query that found them."""

    kind: BulkKind
    cases: Sequence[int]
    selected_by: str = ""
    bad_lines: Sequence[BadLine] = ()


@dataclass(frozen=True)
class Plan:
    """What exactly is done. `target`: the queue or the label; basis, facts and days belong to a restriction."""

    why: str
    target: str = ""
    legal_basis: str = ""
    facts: str = ""
    restrict_days: int | None = None


@transaction.atomic
def make_run(new: NewRun, *, actor: Actor) -> int:
    """A draft: nothing happens to any case. Cases that a doubt speaks against are unticked. Returns the run's number.

    Raises NotPermitted, InvalidInput (field `cases`) for none or too many.
    """
    person = actor.require(*VOTERS)
    cases = cases_of(new.cases, actor=actor)
    if not cases:
        raise InvalidInput(FieldError("cases", "missing", N_("No case was found. Look at the lines, or at the query.")))
    if len(cases) > MOST:
        raise InvalidInput(FieldError("cases", "too_many", N_("At most %(most)s cases in one run."), {"most": MOST}))
    run = BulkRun.objects.create(
        kind=new.kind, maker_id=person, selected_by=new.selected_by[:300].replace("\0", " "),
        bad_lines=[list(line) for line in new.bad_lines], created_at=now())
    doubts = doubts_of(new.kind, "", cases, actor=actor)
    heard = dict(ReportMessage.objects.filter(report__case__in=[case.pk for case in cases], from_us=False)
                 .values_list("report__case_id").annotate(Max("pk")))
    BulkItem.objects.bulk_create(
        BulkItem(run=run, case=case, place=place, reports=case.reports_count, heard=heard.get(case.pk, 0),
                 state=BulkItemState.LEFT_OUT if doubts[case.pk] else BulkItemState.CHOSEN)
        for place, case in enumerate(cases, 1))
    enter("make_run", {"run": run.pk, "kind": run.kind, "cases": len(cases)}, actor=actor, case_id=None)
    return run.pk


@transaction.atomic
def tick_items(run_id: int, shown: Collection[int], ticked: Collection[int], plan: Plan | None = None, *,
               actor: Actor) -> None:
    """Of the items that were shown, those that are ticked stay in. Barred ones stay out, whatever was ticked.

    The maker ticks a draft, and the plan is kept as far as it is written; of a proposed run anybody else may only
    untick. Raises NotFound, RunMovedOn, NeedsAnotherPerson, InvalidInput for what is no text.
    """
    person = actor.require(*VOTERS)
    run = locked_run(run_id, actor=actor)
    if run.state == BulkState.PROPOSED:
        if run.maker_id == person:
            raise NeedsAnotherPerson
        run.items.filter(visible_to(actor, path="case__"), pk__in=set(shown) - set(ticked),
                         state=BulkItemState.CHOSEN).update(state=BulkItemState.LEFT_OUT)
        return
    _require(run, person, BulkState.DRAFT)
    if plan is not None:
        _keep(run, plan)
    items = run.items.filter(visible_to(actor, path="case__"), pk__in=shown,
                             state__in=(BulkItemState.CHOSEN, BulkItemState.LEFT_OUT))
    items.update(state=BulkItemState.LEFT_OUT)
    wanted = list(items.filter(pk__in=ticked).select_related("case__subject__platform"))
    barred = _barred(run, wanted, actor)
    run.items.filter(pk__in=[item.pk for item in wanted if item.pk not in barred]).update(state=BulkItemState.CHOSEN)


@transaction.atomic
def propose_run(run_id: int, plan: Plan, *, actor: Actor) -> None:
    """Say what is to be done, and pass it to a second person. Cases that are barred by now drop out.

    Raises NotFound, RunMovedOn, NeedsAnotherPerson for whoever did not make it, InvalidInput field by field.
    """
    person = actor.require(*VOTERS)
    hold_people(person)
    run = locked_run(run_id, actor=actor)
    _require(run, person, BulkState.DRAFT)
    _fill(run, plan)
    chosen = list(run.items.filter(state=BulkItemState.CHOSEN).select_related("case__subject__platform"))
    barred = _barred(run, chosen, actor)
    if len(barred) == len(chosen):
        raise InvalidInput(FieldError("cases", "missing", N_("No case is left that this can be done with.")))
    run.items.filter(pk__in=barred).update(state=BulkItemState.LEFT_OUT)
    run.state, run.proposed_at, run.policy_hash = BulkState.PROPOSED, now(), load_release().hash
    run.save()
    enter("propose_run", {"run": run.pk, "kind": run.kind, "cases": len(chosen) - len(barred)}, actor=actor,
          case_id=None)


def _barred(run: BulkRun, items: Sequence[BulkItem], actor: Actor) -> set[int]:
    doubts = doubts_of(BulkKind(run.kind), run.target, [item.case for item in items], actor=actor)
    return {item.pk for item in items if any(doubt.bars for doubt in doubts[item.case_id])}


def _keep(run: BulkRun, plan: Plan) -> None:
    """A plan that is not finished yet, so that nothing is typed twice."""
    if errors := [*check_text("why", plan.why, MAX_WHY), *check_text("target", plan.target, 60),
                  *check_text("facts", plan.facts, MAX_FACTS), *check_text("legal_basis", plan.legal_basis, 60)]:
        raise InvalidInput(*errors)
    run.why, run.target, run.facts = plan.why, plan.target, plan.facts
    fitting = plan.restrict_days in load_release().enforcement.restriction_days
    run.legal_basis, run.restrict_days = plan.legal_basis, plan.restrict_days if fitting else None
    run.save()


def _fill(run: BulkRun, plan: Plan) -> None:
    """Check the plan and write it on the run; the caller saves it."""
    errors, release = check_text("why", plan.why, MAX_WHY), load_release()
    if len(plan.why.strip()) < MIN_WHY:
        errors.append(FieldError("why", "missing", N_("Say in at least %(least)s characters why."), {"least": MIN_WHY}))
    run.why = plan.why.strip()
    match BulkKind(run.kind):
        case BulkKind.LABEL:
            try:
                run.target = read_label(plan.target)
            except InvalidInput as wrong:
                errors.extend(FieldError("target", error.code, error.sentence) for error in wrong.errors)
        case BulkKind.ROUTE:
            run.target = plan.target[:60]
            if plan.target not in {queue.key for queue in release.routing.queues}:
                errors.append(FieldError("target", "unknown", N_("Choose one of the queues in the list.")))
        case BulkKind.RESTRICT:
            run.legal_basis, run.facts, run.restrict_days = plan.legal_basis, plan.facts.strip(), plan.restrict_days
            errors.extend(_check_restriction(plan))
        case BulkKind.DISMISS:
            run.facts = ""
    if errors:
        raise InvalidInput(*errors)


def _check_restriction(plan: Plan) -> list[FieldError]:
    """What the vote checks for each case again: here it is said before anything happens."""
    errors, release = check_text("facts", plan.facts, MAX_FACTS), load_release()
    if len(plan.facts.strip()) < MIN_FACTS:
        errors.append(FieldError("facts", "missing", N_("Say in at least %(least)s characters what was found."),
                                 {"least": MIN_FACTS}))
    if plan.legal_basis not in {basis.key for basis in release.legal_bases}:
        errors.append(FieldError("legal_basis", "missing", N_("Choose the legal basis that was in force that day.")))
    if plan.restrict_days is not None and plan.restrict_days not in release.enforcement.restriction_days:
        errors.append(FieldError("restrict_days", "not_allowed", N_("Choose one of the lengths in the list.")))
    elif plan.restrict_days is None or plan.restrict_days > LONGEST_AT_ONCE_DAYS:
        errors.append(FieldError("restrict_days", "not_allowed", N_(
            "Many at once are restricted for at most %(days)s days: longer takes two people for each case."),
            {"days": LONGEST_AT_ONCE_DAYS}))
    return errors


def _require(run: BulkRun, person: int, *states: BulkState) -> None:
    """The maker's step, in one of these states."""
    if run.state not in states:
        raise RunMovedOn
    if run.maker_id != person:
        raise NotPermitted


@transaction.atomic
def approve_run(run_id: int, *, actor: Actor) -> None:
    """Let it begin: the second person has looked at what is ticked. Nobody approves what they made, and cases that need
    a clearance which the second person has not drop out.

    What is done can be reversed case by case (`bulk_reverse`). Raises NotFound, NeedsAnotherPerson, RunMovedOn,
    RunLapsed.
    """
    person = actor.require(*VOTERS)
    hold_people(person)
    run = locked_run(run_id, actor=actor)
    if run.state != BulkState.PROPOSED:
        raise RunMovedOn
    if run.maker_id == person:
        raise NeedsAnotherPerson
    run.checker_id = person
    if run_lapsed(run, load_release()) is not None:
        raise RunLapsed
    chosen = run.items.filter(state=BulkItemState.CHOSEN)
    chosen.exclude(visible_to(actor, path="case__")).update(state=BulkItemState.LEFT_OUT)
    cases = list(chosen.order_by("place").values_list("case_id", flat=True))
    if not cases:
        raise InvalidInput(FieldError("cases", "missing", N_("No case is ticked. Drop the run instead.")))
    run.state, run.checker_id, run.approved_at = BulkState.RUNNING, person, now()
    run.save(update_fields=["state", "checker", "approved_at"])
    enter("approve_run", {"run": run.pk, "kind": run.kind, "cases": cases}, actor=actor, case_id=None)


@transaction.atomic
def pause_run(run_id: int, *, actor: Actor) -> None:
    """Stop after the case that is being worked on. Reversible: `resume_run`. Raises NotFound, RunMovedOn."""
    run = _move(run_id, (BulkState.RUNNING,), BulkState.PAUSED, actor)
    enter("pause_run", {"run": run.pk}, actor=actor, case_id=None)


@transaction.atomic
def resume_run(run_id: int, *, actor: Actor) -> None:
    """Go on, after a pause or after the look at the first cases. Raises NotFound, RunMovedOn."""
    run = _move(run_id, (BulkState.PAUSED, BulkState.LOOKING), BulkState.RUNNING, actor)
    enter("resume_run", {"run": run.pk}, actor=actor, case_id=None)


@transaction.atomic
def drop_run(run_id: int, *, actor: Actor) -> None:
    """End it. What was done stays, and can be reversed; the rest is not touched. Raises NotFound, RunMovedOn."""
    run = _move(run_id, (BulkState.DRAFT, BulkState.PROPOSED, BulkState.PAUSED, BulkState.LOOKING), BulkState.DROPPED,
                actor)
    enter("drop_run", {"run": run.pk}, actor=actor, case_id=None)


def _move(run_id: int, states: Collection[BulkState], to: BulkState, actor: Actor) -> BulkRun:
    actor.require(*VOTERS)
    run = locked_run(run_id, actor=actor)
    if run.state not in states:
        raise RunMovedOn
    if run.state == BulkState.LOOKING:
        run.looked_at = now()
    run.state = to
    run.ended_at = now() if to is BulkState.DROPPED else None
    run.save(update_fields=["state", "looked_at", "ended_at"])
    return run
