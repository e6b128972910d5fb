"""Carrying out a case's actions on its platform: outside any transaction, one recorded step after the other.

After a crash the next attempt goes on behind the last recorded step. A step whose effect happened but was not recorded
is repeated; the adapter looks before it acts, so the repeat changes nothing and answers *already*.
"""

from jaga.casework import act
from jaga.casework.act import Task
from jaga.core.actors import SYSTEM
from jaga.core.errors import N_, JagaError
from jaga.core.platforms import STEPS, PlatformPort, Reading, StepResult
from jaga.core.terms import AccountState, ActionState, OutcomeKind, Step, VerificationResult
from jaga.jobs.adapters import adapter_for

_FOUND = N_("The account was found.")
_MISSING = N_("There is no such account on the platform.")
_UNCLEAR = N_("It could not be seen what state the account is in.")
_PRESERVED = N_("Profile and public messages were sealed.")
_ESSENTIAL = frozenset({Step.OBSERVE, Step.REDACT, Step.CLOSE, Step.RESTORE})


def carry_out(case_id: int) -> None:
    """Carry out every open action of the case, in order; stop at the first that has to wait or is stuck."""
    for task in act.open_tasks(case_id):
        if _perform(task) is not ActionState.DONE:
            return


def _perform(task: Task) -> ActionState:
    act.start_attempt(task.action_id, actor=SYSTEM)
    step = Step.OBSERVE
    try:
        adapter = adapter_for(task.account.platform)
        for step in STEPS[task.kind]:
            if step in task.done and step is not Step.OBSERVE:
                continue
            result = _take(step, task, adapter)
            act.record_step(task.action_id, step, result, actor=SYSTEM)
            if result.kind is OutcomeKind.UNKNOWN:
                return act.attempt_failed(task.action_id, result.kind, actor=SYSTEM)
            if _ends_here(step, task, result):
                return act.mark_stuck(task.action_id, result.kind, actor=SYSTEM)
        seen = adapter.observe(task.account)
    except JagaError as failed:  # unreachable, or not configured: each may be mended by the next attempt
        why = Reading("answer", str(failed.params.get("why") or failed.code))
        unknown = StepResult(OutcomeKind.UNKNOWN, failed.sentence, (why,))
        act.record_step(task.action_id, step, unknown, actor=SYSTEM)
        return act.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, actor=SYSTEM)
    if act.record_verification(task.action_id, seen, actor=SYSTEM) is VerificationResult.CONFIRMED:
        return ActionState.DONE
    return act.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, actor=SYSTEM)


def _take(step: Step, task: Task, adapter: PlatformPort) -> StepResult:
    account = task.account
    match step:
        case Step.OBSERVE:
            seen = adapter.observe(account)
            if seen.state is AccountState.MISSING:
                return StepResult(OutcomeKind.REFUSED, _MISSING, seen.readings)
            if seen.state is AccountState.UNKNOWN:
                return StepResult(OutcomeKind.UNKNOWN, _UNCLEAR, seen.readings)
            return StepResult(OutcomeKind.DONE, _FOUND, seen.readings)
        case Step.PRESERVE:
            act.record_material(task.action_id, adapter.preserve(account), actor=SYSTEM)
            return StepResult(OutcomeKind.DONE, _PRESERVED)
        case Step.RESTRICT:
            return adapter.restrict(account)
        case Step.DELIVER:
            text, key = act.holder_text(task.action_id)
            return adapter.deliver(account, text, key)
        case Step.REDACT:
            return adapter.redact(account, task.rooms)
        case Step.CLOSE:
            return adapter.close(account)
        case Step.RESTORE:
            return adapter.restore(account)


def _ends_here(step: Step, task: Task, result: StepResult) -> bool:
    """Whether a person must look before anything more is done.

    A refusal always ends it. That a platform lacks a step (*impossible*) ends it only where that step is the point of
    the action: a closure goes on where an account cannot be held first, or no longer be written to.
    """
    if result.kind is OutcomeKind.REFUSED:
        return True
    return result.kind is OutcomeKind.IMPOSSIBLE and (step in _ESSENTIAL or step.value == task.kind.value)
