"""Periodic tasks that raise deadline alarms and send them outside the console by mail and webhook.

They run independently: an unavailable mail server delays neither webhooks nor new alarms.

Actions on platforms without an API adapter: a notice is sent to the operator, whose people carry it out.

Periodic task that lifts expired restrictions and lets unconfirmed preservations lapse.

Probes platforms with an open circuit breaker, if no attempt of an action is due that would do so.

Periodic verification: a closed account can come back, and a restriction can be lifted without our knowledge.

Carries out a case's actions on its platforms, outside any transaction, recording each step.

After a crash, the next attempt continues behind the last recorded step. A step that took effect without being recorded
is repeated: the adapter observes first, so the repeat changes nothing and returns *already*. Accounts are independent:
one that is stuck, or whose platform does not answer, delays only its own actions. Entry point: `carry_out`.
"""

import random
import smtplib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from jaga.actions.verbs import attempts, authorisation, circuit_breaker, verification
from jaga.actions.verbs.alarm_messages import (
    AlarmToSend,
    alarm_message_failed,
    alarm_message_sent,
    hook_of,
    mail_of,
    take_alarm_message,
    write_alarm_messages,
)
from jaga.actions.verbs.attempts import Taken, Task
from jaga.actions.verbs.authorisation import NotAuthorised
from jaga.actions.verbs.verification import due_verifications, end_restriction, expire_restrictions, record_verification
from jaga.cases.verbs.case_alarms import raise_appeal_alarms, raise_clock_alarms, raise_review_alarms
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, IllegalTransition, JagaError
from jaga.core.platforms import (
    STEPS,
    WANTED,
    Account,
    AccountObservation,
    NoticePort,
    PlatformFault,
    PlatformPort,
    PlatformUnreachable,
    RouteObservation,
    StepResult,
)
from jaga.core.standard_webhooks import signing_key
from jaga.core.terms.cases import (
    AccountState,
    ActionKind,
    ActionState,
    AlarmWay,
    OutcomeKind,
    PlatformTask,
    Step,
    VerificationResult,
)
from jaga.decisions.verbs import preservation
from jaga.operators.verbs import answers, notices
from jaga.platforms.kit.guard import by_notice, can_act
from jaga.platforms.kit.steps import observe_within
from jaga.reporting.jobs import refused_by_name
from jaga.store.kernel.jobs import CARRY_OUT, defer, has_job, jobs_waiting
from jaga.store.kernel.validation import record_failure
from jaga.webhooks.jobs import NotSent, post
from jaga.work.adapters import PlatformTurn, TurnLost, Work, WrongKindOfPlatform, adapter_for, place_on, turn_on
from jaga.work.faults import contained, log_silence, may_begin

MOST_AT_ONCE = 50
log_of_alarm_messages = structlog.get_logger("jaga.alarms")


class AlarmNotSent(Exception):
    """The receiver did not accept the message. Its text is a code; `away` means the channel itself is unavailable."""

    def __init__(self, why: str, *, away: bool = False) -> None:
        super().__init__(why)
        self.away = away


def alarm_about_cases() -> int:
    """Raise alarms for urgent cases that run out of time; returns how many are new."""
    raised = raise_clock_alarms()
    write_alarm_messages()
    return raised


def alarm_about_appeals() -> int:
    """Raise alarms for overdue appeals and restrictions due for review; returns how many are new."""
    raised = raise_appeal_alarms() + raise_review_alarms()
    write_alarm_messages()
    return raised


def send_alarm_mails() -> int:
    """Send due mails; returns how many the mail server accepted."""
    return _send(AlarmWay.MAIL)


def send_alarm_hooks() -> int:
    """Send due webhook messages; returns how many were accepted."""
    return _send(AlarmWay.WEBHOOK)


def _send(way: AlarmWay) -> int:
    taken = 0
    for _ in range(MOST_AT_ONCE):
        message = take_alarm_message(way)
        if message is None or message.row is None:
            break
        try:
            deliver(message)
        except AlarmNotSent as refused:
            alarm_message_failed(message.row, str(refused))
            log_of_alarm_messages.warning("alarm_not_delivered", way=way, message=message.row, why=str(refused))
            if refused.away:
                break
            continue
        alarm_message_sent(message.row)
        taken += 1
    return taken


def deliver(message: AlarmToSend) -> None:
    """Make one attempt to send. Raises AlarmNotSent."""
    by: dict[AlarmWay, Callable[[AlarmToSend], None]] = {AlarmWay.MAIL: _mail, AlarmWay.WEBHOOK: _post}
    by[message.way](message)


def _mail(message: AlarmToSend) -> None:
    subject, body = mail_of(message)
    host = settings.BASE_URL.partition("//")[2].partition(":")[0]
    headers = {"Message-ID": f"<{message.key}@{host}>", "Auto-Submitted": "auto-generated", "Importance": "high"}
    try:
        with get_connection() as connection:
            EmailMessage(subject, body, to=[message.address], headers=headers, connection=connection).send()
    except (smtplib.SMTPException, OSError, ValueError) as failed:  # ValueError: an invalid address
        raise AlarmNotSent(_code(failed), away=_is_away(failed)) from failed


def _post(message: AlarmToSend) -> None:
    key = signing_key(settings.JAGA_ALARM_HOOK_KEY)
    try:
        post(settings.JAGA_ALARM_HOOK_URL, message.key, hook_of(message), key, this_machine=True)
    except NotSent as refused:
        raise AlarmNotSent(str(refused), away=True) from refused


def _code(failed: Exception) -> str:
    """The kind of error and the SMTP status code; never the server's text, which may repeat the address."""
    number = failed.smtp_code if isinstance(failed, smtplib.SMTPResponseException) else ""
    return f"{type(failed).__name__} {number}".strip()


def _is_away(failed: Exception) -> bool:
    """Whether the mail server is unavailable, so that further mails would fail too."""
    if isinstance(failed, smtplib.SMTPException):
        return isinstance(
            failed, smtplib.SMTPConnectError | smtplib.SMTPServerDisconnected | smtplib.SMTPAuthenticationError
        )
    return isinstance(failed, OSError)


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


log_of_expiry = structlog.get_logger("jaga.expiry")


def end_restrictions() -> int:
    """Run once; returns how many restrictions and preservations ended."""
    ended = [decision for decision in expire_restrictions() if end_restriction(decision, actor=SYSTEM)]
    for decision in ended:
        log_of_expiry.info("restriction_over", decision=decision)
    lapsed = [
        decision for decision in preservation.expire_preservations() if preservation.lapse(decision, actor=SYSTEM)
    ]
    for decision in lapsed:
        log_of_expiry.info("preservation_lapsed", decision=decision)
    return len(ended) + len(lapsed)


log_of_probe = structlog.get_logger("jaga.probe")


def platforms_to_try() -> list[str]:
    """Platforms whose pause is over."""
    return sorted(account.platform for account in circuit_breaker.accounts_to_try())


def try_silent_platforms(only: str | None = None) -> int:
    """Observe one account on each platform whose pause is over, or on one platform; returns how many answer again.

    No attempt is used up. Attempts of an action may be half a day apart, too long when the platform is back.
    """
    answering = 0
    for account in circuit_breaker.accounts_to_try():
        platform = account.platform
        if only not in (None, platform):
            continue
        try:
            adapter = adapter_for(platform)
            if not adapter.capabilities().can(Step.OBSERVE) or circuit_breaker.may_ask(platform):
                continue
            adapter.observe(account)
        except PlatformUnreachable as silent:
            if isinstance(silent, PlatformFault):
                record_failure(platform, PlatformTask.ACTIONS, silent, actor=SYSTEM)
            circuit_breaker.record_silence(
                platform, str(silent.params.get("why") or silent.code), retry_after=silent.retry_after
            )
            log_silence(platform, silent)
        except JagaError as failed:
            log_of_probe.warning("probe_failed", platform=platform, code=failed.code)
        else:
            log_of_probe.info(
                "platform_answers_again", platform=platform, actions=circuit_breaker.record_answer(platform)
            )
            answering += 1
    return answering


log_of_verify = structlog.get_logger("jaga.verify")


def platforms_due() -> list[str]:
    """Platforms with due verifications."""
    return sorted({account.platform for _, account in due_verifications()})


def verify_again(only: str | None = None) -> int:
    """Verify the accounts that are due by the policy's schedule, on one platform or all; returns how many.

    An unavailable platform is left for the next run and not asked for each account.
    """
    looked = 0
    silent: dict[str, bool] = {}
    for action_id, account in due_verifications():
        platform = account.platform
        if only not in (None, platform):
            continue
        if silent.setdefault(platform, not may_begin(platform, PlatformTask.CHECKS)):
            continue
        with contained(platform, PlatformTask.CHECKS) as attempt:
            observation = adapter_for(platform).observe(account)
            if record_verification(action_id, observation, actor=SYSTEM) is VerificationResult.CONTRADICTED:
                log_of_verify.warning("account_not_as_decided", action=action_id, observed=observation.state)
            looked += 1
        # An unusable answer may concern only this account, so the others are still verified.
        silent[platform] = attempt.silent or (attempt.faulty and not may_begin(platform, PlatformTask.CHECKS))
    return looked


log_of_carry_out = structlog.get_logger("jaga.carry_out")
_FOUND = N_("The account was found.")
_MISSING = N_("There is no such account on the platform.")
_UNCLEAR = N_("It could not be seen what state the account is in.")
_TOLD = N_("The holder has the letter since the account was restricted.")
_PRESERVED = N_("Profile and public messages were sealed.")
_ESSENTIAL = frozenset({Step.OBSERVE, Step.REDACT, Step.CLOSE, Step.RESTORE})
_TOLERANCE = timedelta(seconds=1)  # between the clocks of the database, which starts jobs, and of this process


def carry_out(case_id: int) -> None:
    """Carry out every due action of the case, and make sure that later ones have a job.

    Accounts with the fewest attempts come first, so that a fault which ends the job still lets the others run.
    """
    tasks = sorted(attempts.open_tasks(case_id), key=lambda task: task.attempts)
    for account in dict.fromkeys(task.account for task in tasks):
        _work_on(account, case_id)
    _defer_next(case_id)


def _work_on(account: Account, case_id: int) -> None:
    """Carry out the account's actions in order, up to the first that must wait or is stuck."""
    with place_on(account.platform, Work.ACTIONS) as free:
        if not free:
            _come_again(case_id)
            return
        _in_turn(account, case_id)


def _come_again(case_id: int) -> None:
    """Defer the job again, for longer if many are waiting, so that jobs of other platforms run in between."""
    seconds = random.uniform(0.2, 1.0) * (1 + jobs_waiting(CARRY_OUT) / 50)  # noqa: S311 - spreads, protects nothing
    defer(CARRY_OUT, lock=f"case:{case_id}", at=now() + timedelta(seconds=min(seconds, 30)), case_id=case_id)


def _in_turn(account: Account, case_id: int) -> None:
    with turn_on(account) as turn:
        if turn is None:
            _come_again(case_id)
            return
        # Read again: the previous holder of the lock may have worked on these actions.
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


def _defer_next(case_id: int) -> None:
    """Defer a job for the next action that is not yet due, since its own job may have been brought forward."""
    later = [task.not_before for task in attempts.open_tasks(case_id) if task.not_before and not _is_due(task)]
    if later and not has_job(CARRY_OUT, case_id, running=False):
        defer(CARRY_OUT, lock=f"case:{case_id}", at=min(later), case_id=case_id)


def _perform(task: Task, turn: PlatformTurn) -> ActionState:
    if task.kind is ActionKind.RESTORE and attempts.superseded(task.action_id, actor=SYSTEM):
        return ActionState.ENDED
    try:
        attempts.start_attempt(task.action_id, actor=SYSTEM)
    except IllegalTransition:  # ended by a person, or expired, meanwhile
        return ActionState.ENDED
    platform = task.account.platform
    step, taken, observation = Step.OBSERVE, list[Taken](), None
    try:
        adapter = adapter_for(platform)
        if by_notice(adapter):
            step = Step.ASK
            authorisation.require_decision(task)
            turn.still_ours()
            state = ask(task, adapter)
            circuit_breaker.record_answer(platform)
            return state
        if not can_act(adapter):
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
            observation = result.observation
            if _records_with_the_next(step, task, result):
                taken.append((step, result))
                continue
            _record(task, taken, step, result)
            if result.kind is OutcomeKind.UNKNOWN:
                return attempts.attempt_failed(task.action_id, result.kind, actor=SYSTEM)
            if _needs_a_person(step, task, result):
                circuit_breaker.record_answer(platform)
                return attempts.mark_stuck(task.action_id, result.kind, actor=SYSTEM)
        if taken:
            _record(task, taken, *taken.pop())
        if task.tells_only:
            circuit_breaker.record_answer(platform)
            return attempts.finish_announcement(task.action_id, actor=SYSTEM)
        observation = observation or _last_observation(task, adapter)
    except TurnLost:
        raise
    except NotAuthorised as refused:
        return _refuse(task, taken, step, refused)
    except PlatformUnreachable as silent:
        return _failed(task, taken, step, silent, not_before=_note_silence(platform, silent))
    except JagaError as failed:  # for example a configuration error, which may be fixed by the next attempt
        return _failed(task, taken, step, failed)
    circuit_breaker.record_answer(platform)
    if verification.record_verification(task.action_id, observation, actor=SYSTEM) is VerificationResult.CONFIRMED:
        return ActionState.DONE
    return attempts.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, actor=SYSTEM)


def _steps(task: Task) -> tuple[Step, ...]:
    """The steps of the action. If the platform cannot restrict, a closure is only announced, after preservation."""
    steps = STEPS[task.kind]
    return tuple(step for step in steps if step is not Step.RESTRICT) if task.tells_only else steps


def _last_observation(task: Task, adapter: PlatformPort) -> AccountObservation:
    """Observe the account, again for as long as the platform's observations may lag behind."""
    wanted = WANTED[task.kind]
    return observe_within(
        adapter.capabilities().lag,
        lambda: adapter.observe(task.account),
        lambda observation: wanted in (None, observation.state),
    )


def _preserve(task: Task, adapter: PlatformPort, taken: list[Taken]) -> None:
    """Seal profile and public messages, record that with the steps in `taken`, and clear the list."""
    materials = adapter.preserve(task.account)
    done = Step.PRESERVE, StepResult(OutcomeKind.DONE, _PRESERVED)
    attempts.record_material(task.action_id, materials, taken=(*taken, done), actor=SYSTEM)
    taken.clear()


def _record(task: Task, taken: list[Taken], step: Step, result: StepResult) -> None:
    """Record this step together with the earlier no-op steps in `taken`, and clear the list."""
    attempts.record_step(task.action_id, step, result, before=tuple(taken), actor=SYSTEM)
    taken.clear()


def _refuse(task: Task, taken: list[Taken], step: Step, refused: NotAuthorised) -> ActionState:
    """Mark an unauthorised action stuck; log and health check report it.

    One that ended meanwhile, for example a restriction whose closure came first, is no fault.
    """
    if taken:
        _record(task, taken, *taken.pop())
    state = authorisation.refuse_action(task.action_id, refused, step, actor=SYSTEM)
    report = log_of_carry_out.error if state is ActionState.STUCK else log_of_carry_out.info
    report(
        "action_not_authorised",
        action=task.action_id,
        case=task.case_id,
        lacking=refused.lacking.value,
        state=state.value,
    )
    return state


def _failed(
    task: Task, taken: list[Taken], step: Step, failed: JagaError, not_before: datetime | None = None
) -> ActionState:
    _record(
        task, taken, step, StepResult(OutcomeKind.UNKNOWN, failed.sentence, (RouteObservation("answer", _why(failed)),))
    )
    return attempts.attempt_failed(task.action_id, OutcomeKind.UNKNOWN, not_before=not_before, actor=SYSTEM)


def _note_silence(platform: str, silent: PlatformUnreachable) -> datetime | None:
    if isinstance(silent, PlatformFault):
        record_failure(platform, PlatformTask.ACTIONS, silent, actor=SYSTEM)
    log_silence(platform, silent)
    return circuit_breaker.record_silence(platform, _why(silent), retry_after=silent.retry_after)


def _why(failed: JagaError) -> str:
    return str(failed.params.get("why") or failed.code)


def _take(step: Step, task: Task, adapter: PlatformPort) -> StepResult:
    account = task.account
    match step:
        case Step.OBSERVE:
            if refused := refused_by_name(account, adapter):
                return refused
            observation = adapter.observe(account)
            if observation.state is AccountState.MISSING:
                return StepResult(OutcomeKind.REFUSED, _MISSING, observation.readings)
            if observation.state is AccountState.UNKNOWN:
                return StepResult(OutcomeKind.UNKNOWN, _UNCLEAR, observation.readings)
            return StepResult(OutcomeKind.DONE, _FOUND, observation.readings)
        case Step.RESTRICT:
            return adapter.restrict(account)
        case Step.DELIVER:
            can = adapter.capabilities().can(step)  # an adapter that cannot deliver needs neither lookup
            if can and attempts.holder_was_informed(task.action_id):
                return StepResult(OutcomeKind.ALREADY, _TOLD)
            text, key = attempts.holder_text(task.action_id) if can else ("", "")
            return adapter.deliver(account, text, key)
        case Step.REDACT:
            return adapter.redact(account, task.rooms)
        case Step.CLOSE:
            return adapter.close(account)
        case Step.RESTORE:
            return adapter.restore(account)
        case Step.PRESERVE | Step.ASK:  # these are not a single call with a result
            raise WrongKindOfPlatform(platform=account.platform)


def _records_with_the_next(step: Step, task: Task, result: StepResult) -> bool:
    """Whether the step changed nothing and the attempt goes on, so that it can be recorded with the next step.

    A step that may have changed something is recorded at once.
    """
    if result.kind is OutcomeKind.UNKNOWN or _needs_a_person(step, task, result):
        return False
    return step is Step.OBSERVE or result.kind is OutcomeKind.IMPOSSIBLE


def _needs_a_person(step: Step, task: Task, result: StepResult) -> bool:
    """Whether a person must look before anything more is done.

    A refusal always ends the attempt. A step the platform lacks (*impossible*) ends it only if it is the purpose of the
    action: a closure goes on if the account cannot be restricted first, or can no longer be notified.
    """
    if result.kind is OutcomeKind.REFUSED:
        return True
    return result.kind is OutcomeKind.IMPOSSIBLE and (step in _ESSENTIAL or step.value == task.kind.value)
