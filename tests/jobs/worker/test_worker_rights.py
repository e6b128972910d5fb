"""The worker's tasks succeed with the rights of its role and no more; a missing right would be a dead job."""

from collections.abc import Mapping

import pytest
from django.db import ProgrammingError, transaction
from tests.casework.screening.test_pictures import NO_SIGN, answer, draw_all, shot
from tests.factories import FACTS, World, in_review
from tests.roles import acting_as

from jaga.cases.models.decisions import Vote
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import CopyState
from jaga.policy.release import load_release
from jaga.store.grants import Part


def test_the_worker_draws_a_picture(world: World, database_roles: Mapping[Part, str]) -> None:
    """It may not lock the original, which is append-only."""
    case_id = in_review(screenshots=(shot(),))
    answer(case_id, NO_SIGN, world.reviewers[0])
    with acting_as("worker"):
        assert draw_all() == [CopyState.MADE]


def test_the_worker_casts_no_vote(world: World, database_roles: Mapping[Part, str]) -> None:
    """A vote is a person's: somebody with the worker's connection cannot write one."""
    case_id = in_review()
    with acting_as("worker"), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Vote.objects.create(
            case_id=case_id,
            person_id=world.reviewers[0].person_id,
            kind=DecisionKind.DISMISS,
            facts=FACTS,
            cast_at=now(),
            policy_hash=load_release().hash,
        )
    assert not Vote.objects.exists()
