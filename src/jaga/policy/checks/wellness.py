"""Checks of wellness.yaml."""

from collections.abc import Iterator

from jaga.core.errors import N_
from jaga.core.terms.cases import Severity
from jaga.policy.problems import ReleaseProblem
from jaga.policy.reading import PartialRelease


def check_wellness(draft: "PartialRelease") -> Iterator[ReleaseProblem]:
    """Weights grow with severity, severe material has a weight, and a rotation can become due."""
    if (part := draft.wellness) is None:
        return
    value = part.value
    ordered = [value.weights.of(severity) for severity in Severity]
    if ordered != sorted(ordered):
        yield part.document.problem(
            ("weights",),
            N_("more severe material has less weight than milder material"),
            N_("Increase the weights from `low` to `critical`."),
        )
    if value.weights.of(value.severe_from) == 0:
        yield part.document.problem(
            ("weights", value.severe_from.name.lower()),
            N_("severe material has no weight, so nobody would ever reach the limit"),
            N_("Give it a weight above 0."),
        )
    if value.rotation.after_minutes >= value.rotation.within_minutes:
        yield part.document.problem(
            ("rotation", "after_minutes"),
            N_("reviewers would never be rotated to lighter material"),
            N_("Make `after_minutes` less than `within_minutes`."),
        )
