"""Recipients of deadline alarms outside the console, and whether delivery works. Names no case."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, Max, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.alarms import OUTSIDE_ALARMS, AlarmWay
from jaga.core.terms.people import Language, Role
from jaga.records.access.actions.case_alarms import alarms_that_matter
from jaga.records.models import AlarmMessage, CaseAlarm, Installation, Person

WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR)
MAY_WAIT = timedelta(minutes=10)
"""An alarm message undelivered for longer than this counts as a fault."""
_ON_ITS_WAY = Q(sent_at__isnull=True, dropped_at__isnull=True)


@dataclass(frozen=True)
class AlarmRecipient:
    """One alarm recipient on one channel.

    `address` is empty for the webhook, `person_id` is None for a recipient from the settings.
    """

    way: AlarmWay
    language: Language
    address: str = ""
    person_id: int | None = None


@dataclass(frozen=True)
class AlarmDelivery:
    """Whether alarms reach anyone.

    `undelivered` counts messages waiting for too long, `unaddressed` counts alarms without any recipient, and
    `failures` holds the error codes of the latest attempts.
    """

    mails: int
    webhook: bool
    undelivered: int
    unaddressed: int
    failures: tuple[str, ...]
    last_sent_at: datetime | None

    @property
    def nobody(self) -> bool:
        """Whether there is no recipient outside the console."""
        return not self.mails and not self.webhook

    @property
    def fails(self) -> bool:
        """Whether an alarm reached none or only some of its recipients."""
        return bool(self.undelivered or self.unaddressed)


NOT_ASKED = AlarmDelivery(0, False, 0, 0, (), None)


def alarm_recipients() -> tuple[AlarmRecipient, ...]:
    """Every recipient outside the console, each address once: those from the settings first, then supervisors' own
    addresses.
    """
    own = Language(settings.LANGUAGE_CODE)
    found = [AlarmRecipient(AlarmWay.WEBHOOK, own)] if settings.JAGA_ALARM_HOOK_URL else []
    if not settings.JAGA_SMTP:
        return tuple(found)
    mails = {address.lower(): AlarmRecipient(AlarmWay.MAIL, own, address) for address in settings.JAGA_ALARM_MAIL}
    supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
    for person in supervisors.select_related("alarm_address").distinct().order_by("pk"):
        email = person.alarm_address.email
        mails.setdefault(email.lower(), AlarmRecipient(AlarmWay.MAIL, Language(person.language), email, person.pk))
    return (*found, *mails.values())


def alarm_delivery() -> AlarmDelivery:
    """The state of alarm delivery."""
    ways = [one.way for one in alarm_recipients()]
    unsent = AlarmMessage.objects.filter(_ON_ITS_WAY)
    return AlarmDelivery(
        ways.count(AlarmWay.MAIL),
        AlarmWay.WEBHOOK in ways,
        late_messages().count(),
        _unaddressed().count(),
        tuple(sorted(set(unsent.exclude(failure="").values_list("failure", flat=True)[:20]))),
        AlarmMessage.objects.aggregate(last=Max("sent_at"))["last"],
    )


def see_alarm_delivery(*, actor: Actor) -> AlarmDelivery:
    """The state of alarm delivery, for staff who monitor. Raises NotPermitted."""
    actor.require(*WATCHES)
    return alarm_delivery()


def late_messages() -> QuerySet[AlarmMessage]:
    """Messages whose delivery takes longer than it may."""
    return AlarmMessage.objects.filter(_ON_ITS_WAY, created_at__lt=now() - MAY_WAIT)


def unaddressed_alarms() -> QuerySet[CaseAlarm]:
    """Alarms without any recipient. None in a practice installation, which may have no recipients."""
    return _unaddressed().exclude(Exists(Installation.objects.filter(practice=True)))


def _unaddressed() -> QuerySet[CaseAlarm]:
    return CaseAlarm.objects.filter(
        alarms_that_matter(),
        kind__in=OUTSIDE_ALARMS,
        mailed_at__isnull=True,
        acknowledged_at__isnull=True,
        at__lt=now() - MAY_WAIT,
    )
