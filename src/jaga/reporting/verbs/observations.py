"""Observations by our own staff: public words they read count as published by the account, as a watch's do."""

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.terms.reports import FilingPriority, ReportForm, SourceReason
from jaga.reporting.verbs.merging import count_reports
from jaga.reporting.verbs.new_reports import observation
from jaga.store.kernel.jobs import defer_triage


def observe_words(case: Case, text: str, where: str, sha256: str) -> None:
    """Store recorded public words of a locked case's account as an observation, which the next triage screens.

    It counts as no source and starts no clock. Decided cases are not screened; there the sealed original suffices.
    Idempotent for the same words at one place.
    """
    if case.state not in JOINABLE_STATES:
        return
    own = f"words:{sha256}"
    if Report.objects.filter(subject=case.subject_id, form=ReportForm.OBSERVATION, origin_ref=own).exists():
        return
    moment = now()
    report = observation(
        case.subject,
        case.category,
        source=f"watch:{case.subject.platform.name}",
        origin_ref=own,
        published=text,
        place=where,
    )
    report.case, report.language, report.due_at = case, case.language, case.due_at
    report.received_at = report.filed_at = moment
    report.priority, report.source_weight, report.source_reason = FilingPriority.ORDINARY, 0.0, SourceReason.SAME_SENDER
    report.save(force_insert=True)
    count_reports(case)
    defer_triage(case.pk)
