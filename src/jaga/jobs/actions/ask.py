"""Actions on platforms without an API adapter: a notice is sent to the operator, whose people carry it out."""

from jaga.casework.actions import attempts, verification
from jaga.casework.actions.attempts import Task
from jaga.casework.operators import answers, notices
from jaga.core.actors import SYSTEM, Actor
from jaga.core.errors import N_
from jaga.core.platforms import NoticePort, StepResult
from jaga.core.terms.actions import AccountState, ActionState, OutcomeKind, Step, VerificationResult

_CANNOT_BE_ASKED = N_("The operator is not asked for this.")


def ask(task: Task, adapter: NoticePort) -> ActionState:
    """Send the notice, or verify what the operator reports as done; returns the action's state.

    Idempotent.

    Called within a started attempt. The receiver recognises a notice by its number, and an answer is taken once. Raises
    PlatformUnreachable; the caller schedules the next attempt.
    """
    if not adapter.capabilities().can(Step(task.kind.value)):
        lacking = StepResult(OutcomeKind.IMPOSSIBLE, _CANNOT_BE_ASKED)
        attempts.record_step(task.action_id, Step.ASK, lacking, actor=SYSTEM)
        return attempts.mark_stuck(task.action_id, OutcomeKind.IMPOSSIBLE, actor=SYSTEM)
    if notices.answered_as_done(task.action_id):
        return _observe(task, adapter)
    notice_id = notices.notice_for(task.action_id, actor=SYSTEM)
    handover = adapter.send(notices.message_of(notice_id))
    state = notices.record_delivery(notice_id, handover, actor=SYSTEM)
    if handover.answer is None:
        return state
    answers.take_answer(
        notice_id, handover.answer, proof="answered at once", actor=Actor(f"platform:{task.account.platform}")
    )
    return attempts.state_of(task.action_id)


def _observe(task: Task, adapter: NoticePort) -> ActionState:
    """Observe the account independently of the answer; if that is not possible, wait for a person."""
    observation = adapter.observe(task.account)
    if observation.state is AccountState.UNKNOWN and not adapter.capabilities().can(Step.OBSERVE):
        return attempts.await_check(task.action_id)
    result = verification.record_verification(task.action_id, observation, actor=SYSTEM)
    if result is VerificationResult.CONFIRMED:
        return ActionState.DONE
    return attempts.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, actor=SYSTEM)
