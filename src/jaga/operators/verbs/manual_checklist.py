"""The checklist of our staff on platforms without an API adapter."""

from jaga.core.platforms import STEPS
from jaga.core.terms.cases import ActionKind, Step
from jaga.operators.models import Notice

DID = "did_"  # prefix of a ticked entry's kind, such as `did_close`
# a person has no tool to seal evidence, and does not restrict before closing
_LEFT_OUT = (Step.PRESERVE, Step.RESTRICT)


def checklist_for(kind: ActionKind) -> tuple[Step, ...]:
    """The steps of an action to tick off, in order. The final check is another person's and not included."""
    return tuple(step for step in STEPS[kind] if step not in _LEFT_OUT or step.value == kind.value)


def ticked(notice: Notice) -> frozenset[Step]:
    """The steps ticked in this notice's checklist."""
    kinds = notice.entries.filter(kind__startswith=DID).values_list("kind", flat=True)
    return frozenset(Step(kind.removeprefix(DID)) for kind in kinds)


def all_ticked(notice: Notice) -> bool:
    """Whether every step was ticked."""
    return ticked(notice).issuperset(checklist_for(ActionKind(notice.asks_for)))
