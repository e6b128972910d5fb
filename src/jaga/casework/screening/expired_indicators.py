"""Account-linking indicators whose period is over.

An indicator is stored once for each account, with the report that showed it first. It goes with the last case of the
account that may keep it, whichever report that was.
"""

from collections.abc import Collection

from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.retention import DataKind
from jaga.core.terms.screening import IndicatorKind
from jaga.records.models import AccountIndicator, Case, ErasedKey, LinkedAccount, LshBand, RetentionErasure


def delete_indicators_of(case: int) -> int:
    """Delete the indicators of the case's accounts that no other case keeps; returns how many rows."""
    accounts = {
        *Case.objects.filter(pk=case).values_list("subject", flat=True),
        *LinkedAccount.objects.filter(case=case).values_list("subject", flat=True),
        *AccountIndicator.objects.filter(report__case=case).values_list("subject", flat=True),
    }
    ours = AccountIndicator.objects.filter(subject__in=accounts - _kept(accounts, but=case))
    return LshBand.objects.filter(indicator__in=ours).delete()[0] + ours.delete()[0]


def detach_indicators_of(reports: Collection[int]) -> None:
    """Before the texts of these reports go: what a case still keeps belongs to the account alone from then on.

    Wording is compared by the texts themselves, so it goes with them.
    """
    ours = AccountIndicator.objects.filter(report__in=reports)
    kept = _kept(set(ours.values_list("subject", flat=True)))
    ours.filter(subject__in=kept).exclude(kind=IndicatorKind.TEXT).update(report=None, start=0, end=0)


def _kept(accounts: Collection[int], *, but: int | None = None) -> set[int]:
    """Those of these accounts with a case whose indicators were not deleted, besides this one and those erased before
    their periods were over.
    """
    gone = RetentionErasure.objects.filter(kind=DataKind.INDICATORS).values("case")
    erased = ErasedKey.objects.filter(kind=KeyOwner.CASE).exclude(rule__in=list(DataKind)).values("number")
    cases = Case.objects.filter(canary=False).exclude(pk__in=gone).exclude(key_number__in=erased)
    if but is not None:
        cases = cases.exclude(pk=but)
    return {
        *cases.filter(subject__in=accounts).values_list("subject", flat=True),
        *LinkedAccount.objects.filter(subject__in=accounts, case__in=cases).values_list("subject", flat=True),
    }
