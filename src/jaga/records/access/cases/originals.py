"""Which sealed originals belong to a case."""

from collections.abc import Collection, Iterable

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.retention import DataKind
from jaga.records.models import Case, Decision, Evidence, Preservation, RetentionErasure

_PRESERVED = (EvidenceKind.PROFILE, EvidenceKind.MEDIA, EvidenceKind.MESSAGES)


def originals_of(cases: Iterable[Case]) -> QuerySet[Evidence]:
    """The originals of these cases.

    An original filed with a report belongs to the case the report is in now, any other to the case it was sealed for;
    the row itself never changes. Excluded are preservations that lapsed because no second person agreed, a holder's
    appeal attachments, and what was deleted when its period was over.
    """
    return stored_originals_of([case.pk for case in cases]).exclude(is_deleted()).order_by("pk")


def stored_originals_of(numbers: Collection[int]) -> QuerySet[Evidence]:
    """`originals_of` with those whose deletion is on record."""
    theirs = Q(report__case__in=numbers) | Q(report__isnull=True, case__in=numbers)
    return Evidence.objects.filter(theirs, appeal__isnull=True).exclude(is_lapsed())


def is_deleted() -> Q:
    """A filter for originals whose period was over (`casework.privacy`): their rows stay, their files are gone."""
    deleted = RetentionErasure.objects.filter(case=Coalesce(OuterRef("report__case"), OuterRef("case")))
    return Q(Exists(deleted.filter(kind=DataKind.PICTURES)), appeal__isnull=True) | Q(
        Exists(deleted.filter(kind=DataKind.APPEAL)), appeal__isnull=False
    )


def is_lapsed() -> Q:
    """A filter for originals sealed for a lapsed preservation and not for a measure of the same case."""
    lapsed = Preservation.objects.filter(
        decision__case=OuterRef("case"),
        lapsed_at__isnull=False,
        decision__decided_at__lte=OuterRef("sealed_at"),
        lapsed_at__gte=OuterRef("sealed_at"),
    )
    measures = Decision.objects.filter(
        case=OuterRef("case"),
        kind__in=(DecisionKind.RESTRICT, DecisionKind.REDACT, DecisionKind.CLOSE, DecisionKind.REFER),
    )
    return Q(Exists(lapsed) & ~Exists(measures), report__isnull=True, kind__in=_PRESERVED)


def preserved_for(decision: Decision) -> QuerySet[Evidence]:
    """Originals sealed for this preservation; none where a measure of the same case needs them."""
    if decision.case.decisions.exclude(kind__in=(DecisionKind.PRESERVE, DecisionKind.DISMISS)).exists():
        return Evidence.objects.none()
    return Evidence.objects.filter(
        case=decision.case_id, report__isnull=True, kind__in=_PRESERVED, sealed_at__gte=decision.decided_at
    )


def of_account(originals: QuerySet[Evidence], case: Case, subject_id: int) -> QuerySet[Evidence]:
    """The originals of this account only. Whoever asks about one account must not receive material about another."""
    if subject_id == case.subject_id:
        return originals.filter(linked_subject__isnull=True)
    return originals.filter(linked_subject=subject_id)
