"""Mail that says that something waits, over a real mail server on loopback."""

from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World

from jaga.app import config
from jaga.app.config import WrongMailServer
from jaga.app.services.processes import free_port
from jaga.core.clock import frozen, now
from jaga.operators.models import ContactDetails, OutgoingMail
from jaga.operators.reads.notices import see_mail
from jaga.store.kernel.notification_mail import MOST_ATTEMPTS, take_mail
from jaga.work.mail import send_mail


class Server:
    """The mails that the server accepted, and how often it refuses first."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, EmailMessage]] = []
        self.refusals = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refusals:
            self.refusals -= 1
            return "451 not now, narahubung-mengobrol@example.id"
        message = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.rcpt_tos[0], message))
        return "250 taken"


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    handler = Server()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.JAGA_SMTP, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "127.0.0.1", controller.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "jaga@example.id"
    yield handler
    controller.stop()


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


def test_contacts_learn_that_something_waits_and_nothing_more(world: World, operator: Operator, server: Server) -> None:
    """One mail for each person, in their language, with the console's address; sent once however often the task
    runs.
    """
    notice = asked(world, operator)
    assert send_mail() == 2
    assert send_mail() == 0
    assert sorted(address for address, _ in server.taken) == [
        "narahubung-mengobrol@example.id",
        "rekan-mengobrol@example.id",
    ]
    for _, message in server.taken:
        text = f"{message['Subject']}\n{message.get_content()}"
        assert "/console/notices/" in text
        assert "menunggu Anda" in text
        assert message["Message-ID"]
        assert not any(word in text for word in ("tamu-77", notice.number, notice.category, "BO"))
    assert see_mail(actor=world.supervisor).waiting == 0


def test_a_failure_is_tried_again_at_growing_pauses(world: World, operator: Operator, server: Server) -> None:
    """Refused twice, then accepted, with one message id; the stored failure names no address."""
    start = now()
    with frozen(start):
        asked(world, operator)
        OutgoingMail.objects.exclude(pk=OutgoingMail.objects.order_by("pk")[:1].get().pk).update(sent_at=start)
        server.refusals = 2
        assert send_mail() == 0
        row = OutgoingMail.objects.get(sent_at__isnull=True)
        assert row.failure
        assert "@" not in row.failure
        assert see_mail(actor=world.supervisor).failed == 1
        assert send_mail() == 0
    with frozen(start + timedelta(seconds=59)):
        assert take_mail() is None
    with frozen(start + timedelta(seconds=61)):
        assert send_mail() == 0
        assert send_mail() == 0
    with frozen(start + timedelta(minutes=4)):
        assert send_mail() == 1
    sent = OutgoingMail.objects.get(pk=row.pk)
    assert (sent.attempts, sent.failure) == (3, "")
    assert len(server.taken) == 1


def test_an_address_that_cannot_be_written_stops_no_other_mail(
    world: World,
    operator: Operator,
    server: Server,
) -> None:
    """It fails like any other mail instead of ending the task, and the colleague gets theirs."""
    ContactDetails.objects.filter(email__startswith="narahubung").update(email="narahubung@\u3002.id")
    asked(world, operator)
    assert send_mail() == 1
    assert [address for address, _ in server.taken] == ["rekan-mengobrol@example.id"]
    assert see_mail(actor=world.supervisor).failed == 1


def test_without_a_mail_server_mails_wait_in_sight(world: World, operator: Operator, settings: Any) -> None:
    """Nothing is lost and nothing is tried; the overview says how many wait."""
    settings.JAGA_SMTP = False
    asked(world, operator)
    assert send_mail() == 0
    assert OutgoingMail.objects.filter(attempts=0, sent_at__isnull=True).count() == 2
    assert see_mail(actor=world.supervisor).waiting == 2


def test_a_practice_installation_writes_mails_as_files(
    world: World, operator: Operator, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`JAGA_SMTP_URL` names a folder then, and nothing else than a whole one is taken for it."""
    monkeypatch.setenv("JAGA_SMTP_URL", (tmp_path / "mail").as_uri())
    found = config.mail_server()
    assert found is not None
    settings.JAGA_SMTP, settings.EMAIL_FILE_PATH = True, found.folder
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    asked(world, operator)
    assert send_mail() == 2
    written = "".join(one.read_text() for one in (tmp_path / "mail").iterdir())
    assert "To: rekan-mengobrol@example.id" in written
    for wrong in ("file://", "file:///", "file://host/folder", "file:///folder?tls=1", "https://mail.example"):
        monkeypatch.setenv("JAGA_SMTP_URL", wrong)
        with pytest.raises(WrongMailServer):
            config.mail_server()


def test_a_server_that_is_away_is_asked_no_more_often_than_planned(
    world: World, operator: Operator, settings: Any
) -> None:
    """After twelve attempts over two days it stays stored, marked as failed."""
    settings.JAGA_SMTP, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "127.0.0.1", free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    asked(world, operator)
    moment = now()
    for _ in range(MOST_ATTEMPTS + 5):
        moment += timedelta(hours=7)
        with frozen(moment):
            assert send_mail() == 0
    assert set(OutgoingMail.objects.values_list("attempts", flat=True)) == {MOST_ATTEMPTS}
    assert see_mail(actor=world.supervisor).failed == 2
