"""What two people agree to close is restricted first: the holder has the letter, and time to read it.

The restriction is a decision of its own, which rests on the two votes that wait (`Decision.awaits`). It says when the
account will be closed, opens an appeal, and counts for nothing else: no strike, and no letter to whoever reported.
Where the closure is taken back it is lifted; where it is made the closure takes over. Where a platform can deliver a
letter and not restrict, its holder is told only, and the closure follows when it can no longer be undone.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from jaga.casework.cases.letters import Closing, whole_minute, write_statement
from jaga.casework.kernel.jobs import CARRY_OUT, promise
from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.vote_commitments import decision_commitment
from jaga.casework.withdrawals.lifting import lift
from jaga.core.actors import Actor
from jaga.core.terms import OPEN_ACTION_STATES, ActionKind, AppealState, Channel, DecisionKind, Step
from jaga.policy import PolicyRelease
from jaga.policy.limits import LONGEST_HELD_DAYS, UNDO_DISMISSAL_SECONDS
from jaga.records.models import Action, Appeal, Case, Decision, PendingCommit, Subject

HELD_AT_MOST = timedelta(days=LONGEST_HELD_DAYS)
_BEFORE_DUE = timedelta(minutes=1)  # what is left for the commit itself
_NONE = timedelta(0)


def undo_time(release: PolicyRelease, *, final: bool) -> timedelta:
    """How long a decision can be undone at least: seconds where it is a dismissal, not `final`. A practice may be told
    less, to the second."""
    seconds = settings.COMMIT_DELAY_SECONDS
    if settings.PRACTICE and settings.BY_HAND_SECONDS and seconds is not None and settings.STORY_OVER.exists():
        seconds = settings.BY_HAND_SECONDS
    given = None if seconds is None else timedelta(seconds=seconds)
    if not final:
        usual = timedelta(seconds=UNDO_DISMISSAL_SECONDS)
        return usual if given is None else min(given, usual)
    return timedelta(minutes=release.enforcement.commit_delay_minutes) if given is None else given


def reading_time(kind: DecisionKind, release: PolicyRelease) -> timedelta:
    """How long lies between the letter and the closure. A practice that is told a shorter undo reads no longer."""
    if kind is not DecisionKind.CLOSE:
        return _NONE
    shortened = settings.PRACTICE and settings.COMMIT_DELAY_SECONDS is not None
    return _NONE if shortened else release.enforcement.reading_time


def commit_moment(case: Case, accounts: Sequence[Subject], kind: DecisionKind, release: PolicyRelease,
                  moment: datetime, *, redacts: bool, final: bool = True) -> tuple[datetime, timedelta]:
    """When what was agreed on at `moment` is made, and how long its holders read before the closure.

    Never before it could be undone for long enough. The reading time is cut only to the end of a legal clock that the
    restriction does not meet (messages that are to be removed stay in sight meanwhile). An account that cannot be
    restricted waits for nothing but the undo; others of the case are then closed by the worker after their reading.
    """
    undo, reading = undo_time(release, final=final), reading_time(kind, release)
    if reading and (redacts or not clock_is_met(case, release)):
        reading = min(reading, case.due_at - _BEFORE_DUE - moment)
    reading = max(reading, undo) if reading else _NONE
    able = all(can(account, Step.RESTRICT) for account in accounts)
    return moment + (max(undo, reading) if able else undo), reading


def closing_of(case: Case, account: Subject, kind: DecisionKind, release: PolicyRelease, moment: datetime, *,
               redacts: bool) -> Closing | None:
    """What the letter would say of a closure that two people agreed on at `moment`; None where none goes before it."""
    commit_at, _ = commit_moment(case, [account], kind, release, moment, redacts=redacts)
    if kind is not DecisionKind.CLOSE or commit_at <= moment or not _is_told(account):
        return None
    return Closing(whole_minute(commit_at), announced=not can(account, Step.RESTRICT))


def _is_told(account: Subject) -> bool:
    """Whether anything goes before a closure on its platform."""
    return can(account, Step.RESTRICT) or (can(account, Step.DELIVER) and not account.platform.by_notice)


def can(account: Subject, step: Step) -> bool:
    """Whether the account's platform declares that it can do this."""
    return bool(account.platform.capabilities.get(step, {}).get("supported"))


def clock_is_met(case: Case, release: PolicyRelease) -> bool:
    """Whether a restriction meets the clock of every report of the case."""
    channels = set(case.reports.values_list("channel", flat=True)) or {case.channel}
    return all(release.restriction_meets(Channel(channel), urgent=case.urgent) for channel in channels)


def restrict_first(pending: PendingCommit, accounts: Sequence[Subject], release: PolicyRelease, *,
                   actor: Actor) -> bool:
    """Restrict the accounts of a closure that waits, with letter and appeal, in the transaction of the last vote.

    Returns whether anything was promised: an account whose platform can neither restrict nor deliver is left alone.
    """
    case, vote, other = pending.case, pending.vote, pending.other
    assert other is not None  # a closure rests on two
    held = [account for account in accounts if _is_told(account)]
    for account in held:
        made = Decision.objects.create(
            case=case, subject=account, kind=DecisionKind.RESTRICT, provisional=True, awaits=pending,
            legal_basis=vote.legal_basis, ground=vote.ground, facts=vote.facts,
            ends_at=pending.commit_at + HELD_AT_MOST,
            automated_detection=case.signals.exists() or case.resemblances.exists(), policy_hash=release.hash,
            decided_by_id=vote.person_id, seconded_by_id=other.person_id, decided_at=pending.made_at)
        Action.objects.create(decision=made, kind=ActionKind.RESTRICT, created_at=pending.made_at)
        write_statement(made)
        bound = decision_commitment(made.pk, made.kind, made.subject_id, vote.person_id, None, made.ends_at)
        enter("restrict_first", {"decision": made.pk, "commit": pending.pk, "policy": release.hash,
                                 "subject": made.subject_id, "commitment": bound}, actor=actor, case_id=case.pk)
    if held:
        promise(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    if accounts and all(can(account, Step.RESTRICT) for account in accounts) and clock_is_met(case, release):
        case.met_at = pending.made_at
        case.save(update_fields=["met_at"])
    return bool(held)


def let_held_go(pending: PendingCommit, case: Case, *, actor: Actor) -> None:
    """Lift what was restricted before a closure that was taken back; `case` is locked, and the waiting has ended."""
    if case.met_at is not None:
        case.met_at = None
        case.save(update_fields=["met_at"])
    for decision in pending.held.filter(overturned_by__isnull=True).select_related("subject__platform"):
        lift(decision, case, actor=actor)


def take_over(pending: PendingCommit, case: Case, *, actor: Actor) -> None:
    """The closure was made: what is still open before it ends, so that nothing waits behind it. An appeal that nobody
    has decided goes on against the closure."""
    for decision in pending.held.filter(overturned_by__isnull=True).select_related("subject__platform"):
        closure = Decision.objects.filter(case=case, subject=decision.subject_id, kind=DecisionKind.CLOSE).first()
        if closure is None:  # no longer part of the case
            lift(decision, case, actor=actor)
            continue
        Appeal.objects.filter(decision=decision, state=AppealState.OPEN).update(decision=closure)
        if decision.actions.filter(state__in=OPEN_ACTION_STATES).exists():
            lift(decision, case, actor=actor)
