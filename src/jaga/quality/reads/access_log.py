"""The access log: everyone's own entries, and all entries for auditors.

Seals over the access log: what the ledger recorded of past entries, and whether they are unchanged.

Canary alarms for staff who monitor, and canary cases for their creators.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Max, Q

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.cases import reference_of
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.limits import NAME
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.people.models import Person
from jaga.policy.local_time import day_of
from jaga.privacy.models import AccessLogErasure
from jaga.quality.models import AccessEvent, AccessLogSeal, Alarm, AlarmAddress
from jaga.store.bulk import ask_prepared
from jaga.store.reads import number_of

PAGE = 50


@dataclass(frozen=True)
class AccessEventView:
    """One access log entry. The case reference is empty for lists."""

    number: int
    person_id: int
    person: str
    organisation: str
    case_id: int | None
    reference: str
    what: AccessKind
    at: datetime


@dataclass(frozen=True)
class AccessLogFilter:
    """An auditor's filter for access log entries; an empty field matches all."""

    case_id: int | None = None
    person_id: int | None = None


def list_own_access_log(*, before: int | None = None, actor: Actor) -> tuple[AccessEventView, ...]:
    """One page of the actor's own entries, newest first."""
    return _page(AccessLogFilter(person_id=number_of(actor)), before)


def list_access_log(wanted: AccessLogFilter, *, before: int | None = None, actor: Actor) -> tuple[AccessEventView, ...]:
    """One page of everyone's entries, newest first. Raises NotPermitted for anyone but an auditor."""
    actor.require(Role.AUDITOR)
    return _page(wanted, before)


def name_of(person_id: int, *, actor: Actor) -> str:
    """The name of the person whose entries an auditor asked for, or an empty string.

    Raises NotPermitted for anyone else.
    """
    actor.require(Role.AUDITOR)
    return Person.objects.filter(pk=person_id).values_list("display_name", flat=True).first() or ""


def _page(wanted: AccessLogFilter, before: int | None) -> tuple[AccessEventView, ...]:
    rows = AccessEvent.objects.select_related("person__organisation").order_by("-at", "-pk")
    if wanted.case_id is not None:
        rows = rows.filter(case_id=wanted.case_id)
    if wanted.person_id is not None:
        rows = rows.filter(person_id=wanted.person_id)
    last = AccessEvent.objects.filter(pk=before).first() if before is not None else None
    if last:
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    return tuple(
        AccessEventView(
            row.pk,
            row.person_id,
            row.person.display_name,
            row.person.organisation.name,
            row.case_id,
            reference_of(row.case_id) if row.case_id else "",
            AccessKind(row.what),
            row.at,
        )
        for row in rows[:PAGE]
    )


ACCESS_LOG_SEALS_SHOWN = 14
_DIGEST = """
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(
    concat_ws('|', id, person_id, coalesce(case_id::text, ''), what, (extract(epoch FROM at) * 1000000)::bigint)
    || chr(10), '' ORDER BY id), ''), 'UTF8')), 'hex')
FROM records_accessevent WHERE id BETWEEN %s AND %s
"""


@dataclass(frozen=True)
class AccessLogSealView:
    """One seal.

    `intact` is None until it is checked. Where its entries were deleted by rule, `deleted_at` says when. If the ledger
    does not know of that deletion, `intact` is False.
    """

    seal_id: int
    first: int
    last: int
    count: int
    sha256: str
    sealed_at: datetime
    entry: int
    intact: bool | None
    deleted_at: datetime | None = None


def digest_of(first: int, last: int) -> tuple[int, str]:
    """The number of access log entries in this id range, and their hash."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [first, last])
        count, sha256 = cursor.fetchone()
    return count, sha256


def is_of_an_earlier_day(after: int, day: date) -> bool:
    """Whether the first entry after this id is from an earlier day."""
    at = AccessEvent.objects.filter(pk__gt=after).order_by("pk").values_list("at", flat=True).first()
    return at is not None and day_of(at) < day


def list_seals(*, check: int | None = None, actor: Actor) -> tuple[AccessLogSealView, ...]:
    """The latest seals; the one with number `check` is compared with the current entries and with the ledger.

    Raises NotPermitted for anyone but an auditor, and NotFound if `check` matches no seal.
    """
    actor.require(Role.AUDITOR)
    rows = list(AccessLogSeal.objects.select_related("entry").order_by("-last")[:ACCESS_LOG_SEALS_SHOWN])
    if check is not None and check not in {row.pk for row in rows}:
        checked = AccessLogSeal.objects.select_related("entry").filter(pk=check).first()
        if checked is None:
            raise NotFound
        rows.append(checked)
    erasures = {one.seal_id: one for one in AccessLogErasure.objects.filter(seal__in=rows).select_related("entry")}
    return tuple(_view(row, erasures.get(row.pk), check=row.pk == check) for row in rows)


def _view(row: AccessLogSeal, erasure: AccessLogErasure | None, *, check: bool) -> AccessLogSealView:
    by_rule = erasure is not None and _was_deleted_by_rule(row, erasure)
    intact = False if erasure and not by_rule else _is_intact(row) if check and not erasure else None
    return AccessLogSealView(
        row.pk,
        row.first,
        row.last,
        row.count,
        row.sha256,
        row.sealed_at,
        row.entry_id,
        intact,
        erasure.at if erasure and by_rule else None,
    )


def _was_deleted_by_rule(row: AccessLogSeal, erasure: AccessLogErasure) -> bool:
    """Whether the ledger says that this range was deleted, whole, and no earlier than its rule allows.

    Neither row is trusted: both could have been written by whoever removed the entries.
    """
    sealed, deleted = row.entry.payload, erasure.entry.payload
    days = deleted.get("days")
    return (
        erasure.entry.verb == "forget_access_log"
        and isinstance(days, int)
        and (deleted.get("seal"), deleted.get("entries"), deleted.get("rule"))
        == (row.pk, sealed.get("count"), erasure.rule)
        and erasure.entry.at >= row.entry.at + timedelta(days=days)
        and (sealed.get("first"), sealed.get("last"), sealed.get("sha256")) == (row.first, row.last, row.sha256)
    )


def _is_intact(row: AccessLogSeal) -> bool:
    """Whether the ledger's hash matches the entries.

    The seal row is not trusted: it could have been changed together with them.
    """
    payload = row.entry.payload
    count, sha256 = digest_of(row.first, row.last)
    return (payload.get("first"), payload.get("last"), payload.get("count"), payload.get("sha256")) == (
        row.first,
        row.last,
        count,
        sha256,
    )


WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR)
CANARY_ALARMS_SHOWN = 100
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
    waiting = rows.filter(acknowledged_at__isnull=True).order_by("at")[:CANARY_ALARMS_SHOWN]
    over = rows.filter(acknowledged_at__isnull=False).order_by("-acknowledged_at")[:CANARY_ALARMS_SHOWN]
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
