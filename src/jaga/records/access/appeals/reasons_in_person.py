"""Identity checks of holders who ask for their reasons in person: per decision, and those awaiting release."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.errors import NotFound
from jaga.core.terms.appeals import HolderCheckKind
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Role
from jaga.policy import LocalText, load_release
from jaga.records.access.base.clearance import READERS, refuse_uncleared, visible_to
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case, Decision, HolderCheck, RestoredAccess

SHOWN = 100


@dataclass(frozen=True)
class CheckView:
    """One check. `mine`: the reader made it. `explanation` is the text that will be read out."""

    check_id: int
    case_id: int
    decision_id: int
    reference: str
    kind: HolderCheckKind
    service: LocalText | None
    how: str
    explanation: str
    gives_data: bool
    gives_access: bool
    on_page: bool
    checked_by: str
    checked_at: datetime
    mine: bool
    released_by: str
    released_at: datetime | None
    refused_by: str
    refused_at: datetime | None
    why: str
    handed_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether the check still waits for a second person."""
        return self.released_at is None and self.refused_at is None


@dataclass(frozen=True)
class InPersonView:
    """A decision whose reasons are given in person, with its checks, the latest first."""

    decision_id: int
    kind: DecisionKind
    account: str
    decided_at: datetime
    access_waits: bool
    checks: tuple[CheckView, ...]


@takes_case
def in_person_of(case: Case, decision_id: int, *, actor: Actor) -> InPersonView:
    """The decision, for a case already fetched with a permission check. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    refuse_uncleared(case, actor=actor)
    decision = (
        Decision.objects.select_related("subject").filter(pk=decision_id, case=case, statement__isnull=False).first()
    )
    if decision is None or CaseState(case.state) in SEALED_STATES:
        raise NotFound
    rows = HolderCheck.objects.filter(decision=decision).order_by("-pk")[:SHOWN]
    return InPersonView(
        decision.pk,
        DecisionKind(decision.kind),
        decision.subject.account_id,
        decision.decided_at,
        RestoredAccess.objects.filter(decision__overturns=decision).exists(),
        tuple(
            _view(row, actor)
            for row in rows.select_related("checked_by", "released_by", "refused_by", "decision__case")
        ),
    )


def checks_to_release(*, actor: Actor) -> tuple[CheckView, ...]:
    """Checks awaiting a second person, the oldest first. Supervisors only; limited to cases they may see."""
    if Role.SUPERVISOR not in actor.roles:
        return ()
    rows = HolderCheck.objects.filter(
        visible_to(actor, path="decision__case__"), Q(released_at__isnull=True, refused_at__isnull=True)
    ).select_related("checked_by", "released_by", "refused_by", "decision__case")
    return tuple(_view(row, actor) for row in rows.order_by("checked_at", "pk")[:SHOWN])


def _view(row: HolderCheck, actor: Actor) -> CheckView:
    case = row.decision.case
    names = {service.key: service.name for service in load_release().services}
    return CheckView(
        row.pk,
        case.pk,
        row.decision_id,
        case.reference,
        HolderCheckKind(row.kind),
        names.get(row.service),
        row.how,
        row.explanation,
        row.gives_data,
        row.gives_access,
        row.on_page,
        row.checked_by.display_name,
        row.checked_at,
        row.checked_by_id == actor.person_id,
        row.released_by.display_name if row.released_by else "",
        row.released_at,
        row.refused_by.display_name if row.refused_by else "",
        row.refused_at,
        row.why,
        row.handed_at,
    )
