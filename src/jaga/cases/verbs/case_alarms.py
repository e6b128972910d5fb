"""Alarms about cases for supervisors: a person who worked on one lost the right to, or a deadline is near.

Deadline alarms are also sent outside the console (`actions.verbs.alarm_messages`).
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import DateTimeField, ExpressionWrapper, F

from jaga.appeals.models import Appeal
from jaga.cases.models.decisions import Decision
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.cases import LAPSE_ALARMS, AppealState, CaseAlarmKind, DecisionKind, Lapse
from jaga.core.terms.people import Role
from jaga.decisions.models import CaseAlarm
from jaga.people.models import Person
from jaga.store.kernel.ledger import append_many
from jaga.store.kernel.notification_mail import call_person
from jaga.store.reads import visible_to

_URGENT = """
WITH found AS (
    SELECT c.id FROM records_case c
    WHERE c.state IN ('received', 'in_review', 'second_vote', 'adjudication') AND (c.urgent OR c.victim_first)
      AND c.due_at > %(since)s
    UNION
    SELECT c.id FROM records_report r JOIN records_case c ON c.id = r.case_id
    WHERE r.priority = 0 AND r.due_at > %(since)s
      AND c.state IN ('received', 'in_review', 'second_vote', 'adjudication')
), timed AS (
    SELECT c.id, c.due_at, c.due_at - coalesce(
        (SELECT min(r.received_at) FROM records_report r WHERE r.case_id = c.id AND r.due_at = c.due_at),
        c.opened_at) AS span
    FROM found JOIN records_case c ON c.id = found.id WHERE NOT c.canary
), staged AS (
    SELECT id, CASE WHEN due_at - span / 4 <= %(now)s THEN 'last_quarter'
                    WHEN due_at - span / 2 <= %(now)s THEN 'half_time' END AS kind
    FROM timed
)
SELECT s.id, s.kind FROM staged s WHERE s.kind IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM records_casealarm a WHERE a.case_id = s.id AND a.kind = s.kind) ORDER BY s.id
"""
_LOOKED_BACK = timedelta(days=30)
_AT_ONCE = 500


def raise_case_alarms(why_of: Mapping[int, Lapse], kind: CaseAlarmKind, *, person: int | None) -> None:
    """Raise an alarm for each case, by id. A case has at most one open alarm of a kind."""
    moment = now()
    CaseAlarm.objects.bulk_create(
        (
            CaseAlarm(case_id=number, kind=kind, why=why, person_id=person, at=moment)
            for number, why in sorted(why_of.items())
        ),
        ignore_conflicts=True,
    )


@transaction.atomic
def acknowledge_case_alarms(numbers: Collection[int], *, actor: Actor) -> int:
    """Acknowledge alarms as a supervisor; returns how many.

    Irreversible. Raises NotPermitted.

    Skips alarms about the actor, alarms of cases hidden from them, and those acknowledged already.
    """
    person = actor.require(Role.SUPERVISOR)
    rows = list(
        CaseAlarm.objects.select_for_update(of=("self",))
        .filter(visible_to(actor, path="case__"), pk__in=numbers, acknowledged_at__isnull=True)
        .exclude(person_id=person)
        .order_by("pk")
    )
    CaseAlarm.objects.filter(pk__in=[row.pk for row in rows]).update(acknowledged_by=person, acknowledged_at=now())
    append_many([("acknowledge_case_alarm", {"alarm": row.pk}, actor, row.case_id) for row in rows])
    return len(rows)


@transaction.atomic
def call_for_case_alarms() -> int:
    """Mail each supervisor with an alarm address once about all new lapse alarms.

    Periodic task.

    The mail says only that something is waiting. Returns the number of new alarms.
    """
    rows = list(
        CaseAlarm.objects.select_for_update(skip_locked=True)
        .filter(kind__in=LAPSE_ALARMS, mailed_at__isnull=True)
        .order_by("pk")
    )
    if rows:
        supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
        for person in supervisors.select_related("alarm_address"):
            call_person(
                person,
                f"case-alarm-{rows[0].pk}-person-{person.pk}",
                "/console/alarms/",
                email=person.alarm_address.email,
            )
        CaseAlarm.objects.filter(pk__in=[row.pk for row in rows]).update(mailed_at=now())
    return len(rows)


@transaction.atomic
def raise_clock_alarms() -> int:
    """Raise an alarm at half of an urgent case's time and at its last quarter.

    Periodic task; returns how many.

    Urgent are cases marked so by law or sender, victim-first cases, and reports by the victims' route. The time is that
    of the report with the earliest deadline. If both moments have passed, only the later one raises an alarm. Judged
    cases, and deadlines more than 30 days ago, raise none.
    """
    moment = now()
    with connection.cursor() as cursor:
        cursor.execute(_URGENT, {"now": moment, "since": moment - _LOOKED_BACK})
        due = cursor.fetchall()
    CaseAlarm.objects.bulk_create(
        (CaseAlarm(case_id=number, kind=kind, at=moment) for number, kind in due), ignore_conflicts=True
    )
    return len(due)


@transaction.atomic
def raise_review_alarms() -> int:
    """Raise an alarm when half of a restriction's time in a victim-first case has passed; returns how many.

    Supervisors with an alarm address get a mail that says only that something is waiting. Periodic task; it neither
    ends nor extends a restriction.
    """
    moment = now()
    half = ExpressionWrapper(F("decided_at") + (F("ends_at") - F("decided_at")) / 2, output_field=DateTimeField())
    held = Decision.objects.filter(
        kind=DecisionKind.RESTRICT,
        case__victim_first=True,
        case__canary=False,
        overturned_by__isnull=True,
        ends_at__gt=moment,
    ).annotate(half=half)
    due = held.filter(half__lte=moment).exclude(case__case_alarms__kind=CaseAlarmKind.RESTRICTION_REVIEW).order_by("pk")
    numbers = list(dict.fromkeys(due.values_list("case_id", flat=True)[:_AT_ONCE]))
    CaseAlarm.objects.bulk_create(
        (CaseAlarm(case_id=number, kind=CaseAlarmKind.RESTRICTION_REVIEW, at=moment) for number in numbers),
        ignore_conflicts=True,
    )
    if numbers:
        supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
        for person in supervisors.select_related("alarm_address"):
            call_person(
                person,
                f"restriction-review-{numbers[0]}-person-{person.pk}",
                "/console/alarms/",
                email=person.alarm_address.email,
            )
    return len(numbers)


@transaction.atomic
def raise_appeal_alarms() -> int:
    """Raise one alarm for each overdue appeal; returns how many. Periodic task."""
    moment = now()
    overdue = Appeal.objects.filter(state=AppealState.OPEN, due_at__lte=moment, alarm__isnull=True)
    due = list(overdue.order_by("due_at").values_list("pk", "decision__case_id")[:_AT_ONCE])
    CaseAlarm.objects.bulk_create(
        (
            CaseAlarm(case_id=case_id, kind=CaseAlarmKind.APPEAL_OVERDUE, appeal_id=appeal_id, at=moment)
            for appeal_id, case_id in due
        ),
        ignore_conflicts=True,
    )
    return len(due)
