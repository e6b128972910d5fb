"""What the worker does goes through with the rights of its own role and no more: a missing one is a dead job."""

from collections.abc import Mapping

import pytest
from tests.casework.test_bulk import approved, some_cases, states
from tests.casework.test_pictures import NO_SIGN, answer, draw_all, shot
from tests.factories import World, in_review
from tests.roles import acting_as

from jaga.core.terms import BulkItemState, BulkKind, CopyState
from jaga.jobs.bulk import work_on_runs
from jaga.records.grants import Part


@pytest.mark.parametrize("kind", [BulkKind.DISMISS, BulkKind.LABEL, BulkKind.RESTRICT])
def test_the_worker_does_a_run(world: World, database_roles: Mapping[Part, str], kind: BulkKind) -> None:
    """Each kind goes through the verbs that people use, as its maker: their rows are shared, their votes are cast."""
    run = approved(world, kind, some_cases(2))
    with acting_as("worker"):
        assert work_on_runs() == 2
    assert states(run) == [BulkItemState.DONE] * 2


def test_the_worker_draws_a_picture(world: World, database_roles: Mapping[Part, str]) -> None:
    """It may not lock the original, which is only ever added to."""
    case_id = in_review(screenshots=(shot(),))
    answer(case_id, NO_SIGN, world.reviewers[0])
    with acting_as("worker"):
        assert draw_all() == [CopyState.MADE]
