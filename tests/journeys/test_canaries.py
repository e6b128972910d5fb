"""Canaries: no reporter can be found anywhere. Invented people use every channel, and then everything is searched.

Tables (also those of libraries), files, logs, exports, letters, statements, notices, figures and pages. A new channel
gets a function here, and is then searched for like the others. The last test searches the logs of a running
installation, whose database is made to refuse rows with messages that quote them.
"""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.core.cache import cache
from django.test import Client
from tests.casework.operator_world import Operator, handed_over, make_operator
from tests.casework.screening.test_pictures import draw_all, shot
from tests.factories import ACCOUNT, CATEGORY, PLATFORM, World, carry_through, make_world, new_request, vote
from tests.journeys.canaries import Canary, Place, canary, disguises, files, found, tables
from tests.journeys.installation import Installation, until
from tests.journeys.people import CLOSE, Cast, code_on
from tests.journeys.test_police_request import request_on
from tests.sealed import opened
from tests.services import HOME
from tests.web.console.factors import show_factor

from jaga.actions.verbs import attempts
from jaga.authorities.verbs import disclosures
from jaga.authorities.verbs import orders as requests
from jaga.batches.jobs import work_on_batches
from jaga.batches.verbs import batches
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import AuthorityRequest, Evidence, Report, ReporterIdentity
from jaga.cases.verbs.accounts import NewReport
from jaga.core.actors import CLI, PUBLIC, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.platforms import InAppReport
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import EscalationStage
from jaga.core.terms.people import Role
from jaga.core.terms.reports import IdentityReason, YouthAnswer
from jaga.operators.verbs import escalation
from jaga.people.models import Person, PersonRole
from jaga.people.verbs import api_keys
from jaga.queue.verbs import leases
from jaga.reporting.public.form import SENT
from jaga.reporting.verbs import handle_resolution as in_app
from jaga.reporting.verbs import mailbox
from jaga.reporting.verbs.filing import file_waiting
from jaga.reporting.verbs.intake import accept_report
from jaga.reporting.verbs.mailbox import open_identity
from jaga.signals.verbs import pictures, triage
from jaga.store.kernel.sequencer import link_entries
from jaga_practice import reporters
from jaga_practice import world as practice_world
from jaga_practice.pictures import stripes
from jaga_practice.visitor import PageRefused

SERVERS_LOG = HOME / "log" / "postgres.log"
_REFUSAL = """CREATE FUNCTION planted_{0}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'planted: {1} %%', to_jsonb(NEW) USING DETAIL = '{1}'; END $$"""
_REFUSE = "CREATE TRIGGER planted_{0} BEFORE {1} ON records_{0} FOR EACH ROW EXECUTE FUNCTION planted_{0}()"
PHONE = {"HTTP_USER_AGENT": "an old phone"}


@dataclass(frozen=True)
class Sent:
    """What was sent through a channel, and what its sender has."""

    canary: Canary
    receipt: str = ""


def by_form(who: Canary) -> Sent:
    """The public form with name, mail and picture, on the account that will be closed."""
    fields = {
        "page": "details",
        "platform": PLATFORM,
        "account": ACCOUNT,
        "category": CATEGORY,
        "text": "open BO",
        "name": who.name,
        "contact": who.mail,
        "good_faith": "yes",
        "share_identity": "",
        "links": "",
    }
    visitor = Client(REMOTE_ADDR=who.address, HTTP_X_FORWARDED_FOR=who.address, **PHONE)
    answer = visitor.post("/report/", {**fields, "screenshots": [_file(shot().content)]})
    assert answer.status_code == 302, answer.content.decode()
    assert visitor.post("/report/", {**fields, "account": "bukan akun"}).status_code == 422
    visitor.get("/report/received/")
    return Sent(who)


def by_verb(who: Canary) -> Sent:
    """A caller of the verb itself, with a telephone number and the consent to share it with agencies."""
    accepted = accept_report(
        NewReport(
            PLATFORM,
            ACCOUNT,
            CATEGORY,
            f"contact:{who.phone}",
            text="nego",
            name=who.name,
            contact=who.phone,
            share_identity=True,
            network=f"{who.address}/32",
        ),
        actor=PUBLIC,
    )
    return Sent(who, accepted.receipt)


def by_operators_app(who: Canary) -> Sent:
    """A report on the account whose operator gets a notice and letters."""
    accepted = accept_report(
        NewReport(
            "mengobrol",
            "tamu-77",
            CATEGORY,
            f"contact:{who.mail}",
            text="open BO",
            name=who.name,
            contact=who.mail,
            network=f"{who.address}/32",
        ),
        actor=PUBLIC,
    )
    return Sent(who, accepted.receipt)


def by_key(who: Canary) -> Sent:
    """An organisation's program, by the API; its network address must not be found either."""
    officer = Person.objects.get(username="budi")
    secret = api_keys.issue_officer_key(officer.pk, actor=CLI).secret
    program = Client(REMOTE_ADDR=who.address, HTTP_X_FORWARDED_FOR=who.address, **PHONE)
    answer = program.post(
        "/api/v1/reports",
        {
            "platform": PLATFORM,
            "account": ACCOUNT,
            "category": CATEGORY,
            "text": "open BO",
            "reference": "A-1",
        },
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 201, answer.content
    wrong = program.get("/api/v1/reports", headers={"Authorization": "Bearer jaga_wrong"})
    assert wrong.status_code == 401
    return Sent(who)


def by_batch(who: Canary) -> Sent:
    """A file of rows, sent from the canary's address by a program of ours."""
    rows = f"akun,teks,nomor\n{ACCOUNT},open BO,B1\n".encode()
    batch = batches.NewBatch(name="laporan.csv", platform=PLATFORM, category=CATEGORY, start=True)
    batches.submit_batch(batch, [rows], actor=CLI)
    work_on_batches()
    return Sent(who)


def by_app(who: Canary) -> Sent:
    """The button inside a chat app: the reporter's own account there is known only as a source."""
    taken = in_app.take_reports(
        PLATFORM,
        [InAppReport("event-1", ACCOUNT, f"@{who.name.split()[0].lower()}:localhost", now(), words="mengganggu")],
        "1",
        actor=SYSTEM,
    )
    assert taken == 1
    return Sent(who)


DOORS: tuple[Callable[[Canary], Sent], ...] = (by_form, by_verb, by_operators_app, by_key, by_batch, by_app)


def _file(content: bytes) -> Any:
    from django.core.files.uploadedfile import SimpleUploadedFile

    return SimpleUploadedFile("tangkapan.png", content, "image/png")


def _mistyped(who: Canary) -> None:
    """Guess receipts and passwords from the canary's address."""
    visitor = Client(REMOTE_ADDR=who.address, HTTP_X_FORWARDED_FOR=who.address, **PHONE)
    visitor.post("/follow/", {"receipt": "0" * 16})
    visitor.post("/console/sign-in/", {"username": "sinta", "password": "wrong"})
    visitor.get("/nothing-here/")
    visitor.get("/report/?category=%00")


def _mailbox(sent: Sent) -> None:
    """The reporter reads and answers a question, from home."""
    visitor = Client(REMOTE_ADDR=sent.canary.address, HTTP_X_FORWARDED_FOR=sent.canary.address, **PHONE)
    assert visitor.post("/follow/", {"receipt": sent.receipt}).status_code == 302
    assert visitor.get("/follow/report/").status_code == 200
    report = Report.objects.get(identity__shared=True)
    mailbox.write_back(report.pk, "Di ruang umum.", actor=PUBLIC)


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.HOME, settings.JAGA_EVIDENCE = tmp_path, tmp_path / "evidence"
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }  # hashed names need `collectstatic`
    cache.clear()
    SENT.clear()
    return make_world()


def _judged(world: World, case_id: int) -> None:
    """People restrict, observe, ask and close."""
    first, second, _ = world.reviewers
    triage.triage_case(case_id, actor=SYSTEM)
    lease = leases.take_lease(case_id, actor=first)
    if Evidence.objects.filter(report__case=case_id, kind="screenshot").exists():
        pictures.answer_youth_check(case_id, lease.fence, YouthAnswer.NO_SIGN, actor=first)
        draw_all()
        for evidence in Evidence.objects.filter(report__case=case_id, working_copy__state="made"):
            pictures.open_picture(case_id, evidence.pk, actor=first)
    for reviewer in (first, second):
        vote(case_id, DecisionKind.CLOSE, reviewer)


def _operators_part(world: World, operator: Operator, case_id: int) -> None:
    """The operator's people are asked by a notice, then by a letter."""
    (task,) = attempts.open_tasks(case_id)
    notice = handed_over(task.action_id, received=True)
    letter = escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
    escalation.release_letter(letter, actor=world.supervisor)


def _pages(world: World, operator: Operator) -> list[Place]:
    """What everybody who may sign in can read, and what anybody can."""
    addresses = [
        f"/console/cases/K{number:06d}/{rest}"
        for number in Case.objects.values_list("pk", flat=True)
        for rest in ("", "history/")
    ]
    addresses += [
        "/console/queue/",
        "/console/operator-notices/",
        "/console/overview/",
        "/console/exports/",
        "/console/ledger/",
        "/console/notices/",
        "/console/calendar/",
        "/console/operators/",
    ]
    public = ["/", "/figures/", "/figures.csv", "/operators/", "/operators.csv", "/policy/", "/report/", "/flaggers/"]
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        PersonRole.objects.create(person_id=world.supervisor.person_id, role=role)
    readers = {
        "nobody": Client(),
        **{
            name: _signed_in(actor)
            for name, actor in (
                ("reviewer", world.reviewers[2]),
                ("supervisor", world.supervisor),
                ("contact", operator.contact),
            )
        },
    }
    seen = [
        Place(f"{name} at {address}", client.get(address).content)
        for name, client in readers.items()
        for address in (*addresses, *public)
    ]
    officer = Person.objects.get(username="budi")
    key = {"Authorization": f"Bearer {api_keys.issue_officer_key(officer.pk, actor=CLI).secret}"}
    seen += [
        Place(f"officer at {address}", Client().get(address, headers=key).content)
        for address in ("/api/v1/reports", "/api/v1/requests", "/api/v1/referrals")
    ]
    named = [case.reference.encode() for case in Case.objects.all()]
    shown = sum(any(reference in place.content for reference in named) for place in seen)
    assert shown > 5, "the pages that were searched show no case"
    return seen


def _signed_in(actor: Actor) -> Client:
    client = Client()
    client.force_login(Person.objects.get(pk=actor.person_id), "django.contrib.auth.backends.ModelBackend")
    show_factor(client, actor.person_id)
    return client


def test_whoever_reports_is_found_nowhere(
    world: World,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    settings: Any,
) -> None:
    """After everything that can follow from a report; and the gate still opens for permitted people, on record."""
    caplog.set_level(logging.DEBUG)
    settings.JAGA_PROXY_HOPS = 1
    operator = make_operator()
    canaries = [canary(door.__name__, number) for number, door in enumerate(DOORS)]
    sent = [door(who) for door, who in zip(DOORS, canaries, strict=True)]
    for who in canaries:
        _mistyped(who)
    file_waiting()
    assert Report.objects.count() == len(DOORS)
    asked = requests.file_request(new_request(wants_export=True), actor=world.officer)
    closed = Case.objects.get(subject__account_id=ACCOUNT, category=CATEGORY)
    result = Case.objects.get(subject__platform__name=operator.platform)
    mailbox.write_to_reporter(Report.objects.get(identity__shared=True).pk, "Di mana?", actor=world.reviewers[0])
    _mailbox(sent[1])
    for case in (closed, result):
        _judged(world, case.pk)
    carry_through(closed.pk)
    _operators_part(world, operator, result.pk)
    link_entries()
    disclosures.make_export(AuthorityRequest.objects.get(report_id=asked.report_id).pk, actor=world.supervisor)
    output = capfd.readouterr()
    places = [
        *tables(),
        *files(tmp_path),
        *_pages(world, operator),
        Place("log", caplog.text.encode()),
        Place("output", (output.out + output.err).encode()),
    ]
    assert len(places) > 300
    assert found(canaries, places) == []
    named = ReporterIdentity.objects.order_by("report_id").values_list("report_id", flat=True)
    seen = [open_identity(number, IdentityReason.DANGER, actor=world.supervisor) for number in named]
    assert {(one.name, one.contact) for one in seen} == {
        (canaries[0].name, canaries[0].mail),
        (canaries[1].name, canaries[1].phone),
        (canaries[2].name, canaries[2].mail),
    }
    assert found(canaries, [*tables(), Place("log", caplog.text.encode())]) == []


def test_the_search_finds_what_is_there(world: World, tmp_path: Path) -> None:
    """A search that never finds anything would let everything pass, so each disguise and each kind of place is
    tried.
    """
    who = canary("planted", 77)
    for needle in who.needles:
        for disguise in disguises(needle):
            assert found([who], [Place("here", b"x\x00" + disguise + b"y")]), (needle, disguise)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "note").write_text(f"{who.mail.upper()}")
    accept_report(
        NewReport(PLATFORM, ACCOUNT, CATEGORY, "x", text=f"Saya {who.name}", reference=who.phone), actor=PUBLIC
    )
    where = {line.partition(" in ")[2] for line in found([who], [*tables(), *files(tmp_path)])}
    assert "table records_report.text" not in where  # encrypted
    assert {"table records_report.reference", f"file {tmp_path / 'sub' / 'note'}"} <= where


@contextmanager
def refused(installation: Installation, table: str, moment: str, who: Canary) -> Iterator[None]:
    """The database refuses such rows for the block, with an error that quotes them, and names somebody in the open."""
    installation.rows(_REFUSAL.format(table, who.mail))
    installation.rows(_REFUSE.format(table, moment))
    try:
        yield
    finally:
        installation.rows(f"DROP TRIGGER planted_{table} ON records_{table}")
        installation.rows(f"DROP FUNCTION planted_{table}()")


def _bad_visits(base_url: str, who: Canary) -> list[int]:
    """What visitors, guessers and broken programs send; the statuses that they get."""
    with httpx.Client(base_url=base_url, timeout=30, headers={"X-Forwarded-For": who.address}) as visitor:
        answers = [
            visitor.get(f"/{who.mail}/", params={"name": who.name}),
            visitor.get(f"/referral/{who.mail}/"),
            visitor.get("/", headers={"Host": who.mail.partition("@")[2]}),
            visitor.post("/report/", data={"text": who.name, "contact": who.mail}),  # no token against forgery
            visitor.post("/follow/", params={"from": who.mail}, data={"receipt": who.phone}),
            visitor.post("/console/sign-in/", data={"username": who.mail, "password": who.phone}),
            visitor.post(
                "/api/v1/reports",
                content=f'{{"text": "{who.name}"'.encode(),
                headers={"Authorization": f"Bearer jaga_{who.mail}"},
            ),
            visitor.get("/report/", params={"category": f"{who.name}\0"}),
            visitor.request("BREW", f"/{who.mail}", content=who.name.encode()),
        ]
    return [answer.status_code for answer in answers]


@pytest.mark.synapse
def test_no_log_holds_what_people_sent(installation: Installation, cast: Cast) -> None:
    """Report, wrong sign-ins, order, closure and appeal; refused visits; a fault of ours in the web server, one in the
    worker, and a killed worker. The same search finds the canaries in the tables, so it can find them.
    """
    begin = SERVERS_LOG.stat().st_size
    who, holder, base = canary("reporter", 90), canary("holder", 91), installation.base_url
    account = installation.newcomer(holder.name.split()[0].lower())
    phone = account.phone()
    words = {
        "platform": practice_world.PLATFORM,
        "account": account.user_id,
        "category": "prostitution_advertising",
        "text": f"Di kamar {who.name}, {who.phone}",
        "name": who.name,
        "contact": who.mail,
    }
    with refused(installation, "report", "INSERT", who), pytest.raises(PageRefused, match="500"):
        reporters.report(base, words)
    statuses = _bad_visits(base, who)
    assert {400, 401, 403, 404} <= set(statuses), statuses
    with refused(installation, "report", "UPDATE", who):  # accepted, but the worker cannot file it
        receipt = reporters.report(base, words)
        until(
            "the fault of the worker",
            lambda: (
                b"report_not_filed"
                in (installation.home / "log" / "worker.log").read_bytes()
                + (installation.home / "log" / "urgent.log").read_bytes()
            ),
        )
        installation.kill_worker()
        installation.worker.start()
    cast.ministry.request(stripes(), **request_on(account) | {"legal_analysis": f"Menurut {who.name}, {who.mail}."})
    case_id = cast.case_of(receipt)
    cast.close(case_id, CLOSE)
    until("the closure", lambda: installation.is_resolved(case_id), 240)
    reporters.appeal(base, code_on(phone), f"Saya {holder.name}, {holder.phone}.")
    logs = list(files(installation.home / "log"))
    told = b"".join(place.content for place in logs)
    assert b"Internal Server Error: report/" in told
    with SERVERS_LOG.open("rb") as server:
        server.seek(begin)
        logs.append(Place("PostgreSQL's log", server.read()))
    assert found([who, holder], logs) == []
    texts = installation.rows("SELECT text FROM records_report WHERE case_id = %s AND text <> ''", case_id)
    kept = [(opened(installation.home, text, "records_report.text"),) for (text,) in texts]
    kept += installation.rows("SELECT handle, account_id FROM records_subject")
    assert found([who], [Place("tables", json.dumps(kept).encode())])
    assert Path(installation.home / "log" / "web.log").stat().st_size > 0
