"""The case page as a list of sections, defined per package in `<package>/case_sections.py`.

A new part of the page needs one `Section` in that module's `SECTIONS` and a template; no other file changes. Packages
above `cases` may read the page (`CasePage`), which does not know them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import TypeVar

from django.http import HttpRequest

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.gate import LeaseView
from jaga.records.access.cases.related_records import Related
from jaga.records.access.cases.report_lines import REPORTS_SHOWN, ReportLine, lines_of
from jaga.web.console.frame.lease_tokens import lease_token

CONSOLE = "jaga.web.console"
Kept = TypeVar("Kept")


class Place(StrEnum):
    """Where a section appears: in a tab, or beside the tabs.

    DECIDE holds the form alone; ACT stands below it, or below the letter while there is a form; MORE comes last.
    """

    EVIDENCE = "evidence"
    HISTORY = "history"
    ACCOUNTS = "accounts"
    REPORTS = "reports"
    DECIDE = "decide"
    ACT = "act"
    MORE = "more"


@dataclass(frozen=True)
class CasePage:
    """The case page of one person while it is rendered."""

    request: HttpRequest
    actor: Actor
    case: CaseView
    has: Collection[Related]  # Related records of the case; sections only query for those.
    lease: LeaseView | None
    can_vote: bool
    number: int  # Of the page of reports, from 1.
    kept: tuple[object, ...] = ()  # Input of rejected forms, one object per form class.

    def kept_of(self, form: type[Kept]) -> Kept | None:
        """The input of this form, if it is the one that was rejected."""
        return next((one for one in self.kept if isinstance(one, form)), None)

    @property
    def token(self) -> str:
        """The keyed token of one's own lease; empty for anyone but the holder."""
        return lease_token(self.case.pk, self.lease.fence, self.actor) if self.lease and self.lease.mine else ""

    @cached_property
    def lines(self) -> tuple[ReportLine, ...]:
        """A row per report, newest first, up to this page."""
        return lines_of(self.case, self.number)

    @property
    def lines_here(self) -> tuple[ReportLine, ...]:
        """The rows of reports shown in full on this page."""
        return self.lines[(self.number - 1) * REPORTS_SHOWN : self.number * REPORTS_SHOWN]


def _nothing(page: CasePage) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class Section:
    """One part of the case page."""

    place: Place
    order: int  # From the top of its place.
    template: str  # Below `console/`.
    context: Callable[[CasePage], Mapping[str, object]] = _nothing  # The template context, under unique names.
    roles: frozenset[Role] = field(default=frozenset(READERS))  # Holders of one of these roles see it.
    form: type | None = None  # The form in it: its tab is opened if that was rejected.
    counted: tuple[str, ...] = ()  # Context names whose lengths its tab counts.


@cache
def all_sections() -> tuple[Section, ...]:
    """The sections of all packages, in page order."""
    console = import_module(CONSOLE)
    names = [f"{CONSOLE}.{found.name}.case_sections" for found in iter_modules(console.__path__) if found.ispkg]
    found: list[Section] = []
    for name in names:
        if find_spec(name) is not None:
            found += import_module(name).SECTIONS
    return tuple(sorted(found, key=lambda section: (list(Place).index(section.place), section.order)))


@dataclass(frozen=True)
class ShownSections:
    """The sections this person sees: templates by place, and their context."""

    templates: Mapping[str, tuple[str, ...]]
    context: Mapping[str, object]
    counts: Mapping[Place, int]  # For tabs with a count.
    opened: str  # The tab with the rejected form; empty if there is none.


def sections_of(page: CasePage) -> ShownSections:
    """The sections of the page for this person."""
    shown = [section for section in all_sections() if section.roles & page.actor.roles]
    context: dict[str, object] = {}
    counts: dict[Place, int] = {}
    for section in shown:
        context |= section.context(page)
        for name in section.counted:
            items = context[name]
            counts[section.place] = counts.get(section.place, 0) + (len(items) if isinstance(items, tuple) else 0)
    return ShownSections(
        {place.value: tuple(f"console/{one.template}" for one in shown if one.place is place) for place in Place},
        context,
        counts,
        next((one.place.value for one in shown if one.form and page.kept_of(one.form)), ""),
    )
