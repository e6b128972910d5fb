"""Carrying out a case's actions on its platforms: outside any transaction, one recorded step after the other.

After a crash the next attempt goes on behind the last recorded step. A step whose effect happened but was not recorded
is repeated; the adapter looks before it acts, so the repeat changes nothing and answers *already*. Accounts do not wait
for each other: one whose platform is silent, or that is stuck, holds up its own actions only.
"""

import random
from datetime import datetime, timedelta

import structlog

from jaga.casework.actions import attempts, authorisation, circuit_breaker, verification
from jaga.casework.actions.attempts import Taken, Task
from jaga.casework.actions.authorisation import NotAuthorised
from jaga.casework.kernel.job_tables import has_job, jobs_waiting
from jaga.casework.kernel.jobs import CARRY_OUT, promise
from jaga.casework.kernel.unusable_values import record_failure
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.errors import N_, IllegalTransition, JagaError
from jaga.core.platforms import (
    STEPS,
    WANTED,
    Account,
    AccountObservation,
    PlatformFault,
    PlatformPort,
    PlatformUnreachable,
    RouteObservation,
    StepResult,
)
from jaga.core.terms import AccountState, ActionKind, ActionState, OutcomeKind, PlatformTask, Step, VerificationResult
from jaga.jobs.actions.ask import ask
from jaga.jobs.base.adapters import WrongKindOfPlatform, adapter_for
from jaga.jobs.base.places import Work, place_on
from jaga.jobs.base.sparing import tell_of_silence
from jaga.jobs.base.turns import PlatformTurn, TurnLost, turn_on
from jaga.jobs.reporting.identify import refused_by_name
from jaga.platforms.kit.checks import by_notice, has_hands
from jaga.platforms.kit.steps import seen_within

log = structlog.get_logger("jaga.carry_out")
_FOUND = N_("The account was found.")
_MISSING = N_("There is no such account on the platform.")
_UNCLEAR = N_("It could not be seen what state the account is in.")
_TOLD = N_("The holder has the letter since the account was restricted.")
_PRESERVED = N_("Profile and public messages were sealed.")
_ESSENTIAL = frozenset({Step.OBSERVE, Step.REDACT, Step.CLOSE, Step.RESTORE})
_TOLERANCE = timedelta(seconds=1)  # between the clocks of the database, which starts jobs, and of this process


def carry_out(case_id: int) -> None:
    """Carry out every action of the case whose time has come; see to it that the others have a job for their time.

    Accounts with the fewest attempts come first, so that a fault that ends the job for one leaves the others a chance.
    """
    tasks = sorted(attempts.open_tasks(case_id), key=lambda task: task.attempts)
    for account in dict.fromkeys(task.account for task in tasks):
        _work_on(account, case_id)
    _promise_the_rest(case_id)


def _work_on(account: Account, case_id: int) -> None:
    """Carry out the account's actions in their order; stop at the first that has to wait or is stuck."""
    with place_on(account.platform, Work.ACTIONS) as free:
        if not free:
            _come_again(case_id)
            return
        _in_turn(account, case_id)


def _come_again(case_id: int) -> None:
    """Soon, and the later the more there are who come again: those with work on another platform come between them."""
    seconds = random.uniform(0.2, 1.0) * (1 + jobs_waiting(CARRY_OUT) / 50)  # noqa: S311 - spreads, protects nothing
    promise(CARRY_OUT, lock=f"case:{case_id}", at=now() + timedelta(seconds=min(seconds, 30)), case_id=case_id)


def _in_turn(account: Account, case_id: int) -> None:
    with turn_on(account) as turn:
        if turn is None:
            _come_again(case_id)
            return
        # Read once more: whoever had the turn before may have been at these very actions.
        for task in attempts.open_tasks(case_id):
            if task.account != account:
                continue
            if not _is_due(task):
                return
            if until := circuit_breaker.may_ask(account.platform):
                circuit_breaker.put_off(task.action_id, until, actor=SYSTEM)
                return
            if _perform(task, turn) is not ActionState.DONE:
                return


def _is_due(task: Task) -> bool:
    return task.not_before is None or task.not_before <= now() + _TOLERANCE


def _promise_the_rest(case_id: int) -> None:
    """A job for the next action whose time has not come: its own may have been brought forward to this one."""
    later = [task.not_before for task in attempts.open_tasks(case_id) if task.not_before and not _is_due(task)]
    if later and not has_job(CARRY_OUT, case_id, running=False):
        promise(CARRY_OUT, lock=f"case:{case_id}", at=min(later), case_id=case_id)


def _perform(task: Task, turn: PlatformTurn) -> ActionState:
    if task.kind is ActionKind.RESTORE and attempts.superseded(task.action_id, actor=SYSTEM):
        return ActionState.ENDED
    try:
        attempts.start_attempt(task.action_id, actor=SYSTEM)
    except IllegalTransition:  # ended by a person, or its time is over, since we looked
        return ActionState.ENDED
    platform = task.account.platform
    step, taken, seen = Step.OBSERVE, list[Taken](), None
    try:
        adapter = adapter_for(platform)
        if by_notice(adapter):
            step = Step.ASK
            authorisation.require_decision(task)
            turn.still_ours()
            state = ask(task, adapter)
            circuit_breaker.record_answer(platform)
            return state
        if not has_hands(adapter):
            raise WrongKindOfPlatform(platform=platform)
        for step in _steps(task):
            if step in task.done and step is not Step.OBSERVE:
                continue
            authorisation.require_decision(task)
            if step is Step.PRESERVE:
                _preserve(task, adapter, taken)
                continue
            if step is Step.CLOSE and (until := attempts.closes_not_before(task.action_id)) and until > now():
                if taken:
                    _record(task, taken, *taken.pop())
                circuit_breaker.record_answer(platform)
                circuit_breaker.put_off(task.action_id, until, actor=SYSTEM)
                return ActionState.PENDING
            if step is not Step.OBSERVE and adapter.capabilities().can(step):
                turn.still_ours()
            result = _take(step, task, adapter)
            seen = result.seen
            if _records_with_the_next(step, task, result):
                taken.append((step, result))
                continue
            _record(task, taken, step, result)
            if result.kind is OutcomeKind.UNKNOWN:
                return attempts.attempt_failed(task.action_id, result.kind, actor=SYSTEM)
            if _ends_here(step, task, result):
                circuit_breaker.record_answer(platform)
                return attempts.mark_stuck(task.action_id, result.kind, actor=SYSTEM)
        if taken:
            _record(task, taken, *taken.pop())
        if task.tells_only:
            circuit_breaker.record_answer(platform)
            return attempts.finish_telling(task.action_id, actor=SYSTEM)
        seen = seen or _last_look(task, adapter)
    except TurnLost:
        raise
    except NotAuthorised as refused:
        return _refuse(task, taken, step, refused)
    except PlatformUnreachable as silent:
        return _failed(task, taken, step, silent, not_before=_note_silence(platform, silent))
    except JagaError as failed:  # not configured: may be mended by the next attempt
        return _failed(task, taken, step, failed)
    circuit_breaker.record_answer(platform)
    if verification.record_verification(task.action_id, seen, actor=SYSTEM) is VerificationResult.CONFIRMED:
        return ActionState.DONE
    return attempts.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, actor=SYSTEM)


def _steps(task: Task) -> tuple[Step, ...]:
    """A holder whose platform cannot restrict is only told of the closure, with what is preserved before."""
    steps = STEPS[task.kind]
    return tuple(step for step in steps if step is not Step.RESTRICT) if task.tells_only else steps


def _last_look(task: Task, adapter: PlatformPort) -> AccountObservation:
    """What the account is seen to be now; repeated for as long as the platform's looks may trail behind."""
    wanted = WANTED[task.kind]
    return seen_within(adapter.capabilities().lag, lambda: adapter.observe(task.account),
                       lambda seen: wanted in (None, seen.state))


def _preserve(task: Task, adapter: PlatformPort, taken: list[Taken]) -> None:
    """Seal profile and public messages, and record it with the steps `taken` before it; then none waits any more."""
    materials = adapter.preserve(task.account)
    done = Step.PRESERVE, StepResult(OutcomeKind.DONE, _PRESERVED)
    attempts.record_material(task.action_id, materials, taken=(*taken, done), actor=SYSTEM)
    taken.clear()


def _record(task: Task, taken: list[Taken], step: Step, result: StepResult) -> None:
    """Record the step, and those `taken` before it that still wait for it; then none does."""
    attempts.record_step(task.action_id, step, result, before=tuple(taken), actor=SYSTEM)
    taken.clear()


def _refuse(task: Task, taken: list[Taken], step: Step, refused: NotAuthorised) -> ActionState:
    """Nobody decided this: it is stuck, and whoever watches the log or asks for health is alarmed."""
    log.error("action_not_authorised", action=task.action_id, case=task.case_id, lacking=refused.lacking.value)
    if taken:
        _record(task, taken, *taken.pop())
    return authorisation.refuse_action(task.action_id, refused, step, actor=SYSTEM)


def _failed(task: Task, taken: list[Taken], step: Step, failed: JagaError,
            not_before: datetime | None = None) -> ActionState:
    _record(task, taken, step,
            StepResult(OutcomeKind.UNKNOWN, failed.sentence, (RouteObservation("answer", _why(failed)),)))
    return attempts.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, not_before=not_before, actor=SYSTEM)


def _note_silence(platform: str, silent: PlatformUnreachable) -> datetime | None:
    if isinstance(silent, PlatformFault):
        record_failure(platform, PlatformTask.ACTIONS, silent, actor=SYSTEM)
    tell_of_silence(platform, silent)
    return circuit_breaker.record_silence(platform, _why(silent), retry_after=silent.retry_after)


def _why(failed: JagaError) -> str:
    return str(failed.params.get("why") or failed.code)


def _take(step: Step, task: Task, adapter: PlatformPort) -> StepResult:
    account = task.account
    match step:
        case Step.OBSERVE:
            if refused := refused_by_name(account, adapter):
                return refused
            seen = adapter.observe(account)
            if seen.state is AccountState.MISSING:
                return StepResult(OutcomeKind.REFUSED, _MISSING, seen.readings)
            if seen.state is AccountState.UNKNOWN:
                return StepResult(OutcomeKind.UNKNOWN, _UNCLEAR, seen.readings)
            return StepResult(OutcomeKind.DONE, _FOUND, seen.readings)
        case Step.RESTRICT:
            return adapter.restrict(account)
        case Step.DELIVER:
            can = adapter.capabilities().can(step)  # one that cannot looks at neither
            if can and attempts.was_told(task.action_id):
                return StepResult(OutcomeKind.ALREADY, _TOLD)
            text, key = attempts.holder_text(task.action_id) if can else ("", "")
            return adapter.deliver(account, text, key)
        case Step.REDACT:
            return adapter.redact(account, task.rooms)
        case Step.CLOSE:
            return adapter.close(account)
        case Step.RESTORE:
            return adapter.restore(account)
        case Step.PRESERVE | Step.ASK:  # neither is one call that answers with its result
            raise WrongKindOfPlatform(platform=account.platform)


def _records_with_the_next(step: Step, task: Task, result: StepResult) -> bool:
    """Whether the step changed nothing and the attempt goes on: then its record needs no commit of its own.

    Whatever may have changed something is recorded at once.
    """
    if result.kind is OutcomeKind.UNKNOWN or _ends_here(step, task, result):
        return False
    return step is Step.OBSERVE or result.kind is OutcomeKind.IMPOSSIBLE


def _ends_here(step: Step, task: Task, result: StepResult) -> bool:
    """Whether a person must look before anything more is done.

    A refusal always ends it. That a platform lacks a step (*impossible*) ends it only where that step is the point of
    the action: a closure goes on where an account cannot be held first, or no longer be written to.
    """
    if result.kind is OutcomeKind.REFUSED:
        return True
    return result.kind is OutcomeKind.IMPOSSIBLE and (step in _ESSENTIAL or step.value == task.kind.value)
