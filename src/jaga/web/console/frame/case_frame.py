"""The frame of a case page: tabs, legal deadline, rule, and other due cases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, pgettext

from jaga.core.actors import Actor
from jaga.policy import UnknownTerm, load_release
from jaga.policy.review import CategoryRule
from jaga.records.access.cases.case_view import CaseView
from jaga.web.console.frame.clocks import STOPPED, clock_at
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.rail import rail_of
from jaga.web.console.frame.sections import Place

_MOST_PAGES = 99_999


@dataclass(frozen=True)
class Tab:
    """One tab of the page. It has its own URL; print shows all."""

    key: str
    label: str
    count: int | None = None


def frame_of(
    request: HttpRequest, case: CaseView, counts: Mapping[Place, int], *, opened: str = "", actor: Actor
) -> dict[str, Any]:
    """The frame's template context.

    `counts`: item counts of tabs. `opened`: the tab with a rejected form, which overrides the URL.
    """
    tabs = (
        Tab("evidence", gettext("Evidence")),
        Tab("history", gettext("History")),
        Tab("accounts", gettext("Linked accounts"), counts.get(Place.ACCOUNTS, 0)),
        Tab("reports", pgettext("noun", "Reports"), case.reports_count),
    )
    wanted = opened or request.GET.get("tab", "")
    return {
        "tabs": tabs,
        "tab": wanted if wanted in {tab.key for tab in tabs} else "evidence",
        "clock": STOPPED if case.decided_at else clock_at(case.due_at),
        "rule": _rule(case),
        "rail": rail_of(actor=actor),
    }


def page_of(request: HttpRequest) -> int:
    """The requested page of reports; the first by default."""
    return whole_number(request.GET.get("page", ""), _MOST_PAGES) or 1


def _rule(case: CaseView) -> CategoryRule | None:
    """The rule of the case's category, or None if the release no longer has it."""
    try:
        return load_release().rule(case.category)
    except UnknownTerm:
        return None
