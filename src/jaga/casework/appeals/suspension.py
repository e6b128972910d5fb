"""Suspension of a measure while its overdue appeal waits, decided by a supervisor without a vote.

No clock suspends a measure. The decision stays in force: a restricted account is restored, a closed one returns
restricted. The answer to the appeal ends the suspension: the measure resumes, or the appeal undoes it. Each change on
the platform is an action with its own verification.
"""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from jaga.casework.actions.attempts import cancel_action
from jaga.casework.appeals.eligible_people import locked_appeal, require_outsider
from jaga.casework.kernel.eligibility import lock_people, require_eligible
from jaga.casework.kernel.jobs import CARRY_OUT, defer
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required
from jaga.casework.kernel.vote_commitments import rest_commitment
from jaga.casework.reporting.quotable_text import check_quotes
from jaga.casework.withdrawals.lifting import held_by_another
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, IllegalTransition, InvalidInput
from jaga.core.terms.actions import OPEN_ACTION_STATES, ActionKind, ActionState, Step
from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Role
from jaga.records.models import Action, Appeal, AppealRest, Case, Decision, RestoredAccess

WITHIN = timedelta(days=1)
"""How soon after an appeal's deadline somebody must decide on a suspension."""
MIN_REASONS = 15
ANSWERED = N_("The appeal was answered, so the rest has ended.")
_BEGIN = {DecisionKind.RESTRICT: (ActionKind.RESTORE,), DecisionKind.CLOSE: (ActionKind.RESTORE, ActionKind.RESTRICT)}
_MEASURE = {DecisionKind.RESTRICT: ActionKind.RESTRICT, DecisionKind.CLOSE: ActionKind.CLOSE}


class NotOverdue(Conflict):
    """Only an overdue appeal can suspend a measure."""

    code = "appeal_not_overdue"
    sentence = N_("This appeal is not overdue, so its measure is not laid to rest.")
    remedy = N_("Answer the appeal, or see to it that somebody does.")


class RestDecided(Conflict):
    """The suspension was decided before."""

    code = "rest_decided"
    sentence = N_("Somebody has decided already whether this measure rests.")
    remedy = N_("Open the appeal to see it.")


class NeverRests(Conflict):
    """In a victim-first case the account could return to whoever controls the holder."""

    code = "never_rests"
    sentence = N_("In a victim-first case the measure does not rest.")
    remedy = N_("Answer the appeal now, or find somebody who can.")


class CannotRest(Conflict):
    """The platform cannot restore the account, or cannot return a closed one as restricted."""

    code = "cannot_rest"
    sentence = N_("This platform cannot let the account come back in the way that a rest needs.")
    remedy = N_("Decide that the measure does not rest, and see to it that the appeal is answered.")


class HeldElsewhere(Conflict):
    """Another decision in force holds the account as much."""

    code = "held_elsewhere"
    sentence = N_("Another decision in force holds this account as much, so nothing would rest.")
    remedy = N_("Decide that the measure does not rest, and see to it that the appeal is answered.")


@transaction.atomic
def decide_rest(appeal_id: int, *, rests: bool, reasons: str, actor: Actor) -> AppealRest:
    """Decide, with reasons, whether the measure of an overdue appeal is suspended until the answer.

    Once.

    For a supervisor who neither voted nor recorded the appeal. Raises NotPermitted, NotFound, HadAVote, WroteItDown,
    NotOverdue, RestDecided, NeverRests, CannotRest, HeldElsewhere, InvalidInput (`rest_reasons`), and IllegalTransition
    while the measure is being carried out or after it ended.
    """
    person = actor.require(Role.SUPERVISOR)
    lock_people(person)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person, Role.SUPERVISOR)
    require_outsider(appeal, person)
    if AppealRest.objects.filter(appeal=appeal).exists():
        raise RestDecided
    if appeal.state != AppealState.OPEN or appeal.due_at > now():
        raise NotOverdue
    if CaseState(case.state) in SEALED_STATES:
        raise IllegalTransition
    check_rest_reasons(reasons, case)
    if rests:
        _require_possible(appeal.decision, case)
    try:
        with transaction.atomic():
            made = AppealRest.objects.create(
                appeal=appeal, rests=rests, reasons=reasons.strip(), decided_by_id=person, decided_at=now()
            )
    except IntegrityError:
        raise RestDecided from None
    bound = rest_commitment(made.pk, appeal.pk, appeal.decision_id, person, rests=rests)
    if rests:
        _defer_actions(made, appeal.decision, case, _BEGIN[DecisionKind(appeal.decision.kind)])
    append(
        "decide_rest",
        {"rest": made.pk, "appeal": appeal.pk, "decision": appeal.decision_id, "rests": rests, "commitment": bound},
        actor=actor,
        case_id=case.pk,
    )
    return made


def check_rest_reasons(reasons: str, case: Case) -> None:
    """Raise InvalidInput (field `rest_reasons`) for missing or private text, since the code's page shows the
    reasons.
    """
    errors = [
        *check_required(
            "rest_reasons", reasons, least=MIN_REASONS, needed=N_("Say in at least %(least)s characters why.")
        ),
        *check_quotes("rest_reasons", reasons, case),
    ]
    if errors:
        raise InvalidInput(*errors)


def _require_possible(decision: Decision, case: Case) -> None:
    if case.victim_first:
        raise NeverRests
    kind = DecisionKind(decision.kind)
    over = decision.ends_at is not None and decision.ends_at <= now()
    undone = Decision.objects.filter(overturns=decision).exists()
    mine = decision.actions.filter(rest__isnull=True)
    if (
        kind not in _BEGIN
        or over
        or undone
        or mine.filter(state__in=OPEN_ACTION_STATES).exists()
        or mine.filter(kind=ActionKind.RESTORE).exists()
        or not mine.filter(kind=_MEASURE[kind], state=ActionState.DONE).exists()
    ):
        raise IllegalTransition
    declared = decision.subject.platform.capabilities
    needed = (Step.RESTORE, Step.RESTRICT) if kind is DecisionKind.CLOSE else (Step.RESTORE,)
    if not all(declared.get(step, {}).get("supported") for step in needed):
        raise CannotRest
    if held_by_another(decision, than=kind):
        raise HeldElsewhere


def _defer_actions(rest: AppealRest, decision: Decision, case: Case, kinds: tuple[ActionKind, ...]) -> None:
    after = max(decision.actions.values_list("sequence", flat=True), default=0)
    for place, kind in enumerate(kinds, 1):
        Action.objects.create(decision=decision, rest=rest, kind=kind, sequence=after + place, created_at=now())
    defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)


def end_rest(appeal: Appeal, case: Case, *, continues: bool, actor: Actor) -> bool:
    """End the suspension when the appeal of a locked case is answered; returns whether there was one.

    Runs in the caller's transaction. The measure resumes if `continues`, unless its own end has come.
    """
    rest = AppealRest.objects.filter(appeal=appeal, rests=True, ended_at__isnull=True).first()
    if rest is None:
        return False
    for action in rest.actions.filter(state__in=OPEN_ACTION_STATES).order_by("-sequence"):
        cancel_action(action, case, gettext(ANSWERED), actor=actor)
    rest.ended_at = now()
    rest.save(update_fields=["ended_at"])
    decision = appeal.decision
    goes_on = continues and (decision.ends_at is None or decision.ends_at > now())
    if goes_on:
        RestoredAccess.objects.filter(decision=decision).delete()  # an uncollected password is no longer valid
        _defer_actions(rest, decision, case, (_MEASURE[DecisionKind(decision.kind)],))
    append("end_rest", {"rest": rest.pk, "decision": decision.pk, "continues": goes_on}, actor=actor, case_id=case.pk)
    return True
