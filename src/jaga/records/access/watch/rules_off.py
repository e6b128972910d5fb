"""Which rules make no cases at present, since people found them wrong too often."""

from jaga.records.models import RuleSuspension


def rules_off() -> frozenset[str]:
    """The rules that are off. Those that look for possible victims never are."""
    return frozenset(
        RuleSuspension.objects.filter(ended_at__isnull=True, alarm_only=False).values_list("rule", flat=True)
    )
