"""API keys: who holds one and what it permits. Returns values, never model rows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from django.db import connection

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError, NotPermitted
from jaga.core.terms.people import KeyScope, Language, OrganisationKind, RegistrationStatus, Role
from jaga.core.terms.reports import Channel
from jaga.people.models import OfficerKey, Person
from jaga.people.reads.roster import ASKING
from jaga.people.reads.roster import registration_status as registered
from jaga.store.codes import officer_key_hash
from jaga.webhooks.models import KeyUse

_REPORTS = frozenset({KeyScope.REPORTS_WRITE, KeyScope.REPORTS_READ, KeyScope.BATCHES_WRITE, KeyScope.WEBHOOKS_MANAGE})
_REQUESTS = frozenset({KeyScope.REQUESTS_WRITE, KeyScope.REQUESTS_READ})
_IMPORTERS = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
_USE_NOTED_EVERY = timedelta(minutes=5)


class KeyRefused(JagaError):
    """The key permits nothing. The reason is told only to someone presenting the whole key."""

    code = "key_unknown"
    status = 401
    sentence = N_("This key is not known here.")
    remedy = N_("Check that the whole key was copied; if it is lost, ask the operator for a new one.")


class KeyExpired(KeyRefused):
    """The key is past its half year, a limit so that forgotten keys expire."""

    code = "key_expired"
    sentence = N_("This key ended on %(day)s.")
    remedy = N_("Ask the operator's administrator for a new key.")


class KeyRevoked(KeyRefused):
    """An administrator revoked the key."""

    code = "key_revoked"
    sentence = N_("This key was taken back.")
    remedy = N_("If you did not ask for that, telephone the operator's administrator; otherwise use your new key.")


class OfficerNotRegistered(KeyRefused):
    """The key's holder left or is no longer an authority's officer (MR5 art. 17: a registered contact)."""

    code = "officer_not_registered"
    sentence = N_("The officer of this key is no longer registered.")
    remedy = N_("Your agency's registered contact must register an officer with the operator.")


class DayUsedUp(JagaError):
    """The key's quota for the day is used up. Nothing was stored."""

    code = "quota_day"
    status = 429
    sentence = N_("This key may send %(most)s reports and requests a day.")
    remedy = N_("Go on after midnight UTC, or ask the operator's administrator for more.")

    @classmethod
    def at(cls, moment: datetime, most: int) -> Self:
        """The error with the seconds until the next day."""
        midnight = datetime.combine(moment.date() + timedelta(days=1), time(), moment.tzinfo)
        return cls(most=most, retry_after=int((midnight - moment).total_seconds()) + 1)


class MoreThanADay(DayUsedUp):
    """More reports at once than the key may send on any day, so waiting does not help."""

    code = "more_than_a_day"
    status = 422
    remedy = N_("Split it into several files, or ask the operator's administrator for a key with more.")


@dataclass(frozen=True)
class KeyHolder:
    """The holder of a key: a registered officer, a flagger, or a staff importer."""

    actor: Actor
    person_id: int
    organisation_id: int
    organisation: str
    kind: OrganisationKind
    practice: bool
    language: Language
    key_id: int = 0
    scopes: frozenset[KeyScope] = frozenset()
    per_minute: int = 0
    per_day: int = 0
    expires_at: datetime | None = None
    registration: RegistrationStatus | None = None  # None if the holder needs no registration.

    @property
    def own(self) -> Actor:
        """The holder as an actor without the administrator role: only the owner of their own reports."""
        return Actor(self.actor.name, self.person_id, self.organisation_id, self.actor.roles - {Role.ADMINISTRATOR})

    @property
    def channel(self) -> Channel:
        """The channel of reports sent with this key."""
        return Channel.PUBLIC if self.kind is OrganisationKind.OPERATOR else Channel(self.kind.value)


def holder_may(kind: OrganisationKind, roles: Iterable[Role]) -> frozenset[KeyScope]:
    """All scopes a key of such a person can have; empty for anyone but an officer, flagger or importer."""
    held = frozenset(roles)
    if kind is OrganisationKind.FLAGGER:
        return _REPORTS if held & {Role.FLAGGER, Role.OFFICER} else frozenset()
    if kind is OrganisationKind.OPERATOR:
        return _REPORTS if held & _IMPORTERS else frozenset()
    return _REPORTS | _REQUESTS if Role.OFFICER in held else frozenset()


def officer_by_key(secret: str) -> KeyHolder:
    """The holder of this key. Records its last use to within a few minutes. Raises KeyRefused or a subclass."""
    key = OfficerKey.objects.select_related("officer__organisation").filter(key_hash=officer_key_hash(secret)).first()
    if key is None:
        raise KeyRefused
    if key.revoked_at is not None:
        raise KeyRevoked
    in_time(key.expires_at)
    person = key.officer
    organisation, roles = person.organisation, person.role_set()
    kind = OrganisationKind(organisation.kind)
    allowed = holder_may(kind, roles)
    if not person.is_active or not allowed:
        raise OfficerNotRegistered
    moment = now()
    if key.last_used_at is None or not moment - _USE_NOTED_EVERY < key.last_used_at <= moment:
        OfficerKey.objects.filter(pk=key.pk).update(last_used_at=moment)
    return KeyHolder(
        Actor(person.username, person.pk, organisation.pk, roles),
        person.pk,
        organisation.pk,
        organisation.name,
        kind,
        organisation.practice,
        Language(person.language),
        key.pk,
        allowed & {KeyScope(scope) for scope in key.scopes},
        key.per_minute,
        key.per_day,
        key.expires_at,
        registered(person.pk) if roles & ASKING else None,
    )


def in_time(expires_at: datetime) -> None:
    """Raises KeyExpired if the key has expired."""
    if expires_at <= now():
        raise KeyExpired(day=expires_at.date().isoformat())


_HAND_OUT = (
    "INSERT INTO records_keyuse AS spent (key_id, day, used) SELECT %(key)s, %(day)s, %(block)s"
    " WHERE %(block)s <= %(most)s ON CONFLICT (key_id, day) DO UPDATE SET used = spent.used + excluded.used"
    " WHERE spent.used + excluded.used <= %(most)s RETURNING used"
)


def hand_out(key_id: int, day: date, block: int, most: int) -> bool:
    """Reserve `block` of the day's quota for this process if that much is left. Atomic: a single statement."""
    with connection.cursor() as cursor:
        cursor.execute(_HAND_OUT, {"key": key_id, "day": day, "block": block, "most": most})
        return cursor.fetchone() is not None


def spend_at_once(key_id: int, reports: int) -> None:
    """Spend this many of the key's reports for the day, across all processes.

    Raises DayUsedUp, MoreThanADay; then nothing is spent.
    """
    moment, most = now(), OfficerKey.objects.values_list("per_day", flat=True).get(pk=key_id)
    if reports > most:
        raise MoreThanADay(most=most)
    if not hand_out(key_id, moment.date(), reports, most):
        raise DayUsedUp.at(moment, most)


class TooFewLeft(DayUsedUp):
    """The key has fewer reports left today than the file has valid rows. Reported before the file is started."""

    sentence = N_("This file has %(good)s good rows, and its key may send %(left)s more today (of %(most)s a day).")


def lacks_room(key_id: int, reports: int) -> DayUsedUp | None:
    """The error that sending this many reports today would raise, or None. Spends nothing."""
    moment, most = now(), OfficerKey.objects.values_list("per_day", flat=True).get(pk=key_id)
    if reports > most:
        return MoreThanADay(most=most)
    used = KeyUse.objects.filter(key_id=key_id, day=moment.date()).values_list("used", flat=True).first() or 0
    if reports <= most - used:
        return None
    wait = DayUsedUp.at(moment, most).params["retry_after"]
    return TooFewLeft(good=reports, left=most - used, most=most, retry_after=wait)


@dataclass(frozen=True)
class ApiKeyView:
    """A key as an administrator sees it."""

    key_id: int
    prefix: str
    label: str
    holder: str
    organisation: str
    practice: bool
    scopes: tuple[KeyScope, ...]
    per_minute: int
    per_day: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None

    @property
    def opens(self) -> bool:
        """Whether the key still permits anything."""
        return self.revoked_at is None and self.expires_at > now()


@dataclass(frozen=True)
class PossibleHolder:
    """A person who can be given a key."""

    person_id: int
    name: str
    organisation: str


def list_keys(*, actor: Actor) -> tuple[ApiKeyView, ...]:
    """All keys, usable ones first. Raises NotPermitted for anyone but an administrator."""
    _administrator(actor)
    rows = OfficerKey.objects.select_related("officer__organisation").order_by("-pk")
    keys = [
        ApiKeyView(
            row.pk,
            row.prefix,
            row.label,
            row.officer.display_name,
            row.officer.organisation.name,
            row.officer.organisation.practice,
            tuple(KeyScope(one) for one in row.scopes),
            row.per_minute,
            row.per_day,
            row.created_at,
            row.expires_at,
            row.revoked_at,
            row.last_used_at,
        )
        for row in rows
    ]
    return tuple(sorted(keys, key=lambda one: not one.opens))


def list_possible_holders(*, actor: Actor) -> tuple[PossibleHolder, ...]:
    """Everyone whose keys could permit something, by organisation and name. Raises NotPermitted."""
    _administrator(actor)
    people = Person.objects.filter(is_active=True).select_related("organisation").prefetch_related("roles")
    return tuple(
        PossibleHolder(one.pk, one.display_name, one.organisation.name)
        for one in people.order_by("organisation__name", "display_name")
        if holder_may(OrganisationKind(one.organisation.kind), (Role(held.role) for held in one.roles.all()))
    )


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
