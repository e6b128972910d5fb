"""Canary cases: invented cases that nobody has a reason to open; opening one raises an alarm.

A canary case is resolved from the start, has no votes and counts in no figure, which the database enforces. Lists and
searches show it like any dismissed case of its day, queue and clearance, so that it cannot be recognised without
opening it. The ledger records how many exist, never which.

Daily seals of the access log: a ledger entry with count and hash, so that no record can be removed unnoticed.

The hash is SHA-256 over one line for each record, by id: `number|person|case|what|microseconds since 1970` and a line
feed. ADR 0040 explains why ranges of ids are sealed instead of days.

Mail to those who watch: the policy release is not as adopted. Console and health show it themselves.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max

from jaga.adoption.reads import release_alarms
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.reports import Report
from jaga.cases.verbs.accounts import check_subject, find_subject
from jaga.core.actors import SYSTEM, Actor
from jaga.core.canonical import canonical_json
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import VictimState
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Channel, ReportForm, SourceReason
from jaga.operators.models import OutgoingMail
from jaga.people.models import Person
from jaga.policy.local_time import day_of, today
from jaga.policy.release import default_language, load_release
from jaga.policy.routing import RoutingFacts
from jaga.quality.models import AccessLogSeal, Alarm, AlarmAddress
from jaga.quality.reads.access_log import WATCHES, digest_of, is_of_an_earlier_day
from jaga.screening.contacts.contacts import contacts_in
from jaga.store.kernel.ledger import append
from jaga.store.kernel.notification_mail import call_person
from jaga.store.kernel.validation import check_text, required_text

_ONE_AT_A_TIME = 0x6C6F6F6B  # "look" in ASCII: advisory lock


def seal_access_log() -> int:
    """Seal all access records so far once the first unsealed one is from an earlier day.

    Periodic task; returns how many.
    """
    done = AccessLogSeal.objects.aggregate(last=Max("last"))["last"] or 0
    if not is_of_an_earlier_day(done, today()):
        return 0
    upto = _last_number()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        first = (AccessLogSeal.objects.aggregate(last=Max("last"))["last"] or 0) + 1
        if upto < first:
            return 0
        count, sha256 = digest_of(first, upto)
        entry = append(
            "seal_access_log",
            {"first": first, "last": upto, "count": count, "sha256": sha256},
            actor=SYSTEM,
            case_id=None,
        )
        AccessLogSeal.objects.create(first=first, last=upto, count=count, sha256=sha256, sealed_at=now(), entry=entry)
    return count


@transaction.atomic
def _last_number() -> int:
    """The highest id up to which no transaction can still add an access record."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_access_log_written()")
        return int(cursor.fetchone()[0])


CANARY_CASES_WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR)  # who sees the alarms
_LEAST_TEXT = 20


class OwnAlarm(NotPermitted):
    """Nobody acknowledges an alarm about themselves."""

    code = "own_alarm"
    sentence = N_("This alarm is about your own look, so somebody else acknowledges it.")
    remedy = N_("Tell another supervisor or an administrator why you looked.")


class AlarmOver(Conflict):
    """The alarm was acknowledged before."""

    code = "alarm_over"
    sentence = N_("This alarm was acknowledged already.")
    remedy = N_("Read in the list what came of it.")


@dataclass(frozen=True)
class NewCanaryCase:
    """The content of a canary case: an account that does not exist, and a report that nobody sent."""

    platform: str
    account: str
    category: str
    text: str


@transaction.atomic
def make_canary(new: NewCanaryCase, *, actor: Actor) -> int:
    """Create a canary case; returns its id.

    Irreversible.

    For administrators, so that reviewers do not know it. Raises NotPermitted, InvalidInput (also for an account that is
    known here, since a canary case must not concern anybody).
    """
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    errors: list[FieldError] = check_text("text", new.text)
    if not errors and len(new.text.strip()) < _LEAST_TEXT:
        errors.append(FieldError("text", "missing", N_("Write a sentence or two that sound like a report.")))
    elif contacts_in(new.text):  # searching for the contact would only find accounts with screened reports
        errors.append(
            FieldError(
                "text",
                "contact",
                N_("Leave out numbers and links: a search by one would show that this case is invented."),
            )
        )
    platform, account = check_subject(new.platform, new.account, new.category, errors)
    if Subject.objects.filter(platform=platform, account_id=account).exists():
        raise InvalidInput(FieldError("account", "known", N_("This account is in a case already. Invent one.")))
    release = load_release()
    moment = _since_the_last_case()
    category = release.category(new.category)
    due_at = release.deadline(Channel.PUBLIC, new.category, urgent=False, received=moment).due_at
    subject = find_subject(platform, account, new.account.strip(), by_handle=False)
    queue = release.routing.place(
        RoutingFacts(category.key, Channel.PUBLIC, default_language(), category.severity, category.victim_first)
    ).queue
    case = Case.objects.create(
        queue=queue.key,
        clearance=queue.clearance or "",
        routed_by=release.hash,
        subject=subject,
        category=category.key,
        state=CaseState.RESOLVED,
        channel=Channel.PUBLIC,
        severity=category.severity,
        victim_first=category.victim_first,
        victim_state=VictimState.PROPOSED if category.victim_first else VictimState.NONE,
        conduct_on=day_of(moment),
        opened_at=moment,
        due_at=due_at,
        rank_at=due_at,
        reports_count=1,
        sources_count=1,
        resolved_at=now(),
        canary=True,
    )
    Report.objects.create(
        case=case,
        subject=subject,
        channel=Channel.PUBLIC,
        form=ReportForm.REPORT,
        category=category.key,
        text=new.text.strip(),
        language=default_language(),
        conduct_on=day_of(moment),
        received_at=moment,
        due_at=due_at,
        source_key=secrets.token_bytes(32),
        filed_at=moment,
        source_weight=1.0,
        source_reason=SourceReason.NEW,
        screened_by=release.hash,
    )
    append("make_canary", {"canaries": Case.objects.filter(canary=True).count()}, actor=actor, case_id=None)
    return case.pk


def _since_the_last_case() -> datetime:
    """A moment between the last case and now, since an id that does not fit its day would reveal the canary case."""
    last, moment = Case.objects.order_by("-pk").values_list("opened_at", flat=True).first(), now()
    span = max(0.0, (moment - last).total_seconds()) if last else 0.0
    return moment - timedelta(seconds=span * secrets.randbelow(1000) / 1000)


@transaction.atomic
def acknowledge_alarm(alarm_id: int, note: str, *, actor: Actor) -> None:
    """Acknowledge an alarm with a note on what came of it.

    Irreversible; the next access raises a new one.

    Raises NotPermitted, OwnAlarm, NotFound, AlarmOver, InvalidInput without a note.
    """
    person = actor.require(*CANARY_CASES_WATCHES)
    row = Alarm.objects.select_for_update().filter(pk=alarm_id).first()
    if row is None:
        raise NotFound
    if row.person_id == person:
        raise OwnAlarm
    if row.acknowledged_at is not None:
        raise AlarmOver
    required_text("note", note)
    row.acknowledged_by_id, row.acknowledged_at, row.note = person, now(), note.strip()
    row.save(update_fields=["acknowledged_by", "acknowledged_at", "note"])
    append("acknowledge_alarm", {"alarm": row.pk}, actor=actor, case_id=None)


@transaction.atomic
def call_me_at(email: str, *, actor: Actor) -> None:
    """Set the actor's e-mail address for alarms; empty for none. Raises NotPermitted, InvalidInput."""
    person = actor.require(*CANARY_CASES_WATCHES)
    if not email.strip():
        AlarmAddress.objects.filter(person_id=person).delete()
        return
    try:
        AlarmAddress._meta.get_field("email").run_validators(email.strip())
    except ValidationError:
        raise InvalidInput(FieldError("email", "invalid", N_("This is not an e-mail address."))) from None
    AlarmAddress.objects.update_or_create(person_id=person, defaults={"email": email.strip()})


@transaction.atomic
def call_for_alarms() -> int:
    """Queue a mail for each new alarm to everybody with an alarm address; returns the number of alarms.

    Periodic task.

    The mail says only that something is waiting. The person whom the alarm concerns gets none.
    """
    rows = list(Alarm.objects.select_for_update(skip_locked=True).filter(mailed_at__isnull=True).order_by("pk")[:50])
    watching = (
        list(
            Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role__in=CANARY_CASES_WATCHES)
            .select_related("alarm_address")
            .distinct()
        )
        if rows
        else []
    )
    for row in rows:
        for person in watching:
            if person.pk != row.person_id:
                call_person(
                    person, f"alarm-{row.pk}-person-{person.pk}", "/console/alarms/", email=person.alarm_address.email
                )
        row.mailed_at = now()
        row.save(update_fields=["mailed_at"])
    return len(rows)


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
