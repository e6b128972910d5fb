"""What our own people tick off where they work on a platform by hand."""

from jaga.core.platforms import STEPS
from jaga.core.terms import ActionKind, Step
from jaga.records.models import Notice

DID = "did_"  # the kind of a ticked turn: did_close, …
_LEFT_OUT = (Step.PRESERVE, Step.RESTRICT)  # a person has no tool that seals, and holds nothing before closing it


def checklist_for(kind: ActionKind) -> tuple[Step, ...]:
    """What is ticked off for an action by hand, in order. The last look is another person's, and not among it."""
    return tuple(step for step in STEPS[kind] if step not in _LEFT_OUT or step.value == kind.value)


def ticked(notice: Notice) -> frozenset[Step]:
    """What was ticked in this notice's checklist."""
    kinds = notice.entries.filter(kind__startswith=DID).values_list("kind", flat=True)
    return frozenset(Step(kind.removeprefix(DID)) for kind in kinds)


def all_ticked(notice: Notice) -> bool:
    """Whether every step was ticked."""
    return ticked(notice).issuperset(checklist_for(ActionKind(notice.asks_for)))
