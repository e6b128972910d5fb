"""Training on golden cases that a supervisor chose for it, and the help page."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from tests.factories import ACCOUNT, World, in_review, vote
from tests.web.console.conftest import Staff

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.quality.models import TrainingAnswer
from jaga.quality.reads.blind_review import golden_for, training_progress
from jaga.quality.verbs import blind_review
from jaga.quality.verbs.blind_review import BlindJudgement, JudgedAgain, answer_training
from jaga.store.models import LedgerEntry

Open = Callable[[Actor], Client]
WHY = "Hanya menawarkan sepeda bekas."


def _golden(world: World, account: str = ACCOUNT, *, training: bool = True) -> int:
    case_id = in_review(account=account)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    return blind_review.mark_golden(case_id, DecisionKind.DISMISS, WHY, training=training, actor=world.supervisor)


def test_training_gives_feedback_at_once_and_is_never_mixed_into_blind_reviews(world: World, browser_of: Open) -> None:
    """The page leaves out the account's name; the right answer and its reasons stand on it only after one's own. No
    case, decision or history changes, and nobody is measured by it.
    """
    number, other = _golden(world), _golden(world, "@lain:localhost", training=False)
    learner = world.reviewers[1]
    assert [one.pk for one in golden_for(learner)] == [other]
    client, address = browser_of(learner), f"/console/training/{number}/"
    assert address in client.get("/console/training/").content.decode()
    before = client.get(address).content.decode()
    assert ACCOUNT not in before
    assert WHY not in before
    assert client.post(address, {"kind": "restrict", "reasons": ""}).status_code == 422
    decided = Decision.objects.count()
    assert client.post(address, {"kind": "restrict", "reasons": "Menurut saya melanggar."}).status_code == 302
    after = client.get(address).content.decode()
    assert "Not alike" in after
    assert WHY in after
    assert "1 of 1 answered, 0 of them alike" in client.get("/console/training/").content.decode()
    assert Decision.objects.count() == decided
    assert LedgerEntry.objects.get(verb="answer_training").case_ref is None
    with pytest.raises(JudgedAgain):
        answer_training(number, BlindJudgement(DecisionKind.DISMISS), actor=learner)
    with pytest.raises(NotFound):  # not a training case
        answer_training(other, BlindJudgement(DecisionKind.DISMISS), actor=learner)
    with pytest.raises(NotFound):  # voted in it
        answer_training(number, BlindJudgement(DecisionKind.DISMISS), actor=world.reviewers[0])
    with pytest.raises(IntegrityError, match="given once"), transaction.atomic():
        TrainingAnswer.objects.update(agrees=True)


def test_nobody_learns_from_cases_of_possible_victims_or_behind_a_clearance(world: World) -> None:
    """Those are seen by whoever must judge them, and by nobody else."""
    number, learner = _golden(world), world.reviewers[1]
    assert training_progress(actor=learner).next_id == number
    with pytest.raises(InvalidInput):
        answer_training(number, BlindJudgement(DecisionKind.CLOSE, "x"), actor=learner)
    for hidden in ({"victim_first": True, "victim_state": "proposed"}, {"clearance": "child_safety"}):
        with transaction.atomic():
            Case.objects.update(**hidden)
            assert training_progress(actor=learner).cases == 0
            transaction.set_rollback(True)


def test_help_is_a_page_and_a_key_away(staff: Staff, browser_of: Open) -> None:
    """It says how a case is decided and what the words mean, and the dialog of the key leads to them."""
    helped = browser_of(staff.by_role[Role.CONTACT]).get("/console/help/").content.decode()
    assert "How a case is decided" in helped
    assert "sealed vote" in helped
    assert 'href="/console/help/#words"' in helped  # in the dialog of the key `?`
