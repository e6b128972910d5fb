"""Hearings: in some categories the account holder is asked before anything is decided (`limits.ANSWER_FIRST`).

A person asks; the worker delivers the letter (`decisions.jobs`). The time to answer starts when the platform confirms
delivery. Until it ends only dismissal can be decided, which `permitted` and the database enforce. If the letter cannot
be delivered, it never starts. Nobody can vote without having seen the answers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from jaga.cases.models.cases import Case
from jaga.cases.verbs.accounts import is_resolved
from jaga.cases.verbs.letters import appeal_link
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, IllegalTransition, NotFound
from jaga.core.platforms import Account
from jaga.core.terms.people import Language, Role
from jaga.decisions.models import Hearing, HearingAnswer
from jaga.decisions.reads import can_deliver_letters, takes_answers
from jaga.policy.limits import ANSWER_FIRST
from jaga.policy.release import load_release
from jaga.queue.verbs.assignment import leave, lift_for_news
from jaga.store.codes import appeal_hash, hearing_code
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people, require_eligible
from jaga.store.kernel.validation import required_text
from jaga.store.reads import host_name

HOLD = "hearing"
"""The reason of a snooze while the holder has time to answer."""
MIN_TEXT = 10


class CannotBeAsked(Conflict):
    """Delivery of the letter could not be observed, so the time to answer could never start."""

    code = "cannot_be_asked"
    sentence = N_(
        "The holder cannot be asked: this platform delivers no letters of ours, or the account is known by a "
        "name alone."
    )
    remedy = N_("Reject the report, and tell the reporter to ask the app's own help.")


class HolderAskedBefore(Conflict):
    """A holder is asked once in a case."""

    code = "already_asked"
    sentence = N_("The holder of this account has been asked already.")
    remedy = N_("Look at the case: the letter, its delivery and the answers stand there.")


class AnswerUnread(Conflict):
    """The holder has written an answer that the voter has not seen."""

    code = "answer_unread"
    sentence = N_("The account holder has written something that is not on your page, so nothing was decided.")
    remedy = N_("Read the answer, then send your decision again. Your text is kept on the page.")


class NoMoreAnswers(Conflict):
    """The case is being decided, or the limit of answers is reached."""

    code = "no_more_answers"
    sentence = N_("Nothing more can be added here.")
    remedy = N_("If something is decided about your account, you get a letter, and can appeal.")


@dataclass(frozen=True)
class LetterDelivery:
    """A letter for the worker to deliver. `key` identifies the delivery, so that a repeat sends nothing twice."""

    case_id: int
    account: Account
    attempts: int
    text: str
    key: str


@transaction.atomic
def ask_holder(case_id: int, *, actor: Actor) -> int:
    """Ask the holder of the reported account, and snooze the case until the time to answer ends; returns the hearing's
    id.

    A question is not a vote. Raises NotPermitted, NotFound, IllegalTransition, HolderAskedBefore, CannotBeAsked,
    LeaseTaken.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    case, release = locked_case(case_id, actor=actor), load_release()
    require_eligible(case, person)
    rule = release.answer_first(case.category)
    if case.category not in ANSWER_FIRST or rule is None or CaseState(case.state) is not CaseState.IN_REVIEW:
        raise IllegalTransition
    if Hearing.objects.filter(case=case).exists():
        raise HolderAskedBefore
    if not (
        can_deliver_letters(case)
        and is_resolved(case.subject)
        and release.category(case.category).is_on(case.subject.platform.name)
    ):
        raise CannotBeAsked
    leave(case, person)
    row = Hearing(
        case=case,
        asked_by_id=person,
        asked_at=now(),
        days=max(rule.days, ANSWER_FIRST[case.category]),
        code_hash=appeal_hash(hearing_code(case.pk)),
    )
    row.save(force_insert=True)
    _set_aside(case, row.asked_at + timedelta(days=row.days))
    append("ask_holder", {"hearing": row.pk, "days": row.days}, actor=actor, case_id=case.pk)
    return row.pk


def _set_aside(case: Case, until: datetime) -> None:
    """Snooze the case while only dismissal could be decided, at most until its deadline."""
    until = min(until, case.due_at)
    if until > now():
        case.snoozed_until, case.snoozed_by, case.snooze_reason = until, None, HOLD
        case.save(update_fields=["snoozed_until", "snoozed_by", "snooze_reason"])


def letters_to_deliver() -> tuple[LetterDelivery, ...]:
    """Letters due for delivery, oldest first."""
    rows = Hearing.objects.filter(
        delivered_at__isnull=True, stuck_at__isnull=True, case__state=CaseState.IN_REVIEW
    ).select_related("case__subject__platform__operator")
    return tuple(
        LetterDelivery(row.case_id, _account(row.case), row.attempts, _letter(row), f"hearing-{row.case_id}")
        for row in rows.order_by("asked_at")
        if row.next_attempt_at is None or row.next_attempt_at <= now()
    )


def _account(case: Case) -> Account:
    return Account(case.subject.platform.name, case.subject.account_id, case.subject.handle)


def _letter(row: Hearing) -> str:
    release, subject = load_release(), row.case.subject
    return "\n\n".join(
        release.letter("hearing", language)
        .render(
            reference=row.case.reference,
            platform=subject.platform.display_name,
            appeal_link=appeal_link(),
            appeal_code=hearing_code(row.case_id),
            days=str(row.days),
            helplines=release.helplines(language),
            host=host_name() or subject.platform.operator.name,
        )
        .text
        for language in Language
    )


@transaction.atomic
def record_delivery(case_id: int, *, actor: Actor) -> None:
    """Record the observed delivery, which starts the time to answer. Idempotent. Raises NotFound."""
    row, case = _locked(case_id, actor)
    if row.delivered_at is not None:
        return
    row.delivered_at, row.stuck_at, row.next_attempt_at, row.why = now(), None, None, ""
    row.answer_until = row.delivered_at + timedelta(days=row.days)
    row.save()
    if case.snoozed_until is not None and case.snooze_reason == HOLD:
        _set_aside(case, row.answer_until)
    append(
        "deliver_hearing",
        {"hearing": row.pk, "answer_until": row.answer_until.isoformat()},
        actor=actor,
        case_id=case.pk,
    )


@transaction.atomic
def record_no_delivery(case_id: int, why: str, *, final: bool, actor: Actor) -> None:
    """Record a failed delivery; the time to answer does not start. Raises NotFound.

    It is retried by the policy. If the failure is `final`, or after the last attempt, the case returns to its queue for
    a person.
    """
    row, case = _locked(case_id, actor)
    if row.delivered_at is not None or row.stuck_at is not None:
        return
    retries = load_release().enforcement.retries
    row.attempts, row.why = row.attempts + 1, why[:200]
    if final or row.attempts >= retries.attempts:
        row.stuck_at, row.next_attempt_at = now(), None
        if case.snooze_reason == HOLD:
            lift_for_news(case)
        append("hearing_not_delivered", {"hearing": row.pk, "attempts": row.attempts}, actor=actor, case_id=case.pk)
    else:
        row.next_attempt_at = now() + retries.wait(row.attempts)
    row.save()


@transaction.atomic
def retry_hearing(case_id: int, *, actor: Actor) -> None:
    """Retry a letter that could not be delivered. Raises NotPermitted, NotFound, IllegalTransition."""
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    case = locked_case(case_id, actor=actor)
    require_eligible(case, person)
    row = Hearing.objects.select_for_update().filter(case=case).first()
    if row is None or row.stuck_at is None:
        raise IllegalTransition
    row.stuck_at, row.attempts, row.why = None, 0, ""
    row.save()
    append("retry_hearing", {"hearing": row.pk}, actor=actor, case_id=case.pk)


@transaction.atomic
def answer_hearing(code: str, text: str, *, actor: Actor) -> int:
    """Store an answer of the holder; returns the number of answers.

    The case returns to its queue at once.

    Raises NotFound for a wrong code, NoMoreAnswers, InvalidInput (`text`).
    """
    row = Hearing.objects.filter(code_hash=appeal_hash(code)).first()
    if row is None:
        raise NotFound
    row, case = _locked(row.case_id, actor)
    answer = required_text("text", text, least=MIN_TEXT, needed=N_("Answer in a few words."))
    if not takes_answers(row, case):
        raise NoMoreAnswers
    HearingAnswer.objects.create(hearing=row, text=answer, written_at=now())
    if case.snooze_reason == HOLD:
        lift_for_news(case)
    append("answer_hearing", {"hearing": row.pk}, actor=actor, case_id=case.pk)
    return row.answers.count()


def require_read(case: Case, answers: int | None) -> None:
    """Raise AnswerUnread if the voter has not seen all `answers` of the holder of a locked case."""
    if case.category in ANSWER_FIRST:
        written = HearingAnswer.objects.filter(hearing__case=case).count()
        if written and answers != written:
            raise AnswerUnread


def _locked(case_id: int, actor: Actor) -> tuple[Hearing, Case]:
    case = locked_case(case_id, actor=actor)
    row = Hearing.objects.select_for_update().filter(case=case).first()
    if row is None:
        raise NotFound
    return row, case
