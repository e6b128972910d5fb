"""Which sealed originals belong to a case."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.decisions import DecisionKind
from jaga.records.models import Case, Decision, Evidence, Preservation

_PRESERVED = (EvidenceKind.PROFILE, EvidenceKind.MEDIA, EvidenceKind.MESSAGES)


def originals_of(cases: Iterable[Case]) -> QuerySet[Evidence]:
    """The originals of these cases.

    An original filed with a report belongs to the case the report is in now, any other to the case it was sealed for;
    the row itself never changes. Excluded are preservations that lapsed because no second person agreed, and a holder's
    appeal attachments.
    """
    numbers = [case.pk for case in cases]
    theirs = Q(report__case__in=numbers) | Q(report__isnull=True, case__in=numbers)
    return Evidence.objects.filter(theirs, appeal__isnull=True).exclude(is_lapsed()).order_by("pk")


def is_lapsed() -> Q:
    """A filter for originals sealed for a lapsed preservation and not for a measure of the same case."""
    lapsed = Preservation.objects.filter(decision__case=OuterRef("case"), lapsed_at__isnull=False,
                                         decision__decided_at__lte=OuterRef("sealed_at"),
                                         lapsed_at__gte=OuterRef("sealed_at"))
    measures = Decision.objects.filter(case=OuterRef("case"), kind__in=(
        DecisionKind.RESTRICT, DecisionKind.REDACT, DecisionKind.CLOSE, DecisionKind.REFER))
    return Q(Exists(lapsed) & ~Exists(measures), report__isnull=True, kind__in=_PRESERVED)


def preserved_for(decision: Decision) -> QuerySet[Evidence]:
    """Originals sealed for this preservation; none where a measure of the same case needs them."""
    if decision.case.decisions.exclude(kind__in=(DecisionKind.PRESERVE, DecisionKind.DISMISS)).exists():
        return Evidence.objects.none()
    return Evidence.objects.filter(case=decision.case_id, report__isnull=True, kind__in=_PRESERVED,
                                   sealed_at__gte=decision.decided_at)


def of_account(originals: QuerySet[Evidence], case: Case, subject_id: int) -> QuerySet[Evidence]:
    """The originals of this account only. Whoever asks about one account must not receive material about another."""
    if subject_id == case.subject_id:
        return originals.filter(linked_subject__isnull=True)
    return originals.filter(linked_subject=subject_id)
