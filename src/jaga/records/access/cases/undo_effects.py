"""What undoing a decision would not bring back, shown before the decision and to the holder."""

from jaga.records.models import Decision


def lost_on_undo(decision: Decision) -> tuple[str, ...]:
    """What the platform's adapter declares as lost (msgids), over all effects of this decision."""
    declared = decision.subject.platform.capabilities
    kinds = decision.actions.filter(rest__isnull=True).order_by("sequence").values_list("kind", flat=True)
    return tuple(item for kind in kinds for item in declared.get(kind, {}).get("lost_on_undo", []))
