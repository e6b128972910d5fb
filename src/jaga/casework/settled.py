"""Judged harmless until the content changes: what people dismissed is not judged again for the same words.

A report that brings nothing new stands beside the dismissed case, and its reporter is told so at once. Whatever is new
opens a case as always: other words with a signal, a link, a picture, a contact who speaks in words of their own, an
authority, a victim. So nobody who has something to say is turned away, and copies make no work.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db.models import Exists, OuterRef, prefetch_related_objects

from jaga.casework.known import abouts_of
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms import DecisionKind, Lane, ReportForm, ReportRoute
from jaga.policy import PolicyRelease
from jaga.records.models import Case, Decision, Report
from jaga.screening.ruled import screen_texts
from jaga.screening.voices import SHARED_BANDS, words_of

SETTLED_FOR = timedelta(days=90)
_MOST_READ = 200  # of the settled case's reports, the latest with words of their own

Key = tuple[int, str]


def settled_cases(wanted: Mapping[Key, Sequence[Report]], release: PolicyRelease) -> dict[int, Case]:
    """For each report that brings nothing new to a dismissed case of its subject and category: that case.

    `wanted`: reports by subject and category, where no case is open. Reports that are not named open one.
    """
    asked = {key: [report for report in reports if _may_be_old(report)] for key, reports in wanted.items()}
    asked = {key: reports for key, reports in asked.items() if reports}
    if not asked:
        return {}
    acted = Decision.objects.filter(case=OuterRef("pk"), overturned_by__isnull=True,
                                    provisional=False).exclude(kind=DecisionKind.DISMISS)
    dismissed = Decision.objects.filter(case=OuterRef("pk"), kind=DecisionKind.DISMISS, overturned_by__isnull=True)
    rows = (Case.objects.filter(subject__in={subject for subject, _ in asked}, state=CaseState.RESOLVED,
                                victim_first=False, resolved_at__gt=now() - SETTLED_FOR)
            .filter(Exists(dismissed)).exclude(Exists(acted)).select_related("subject__platform").order_by("pk"))
    latest = {(case.subject_id, case.category): case for case in rows}
    # A later case on the same matter, whatever became of it, has the last word.
    return {
        report.pk: latest[key]
        for key, reports in asked.items() if key in latest and not _followed(latest[key])
        for report in _old(latest[key], reports, release)
    }


def _may_be_old(report: Report) -> bool:
    """Whether the rule is for such reports at all. A name that can pass to another may be somebody else's by now."""
    return (report.form in (ReportForm.REPORT, ReportForm.OBSERVATION) and report.organisation_id is None
            and report.route == ReportRoute.ORDINARY and report.lane != Lane.URGENT and not report.called_as)


def _followed(case: Case) -> bool:
    return Case.objects.filter(subject=case.subject_id, category=case.category, pk__gt=case.pk,
                               decisions__isnull=False).exists()


def _old(case: Case, reports: Sequence[Report], release: PolicyRelease) -> list[Report]:
    """Which of these say nothing that the case did not hold."""
    earlier = list(case.reports.exclude(text="", place="").order_by("-pk").values_list("text", "place")[:_MOST_READ])
    words = {key for text, _ in earlier for key in words_of(text)}
    links = {link for _, place in earlier for link in place.split("\n")}
    old = [report for report in reports
           if report.form == ReportForm.OBSERVATION or not report.place or set(report.place.split("\n")) <= links]
    fresh = [report for report in old if report.text and not _said_before(report.text, words)]
    prefetch_related_objects(fresh, "subject__platform")
    abouts = abouts_of(fresh, release)
    found = screen_texts([report.text for report in fresh], release, [*abouts.values()]) if fresh else []
    # Any signal counts, also one that the case had: else a holder could have a report that holds every word of the
    # list dismissed, and be left alone for months.
    new = {report.pk for report, screened in zip(fresh, found, strict=True) if report.contact_key or screened.signals}
    return [report for report in old if report.pk not in new]


def _said_before(text: str, words: set[str]) -> bool:
    mine = words_of(text)
    return bool(mine) and sum(key in words for key in mine) >= min(SHARED_BANDS, len(mine))
