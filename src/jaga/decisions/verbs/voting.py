"""Votes: `cast_vote` records a person's judgement; a decision follows from one vote, or from two that agree.

No verb here is available to machines or deadlines. Several accounts of one holder are judged individually: a vote names
each one, and each gets its own decision, statement, outcome and appeal.
"""

import re
from dataclasses import dataclass, replace
from datetime import date

from django.db import IntegrityError, transaction

from jaga.cases.models.cases import Case, Lease, Subject
from jaga.cases.models.decisions import Vote
from jaga.cases.verbs.state import AlreadyVoted, locked_case, move_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotPermitted
from jaga.core.terms.cases import DecisionKind, Ground, VictimSay, VictimState
from jaga.core.terms.people import Role
from jaga.decisions.verbs.conduct_law import check_basis
from jaga.decisions.verbs.hearings import require_read
from jaga.decisions.verbs.interim_orders import may_restrict_at_once, restrict_now
from jaga.decisions.verbs.interim_restrictions import undo_time
from jaga.decisions.verbs.permitted import allowed_decisions, may_redact
from jaga.decisions.verbs.single_person_limits import is_long, lock_accounts, takes_two
from jaga.decisions.verbs.undo_window import start_undo_window
from jaga.decisions.verbs.votes import Verdict, decide_as, withdraw_lapsed
from jaga.policy.limits import (
    AT_ONCE_WITHIN_DAYS,
    LONGEST_AT_ONCE_DAYS,
    LONGEST_VICTIM_RESTRICTION_DAYS,
    WHO_MAY_REPORT,
)
from jaga.policy.release import PolicyRelease, load_release
from jaga.queue.verbs.assignment import after_vote
from jaga.queue.verbs.leases import forget_draft, require_lease
from jaga.queue.verbs.linked_accounts import accounts_of, possible_on
from jaga.reporting.verbs.mailbox import require_messages_read
from jaga.reporting.verbs.quotable_text import check_quotes
from jaga.signals.verbs.pictures import refuse_while_answer_pending
from jaga.signals.verbs.victim_protection import may_lift, protects_after
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people, require_eligible, vote_commitment
from jaga.store.kernel.validation import check_required, check_text, required_text

MAX_FACTS = 4000
MAX_ROOMS = 20
MAX_WHY = 1000
MIN_WHY = 15
MIN_FACTS = 15  # a shorter statement of reasons says nothing


class NeedsAnotherVoter(NotPermitted):
    """Not even a supervisor can make a final decision alone."""

    code = "needs_another_voter"
    sentence = N_("Neither of the two voted for this, and nobody decides it alone.")
    remedy = N_("Choose what one of the two voted for, or a measure that one person may decide.")


@dataclass(frozen=True)
class Ballot:
    """A person's judgement of a case.

    `rooms` names public rooms for a redaction beside the measure. `accounts` are the ids of the accounts concerned,
    None for the reported one. `restrict_days` is the duration of a restriction, None until lifted. `elements` are the
    elements of the rule that the person found; a closure needs all. `conduct_on` is the day on which the person found
    the conduct; it chooses the laws that may be named. None: as reported, without what rests on a claim alone.
    """

    kind: DecisionKind
    legal_basis: str = ""
    facts: str = ""
    ground: Ground = Ground.ILLEGAL_CONTENT
    rooms: tuple[str, ...] = ()
    accounts: tuple[int, ...] | None = None
    restrict_days: int | None = None
    elements: tuple[str, ...] = ()
    victim: VictimSay | None = None  # whether somebody may be a victim; required if that is proposed
    why: str = ""  # a supervisor's reasons for settling a disagreement
    restrict_now: bool = False  # in an urgent case: restrict the reported account while a closure is judged
    conduct_on: date | None = None
    as_prepared: bool = False  # the facts are the prepared sentence, unchanged; no part of the judgement


@dataclass(frozen=True)
class Voted:
    """The result of a vote. `decision_ids` is empty while another vote is needed or the decision is pending."""

    state: CaseState
    decision_ids: tuple[int, ...] = ()


def _check(case: Case, ballot: Ballot, release: PolicyRelease) -> None:
    errors = check_required(
        "facts",
        ballot.facts,
        least=0 if ballot.kind is DecisionKind.DISMISS else MIN_FACTS,
        most=MAX_FACTS,
        needed=N_("Say in at least %(least)s characters what was found."),
    )
    errors.extend(check_quotes("facts", ballot.facts[:MAX_FACTS], case))
    if ballot.kind not in allowed_decisions(case, release, ballot.victim):
        errors.append(FieldError("kind", "not_allowed", N_("The policy does not allow this decision here.")))
    else:
        errors.extend(check_basis(case, ballot.kind, ballot.legal_basis, ballot.conduct_on, release))
    if len(ballot.rooms) > MAX_ROOMS:
        errors.append(FieldError("rooms", "too_many", N_("At most %(most)s rooms."), {"most": MAX_ROOMS}))
    for room in ballot.rooms:
        errors.extend(check_text("rooms", room, 300))
    if ballot.rooms and not (
        ballot.kind in (DecisionKind.RESTRICT, DecisionKind.CLOSE) and may_redact(case, release, ballot.victim)
    ):
        errors.append(FieldError("rooms", "not_allowed", N_("The policy does not allow a redaction here.")))
    if ballot.restrict_days is not None and not (
        ballot.kind is DecisionKind.RESTRICT and ballot.restrict_days in release.enforcement.restriction_days
    ):
        errors.append(FieldError("restrict_days", "not_allowed", N_("Choose one of the lengths in the list.")))
    elif (
        ballot.kind is DecisionKind.RESTRICT
        and protects_after(case, ballot.victim)
        and not (0 < (ballot.restrict_days or 0) <= LONGEST_VICTIM_RESTRICTION_DAYS)
    ):
        errors.append(
            FieldError(
                "restrict_days",
                "no_end",
                N_("Where somebody may be a victim a restriction ends, after %(most)s days at most: choose a length."),
                {"most": LONGEST_VICTIM_RESTRICTION_DAYS},
            )
        )
    errors.extend(_check_victim(case, ballot, release))
    errors.extend(_check_elements(case, ballot, release))
    errors.extend(_check_accounts(case, ballot, any(error.field == "kind" for error in errors)))
    if errors:
        raise InvalidInput(*errors)


def _check_victim(case: Case, ballot: Ballot, release: PolicyRelease) -> list[FieldError]:
    """Errors in what a vote says about a possible victim.

    A restriction must say it where it is proposed; otherwise one report could hide the reasons from a holder forever.
    """
    if ballot.victim is VictimSay.LIFT and not may_lift(case):
        return [FieldError("victim", "not_allowed", N_("This cannot be lifted here."))]
    if ballot.victim is VictimSay.CONFIRM and not release.may_act(case.category):
        return [FieldError("victim", "not_allowed", N_("Nothing is decided about a victim in this category."))]
    if ballot.victim is None and case.victim_state == VictimState.PROPOSED and ballot.kind is DecisionKind.RESTRICT:
        return [FieldError("victim", "missing", N_("Say whether somebody here may be a victim."))]
    return []


def _check_elements(case: Case, ballot: Ballot, release: PolicyRelease) -> list[FieldError]:
    """Errors unless a closure, or a restriction beyond one person's limit, names every element of the rule.

    Unknown elements are refused, since the page may be older than the policy.
    """
    elements = {element.key for element in release.rule(case.category).elements}
    measure = ballot.kind is DecisionKind.CLOSE or (
        ballot.kind is DecisionKind.RESTRICT and case.category in WHO_MAY_REPORT
    )
    if set(ballot.elements) - elements:
        return [FieldError("elements", "unknown", N_("The rule has changed since you opened the page. Tick it again."))]
    if set(ballot.elements) == elements:
        return []
    if measure:
        return [
            FieldError(
                "elements",
                "missing",
                N_("Tick each of them, or choose something else: an account is closed only where all of them are so."),
            )
        ]
    if ballot.kind is DecisionKind.RESTRICT and is_long(ballot.restrict_days, _named(case, ballot)):
        return [
            FieldError(
                "elements",
                "missing",
                N_(
                    "Tick each of them: an account is restricted for more than %(days)s days in %(within)s, or "
                    "without an end, "
                    "only where all of them are so and two people say so."
                ),
                {"days": LONGEST_AT_ONCE_DAYS, "within": AT_ONCE_WITHIN_DAYS},
            )
        ]
    return []


def _check_accounts(case: Case, ballot: Ballot, wrong_kind: bool) -> list[FieldError]:
    accounts, named = {account.pk: account for account in accounts_of(case)}, _named(case, ballot)
    if not named:
        return [FieldError("accounts", "missing", N_("Tick each account that the decision is about."))]
    if set(named) - set(accounts):
        return [FieldError("accounts", "unknown", N_("An account is no longer part of this case. Look at them again."))]
    # everyone who reported gets an answer about the account they reported (MR5 art. 10)
    if case.subject_id not in named:
        return [
            FieldError(
                "accounts",
                "without_reported",
                N_("Tick the reported account too: whoever reported it gets an answer about it."),
            )
        ]
    if ballot.kind is DecisionKind.DISMISS and len(named) > 1:
        return [FieldError("accounts", "not_allowed", N_("Only the report is dismissed: untick the added accounts."))]
    errors = (
        []
        if wrong_kind
        else [
            FieldError(
                "accounts",
                "not_possible",
                N_("%(account)s: %(platform)s cannot do this. Untick it."),
                {"account": accounts[pk].account_id, "platform": accounts[pk].platform.display_name},
            )
            for pk in named
            if not possible_on(accounts[pk], ballot.kind)
        ]
    )
    readers = set(named)
    if any(_mentions(ballot.facts, account) and readers - {account.pk} for account in accounts.values()):
        errors.append(
            FieldError(
                "facts",
                "names_an_account",
                N_("Name no account here: each holder reads this, and nobody is told of another account."),
            )
        )
    return errors


def _check_settling(ballot: Ballot) -> None:
    """Require reasons from a supervisor who settles a disagreement. They stay with the vote and appear in no letter."""
    required_text(
        "why",
        ballot.why,
        least=MIN_WHY,
        most=MAX_WHY,
        needed=N_("Two people judged differently. Say in at least %(least)s characters why you judge so."),
    )


def _named(case: Case, ballot: Ballot) -> tuple[int, ...]:
    return (case.subject_id,) if ballot.accounts is None else tuple(sorted(set(ballot.accounts)))


def _mentions(facts: str, account: Subject) -> bool:
    names = {account.account_id, account.handle} - {""}
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", facts, re.IGNORECASE) for name in names)


@transaction.atomic
def cast_vote(
    case_id: int,
    fence: int,
    ballot: Ballot,
    *,
    last_message: int | None = None,
    answers: int | None = None,
    actor: Actor,
) -> Voted:
    """Cast a vote on a leased case.

    It decides alone if the policy lets one person decide; otherwise two must agree.

    The first vote stays sealed until the second. If they differ, a supervisor settles it. An irreversible decision is
    pending until its commit (`decisions.verbs.undo_window`), and a dismissal for seconds; others are made at once.
    `last_message` is the id of the newest reporter message the voter has seen (0: none), `answers` the number of the
    holder's answers (`decisions.verbs.hearings`). An earlier vote that no longer counts is withdrawn first.

    Raises NotPermitted, NotFound, LeaseLost, AlreadyVoted, UnreadByVoter, AnswerUnread, AnswerPending,
    InvalidInput, IllegalTransition, NeedsAnotherVoter.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    case = locked_case(case_id, actor=actor)
    release = load_release()
    require_eligible(case, person)
    lease = require_lease(case, fence, person)
    withdraw_lapsed([case], release, actor=SYSTEM)
    if case.state == CaseState.ADJUDICATION:
        actor.require(Role.SUPERVISOR)
        require_eligible(case, person, Role.SUPERVISOR)
    if Vote.in_force.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    if last_message is not None:
        require_messages_read(case, last_message)
    require_read(case, answers)
    refuse_while_answer_pending(case)
    if ballot.kind is DecisionKind.RESTRICT:
        lock_accounts(_named(case, ballot))
    _check(case, ballot, release)
    if case.state == CaseState.ADJUDICATION:
        _check_settling(ballot)
    if ballot.restrict_now and ballot.kind is DecisionKind.CLOSE and may_restrict_at_once(case, release):
        restrict_now(
            case,
            person,
            ballot.legal_basis,
            ballot.ground,
            ballot.facts.strip(),
            release,
            conduct_on=ballot.conduct_on,
            actor=actor,
        )
    vote = _record(case, ballot, person, release, actor)
    earlier = list(Vote.in_force.filter(case=case).exclude(pk=vote.pk).order_by("cast_at"))
    match CaseState(case.state):
        case CaseState.IN_REVIEW:
            voted = _first(case, vote, release, actor)
        case CaseState.SECOND_VOTE:
            voted = _second(case, earlier[0], vote, release, actor)
        case CaseState.ADJUDICATION:
            voted = _adjudicate(case, earlier, vote, release, actor)
        case _:
            raise IllegalTransition
    _release(lease)
    forget_draft(case, person)
    after_vote(case, actor=actor)
    return voted


@transaction.atomic
def restrict_at_once(case_id: int, fence: int, ballot: Ballot, *, actor: Actor) -> int:
    """Restrict the reported account of a leased urgent case at once, without voting; returns the decision's id.

    It expires by itself (`decisions.verbs.interim_orders`). Raises NotPermitted, NotFound, LeaseLost, AlreadyVoted,
    AnswerPending, InvalidInput.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    case, release = locked_case(case_id, actor=actor), load_release()
    require_eligible(case, person)
    require_lease(case, fence, person)
    if Vote.in_force.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    refuse_while_answer_pending(case)
    _check(
        case,
        replace(
            ballot,
            kind=DecisionKind.RESTRICT,
            rooms=(),
            accounts=None,
            restrict_days=None,
            elements=tuple(element.key for element in release.rule(case.category).elements),
        ),
        release,
    )
    return restrict_now(
        case,
        person,
        ballot.legal_basis,
        ballot.ground,
        ballot.facts.strip(),
        release,
        conduct_on=ballot.conduct_on,
        actor=actor,
    ).pk


def _record(case: Case, ballot: Ballot, person: int, release: PolicyRelease, actor: Actor) -> Vote:
    try:
        with transaction.atomic():
            vote = Vote.objects.create(
                case=case,
                person_id=person,
                kind=ballot.kind,
                legal_basis=ballot.legal_basis,
                ground=ballot.ground,
                facts=ballot.facts.strip(),
                rooms=sorted(set(ballot.rooms)),
                accounts=list(_named(case, ballot)),
                restrict_days=ballot.restrict_days,
                elements=sorted(set(ballot.elements)),
                victim=ballot.victim or "",
                policy_hash=release.hash,
                why=ballot.why.strip() if case.state == CaseState.ADJUDICATION else "",
                as_prepared=ballot.as_prepared,
                cast_at=now(),
                round=1 + Vote.objects.filter(case=case, person_id=person).count(),
            )
    except IntegrityError:
        raise AlreadyVoted from None
    return vote


def _append_vote(case: Case, vote: Vote, actor: Actor) -> None:
    """The entry of a vote. It comes after a move of the case, whose new state it binds, and before a decision."""
    bound = vote_commitment(
        vote.pk,
        vote.kind,
        vote.legal_basis,
        vote.facts,
        vote.rooms,
        vote.accounts,
        vote.restrict_days,
        vote.elements,
        vote.victim,
        vote.why,
    )
    # The commitment binds the vote without revealing it to the second person, who may read the ledger.
    append("cast_vote", {"vote": vote.pk, "commitment": bound}, actor=actor, case_id=case.pk)


def _first(case: Case, vote: Vote, release: PolicyRelease, actor: Actor) -> Voted:
    kind = DecisionKind(vote.kind)
    if _needs_two(case, vote, release) or vote.rooms or vote.victim:
        return _moved(case, CaseVerb.PROPOSE, vote, actor)
    _append_vote(case, vote, actor)
    if kind is DecisionKind.DISMISS:
        return _decide(case, CaseVerb.DISMISS, Verdict(vote, None), release, actor)
    return _decide(case, CaseVerb.DECIDE, Verdict(vote, None), release, actor)


def _moved(case: Case, verb: CaseVerb, vote: Vote, actor: Actor) -> Voted:
    state = move_case(case, verb)
    _append_vote(case, vote, actor)
    return Voted(state)


def _second(case: Case, first: Vote, second: Vote, release: PolicyRelease, actor: Actor) -> Voted:
    if (first.kind, first.victim) != (second.kind, second.victim):
        return _moved(case, CaseVerb.DIFFER, second, actor)
    _append_vote(case, second, actor)
    dismissed = second.kind == DecisionKind.DISMISS
    verb = CaseVerb.CONCUR_DISMISS if dismissed else CaseVerb.CONCUR
    return _decide(case, verb, Verdict(first, second, both=True), release, actor)


def _adjudicate(case: Case, earlier: list[Vote], vote: Vote, release: PolicyRelease, actor: Actor) -> Voted:
    kind = DecisionKind(vote.kind)
    agreeing = next((other for other in earlier if (other.kind, other.victim) == (vote.kind, vote.victim)), None)
    needed = _needs_two(case, vote, release) or bool(vote.victim)
    if agreeing is None and needed:
        raise NeedsAnotherVoter
    _append_vote(case, vote, actor)
    dismissed = kind is DecisionKind.DISMISS
    verb = CaseVerb.ADJUDICATE_DISMISS if dismissed else CaseVerb.ADJUDICATE
    return _decide(case, verb, Verdict(vote, agreeing, both=needed, adjudicated=True), release, actor)


def _needs_two(case: Case, vote: Vote, release: PolicyRelease) -> bool:
    return takes_two(case, DecisionKind(vote.kind), vote.restrict_days, vote.accounts, release)


def _decide(case: Case, verb: CaseVerb, judged: Verdict, release: PolicyRelease, actor: Actor) -> Voted:
    if judged.irreversible or (judged.kind is DecisionKind.DISMISS and undo_time(release, final=False)):
        return Voted(*start_undo_window(case, judged, release, actor=actor))
    return Voted(*decide_as(case, verb, judged, release, actor=actor))


def _release(lease: Lease) -> None:
    lease.released_at = now()
    lease.save(update_fields=["released_at"])
