"""Periodic tasks that raise deadline alarms and send them outside the console by mail and webhook.

They run independently: an unavailable mail server delays neither webhooks nor new alarms.
"""

import smtplib
from collections.abc import Callable

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from jaga.casework.actions.alarm_messages import (
    AlarmToSend,
    alarm_message_failed,
    alarm_message_sent,
    hook_of,
    mail_of,
    take_alarm_message,
    write_alarm_messages,
)
from jaga.casework.cases.case_alarms import raise_appeal_alarms, raise_clock_alarms, raise_review_alarms
from jaga.core.standard_webhooks import signing_key
from jaga.core.terms.alarms import AlarmWay
from jaga.jobs.webhooks import NotSent, post

MOST_AT_ONCE = 50
log = structlog.get_logger("jaga.alarms")


class AlarmNotSent(Exception):
    """The receiver did not accept the message. Its text is a code; `away` means the channel itself is unavailable."""

    def __init__(self, why: str, *, away: bool = False) -> None:
        super().__init__(why)
        self.away = away


def alarm_about_cases() -> int:
    """Raise alarms for urgent cases that run out of time; returns how many are new."""
    raised = raise_clock_alarms()
    write_alarm_messages()
    return raised


def alarm_about_appeals() -> int:
    """Raise alarms for overdue appeals and restrictions due for review; returns how many are new."""
    raised = raise_appeal_alarms() + raise_review_alarms()
    write_alarm_messages()
    return raised


def send_alarm_mails() -> int:
    """Send due mails; returns how many the mail server accepted."""
    return _send(AlarmWay.MAIL)


def send_alarm_hooks() -> int:
    """Send due webhook messages; returns how many were accepted."""
    return _send(AlarmWay.WEBHOOK)


def _send(way: AlarmWay) -> int:
    taken = 0
    for _ in range(MOST_AT_ONCE):
        message = take_alarm_message(way)
        if message is None or message.row is None:
            break
        try:
            deliver(message)
        except AlarmNotSent as refused:
            alarm_message_failed(message.row, str(refused))
            log.warning("alarm_not_delivered", way=way, message=message.row, why=str(refused))
            if refused.away:
                break
            continue
        alarm_message_sent(message.row)
        taken += 1
    return taken


def deliver(message: AlarmToSend) -> None:
    """Make one attempt to send. Raises AlarmNotSent."""
    by: dict[AlarmWay, Callable[[AlarmToSend], None]] = {AlarmWay.MAIL: _mail, AlarmWay.WEBHOOK: _post}
    by[message.way](message)


def _mail(message: AlarmToSend) -> None:
    subject, body = mail_of(message)
    host = settings.BASE_URL.partition("//")[2].partition(":")[0]
    headers = {"Message-ID": f"<{message.key}@{host}>", "Auto-Submitted": "auto-generated", "Importance": "high"}
    try:
        with get_connection() as connection:
            EmailMessage(subject, body, to=[message.address], headers=headers, connection=connection).send()
    except (smtplib.SMTPException, OSError, ValueError) as failed:  # ValueError: an invalid address
        raise AlarmNotSent(_code(failed), away=_is_away(failed)) from failed


def _post(message: AlarmToSend) -> None:
    key = signing_key(settings.JAGA_ALARM_HOOK_KEY)
    try:
        post(settings.JAGA_ALARM_HOOK_URL, message.key, hook_of(message), key, this_machine=True)
    except NotSent as refused:
        raise AlarmNotSent(str(refused), away=True) from refused


def _code(failed: Exception) -> str:
    """The kind of error and the SMTP status code; never the server's text, which may repeat the address."""
    number = failed.smtp_code if isinstance(failed, smtplib.SMTPResponseException) else ""
    return f"{type(failed).__name__} {number}".strip()


def _is_away(failed: Exception) -> bool:
    """Whether the mail server is unavailable, so that further mails would fail too."""
    if isinstance(failed, smtplib.SMTPException):
        return isinstance(
            failed, smtplib.SMTPConnectError | smtplib.SMTPServerDisconnected | smtplib.SMTPAuthenticationError
        )
    return isinstance(failed, OSError)
