"""Recording what the worker did and saw: before each attempt, after each step, and an independent verification."""

from dataclasses import dataclass
from datetime import datetime
from random import SystemRandom

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import transaction
from django.db.models import Q, Subquery, Value

from jaga.casework.evidence import material_name, seal
from jaga.casework.finish import OPEN, finish_case
from jaga.casework.intake import check_text
from jaga.casework.letters import text_for_holder, told_measure
from jaga.casework.notice_turns import withdraw_of
from jaga.casework.promises import CARRY_OUT, promise
from jaga.casework.proof import enter
from jaga.casework.returning import traces_of_media
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotFound
from jaga.core.platforms import Account, Material, Reading, StepResult
from jaga.core.terms import (
    ActionKind,
    ActionState,
    AnswerKind,
    DecisionKind,
    EvidenceKind,
    OutcomeKind,
    Role,
    Step,
)
from jaga.policy import load_release
from jaga.records.codes import seal_secret
from jaga.records.models import Action, Case, Decision, Notice, Outcome, RestoredAccess, Statement

_SUCCESS = (OutcomeKind.DONE, OutcomeKind.ALREADY)
_PRESERVED = {"profile.json": EvidenceKind.PROFILE, "media.json": EvidenceKind.MEDIA}
MIN_REASON = 10
_CHANCE = SystemRandom()


class OperatorRefused(IllegalTransition):
    """People said no; a machine does not ask them again."""

    code = "operator_refused"
    sentence = N_("The operator's people refused this, so it is not tried again by itself.")
    remedy = N_("Open the notice: ask again with your reasons, or end it.")


@dataclass(frozen=True)
class Task:
    """One action as the worker needs it: what to do to whom, and which steps have been done already."""

    action_id: int
    case_id: int
    kind: ActionKind
    account: Account
    adapter: str
    rooms: tuple[str, ...]
    done: frozenset[Step]
    attempts: int
    not_before: datetime | None = None  # its next attempt is promised for then


def open_tasks(case_id: int) -> tuple[Task, ...]:
    """The case's actions that the worker may carry out, in their order.

    One that is stuck, or that waits for people, blocks those after it on the same account, and no other account's.
    """
    rows = (
        Action.objects.filter(decision__case_id=case_id, state__in=OPEN).order_by("decision_id", "sequence")
        .annotate(done=ArrayAgg("outcomes__step", filter=Q(outcomes__kind__in=_SUCCESS), default=Value([])))
        .values_list("pk", "kind", "state", "attempts", "next_attempt_at", "done", "decision__rooms",
                     "decision__subject_id", "decision__subject__account_id", "decision__subject__handle",
                     "decision__subject__platform__name", "decision__subject__platform__adapter")
    )
    tasks = []
    blocked: set[int] = set()
    for pk, kind, state, attempts, not_before, done, rooms, subject, account_id, handle, platform, adapter in rows:
        if state != ActionState.PENDING:
            blocked.add(subject)
        if subject not in blocked:
            tasks.append(Task(
                pk, case_id, ActionKind(kind), Account(platform, account_id, handle), adapter, tuple(rooms),
                frozenset(map(Step, done)), attempts, not_before,
            ))
    return tuple(tasks)


def locked_action(action_id: int) -> tuple[Action, Case]:
    """The action and its case, held for this transaction. Raises NotFound.

    Each step of each action comes here, and few need more of the two than their own columns: what hangs on them is
    read where it is asked for. The action is read after the lock was got, or it could be as it was before.
    """
    case_id = Action.objects.filter(pk=action_id).values("decision__case_id")
    case = Case.objects.select_for_update(of=("self",)).filter(pk=Subquery(case_id)).first()
    if case is None:
        raise NotFound
    return Action.objects.get(pk=action_id), case


@transaction.atomic
def start_attempt(action_id: int, *, actor: Actor) -> int:
    """Record that the platform is about to be asked, before it is asked. Returns the attempt's number."""
    action, case = locked_action(action_id)
    if action.state != ActionState.PENDING:
        raise IllegalTransition
    action.attempts += 1
    action.next_attempt_at = None
    action.save(update_fields=["attempts", "next_attempt_at"])
    enter("start_attempt", {"action": action.pk, "kind": action.kind, "attempt": action.attempts},
          actor=actor, case_id=case.pk)
    return action.attempts


@transaction.atomic
def record_step(action_id: int, step: Step, result: StepResult, *, actor: Actor) -> None:
    """Append what a step was seen to do. A step that succeeded before is not recorded twice.

    A new password of a restored account is kept encrypted until the holder takes it (`appeals.take_access`).
    """
    action, case = locked_action(action_id)
    if Outcome.objects.filter(action=action, step=step, kind__in=_SUCCESS).exists():
        return
    Outcome.objects.create(action=action, step=step, kind=result.kind, detail=result.detail,
                           readings=pairs(result.readings), at=now())
    if result.secret:
        RestoredAccess.objects.update_or_create(
            decision=action.decision, defaults={"sealed": seal_secret(result.secret), "created_at": now()})
    if step is Step.DELIVER and result.kind in _SUCCESS and action.kind != ActionKind.RESTORE:
        Statement.objects.filter(decision=told_measure(action.decision), delivered_at__isnull=True).update(
            delivered_at=now())
    enter("record_step", {"action": action.pk, "step": step, "outcome": result.kind}, actor=actor, case_id=case.pk)


@transaction.atomic
def record_material(action_id: int, materials: tuple[Material, ...], *, actor: Actor) -> None:
    """Seal what was preserved, before anything changes on the platform."""
    action, case = locked_action(action_id)
    sealed = [
        seal(case, None, _PRESERVED.get(material.name, EvidenceKind.MESSAGES),
             material_name(case, action.decision.subject_id, material.name), material.content,
             media=material.media_type, actor=actor)
        for material in materials
    ]
    traces_of_media(action.decision.subject, [digest for material in materials for digest in material.media_hashes])
    enter("preserve_evidence", {"action": action.pk, "sha256": [evidence.sha256 for evidence in sealed]},
          actor=actor, case_id=case.pk)


@transaction.atomic
def attempt_failed(action_id: int, why: OutcomeKind, *, not_before: datetime | None = None,
                   actor: Actor) -> ActionState:
    """Promise the next attempt at the policy's pace, or mark the action as stuck once its attempts are used up.

    `not_before` is when the platform said that it may be asked again; the pause is never shorter.
    """
    action, case = locked_action(action_id)
    if action.state != ActionState.PENDING:
        return ActionState(action.state)
    retries = load_release().enforcement.retries
    if action.attempts >= retries.attempts:
        return stick(action, case, why, actor)
    chance = 2 * _CHANCE.random() - 1
    action.next_attempt_at = max(now() + retries.wait(max(action.attempts, 1), chance), not_before or now())
    action.save(update_fields=["next_attempt_at"])
    promise(CARRY_OUT, lock=f"case:{case.pk}", at=action.next_attempt_at, case_id=case.pk)
    enter("attempt_failed", {"action": action.pk, "attempt": action.attempts, "why": why},
          actor=actor, case_id=case.pk)
    return ActionState.PENDING


@transaction.atomic
def mark_stuck(action_id: int, why: OutcomeKind, *, actor: Actor) -> ActionState:
    """The platform refused, so trying again by itself is of no use: a person must look. Reversible: `retry_stuck`."""
    action, case = locked_action(action_id)
    return stick(action, case, why, actor) if action.state == ActionState.PENDING else ActionState(action.state)


@transaction.atomic
def retry_stuck(action_id: int, *, actor: Actor) -> None:
    """Let a stuck action be tried again, with its retries from the start. See docs/runbooks/stuck-action.md.

    Raises IllegalTransition, and OperatorRefused where people said no.
    """
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    action, case = locked_action(action_id)
    if action.state != ActionState.STUCK:
        raise IllegalTransition
    if Notice.objects.filter(action=action, answer=AnswerKind.REFUSED).exists():
        raise OperatorRefused
    set_going(action)
    enter("retry_stuck", {"action": action.pk}, actor=actor, case_id=case.pk)


@transaction.atomic
def end_stuck(action_id: int, reason: str, *, actor: Actor) -> None:
    """End a stuck action that can never be done, without its effect, and tell everybody so. Not reversible.

    Raises InvalidInput without a reason, IllegalTransition for an action that is not stuck.
    """
    actor.require(Role.SUPERVISOR)
    action, case = locked_action(action_id)
    if action.state != ActionState.STUCK:
        raise IllegalTransition
    check_reason("reason", reason)
    ended(action, case, reason.strip(), actor=actor)


def check_reason(field: str, reason: str) -> None:
    """Raise InvalidInput where a person gave no usable reason."""
    errors = check_text(field, reason)
    if len(reason.strip()) < MIN_REASON:
        errors.append(FieldError(field, "missing", N_("Say why in a few words.")))
    if errors:
        raise InvalidInput(*errors)


def ended(action: Action, case: Case, reason: str, *, actor: Actor) -> None:
    """End an open action of the locked case without its effect, take its notice back, and finish the case if it was the
    last. In the caller's transaction; not reversible."""
    Outcome.objects.create(action=action, step=Step(action.kind), kind=OutcomeKind.IMPOSSIBLE, detail=reason, at=now())
    action.state, action.finished_at, action.next_attempt_at = ActionState.ENDED, now(), None
    action.save(update_fields=["state", "finished_at", "next_attempt_at"])
    withdraw_of(action, reason, actor=actor)
    _let_go(action, case)
    if open_tasks(case.pk):  # a closure waited behind its redaction, or an account must be let go
        promise(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    enter("end_stuck", {"action": action.pk, "kind": action.kind}, actor=actor, case_id=case.pk)
    finish_case(case, actor)


def waiting(action: Action) -> ActionState:
    """Let a pending action wait for people, in the caller's transaction. Any other stays as it is."""
    if action.state == ActionState.PENDING:
        action.state, action.next_attempt_at = ActionState.WAITING, None
        action.save(update_fields=["state", "next_attempt_at"])
    return ActionState(action.state)


@transaction.atomic
def let_wait(action_id: int) -> ActionState:
    """A pending action now waits for a person who looks."""
    return waiting(locked_action(action_id)[0])


def state_of(action_id: int) -> ActionState:
    """How far the action has come."""
    return ActionState(Action.objects.values_list("state", flat=True).get(pk=action_id))


def set_going(action: Action) -> None:
    """Let the worker go on with an open action, its retries from the start, in the caller's transaction."""
    action.state, action.attempts, action.next_attempt_at = ActionState.PENDING, 0, None
    action.save(update_fields=["state", "attempts", "next_attempt_at"])
    case_id = action.decision.case_id
    promise(CARRY_OUT, lock=f"case:{case_id}", case_id=case_id)


def stick(action: Action, case: Case, why: OutcomeKind, actor: Actor) -> ActionState:
    """A person must look before anything more is done, in the caller's transaction."""
    action.state, action.next_attempt_at = ActionState.STUCK, None
    action.save(update_fields=["state", "next_attempt_at"])
    enter("mark_stuck", {"action": action.pk, "why": why}, actor=actor, case_id=case.pk)
    return ActionState.STUCK


def _let_go(action: Action, case: Case) -> None:
    """Promise to undo the hold that an ended closure left behind, unless another decision in force asks for it."""
    held = Outcome.objects.filter(action=action, step=Step.RESTRICT, kind__in=_SUCCESS).exists()
    others = Decision.objects.filter(
        subject=action.decision.subject, kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE),
        overturned_by__isnull=True,
    ).exclude(pk=action.decision_id).exclude(actions__state=ActionState.ENDED)
    if action.kind == ActionKind.CLOSE and held and not others.exists():
        Action.objects.create(decision=action.decision, kind=ActionKind.RESTORE, sequence=action.sequence + 1,
                              created_at=now())


def holder_text(action_id: int) -> tuple[str, str]:
    """What to deliver to the account holder on the platform, and the key that marks it as one delivery."""
    action = Action.objects.select_related("decision").get(pk=action_id)
    if action.kind == ActionKind.RESTORE:
        return text_for_holder(action), f"jaga-{action.decision_id}-{action.kind}"
    measure = told_measure(action.decision)  # a redaction delivers its measure's statement; the measure finds it there
    return text_for_holder(action), f"jaga-{measure.pk}-{measure.kind}"


def pairs(readings: tuple[Reading, ...]) -> list[list[str]]:
    """Readings as they are stored."""
    return [[reading.route, reading.answer] for reading in readings]
