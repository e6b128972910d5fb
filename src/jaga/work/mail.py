"""Periodic task that sends queued mails. Without a mail server they stay queued and visible."""

import smtplib

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from jaga.store.kernel.notification_mail import MailToSend, mail_failed, mail_sent, take_mail

MOST_AT_ONCE = 50
log = structlog.get_logger("jaga.mail")


def send_mail() -> int:
    """Send the due mails; returns how many the mail server accepted.

    Failed ones are retried at growing intervals.

    Once for each key as far as SMTP allows: if a server accepts a mail and then does not answer, it gets the mail again
    with the same message id.
    """
    if not settings.JAGA_SMTP:
        return 0
    taken = 0
    for _ in range(MOST_AT_ONCE):
        mail = take_mail()
        if mail is None:
            break
        try:
            _send(mail)
        except (smtplib.SMTPException, OSError, ValueError) as failed:  # ValueError: an invalid address
            why = type(failed).__name__
            mail_failed(mail.mail_id, why)  # the server's text may repeat the address
            log.warning("mail_failed", mail=mail.mail_id, error=why)
            continue
        mail_sent(mail.mail_id)
        taken += 1
    return taken


def _send(mail: MailToSend) -> None:
    """Raises SMTPException, OSError, ValueError."""
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    with get_connection() as connection:
        EmailMessage(mail.subject, mail.body, to=[mail.address], headers=headers, connection=connection).send()
