"""The case page as a list of sections, defined per package in `<subject>/sections.py`.

A new part of the page needs one `Section` in that module's `SECTIONS` and a template; no other file changes. Packages
above `cases` may read the page (`CasePage`), which does not know them.

Splits a text at its signals, for the template to escape and mark. Spans may overlap.

Keyed lease tokens for pages, which hide how often the case was held before.

A fencing token above one would hint at a first vote. The action still does the fencing; here a token is only converted
back.

The rail beside a case: the first cases due for this person, in queue order.

The frame of a case page: tabs, legal deadline, rule, and other due cases.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pkgutil import iter_modules
from typing import Any, TypeVar

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext, pgettext

import jaga
from jaga.cases.reads.case_view import CaseView
from jaga.cases.reads.gate import REPORTS_SHOWN, LeaseView, Related, ReportLine, lines_of
from jaga.cases.reads.reports import ReportView, SignalView, TextView
from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import load_release
from jaga.policy.review import CategoryRule
from jaga.queue.reads.queue import QueuePage, QueueRow, list_queue
from jaga.queue.reads.waiting import QueueFilter
from jaga.store.reads import READERS
from jaga.web.frame.display import STOPPED, clock_at
from jaga.web.frame.forms import whole_number
from jaga.web.frame.notice_words import order_of


@dataclass(frozen=True)
class HighlightSpan:
    """A piece of text covered by the same signals.

    `ending` lists (from 1) those that end here, to be shown after it.
    """

    text: str
    marked: bool
    ending: tuple[int, ...]


def pieces(text: str, signals: Sequence[SignalView]) -> tuple[HighlightSpan, ...]:
    """The whole text split at every span border; joining the pieces gives the text. Spans beyond its end are cut."""
    spans = [
        (number, max(0, min(start, len(text))), max(0, min(end, len(text))))
        for number, signal in enumerate(signals, 1)
        for start, end in signal.places
    ]
    borders = sorted({0, len(text), *(border for _, *span in spans for border in span)})
    found: list[HighlightSpan] = []
    for start, end in pairwise(borders):
        covered = any(left <= start and end <= right for _, left, right in spans)
        ending = tuple(number for number, left, right in spans if right == end and left < right)
        found += _bare(text[start:end], ending) if covered else [HighlightSpan(text[start:end], False, ending)]
    return tuple(found)


def _bare(text: str, ending: tuple[int, ...]) -> list[HighlightSpan]:
    """A marked piece without the space around it, which would be a coloured stub at the end of a line."""
    word = text.strip()
    before, _, after = text.partition(word) if word else ("", "", text)
    spans = [HighlightSpan(before, False, ()), HighlightSpan(word, bool(word), ending), HighlightSpan(after, False, ())]
    return [span for span in spans if span.text or span.ending]


def cut(report: ReportView) -> tuple[tuple[TextView, tuple[HighlightSpan, ...]], ...]:
    """Each text of a report with its pieces."""
    return tuple((one, pieces(one.text, one.signals)) for one in report.texts)


def marked(text: str, places: Sequence[tuple[int, int]]) -> tuple[HighlightSpan, ...]:
    """The whole text with these non-overlapping places marked, without numbers."""
    borders = sorted({0, len(text), *(border for place in places for border in place)})
    inside = set(places)
    return tuple(HighlightSpan(text[start:end], (start, end) in inside, ()) for start, end in pairwise(borders))


LINE, _BEFORE = 80, 20
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of what follows. In a line of a list they could turn the rest of the line."""


def one_line(text: str) -> str:
    """The text without line breaks and with a visible sign for each character that turns its direction; same length."""
    return _TURNING.sub("\u21c4", re.sub(r"\s", " ", text))


def beginning(text: str, places: Sequence[tuple[int, int]], length: int = LINE) -> tuple[HighlightSpan, ...]:
    """The first `length` code points of a text with the places marked, which may overlap.

    If no place is in them, it begins shortly before the first place. What is left out is shown as `…`.
    """
    inside = [(max(0, start), end) for start, end in places if start < min(end, len(text))]
    start = (
        max(0, min(start for start, _ in inside) - _BEFORE)
        if inside and all(begin >= length for begin, _ in inside)
        else 0
    )
    shown = one_line(text[start : start + length])
    spans = [
        (max(0, left - start), min(len(shown), right - start))
        for left, right in inside
        if left < start + length and right > start
    ]
    borders = sorted({0, len(shown), *(border for span in spans for border in span)})
    parts = [
        HighlightSpan(shown[left:right], any(begin <= left and right <= end for begin, end in spans), ())
        for left, right in pairwise(borders)
    ]
    before = [HighlightSpan("… ", False, ())] if start else []
    after = [HighlightSpan(" …", False, ())] if start + length < len(text) else []
    return (*before, *parts, *after)


NO_FENCE = 0  # The first lease has fence 1, so 0 is never valid.


def lease_token(case_id: int, fence: int, actor: Actor) -> str:
    """The token in the decision form in place of the fence."""
    return salted_hmac("jaga.console.lease", f"{case_id}:{fence}:{actor.person_id}").hexdigest()


def fence_of(token: str, case_id: int, lease: LeaseView | None, actor: Actor) -> int:
    """The fence of this token if it matches the current lease; otherwise one the action rejects."""
    if lease and lease.mine and constant_time_compare(token, lease_token(case_id, lease.fence, actor)):
        return lease.fence
    return NO_FENCE


SHOWN = 8
LOOKED_AT = 12  # At first.


@dataclass(frozen=True)
class RailRow:
    """One due case in short: its deadline style and rank reason."""

    row: QueueRow
    clock: str
    why: str


def rail_of(*, actor: Actor) -> tuple[RailRow, ...]:
    """What this person could do next, without cases others are working on."""
    page = list_queue(QueueFilter(), most=LOOKED_AT, actor=actor)
    if page.after and len(_free(page)) < SHOWN:  # Colleagues hold many of the first ones.
        page = list_queue(QueueFilter(), actor=actor)
    return tuple(RailRow(row, clock_at(row.due_at), _why(row)) for row in _free(page)[:SHOWN])


def _free(page: QueuePage) -> list[QueueRow]:
    return [row for row in page.rows if row.mine or not row.holder]


def _why(row: QueueRow) -> str:
    """The rank reason in a few words; the queue page gives each term's hours."""
    more = [gettext("assigned to you")] if row.assigned_to_me else []
    more += [gettext("two votes differ")] if row.differing else []
    more += [gettext("a new answer")] if row.answered else []
    return "; ".join([order_of(row).short, *more])


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
    names = [f"jaga.{found.name}.sections" for found in iter_modules(jaga.__path__) if found.ispkg]
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
