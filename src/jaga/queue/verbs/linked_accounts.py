"""Linking further accounts of the same holder to a case, by hand and with a reason.

Linking has no effect on an account. Nothing is read from it, kept, or done until votes name it
(`decisions.verbs.voting`).

Repeat cases: a dismissed matter is reported again with something new, at most one case a matter and day.

A repeat case is an ordinary case that refers to the dismissed one; its page marks what is new. If a person settled a
repeat of the same matter today, the next one is snoozed until tomorrow. Of repeats opened by one network's reports, ten
a day enter the queue, the others on later days. None waits beyond half of its own deadline. Urgent cases, reports of
authorities and flaggers, and anything about a victim never wait.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.cases.models.cases import Case, LinkedAccount, Subject
from jaga.cases.models.decisions import Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import takes_case
from jaga.cases.verbs.accounts import check_subject, find_subject, is_resolved
from jaga.cases.verbs.state import AlreadyVoted, locked_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotFound
from jaga.core.locators import is_stable
from jaga.core.platforms import STEPS
from jaga.core.terms.cases import ActionKind, DecisionKind, HelpReach, Step
from jaga.core.terms.people import Role
from jaga.core.terms.reports import FilingPriority, ReportForm, ReportRoute
from jaga.policy.limits import ANSWER_FIRST
from jaga.policy.local_time import day_of, start_of_day
from jaga.queue.verbs.assignment import lift_for_news
from jaga.queue.verbs.leases import require_free
from jaga.store.kernel.jobs import defer_triage
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_required

MAX_LINKED = 10  # each is judged individually
MAX_WHY = 1000
MIN_WHY = 15
# The two states behave alike, so that a refusal cannot reveal a sealed first vote.
_OPEN_TO_LINKS = (CaseState.IN_REVIEW, CaseState.SECOND_VOTE)
_ESSENTIAL = {DecisionKind.RESTRICT: Step.RESTRICT, DecisionKind.REDACT: Step.REDACT, DecisionKind.CLOSE: Step.CLOSE}


@dataclass(frozen=True)
class NewAccountLink:
    """The new link's id and the account's id, which votes name."""

    link_id: int
    subject_id: int


def accounts_of(case: Case) -> tuple[Subject, ...]:
    """The accounts that can be judged in this case: the reported one, then the linked ones in order.

    In a category where the holder is asked first, only the reported one.
    """
    if case.category in ANSWER_FIRST:
        return (case.subject,)
    rows = LinkedAccount.objects.filter(case=case, withdrawn_at__isnull=True).select_related("subject__platform")
    return (case.subject, *(row.subject for row in rows.order_by("pk")))


def possible_on(subject: Subject, kind: DecisionKind) -> bool:
    """Whether the account's platform can carry out this decision.

    Decisions without an effect there are always possible.

    Nothing is done to an account known only by a handle, since the handle may have passed to somebody else.
    """
    if (kind in _ESSENTIAL or kind is DecisionKind.PRESERVE) and not is_resolved(subject):
        return False
    if kind not in _ESSENTIAL:
        return True
    assert _ESSENTIAL[kind] in STEPS[ActionKind(kind.value)]
    return bool(subject.platform.capabilities.get(_ESSENTIAL[kind], {}).get("supported"))


@dataclass(frozen=True)
class UndoLoss:
    """What undoing a measure would not bring back on an account's platform (msgids), said before it is decided."""

    kind: DecisionKind
    reversible: bool
    items: tuple[str, ...]


@dataclass(frozen=True)
class JudgeableAccount:
    """One account of a case that can be judged, and what its platform can do to it."""

    subject_id: int
    account: str
    platform: str
    by_notice: bool
    reported: bool
    cannot: tuple[DecisionKind, ...]
    losses: tuple[UndoLoss, ...]
    help: HelpReach | None = None  # while it is restricted; None where it cannot be


@takes_case
def judgeable_accounts(case: Case, measures: Sequence[DecisionKind]) -> tuple[JudgeableAccount, ...]:
    """The accounts that can be judged here, each with what these measures would mean for it."""
    return tuple(
        JudgeableAccount(
            subject.pk,
            subject.account_id,
            subject.platform.display_name,
            subject.platform.by_notice,
            subject.pk == case.subject_id,
            tuple(kind for kind in measures if not possible_on(subject, kind)),
            tuple(
                _loss(subject.platform.capabilities.get(kind.value, {}), kind)
                for kind in measures
                if possible_on(subject, kind)
            ),
            _help(subject.platform.capabilities.get(Step.RESTRICT, {})) if DecisionKind.RESTRICT in measures else None,
        )
        for subject in accounts_of(case)
    )


def _help(declared: Mapping[str, Any]) -> HelpReach | None:
    return HelpReach(declared.get("help", HelpReach.UNKNOWN)) if declared.get("supported") else None


def _loss(declared: Mapping[str, Any], kind: DecisionKind) -> UndoLoss:
    return UndoLoss(kind, bool(declared.get("reversible", True)), tuple(declared.get("lost_on_undo", ())))


@transaction.atomic
def link_account(case_id: int, platform: str, account: str, why: str, *, actor: Actor) -> NewAccountLink:
    """Link another account of the same holder, on any platform.

    Reversible: `unlink_account`.

    Votes cast before do not include it. Raises NotPermitted, NotFound, AlreadyVoted (the reason could reveal how they
    judged), IllegalTransition outside review, LeaseTaken while somebody else works on the case, InvalidInput.
    """
    case, person = _undecided(case_id, actor)
    if case.category in ANSWER_FIRST:
        raise InvalidInput(
            FieldError(
                "account",
                "not_here",
                N_(
                    "Nothing is looked for here. Another account needs a report of its own, and its holder is asked "
                    "first."
                ),
            )
        )
    errors = check_required(
        "why",
        why,
        least=MIN_WHY,
        most=MAX_WHY,
        needed=N_("Say in at least %(least)s characters what ties them together."),
    )
    found, account_id = check_subject(platform, account, case.category, errors)
    subject = find_subject(found, account_id, account.strip(), by_handle=False)
    accounts = accounts_of(case)
    if subject in accounts:
        raise InvalidInput(FieldError("account", "already", N_("This account belongs to the case already.")))
    if len(accounts) > MAX_LINKED:
        raise InvalidInput(
            FieldError("account", "too_many", N_("At most %(most)s accounts can be added."), {"most": MAX_LINKED})
        )
    link = LinkedAccount.objects.create(case=case, subject=subject, why=why.strip(), added_by_id=person, added_at=now())
    append("link_account", {"link": link.pk, "subject": subject.pk}, actor=actor, case_id=case.pk)
    if not is_stable(found.stable_id, account_id):
        defer_triage(case.pk)  # triage looks up who owns the handle
    return NewAccountLink(link.pk, subject.pk)


@transaction.atomic
def unlink_account(case_id: int, link_id: int, *, actor: Actor) -> None:
    """Remove a linked account from the case.

    Reversible: link it again.

    Raises NotPermitted, NotFound, AlreadyVoted, IllegalTransition outside review, LeaseTaken.
    """
    case, _ = _undecided(case_id, actor)
    link = LinkedAccount.objects.filter(pk=link_id, case=case, withdrawn_at__isnull=True).first()
    if link is None:
        raise NotFound
    link.withdrawn_at = now()
    link.save(update_fields=["withdrawn_at"])
    append("unlink_account", {"link": link.pk, "subject": link.subject_id}, actor=actor, case_id=case.pk)


def _undecided(case_id: int, actor: Actor) -> tuple[Case, int]:
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if Vote.in_force.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    if case.state not in _OPEN_TO_LINKS:
        raise IllegalTransition
    require_free(case, person)
    return case, person


CARDS_OF_A_NETWORK = 10
"""Daily limit of repeat cases that only one network's reports opened."""
HOLD = "repeat"
"""The reason of a snooze set by the system."""
_MOST_NETWORKS = 50  # beyond this a case certainly has several networks
_DAY = timedelta(days=1)


def space_repeats(cases: Sequence[Case]) -> None:
    """Snooze locked, triaged repeat cases until their day, and end snoozes that are no longer needed.

    Called by triage. A case that people have seen in the queue is never snoozed again.
    """
    for case in cases:
        if case.repeats_id is None or (case.state != CaseState.RECEIVED and case.snooze_reason != HOLD):
            continue
        until = _waits_until(case)
        if until is None and case.snoozed_until is not None:
            lift_for_news(case)
        elif until is not None and case.snoozed_until is None:
            case.snoozed_until, case.snooze_reason = until, HOLD
            case.save(update_fields=["snoozed_until", "snooze_reason"])
            append("space_repeat", {"until": until.isoformat()}, actor=SYSTEM, case_id=case.pk)


def _waits_until(case: Case) -> datetime | None:
    if case.urgent or case.victim_first or case.flagged or case.reopens_id is not None or _has_precedence(case):
        return None
    midnight = _midnight(case.opened_at)
    days = max(int(_reviewed_since(case, midnight)), _days_over(case, midnight))
    until = min(midnight + days * _DAY, case.opened_at + (case.due_at - case.opened_at) / 2)
    return until if days and until > now() else None


def _midnight(moment: datetime) -> datetime:
    return start_of_day(day_of(moment))


def _has_precedence(case: Case) -> bool:
    people = (ReportForm.REPORT, ReportForm.OBSERVATION)
    return case.reports.filter(
        Q(priority=FilingPriority.URGENT)
        | Q(organisation__isnull=False)
        | ~Q(route=ReportRoute.ORDINARY)
        | ~Q(form__in=people)
    ).exists()


def _cards(before: Case) -> QuerySet[Case]:
    return Case.objects.filter(repeats__isnull=False, pk__lt=before.pk)


def _reviewed_since(case: Case, midnight: datetime) -> bool:
    """Whether a person settled a repeat of this matter since `midnight`."""
    return _cards(case).filter(subject=case.subject_id, category=case.category, decided_at__gte=midnight).exists()


def _days_over(case: Case, midnight: datetime) -> int:
    """By how many days the networks behind this case have exceeded their daily limit; the least of several."""
    speaking = case.reports.exclude(form=ReportForm.OBSERVATION)
    networks = list(speaking.values_list("network_key", flat=True).distinct()[:_MOST_NETWORKS])
    if not networks or None in networks:
        return 0
    opened = _cards(case).filter(opened_at__gte=midnight)
    return min(
        opened.filter(Exists(Report.objects.filter(case=OuterRef("pk"), network_key=network))).count()
        // CARDS_OF_A_NETWORK
        for network in networks
    )
