"""Restricting an account before its closure, so that the holder can read the letter and appeal (ADR 0066).

The restriction is a separate decision that rests on the same two votes (`Decision.awaits`). It announces the closure,
opens an appeal, and counts neither as a strike nor as an outcome for reporters. It is released if the closure is taken
back, and replaced when the closure is made. If a platform can deliver a letter but not restrict, the closure is only
announced, and follows after the undo window.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from jaga.casework.cases.letters import Closing, whole_minute, write_statement
from jaga.casework.kernel.jobs import CARRY_OUT, defer
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.vote_commitments import decision_commitment
from jaga.casework.withdrawals.lifting import lift
from jaga.core.actors import Actor
from jaga.core.terms.actions import OPEN_ACTION_STATES, ActionKind, Step
from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.reports import Channel
from jaga.policy import PolicyRelease
from jaga.policy.limits import LONGEST_HELD_DAYS, UNDO_DISMISSAL_SECONDS
from jaga.records.models import Action, Appeal, Case, Decision, PendingDecision, Subject

HELD_AT_MOST = timedelta(days=LONGEST_HELD_DAYS)
_BEFORE_DUE = timedelta(minutes=1)  # time left for the commit itself
_NONE = timedelta(0)


def undo_time(release: PolicyRelease, *, final: bool) -> timedelta:
    """The undo window; short for a dismissal (`final=False`). A practice installation can shorten it."""
    seconds = settings.UNDO_WINDOW_SECONDS
    if settings.PRACTICE and settings.BY_HAND_SECONDS and seconds is not None and settings.STORY_OVER.exists():
        seconds = settings.BY_HAND_SECONDS
    given = None if seconds is None else timedelta(seconds=seconds)
    if not final:
        usual = timedelta(seconds=UNDO_DISMISSAL_SECONDS)
        return usual if given is None else min(given, usual)
    return timedelta(minutes=release.enforcement.undo_window_minutes) if given is None else given


def reading_time(kind: DecisionKind, release: PolicyRelease) -> timedelta:
    """The time between letter and closure; zero on a practice installation with a shortened undo window."""
    if kind is not DecisionKind.CLOSE:
        return _NONE
    shortened = settings.PRACTICE and settings.UNDO_WINDOW_SECONDS is not None
    return _NONE if shortened else release.enforcement.reading_time


def decision_moment(
    case: Case,
    accounts: Sequence[Subject],
    kind: DecisionKind,
    release: PolicyRelease,
    moment: datetime,
    *,
    redacts: bool,
    final: bool = True,
) -> tuple[datetime, timedelta]:
    """When a decision agreed at `moment` commits, and the reading time of the holders.

    The commit is never before the undo window ends. Reading time is cut to a legal deadline that the restriction does
    not meet (messages to be removed stay visible meanwhile). If an account cannot be restricted, only the undo window
    applies; the worker closes other accounts of the case after their reading time.
    """
    undo, reading = undo_time(release, final=final), reading_time(kind, release)
    if reading and (redacts or not clock_is_met(case, release)):
        reading = min(reading, case.due_at - _BEFORE_DUE - moment)
    reading = max(reading, undo) if reading else _NONE
    able = all(can(account, Step.RESTRICT) for account in accounts)
    return moment + (max(undo, reading) if able else undo), reading


def closing_of(
    case: Case, account: Subject, kind: DecisionKind, release: PolicyRelease, moment: datetime, *, redacts: bool
) -> Closing | None:
    """The closure that a letter would announce if agreed at `moment`; None if nothing precedes it."""
    undo_until, _ = decision_moment(case, [account], kind, release, moment, redacts=redacts)
    if kind is not DecisionKind.CLOSE or undo_until <= moment or not _is_restricted_first(account):
        return None
    return Closing(whole_minute(undo_until), announced=not can(account, Step.RESTRICT))


def _is_restricted_first(account: Subject) -> bool:
    """Whether the platform can restrict the account or notify its holder before a closure."""
    return can(account, Step.RESTRICT) or (can(account, Step.DELIVER) and not account.platform.by_notice)


def can(account: Subject, step: Step) -> bool:
    """Whether the account's platform supports this step."""
    return bool(account.platform.capabilities.get(step, {}).get("supported"))


def clock_is_met(case: Case, release: PolicyRelease) -> bool:
    """Whether a restriction meets the legal deadline of every report of the case."""
    channels = set(case.reports.values_list("channel", flat=True)) or {case.channel}
    return all(release.restriction_meets(Channel(channel), urgent=case.urgent) for channel in channels)


def restrict_first(
    pending: PendingDecision, accounts: Sequence[Subject], release: PolicyRelease, *, actor: Actor
) -> bool:
    """Restrict the accounts of a pending closure, with letter and appeal, in the transaction of the last vote.

    Accounts whose platform can neither restrict nor deliver a letter are skipped. Returns whether any account was
    included.
    """
    case, vote, other = pending.case, pending.vote, pending.other
    assert other is not None  # a closure has two votes
    held = [account for account in accounts if _is_restricted_first(account)]
    for account in held:
        made = Decision.objects.create(
            case=case,
            subject=account,
            kind=DecisionKind.RESTRICT,
            provisional=True,
            awaits=pending,
            legal_basis=vote.legal_basis,
            ground=vote.ground,
            facts=vote.facts,
            ends_at=pending.undo_until + HELD_AT_MOST,
            automated_detection=case.signals.exists() or case.ban_evasion_matches.exists(),
            policy_hash=release.hash,
            decided_by_id=vote.person_id,
            seconded_by_id=other.person_id,
            decided_at=pending.made_at,
        )
        Action.objects.create(decision=made, kind=ActionKind.RESTRICT, created_at=pending.made_at)
        write_statement(made)
        bound = decision_commitment(made.pk, made.kind, made.subject_id, vote.person_id, None, made.ends_at)
        append(
            "restrict_first",
            {
                "decision": made.pk,
                "pending": pending.pk,
                "policy": release.hash,
                "subject": made.subject_id,
                "commitment": bound,
            },
            actor=actor,
            case_id=case.pk,
        )
    if held:
        defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    if accounts and all(can(account, Step.RESTRICT) for account in accounts) and clock_is_met(case, release):
        case.met_at = pending.made_at
        case.save(update_fields=["met_at"])
    return bool(held)


def lift_interim_restriction(pending: PendingDecision, case: Case, *, actor: Actor) -> None:
    """Release the accounts restricted for a closure that was taken back. `case` is locked."""
    if case.met_at is not None:
        case.met_at = None
        case.save(update_fields=["met_at"])
    for decision in pending.held.filter(overturned_by__isnull=True).select_related("subject__platform"):
        lift(decision, case, actor=actor)


def end_interim_restrictions(pending: PendingDecision, case: Case, *, actor: Actor) -> None:
    """After the closure, end open actions of the restriction before it. Open appeals move to the closure."""
    for decision in pending.held.filter(overturned_by__isnull=True).select_related("subject__platform"):
        closure = Decision.objects.filter(case=case, subject=decision.subject_id, kind=DecisionKind.CLOSE).first()
        if closure is None:  # the account was unlinked meanwhile
            lift(decision, case, actor=actor)
            continue
        Appeal.objects.filter(decision=decision, state=AppealState.OPEN).update(decision=closure)
        if decision.actions.filter(state__in=OPEN_ACTION_STATES).exists():
            lift(decision, case, actor=actor)
