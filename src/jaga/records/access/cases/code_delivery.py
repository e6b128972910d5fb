"""Where the holder of a held or closed account finds the letter with the appeal code: anybody may read it."""

from dataclasses import dataclass
from enum import StrEnum

from jaga.core.terms import ActionState, Step
from jaga.records.models import Decision, OperatorProfile, Platform


class CodeWay(StrEnum):
    """How the letter reaches the holder on a platform."""

    NOTICE = "notice"  # the app's own notices, before the account is closed
    MAILBOX = "mailbox"  # a message; who is not connected at that moment gets it once the account is open again
    OPERATOR = "operator"  # the operator's people hand it over
    ASKED = "asked"  # the app cannot: whoever runs it sends the letter to the holder who asks


@dataclass(frozen=True)
class PlatformWay:
    """One platform: how the letter comes, and who can be asked for it. `website` is empty where it is not known."""

    platform: str
    way: CodeWay
    operator: str
    website: str


def code_ways() -> tuple[PlatformWay, ...]:
    """Every platform, by name."""
    sites = dict(OperatorProfile.objects.values_list("organisation_id", "website"))
    rows = Platform.objects.select_related("operator").order_by("display_name")
    return tuple(PlatformWay(row.display_name, _way(row), row.operator.name, sites.get(row.operator_id, ""))
                 for row in rows)


def _way(platform: Platform) -> CodeWay:
    if platform.by_notice:
        return CodeWay.OPERATOR
    if not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return CodeWay.ASKED
    return CodeWay.MAILBOX if platform.adapter in ("prosody", "ejabberd") else CodeWay.NOTICE


def reaches_holder(decision: Decision) -> bool:
    """Whether the platform gives the holder this decision's letter.

    Where the operator's people are asked, it no longer does once they have finished and nobody has handed it over.
    """
    platform = decision.subject.platform
    if not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return False
    delivered = hasattr(decision, "statement") and decision.statement.delivered_at is not None
    ongoing = any(ActionState(action.state).is_open for action in decision.actions.all())
    return not platform.by_notice or delivered or ongoing
