"""What the worker does with an approved run: one case after the other, each in a transaction of its own.

Each goes through the verb that a person would use, with the maker's own vote where it is a vote. A kill loses nothing
and doubles nothing: the case's end in the run is part of the transaction that does it.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from jaga.casework.bulk_doubts import DECISIONS, doubts_of
from jaga.casework.decide import Ballot, cast_vote
from jaga.casework.eligibility import hold_people
from jaga.casework.labels import label_case
from jaga.casework.leases import take_lease
from jaga.casework.people import actor_for
from jaga.casework.proof import enter
from jaga.casework.rerouting import put_in_queue
from jaga.casework.state import locked_case
from jaga.casework.withdrawal import run_lapsed, stop_run
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError
from jaga.core.terms import BulkDoubt, BulkItemState, BulkKind, BulkState
from jaga.policy import load_release
from jaga.records.models import BulkItem, BulkRun

FIRST = 5
"""Cases after which the run stops for a look, before it goes on with the rest."""


class ChangedSince(Conflict):
    """What the maker saw is not what the case is now."""

    code = "changed_since"
    sentence = N_("A report or an answer came in since the run was made.")
    remedy = N_("Judge this case by itself.")


class BarredNow(Conflict):
    """A doubt came up after the run was made."""

    code = "barred_now"
    sentence = N_("Something speaks against it by now: %(doubt)s.")
    remedy = N_("Judge this case by itself.")


class RefusedByTheDatabase(Conflict):
    """A rule of the database that no verb foresaw."""

    code = "refused_by_the_database"
    sentence = N_("The database refused this step.")
    remedy = N_("Judge this case by itself, and tell the administrator.")


def open_runs() -> list[int]:
    """Runs that the worker goes on with."""
    return list(BulkRun.objects.filter(state=BulkState.RUNNING).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def work_off_next(run_id: int, *, actor: Actor) -> bool:
    """Do the run's next case; False where there is none, or where the run stands still now.

    Safe beside other workers, and beside whoever pauses it: the run is locked for this one case. Where its maker or
    checker may not judge any more, or other rules are in force than when it was proposed, it is dropped.
    """
    hold_people(*(person for row in BulkRun.objects.filter(pk=run_id).values_list("maker_id", "checker_id")
                  for person in row))
    run = BulkRun.objects.select_for_update(of=("self",)).select_related("maker").filter(
        pk=run_id, state=BulkState.RUNNING).first()
    if run is None:
        return False
    if (why := run_lapsed(run, load_release())) is not None:
        stop_run(run, why, actor=actor)
        return False
    left = run.items.filter(state=BulkItemState.CHOSEN)
    item = left.order_by("place").first()
    if item is None:
        _stop(run, BulkState.DONE, "finish_run", actor)
        return False
    if run.looked_at is None and _ended(run) >= FIRST:
        _stop(run, BulkState.LOOKING, "stop_for_a_look", actor)
        return False
    _work_off(run, item)
    return True


def _ended(run: BulkRun) -> int:
    return run.items.exclude(state__in=(BulkItemState.CHOSEN, BulkItemState.LEFT_OUT)).count()


def _stop(run: BulkRun, state: BulkState, verb: str, actor: Actor) -> None:
    run.state, run.ended_at = state, now() if state is BulkState.DONE else None
    run.save(update_fields=["state", "ended_at"])
    counted = {one.value: run.items.filter(state=one).count() for one in BulkItemState}
    payload = {"run": run.pk, **counted}
    if state is BulkState.DONE:
        enter("finish_run", payload, actor=actor, case_id=None)
    else:
        enter("stop_for_a_look", payload, actor=actor, case_id=None)


def _work_off(run: BulkRun, item: BulkItem) -> None:
    maker = actor_for(run.maker)
    try:
        with transaction.atomic():
            _do(run, item, maker)
    except JagaError as refused:
        _refuse(item, refused)
    except IntegrityError:
        _refuse(item, RefusedByTheDatabase())
    else:
        item.state, item.done_at = BulkItemState.DONE, now()
        enter("take_bulk_step", {"run": run.pk, "kind": run.kind}, actor=maker, case_id=item.case_id)
    item.save()


def _refuse(item: BulkItem, refused: JagaError) -> None:
    item.state, item.done_at = BulkItemState.REFUSED, now()
    item.decision = None
    item.why = {"code": refused.code, "sentence": refused.sentence, "remedy": refused.remedy,
                "params": _plain(refused.params)}


def _plain(params: Mapping[str, object]) -> dict[str, object]:
    """What JSON can hold of an error's parameters. A moment stays one for whoever shows it."""
    return {name: {"moment": value.isoformat()} if isinstance(value, datetime) else str(value)
            for name, value in params.items()}


def _do(run: BulkRun, item: BulkItem, maker: Actor) -> None:
    """The one step, by the verb that does it by hand. Raises what that raises, ChangedSince, BarredNow."""
    kind, case = BulkKind(run.kind), locked_case(item.case_id, actor=maker)
    if case.reports_count != item.reports:
        raise ChangedSince
    doubts = doubts_of(kind, run.target, [case], actor=maker)[case.pk]
    if bars := [doubt for doubt in doubts if doubt.bars]:
        # That its maker has voted here is sealed for whoever may be the second voter and reads the report.
        raise BarredNow(doubt=DOUBTS[BulkDoubt.HELD if bars[0] is BulkDoubt.OWN_VOTE else bars[0]])
    match kind:
        case BulkKind.LABEL:
            label_case(case.pk, run.target, actor=maker)
        case BulkKind.ROUTE:
            item.before = put_in_queue(case.pk, run.target, actor=maker)
        case BulkKind.DISMISS | BulkKind.RESTRICT:
            lease = take_lease(case.pk, actor=maker)
            ballot = Ballot(DECISIONS[kind], run.legal_basis, run.facts, restrict_days=run.restrict_days)
            voted = cast_vote(case.pk, lease.fence, ballot, heard=item.heard, at_once=True, actor=maker)
            item.decision_id = voted.decision_ids[-1] if voted.decision_ids else None


DOUBTS = {
    BulkDoubt.NOT_WAITING: N_("it waits for no vote here"),
    BulkDoubt.VICTIM_FIRST: N_("it protects a possible victim"),
    BulkDoubt.OWN_VOTE: N_("you have no vote left there"),
    BulkDoubt.TWO_PEOPLE: N_("it takes two people, each by themselves"),
    BulkDoubt.NOT_ALLOWED: N_("policy or platform does not allow it"),
    BulkDoubt.LOW_AGREEMENT: N_("people agree too little under this rule"),
    BulkDoubt.ALREADY: N_("it is so already"),
    BulkDoubt.HELD: N_("somebody works on it, or put it aside"),
    BulkDoubt.URGENT: N_("urgent"),
    BulkDoubt.FLAGGED: N_("a trusted flagger reported it"),
    BulkDoubt.REQUESTED: N_("an authority asked"),
    BulkDoubt.ANSWERED: N_("a reporter wrote something that nobody has read"),
}
"""Each doubt in words, for pages and refusals."""
