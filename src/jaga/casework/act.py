"""Recording what the worker did and saw: before each attempt, after each step, and an independent verification."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, F, Q

from jaga.casework.evidence import seal
from jaga.casework.intake import check_text
from jaga.casework.letters import tell_ended, tell_reporters, tell_restored, text_for_holder
from jaga.casework.promises import CARRY_OUT, promise
from jaga.casework.proof import enter
from jaga.casework.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotFound
from jaga.core.platforms import WANTED, Account, AccountObservation, Material, Reading, StepResult
from jaga.core.terms import (
    AccountState,
    ActionKind,
    ActionState,
    DecisionKind,
    EvidenceKind,
    OutcomeKind,
    Role,
    Step,
    VerificationResult,
)
from jaga.policy import load_release
from jaga.records.codes import seal_secret
from jaga.records.models import Action, Case, Decision, Outcome, RestoredAccess, Statement, Verification

_SUCCESS = (OutcomeKind.DONE, OutcomeKind.ALREADY)
_OPEN = tuple(state for state in ActionState if state.is_open)
MIN_REASON = 10


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


def open_tasks(case_id: int) -> tuple[Task, ...]:
    """The case's promised actions that are not done, in their order. A stuck one blocks those after it."""
    actions = (
        Action.objects.filter(decision__case_id=case_id, state__in=_OPEN)
        .select_related("decision__case__subject__platform").order_by("decision_id", "sequence")
    )
    tasks = []
    for action in actions:
        if action.state == ActionState.STUCK:
            break
        subject = action.decision.case.subject
        done = Outcome.objects.filter(action=action, kind__in=_SUCCESS).values_list("step", flat=True)
        tasks.append(Task(
            action.pk, case_id, ActionKind(action.kind),
            Account(subject.platform.name, subject.account_id, subject.handle), subject.platform.adapter,
            tuple(action.decision.rooms), frozenset(Step(step) for step in done), action.attempts,
        ))
    return tuple(tasks)


def _locked(action_id: int) -> tuple[Action, Case]:
    try:
        case_id = Action.objects.values_list("decision__case_id", flat=True).get(pk=action_id)
    except Action.DoesNotExist:
        raise NotFound from None
    case = locked_case(case_id)
    return Action.objects.select_related("decision").get(pk=action_id), case


@transaction.atomic
def start_attempt(action_id: int, *, actor: Actor) -> int:
    """Record that the platform is about to be asked, before it is asked. Returns the attempt's number."""
    action, case = _locked(action_id)
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
    action, case = _locked(action_id)
    if Outcome.objects.filter(action=action, step=step, kind__in=_SUCCESS).exists():
        return
    Outcome.objects.create(action=action, step=step, kind=result.kind, detail=result.detail,
                           readings=_pairs(result.readings), at=now())
    if result.secret:
        RestoredAccess.objects.update_or_create(
            decision=action.decision, defaults={"sealed": seal_secret(result.secret), "created_at": now()})
    if step is Step.DELIVER and result.kind in _SUCCESS:
        Statement.objects.filter(decision=action.decision, delivered_at__isnull=True).update(delivered_at=now())
    enter("record_step", {"action": action.pk, "step": step, "outcome": result.kind}, actor=actor, case_id=case.pk)


@transaction.atomic
def record_material(action_id: int, materials: tuple[Material, ...], *, actor: Actor) -> None:
    """Seal what was preserved, before anything changes on the platform."""
    action, case = _locked(action_id)
    sealed = [
        seal(case, None, EvidenceKind.PROFILE if "profile" in material.name else EvidenceKind.MESSAGES, material.name,
             material.content, media=material.media_type, actor=actor)
        for material in materials
    ]
    enter("preserve_evidence", {"action": action.pk, "sha256": [evidence.sha256 for evidence in sealed]},
          actor=actor, case_id=case.pk)


@transaction.atomic
def record_verification(action_id: int, seen: AccountObservation, *, actor: Actor) -> VerificationResult:
    """Compare an independent observation with what the decision wanted; finish the action where it is confirmed.

    Once every action of the case is done, the case is resolved and everybody is told.
    """
    action, case = _locked(action_id)
    wanted = WANTED[ActionKind(action.kind)]
    if seen.state is AccountState.UNKNOWN:
        result = VerificationResult.UNREACHABLE
    else:
        # A held account that was closed since, by a later decision or by its holder, cannot send either.
        enough = (wanted, AccountState.CLOSED) if wanted is AccountState.RESTRICTED else (wanted,)
        confirmed = wanted is None or seen.state in enough
        result = VerificationResult.CONFIRMED if confirmed else VerificationResult.CONTRADICTED
    Verification.objects.create(action=action, result=result, observed=seen.state, readings=_pairs(seen.readings),
                                at=seen.at)
    enter("verify_action", {"action": action.pk, "kind": action.kind, "result": result, "observed": seen.state},
          actor=actor, case_id=case.pk)
    if result is VerificationResult.CONFIRMED and action.state == ActionState.PENDING:
        action.state, action.finished_at = ActionState.DONE, now()
        action.save(update_fields=["state", "finished_at"])
        _finish(case, actor)
    return result


def _finish(case: Case, actor: Actor) -> None:
    if Action.objects.filter(decision__case=case, state__in=_OPEN).exists():
        return
    move_case(case, CaseVerb.FINISH)
    enter("finish_case", {"state": case.state}, actor=actor, case_id=case.pk)
    decision = _last_decision(case)
    if decision.actions.filter(state=ActionState.ENDED).exists():
        tell_ended(case, decision)
    elif decision.kind == DecisionKind.RESTORE:
        tell_restored(case, decision)
    else:
        tell_reporters(case, decision)


def _last_decision(case: Case) -> Decision:
    """The one that people are told of: a closure, not the redaction before it."""
    return case.decisions.order_by("-pk")[:1].get()


@transaction.atomic
def attempt_failed(action_id: int, why: OutcomeKind, *, actor: Actor) -> ActionState:
    """Promise the next attempt at the policy's pace, or mark the action as stuck once its attempts are used up."""
    action, case = _locked(action_id)
    if action.state != ActionState.PENDING:
        return ActionState(action.state)
    retries = load_release().enforcement.retries
    if action.attempts >= retries.attempts:
        return _stick(action, case, why, actor)
    action.next_attempt_at = now() + retries.wait(max(action.attempts, 1))
    action.save(update_fields=["next_attempt_at"])
    promise(CARRY_OUT, lock=f"case:{case.pk}", at=action.next_attempt_at, case_id=case.pk)
    enter("attempt_failed", {"action": action.pk, "attempt": action.attempts, "why": why},
          actor=actor, case_id=case.pk)
    return ActionState.PENDING


@transaction.atomic
def mark_stuck(action_id: int, why: OutcomeKind, *, actor: Actor) -> ActionState:
    """The platform refused, so trying again by itself is of no use: a person must look. Reversible: `retry_stuck`."""
    action, case = _locked(action_id)
    return _stick(action, case, why, actor) if action.state == ActionState.PENDING else ActionState(action.state)


def _stick(action: Action, case: Case, why: OutcomeKind, actor: Actor) -> ActionState:
    action.state, action.next_attempt_at = ActionState.STUCK, None
    action.save(update_fields=["state", "next_attempt_at"])
    enter("mark_stuck", {"action": action.pk, "why": why}, actor=actor, case_id=case.pk)
    return ActionState.STUCK


@transaction.atomic
def retry_stuck(action_id: int, *, actor: Actor) -> None:
    """Let a stuck action be tried again, with its retries from the start. See docs/runbooks/stuck-action.md."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    action, case = _locked(action_id)
    if action.state != ActionState.STUCK:
        raise IllegalTransition
    action.state, action.attempts = ActionState.PENDING, 0
    action.save(update_fields=["state", "attempts"])
    promise(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    enter("retry_stuck", {"action": action.pk}, actor=actor, case_id=case.pk)


@transaction.atomic
def end_stuck(action_id: int, reason: str, *, actor: Actor) -> None:
    """End a stuck action that can never be done, without its effect, and tell everybody so. Not reversible.

    Raises InvalidInput without a reason, IllegalTransition for an action that is not stuck.
    """
    actor.require(Role.SUPERVISOR)
    action, case = _locked(action_id)
    if action.state != ActionState.STUCK:
        raise IllegalTransition
    errors = check_text("reason", reason)
    if len(reason.strip()) < MIN_REASON:
        errors.append(FieldError("reason", "missing", N_("Say in a few words why it cannot be done.")))
    if errors:
        raise InvalidInput(*errors)
    Outcome.objects.create(action=action, step=Step(action.kind), kind=OutcomeKind.IMPOSSIBLE, detail=reason.strip(),
                           at=now())
    action.state, action.finished_at = ActionState.ENDED, now()
    action.save(update_fields=["state", "finished_at"])
    _let_go(action, case)
    if open_tasks(case.pk):  # a closure waited behind its redaction, or an account must be let go
        promise(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    enter("end_stuck", {"action": action.pk, "kind": action.kind}, actor=actor, case_id=case.pk)
    _finish(case, actor)


def _let_go(action: Action, case: Case) -> None:
    """Promise to undo the hold that an ended closure left behind, unless another decision in force asks for it."""
    held = Outcome.objects.filter(action=action, step=Step.RESTRICT, kind__in=_SUCCESS).exists()
    others = Decision.objects.filter(
        case__subject=case.subject, kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE), overturned_by__isnull=True,
    ).exclude(pk=action.decision_id).exclude(actions__state=ActionState.ENDED)
    if action.kind == ActionKind.CLOSE and held and not others.exists():
        Action.objects.create(decision=action.decision, kind=ActionKind.RESTORE, sequence=action.sequence + 1,
                              created_at=now())


def due_verifications() -> tuple[tuple[int, Account], ...]:
    """Finished measures that the policy's schedule wants to be looked at again, and that no appeal has undone."""
    schedule = load_release().enforcement.verification
    measures = (
        Action.objects.filter(state=ActionState.DONE, kind__in=(ActionKind.RESTRICT, ActionKind.CLOSE),
                              decision__overturned_by__isnull=True,
                              finished_at__gte=now() - schedule[-1] * 2)
        .annotate(later=Count("verifications", filter=Q(verifications__at__gt=F("finished_at"))
                              & ~Q(verifications__result=VerificationResult.UNREACHABLE)))
        .select_related("decision__case__subject__platform")
    )
    return tuple(
        (action.pk, Account(action.decision.case.subject.platform.name, action.decision.case.subject.account_id))
        for action in measures
        if action.finished_at and action.later + 1 < len(schedule)  # the first of the schedule finished the action
        and now() >= action.finished_at + schedule[action.later + 1]
    )


def holder_text(action_id: int) -> tuple[str, str]:
    """What to deliver to the account holder on the platform, and the key that marks it as one delivery."""
    action = Action.objects.select_related("decision__case__subject__platform").get(pk=action_id)
    return text_for_holder(action), f"jaga-{action.decision_id}-{action.kind}"


def _pairs(readings: tuple[Reading, ...]) -> list[list[str]]:
    return [[reading.route, reading.answer] for reading in readings]
