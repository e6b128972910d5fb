"""Mail to those who watch: the policy release is not as adopted. Console and health show it themselves."""

from hashlib import sha256

from django.db import transaction

from jaga.casework.kernel.notification_mail import call_person
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.policy.local_time import day_of
from jaga.records.access.operations.policy_releases import release_alarms
from jaga.records.access.quality.canary_alarms import WATCHES
from jaga.records.models import OutgoingMail, Person


@transaction.atomic
def call_for_release_alarms() -> int:
    """Queue a mail to everybody with an alarm address, once a day for each state; returns how many were queued.

    Periodic task. The mail says only that something waits. Processes are not told apart: one that starts again and
    again has another name each time.
    """
    alarms = release_alarms()
    if not alarms.any:
        return 0
    state = canonical_json(
        {
            "day": str(day_of(now())),
            "folders": list(alarms.folders),
            "release": alarms.in_force,
            "processes": bool(alarms.processes),
            "unconfirmed": alarms.unconfirmed,
        }
    )
    key = f"release-alarm-{sha256(state).hexdigest()[:16]}-person-"
    watching = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role__in=WATCHES)
    known = set(OutgoingMail.objects.filter(key__startswith=key).values_list("person_id", flat=True))
    called = [person for person in watching.select_related("alarm_address").distinct() if person.pk not in known]
    for person in called:
        call_person(person, f"{key}{person.pk}", "/console/policy/", email=person.alarm_address.email)
    return len(called)
