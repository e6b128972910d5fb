"""E-mail notifications that something is waiting. They hold no case data, since mail can be read on its way."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext, override

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.terms.people import Role
from jaga.operators.models import Notice, NoticeEntry, OutgoingMail
from jaga.people.models import Person
from jaga.policy.local_time import today
from jaga.store.reads import host_name

SUBJECT = N_("Something waits for you in Jaga")
BODY = N_(
    "Hello %(name)s,\n\nsomething waits for you in Jaga. Please sign in and open it:\n\n%(address)s\n\n"
    "This mail says nothing more, because mail can be read by others. Never answer it with data of a case.\n"
)
CONTACT_SUBJECT = N_("A request for %(operator)s waits for you")
CONTACT_BODY = N_(
    "Hello %(name)s,\n\n%(sender)s has a request to %(operator)s, whose registered contact person you are. Please sign"
    " in and open it:\n\n%(address)s\n\nThe page says what is asked, why, and until when."
    " Opening it counts as receiving it. If you cannot sign in, %(help)s\n\nThis mail says nothing more, because mail"
    " can be read by others. Never answer it with data of a case.\n"
)
MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


@dataclass(frozen=True)
class MailToSend:
    """A mail claimed by this worker.

    `message_id` is the same at each attempt, so that a mail server can recognise a repeat.
    """

    mail_id: int
    address: str
    subject: str
    body: str
    message_id: str


def call_person(person: Person, key: str, address: str, *, email: str = "") -> None:
    """Queue a mail, once per `key`, in the caller's transaction.

    `address` is a path of this installation.

    Without `email` it goes to the person's address as a contact person.
    """
    with override(person.language):
        subject = gettext(SUBJECT)
        body = gettext(BODY) % {"name": person.display_name, "address": f"{settings.BASE_URL}{address}"}
    _queue(person, key, subject, body, email)


def _queue(person: Person, key: str, subject: str, body: str, email: str = "") -> None:
    OutgoingMail.objects.get_or_create(
        key=key,
        defaults={
            "person": person,
            "language": person.language,
            "subject": subject,
            "body": body,
            "created_at": now(),
            "address": email,
        },
    )


def call_contacts(notice: Notice, turn: NoticeEntry) -> int:
    """Notify the operator's contact persons who have an e-mail address; returns how many.

    The mail names who asks whom, so that nobody has to ask what Jaga is, and nothing about the account or the request.

    Does nothing on a manual platform, whose notices our own staff pass on from the console.
    """
    if notice.platform.adapter == "manual":
        return 0
    people = reachable_contacts(notice.operator_id)
    known = {
        "operator": notice.operator.name,
        "sender": host_name() or "Jaga",
        "address": f"{settings.BASE_URL}/console/notices/",
    }
    for person in people:
        with override(person.language):
            reach = (
                gettext("write to %(contact)s.") % {"contact": settings.CONTACT}
                if settings.CONTACT
                else (gettext("ask whoever registered you."))
            )
            body = gettext(CONTACT_BODY) % {**known, "name": person.display_name, "help": reach}
            _queue(
                person, f"notice-{notice.pk}-turn-{turn.pk}-person-{person.pk}", gettext(CONTACT_SUBJECT) % known, body
            )
    return len(people)


def reachable_contacts(operator_id: int) -> list[Person]:
    """The operator's contact persons in office today who have an e-mail address."""
    in_office = Q(contact_details__until__isnull=True) | Q(contact_details__until__gte=today())
    return list(
        Person.objects.filter(in_office, organisation_id=operator_id, is_active=True, roles__role=Role.CONTACT)
        .exclude(contact_details__email="")
        .exclude(contact_details__isnull=True)
        .distinct()
        .order_by("pk")
    )


@transaction.atomic
def take_mail() -> MailToSend | None:
    """Claim the next due mail.

    Its next attempt is scheduled first, so that no two workers send it.

    If a worker dies while sending, the mail is sent again: it may then arrive twice, with the same message id.
    """
    moment = now()
    row = (
        OutgoingMail.objects.select_for_update(of=("self",), skip_locked=True)
        .filter(
            Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=moment),
            sent_at__isnull=True,
            attempts__lt=MOST_ATTEMPTS,
        )
        .select_related("person__contact_details")
        .order_by("created_at")
        .first()
    )
    if row is None:
        return None
    row.attempts += 1
    row.next_attempt_at = moment + min(_FIRST_WAIT * 2 ** (row.attempts - 1), _LONGEST_WAIT)
    row.save(update_fields=["attempts", "next_attempt_at"])
    host = settings.BASE_URL.partition("//")[2].partition(":")[0]
    address = row.address or (row.person.contact_details.email if row.person else "")
    return MailToSend(row.pk, address, row.subject, row.body, f"<{row.key}@{host}>")


@transaction.atomic
def mail_sent(mail_id: int) -> None:
    """The mail server accepted the mail. Only opening the notice proves that it was read."""
    OutgoingMail.objects.filter(pk=mail_id, sent_at__isnull=True).update(
        sent_at=now(), next_attempt_at=None, failure=""
    )


@transaction.atomic
def mail_failed(mail_id: int, why: str) -> None:
    """Keep the mail for another attempt, at growing intervals. `why` contains no address."""
    OutgoingMail.objects.filter(pk=mail_id, sent_at__isnull=True).update(failure=why[:200])
