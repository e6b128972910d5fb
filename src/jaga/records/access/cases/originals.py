"""Which sealed originals belong to a case."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.core.terms import DecisionKind, EvidenceKind
from jaga.records.models import Case, Decision, Evidence, Preservation

_PRESERVED = (EvidenceKind.PROFILE, EvidenceKind.MEDIA, EvidenceKind.MESSAGES)


def originals_of(cases: Iterable[Case]) -> QuerySet[Evidence]:
    """An original that came with a report belongs to the case that the report is in now; any other to its own case.
    What one person let be preserved, and nobody agreed to in time, belongs to none any more.

    The row never changes, so it still tells in which case the original was sealed. What a holder sent with an appeal
    is none of them.
    """
    numbers = [case.pk for case in cases]
    theirs = Q(report__case__in=numbers) | Q(report__isnull=True, case__in=numbers)
    return Evidence.objects.filter(theirs, appeal__isnull=True).exclude(is_lapsed()).order_by("pk")


def is_lapsed() -> Q:
    """Of originals: what was sealed for a preservation that lapsed, and not for a measure of the same case."""
    lapsed = Preservation.objects.filter(decision__case=OuterRef("case"), lapsed_at__isnull=False,
                                         decision__decided_at__lte=OuterRef("sealed_at"),
                                         lapsed_at__gte=OuterRef("sealed_at"))
    measures = Decision.objects.filter(case=OuterRef("case"), kind__in=(
        DecisionKind.RESTRICT, DecisionKind.REDACT, DecisionKind.CLOSE, DecisionKind.REFER))
    return Q(Exists(lapsed) & ~Exists(measures), report__isnull=True, kind__in=_PRESERVED)


def preserved_for(decision: Decision) -> QuerySet[Evidence]:
    """What was sealed for this decision to preserve; nothing where a measure of the same case keeps it."""
    if decision.case.decisions.exclude(kind__in=(DecisionKind.PRESERVE, DecisionKind.DISMISS)).exists():
        return Evidence.objects.none()
    return Evidence.objects.filter(case=decision.case_id, report__isnull=True, kind__in=_PRESERVED,
                                   sealed_at__gte=decision.decided_at)


def of_account(originals: QuerySet[Evidence], case: Case, subject_id: int) -> QuerySet[Evidence]:
    """Those among a case's originals that are of this account: what is known of another account is not for whoever is
    asked about this one."""
    if subject_id == case.subject_id:
        return originals.filter(linked_subject__isnull=True)
    return originals.filter(linked_subject=subject_id)
