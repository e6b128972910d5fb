"""Alarm messages to people outside the console, by mail or webhook: a case number, the time left, and a link.

Others may read them on their way, so they never contain a category, a name or text of a case. Each recipient gets an
alarm once; its text is rendered at each attempt, so that the time left is correct.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_datetime
from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language, gettext, ngettext, override

from jaga.actions.models import AlarmMessage
from jaga.actions.reads import AlarmRecipient, alarm_recipients, alarms_that_matter, due_of
from jaga.actions.verbs.verification import span_words
from jaga.core.canonical import canonical_json, rfc3339
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.terms.cases import OUTSIDE_ALARMS, REFERRAL_ALARMS, AlarmWay, CaseAlarmKind
from jaga.core.terms.people import Language
from jaga.decisions.models import CaseAlarm
from jaga.policy.local_time import local_zone, zone_label

HOOK_TYPE = "jaga.alarm.v1"
BETWEEN = timedelta(minutes=5)
"""Least interval between two messages to one recipient. Alarms in between are combined, even in a flood."""
MOST_SHOWN = 50
_MOST_ALARMS = 1000
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=5)

SUBJECT = N_("Jaga alarm: time runs out")
GREETING = N_("Hello,\n\ntime runs out for what stands below. Please sign in and look.")
CLOSING = N_("This mail says nothing more, because mail can be read by others. Never answer it with data of a case.")
TEST_SUBJECT = N_("Jaga: a test of the alarm")
TEST = N_(
    "Hello,\n\nthis is only a test: nothing waits. A real alarm names the number of a case, the time that is "
    "left and a link. If you can read this, alarms reach you."
)


@dataclass(frozen=True)
class AlarmLine:
    """What an alarm says about one case. `due_at` is the appeal's own deadline if the alarm is about an appeal."""

    number: str
    kind: CaseAlarmKind
    due_at: datetime
    link: str


@dataclass(frozen=True)
class AlarmToSend:
    """A message claimed by this worker.

    `key` is the same at each attempt, so that a repeat can be recognised.

    Without `lines` it is a test. `more` is the number of further cases, which only the linked list shows.
    """

    key: str
    way: AlarmWay
    language: Language
    address: str = ""
    lines: tuple[AlarmLine, ...] = ()
    more: int = 0
    row: int | None = None


@transaction.atomic
def write_alarm_messages() -> int:
    """Create one message for each recipient with alarms they were not sent yet; returns how many.

    Periodic task.

    Locks the alarms, so that no two workers create the same message.
    """
    alarms = list(
        CaseAlarm.objects.select_for_update(of=("self",))
        .filter(alarms_that_matter(), kind__in=OUTSIDE_ALARMS, acknowledged_at__isnull=True)
        .order_by("-pk")[:_MOST_ALARMS]
    )
    numbers = {alarm.pk for alarm in alarms}
    if not numbers:
        return 0
    written = sum(_write(one, numbers) for one in alarm_recipients())
    if written:
        mailed = AlarmMessage.alarms.through.objects.filter(casealarm_id__in=numbers).values("casealarm_id")
        CaseAlarm.objects.filter(pk__in=mailed, mailed_at__isnull=True).update(mailed_at=now())
    return written


def _write(recipient: AlarmRecipient, numbers: set[int]) -> bool:
    moment = now()
    own = AlarmMessage.objects.filter(way=recipient.way, address__iexact=recipient.address, dropped_at__isnull=True)
    if own.filter(created_at__gt=moment - BETWEEN).exists():
        return False
    new = numbers - set(own.filter(alarms__in=numbers).values_list("alarms", flat=True))
    if not new:
        return False
    message = AlarmMessage.objects.create(
        way=recipient.way,
        address=recipient.address,
        person_id=recipient.person_id,
        language=recipient.language,
        created_at=moment,
        next_attempt_at=moment,
    )
    message.alarms.add(*new)
    return True


@transaction.atomic
def take_alarm_message(way: AlarmWay) -> AlarmToSend | None:
    """Claim the next due message for mail or webhook; its next attempt is scheduled before it is sent.

    A message without relevant alarms, or to a former recipient, is dropped. If a worker dies while sending, the message
    is sent again: it may then arrive twice, with the same key.
    """
    recipients = {one.address.lower() for one in alarm_recipients() if one.way is way}
    while True:
        moment = now()
        row = (
            AlarmMessage.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(
                way=way,
                sent_at__isnull=True,
                dropped_at__isnull=True,
                next_attempt_at__lte=moment,
            )
            .order_by("next_attempt_at", "pk")
            .first()
        )
        if row is None:
            return None
        lines = _lines(row) if row.address.lower() in recipients else ()
        if not lines:
            row.dropped_at = moment
            row.save(update_fields=["dropped_at"])
            continue
        row.next_attempt_at = moment + min(_FIRST_WAIT * 2 ** min(row.attempts, 10), _LONGEST_WAIT)
        row.attempts += 1
        row.save(update_fields=["attempts", "next_attempt_at"])
        return AlarmToSend(
            f"alarm-{row.pk}",
            way,
            Language(row.language),
            row.address,
            lines[:MOST_SHOWN],
            max(0, len(lines) - MOST_SHOWN),
            row.pk,
        )


def _lines(row: AlarmMessage) -> tuple[AlarmLine, ...]:
    """The alarms that still matter, least time first; each case once, by its newest alarm."""
    alarms = row.alarms.filter(alarms_that_matter(), acknowledged_at__isnull=True)
    alarms = alarms.select_related("case", "appeal", "referral")
    found: dict[tuple[int, int | None, int | None], AlarmLine] = {}
    for alarm in alarms.order_by("pk"):
        found[alarm.case_id, alarm.appeal_id, alarm.referral_id] = AlarmLine(
            alarm.referral.number if alarm.referral else alarm.case.reference,
            CaseAlarmKind(alarm.kind),
            due_of(alarm),
            f"{settings.BASE_URL}/console/{_page(alarm)}",
        )
    return tuple(sorted(found.values(), key=lambda line: (line.due_at, line.number)))


def _page(alarm: CaseAlarm) -> str:
    if alarm.referral:
        return f"referrals/{alarm.referral.number}/"
    return "appeals/" if alarm.appeal else f"cases/{alarm.case.reference}/"


@transaction.atomic
def alarm_message_sent(row: int) -> None:
    """The receiver accepted the message. Only an acknowledgement in the console proves that somebody looked."""
    AlarmMessage.objects.filter(pk=row, sent_at__isnull=True).update(sent_at=now(), failure="")


@transaction.atomic
def alarm_message_failed(row: int, why: str) -> None:
    """Keep the message for another attempt, at growing intervals of at most five minutes. `why` is a code."""
    AlarmMessage.objects.filter(pk=row, sent_at__isnull=True).update(failure=why[:60])


def mail_of(message: AlarmToSend) -> tuple[str, str]:
    """Subject and text of the mail, in the recipient's language."""
    with override(message.language):
        if not message.lines:
            return gettext(TEST_SUBJECT), f"{gettext(TEST)}\n\n{settings.BASE_URL}/console/\n"
        parts = [gettext(GREETING), *(f"{_sentence(line)}\n{line.link}" for line in message.lines)]
        if message.more:
            more = ngettext("%(count)s more case waits.", "%(count)s more cases wait.", message.more)
            parts.append(f"{more % {'count': message.more}}\n{settings.BASE_URL}/console/alarms/")
        return gettext(SUBJECT), "\n\n".join((*parts, f"{gettext(CLOSING)}\n"))


def _sentence(line: AlarmLine) -> str:
    minutes = int((line.due_at - now()).total_seconds() // 60)
    values = {"number": line.number, "left": span_words(max(minutes, 0)), "moment": _moment(line.due_at)}
    if line.kind is CaseAlarmKind.APPEAL_OVERDUE:
        return gettext("%(number)s: an appeal should have been answered by %(moment)s.") % values
    if line.kind is CaseAlarmKind.REFERRAL_UNREVIEWED:
        return gettext("%(number)s: a second person should have looked at this by now.") % values
    if line.kind in REFERRAL_ALARMS and minutes < 0:
        return gettext("%(number)s: nobody has confirmed this by %(moment)s.") % values
    if minutes < 0:
        return gettext("%(number)s: the time ended at %(moment)s.") % values
    return gettext("%(number)s: %(left)s left, until %(moment)s.") % values


def _moment(moment: datetime) -> str:
    zone, language = local_zone(), get_language() or settings.LANGUAGE_CODE
    pattern = "d MMM y HH.mm" if language == "id" else "d MMM y HH:mm"
    return f"{format_datetime(moment, pattern, tzinfo=zone, locale=language)} {zone_label(moment, zone)}"


def hook_of(message: AlarmToSend) -> bytes:
    """The body of the webhook (docs/operations.md)."""
    moment = now()
    return canonical_json(
        {
            "type": HOOK_TYPE,
            "sent_at": rfc3339(moment),
            "test": not message.lines,
            "more": message.more,
            "list": f"{settings.BASE_URL}/console/alarms/",
            "alarms": [_payload(line, moment) for line in message.lines],
        }
    )


def _payload(line: AlarmLine, moment: datetime) -> dict[str, str | int]:
    return {
        "number": line.number,
        "kind": line.kind.value,
        "due_at": rfc3339(line.due_at),
        "link": line.link,
        "seconds_left": int((line.due_at - moment).total_seconds()),
    }


def trial_messages(key: str) -> Sequence[AlarmToSend]:
    """A test message for each recipient; not stored."""
    return [AlarmToSend(key, one.way, one.language, one.address) for one in alarm_recipients()]
