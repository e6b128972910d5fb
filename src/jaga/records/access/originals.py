"""Which sealed originals belong to a case."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from jaga.records.models import Case, Evidence


def originals_of(cases: Iterable[Case]) -> QuerySet[Evidence]:
    """An original that came with a report belongs to the case that the report is in now; any other to its own case.

    The row never changes, so it still tells in which case the original was sealed.
    """
    numbers = [case.pk for case in cases]
    theirs = Q(report__case__in=numbers) | Q(report__isnull=True, case__in=numbers)
    return Evidence.objects.filter(theirs).order_by("pk")
