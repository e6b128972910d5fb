"""The case page as a list of sections. Each package of the console has its own in `<package>/case_sections.py`.

A new part of the page is one `Section` there, in the tuple `SECTIONS`, and a template; no other file changes. Packages
above `cases` may read what the page has (`CasePage`), which knows nothing of them.
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
from jaga.core.terms import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.access.cases.gate import CaseView, LeaseView
from jaga.records.access.cases.related_records import Beside
from jaga.records.access.cases.report_lines import REPORTS_SHOWN, ReportLine, lines_of
from jaga.web.console.frame.lease_tokens import lease_token

CONSOLE = "jaga.web.console"
Kept = TypeVar("Kept")


class Place(StrEnum):
    """Where a section stands: in one of the tabs on the left, or in the column of what can be done."""

    EVIDENCE = "evidence"
    HISTORY = "history"
    ACCOUNTS = "accounts"
    REPORTS = "reports"
    ACT = "act"


@dataclass(frozen=True)
class CasePage:
    """The case page of one person as it is being made."""

    request: HttpRequest
    actor: Actor
    case: CaseView
    has: Collection[Beside]  # what the case has besides itself: sections ask only for what is there
    lease: LeaseView | None
    can_vote: bool
    number: int  # of the page of reports, from 1
    kept: tuple[object, ...] = ()  # what was entered in forms that were refused, one object of a class of each form

    def kept_of(self, form: type[Kept]) -> Kept | None:
        """What was entered in this form, if it is the one that was refused."""
        return next((one for one in self.kept if isinstance(one, form)), None)

    @property
    def token(self) -> str:
        """The keyed number of the own lease; empty for whoever does not hold the case."""
        return lease_token(self.case.pk, self.lease.fence, self.actor) if self.lease and self.lease.mine else ""

    @cached_property
    def lines(self) -> tuple[ReportLine, ...]:
        """A line for each report, newest first, up to this page."""
        return lines_of(self.case.stored, self.number)

    @property
    def lines_here(self) -> tuple[ReportLine, ...]:
        """Those of the reports that are shown in full on this page."""
        return self.lines[(self.number - 1) * REPORTS_SHOWN:self.number * REPORTS_SHOWN]


def _nothing(page: CasePage) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True)
class Section:
    """One part of the case page."""

    place: Place
    order: int  # from the top of its place
    template: str  # below `console/`
    context: Callable[[CasePage], Mapping[str, object]] = _nothing  # what the template reads, under names of its own
    roles: frozenset[Role] = field(default=frozenset(READERS))  # who sees it: whoever holds one of them
    form: type | None = None  # the form in it: its tab is the open one where that was refused
    counted: tuple[str, ...] = ()  # names of the context whose lengths its tab counts


@cache
def all_sections() -> tuple[Section, ...]:
    """The sections of all packages, in the order of the page."""
    console = import_module(CONSOLE)
    names = [f"{CONSOLE}.{found.name}.case_sections" for found in iter_modules(console.__path__) if found.ispkg]
    found: list[Section] = []
    for name in names:
        if find_spec(name) is not None:
            found += import_module(name).SECTIONS
    return tuple(sorted(found, key=lambda section: (list(Place).index(section.place), section.order)))


@dataclass(frozen=True)
class ShownSections:
    """The sections that this person sees: their templates by place, and all that these read."""

    templates: Mapping[str, tuple[str, ...]]
    context: Mapping[str, object]
    counts: Mapping[Place, int]  # of tabs that count something
    opened: str  # the tab that holds what was refused; empty where that is none of them


def sections_of(page: CasePage) -> ShownSections:
    """What stands on the page for this person."""
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
        context, counts, next((one.place.value for one in shown if one.form and page.kept_of(one.form)), ""))
