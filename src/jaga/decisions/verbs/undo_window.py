"""The undo window: an irreversible decision of two people is pending, and can be undone, until its commit (ADR 0035).

Before a closure the accounts are restricted, and their holders get the release's reading time
(`decisions.verbs.interim_restrictions`). Nothing else takes effect before the commit: no final action, strike,
notification or figure. A dismissal by one person is pending for seconds. The commit job is deferred in the transaction
of the last vote; a periodic task defers lost ones again.
"""

from django.db import transaction

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Vote
from jaga.cases.verbs.case_alarms import raise_case_alarms
from jaga.cases.verbs.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotPermitted
from jaga.core.terms.cases import CaseAlarmKind, DecisionKind, PendingEnd, UndoReason, VictimSay
from jaga.core.terms.people import Role
from jaga.decisions.models import DecisionPause, PendingDecision
from jaga.decisions.reads import new_statements_of
from jaga.decisions.verbs.interim_restrictions import (
    cancel_pending_decision,
    decision_moment,
    end_interim_restrictions,
    halt_pending_decision,
    restrict_first,
    undo_time,
)
from jaga.decisions.verbs.permitted import allowed_decisions, may_redact
from jaga.decisions.verbs.votes import Verdict, decide_as, withdraw_lapsed
from jaga.policy.release import PolicyRelease, load_release
from jaga.queue.verbs.linked_accounts import accounts_of
from jaga.signals.verbs.pictures import answer_pending_until
from jaga.signals.verbs.victim_protection import await_supervisor, may_lift
from jaga.store.kernel.jobs import COMMIT, defer
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people, require_eligible
from jaga.store.kernel.validation import required_text

MAX_NOTE = 1000
MIN_WHY = 15  # characters of a supervisor's reasons for letting a decision proceed


_VERBS = {CaseState.IN_REVIEW: CaseVerb.SET_ASIDE, CaseState.ADJUDICATION: CaseVerb.SETTLE}


class TooLateToUndo(Conflict):
    """The decision is committed, or nothing is pending any more."""

    code = "too_late_to_undo"
    sentence = N_("Nothing is waiting here, so nothing was undone.")
    remedy = N_("Look at the case. Where it is decided, only an appeal of the account holder brings it back.")


class NothingWaitsForYou(Conflict):
    """The decision proceeds already or was taken back."""

    code = "nothing_waits_for_you"
    sentence = N_("No decision of this case is waiting for a supervisor.")
    remedy = N_("Look at the case.")


class VotedHere(NotPermitted):
    """A voter cannot review what was said against the decision."""

    code = "voted_here"
    sentence = N_("You have voted in this case, so another supervisor lets the decision go on.")
    remedy = N_("Undo it if you think otherwise by now, or ask another supervisor.")


class Unread(Conflict):
    """Somebody wrote while the supervisor was reading."""

    code = "unread"
    sentence = N_("Somebody else has written meanwhile, so the decision waits on.")
    remedy = N_("Read what is new, then let it go on.")


class NotYoursToUndo(NotPermitted):
    """Only voters and supervisors can undo a pending decision."""

    code = "not_yours_to_undo"
    sentence = N_("Only its voters and supervisors can undo this decision.")
    remedy = N_("Tell one of them at once: it can be undone until its moment comes.")


def start_undo_window(
    case: Case, judged: Verdict, release: PolicyRelease, *, actor: Actor
) -> tuple[CaseState, tuple[int, ...]]:
    """Make the verdict on this locked case pending, restricting its accounts before a closure.

    Decides at once where a practice installation has no undo window. Runs in the transaction of the last vote; returns
    the state and the decisions' ids. Reversible until the commit: `undo_decision`.
    """
    moment = now()
    accounts = [account for account in accounts_of(case) if account.pk in judged.accounts]
    undo_until, reading = decision_moment(
        case, accounts, judged.kind, release, moment, redacts=bool(judged.rooms), final=judged.irreversible
    )
    pending = PendingDecision.objects.create(
        case=case,
        vote=judged.vote,
        other=judged.other,
        both=judged.both,
        adjudicated=judged.adjudicated,
        made_at=moment,
        undo_until=undo_until,
        reading=int(reading.total_seconds()),
        undo=int(undo_time(release, final=judged.irreversible).total_seconds()) if reading else 0,
    )
    state = move_case(case, _VERBS.get(CaseState(case.state), CaseVerb.AGREE))
    held = judged.victim is VictimSay.LIFT and await_supervisor(case, pending, actor=actor)
    if pending.undo_until <= moment and not held:
        return _make(case, pending, judged, release, actor)
    if judged.kind is DecisionKind.CLOSE:
        restrict_first(pending, accounts, release, actor=actor)
    _defer_at(pending)
    append(
        "agree_decision",
        {"pending": pending.pk, "undo_until": pending.undo_until.isoformat()},
        actor=actor,
        case_id=case.pk,
    )
    return state, ()


def _defer_at(pending: PendingDecision) -> None:
    # Its own lock, since jobs of one lock run in order: it must not delay triage of the case, nor a later round with a
    # shorter window.
    defer(COMMIT, lock=f"commit:{pending.pk}", at=pending.undo_until, pending_id=pending.pk)


def defer_pending_decision(pending_id: int) -> None:
    """Defer the commit of a pending decision again after its job was lost. Idempotent."""
    _defer_at(PendingDecision.objects.get(pk=pending_id))


@transaction.atomic
def make_pending_decision(pending_id: int, *, actor: Actor) -> bool:
    """Commit a pending decision whose window has ended; returns whether it was committed now.

    Idempotent.

    Before the window ends, the job is deferred again. The decision is held while a message waits for a supervisor
    (`pending_recall.stop_for_word`). If one of its votes no longer counts, or policy, platform or case no longer permit
    it, the case returns to review and supervisors get an alarm.
    """
    case = locked_case(PendingDecision.objects.values_list("case_id", flat=True).get(pk=pending_id), actor=actor)
    pending = PendingDecision.objects.select_related("vote", "other").get(pk=pending_id)
    if pending.ended_at is not None:
        return False
    if now() < pending.undo_until:
        _defer_at(pending)
        return False
    if answered := answer_pending_until(case):  # what follows from it may stop this decision
        defer(COMMIT, lock=f"commit:{pending.pk}", at=answered, pending_id=pending.pk)
        return False
    release, judged = load_release(), Verdict(pending.vote, pending.other, pending.both, pending.adjudicated)
    if lost := withdraw_lapsed([case], release, actor=actor):
        raise_case_alarms(lost, CaseAlarmKind.RETURNED, person=None)
        return False
    if _open_wait(pending) is not None:
        return False  # `resume_decision` defers it again
    if not _still_allowed(case, judged, release):
        halt_pending_decision(case, PendingEnd.NOT_ALLOWED, actor=actor)
        return False
    _make(case, pending, judged, release, actor)
    return True


def _make(
    case: Case, pending: PendingDecision, judged: Verdict, release: PolicyRelease, actor: Actor
) -> tuple[CaseState, tuple[int, ...]]:
    verb = CaseVerb.COMMIT_DISMISSAL if judged.kind is DecisionKind.DISMISS else CaseVerb.COMMIT
    made = decide_as(case, verb, judged, release, actor=actor)
    pending.end, pending.ended_at = PendingEnd.COMMITTED, now()
    pending.save(update_fields=["end", "ended_at"])
    end_interim_restrictions(pending, case, actor=actor)
    append("make_pending_decision", {"pending": pending.pk, "decisions": list(made[1])}, actor=actor, case_id=case.pk)
    return made


def _still_allowed(case: Case, judged: Verdict, release: PolicyRelease) -> bool:
    """Whether the verdict is still permitted on this case."""
    if judged.victim is VictimSay.LIFT and not may_lift(case):
        return False
    return judged.kind in allowed_decisions(case, release, judged.victim) and (
        not judged.rooms or may_redact(case, release, judged.victim)
    )


@transaction.atomic
def undo_decision(case_id: int, *, reason: UndoReason = UndoReason.MISTAKE, note: str = "", actor: Actor) -> None:
    """Undo a pending decision, as one of its voters or a supervisor.

    All votes of the case are withdrawn, it returns to its old place in the queue, and its voters may vote again. Raises
    NotPermitted, NotFound, TooLateToUndo, NotYoursToUndo, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    pending = PendingDecision.objects.filter(case=case, ended_at__isnull=True).first()
    # A vote withdrawn in an earlier round gives no say in a later decision.
    votes = Vote.in_force if pending else Vote.objects
    if Role.SUPERVISOR not in actor.roles and not votes.filter(case=case, person_id=person).exists():
        raise NotYoursToUndo
    if pending is None or (pending.closes_at() <= now() and _open_wait(pending) is None):
        raise TooLateToUndo
    comment = required_text(
        "note", note, least=1 if reason is UndoReason.OTHER else 0, most=MAX_NOTE, needed=N_("Say in a few words why.")
    )
    cancel_pending_decision(case, pending, PendingEnd.UNDONE, by=person, reason=reason, note=comment)
    append("undo_decision", {"pending": pending.pk, "reason": reason}, actor=actor, case_id=case.pk)


def _open_wait(pending: PendingDecision) -> DecisionPause | None:
    return DecisionPause.objects.filter(pending=pending, resumed_at__isnull=True).select_related("report").first()


@transaction.atomic
def resume_decision(case_id: int, *, shown: int, why: str, actor: Actor) -> None:
    """Let a held decision proceed after reading what was written since the votes.

    For a supervisor who never voted in the case. It is committed when its window ends, or at once if that has passed,
    and can be undone until then. `shown` is how many messages of `new_statements_of` the supervisor saw. Raises
    NotPermitted, NotFound, VotedHere, NothingWaitsForYou, Unread, InvalidInput (`why`).
    """
    person = actor.require(Role.SUPERVISOR)
    lock_people(person)
    case = locked_case(case_id, actor=actor)
    require_eligible(case, person, Role.SUPERVISOR)
    if Vote.objects.filter(case=case, person_id=person).exists():
        raise VotedHere
    pending = PendingDecision.objects.select_related("case").filter(case=case, ended_at__isnull=True).first()
    wait = _open_wait(pending) if pending else None
    if pending is None or wait is None:
        raise NothingWaitsForYou
    reason = required_text(
        "why", why, least=MIN_WHY, most=MAX_NOTE, needed=N_("Say in at least %(least)s characters why it goes on.")
    )
    statements = new_statements_of(pending, wait)
    read = {one.speaker for one in statements[: max(shown, 0)]}
    if {one.speaker for one in statements} - read:  # further messages of a sender who was read do not delay it
        raise Unread
    wait.resumed_by_id, wait.resumed_at, wait.why = person, now(), reason
    wait.save(update_fields=["resumed_by", "resumed_at", "why"])
    if pending.undo_until <= now():
        _defer_at(pending)
    append("resume_decision", {"pending": pending.pk, "report": wait.report_id}, actor=actor, case_id=case.pk)
