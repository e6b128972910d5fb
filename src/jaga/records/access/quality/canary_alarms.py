"""Canary alarms for staff who monitor, and canary cases for their creators."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.guesses import NAME
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records.access.base.current_user import number_of
from jaga.records.bulk import ask_prepared
from jaga.records.models import Alarm, AlarmAddress, Case

WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR)
SHOWN = 100
_GUESSED_AT = "SELECT count(*) FROM records_guesscount WHERE kind = 'name' AND used_until > %s"
_WAITING = "SELECT count(*) FROM records_alarm WHERE acknowledged_at IS NULL AND person_id <> %s"


@dataclass(frozen=True)
class CanaryAlarmView:
    """An alarm about access to a canary case. `mine`: it is about the reader."""

    alarm_id: int
    reference: str
    person: str
    mine: bool
    what: AccessKind
    at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    note: str


@dataclass(frozen=True)
class CanaryCaseView:
    """A canary case as its creators see it, and when it last raised an alarm."""

    reference: str
    platform: str
    account: str
    category: str
    alarmed_at: datetime | None


def waiting_alarms(actor: Actor) -> int:
    """How many alarms wait for the actor; 0 for staff who do not monitor, and never one about the actor."""
    if not actor.roles.intersection(WATCHES):
        return 0
    return int(ask_prepared(_WAITING, [number_of(actor)])[0][0])


def names_guessed_at() -> int:
    """How many user names are under password guessing now: attempts from unknown devices are used up."""
    return int(ask_prepared(_GUESSED_AT, [now() + NAME.burst * NAME.every - NAME.every])[0][0])


def guessing_seen(actor: Actor) -> int:
    """`names_guessed_at` for staff who monitor; 0 for others."""
    return names_guessed_at() if actor.roles.intersection(WATCHES) else 0


def list_alarms(*, actor: Actor) -> tuple[CanaryAlarmView, ...]:
    """Waiting alarms first, then the latest acknowledged ones. Raises NotPermitted for staff who do not monitor."""
    person = actor.require(*WATCHES)
    rows = Alarm.objects.select_related("case", "person", "acknowledged_by")
    waiting = rows.filter(acknowledged_at__isnull=True).order_by("at")[:SHOWN]
    over = rows.filter(acknowledged_at__isnull=False).order_by("-acknowledged_at")[:SHOWN]
    return tuple(
        CanaryAlarmView(
            row.pk,
            row.case.reference,
            row.person.display_name,
            row.person_id == person,
            AccessKind(row.what),
            row.at,
            row.acknowledged_by.display_name if row.acknowledged_by else "",
            row.acknowledged_at,
            row.note,
        )
        for row in (*waiting, *over)
    )


def own_alarm_address(actor: Actor) -> str:
    """The actor's own e-mail address for alarms, or an empty string."""
    return AlarmAddress.objects.filter(person_id=number_of(actor)).values_list("email", flat=True).first() or ""


def list_canaries(*, actor: Actor) -> tuple[CanaryCaseView, ...]:
    """The canary cases.

    Raises NotPermitted for anyone but an administrator, since people who judge cases must not know them.
    """
    actor.require(Role.ADMINISTRATOR)
    rows = (
        Case.objects.filter(canary=True)
        .select_related("subject__platform")
        .annotate(last=Max("alarms__at"))
        .order_by("-pk")
    )
    return tuple(
        CanaryCaseView(row.reference, row.subject.platform.display_name, row.subject.account_id, row.category, row.last)
        for row in rows
    )
