"""Cases with several accounts: which were linked and why, and the outcome for each."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.terms.actions import ActionState
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.cases.gate import listed_account
from jaga.records.models import Case, Decision, LinkedAccount, Subject, Vote


@dataclass(frozen=True)
class LinkedAccountView:
    """An account added to a case by staff.

    `added_by` is empty until the decision, since the last person to work on a case may be a sealed voter.
    """

    link_id: int
    account: str
    platform: str
    why: str
    added_at: datetime
    added_by: str


@dataclass(frozen=True)
class JudgedAccount:
    """One account named by a vote, and its outcome.

    `decided` is None until the decision, and where only one of two voters named the account. `account` is empty where a
    list must not name it.
    """

    account: str
    platform: str
    reported: bool
    decided: DecisionKind | None
    state: ActionState | None


@takes_case
def links_of(case: Case) -> tuple[LinkedAccountView, ...]:
    """Accounts linked to a case already fetched with a permission check, in the order added."""
    rows = (
        LinkedAccount.objects.filter(case=case, withdrawn_at__isnull=True)
        .select_related("subject__platform", "added_by")
        .order_by("pk")
    )
    decided = case.state not in (CaseState.RECEIVED, *SEALED_STATES)
    return tuple(
        LinkedAccountView(
            row.pk,
            row.subject.account_id,
            row.subject.platform.display_name,
            row.why,
            row.added_at,
            row.added_by.display_name if decided else "",
        )
        for row in rows
    )


def accounts_voted(votes: Iterable[Vote]) -> dict[int, tuple[JudgedAccount, ...]]:
    """The accounts of each vote by vote id, with their outcomes once the case is decided.

    In victim-first cases no account is named: the name alone may identify a victim.
    """
    cast = list(votes)
    numbers = {number for vote in cast for number in vote.accounts}
    subjects = {row.pk: row for row in Subject.objects.filter(pk__in=numbers).select_related("platform")}
    made: dict[tuple[int, int], Decision] = {}
    rows = (
        Decision.objects.filter(case__in=[vote.case_id for vote in cast])
        .exclude(kind=DecisionKind.REDACT)
        .exclude(provisional=True)
    )
    for row in rows.prefetch_related("actions").order_by("pk"):
        made[row.case_id, row.subject_id] = row
    found: dict[int, list[JudgedAccount]] = defaultdict(list)
    for vote in cast:
        for number in sorted(vote.accounts, key=lambda one: (one != vote.case.subject_id, one)):
            decision = made.get((vote.case_id, number))
            found[vote.pk].append(
                JudgedAccount(
                    listed_account(vote.case, subjects[number].account_id),
                    subjects[number].platform.display_name,
                    number == vote.case.subject_id,
                    DecisionKind(decision.kind) if decision else None,
                    _state(decision) if decision else None,
                )
            )
    return {number: tuple(judged) for number, judged in found.items()}


def _state(decision: Decision) -> ActionState | None:
    last = max(decision.actions.all(), key=lambda action: action.sequence, default=None)
    return ActionState(last.state) if last else None
