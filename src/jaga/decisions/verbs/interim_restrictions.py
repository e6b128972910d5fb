"""Restricting an account before its closure, so that the holder can read the letter and appeal (ADR 0066).

The restriction is a separate decision that rests on the same two votes (`Decision.awaits`). It announces the closure,
opens an appeal, and counts neither as a strike nor as an outcome for reporters. It is released if the closure is taken
back, and replaced when the closure is made. If a platform can deliver a letter but not restrict, the closure is only
announced, and follows after the undo window.

Lifting a restriction, unless another decision still holds the account.

Taking back a pending decision before its commit, by a person or because of new information.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Action, Decision, Outcome, Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.decisions import RESTS, lifting_actions, only_announced
from jaga.cases.verbs.letters import Closing, whole_minute, write_statement
from jaga.cases.verbs.notice_dialogue import withdraw_of
from jaga.cases.verbs.state import finish_case, move_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.lifecycles import ACTION
from jaga.core.terms.cases import (
    OPEN_ACTION_STATES,
    AccountState,
    ActionKind,
    ActionState,
    AppealState,
    DecisionKind,
    OutcomeKind,
    PendingEnd,
    Step,
    UndoReason,
)
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Channel
from jaga.decisions.models import DecisionPause, PendingDecision, VoteWithdrawal
from jaga.decisions.reads import speaker_of
from jaga.people.models import Person
from jaga.policy.limits import LONGEST_HELD_DAYS, UNDO_DISMISSAL_SECONDS
from jaga.policy.release import PolicyRelease
from jaga.store.kernel.jobs import CARRY_OUT, defer
from jaga.store.kernel.ledger import append
from jaga.store.kernel.notification_mail import call_person
from jaga.store.kernel.row_bindings import decision_commitment

TOO_LATE = N_("The restriction's time was over before it could be carried out.")
SUCCEEDED = (OutcomeKind.DONE, OutcomeKind.ALREADY)
HOLDING = (DecisionKind.RESTRICT, DecisionKind.CLOSE)  # measures that affect the account holder


def held_by_another(decision: Decision, *, than: DecisionKind) -> bool:
    """Whether another decision in force, in any case, requires at least `than` of this account.

    Locks the account's row, so that of two decisions undone concurrently the later one sees the earlier one gone.
    """
    as_much = (DecisionKind.CLOSE,) if than is DecisionKind.CLOSE else HOLDING
    subject = Subject.objects.select_for_update().get(pk=decision.subject_id)
    in_force = Decision.objects.filter(subject=subject, kind__in=as_much, overturned_by__isnull=True).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=now())
    )
    in_force = in_force.exclude(provisional=True, case__decided_at__isnull=False)  # replaced by the case's own decision
    in_force = in_force.exclude(awaits__isnull=False, awaits__ended_at__isnull=False).exclude(only_announced())
    # A suspended measure holds nothing; a suspended closure holds the account as a restriction.
    in_force = (
        in_force.exclude(RESTS) if than is DecisionKind.CLOSE else in_force.exclude(RESTS, kind=DecisionKind.RESTRICT)
    )
    ended = Action.objects.filter(rest__isnull=True, state=ActionState.ENDED)
    return in_force.exclude(pk=decision.pk).exclude(pk__in=ended.values("decision_id")).exists()


def release_restriction(action: Action, case: Case) -> None:
    """Defer a restoration if an ended measure may have left the account held, unless another decision requires it.

    Runs in the caller's transaction. Restoring an account that is not held has no effect, since adapters observe first.
    """
    decision = action.decision
    # actions of a suspension are undone by its appeal or left to the measure
    measure = action.kind in (ActionKind.RESTRICT, ActionKind.CLOSE) and action.rest_id is None
    lifted = decision.actions.filter(kind=ActionKind.RESTORE).exists()
    if not measure or lifted or not _may_be_restricted(action) or held_by_another(decision, than=DecisionKind.RESTRICT):
        return
    Action.objects.create(decision=decision, kind=ActionKind.RESTORE, sequence=action.sequence + 1, created_at=now())
    defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)


def _may_be_restricted(action: Action) -> bool:
    """Whether the account may be held: it was restricted, the answer was lost, or the operator confirmed it unseen."""
    tried = action.outcomes.filter(step=Step.RESTRICT, kind__in=(*SUCCEEDED, OutcomeKind.UNKNOWN))
    claimed = action.outcomes.filter(step=Step.ASK, kind__in=SUCCEEDED)
    observed = action.verifications.order_by("-pk").values_list("observed", flat=True).first()
    return tried.exists() or (claimed.exists() and observed != AccountState.ACTIVE)


def lift(decision: Decision, case: Case, *, actor: Actor) -> bool:
    """Defer the lifting of a restriction, or end it if it was not carried out; returns whether anything was done.

    `case` is locked. Does nothing if it was lifted before or another decision holds the account.
    """
    if lifting_actions().filter(decision=decision).exists():
        return False
    for again in decision.actions.filter(kind=ActionKind.RESTRICT, rest__isnull=False, state__in=OPEN_ACTION_STATES):
        _end_unstarted(again)  # a resumed restriction whose time has ended before it was carried out
        withdraw_of(again, gettext(TOO_LATE), actor=actor)
    action = decision.actions.get(kind=ActionKind.RESTRICT, rest__isnull=True)
    if action.state in OPEN_ACTION_STATES:
        _end_unstarted(action)
        withdraw_of(action, gettext(TOO_LATE), actor=actor)
        release_restriction(action, case)
        _notify_of_cancellation(decision, action, case)
        append("restriction_over", {"decision": decision.pk, "carried_out": False}, actor=actor, case_id=case.pk)
        finish_case(case, actor)
        return True
    if held_by_another(decision, than=DecisionKind.RESTRICT):
        return False
    after = max(decision.actions.values_list("sequence", flat=True))
    Action.objects.create(decision=decision, kind=ActionKind.RESTORE, sequence=after + 1, created_at=now())
    defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    append("restriction_over", {"decision": decision.pk, "carried_out": True}, actor=actor, case_id=case.pk)
    return True


def _notify_of_cancellation(decision: Decision, action: Action, case: Case) -> None:
    """Notify a holder who was told of a closure that it was taken back, if the account was never restricted."""
    taken_back = decision.awaits is not None and decision.awaits.end not in ("", PendingEnd.COMMITTED)
    informed = hasattr(decision, "statement") and decision.statement.delivered_at is not None
    if taken_back and informed and not decision.actions.filter(kind=ActionKind.RESTORE).exists():
        Action.objects.create(
            decision=decision, kind=ActionKind.RESTORE, sequence=action.sequence + 1, created_at=now()
        )
        defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)


def _end_unstarted(action: Action) -> None:
    Outcome.objects.create(action=action, step=Step.RESTRICT, kind=OutcomeKind.IMPOSSIBLE, detail=TOO_LATE, at=now())
    action.state = ACTION.to(action.state, ActionState.ENDED)
    action.finished_at, action.next_attempt_at = now(), None
    action.save(update_fields=["state", "finished_at", "next_attempt_at"])


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


SPOKEN = (PendingEnd.VICTIM, PendingEnd.HEARD)
"""Ends of a pending decision caused by a message that anybody can send. Only the first in a case stops it."""


def halt_pending_decision(case: Case, why: PendingEnd, *, actor: Actor) -> bool:
    """Take back the pending decision of this locked case because of new information; returns whether there was one.

    The case returns to review at its old place in the queue, and its voters may vote again.
    """
    if case.state != CaseState.COMMITTING:
        return False
    pending = PendingDecision.objects.get(case=case, ended_at__isnull=True)
    cancel_pending_decision(case, pending, why)
    append("halt_decision", {"pending": pending.pk, "why": why}, actor=actor, case_id=case.pk)
    return True


def stop_for_word(case: Case, report: Report, why: PendingEnd, *, actor: Actor) -> None:
    """Handle a message from a reporter that no voter of the pending decision has read.

    `case` is locked.

    The first one in a case takes the decision back (`halt_pending_decision`). After that, and during a holder's reading
    time, the decision waits until a supervisor without a vote has read the message (`undo_window.resume_decision`), so
    that repeated messages cannot prevent a closure. A sender whose message was read for this decision does not delay it
    again.
    """
    if case.state != CaseState.COMMITTING:
        return
    pending = PendingDecision.objects.get(case=case, ended_at__isnull=True)
    reading = pending.reading and pending.made_at + timedelta(seconds=pending.undo) <= now()
    if not reading and not PendingDecision.objects.filter(case=case, end__in=SPOKEN).exists():
        halt_pending_decision(case, why, actor=actor)
        return
    read = DecisionPause.objects.filter(pending=pending).select_related("report")
    if any(wait.resumed_at is None or speaker_of(wait.report) == speaker_of(report) for wait in read):
        return
    make_wait(case, pending, report, why, actor=actor)


def make_wait(case: Case, pending: PendingDecision, report: Report, why: PendingEnd, *, actor: Actor) -> None:
    """Hold the pending decision until a supervisor without a vote has read this report, and notify them."""
    wait = DecisionPause.objects.create(pending=pending, report=report, at=now())
    append("start_undo_window", {"pending": pending.pk, "why": why}, actor=actor, case_id=case.pk)
    _call_supervisors(case, wait)


def _call_supervisors(case: Case, wait: DecisionPause) -> None:
    """Mail supervisors with an alarm address who have no vote. The mail says only that something is waiting."""
    voted = Vote.objects.filter(case=case).values("person_id")
    supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
    for person in supervisors.exclude(pk__in=voted).select_related("alarm_address"):
        call_person(
            person, f"commit-wait-{wait.pk}-person-{person.pk}", "/console/pending/", email=person.alarm_address.email
        )


def cancel_pending_decision(
    case: Case,
    pending: PendingDecision,
    end: PendingEnd,
    *,
    by: int | None = None,
    reason: UndoReason | None = None,
    note: str = "",
) -> None:
    """End a pending decision, withdraw all standing votes of its locked case, and return the case to review."""
    _end(case, pending, end, by=by, reason=reason, note=note)
    lift_interim_restriction(pending, case, actor=SYSTEM)
    move_case(case, CaseVerb.WITHDRAW)


def end_by_appeal(case: Case, pending: PendingDecision) -> None:
    """End a pending decision because the holder's appeal against the restriction succeeded.

    The caller moves the case and restores the account.
    """
    _end(case, pending, PendingEnd.APPEALED)
    case.met_at, case.decided_at = None, now()
    case.save(update_fields=["met_at", "decided_at"])
    append("halt_decision", {"pending": pending.pk, "why": PendingEnd.APPEALED}, actor=SYSTEM, case_id=case.pk)


def _end(
    case: Case,
    pending: PendingDecision,
    end: PendingEnd,
    *,
    by: int | None = None,
    reason: UndoReason | None = None,
    note: str = "",
) -> None:
    moment = now()
    pending.end, pending.ended_at, pending.ended_by_id = end, moment, by
    pending.reason, pending.note = reason or "", note
    pending.save(update_fields=["end", "ended_at", "ended_by", "reason", "note"])
    VoteWithdrawal.objects.bulk_create(
        VoteWithdrawal(vote=vote, pending=pending, at=moment) for vote in Vote.in_force.filter(case=case)
    )
