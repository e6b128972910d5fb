"""What is new in a case compared with earlier dismissed cases on the same matter."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.reads.case_view import refused_cases, takes_case
from jaga.core.actors import Actor
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.people import Language
from jaga.core.terms.reports import ReportForm
from jaga.screening.copies.copies import comparison_form, new_words, words_of_of_repeats
from jaga.store.reads import may_see

SHOWN = 20
SHOWN_OF_A_NETWORK = 3
"""Reports per network: a hundred reports from one network take no more room than three."""
_MOST_READ, _MOST_EARLIER = 500, 10
_BROUGHT = (EvidenceKind.SCREENSHOT, EvidenceKind.MESSAGES, EvidenceKind.MEDIA)


@dataclass(frozen=True)
class Dismissed:
    """An earlier dismissed case of the same account and category."""

    case_id: int
    reference: str
    decided_at: datetime | None


@dataclass(frozen=True)
class Difference:
    """What one report adds.

    `places` are the spans of its new words; a victim-first case shows no text.

    `reordered`: all its words were said before, in another order.
    """

    report_id: int
    received_at: datetime
    language: Language
    text: str
    places: tuple[tuple[int, int], ...]
    reordered: bool
    links: tuple[str, ...]
    person: bool  # From someone with a contact new in this matter.
    files: int  # Attached pictures, chosen messages and hashes.
    published: bool  # The text was published by the account, not written by a reporter.


@dataclass(frozen=True)
class Repeat:
    """The dismissed cases, latest first, and what is new since. `more` counts further reports not shown."""

    earlier: tuple[Dismissed, ...]
    differences: tuple[Difference, ...]
    more: int


@takes_case
def repeat_of(case: Case, *, actor: Actor) -> Repeat | None:
    """The comparison for a case already fetched with a permission check; None if it repeats nothing the actor may see,
    or may learn of before they have read it (`kept_back`).

    Networks alternate: the first report of each, then the second, at most three each.
    """
    found = [one for one in _earlier(case) if may_see(one, actor=actor)]
    refused = refused_cases([one.pk for one in found], actor=actor)
    earlier = [one for one in found if one.pk not in refused]
    if not earlier:
        return None
    # As in `reporting.verbs.merging`: later reports are kept beside a dismissal, and nobody had read them.
    old = list(
        Report.objects.filter(case__in=earlier, filed_at__lte=F("case__decided_at"))
        .only("text", "excerpt", "published", "place", "contact_key", "form")
        .order_by("-pk")[:_MOST_READ]
    )
    earlier_reports = _Known(
        frozenset((_view(one), word) for one in old for word in words_of_of_repeats(one.all_text)),
        frozenset((_view(one), comparison_form(one.all_text)) for one in old),
        frozenset(link for one in old for link in _links(one)),
        frozenset(bytes(one.contact_key) for one in old if one.contact_key),
    )
    reports = list(case.reports.order_by("pk")[:_MOST_READ])
    shown = _in_turns(reports)
    files = Counter(Evidence.objects.filter(report__in=shown, kind__in=_BROUGHT).values_list("report_id", flat=True))
    return Repeat(
        tuple(Dismissed(one.pk, one.reference, one.decided_at) for one in earlier),
        tuple(_difference(report, earlier_reports, files[report.pk], hidden=case.victim_first) for report in shown),
        case.reports_count - len(shown),
    )


@dataclass(frozen=True)
class _Known:
    words: frozenset[tuple[bool, str]]
    texts: frozenset[tuple[bool, str]]
    links: frozenset[str]
    contacts: frozenset[bytes]


def _earlier(case: Case) -> list[Case]:
    found: list[Case] = []
    while case.repeats is not None and len(found) < _MOST_EARLIER:
        case = case.repeats
        found.append(case)
    return found


def _links(report: Report) -> tuple[str, ...]:
    """Links a reporter gave; the place of an observation is the room's name."""
    return () if report.form == ReportForm.OBSERVATION else tuple(filter(None, report.place.split("\n")))


def _view(report: Report) -> bool:
    return report.form == ReportForm.OBSERVATION


def _in_turns(reports: Sequence[Report]) -> list[Report]:
    turns: Counter[bytes] = Counter()
    ordered = []
    for report in reports:
        network = bytes(report.network_key or report.source_key)
        ordered.append((turns[network], report.pk, report))
        turns[network] += 1
    ordered.sort(key=lambda one: one[:2])
    return [report for turn, _, report in ordered if turn < SHOWN_OF_A_NETWORK][:SHOWN]


def _difference(report: Report, earlier_reports: _Known, files: int, *, hidden: bool) -> Difference:
    published, text = _view(report), report.all_text
    places = new_words(text, frozenset(word for kind, word in earlier_reports.words if kind is published))
    return Difference(
        report.pk,
        report.received_at,
        Language(report.language),
        "" if hidden else text,
        () if hidden else places,
        not places and bool(text) and (published, comparison_form(text)) not in earlier_reports.texts,
        () if hidden else tuple(link for link in _links(report) if link not in earlier_reports.links),
        bool(report.contact_key) and bytes(report.contact_key or b"") not in earlier_reports.contacts,
        files,
        published,
    )
