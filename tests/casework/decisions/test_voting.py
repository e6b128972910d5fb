"""Votes and decisions: one person where that suffices, two for final measures, a supervisor for disagreements."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.factories import FACTS, World, ballot, in_review, make_world, new_request, report, rows, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, Lease
from jaga.cases.models.decisions import Action, Decision, Letter, Statement, Vote
from jaga.cases.verbs.state import AlreadyVoted
from jaga.core.actors import PUBLIC, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import ActionKind, DecisionKind, Step
from jaga.decisions.verbs import voting
from jaga.decisions.verbs.conduct_law import fitting_bases, other_bases, proposed_bases
from jaga.decisions.verbs.permitted import needs_second_person
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.store.codes import commitment
from jaga.store.models import LedgerEntry

CLOSE, RESTRICT, DISMISS = DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS


def refused(case_id: int, cast: voting.Ballot, actor: Actor) -> dict[str, str]:
    """The refused fields; asserts that nothing changed and the lease is kept."""
    fence = leases.take_lease(case_id, actor=actor).fence
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        voting.cast_vote(case_id, fence, cast, actor=actor)
    assert rows() == before
    return {error.field: error.code for error in refusal.value.errors}


def test_a_dismissal_takes_one_person_and_no_words(world: World) -> None:
    """A dismissal is as easy as any other decision (MR5 art. 10), and ends the case at once."""
    case_id = in_review()
    voted = vote(case_id, DISMISS, world.reviewers[0], legal_basis="", facts="")
    assert voted.state is CaseState.RESOLVED
    assert not Action.objects.exists()
    assert not Statement.objects.exists()
    assert Letter.objects.get().key == "reporter_dismiss"


def test_a_reversible_measure_takes_one_person(world: World) -> None:
    """A restriction is decided, explained and deferred in one transaction."""
    voted = vote(in_review(), RESTRICT, world.reviewers[0])
    assert voted.state is CaseState.ACTING
    assert Action.objects.get().kind == ActionKind.RESTRICT
    assert Statement.objects.get().decision_id == voted.decision_ids[0]


def test_a_closure_takes_two(world: World) -> None:
    """The first vote decides nothing; the second, equal one does. The decision names both people."""
    case_id, (first, second, _) = in_review(), world.reviewers
    assert vote(case_id, CLOSE, first) == voting.Voted(CaseState.SECOND_VOTE)
    assert not Decision.objects.exists()
    assert not Action.objects.exists()
    assert vote(case_id, CLOSE, second).state is CaseState.ACTING
    made = Decision.objects.get()
    assert {made.decided_by_id, made.seconded_by_id} == {first.person_id, second.person_id}


def test_the_first_vote_is_bound_and_tells_nothing(world: World) -> None:
    """The ledger has a keyed commitment: no kind, no words, not guessable; it can be opened later."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    cast, entry = Vote.objects.get(), LedgerEntry.objects.get(verb="cast_vote")
    assert set(entry.payload) == {"vote", "commitment"}
    payload = json.dumps(entry.payload)
    assert not any(word in payload for word in ("close", FACTS, cast.legal_basis))
    sealed = {
        "vote": cast.pk,
        "kind": "close",
        "legal_basis": cast.legal_basis,
        "facts": FACTS,
        "rooms": [],
        "accounts": cast.accounts,
        "restrict_days": None,
        "elements": cast.elements,
    }
    canonical = json.dumps(sealed, sort_keys=True, separators=(",", ":")).encode()
    assert entry.payload["commitment"] == commitment(canonical)
    for said_now, instead in ((b"close", b"refer"), (b'"accounts":[', b'"accounts":[1,'), (b"null", b"7")):
        assert commitment(canonical.replace(said_now, instead)) != commitment(canonical)


@pytest.mark.parametrize("kind", [CLOSE, RESTRICT, DISMISS])
def test_nobody_votes_twice(world: World, kind: DecisionKind) -> None:
    """A reviewer cannot be the second voter, whatever they vote."""
    case_id, first = in_review(), world.reviewers[0]
    vote(case_id, CLOSE, first)
    with pytest.raises(AlreadyVoted):
        leases.take_lease(case_id, actor=first)
    moment = now()
    held = Lease.objects.create(
        case_id=case_id,
        holder_id=first.person_id or 0,
        fence=99,
        taken_at=moment,
        expires_at=moment + timedelta(minutes=5),
    )
    before = rows()
    with pytest.raises(AlreadyVoted):
        voting.cast_vote(case_id, held.fence, ballot(case_id, kind), actor=first)
    assert rows() == before
    leases.release_lease(case_id, actor=first)
    assert vote(case_id, kind, world.reviewers[1]).state in (CaseState.ACTING, CaseState.ADJUDICATION)


def disagreed(world: World) -> int:
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    assert vote(case_id, RESTRICT, world.reviewers[1]) == voting.Voted(CaseState.ADJUDICATION)
    return case_id


def test_where_two_differ_only_a_supervisor_settles_it(world: World) -> None:
    """A third reviewer is refused; the supervisor's vote with one of the two decides."""
    case_id, third = disagreed(world), world.reviewers[2]
    fence = leases.take_lease(case_id, actor=third).fence
    with pytest.raises(NotPermitted):
        voting.cast_vote(case_id, fence, ballot(case_id, CLOSE), actor=third)
    leases.release_lease(case_id, actor=third)
    vote(case_id, CLOSE, world.supervisor)
    made = Decision.objects.get()
    assert (made.adjudicated, made.decided_by_id, made.seconded_by_id) == (
        True,
        world.supervisor.person_id,
        world.reviewers[0].person_id,
    )


def test_a_supervisor_alone_cannot_close(world: World) -> None:
    """A closure that neither voter chose is refused and nothing changes; measures that one person can decide are
    not.
    """
    case_id = in_review(category="gambling")
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, DISMISS, world.reviewers[1])
    again = in_review(account="@kenanga:localhost", category="trafficking")
    vote(again, RESTRICT, world.reviewers[0])
    vote(again, DISMISS, world.reviewers[1])
    fence = leases.take_lease(again, actor=world.supervisor).fence
    before = rows()
    with pytest.raises(voting.NeedsAnotherVoter):
        voting.cast_vote(again, fence, ballot(again, DecisionKind.REFER), actor=world.supervisor)
    assert rows() == before
    assert vote(case_id, RESTRICT, world.supervisor).state is CaseState.ACTING


def test_a_supervisors_first_vote_for_a_closure_is_only_a_first_vote(world: World) -> None:
    """Rank does not replace the second person."""
    case_id = in_review()
    assert vote(case_id, CLOSE, world.supervisor) == voting.Voted(CaseState.SECOND_VOTE)
    assert not Decision.objects.exists()


def test_a_supervisor_can_dismiss_what_two_disagree_on(world: World) -> None:
    """A supervisor may settle a disagreement by a dismissal."""
    assert vote(disagreed(world), DISMISS, world.supervisor, facts="", legal_basis="").state is CaseState.RESOLVED


@pytest.mark.parametrize("category", ["trafficking", "child_protection"])
def test_a_victim_first_case_offers_only_what_cannot_destroy_help(world: World, category: str) -> None:
    """Dismiss, preserve, restrict, refer: nothing else, and each by two people."""
    case_id = in_review(category=category)
    case, release = Case.objects.get(pk=case_id), load_release()
    assert set(voting.allowed_decisions(case, release)) == {
        DISMISS,
        RESTRICT,
        DecisionKind.PRESERVE,
        DecisionKind.REFER,
    }
    assert not voting.may_redact(case, release)
    for kind in voting.allowed_decisions(case, release):
        assert needs_second_person(case, kind, release)
    assert refused(case_id, ballot(case_id, CLOSE), world.supervisor) == {"kind": "not_allowed"}
    assert vote(case_id, RESTRICT, world.supervisor).state is CaseState.SECOND_VOTE


def test_a_case_that_triage_turned_victim_first_offers_no_closure(world: World) -> None:
    """Signs of a victim decide the branch, not only the reporter's category."""
    case_id = in_review(text="open BO, paspor ditahan")
    assert refused(case_id, ballot(case_id, CLOSE), world.reviewers[0]) == {"kind": "not_allowed"}
    assert vote(case_id, DISMISS, world.reviewers[0]).state is CaseState.SECOND_VOTE
    assert vote(case_id, DISMISS, world.reviewers[1]).state is CaseState.RESOLVED


def test_rooms_are_redacted_only_where_both_named_them(world: World) -> None:
    """Only the rooms that both named are redacted, before the closure."""
    case_id, (first, second, _) = in_review(), world.reviewers
    vote(case_id, CLOSE, first, rooms=("!a:localhost", "!b:localhost"))
    vote(case_id, CLOSE, second, rooms=("!b:localhost", "!c:localhost"))
    redaction, closure = Decision.objects.order_by("pk")
    assert (redaction.kind, redaction.rooms, closure.kind, closure.rooms) == ("redact", ["!b:localhost"], "close", [])
    assert [action.kind for action in Action.objects.order_by("sequence")] == ["redact", "close"]


def test_rooms_that_only_one_named_stay(world: World) -> None:
    """Without a common room nothing is redacted."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0], rooms=("!a:localhost",))
    vote(case_id, CLOSE, world.reviewers[1])
    assert [made.kind for made in Decision.objects.all()] == ["close"]


def test_naming_a_room_makes_a_measure_take_two(world: World) -> None:
    """A restriction alone takes one person; with a redaction, which is final, it takes two."""
    case_id = in_review()
    assert vote(case_id, RESTRICT, world.reviewers[0], rooms=("!a:localhost",)).state is CaseState.SECOND_VOTE


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"facts": "Iklan."}, {"facts": "missing"}),
        ({"facts": " " * 100}, {"facts": "missing"}),
        ({"facts": "x" * 4001}, {"facts": "too_long"}),
        ({"facts": FACTS + "\x00"}, {"facts": "not_text"}),
        ({"facts": FACTS + "\ud800"}, {"facts": "not_text"}),
        ({"legal_basis": ""}, {"legal_basis": "missing"}),
        ({"legal_basis": "uu_ite_27_1"}, {"legal_basis": "missing"}),
        ({"legal_basis": "kuhp_426_427"}, {"legal_basis": "missing"}),
        ({"kind": DecisionKind.REDACT}, {"kind": "not_allowed"}),
        ({"kind": DecisionKind.RESTORE}, {"kind": "not_allowed"}),
        ({"rooms": ("!a\ud800:localhost",)}, {"rooms": "not_text"}),
        ({"rooms": tuple(f"!{n}:localhost" for n in range(21))}, {"rooms": "too_many"}),
        ({"kind": DISMISS, "rooms": ("!a:localhost",)}, {"rooms": "not_allowed"}),
        ({"kind": DISMISS, "legal_basis": "x" * 100}, {"legal_basis": "missing"}),
        ({"kind": DISMISS, "facts": "\ud800"}, {"facts": "not_text"}),
        ({"kind": DISMISS, "facts": "x" * 4001}, {"facts": "too_long"}),
    ],
    ids=range(16),
)
def test_a_ballot_is_refused_by_field(world: World, changes: dict[str, Any], fields: dict[str, str]) -> None:
    """Missing, invalid and unstorable fields are named, and the vote is not cast."""
    case_id = in_review()
    assert refused(case_id, replace(ballot(case_id, CLOSE), **changes), world.reviewers[0]) == fields
    vote(case_id, CLOSE, world.reviewers[0])


def test_the_law_of_the_day_of_the_conduct_is_the_one_to_name(world: World) -> None:
    """Conduct that people found to be of 2025 is judged by the law of 2025, whatever was reported."""
    day = date(2025, 6, 1)
    case_id = in_review()
    assert refused(case_id, ballot(case_id, RESTRICT, legal_basis="kuhp_407", conduct_on=day), world.reviewers[0]) == {
        "legal_basis": "missing"
    }
    vote(case_id, RESTRICT, world.reviewers[0], legal_basis="uu_ite_27_1", conduct_on=day)


@pytest.mark.parametrize(("day", "law"), [(date(2026, 1, 1), "uu_ite_27_1"), (date(2026, 1, 2), "kuhp_407")])
def test_a_day_that_the_public_typed_adds_no_law_until_people_find_it(world: World, day: date, law: str) -> None:
    """It is proposed; a vote needs the day that the voter found, and a day of the other law is refused."""
    with frozen(datetime(2026, 1, 5, tzinfo=UTC)):
        case_id = in_review(conduct_on=date(2026, 1, 1))
        case, release = Case.objects.get(pk=case_id), load_release()
        assert "uu_ite_27_1" in {basis.key for basis in proposed_bases(case, release)}
        assert "kuhp_407" in {basis.key for basis in other_bases(case, release)}
        unsaid = refused(case_id, ballot(case_id, RESTRICT, legal_basis=law), world.reviewers[0])
        assert unsaid == {"conduct_on": "missing"} if law == "uu_ite_27_1" else {"legal_basis": "missing"}
        other = {"uu_ite_27_1": date(2026, 1, 2), "kuhp_407": date(2026, 1, 1)}[law]
        wrong = ballot(case_id, RESTRICT, legal_basis=law, conduct_on=other)
        assert refused(case_id, wrong, world.reviewers[0]) == {"legal_basis": "missing"}
        vote(case_id, RESTRICT, world.reviewers[0], legal_basis=law, conduct_on=day)


def test_a_law_that_no_typed_day_changes_needs_no_day(world: World) -> None:
    """No day is asked for if the law was the same on the reported day and on the day of the report."""
    case_id = in_review(conduct_on=today() - timedelta(days=3))
    vote(case_id, RESTRICT, world.reviewers[0], legal_basis="kuhp_407")


def test_a_day_that_an_officer_names_offers_its_law(world: World) -> None:
    """An authority signs its request, so its day counts; the earlier report's law still fits too."""
    case_id = in_review()
    requests.file_request(new_request(legal_basis="uu_ite_27_1", conduct_on=date(2025, 6, 1)), actor=world.officer)
    fitting = {basis.key for basis in fitting_bases(Case.objects.get(pk=case_id), load_release())}
    assert {"uu_ite_27_1", "kuhp_407", "uu_44_2008_30"} <= fitting
    vote(case_id, RESTRICT, world.reviewers[0], legal_basis="uu_ite_27_1")


def test_a_day_that_has_not_come_or_has_no_law_is_refused(world: World) -> None:
    """A day without any law does not remove the duty to name one."""
    case_id = in_review()
    tomorrow = ballot(case_id, RESTRICT, conduct_on=today() + timedelta(days=2))
    assert refused(case_id, tomorrow, world.reviewers[0]) == {"conduct_on": "in_the_future"}
    for law in ("", "kuhp_407"):
        without = ballot(case_id, RESTRICT, legal_basis=law, conduct_on=date(1900, 1, 1))
        assert refused(case_id, without, world.reviewers[0]) == {"legal_basis": "missing"}
    vote(case_id, DISMISS, world.reviewers[0], legal_basis="", conduct_on=date(1900, 1, 1))


def test_every_vote_and_decision_carries_the_policys_hash(world: World) -> None:
    """Old cases can be judged by the rules of their day; the ledger has the same hash."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, CLOSE, world.reviewers[1])
    now_in_force = load_release().hash
    assert set(Vote.objects.values_list("policy_hash", flat=True)) == {now_in_force}
    assert Decision.objects.get().policy_hash == now_in_force
    assert LedgerEntry.objects.get(verb="decide_case").payload["policy"] == now_in_force


def test_what_a_platform_cannot_do_is_not_offered(db: None) -> None:
    """Without the step on the platform a restriction is not offered; without a declaration no measure is."""
    make_world(Capabilities("synapse", {Step.CLOSE: Capability(True), Step.RESTRICT: Capability(False)}))
    case, release = Case.objects.get(pk=in_review()), load_release()
    assert CLOSE in voting.allowed_decisions(case, release)
    assert RESTRICT not in voting.allowed_decisions(case, release)
    assert not voting.may_redact(case, release)


@pytest.mark.parametrize("kind", [DecisionKind.PRESERVE, DecisionKind.REFER])
def test_preserving_and_referring_touch_nothing_on_the_platform(world: World, kind: DecisionKind) -> None:
    """Both only preserve public content; the holder is not notified, since nothing happens to them."""
    case_id = in_review()
    vote(case_id, kind, world.reviewers[0])
    if kind is DecisionKind.REFER:  # hands somebody to an authority: two people
        assert not Action.objects.exists()
        vote(case_id, kind, world.reviewers[1])
    assert Action.objects.get().kind == ActionKind.PRESERVE
    assert not Statement.objects.exists()


def test_referring_a_label_gathers_nothing(world: World) -> None:
    """In a label even preserving would be a measure, so a referral ends the case."""
    case_id = in_review(category="violence")
    assert vote(case_id, DecisionKind.REFER, world.reviewers[0]).state is CaseState.SECOND_VOTE
    assert vote(case_id, DecisionKind.REFER, world.reviewers[1]).state is CaseState.RESOLVED
    assert not Action.objects.exists()


def test_no_machine_and_no_outsider_votes(world: World) -> None:
    """The public, the system and authorities have no vote."""
    case_id = in_review()
    for actor in (PUBLIC, SYSTEM, world.officer, world.minister):
        with pytest.raises(NotPermitted):
            voting.cast_vote(case_id, 1, ballot(case_id, DISMISS), actor=actor)


def test_an_old_day_in_one_report_changes_no_law(world: World) -> None:
    """A second report with an early day proposes the law of that day; the laws that a vote may name stay the same."""
    case_id = in_review()
    case, release = Case.objects.get(pk=case_id), load_release()
    before = fitting_bases(case, release)
    report(conduct_on=date(1990, 1, 1))
    assert "kuhp_407" in {basis.key for basis in before}
    assert fitting_bases(case, release) == before
    assert "kuhp_lama_296_506" in {basis.key for basis in proposed_bases(case, release)}
