"""A case as pages read it, and the row behind it, which stays in `records.access` and `casework`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from jaga.core.cases import CaseState
from jaga.core.terms.cases import VictimState
from jaga.records.models import Case

P = ParamSpec("P")
R = TypeVar("R")


class CaseStage(StrEnum):
    """The state of a case as far as staff may know it before the decision."""

    NEW = "new"
    REVIEW = "review"
    SUPERVISOR = "supervisor"
    COMMITTING = "committing"
    ACTING = "acting"
    RESTORING = "restoring"
    RESOLVED = "resolved"


STAGES = {
    CaseState.RECEIVED: CaseStage.NEW,
    CaseState.IN_REVIEW: CaseStage.REVIEW,
    CaseState.SECOND_VOTE: CaseStage.REVIEW,
    CaseState.ADJUDICATION: CaseStage.SUPERVISOR,
    CaseState.COMMITTING: CaseStage.COMMITTING,
    CaseState.ACTING: CaseStage.ACTING,
    CaseState.RESTORING: CaseStage.RESTORING,
    CaseState.RESOLVED: CaseStage.RESOLVED,
}


@dataclass(frozen=True)
class CaseView:
    """A case as pages read it. A page passes it on to functions that need more of the case (`takes_case`)."""

    pk: int
    reference: str
    state: CaseState
    category: str
    severity: int
    urgent: bool
    victim_first: bool
    victim_state: VictimState
    queue: str
    repeats: bool  # what was dismissed before
    cluster_id: int | None
    reports_count: int
    sources_count: int
    conduct_on: date
    opened_at: datetime
    due_at: datetime
    decided_at: datetime | None
    account: str  # as its platform writes it
    platform: str  # as people read it
    platform_name: str  # its key
    _row: Case = field(repr=False, compare=False)

    @property
    def stage(self) -> CaseStage:
        """Its stage, as far as staff may know."""
        return STAGES[self.state]


def view_of(case: Case) -> CaseView:
    """The case as pages read it. The row comes with its account and platform."""
    account, platform = case.subject, case.subject.platform
    return CaseView(
        case.pk,
        case.reference,
        CaseState(case.state),
        case.category,
        case.severity,
        case.urgent,
        case.victim_first,
        VictimState(case.victim_state),
        case.queue,
        case.repeats_id is not None,
        case.cluster_id,
        case.reports_count,
        case.sources_count,
        case.conduct_on,
        case.opened_at,
        case.due_at,
        case.decided_at,
        account.account_id,
        platform.display_name,
        platform.name,
        case,
    )


def row_of(case: Case | CaseView) -> Case:
    """The row of a case or of its view. For `records.access` and `casework`: pages have no use for a row."""
    return case._row if isinstance(case, CaseView) else case


def takes_case(work: Callable[Concatenate[Case, P], R]) -> Callable[Concatenate[Case | CaseView, P], R]:
    """Let a function of a case's row be called with the case's view too, which is all that pages have."""

    @wraps(work)
    def of_either(case: Case | CaseView, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return work(row_of(case), *args, **kwargs)

    return of_either
