"""A question about the policy, asked from a case and answered by a policy officer who neither asked nor votes there."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from tests.factories import World, in_review, vote
from tests.web.console.conftest import Staff

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.people.models import Person, PersonRole
from jaga.people.verbs.people import actor_for
from jaga.queue.models import PolicyQuestion
from jaga.queue.verbs import policy_questions as verbs
from jaga.store.key_store.store import Sealed
from jaga.store.models import LedgerEntry

Open = Callable[[Actor], Client]
ASK, ANSWER = "Apakah tarif saja sudah cukup?", "Tarif saja tidak cukup: harus ada tawaran."


def test_a_question_is_asked_from_a_case_and_answered_for_everybody(
    world: World, staff: Staff, browser_of: Open
) -> None:
    """It waits in the queue of policy officers, who see the rule's name but no case. The answer stands in the case; the
    case itself has neither moved nor stopped.
    """
    case_id, asker, officer = in_review(), world.reviewers[0], staff.by_role[Role.POLICY]
    address = f"/console/cases/K{case_id:06d}/"
    short = browser_of(asker).post(f"{address}ask-policy/", {"question": "apa?"})
    assert short.status_code == 422
    assert "apa?</textarea>" in short.content.decode()
    before = Case.objects.filter(pk=case_id).values("state", "due_at", "rank_at", "escalated_at").get()
    assert browser_of(asker).post(f"{address}ask-policy/", {"question": ASK}).status_code == 302
    number = PolicyQuestion.objects.get().pk
    assert Case.objects.filter(pk=case_id).values("state", "due_at", "rank_at", "escalated_at").get() == before
    officers = browser_of(officer)
    assert officers.get("/console/").headers["Location"] == "/console/policy-questions/"
    waiting = officers.get("/console/policy-questions/").content.decode()
    assert ASK in waiting
    assert address not in waiting
    assert officers.get(address).status_code == 403
    assert officers.post(f"/console/policy-questions/{number}/answer/", {"answer": "ya"}).status_code == 422
    assert officers.post(f"/console/policy-questions/{number}/answer/", {"answer": ANSWER}).status_code == 302
    assert ANSWER in browser_of(world.reviewers[1]).get(address).content.decode()
    assert officers.post(f"/console/policy-questions/{number}/answer/", {"answer": ANSWER}).status_code == 409
    assert Case.objects.get(pk=case_id).state == CaseState.IN_REVIEW
    assert set(LedgerEntry.objects.filter(verb__endswith="policy_question").values_list("verb", flat=True)) == {
        "ask_policy_question",
        "answer_policy_question",
    }


def test_whoever_asked_or_votes_in_the_case_does_not_answer(world: World, staff: Staff) -> None:
    """An answer by a voter would hint at a sealed vote; one's own answer would be no second opinion."""
    case_id, (asker, voter, other) = in_review(), world.reviewers
    number = verbs.ask_policy_question(case_id, ASK, actor=asker)
    for one in (asker, voter, other):
        PersonRole.objects.create(person_id=one.person_id or 0, role=Role.POLICY)
    asker, voter, other = (actor_for(Person.objects.get(pk=one.person_id)) for one in (asker, voter, other))
    vote(case_id, DecisionKind.CLOSE, voter)
    for one in (asker, voter):
        with pytest.raises(verbs.TakesPart):
            verbs.answer_policy_question(number, ANSWER, actor=one)
    verbs.answer_policy_question(number, ANSWER, actor=other)
    with pytest.raises(verbs.AnsweredAlready):
        verbs.answer_policy_question(number, ANSWER, actor=other)
    for _ in range(verbs.MOST_OPEN):
        verbs.ask_policy_question(case_id, ASK, actor=asker)
    with pytest.raises(verbs.TooManyQuestions):
        verbs.ask_policy_question(case_id, ASK, actor=asker)


def test_the_database_keeps_questions_and_answers_as_they_were(world: World) -> None:
    """A question is never edited or deleted; an answer is given once."""
    number = verbs.ask_policy_question(in_review(), ASK, actor=world.reviewers[0])
    rows = PolicyQuestion.objects.filter(pk=number)
    answer = {"answer": Sealed("k1:jawaban"), "answered_at": now(), "answered_by_id": world.reviewers[1].person_id}
    with pytest.raises(IntegrityError, match="answered once"), transaction.atomic():
        rows.update(text=Sealed("k1:lain"))
    with pytest.raises(IntegrityError, match="answered once"), transaction.atomic():
        rows.delete()
    with pytest.raises(IntegrityError, match="answered_by_another"), transaction.atomic():
        rows.update(**{**answer, "answered_by_id": world.reviewers[0].person_id})
    rows.update(**answer)
    with pytest.raises(IntegrityError, match="answered once"), transaction.atomic():
        rows.update(answer=Sealed("k1:lain"))
