"""Labels that the team puts on a case."""

import pytest
from tests.factories import World, in_review

from jaga.cases.models.cases import CaseLabel
from jaga.cases.verbs.state import MOST_LABELS, LabelledAlready, label_case, unlabel_case
from jaga.core.errors import InvalidInput, NotFound


def test_a_label_is_put_on_once_and_taken_off(world: World) -> None:
    """A label is one word however it is typed; after removal it can be added again."""
    case_id, reviewer = in_review(), world.reviewers[0]
    assert label_case(case_id, "Kontak  Sama", actor=reviewer) == "kontak-sama"
    with pytest.raises(LabelledAlready):
        label_case(case_id, "kontak_sama", actor=world.reviewers[1])
    unlabel_case(case_id, "kontak-sama", actor=world.reviewers[1])
    with pytest.raises(NotFound):
        unlabel_case(case_id, "kontak-sama", actor=reviewer)
    label_case(case_id, "kontak-sama", actor=reviewer)
    assert CaseLabel.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_a_case_has_few_labels(world: World) -> None:
    """With more labels they would not sort anything any more."""
    case_id = in_review()
    for number in range(MOST_LABELS):
        label_case(case_id, f"kata-{number}", actor=world.reviewers[0])
    with pytest.raises(InvalidInput):
        label_case(case_id, "lagi", actor=world.reviewers[0])
