"""Which sealed originals belong to a case."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from jaga.records.models import Case, Evidence

LINKED = "linked-account-"  # how the names of originals begin that were preserved of a linked account


OF_APPEAL = "appeal-"
"""How the names of pictures begin that a holder sent with an appeal: they are no evidence of the case."""


def originals_of(cases: Iterable[Case]) -> QuerySet[Evidence]:
    """An original that came with a report belongs to the case that the report is in now; any other to its own case.

    The row never changes, so it still tells in which case the original was sealed. What a holder sent with an appeal
    is none of them.
    """
    numbers = [case.pk for case in cases]
    theirs = Q(report__case__in=numbers) | Q(report__isnull=True, case__in=numbers)
    return Evidence.objects.filter(theirs).exclude(report__isnull=True, name__startswith=OF_APPEAL).order_by("pk")


def of_account(originals: QuerySet[Evidence], case: Case, subject_id: int) -> QuerySet[Evidence]:
    """Those among a case's originals that are of this account: what is known of another account is not for whoever is
    asked about this one."""
    if subject_id == case.subject_id:
        return originals.exclude(report__isnull=True, name__startswith=LINKED)
    return originals.filter(report__isnull=True, name__startswith=f"{LINKED}{subject_id}-")
