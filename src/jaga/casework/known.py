"""What rules may know of a report besides its words: where it was said, and what was decided on the account before."""

from collections.abc import Sequence

from django.db.models import Count

from jaga.core.terms import DecisionKind, ReportForm
from jaga.policy.screening_rules import Surface
from jaga.records.models import Decision, Report
from jaga.screening.rules import About

_AGAINST = (DecisionKind.RESTRICT, DecisionKind.CLOSE)


def abouts_of(reports: Sequence[Report]) -> dict[int, About]:
    """For each filed report, by its number. Reads its subject and platform; nothing about whoever reported."""
    subjects = {report.subject_id for report in reports}
    decided = dict(Decision.objects.filter(subject__in=subjects, kind__in=_AGAINST, overturned_by__isnull=True,
                                           provisional=False)
                   .values_list("subject").annotate(Count("pk")))
    return {report.pk: About(platform=report.subject.platform.name, surface=_surface(report),
                             decided=decided.get(report.subject_id, 0)) for report in reports}


def _surface(report: Report) -> Surface:
    """An observation is a message as it stood in a public room; everything else is somebody's words about it."""
    return "message" if report.form == ReportForm.OBSERVATION else "report"
