"""Alarms about cases whose votes lost their validity or whose deadline is near: which, why, and how much time is
left.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, UNJUDGED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.referrals import UNCONFIRMED, referral_number
from jaga.core.terms.alarms import CASE_CLOCK_ALARMS, CaseAlarmKind
from jaga.core.terms.appeals import AppealState
from jaga.core.terms.decisions import DecisionKind, Lapse
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.blind import taken_for_blind_review
from jaga.records.models import CaseAlarm, Decision

SHOWN = 100
_UNDECIDED = (CaseState.RECEIVED, *SEALED_STATES)


@dataclass(frozen=True)
class CaseAlarmRow:
    """One waiting alarm.

    It reveals no vote, because the reader may be the next voter.

    `person` is empty where nobody's right was revoked. `mine` means the alarm is about the reader, so someone else must
    handle it. `why` is None for a deadline alarm; `due_at` is then the deadline of the case, the appeal or the
    referral, which is named.
    """

    alarm_id: int
    case_id: int
    reference: str
    category: str
    kind: CaseAlarmKind
    why: Lapse | None
    person: str
    mine: bool
    at: datetime
    due_at: datetime
    referral_id: int | None = None

    @property
    def referral(self) -> str:
        """The number of the referral concerned, or an empty string."""
        return referral_number(self.referral_id) if self.referral_id else ""


def due_of(row: CaseAlarm) -> datetime:
    """The moment the alarm is about."""
    return (row.appeal or row.referral or row.case).due_at


def alarms_that_matter() -> Q:
    """A filter for alarms that still matter.

    A case decided in the meantime needs no attention, while a decision being carried out waits for a supervisor.
    Deadline alarms end once staff have judged the case or appeal, the receiver has confirmed the referral, or a second
    person has reviewed it.
    """
    return (
        Q(kind=CaseAlarmKind.UNDER_WAY)
        | Q(kind=CaseAlarmKind.RETURNED, case__state__in=_UNDECIDED)
        | Q(kind__in=CASE_CLOCK_ALARMS, case__state__in=UNJUDGED_STATES)
        | Q(kind=CaseAlarmKind.APPEAL_OVERDUE, appeal__state=AppealState.OPEN)
        | Q(kind__in=(CaseAlarmKind.REFERRAL_WAITS, CaseAlarmKind.REFERRAL_OVERDUE), referral__state__in=UNCONFIRMED)
        | Q(kind=CaseAlarmKind.REFERRAL_UNREVIEWED, referral__reviewed_at__isnull=True)
        | Q(kind=CaseAlarmKind.RESTRICTION_REVIEW, case__in=_restricted())
    )


def _restricted() -> QuerySet[Decision, int | None]:
    """Decisions with a temporary restriction that is still in force."""
    return Decision.objects.filter(
        kind=DecisionKind.RESTRICT, overturned_by__isnull=True, ends_at__gt=now()
    ).values_list("case_id", flat=True)


def _waiting(actor: Actor) -> QuerySet[CaseAlarm]:
    rows = CaseAlarm.objects.filter(alarms_that_matter(), visible_to(actor, path="case__"))
    return rows.filter(acknowledged_at__isnull=True).exclude(case__in=taken_for_blind_review(actor))


def case_alarms(actor: Actor, kinds: Collection[CaseAlarmKind]) -> QuerySet[CaseAlarm]:
    """The alarms of these kinds that wait for a supervisor."""
    return _waiting(actor).filter(kind__in=kinds)


def list_case_alarms(*, actor: Actor) -> tuple[CaseAlarmRow, ...]:
    """Waiting alarms, the least time left first. Empty for anyone but a supervisor."""
    if Role.SUPERVISOR not in actor.roles:
        return ()
    ends = dict(_restricted().values_list("case_id", "ends_at"))
    rows = _waiting(actor).select_related("case", "person", "appeal", "referral").order_by("case__due_at", "pk")[:SHOWN]
    return tuple(
        CaseAlarmRow(
            row.pk,
            row.case_id,
            row.case.reference,
            row.case.category,
            CaseAlarmKind(row.kind),
            Lapse(row.why) if row.why else None,
            row.person.display_name if row.person else "",
            row.person_id is not None and row.person_id == actor.person_id,
            row.at,
            (ends.get(row.case_id) if row.kind == CaseAlarmKind.RESTRICTION_REVIEW else None) or due_of(row),
            row.referral_id,
        )
        for row in rows
    )
