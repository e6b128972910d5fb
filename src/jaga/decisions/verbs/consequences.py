"""Consequences of a decision, created in its transaction: actions, statement of reasons, strikes, notifications.

Sampling decided cases for blind review, by a keyed lot that nobody can predict and key holders can verify.

The ledger does not record that a case was drawn, since its future and former reviewers can read it. The lot follows
from the case's id, which proves it.

Strikes: a measure counts against an account until it expires or is overturned. Counts suggest; people decide.

Taking back one's own sealed vote within seconds: a wrong key, noticed at once.

After that a vote stands. The vote stays on record as withdrawn; the case returns to its place in the queue, where its
voter may judge it again. Nobody learns of it who does not read the ledger, which names no kind of vote.

Undoing the effects of an overturned decision beyond the account itself (MR5 art. 20: within 2x24 hours).

Reversal: a decision is overturned by a new one that refers to it, after an appeal or a reconsideration.
"""

from datetime import timedelta

from django.db import transaction

from jaga.appeals.models import Disclosure, DisclosureRecall
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Preservation, Strike, Vote
from jaga.cases.verbs.letters import write_statement
from jaga.cases.verbs.state import finish_case, locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.terms.cases import ActionKind, DecisionKind, Lapse
from jaga.core.terms.outside import HookEvent
from jaga.core.terms.people import Role
from jaga.decisions.models import VoteWithdrawal
from jaga.decisions.verbs.interim_restrictions import HOLDING, held_by_another
from jaga.policy.limits import PRESERVED_ALONE_HOURS, STRIKELESS_CATEGORIES, TAKE_BACK_SECONDS, UNSOUGHT_CATEGORIES
from jaga.policy.release import PolicyRelease, load_release
from jaga.quality.models import BlindReview
from jaga.referrals.verbs.referrals import draft_referral, drop_drafts
from jaga.signals.verbs.ban_evasion import forget_links, recheck_waiting_cases
from jaga.store.codes import lot
from jaga.store.kernel.jobs import CARRY_OUT, defer
from jaga.store.kernel.ledger import append, draw_number
from jaga.store.kernel.row_bindings import decision_commitment
from jaga.webhooks.verbs import queue_case_event


def is_drawn(case_id: int, kind: DecisionKind, release: PolicyRelease) -> bool:
    """Whether a case decided this way belongs to the sample. Always gives the same answer."""
    return lot(f"case:{case_id}") < release.quality.share_of(kind)


def draw_sample(case: Case, kind: DecisionKind, release: PolicyRelease) -> None:
    """Add the case to the sample if drawn, in the transaction of its decision. Idempotent."""
    if is_drawn(case.pk, kind, release):
        BlindReview.objects.get_or_create(case=case, golden=None, defaults={"drawn_at": now()})


COUNTING = (DecisionKind.RESTRICT, DecisionKind.CLOSE)


def give_strike(decision: Decision, release: PolicyRelease, *, actor: Actor) -> Strike | None:
    """Record a strike for a restriction or closure, in the decision's transaction.

    None for other decisions and in victim-first cases, where the holder may be the victim.
    """
    case = decision.case
    if decision.kind not in COUNTING or case.victim_first or case.category in STRIKELESS_CATEGORIES:
        return None
    moment = decision.decided_at
    strike = Strike.objects.create(
        subject=decision.subject,
        decision=decision,
        category=case.category,
        given_at=moment,
        expires_at=moment + release.enforcement.strikes.expire,
    )
    append("give_strike", {"strike": strike.pk, "decision": decision.pk}, actor=actor, case_id=case.pk)
    return strike


def withdraw_strike(decision: Decision, *, actor: Actor) -> bool:
    """Withdraw the strike of an overturned decision, irreversibly; returns whether there was one."""
    strike = Strike.objects.filter(decision=decision, withdrawn_at__isnull=True).first()
    if strike is None:
        return False
    strike.withdrawn_at = now()
    strike.save(update_fields=["withdrawn_at"])
    append("withdraw_strike", {"strike": strike.pk, "decision": decision.pk}, actor=actor, case_id=decision.case_id)
    return True


@transaction.atomic
def take_back_vote(case_id: int, *, actor: Actor) -> bool:
    """Withdraw one's own first vote, if it is still sealed and was cast within `TAKE_BACK_SECONDS`; whether it was.

    A restriction ordered with it stands and ends by itself. Raises NotPermitted, NotFound.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if case.state != CaseState.SECOND_VOTE:
        return False
    votes = list(Vote.in_force.filter(case=case))
    since = now() - timedelta(seconds=TAKE_BACK_SECONDS)
    if len(votes) != 1 or votes[0].person_id != person or votes[0].cast_at <= since:
        return False
    VoteWithdrawal.objects.create(vote=votes[0], why=Lapse.TAKEN_BACK, at=now())
    move_case(case, CaseVerb.WITHDRAW)
    append("withdraw_vote", {"vote": votes[0].pk, "why": Lapse.TAKEN_BACK.value}, actor=actor, case_id=case.pk)
    return True


_ACTIONS = {
    DecisionKind.PRESERVE: ActionKind.PRESERVE,
    DecisionKind.RESTRICT: ActionKind.RESTRICT,
    DecisionKind.REDACT: ActionKind.REDACT,
    DecisionKind.CLOSE: ActionKind.CLOSE,
    DecisionKind.RESTORE: ActionKind.RESTORE,
}


def follow_through(
    case: Case, decisions: list[Decision], state: CaseState, release: PolicyRelease, *, actor: Actor
) -> CaseState:
    """Create the actions of these decisions, or resolve the case if there are none; returns the case's state."""
    queue_case_event(HookEvent.REPORT_DECIDED, case)
    for sequence, decision in enumerate(decisions, 1):
        kinds = _actions_for(decision, release)
        Action.objects.bulk_create(
            Action(decision=decision, kind=kind, sequence=sequence + place, created_at=now())
            for place, kind in enumerate(kinds)
        )
        if decision.kind == DecisionKind.PRESERVE and decision.seconded_by_id is None:
            Preservation.objects.create(
                decision=decision, lapses_at=decision.decided_at + timedelta(hours=PRESERVED_ALONE_HOURS)
            )
        if decision.kind in HOLDING:
            rooms = [
                room
                for other in decisions
                if other.kind == DecisionKind.REDACT and other.subject_id == decision.subject_id
                for room in other.rooms
            ]
            write_statement(decision, tuple(rooms))
            give_strike(decision, release, actor=actor)
            if case.category not in UNSOUGHT_CATEGORIES:
                recheck_waiting_cases(decision.subject_id)
        if decision.subject_id == case.subject_id:
            if decision.kind == DecisionKind.REFER:
                draft_referral(case, decision, actor=actor)
            else:
                drop_drafts(case, actor=actor)
    if Action.objects.filter(decision__in=decisions).exists():
        defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
        return state
    finish_case(case, actor)
    return CaseState(case.state)


def _actions_for(decision: Decision, release: PolicyRelease) -> tuple[ActionKind, ...]:
    """The actions on the platform, in order.

    Overturning a restriction does not reopen an account that another decision closed, and overturning a closure
    restores it only as far as another case's restriction allows.
    """
    if (undone := decision.overturns) is not None:
        if held_by_another(undone, than=DecisionKind(undone.kind)):
            return ()
        held = undone.kind == DecisionKind.CLOSE and held_by_another(undone, than=DecisionKind.RESTRICT)
        return (ActionKind.RESTORE, ActionKind.RESTRICT) if held else (ActionKind.RESTORE,)
    kind = DecisionKind(decision.kind)
    if kind is DecisionKind.REFER:  # preserve evidence, where permitted, until the police send a formal request
        may = DecisionKind.PRESERVE in release.allowed_decisions(decision.case.category)
        return (ActionKind.PRESERVE,) if may else ()
    return (_ACTIONS[kind],) if kind in _ACTIONS else ()


def undo_what_followed(overturned: Decision, restoring: Decision, *, actor: Actor) -> None:
    """Withdraw the strike, recall exports, and delete account links.

    Irreversible.

    Runs in the transaction of the restoring decision, whose action restores the account and sends the letters.
    """
    withdraw_strike(overturned, actor=actor)
    forget_links(overturned, actor=actor)
    recalled = recall_disclosures(overturned, restoring)
    append(
        "undo_what_followed",
        {"decision": overturned.pk, "restoring": restoring.pk, "recalled": recalled},
        actor=actor,
        case_id=overturned.case_id,
    )


def recall_disclosures(overturned: Decision, restoring: Decision) -> list[int]:
    """Recall every export made since the decision; its authority is told by letter. Returns the exports' ids."""
    made = Disclosure.objects.filter(case=overturned.case, made_at__gte=overturned.decided_at)
    rows = [DisclosureRecall(disclosure=disclosure, decision=restoring, at=now()) for disclosure in made]
    DisclosureRecall.objects.bulk_create(rows)
    return [row.disclosure_id for row in rows]


def restore(old: Decision, reasons: str, person: int, state: CaseState, *, actor: Actor) -> CaseState:
    """Make the restoring decision and its consequences in the caller's transaction.

    The case was moved before.

    The database refuses a person who voted in the case. Irreversible; a new case can be judged again.
    """
    release = load_release()
    restoring = Decision.objects.create(
        case=old.case,
        subject=old.subject,
        kind=DecisionKind.RESTORE,
        legal_basis=old.legal_basis,
        ground=old.ground,
        facts=reasons,
        policy_hash=release.hash,
        decided_by_id=person,
        overturns=old,
        decided_at=now(),
    )
    bound = decision_commitment(restoring.pk, restoring.kind, restoring.subject_id, person, old.pk, None)
    number = draw_number()  # appended last, so that the entry binds what follows as well
    undo_what_followed(old, restoring, actor=actor)
    state = follow_through(old.case, [restoring], state, release, actor=actor)
    append(
        "overturn_decision",
        {"decision": restoring.pk, "overturns": old.pk, "policy": release.hash, "commitment": bound},
        actor=actor,
        case_id=old.case_id,
        number=number,
    )
    return state
