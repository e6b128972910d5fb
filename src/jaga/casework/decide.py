"""Votes and decisions. A vote is a person's judgement; a decision follows from one vote, or from two that agree.

Machines have no verb here, and neither has a deadline.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction

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
from jaga.core.platforms import STEPS
from jaga.core.terms import ActionKind, DecisionKind, Ground, Role, Step
from jaga.policy import LegalBasis, PolicyRelease, load_release
from jaga.policy.limits import must_be_seconded, widest
from jaga.records.codes import commitment
from jaga.records.models import Case, Decision, Lease, Vote

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
    """What a person judges. `rooms` names public rooms for a redaction, a vote of its own beside the measure."""

    kind: DecisionKind
    legal_basis: str = ""
    facts: str = ""
    ground: Ground = Ground.ILLEGAL_CONTENT
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Voted:
    """What became of a vote. `decision_ids` is empty while a second person or a supervisor must still look."""

    state: CaseState
    decision_ids: tuple[int, ...] = ()


def allowed_decisions(case: Case, release: PolicyRelease) -> tuple[DecisionKind, ...]:
    """What may be decided here: the policy's ladder, cut by the victim-first branch and by what the platform can do."""
    narrow = widest(case.category, victim_first=case.victim_first)
    return tuple(
        kind
        for kind in release.allowed_decisions(case.category)
        if kind in narrow and kind not in (DecisionKind.REDACT, DecisionKind.RESTORE) and _possible(case, kind)
    )


def may_redact(case: Case, release: PolicyRelease) -> bool:
    """Whether rooms can be named for a redaction on this case."""
    narrow = widest(case.category, victim_first=case.victim_first)
    return (DecisionKind.REDACT in release.allowed_decisions(case.category) and DecisionKind.REDACT in narrow
            and _possible(case, DecisionKind.REDACT))


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


def _possible(case: Case, kind: DecisionKind) -> bool:
    if kind not in (DecisionKind.RESTRICT, DecisionKind.REDACT, DecisionKind.CLOSE):
        return True
    can = case.subject.platform.capabilities
    essential = {DecisionKind.RESTRICT: Step.RESTRICT, DecisionKind.REDACT: Step.REDACT, DecisionKind.CLOSE: Step.CLOSE}
    assert essential[kind] in STEPS[ActionKind(kind.value)]
    return bool(can.get(essential[kind], {}).get("supported"))


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
    if errors:
        raise InvalidInput(*errors)


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
                facts=ballot.facts.strip(), rooms=sorted(set(ballot.rooms)), policy_hash=release.hash, cast_at=now(),
            )
    except IntegrityError:
        raise AlreadyVoted from None
    sealed = canonical_json({"vote": vote.pk, "kind": vote.kind, "legal_basis": vote.legal_basis, "facts": vote.facts,
                             "rooms": vote.rooms})
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
    return _decide(case, CaseVerb.CONCUR_DISMISS if dismissed else CaseVerb.CONCUR, first, second, release, actor)


def _adjudicate(case: Case, earlier: list[Vote], vote: Vote, release: PolicyRelease, actor: Actor) -> Voted:
    kind = DecisionKind(vote.kind)
    agreeing = next((other for other in earlier if other.kind == vote.kind), None)
    if agreeing is None and needs_second_person(case, kind, release):
        raise NeedsAnotherVoter
    dismissed = kind is DecisionKind.DISMISS
    verb = CaseVerb.ADJUDICATE_DISMISS if dismissed else CaseVerb.ADJUDICATE
    return _decide(case, verb, vote, agreeing, release, actor, adjudicated=True)


def _decide(case: Case, verb: CaseVerb, vote: Vote, other: Vote | None, release: PolicyRelease, actor: Actor, *,
            adjudicated: bool = False) -> Voted:
    """Record what the votes amount to, and all that follows from it, in the vote's own transaction."""
    detected = case.signals.exists()

    def decision(kind: DecisionKind, rooms: list[str]) -> Decision:
        made = Decision.objects.create(
            case=case, kind=kind, legal_basis=vote.legal_basis, ground=vote.ground, facts=vote.facts, rooms=rooms,
            automated_detection=detected, policy_hash=release.hash, decided_by_id=vote.person_id,
            seconded_by_id=other.person_id if other else None, adjudicated=adjudicated, decided_at=now(),
        )
        enter("decide_case", {
            "decision": made.pk, "kind": kind, "category": case.category, "legal_basis": made.legal_basis,
            "policy": release.hash, "two_people": other is not None, "adjudicated": adjudicated,
        }, actor=actor, case_id=case.pk)
        return made

    agreed_rooms = sorted(set(vote.rooms) & set(other.rooms)) if other else []
    decisions = [decision(DecisionKind.REDACT, agreed_rooms)] if agreed_rooms else []
    decisions.append(decision(DecisionKind(vote.kind), []))
    state = move_case(case, verb)
    case.decided_at = now()
    case.save(update_fields=["decided_at"])
    state = follow_through(case, decisions, state, release, actor=actor)
    return Voted(state, tuple(made.pk for made in decisions))


def _release(lease: Lease) -> None:
    lease.released_at = now()
    lease.save(update_fields=["released_at"])
