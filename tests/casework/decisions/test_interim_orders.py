"""Interim restrictions: on urgent cases, by one person, revealing no vote; they never outlast the judgement."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import World, ballot, carry_through, in_review, the_action, vote

from jaga.appeals.reads.appeals import access_appeal
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Letter, Strike, Vote
from jaga.cases.reads.decisions import decisions_in_force, decisions_of
from jaga.cases.reads.history import history_of
from jaga.core.actors import HOLDER, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, InvalidInput
from jaga.core.terms.cases import ActionKind, ActionState, DecisionKind
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs import undo_window, voting
from jaga.decisions.verbs.single_person_limits import left_alone
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.store.codes import appeal_code

CLOSE, RESTRICT, DISMISS = DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS


def urgent() -> int:
    """A case with urgent reports, as an authority's request can make it."""
    case_id = in_review()
    Case.objects.filter(pk=case_id).update(urgent=True)
    return case_id


def state(case_id: int) -> CaseState:
    return CaseState(Case.objects.get(pk=case_id).state)


def at_once(case_id: int, actor: Actor) -> int:
    """Restrict at once, without a vote."""
    held = leases.take_lease(case_id, actor=actor)
    return voting.restrict_at_once(case_id, held.fence, ballot(case_id, RESTRICT), actor=actor)


def test_a_closure_is_proposed_and_the_account_restricted_at_once(world: World, settings: Any) -> None:
    """One person restricts, with its letter; no strike and no letter to reporters, and the closure still waits."""
    settings.UNDO_WINDOW_SECONDS = 600
    case_id = urgent()
    assert vote(case_id, CLOSE, world.reviewers[0], restrict_now=True).state is CaseState.SECOND_VOTE
    made = Decision.objects.get()
    assert (made.kind, made.provisional, made.seconded_by_id) == (RESTRICT, True, None)
    assert made.ends_at == made.decided_at + timedelta(days=min(load_release().enforcement.restriction_days))
    assert (made.statement.body_id != "", Strike.objects.count()) == (True, 0)
    carry_through(case_id)
    assert (the_action(case_id).state, state(case_id), Letter.objects.count()) == (
        ActionState.DONE,
        CaseState.SECOND_VOTE,
        0,
    )
    assert vote(case_id, CLOSE, world.reviewers[1]).state is CaseState.COMMITTING
    with frozen(PendingDecision.objects.get().undo_until):
        undo_window.make_pending_decision(PendingDecision.objects.get().pk, actor=SYSTEM)
    carry_through(case_id)
    assert (state(case_id), Strike.objects.count()) == (CaseState.RESOLVED, 1)
    assert not Action.objects.filter(kind=ActionKind.RESTORE).exists()


def test_it_is_ordered_without_a_vote_too(world: World) -> None:
    """So nobody who sees it can infer a vote to close; its words and its author stay sealed until the decision."""
    case_id = urgent()
    at_once(case_id, world.reviewers[0])
    assert (state(case_id), Vote.objects.count()) == (CaseState.IN_REVIEW, 0)
    (seen,) = decisions_of(Case.objects.get(pk=case_id))
    assert (seen.provisional, seen.decided_by, seen.facts, seen.legal_basis, seen.statement) == (True, "", "", "", None)
    history = {entry.verb for entry in history_of(Case.objects.get(pk=case_id), actor=world.reviewers[1])}
    assert "restrict_at_once" not in history
    assert vote(case_id, DISMISS, world.reviewers[0]).state is CaseState.RESOLVED
    assert {one.decided_by for one in decisions_of(Case.objects.get(pk=case_id))} == {"Sinta"}


@pytest.mark.parametrize("done", [True, False])
def test_it_is_lifted_where_people_decide_for_less(world: World, done: bool) -> None:
    """A dismissal lifts the restriction, or ends it if it was not carried out yet; then reporters are told."""
    case_id = urgent()
    at_once(case_id, world.reviewers[0])
    if done:
        carry_through(case_id)
    vote(case_id, DISMISS, world.reviewers[0])
    carry_through(case_id)
    kinds = dict(Action.objects.values_list("kind", "state"))
    assert kinds == ({"restrict": "done", "restore": "done"} if done else {"restrict": "ended"})
    assert (state(case_id), Letter.objects.count()) == (CaseState.RESOLVED, 1)
    assert not decisions_in_force().exists()


@pytest.mark.parametrize("stands", [ActionState.WAITING, ActionState.STUCK])
def test_a_closure_does_not_wait_behind_it(world: World, stands: ActionState) -> None:
    """If the platform cannot restrict, or refused, the interim restriction ends and the closure is carried out."""
    case_id = urgent()
    vote(case_id, CLOSE, world.reviewers[0], restrict_now=True)
    Action.objects.update(state=stands)
    vote(case_id, CLOSE, world.reviewers[1])
    carry_through(case_id)
    states = dict(Action.objects.values_list("kind", "state"))
    assert (states["restrict"], states["close"], state(case_id)) == ("ended", "done", CaseState.RESOLVED)
    assert "restore" not in states


def test_an_overturned_closure_opens_the_account_wholly(world: World) -> None:
    """The interim restriction ended with the decision, so it does not restrict the account after the appeal."""
    case_id = urgent()
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, restrict_now=True)
    carry_through(case_id)
    closure = Decision.objects.get(kind=CLOSE)
    appeal = appeals.file_appeal(appeal_code(closure.pk), "Itu bukan saya.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun yang salah.", actor=world.reviewers[2])
    assert list(Action.objects.filter(decision__overturns=closure).values_list("kind", flat=True)) == ["restore"]


def test_only_once_and_only_on_an_urgent_case(world: World) -> None:
    """Refused in other cases, a second time, and without reasons; an unnecessary tick changes nothing."""
    ordinary = in_review(account="@kenanga:localhost")
    with pytest.raises(InvalidInput):
        at_once(ordinary, world.reviewers[0])
    vote(ordinary, CLOSE, world.reviewers[0], restrict_now=True)
    assert not Decision.objects.exists()
    case_id = urgent()
    held = leases.take_lease(case_id, actor=world.reviewers[0])
    with pytest.raises(InvalidInput):
        voting.restrict_at_once(case_id, held.fence, ballot(case_id, RESTRICT, facts=""), actor=world.reviewers[0])
    at_once(case_id, world.reviewers[0])
    with pytest.raises(InvalidInput):
        at_once(case_id, world.reviewers[0])
    assert Decision.objects.count() == 1


def test_the_database_knows_when_one_person_may_restrict_at_once(world: World) -> None:
    """SQL without the verbs is refused on another case, for a closure, and without an end."""
    case_id, ordinary = urgent(), in_review(account="@kenanga:localhost")
    at_once(case_id, world.reviewers[0])
    made = Decision.objects.get()

    def refused(why: str, **changes: Any) -> None:
        fields = {field.attname: getattr(made, field.attname) for field in Decision._meta.concrete_fields}
        with pytest.raises(IntegrityError, match=why), transaction.atomic():
            Decision.objects.create(**{**fields, "id": None, **changes})

    other = Case.objects.get(pk=ordinary)
    refused("only on an urgent case", case_id=ordinary, subject_id=other.subject_id)
    refused("only on an urgent case", subject_id=other.subject_id)
    refused("restricted_alone_once")
    refused("only_a_restriction_is_provisional", ends_at=None)


def test_its_appeal_shows_no_words_and_waits_for_the_judgement(world: World) -> None:
    """Otherwise the second voter could read the first vote; and the person who ordered it does not answer the
    appeal.
    """
    case_id = urgent()
    vote(case_id, CLOSE, world.reviewers[0], restrict_now=True)
    carry_through(case_id)
    appeal = appeals.file_appeal(appeal_code(Decision.objects.get().pk), "Itu bukan saya.", actor=HOLDER)
    seen = access_appeal(appeal.pk, actor=world.reviewers[1])
    assert (seen.facts, seen.legal_basis, seen.statement_id, seen.statement_en) == ("", "", "", "")
    for person, refusal in ((world.reviewers[0], appeals.HadAVote), (world.reviewers[1], IllegalTransition)):
        for overturn in (True, False):
            with pytest.raises(refusal):
                appeals.decide_appeal(appeal.pk, overturn=overturn, reasons="Sudah dilihat lagi.", actor=person)
    at_once_alone = urgent_alone(world)
    assert access_appeal(at_once_alone, actor=world.reviewers[0]).own_case


def urgent_alone(world: World) -> int:
    """The number of an appeal against a restriction that the first reviewer ordered without a vote."""
    case_id = in_review(account="@lain:localhost")
    Case.objects.filter(pk=case_id).update(urgent=True)
    at_once(case_id, world.reviewers[0])
    carry_through(case_id)
    made = Decision.objects.get(case=case_id)
    return appeals.file_appeal(appeal_code(made.pk), "Itu bukan saya.", actor=HOLDER).pk


def _another(category: str) -> int:
    """Another urgent case on the same account."""
    case_id = in_review(category=category)
    Case.objects.filter(pk=case_id).update(urgent=True)
    return case_id


def test_one_account_is_restricted_at_once_for_seven_days_in_ninety_whatever_the_case(world: World) -> None:
    """Over all cases and categories; then two people must agree. After 90 days it is possible again."""
    start = now()
    with frozen(start):
        at_once(urgent(), world.reviewers[0])
    other = _another("fraud")
    with frozen(start + timedelta(minutes=1)):
        assert left_alone(Case.objects.get(pk=other).subject_id) == timedelta(0)
        with pytest.raises(InvalidInput):
            at_once(other, world.reviewers[1])
        neighbour = in_review(account="@kenanga:localhost")
        Case.objects.filter(pk=neighbour).update(urgent=True)
        assert at_once(neighbour, world.reviewers[1])
    with frozen(start + timedelta(days=93)):
        made = Decision.objects.get(pk=at_once(other, world.reviewers[2]))
        assert made.ends_at is not None
        assert made.ends_at - made.decided_at == timedelta(days=3)  # four days of the last ones lie within 90
