"""Alarms for those who watch, and the decoys for those who make them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.guesses import NAME
from jaga.core.terms import LookedAt, Role
from jaga.records.access.base.current_user import number_of
from jaga.records.bulk import ask_prepared
from jaga.records.models import Alarm, AlarmAddress, Case

WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR)
SHOWN = 100
_GUESSED_AT = "SELECT count(*) FROM records_guesscount WHERE kind = 'name' AND used_until > %s"
_WAITING = "SELECT count(*) FROM records_alarm WHERE acknowledged_at IS NULL AND person_id <> %s"


@dataclass(frozen=True)
class CanaryAlarmView:
    """Somebody looked at a decoy. `mine`: it is about whoever reads this."""

    alarm_id: int
    reference: str
    person: str
    mine: bool
    what: LookedAt
    at: datetime
    acknowledged_by: str
    acknowledged_at: datetime | None
    note: str


@dataclass(frozen=True)
class CanaryCaseView:
    """A decoy as its makers see it, and when somebody last fell for it."""

    reference: str
    platform: str
    account: str
    category: str
    alarmed_at: datetime | None


def waiting_alarms(actor: Actor) -> int:
    """How many alarms wait for this person: none for people who do not watch, and none about oneself."""
    if not actor.roles.intersection(WATCHES):
        return 0
    return int(ask_prepared(_WAITING, [number_of(actor)])[0][0])


def names_guessed_at() -> int:
    """How many names somebody guesses passwords for just now: what unknown devices may try is used up."""
    return int(ask_prepared(_GUESSED_AT, [now() + NAME.burst * NAME.every - NAME.every])[0][0])


def guessing_seen(actor: Actor) -> int:
    """The same, for people who watch; none for others."""
    return names_guessed_at() if actor.roles.intersection(WATCHES) else 0


def list_alarms(*, actor: Actor) -> tuple[CanaryAlarmView, ...]:
    """Waiting alarms first, then the last acknowledged ones. Raises NotPermitted for people who do not watch."""
    person = actor.require(*WATCHES)
    rows = Alarm.objects.select_related("case", "person", "acknowledged_by")
    waiting = rows.filter(acknowledged_at__isnull=True).order_by("at")[:SHOWN]
    over = rows.filter(acknowledged_at__isnull=False).order_by("-acknowledged_at")[:SHOWN]
    return tuple(
        CanaryAlarmView(row.pk, row.case.reference, row.person.display_name, row.person_id == person,
                        LookedAt(row.what),
                        row.at, row.acknowledged_by.display_name if row.acknowledged_by else "", row.acknowledged_at,
                        row.note)
        for row in (*waiting, *over))


def own_alarm_address(actor: Actor) -> str:
    """Where this person is called by mail; empty where nowhere."""
    return AlarmAddress.objects.filter(person_id=number_of(actor)).values_list("email", flat=True).first() or ""


def list_decoys(*, actor: Actor) -> tuple[CanaryCaseView, ...]:
    """The decoys. Raises NotPermitted for anybody but an administrator: who judges cases must not know them."""
    actor.require(Role.ADMINISTRATOR)
    rows = (Case.objects.filter(decoy=True).select_related("subject__platform").annotate(last=Max("alarms__at"))
            .order_by("-pk"))
    return tuple(CanaryCaseView(row.reference, row.subject.platform.display_name, row.subject.account_id, row.category,
                                row.last) for row in rows)
