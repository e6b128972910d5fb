"""Copies of dismissed reports, the only reports that are answered by a program (ADR 0057).

A report is a copy if it repeats, word for word and number for number, what people had before them when they dismissed
the case, in more words than two people would choose by chance, and adds no link, picture or new contact. It is filed
beside the dismissed case, and its reporter is told what was compared. Any other report opens a case that names the one
it repeats (`casework.queue.reopened_matters`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from django.db.models import Exists, F, OuterRef

from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.reports import FilingPriority, ReportForm, ReportRoute
from jaga.records.bulk import as_array, ask_prepared
from jaga.records.models import Case, Decision, Report
from jaga.screening.copies.repeats import comparison_form, is_long_enough

SETTLED_FOR = timedelta(days=90)
_MOST_READ = 1000  # reports compared with; if there are more, a copy of another one goes to a person
_SETTLED = (
    f"SELECT id FROM records_case WHERE subject_id = ANY(%s::bigint[]) AND state = '{CaseState.RESOLVED.value}'"  # noqa: S608
    " AND NOT victim_first AND resolved_at > %s"
)

Key = tuple[int, str]


def dismissed_before(keys: Collection[Key]) -> dict[Key, list[Case]]:
    """Cases of these accounts and categories that people dismissed in the last 90 days, newest first.

    Matters that a later case judged are left out, whatever its outcome.
    """
    settled = ask_prepared(_SETTLED, [as_array(subject for subject, _ in keys), now() - SETTLED_FOR])
    if not settled:  # as for nearly all new reports
        return {}
    acted = Decision.objects.filter(case=OuterRef("pk"), overturned_by__isnull=True, provisional=False).exclude(
        kind=DecisionKind.DISMISS
    )
    dismissed = Decision.objects.filter(case=OuterRef("pk"), kind=DecisionKind.DISMISS, overturned_by__isnull=True)
    rows = (
        Case.objects.filter(pk__in=[number for (number,) in settled])
        .filter(Exists(dismissed))
        .exclude(Exists(acted))
        .select_related("subject__platform")
        .order_by("-pk")
    )
    found: dict[Key, list[Case]] = {}
    for case in rows:
        found.setdefault((case.subject_id, case.category), []).append(case)
    return {key: cases for key, cases in found.items() if key in keys and not _followed(cases[0])}


def copies(wanted: Mapping[Key, Sequence[Report]], dismissed: Mapping[Key, Sequence[Case]]) -> dict[int, Case]:
    """For each report that copies a dismissed one, by id, the dismissed case.

    `wanted` holds reports by account and category without an open case. Reports not in the result open one.
    """
    return {
        number: case
        for key, cases in dismissed.items()
        for number, case in _copies([one for one in wanted[key] if _may_be_copy(one)], cases).items()
    }


def _may_be_copy(report: Report) -> bool:
    """Whether a report can be a copy at all.

    Not if named by a handle, which may have a new owner; nor with only a word or two, or an account holder could have
    "penipu" dismissed to silence everyone who writes it. What a watch saw the account publish again may be short.
    """
    enough = bool(report.published) if report.form == ReportForm.OBSERVATION else is_long_enough(report.all_text)
    return (
        enough
        and report.form in (ReportForm.REPORT, ReportForm.OBSERVATION)
        and report.organisation_id is None
        and report.route == ReportRoute.ORDINARY
        and report.priority != FilingPriority.URGENT
        and not report.called_as
    )


def _followed(case: Case) -> bool:
    return Case.objects.filter(
        subject=case.subject_id, category=case.category, pk__gt=case.pk, decisions__isnull=False
    ).exists()


def _copies(reports: Sequence[Report], cases: Sequence[Case]) -> dict[int, Case]:
    if not reports:
        return {}
    by_number = {case.pk: case for case in cases}
    # Reports filed after the dismissal were read by nobody.
    earlier = list(
        Report.objects.filter(case__in=cases, filed_at__lte=F("case__decided_at"))
        .only("case_id", "form", "text", "excerpt", "published", "place", "contact_key")
        .order_by("-pk")[:_MOST_READ]
    )
    texts = {_compared_texts(one): by_number[one.case_id or 0] for one in reversed(earlier)}
    links = {link for one in earlier for link in one.place.split("\n")}
    contacts = {bytes(one.contact_key) for one in earlier if one.contact_key}
    found: dict[int, Case] = {}
    for report in reports:
        case = texts.get(_compared_texts(report))
        knows_links = (
            report.form == ReportForm.OBSERVATION or not report.place or (set(report.place.split("\n")) <= links)
        )
        if case and knows_links and (not report.contact_key or bytes(report.contact_key) in contacts):
            found[report.pk] = case
    return found


def _compared_texts(report: Report) -> tuple[bool, str]:
    """The report's text, and whether a watch saw it.

    A text that was only claimed and dismissed was not judged as published.
    """
    return report.form == ReportForm.OBSERVATION, comparison_form(report.all_text)
