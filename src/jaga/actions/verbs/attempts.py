"""Records the worker's attempts at an action: before each attempt, after each step, and when it fails or ends."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import SystemRandom

from django.db import connection, transaction
from django.utils.translation import gettext

from jaga.appeals.models import RestoredAccess
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Outcome, Statement
from jaga.cases.verbs.appeal_window import delivered
from jaga.cases.verbs.evidence import seal_all
from jaga.cases.verbs.letters import date_letter, informed_measure, text_for_holder
from jaga.cases.verbs.notice_dialogue import withdraw_of
from jaga.cases.verbs.state import finish_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, IllegalTransition, NotFound
from jaga.core.lifecycles import ACTION
from jaga.core.platforms import Account, Material, RouteObservation, StepResult
from jaga.core.terms.cases import (
    OPEN_ACTION_STATES,
    ActionKind,
    ActionState,
    DecisionKind,
    EvidenceKind,
    OutcomeKind,
    PendingEnd,
    Step,
)
from jaga.core.terms.outside import AnswerKind
from jaga.core.terms.people import Role
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs.interim_restrictions import SUCCEEDED, held_by_another, release_restriction
from jaga.operators.models import Notice
from jaga.policy.limits import UNDERAGE_ACCOUNT
from jaga.policy.release import load_release
from jaga.reporting.verbs.quotable_text import require_no_quotes
from jaga.signals.verbs.ban_evasion import indicators_of_media
from jaga.store.codes import seal_secret
from jaga.store.kernel.jobs import CARRY_OUT, defer
from jaga.store.kernel.ledger import EntryContent, append, append_all, append_changes
from jaga.store.kernel.row_bindings import not_bound
from jaga.store.kernel.validation import required_text
from jaga.store.reads import refuse_uncleared

Taken = tuple[Step, StepResult]
"""A step and its outcome."""

_PRESERVED = {"profile.json": EvidenceKind.PROFILE, "media.json": EvidenceKind.MEDIA}
HELD_ANEW = N_("A later decision holds the account, so it stays closed.")
_CHANCE = SystemRandom()
# Raw SQL, since every step runs it and building it by the ORM costs more than the query.
_OPEN_TASKS = """
    SELECT a.id, a.kind, a.state, a.attempts, a.next_attempt_at, d.rooms::text, d.subject_id, s.account_id, s.handle,
           p.name,
           ARRAY(SELECT o.step::text FROM records_outcome o WHERE o.action_id = a.id AND o.kind = ANY(%s)),
           d.awaits_id IS NOT NULL AND coalesce(p.capabilities -> 'restrict' ->> 'supported', '') <> 'true',
           (SELECT c.category FROM records_case c WHERE c.id = d.case_id)
    FROM records_action a JOIN records_decision d ON d.id = a.decision_id JOIN records_subject s ON s.id = d.subject_id
         JOIN records_platform p ON p.id = s.platform_id
    WHERE d.case_id = %s AND a.state = ANY(%s) ORDER BY a.decision_id, a.sequence"""
_LOCK = """
    SELECT * FROM records_case WHERE id = (SELECT d.case_id FROM records_decision d JOIN records_action a
                                           ON a.decision_id = d.id WHERE a.id = %s) FOR UPDATE"""
_ACTION = "SELECT * FROM records_action WHERE id = %s"


class OperatorRefused(IllegalTransition):
    """The operator's people refused; an automatic retry would not change that."""

    code = "operator_refused"
    sentence = N_("The operator's staff refused this, so it is not tried again automatically.")
    remedy = N_("Open the notice: ask again with your reasons, or end it.")


@dataclass(frozen=True)
class Task:
    """An action as the worker needs it: kind, account, rooms, and the steps already done."""

    action_id: int
    case_id: int
    kind: ActionKind
    account: Account
    rooms: tuple[str, ...]
    done: frozenset[Step]
    attempts: int
    not_before: datetime | None = None  # when its next attempt is scheduled
    tells_only: bool = False  # only announces a closure, because the platform cannot restrict


def open_tasks(case_id: int) -> tuple[Task, ...]:
    """The case's actions that the worker may carry out, in order.

    A stuck or waiting action blocks later ones on the same account, but not on others.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_TASKS, [list(SUCCEEDED), case_id, list(OPEN_ACTION_STATES)])
        rows = cursor.fetchall()
    tasks = []
    blocked: set[int] = set()
    for (
        pk,
        kind,
        state,
        attempts,
        not_before,
        rooms,
        subject,
        account_id,
        handle,
        platform,
        done,
        tells_only,
        category,
    ) in rows:
        if state != ActionState.PENDING:
            blocked.add(subject)
        if subject not in blocked:
            tasks.append(
                Task(
                    pk,
                    case_id,
                    ActionKind(kind),
                    Account(platform, account_id, handle),
                    tuple(json.loads(rooms)),
                    frozenset(map(Step, done)) | _left_out(category),
                    attempts,
                    not_before,
                    tells_only,
                )
            )
    return tuple(tasks)


def locked_action(action_id: int, *, actor: Actor) -> tuple[Action, Case]:
    """The action and its case, locked.

    The action is read after the lock, so that it is current.

    Raises NotFound, also for a person without the clearance of the case.
    """
    for case in Case.objects.raw(_LOCK, [action_id]):
        refuse_uncleared(case, actor=actor)
        (action,) = Action.objects.raw(_ACTION, [action_id])
        return action, case
    raise NotFound


def _left_out(category: str) -> frozenset[Step]:
    """Steps to skip: nothing is preserved from a child's account."""
    return frozenset({Step.PRESERVE}) if category == UNDERAGE_ACCOUNT else frozenset()


@transaction.atomic
def start_attempt(action_id: int, *, actor: Actor) -> int:
    """Record an attempt before the platform is asked; returns its number. Raises NotFound, IllegalTransition."""
    action, case = locked_action(action_id, actor=actor)
    if action.state != ActionState.PENDING:
        raise IllegalTransition
    action.attempts += 1
    action.next_attempt_at = None
    action.save(update_fields=["attempts", "next_attempt_at"])
    append(
        "start_attempt",
        {"action": action.pk, "kind": action.kind, "attempt": action.attempts},
        actor=actor,
        case_id=case.pk,
        rows=not_bound([("action", action.pk), ("action.now", action.pk)]),
    )
    return action.attempts


@transaction.atomic
def record_step(action_id: int, step: Step, result: StepResult, *, before: Sequence[Taken] = (), actor: Actor) -> None:
    """Record the outcome of a step.

    A step that succeeded before is not recorded again.

    `before` are preceding steps without effect, which need no commit of their own. A restored account's new password is
    stored encrypted until the holder collects it (`appeals.take_access`). A restriction that took effect after its
    action was ended is undone.
    """
    action, case = locked_action(action_id, actor=actor)
    _append(action, case, (*before, (step, result)), actor)
    if action.state == ActionState.ENDED:  # it expired while the platform was asked
        release_restriction(action, case)


@transaction.atomic
def record_material(
    action_id: int, materials: tuple[Material, ...], *, taken: Sequence[Taken] = (), actor: Actor
) -> None:
    """Seal preserved material before anything changes on the platform, and record the steps `taken` so far."""
    action, case = locked_action(action_id, actor=actor)
    subject_id = action.decision.subject_id
    linked = subject_id if subject_id != case.subject_id else None
    prefix = f"linked-account-{linked}-" if linked else ""  # two accounts of a case have profiles of the same name
    sealed = seal_all(
        case,
        [
            (
                _PRESERVED.get(material.name, EvidenceKind.MESSAGES),
                prefix + material.name,
                material.content,
                material.media_type,
            )
            for material in materials
        ],
        linked_subject_id=linked,
        actor=actor,
    )
    indicators_of_media(action.decision.subject, [digest for material in materials for digest in material.media_hashes])
    preserved = "preserve_evidence", {"action": action.pk, "sha256": [evidence.sha256 for evidence in sealed]}
    _append(action, case, taken, actor, preserved)


def _append(action: Action, case: Case, taken: Sequence[Taken], actor: Actor, *also: EntryContent) -> None:
    """Record these outcomes with their ledger entries, after the entries in `also`."""
    succeeded = set(Outcome.objects.filter(action=action, kind__in=SUCCEEDED).values_list("step", flat=True))
    new = [(step, result) for step, result in taken if step not in succeeded]
    Outcome.objects.bulk_create(
        Outcome(
            action=action, step=step, kind=result.kind, detail=result.detail, readings=pairs(result.readings), at=now()
        )
        for step, result in new
    )
    for step, result in new:
        if result.secret:
            RestoredAccess.objects.update_or_create(
                decision=action.decision, defaults={"sealed": seal_secret(result.secret), "created_at": now()}
            )
        if step is Step.DELIVER and result.kind in SUCCEEDED and action.kind != ActionKind.RESTORE:
            delivered(informed_measure(action.decision))
    recorded = [("record_step", {"action": action.pk, "step": step, "outcome": result.kind}) for step, result in new]
    append_all([*also, *recorded], actor=actor, case_id=case.pk)


@transaction.atomic
def attempt_failed(
    action_id: int, why: OutcomeKind, *, not_before: datetime | None = None, actor: Actor
) -> ActionState:
    """Schedule the next attempt by the policy, or mark the action stuck after its last one; returns its state.

    `not_before` is the earliest time that the platform allows.
    """
    action, case = locked_action(action_id, actor=actor)
    if action.state != ActionState.PENDING:
        return ActionState(action.state)
    retries = load_release().enforcement.retries
    if action.attempts >= retries.attempts:
        return set_stuck(action, case, why, actor)
    chance = 2 * _CHANCE.random() - 1
    action.next_attempt_at = max(now() + retries.wait(max(action.attempts, 1), chance), not_before or now())
    action.save(update_fields=["next_attempt_at"])
    defer(CARRY_OUT, lock=f"case:{case.pk}", at=action.next_attempt_at, case_id=case.pk)
    append(
        "attempt_failed", {"action": action.pk, "attempt": action.attempts, "why": why}, actor=actor, case_id=case.pk
    )
    return ActionState.PENDING


@transaction.atomic
def mark_stuck(action_id: int, why: OutcomeKind, *, actor: Actor) -> ActionState:
    """Mark a pending action stuck after a refusal, since retrying is useless. Reversible: `retry_stuck`."""
    action, case = locked_action(action_id, actor=actor)
    return set_stuck(action, case, why, actor) if action.state == ActionState.PENDING else ActionState(action.state)


@transaction.atomic
def retry_stuck(action_id: int, *, actor: Actor) -> None:
    """Retry a stuck action with all its attempts (docs/runbooks/stuck-action.md).

    Raises NotPermitted, NotFound, IllegalTransition, OperatorRefused.
    """
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    action, case = locked_action(action_id, actor=actor)
    if action.state != ActionState.STUCK:
        raise IllegalTransition
    if Notice.objects.filter(action=action, answer=AnswerKind.REFUSED).exists():
        raise OperatorRefused
    requeue(action)
    append("retry_stuck", {"action": action.pk}, actor=actor, case_id=case.pk)


@transaction.atomic
def end_stuck(action_id: int, reason: str, *, actor: Actor) -> None:
    """End a stuck action that cannot be carried out, and notify everyone.

    Irreversible.

    Raises NotPermitted, NotFound, IllegalTransition if it is not stuck, InvalidInput without a reason.
    """
    actor.require(Role.SUPERVISOR)
    action, case = locked_action(action_id, actor=actor)
    if action.state != ActionState.STUCK:
        raise IllegalTransition
    required_text("reason", reason)
    require_no_quotes("reason", reason, case)  # operators read it in their portal
    cancel_action(action, case, reason.strip(), actor=actor)


def cancel_action(action: Action, case: Case, reason: str, *, actor: Actor) -> None:
    """End an open action without its effect, withdraw its notice, and resolve the case if it was the last action.

    Runs in the caller's transaction; `case` is locked. Irreversible.
    """
    Outcome.objects.create(action=action, step=Step(action.kind), kind=OutcomeKind.IMPOSSIBLE, detail=reason, at=now())
    action.state = ACTION.to(action.state, ActionState.ENDED)
    action.finished_at, action.next_attempt_at = now(), None
    action.save(update_fields=["state", "finished_at", "next_attempt_at"])
    withdraw_of(action, reason, actor=actor)
    release_restriction(action, case)
    if open_tasks(case.pk):  # a closure waited behind its redaction
        defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    append("end_stuck", {"action": action.pk, "kind": action.kind}, actor=actor, case_id=case.pk)
    finish_case(case, actor)


def await_operator(action: Action) -> ActionState:
    """Let a pending action wait for people, in the caller's transaction; returns its state."""
    if action.state == ActionState.PENDING:
        action.state, action.next_attempt_at = ACTION.to(action.state, ActionState.WAITING), None
        action.save(update_fields=["state", "next_attempt_at"])
    return ActionState(action.state)


@transaction.atomic
def await_check(action_id: int) -> ActionState:
    """Let a pending action wait for a person's check."""
    action, case = locked_action(action_id, actor=SYSTEM)
    state = await_operator(action)
    append_changes(actor=SYSTEM, case_id=case.pk)
    return state


def state_of(action_id: int) -> ActionState:
    """The action's state."""
    return ActionState(Action.objects.values_list("state", flat=True).get(pk=action_id))


def requeue(action: Action) -> None:
    """Return an open action to the worker with all its attempts, in the caller's transaction."""
    action.state = ACTION.to(action.state, ActionState.PENDING)
    action.attempts, action.next_attempt_at = 0, None
    action.save(update_fields=["state", "attempts", "next_attempt_at"])
    case_id = action.decision.case_id
    defer(CARRY_OUT, lock=f"case:{case_id}", case_id=case_id)


def set_stuck(action: Action, case: Case, why: OutcomeKind, actor: Actor) -> ActionState:
    """Mark an action stuck in the caller's transaction: a person must look."""
    action.state, action.next_attempt_at = ACTION.to(action.state, ActionState.STUCK), None
    action.save(update_fields=["state", "next_attempt_at"])
    append("mark_stuck", {"action": action.pk, "why": why}, actor=actor, case_id=case.pk)
    return ActionState.STUCK


@transaction.atomic
def superseded(action_id: int, *, actor: Actor) -> bool:
    """Whether a restoration was superseded by a newer decision on the account.

    Call it before asking the platform.

    A superseded restoration is ended. If a newer decision only restricts a closed account, a restriction follows the
    restoration. Reporters are notified of the overturned decision in any case.
    """
    action, case = locked_action(action_id, actor=actor)
    if action.kind != ActionKind.RESTORE or action.state != ActionState.PENDING:
        return False
    decision, undone = action.decision, action.decision.overturns
    least = DecisionKind(undone.kind) if undone else DecisionKind.RESTRICT
    if action.rest_id is not None:
        # a closed account returns restricted, even if another decision restricts it
        least = DecisionKind(decision.kind)
    if held_by_another(undone or decision, than=least):
        cancel_action(action, case, gettext(HELD_ANEW), actor=actor)
        return True
    held = (
        action.rest_id is None
        and least is DecisionKind.CLOSE
        and held_by_another(undone or decision, than=DecisionKind.RESTRICT)
    )
    if held and not decision.actions.filter(kind=ActionKind.RESTRICT).exists():
        Action.objects.create(
            decision=decision, kind=ActionKind.RESTRICT, sequence=action.sequence + 1, created_at=now()
        )
        defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    return False


def holder_text(action_id: int) -> tuple[str, str]:
    """The text to deliver to the account holder, and a key that identifies the delivery.

    Both are the same at each attempt. Call it outside a transaction: the date of the letter is committed before the
    letter is sent.
    """
    date_letter(Action.objects.select_related("decision").get(pk=action_id))
    action = Action.objects.select_related("decision").get(pk=action_id)
    if action.kind == ActionKind.RESTORE:
        of = f"rest-{action.rest_id}" if action.rest_id else str(action.decision_id)
        return text_for_holder(action), f"jaga-{of}-{action.kind}"
    # a redaction delivers its measure's statement, and the measure then finds it delivered
    measure = informed_measure(action.decision)
    return text_for_holder(action), f"jaga-{measure.pk}-{measure.kind}"


def holder_was_informed(action_id: int) -> bool:
    """Whether the holder already has this action's letter from the restriction before the closure."""
    action = Action.objects.select_related("decision").get(pk=action_id)
    if action.kind == ActionKind.RESTORE:
        return False
    measure = informed_measure(action.decision)
    return measure.awaits_id is not None and measure.pk != action.decision_id


def closes_not_before(action_id: int) -> datetime | None:
    """The end of the holder's reading time, before which the account must not be closed; None if there is none.

    Call it immediately before closing: late delivery of the letter delays the closure.
    """
    decision = Action.objects.select_related("decision__subject__platform").get(pk=action_id).decision
    waited = PendingDecision.objects.filter(case=decision.case_id, end=PendingEnd.COMMITTED, vote__kind=decision.kind)
    pending = waited.order_by("-pk").first()
    delivered = (
        Statement.objects.filter(decision=informed_measure(decision)).values_list("delivered_at", flat=True).first()
    )
    if pending is None or delivered is None:
        return None
    able = decision.subject.platform.capabilities.get(Step.RESTRICT, {}).get("supported")
    return delivered + timedelta(seconds=pending.reading if able else pending.undo)


@transaction.atomic
def finish_announcement(action_id: int, *, actor: Actor) -> ActionState:
    """Finish an action that only announced a closure, because the platform cannot restrict."""
    action, case = locked_action(action_id, actor=actor)
    if action.state != ActionState.PENDING:
        return ActionState(action.state)
    action.state = ACTION.to(action.state, ActionState.DONE)
    action.finished_at, action.next_attempt_at = now(), None
    action.save(update_fields=["state", "finished_at", "next_attempt_at"])
    append("announce_closure", {"action": action.pk}, actor=actor, case_id=case.pk)
    return ActionState.DONE


def pairs(readings: tuple[RouteObservation, ...]) -> list[list[str]]:
    """Observations as stored."""
    return [[reading.route, reading.answer] for reading in readings]
