"""Alarms about cases: somebody who worked on one no longer may, and a supervisor looks at the time that is left."""

from collections.abc import Collection, Mapping

from django.db import transaction

from jaga.casework.mail import call_person
from jaga.casework.proof import enter_many
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms import CaseAlarmKind, Lapse, Role
from jaga.records.access.clearance import visible_to
from jaga.records.models import CaseAlarm, Person


def raise_case_alarms(why_of: Mapping[int, Lapse], kind: CaseAlarmKind, *, person: int | None) -> None:
    """Alarm the supervisors of these cases, by their numbers. One alarm of a kind waits for each case."""
    moment = now()
    CaseAlarm.objects.bulk_create(
        (CaseAlarm(case_id=number, kind=kind, why=why, person_id=person, at=moment)
         for number, why in sorted(why_of.items())), ignore_conflicts=True)


@transaction.atomic
def acknowledge_case_alarms(numbers: Collection[int], *, actor: Actor) -> int:
    """A supervisor has seen these alarms and looks after their cases; returns how many. Not reversible.

    Those about themselves, about cases that are closed to them, and those that somebody else was quicker with are left
    out. Raises NotPermitted.
    """
    person = actor.require(Role.SUPERVISOR)
    rows = list(CaseAlarm.objects.select_for_update(of=("self",)).filter(
        visible_to(actor, path="case__"), pk__in=numbers, acknowledged_at__isnull=True).exclude(person_id=person)
        .order_by("pk"))
    CaseAlarm.objects.filter(pk__in=[row.pk for row in rows]).update(acknowledged_by=person, acknowledged_at=now())
    enter_many([("acknowledge_case_alarm", {"alarm": row.pk}, actor, row.case_id) for row in rows])
    return len(rows)


@transaction.atomic
def call_for_case_alarms() -> int:
    """One mail to each supervisor who gave an address, however many alarms are new. It says only that something waits.

    A worker's round; returns how many alarms were new.
    """
    rows = list(CaseAlarm.objects.select_for_update(skip_locked=True).filter(mailed_at__isnull=True).order_by("pk"))
    if rows:
        supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
        for person in supervisors.select_related("alarm_address"):
            call_person(person, f"case-alarm-{rows[0].pk}-person-{person.pk}", "/console/alarms/",
                        email=person.alarm_address.email)
        CaseAlarm.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now())
    return len(rows)
