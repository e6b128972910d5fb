"""Alarms by mail and webhook, with a real mail server and a real HTTP server on loopback."""

import json
import re
import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from click.testing import CliRunner
from django.db import IntegrityError, transaction
from django.test import Client
from tests.factories import ACCOUNT, World, in_review, report, resolved_closure
from tests.roles import acting_as

from jaga.actions.jobs import alarm_about_appeals, alarm_about_cases, send_alarm_hooks, send_alarm_mails
from jaga.actions.models import AlarmMessage
from jaga.actions.verbs.alarm_messages import BETWEEN, MOST_SHOWN, take_alarm_message
from jaga.app.commands.alarms import alarms
from jaga.app.services.processes import free_port
from jaga.app.worker import _periodic_tasks
from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.verbs.case_alarms import acknowledge_case_alarms
from jaga.core.clock import frozen, now
from jaga.core.standard_webhooks import SharedSecret, StaleHook, verify
from jaga.core.terms.cases import AlarmWay, CaseAlarmKind
from jaga.core.terms.reports import ReportRoute
from jaga.decisions.models import CaseAlarm
from jaga.people.models import Person
from jaga.policy.release import load_release
from jaga.quality.verbs.canary_cases import call_me_at
from jaga.store.grants import Part
from jaga.store.models import Installation
from jaga.webhooks import jobs as webhooks

DUTY = "piket@contoh.example"
KEY = SharedSecret(b"an invented key for the tests!!!")
URGENT = "child_protection"  # by law, whoever reports: four hours
WORDS = "Dia bilang kirim sekarang ke mawar."
HOUR = timedelta(hours=1)


class Mailbox:
    """What the mail server accepted, as bytes, and how often it refuses first."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.refusals = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refusals:
            self.refusals -= 1
            return f"451 not now, {DUTY}"
        self.taken.append((envelope.rcpt_tos[0], envelope.content if isinstance(envelope.content, bytes) else b""))
        return "250 taken"

    def message(self, number: int) -> EmailMessage:
        found = message_from_bytes(self.taken[number][1], policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found

    def text(self, number: int) -> str:
        return f"{self.message(number)['Subject']}\n{self.message(number).get_content()}"


@dataclass
class Hook:
    """What the webhook's receiver got, and what it answers first."""

    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def said(self, number: int) -> Any:
        return json.loads(self.got[number][1])


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.JAGA_SMTP, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "127.0.0.1", controller.port
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL, settings.JAGA_ALARM_MAIL = "jaga@contoh.example", (DUTY,)
    yield handler
    controller.stop()


@pytest.fixture
def hook(settings: Any) -> Iterator[Hook]:
    told = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((dict(self.headers.items()), body))
            self.send_response(told.answers.pop(0) if told.answers else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.JAGA_ALARM_HOOK_URL = f"http://127.0.0.1:{server.server_port}/alarm"
    settings.JAGA_ALARM_HOOK_KEY = KEY.text()
    yield told
    server.shutdown()
    server.server_close()


def rounds(at: datetime) -> tuple[int, int]:
    """Run the worker's tasks at that time; returns how many mails and webhooks were accepted."""
    with frozen(at):
        alarm_about_cases()
        alarm_about_appeals()
        return send_alarm_mails(), send_alarm_hooks()


def urgent_case(start: datetime, **changes: Any) -> int:
    with frozen(start):
        return in_review(**{"category": URGENT, "text": WORDS, **changes})


def test_half_and_last_quarter_alarm_once_each(world: World, mailbox: Mailbox, hook: Hook) -> None:
    """By mail and webhook, with number, time left and link; nothing before, between or after."""
    start = now()
    case_id = urgent_case(start)
    assert rounds(start + 2 * HOUR - timedelta(seconds=1)) == (0, 0)
    assert rounds(start + 2 * HOUR + timedelta(seconds=1)) == (1, 1)
    for minutes in (5, 30, 59):
        assert rounds(start + 2 * HOUR + timedelta(minutes=minutes)) == (0, 0)
    assert rounds(start + 3 * HOUR + timedelta(seconds=1)) == (1, 1)
    for hours in (3.5, 4.5, 9, 100):
        assert rounds(start + hours * HOUR) == (0, 0)
    assert [address for address, _ in mailbox.taken] == [DUTY, DUTY]
    number, link = f"K{case_id:06d}", f"/console/cases/K{case_id:06d}/"
    assert number in mailbox.text(0)
    assert link in mailbox.text(0)
    assert "sisa 1 jam 59 mnt" in mailbox.text(0)
    assert "sisa 59 mnt" in mailbox.text(1)
    message = hook.said(0)
    assert (message["type"], message["test"], message["more"]) == ("jaga.alarm.v1", False, 0)
    (one,) = message["alarms"]
    assert (one["number"], one["kind"], one["seconds_left"]) == (number, "half_time", 7199)
    assert one["link"].endswith(link)
    assert hook.said(1)["alarms"][0]["kind"] == "last_quarter"


def test_a_worker_that_slept_through_both_alarms_once(world: World, mailbox: Mailbox, hook: Hook) -> None:
    """Also after the deadline: the alarm says that the time is over."""
    start = now()
    urgent_case(start)
    assert rounds(start + 5 * HOUR) == (1, 1)
    assert rounds(start + 6 * HOUR) == (0, 0)
    assert "waktunya habis" in mailbox.text(0)
    assert hook.said(0)["alarms"][0]["seconds_left"] == -3600


def test_neither_mail_nor_hook_says_what_it_is_about(world: World, mailbox: Mailbox, hook: Hook) -> None:
    """All bytes sent, plain and decoded, contain no category, account, platform, text or name."""
    call_me_at("wulan@contoh.example", actor=world.supervisor)
    start = now()
    for category in (URGENT, "trafficking"):
        urgent_case(start, category=category)
    urgent_case(start, category="gambling", route=ReportRoute.VICTIM, account="@melati:localhost")
    overdue_appeal(world, start)
    assert rounds(start + 15 * HOUR) == (2, 1)
    assert rounds(start + 15 * HOUR + BETWEEN) == (2, 1)  # the appeal
    release = load_release()
    names = {
        release.category(key).label.say(language)
        for key in (URGENT, "trafficking", "gambling")
        for language in ("id", "en")
    }
    never = {
        ACCOUNT,
        "mawar",
        "melati",
        "localhost:",
        "obrolan",
        "Obrolan Contoh",
        URGENT,
        "trafficking",
        "gambling",
        "victim",
        "korban",
        "child",
        "anak",
        *WORDS.split()[1:],
        "Sinta",
        "Wulan",
        "open BO",
        *names,
    } - {"ke"}
    everything = [raw for _, raw in mailbox.taken] + [json.dumps(one).encode() + raw for one, raw in hook.got]
    for number in range(len(mailbox.taken)):
        message = mailbox.message(number)
        everything.append(mailbox.text(number).encode() + str(message.items()).encode())
        if message["Content-Transfer-Encoding"] == "base64":
            everything.append(b64decode(str(message.get_payload())))
    text = b"\n".join(everything).decode(errors="replace").lower().replace("wulan@contoh.example", "")
    assert [word for word in never if word.lower().strip(".") in text] == []
    assert len(re.findall(r"k\d{6}", text)) >= 12


def test_the_hook_is_signed_over_its_exact_bytes(world: World, hook: Hook) -> None:
    """With the shared secret (HMAC-SHA-256, Standard Webhooks), at the time of the attempt."""
    start = now()
    urgent_case(start)
    rounds(start + 2.5 * HOUR)
    headers, body = hook.got[0]
    assert verify(KEY, headers, body, now=start + 2.5 * HOUR).body == body
    with pytest.raises(StaleHook):
        verify(KEY, headers, body, now=start + 3 * HOUR)


def test_what_is_not_urgent_alarms_nobody_and_what_victims_send_does(world: World, hook: Hook) -> None:
    """A closed or judged case raises no more alarms; a victim's own report raises one in any category."""
    start = now()
    with frozen(start):
        in_review()
        victims = in_review(account="@melati:localhost", category="fraud", route=ReportRoute.VICTIM)
        dismissed = report(account="@kenanga:localhost", category=URGENT).case_id
    Case.objects.filter(pk=dismissed).update(state="committing")
    assert rounds(start + 20 * HOUR) == (0, 1)
    assert [one["number"] for one in hook.said(0)["alarms"]] == [f"K{victims:06d}"]


def test_the_clock_is_that_of_the_earliest_deadline(world: World, hook: Hook) -> None:
    """When a victim joins a case that is some hours old, its half-time is that of the victim's report."""
    start = now()
    with frozen(start):
        case_id = in_review(category="fraud")
    Case.objects.filter(pk=case_id).update(urgent=True)
    case = Case.objects.get(pk=case_id)
    received = start + 10 * HOUR
    case.reports.update(received_at=received, due_at=received + 4 * HOUR)
    Case.objects.filter(pk=case_id).update(due_at=received + 4 * HOUR)
    assert rounds(received + HOUR) == (0, 0)
    assert rounds(received + 2 * HOUR) == (0, 1)


def test_a_killed_worker_alarms_nobody_twice_and_forgets_nobody(
    world: World, mailbox: Mailbox, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while recording: nothing is stored. Killed between recording and sending: the next attempt sends it."""
    start = now()
    urgent_case(start)
    half = start + 2 * HOUR
    with monkeypatch.context() as dying, frozen(half):
        dying.setattr(AlarmMessage.alarms.through.objects, "filter", _die)
        with pytest.raises(KeyboardInterrupt), transaction.atomic():
            alarm_about_cases()
    assert AlarmMessage.objects.count() == 0
    with frozen(half):
        alarm_about_cases()
        alarm_about_cases()
        taken = take_alarm_message(AlarmWay.MAIL)  # and this worker is no more
        assert taken is not None
        assert send_alarm_mails() == 0
    assert rounds(half + timedelta(seconds=31)) == (1, 1)
    assert rounds(half + timedelta(minutes=20)) == (0, 0)
    assert len(mailbox.taken) == len(hook.got) == 1
    assert taken.key in mailbox.message(0)["Message-ID"]
    assert hook.got[0][0]["webhook-id"].startswith("alarm-")
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseAlarm.objects.create(case_id=CaseAlarm.objects.get().case_id, kind=CaseAlarmKind.HALF_TIME, at=half)


def _die(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


def test_failures_are_tried_again_and_in_sight(
    world: World, mailbox: Mailbox, hook: Hook, client: Client, browser_of: Any
) -> None:
    """Retries have one key; `/health/ready` and supervisors see the failure after ten minutes, until the alarm is
    accepted.
    """
    start = now()
    urgent_case(start)
    half = start + 2 * HOUR
    mailbox.refusals, hook.answers = 6, [500] * 6
    assert rounds(half) == (0, 0)
    assert set(AlarmMessage.objects.values_list("failure", flat=True)) == {"SMTPDataError 451", "http_500"}
    assert rounds(half + timedelta(seconds=29)) == (0, 0)
    assert set(AlarmMessage.objects.values_list("attempts", flat=True)) == {1}
    for seconds in (31, 92, 215, 460):
        rounds(half + timedelta(seconds=seconds))
    with frozen(half + timedelta(minutes=11)):
        answer = client.get("/health/ready")
        assert (answer.status_code, answer.json()["undelivered_alarms"]) == (503, 2)
        assert "alarms" in answer.json()["faults"]
        page = browser_of(world.supervisor).get("/console/alarms/").content.decode()
        for words in ("2 messages have not been taken", "SMTPDataError 451", "did not reach everybody"):
            assert words in page
        assert "did not reach everybody" not in browser_of(world.reviewers[0]).get("/console/queue/").content.decode()
    rounds(half + timedelta(minutes=14))
    assert rounds(half + timedelta(minutes=20)) == (1, 1)
    with frozen(half + timedelta(minutes=21)):
        assert "alarms" not in client.get("/health/ready").json()["faults"]
        page = browser_of(world.supervisor).get("/console/alarms/").content.decode()
        assert "have not been taken" not in page
        assert "The last alarm was taken" in page
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 1


def test_a_mail_server_that_is_away_holds_up_no_webhook(world: World, hook: Hook, settings: Any) -> None:
    """A mail server that is down is tried once a round, not once for each address."""
    settings.JAGA_SMTP, settings.EMAIL_HOST, settings.EMAIL_PORT = True, "127.0.0.1", free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.JAGA_ALARM_MAIL = (DUTY, "kepala@contoh.example")
    start = now()
    urgent_case(start)
    assert rounds(start + 2 * HOUR) == (0, 1)
    assert sorted(AlarmMessage.objects.filter(way=AlarmWay.MAIL).values_list("attempts", flat=True)) == [0, 1]


@pytest.mark.parametrize("practice", [True, False])
def test_that_nobody_is_set_is_in_sight_and_nothing_is_lost(
    world: World, client: Client, browser_of: Any, request: pytest.FixtureRequest, practice: bool
) -> None:
    """`/health/ready` and supervisors always see it; in a real installation it is a fault once an alarm was due."""
    start = now()
    Installation.objects.update_or_create(
        id=1, defaults={"host_kind": "operator", "practice": practice, "created_at": start}
    )
    assert client.get("/health/ready").json()["alarm_recipients"] == {"mail": 0, "webhook": False}
    urgent_case(start)
    assert rounds(start + 2 * HOUR) == (0, 0)
    with frozen(start + 2.5 * HOUR):
        body = client.get("/health/ready").json()
        assert body["unaddressed_alarms"] == 1
        assert ("alarms" in body["faults"]) is not practice
        supervisor = browser_of(world.supervisor)
        assert "Nobody outside the console would be alarmed." in supervisor.get("/console/alarms/").content.decode()
        assert "nobody is set" in supervisor.get("/console/overview/").content.decode()
        supervisor.cookies["jaga_language"] = "id"
        page = supervisor.get("/console/alarms/").content.decode()
        assert "Tidak ada orang di luar konsol yang akan diberi alarm." in page
    mailbox = request.getfixturevalue("mailbox")
    assert rounds(start + 2.6 * HOUR) == (1, 0)
    assert mailbox.taken
    with frozen(start + 2.7 * HOUR):
        assert client.get("/health/ready").json()["unaddressed_alarms"] == 0


def test_who_is_judged_or_looked_after_alarms_no_more(world: World, mailbox: Mailbox, hook: Hook) -> None:
    """An alarm whose cases need nobody any more is not sent, however late the mail server comes back."""
    start = now()
    first, second = urgent_case(start), urgent_case(start, account="@melati:localhost")
    mailbox.refusals = 1
    assert rounds(start + 2 * HOUR) == (0, 1)
    acknowledge_case_alarms([CaseAlarm.objects.get(case_id=second).pk], actor=world.supervisor)
    Case.objects.filter(pk=first).update(state="acting")
    assert rounds(start + 2.5 * HOUR) == (0, 0)
    assert AlarmMessage.objects.get(way=AlarmWay.MAIL).dropped_at is not None
    assert [len(message["alarms"]) for message in map(hook.said, range(len(hook.got)))] == [2]


def test_many_at_once_go_together(world: World, mailbox: Mailbox, hook: Hook) -> None:
    """Many urgent reports at once make one message: the least time first, then the number of the others."""
    start = now()
    with frozen(start):
        for number in range(MOST_SHOWN + 5):
            report(account=f"@akun{number}:localhost", category=URGENT, source=f"s{number}")
    half = start + 2 * HOUR
    assert rounds(half) == (1, 1)
    assert (len(hook.said(0)["alarms"]), hook.said(0)["more"]) == (MOST_SHOWN, 5)
    assert "5 kasus lagi menunggu" in mailbox.text(0)
    urgent_case(half - 2 * HOUR, account="@baru:localhost", source="baru")
    assert rounds(half + BETWEEN / 2) == (0, 0)
    assert rounds(half + BETWEEN + timedelta(seconds=1)) == (1, 1)
    assert len(hook.said(1)["alarms"]) == 1


def test_supervisors_are_told_in_their_language_and_each_address_once(world: World, mailbox: Mailbox) -> None:
    """The installation's addresses get the installation's language; supervisors whose access has ended get nothing."""
    call_me_at("wulan@contoh.example", actor=world.supervisor)
    Person.objects.filter(pk=world.supervisor.person_id).update(language="en")
    start = now()
    urgent_case(start)
    assert rounds(start + 2 * HOUR) == (2, 0)
    texts = {address: mailbox.text(number) for number, (address, _) in enumerate(mailbox.taken)}
    assert "2 h 0 min left, until" in texts["wulan@contoh.example"]
    assert "Alarm Jaga: waktu hampir habis" in texts[DUTY]
    Person.objects.filter(pk=world.supervisor.person_id).update(is_active=False)
    assert rounds(start + 3 * HOUR) == (1, 0)


def overdue_appeal(world: World, start: datetime) -> int:
    """An appeal whose answer was due an hour after `start`; returns its case."""
    case_id = resolved_closure(world, account="@kenanga:localhost")
    Appeal.objects.create(
        decision=Decision.objects.get(case_id=case_id),
        text="Akun saya, bukan iklan.",
        filed_at=start,
        due_at=start + HOUR,
    )
    return case_id


def test_an_overdue_appeal_alarms_once(world: World, mailbox: Mailbox, hook: Hook, browser_of: Any) -> None:
    """The same way; supervisors see it in the console until it is answered or acknowledged."""
    start = now()
    case_id = overdue_appeal(world, start)
    assert rounds(start + timedelta(minutes=59)) == (0, 0)
    assert rounds(start + HOUR) == (1, 1)
    assert rounds(start + 9 * HOUR) == (0, 0)
    assert f"K{case_id:06d}: sebuah banding seharusnya sudah dijawab" in mailbox.text(0)
    one = hook.said(0)["alarms"][0]
    assert (one["kind"], one["link"].endswith("/console/appeals/")) == ("appeal_overdue", True)
    with frozen(start + 9 * HOUR):
        page = browser_of(world.supervisor).get("/console/alarms/").content.decode()
        assert "An appeal should have been answered." in page
        assert "Time runs out for something that nobody has judged or confirmed yet." in page


def test_supervisors_see_and_acknowledge_it_in_the_console(world: World, browser_of: Any) -> None:
    """With the time left; people without the clearance, and reviewers, do not see it."""
    start = now()
    case_id = urgent_case(start)
    rounds(start + 3.5 * HOUR)
    with frozen(start + 3.5 * HOUR):
        supervisor = browser_of(world.supervisor)
        page = supervisor.get("/console/alarms/").content.decode()
        for words in (f"K{case_id:06d}", "A quarter of its time or less is left.", "Legal deadline: in 30 min"):
            assert words in page
        assert "Time runs out" not in browser_of(world.reviewers[0]).get("/console/queue/").content.decode()
        supervisor.post("/console/alarms/cases/", {"alarm": [CaseAlarm.objects.get().pk]})
        assert f"K{case_id:06d}" not in supervisor.get("/console/alarms/").content.decode()


def test_a_private_address_is_never_called(
    world: World, hook: Hook, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host name that resolves to a private address is refused; this machine may be called."""
    settings.JAGA_ALARM_HOOK_URL = "https://dalam.contoh.example/alarm"
    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.7", 443))])
    start = now()
    urgent_case(start)
    assert rounds(start + 2 * HOUR) == (0, 0)
    assert AlarmMessage.objects.get().failure == "not_a_public_address"
    assert hook.got == []


def test_the_worker_does_it_with_its_own_rights(
    world: World, mailbox: Mailbox, hook: Hook, database_roles: Mapping[Part, str]
) -> None:
    """The worker runs all of it, and the web server shows it, each with its own database role."""
    start = now()
    urgent_case(start)
    overdue_appeal(world, start)
    with acting_as("worker"):
        assert rounds(start + 2 * HOUR) == (1, 1)
        assert rounds(start + 2 * HOUR + BETWEEN) == (1, 1)
    assert [hook.said(number)["alarms"][0]["kind"] for number in (0, 1)] == ["half_time", "appeal_overdue"]


def test_each_part_is_a_round_of_its_own() -> None:
    """An error in one task does not stop the others (`app.periodic`)."""
    assert {"case_clocks", "overdue_appeals", "alarm_mails", "alarm_webhook", "case_alarms"} <= set(
        _periodic_tasks(None)
    )  # type: ignore[arg-type]


def test_the_command_sends_a_test_and_says_what_happened(world: World, mailbox: Mailbox, hook: Hook) -> None:
    """To everybody who would be alarmed; nothing of it is stored."""
    result = CliRunner().invoke(alarms, ["test"])
    assert result.exit_code == 0, result.output
    assert f"ok     mail: {DUTY}" in result.output
    assert "ok     webhook" in result.output
    assert "uji" in mailbox.text(0).lower()
    assert hook.said(0)["test"] is True
    verify(KEY, hook.got[0][0], hook.got[0][1], now=now())
    assert not AlarmMessage.objects.exists()
    mailbox.refusals, hook.answers = 1, [404]
    result = CliRunner().invoke(alarms, ["test"])
    assert result.exit_code == 1
    assert f"FAILED mail: {DUTY}: SMTPDataError 451" in result.output
    assert "FAILED webhook: http_404" in result.output


def test_the_command_says_that_nobody_would_be_alarmed(world: World) -> None:
    """It says what to set, and exits with status 1."""
    result = CliRunner().invoke(alarms, ["test"])
    assert (result.exit_code, "Nobody would be alarmed" in result.output) == (1, True)
    assert "JAGA_ALARM_MAIL" in result.output
    assert "test" in CliRunner().invoke(alarms, ["--help"]).output
