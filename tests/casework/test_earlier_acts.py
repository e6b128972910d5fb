"""An earlier person's act counts later only while that person may still do it, and under the release in force."""

from datetime import timedelta
from typing import Any

import pytest
from tests.factories import World, in_review, vote

from jaga.casework import decide, people, team
from jaga.casework.commit import commit_decision
from jaga.core.actors import CLI, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.terms import Clearance, CommitEnd, DecisionKind, Lapse
from jaga.policy import release as releases
from jaga.records.models import (
    Action,
    Case,
    CaseAlarm,
    Decision,
    LedgerEntry,
    PendingCommit,
    PersonClearance,
    PersonRole,
    Vote,
    VoteWithdrawal,
)

CLOSE, RESTRICT, DISMISS = DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS
CHILD = "child_sexual_content"


def state(case_id: int) -> CaseState:
    return CaseState(Case.objects.get(pk=case_id).state)


def test_a_deactivated_persons_first_vote_is_withdrawn_and_closes_nothing(world: World) -> None:
    """The vote stays on record, withdrawn with its reason; the next vote is a first one, and it takes two others."""
    first, second, third = world.reviewers
    case_id = in_review()
    vote(case_id, CLOSE, first)
    people.deactivate_person(first.person_id or 0, actor=CLI)
    assert (state(case_id), Vote.objects.count(), Vote.standing.count()) == (CaseState.IN_REVIEW, 1, 0)
    assert VoteWithdrawal.objects.get().why == Lapse.INACTIVE
    assert LedgerEntry.objects.get(verb="withdraw_vote").payload == {
        "vote": Vote.objects.get().pk, "why": "inactive"}
    assert vote(case_id, CLOSE, second) == decide.Voted(CaseState.SECOND_VOTE)
    assert not Decision.objects.exists()
    assert vote(case_id, CLOSE, third).state is CaseState.ACTING
