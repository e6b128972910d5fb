"""Alarms about cases whose people no longer may judge them, for supervisors: which, why, and how much time is left."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.terms import CaseAlarmKind, Lapse, Role
from jaga.records.access.blind import judged_blind
from jaga.records.access.clearance import visible_to
from jaga.records.models import CaseAlarm

SHOWN = 100
_UNDECIDED = (CaseState.RECEIVED, *SEALED_STATES)


@dataclass(frozen=True)
class CaseAlarmRow:
    """One alarm that waits. It tells of no vote: whoever reads it may be the next voter.

    `person` is empty where nobody's right was taken. `mine`: it is about whoever reads it, and waits for another.
    """

    alarm_id: int
    case_id: int
    reference: str
    category: str
    kind: CaseAlarmKind
    why: Lapse
    person: str
    mine: bool
    at: datetime
    due_at: datetime


def _waiting(actor: Actor) -> QuerySet[CaseAlarm]:
    """A case that was decided since needs nobody to look after it; what is carried out waits for a supervisor."""
    matters = Q(kind=CaseAlarmKind.UNDER_WAY) | Q(case__state__in=_UNDECIDED)
    return CaseAlarm.objects.filter(matters, visible_to(actor, path="case__"), acknowledged_at__isnull=True).exclude(
        case__in=judged_blind(actor))


def count_case_alarms(actor: Actor) -> int:
    """How many wait for this person: none for people who are no supervisors."""
    return _waiting(actor).count() if Role.SUPERVISOR in actor.roles else 0


def list_case_alarms(*, actor: Actor) -> tuple[CaseAlarmRow, ...]:
    """Those that wait, the case with the least time first. Empty for people who are no supervisors."""
    if Role.SUPERVISOR not in actor.roles:
        return ()
    rows = _waiting(actor).select_related("case", "person").order_by("case__due_at", "pk")[:SHOWN]
    return tuple(
        CaseAlarmRow(row.pk, row.case_id, row.case.reference, row.case.category, CaseAlarmKind(row.kind),
                     Lapse(row.why), row.person.display_name if row.person else "",
                     row.person_id is not None and row.person_id == actor.person_id, row.at, row.case.due_at)
        for row in rows)
