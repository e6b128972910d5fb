"""How the holder of a restricted or closed account receives the letter with the appeal code. Public."""

from dataclasses import dataclass
from enum import StrEnum

from jaga.core.terms.actions import ActionState, Step
from jaga.records.models import Decision, OperatorProfile, Platform


class CodeWay(StrEnum):
    """How a platform delivers the letter."""

    NOTICE = "notice"  # A notice inside the app, before the account is closed.
    MAILBOX = "mailbox"  # A message; a holder who is offline receives it once the account is open again.
    OPERATOR = "operator"  # The operator's staff deliver it.
    ASKED = "asked"  # The app cannot deliver it; the installation sends it on the holder's request.


@dataclass(frozen=True)
class PlatformWay:
    """One platform: how the letter is delivered and whom to ask for it. `website` is empty if unknown."""

    platform: str
    way: CodeWay
    operator: str
    website: str


def code_delivery_channels() -> tuple[PlatformWay, ...]:
    """Every platform, by name."""
    sites = dict(OperatorProfile.objects.values_list("organisation_id", "website"))
    rows = Platform.objects.select_related("operator").order_by("display_name")
    return tuple(
        PlatformWay(row.display_name, _delivery_of(row), row.operator.name, sites.get(row.operator_id, ""))
        for row in rows
    )


def _delivery_of(platform: Platform) -> CodeWay:
    if platform.by_notice:
        return CodeWay.OPERATOR
    if not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return CodeWay.ASKED
    return CodeWay.MAILBOX if platform.adapter in ("prosody", "ejabberd") else CodeWay.NOTICE


def reaches_holder(decision: Decision) -> bool:
    """Whether the platform delivers this decision's letter to the holder.

    False for an operator-run platform whose staff finished without delivering it.
    """
    platform = decision.subject.platform
    if not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return False
    delivered = hasattr(decision, "statement") and decision.statement.delivered_at is not None
    ongoing = any(ActionState(action.state).is_open for action in decision.actions.all())
    return not platform.by_notice or delivered or ongoing
