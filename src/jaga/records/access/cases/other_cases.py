"""Other cases of the same account and of linked accounts, as the case page lists them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery

from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.blind import taken_for_blind_review
from jaga.records.access.cases.case_view import STAGES, CaseStage, takes_case
from jaga.records.models import (
    Case,
    Decision,
    LinkedAccount,
)

OTHERS_SHOWN = 20
UNDECIDED = frozenset({CaseStage.NEW, CaseStage.REVIEW, CaseStage.SUPERVISOR, CaseStage.COMMITTING})


@dataclass(frozen=True)
class OtherCase:
    """Another case of the same account or of a linked one; `account` names the linked one."""

    case_id: int
    reference: str
    account: str
    category: str
    stage: CaseStage
    opened_at: datetime
    outcome: DecisionKind | None

    @property
    def is_decided(self) -> bool:
        """Whether it is decided, as far as staff may know."""
        return self.stage not in UNDECIDED

    @property
    def is_judged(self) -> bool:
        """Whether votes about it are over: that an irreversible decision waits to take effect says what it is."""
        return self.is_decided or self.stage is CaseStage.COMMITTING


@takes_case
def others_of(case: Case, *, actor: Actor) -> tuple[OtherCase, ...]:
    """Other cases of the reported account and of linked accounts, newest first, without those whose clearance the actor
    lacks.
    """
    linked, blind = LinkedAccount.objects.filter(withdrawn_at__isnull=True), taken_for_blind_review(actor)
    subjects = [case.subject_id, *linked.filter(case=case).values_list("subject_id", flat=True)]
    # Filter by ids: a subquery makes PostgreSQL scan the whole table of a million cases.
    elsewhere = list(linked.filter(subject_id__in=subjects).values_list("case_id", flat=True))
    outcome = Decision.objects.filter(case=OuterRef("pk"), subject_id__in=subjects).order_by("-pk").values("kind")
    rows = (
        Case.objects.filter(visible_to(actor), Q(subject_id__in=subjects) | Q(pk__in=elsewhere))
        .exclude(pk=case.pk)
        .select_related("subject")
        .annotate(outcome=Subquery(outcome[:1]))
        .order_by("-pk")[:OTHERS_SHOWN]
    )
    return tuple(
        OtherCase(
            row.pk,
            row.reference,
            "" if row.subject_id == case.subject_id else row.subject.account_id,
            row.category,
            STAGES[CaseState(row.state)],
            row.opened_at,
            _outcome(row.outcome, row) if row.pk not in blind else None,
        )
        for row in rows
    )


def _outcome(kind: str | None, case: Case) -> DecisionKind | None:
    """The decision. A canary case reads as dismissed, as in search, since it rests on no vote."""
    return DecisionKind(kind) if kind else DecisionKind.DISMISS if case.canary else None
