"""Votes and decisions. A vote is a person's judgement; a decision follows from one vote, or from two that agree.

Machines have no verb here, and neither has a deadline. Several accounts of one holder are judged account by account:
each is named by hand in a vote, and gets a decision, a statement, an outcome and an appeal of its own.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from jaga.casework.accounts import accounts_of, possible_on
from jaga.casework.consequences import follow_through
from jaga.casework.intake import check_text
from jaga.casework.leases import AlreadyVoted, require_lease
from jaga.casework.proof import enter
from jaga.casework.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput, NotPermitted
from jaga.core.terms import DecisionKind, Ground, Role
from jaga.policy import LegalBasis, PolicyRelease, load_release
from jaga.policy.limits import must_be_seconded, widest
from jaga.records.codes import commitment
from jaga.records.models import Case, Decision, Lease, Subject, Vote

MAX_FACTS = 4000
MAX_ROOMS = 20
MIN_FACTS = 15  # a statement of reasons that says nothing is none


class NeedsAnotherVoter(NotPermitted):
    """A supervisor alone cannot make a final decision either."""

    code = "needs_another_voter"
    sentence = N_("Neither of the two voted for this, and nobody decides it alone.")
    remedy = N_("Choose what one of the two voted for, or a measure that one person may decide.")


@dataclass(frozen=True)
class Ballot:
    """What a person judges. `rooms` names public rooms for a redaction, a vote of its own beside the measure.

    `accounts` are the subjects that it is about, None: the reported one alone. `restrict_days`: how long a restriction
    lasts, None: until it is lifted.
    """

    kind: DecisionKind
    legal_basis: str = ""
    facts: str = ""
    ground: Ground = Ground.ILLEGAL_CONTENT
    rooms: tuple[str, ...] = ()
    accounts: tuple[int, ...] | None = None
    restrict_days: int | None = None


@dataclass(frozen=True)
class Voted:
    """What became of a vote. `decision_ids` is empty while a second person or a supervisor must still look."""

    state: CaseState
    decision_ids: tuple[int, ...] = ()


def allowed_decisions(case: Case, release: PolicyRelease) -> tuple[DecisionKind, ...]:
    """What may be decided here: the policy's ladder, cut by the victim-first branch and by what a platform can do.

    With several accounts a measure is here if one of their platforms can do it; a vote names only such accounts.
    """
    narrow, accounts = widest(case.category, victim_first=case.victim_first), accounts_of(case)
    return tuple(
        kind
        for kind in release.allowed_decisions(case.category)
        if kind in narrow and kind not in (DecisionKind.REDACT, DecisionKind.RESTORE)
        and any(possible_on(account, kind) for account in accounts)
    )


def may_redact(case: Case, release: PolicyRelease) -> bool:
    """Whether rooms can be named for a redaction: of the reported account's messages, in rooms of its platform."""
    narrow = widest(case.category, victim_first=case.victim_first)
    return (DecisionKind.REDACT in release.allowed_decisions(case.category) and DecisionKind.REDACT in narrow
            and possible_on(case.subject, DecisionKind.REDACT))


def needs_second_person(case: Case, kind: DecisionKind, release: PolicyRelease) -> bool:
    """Whether two people must judge alike for this decision on this case."""
    return (release.needs_second_person(case.category, kind)
            or must_be_seconded(case.category, kind, victim_first=case.victim_first))


def fitting_bases(case: Case, release: PolicyRelease) -> tuple[LegalBasis, ...]:
    """The provisions that were in force on a day of conduct that a report names; people choose which of them fits.

    All days count, so that nobody can move a case to another law by naming an old day.
    """
    days = set(case.reports.values_list("conduct_on", flat=True)) or {case.conduct_on}
    fitting = {basis.key: basis for day in sorted(days, reverse=True)
               for basis in release.legal_bases_for(case.category, day)}
    return tuple(fitting.values())


def _check(case: Case, ballot: Ballot, release: PolicyRelease) -> None:
    errors = check_text("facts", ballot.facts, MAX_FACTS)
    bases = {basis.key for basis in fitting_bases(case, release)}
    dismissing = ballot.kind is DecisionKind.DISMISS
    if ballot.kind not in allowed_decisions(case, release):
        errors.append(FieldError("kind", "not_allowed", N_("The policy does not allow this decision here.")))
    elif ballot.legal_basis not in (bases | {""} if dismissing or not bases else bases):
        errors.append(FieldError("legal_basis", "missing", N_("Choose the legal basis that was in force that day.")))
    if not dismissing and len(ballot.facts.strip()) < MIN_FACTS:
        errors.append(FieldError("facts", "missing", N_("Say in at least %(least)s characters what was found."),
                                 {"least": MIN_FACTS}))
    if len(ballot.rooms) > MAX_ROOMS:
        errors.append(FieldError("rooms", "too_many", N_("At most %(most)s rooms."), {"most": MAX_ROOMS}))
    for room in ballot.rooms:
        errors.extend(check_text("rooms", room, 300))
    if ballot.rooms and not (ballot.kind in (DecisionKind.RESTRICT, DecisionKind.CLOSE) and may_redact(case, release)):
        errors.append(FieldError("rooms", "not_allowed", N_("The policy does not allow a redaction here.")))
    if ballot.restrict_days is not None and not (
            ballot.kind is DecisionKind.RESTRICT and ballot.restrict_days in release.enforcement.restriction_days):
        errors.append(FieldError("restrict_days", "not_allowed", N_("Choose one of the lengths in the list.")))
    errors.extend(_check_accounts(case, ballot, any(error.field == "kind" for error in errors)))
    if errors:
        raise InvalidInput(*errors)


def _check_accounts(case: Case, ballot: Ballot, wrong_kind: bool) -> list[FieldError]:
    known, named = {account.pk: account for account in accounts_of(case)}, _named(case, ballot)
    if not named:
        return [FieldError("accounts", "missing", N_("Tick each account that the decision is about."))]
    if set(named) - set(known):
        return [FieldError("accounts", "unknown", N_("An account is no longer part of this case. Look at them again."))]
    if case.subject_id not in named:  # everybody who reported is answered (MR5 art. 10), and about what they reported
        return [FieldError("accounts", "without_reported", N_(
            "Tick the reported account too: whoever reported it gets an answer about it."))]
    if ballot.kind is DecisionKind.DISMISS and len(named) > 1:
        return [FieldError("accounts", "not_allowed", N_("Only the report is dismissed: untick the added accounts."))]
    errors = [] if wrong_kind else [
        FieldError("accounts", "not_possible", N_("%(account)s: %(platform)s cannot do this. Untick it."),
                   {"account": known[pk].account_id, "platform": known[pk].platform.display_name})
        for pk in named if not possible_on(known[pk], ballot.kind)
    ]
    readers = set(named)
    if any(_mentions(ballot.facts, account) and readers - {account.pk} for account in known.values()):
        errors.append(FieldError("facts", "names_an_account", N_(
            "Name no account here: each holder reads this, and nobody is told of another account.")))
    return errors


def _named(case: Case, ballot: Ballot) -> tuple[int, ...]:
    return (case.subject_id,) if ballot.accounts is None else tuple(sorted(set(ballot.accounts)))


def _mentions(facts: str, account: Subject) -> bool:
    names = {account.account_id, account.handle} - {""}
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", facts, re.IGNORECASE) for name in names)


@transaction.atomic
def cast_vote(case_id: int, fence: int, ballot: Ballot, *, actor: Actor) -> Voted:
    """Judge a case that one holds. One vote decides where the policy lets one person decide; otherwise two must agree.

    The first vote stays sealed until the second; where they differ, a supervisor settles it. Not reversible: a decision
    is only ever followed by another. Raises LeaseLost, AlreadyVoted, InvalidInput, IllegalTransition, NotPermitted.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id)
    release = load_release()
    lease = require_lease(case, fence, person)
    if case.state == CaseState.ADJUDICATION:
        actor.require(Role.SUPERVISOR)
    if Vote.objects.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    _check(case, ballot, release)
    vote = _record(case, ballot, person, release, actor)
    earlier = list(Vote.objects.filter(case=case).exclude(pk=vote.pk).order_by("cast_at"))
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
    return voted


def _record(case: Case, ballot: Ballot, person: int, release: PolicyRelease, actor: Actor) -> Vote:
    try:
        with transaction.atomic():
            vote = Vote.objects.create(
                case=case, person_id=person, kind=ballot.kind, legal_basis=ballot.legal_basis, ground=ballot.ground,
                facts=ballot.facts.strip(), rooms=sorted(set(ballot.rooms)),
                accounts=list(_named(case, ballot)), restrict_days=ballot.restrict_days, policy_hash=release.hash,
                cast_at=now(),
            )
    except IntegrityError:
        raise AlreadyVoted from None
    sealed = canonical_json({"vote": vote.pk, "kind": vote.kind, "legal_basis": vote.legal_basis, "facts": vote.facts,
                             "rooms": vote.rooms, "accounts": vote.accounts, "restrict_days": vote.restrict_days})
    # The commitment binds the vote without telling it: the second person may read the ledger too.
    enter("cast_vote", {"vote": vote.pk, "commitment": commitment(sealed)}, actor=actor, case_id=case.pk)
    return vote


def _first(case: Case, vote: Vote, release: PolicyRelease, actor: Actor) -> Voted:
    kind = DecisionKind(vote.kind)
    if needs_second_person(case, kind, release) or vote.rooms:
        return Voted(move_case(case, CaseVerb.PROPOSE))
    if kind is DecisionKind.DISMISS:
        return _decide(case, CaseVerb.DISMISS, vote, None, release, actor)
    return _decide(case, CaseVerb.DECIDE, vote, None, release, actor)


def _second(case: Case, first: Vote, second: Vote, release: PolicyRelease, actor: Actor) -> Voted:
    if first.kind != second.kind:
        return Voted(move_case(case, CaseVerb.DIFFER))
    dismissed = second.kind == DecisionKind.DISMISS
    verb = CaseVerb.CONCUR_DISMISS if dismissed else CaseVerb.CONCUR
    return _decide(case, verb, first, second, release, actor, both=True)


def _adjudicate(case: Case, earlier: list[Vote], vote: Vote, release: PolicyRelease, actor: Actor) -> Voted:
    kind = DecisionKind(vote.kind)
    agreeing = next((other for other in earlier if other.kind == vote.kind), None)
    needed = needs_second_person(case, kind, release)
    if agreeing is None and needed:
        raise NeedsAnotherVoter
    dismissed = kind is DecisionKind.DISMISS
    verb = CaseVerb.ADJUDICATE_DISMISS if dismissed else CaseVerb.ADJUDICATE
    return _decide(case, verb, vote, agreeing, release, actor, both=needed, adjudicated=True)


def _decide(case: Case, verb: CaseVerb, vote: Vote, other: Vote | None, release: PolicyRelease, actor: Actor, *,
            both: bool = False, adjudicated: bool = False) -> Voted:
    """Record what the votes amount to, and all that follows from it, in the vote's own transaction.

    One decision for each account: those that both named where `both` must agree, and that are still part of the case.
    The reported account's come last, so that the newest says what its reporters are told.
    """
    detected, moment = case.signals.exists() or case.resemblances.exists(), now()

    def decision(kind: DecisionKind, subject: Subject, rooms: list[str]) -> Decision:
        second = other if other and subject.pk in other.accounts else None
        made = Decision.objects.create(
            case=case, subject=subject, kind=kind,
            legal_basis=vote.legal_basis, ground=vote.ground, facts=vote.facts, rooms=rooms,
            ends_at=_ends_at(kind, vote, second, moment),
            automated_detection=detected, policy_hash=release.hash, decided_by_id=vote.person_id,
            seconded_by_id=second.person_id if second else None, adjudicated=adjudicated, decided_at=moment,
        )
        enter("decide_case", {
            "decision": made.pk, "kind": kind, "category": case.category, "legal_basis": made.legal_basis,
            "policy": release.hash, "two_people": second is not None, "adjudicated": adjudicated,
            "subject": subject.pk, "ends_at": made.ends_at.isoformat() if made.ends_at else None,
        }, actor=actor, case_id=case.pk)
        return made

    agreed = set(vote.accounts) & set(other.accounts) if other and both else set(vote.accounts)
    kind, (reported, *linked) = DecisionKind(vote.kind), accounts_of(case)
    decisions = [decision(kind, account, []) for account in linked if account.pk in agreed]
    agreed_rooms = sorted(set(vote.rooms) & set(other.rooms)) if other else []
    if agreed_rooms:
        decisions.append(decision(DecisionKind.REDACT, reported, agreed_rooms))
    decisions.append(decision(kind, reported, []))
    state = move_case(case, verb)
    case.decided_at = moment
    case.save(update_fields=["decided_at"])
    state = follow_through(case, decisions, state, release, actor=actor)
    return Voted(state, tuple(made.pk for made in decisions))


def _ends_at(kind: DecisionKind, vote: Vote, second: Vote | None, moment: datetime) -> datetime | None:
    """When a restriction ends by itself: the shorter of what the two asked for; None where neither named an end."""
    days = [cast.restrict_days for cast in (vote, second) if cast and cast.restrict_days is not None]
    return moment + timedelta(days=min(days)) if days and kind is DecisionKind.RESTRICT else None


def _release(lease: Lease) -> None:
    lease.released_at = now()
    lease.save(update_fields=["released_at"])
