"""The account holder's appeal with the code of the statement."""

from datetime import timedelta

from django.test import Client
from tests.web.public.conftest import World

from jaga.actions.verbs.attempts import open_tasks, record_step, start_attempt
from jaga.actions.verbs.verification import record_verification
from jaga.appeals.models import Appeal
from jaga.appeals.verbs.appeals import decide_appeal
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Action, Statement
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.platforms import AccountObservation, StepResult
from jaga.core.terms.cases import AccountState, ActionKind, OutcomeKind, Step


def finish(case_id: int, state: AccountState) -> None:
    """Record what the worker would have recorded."""
    for task in open_tasks(case_id):
        start_attempt(task.action_id, actor=SYSTEM)
        record_verification(task.action_id, AccountObservation(state, (), now()), actor=SYSTEM)


def test_the_code_opens_the_statement_and_an_appeal_is_filed_once(client: Client, world: World) -> None:
    """The holder needs no account; a second appeal is refused and changes nothing."""
    code = world.close(world.report().case_id)
    opened = client.post("/appeal/", {"code": code.lower().replace("-", " ")})
    assert opened.status_code == 200
    assert "@akun:contoh.test" in opened.content.decode()
    filed = client.post("/appeal/", {"code": code, "step": "file", "text": "Akun saya dibajak orang."})
    assert filed.status_code == 200
    assert Appeal.objects.get().text == "Akun saya dibajak orang."
    again = client.post("/appeal/", {"code": code, "step": "file", "text": "Sekali lagi saya keberatan."})
    assert again.status_code == 409
    assert Appeal.objects.get().text == "Akun saya dibajak orang."


def test_an_appeal_without_words_is_refused_beside_its_field(client: Client, world: World) -> None:
    """The decider needs something to examine; the form keeps its text."""
    code = world.close(world.report().case_id)
    for text in ("tidak", "salah \x00 salah salah", "x" * 6000):
        answer = client.post("/appeal/", {"code": code, "step": "file", "text": text})
        assert answer.status_code == 422
        assert 'id="text-error"' in answer.content.decode()
        assert 'href="#text"' in answer.content.decode()
    assert not Appeal.objects.exists()


def test_an_appeal_after_its_time_is_refused(client: Client, world: World) -> None:
    """The window ends (`tests/casework/cases/test_appeal_window.py`), and the page then names the remaining
    remedies.
    """
    code = world.close(world.report().case_id)
    with frozen(now() + timedelta(days=215)):
        page = client.post("/appeal/", {"code": code}).content.decode()
        assert 'name="step" value="file"' not in page
        late = client.post("/appeal/", {"code": code, "step": "file", "text": "Akun saya dibajak orang."})
        assert late.status_code == 409
    assert not Appeal.objects.exists()


def test_the_holder_reads_the_outcome_with_its_reasons(client: Client, world: World) -> None:
    """Both for a decision that was upheld and for one that was overturned."""
    case_id = world.report().case_id
    code = world.close(case_id)
    finish(case_id, AccountState.CLOSED)
    client.post("/appeal/", {"code": code, "step": "file", "text": "Akun saya dibajak orang."})
    decide_appeal(
        Appeal.objects.get().pk, overturn=False, reasons="Pesan itu dikirim dari akun ini.", actor=world.reviewers[2]
    )
    assert "Pesan itu dikirim dari akun ini." in client.post("/appeal/", {"code": code}).content.decode()


def test_a_restored_holder_takes_the_new_password_once(client: Client, world: World) -> None:
    """It is shown once, on request, to whoever has the code."""
    case_id = world.report().case_id
    code = world.close(case_id)
    finish(case_id, AccountState.CLOSED)
    client.post("/appeal/", {"code": code, "step": "file", "text": "Akun saya dibajak orang."})
    decide_appeal(Appeal.objects.get().pk, overturn=True, reasons="Akun ini memang dibajak.", actor=world.reviewers[2])
    restoring = Action.objects.get(kind=ActionKind.RESTORE)
    record_step(
        restoring.pk, Step.RESTORE, StepResult(OutcomeKind.DONE, "restored", secret="sandi-rekaan"), actor=SYSTEM
    )
    page = client.post("/appeal/", {"code": code}).content.decode()
    assert "sandi-rekaan" not in page
    assert '<div class="letter">Akun ini memang dibajak.</div>' in page
    assert "Keputusan pada waktu itu" in page
    taken = client.post("/appeal/", {"code": code, "step": "access"})
    assert "sandi-rekaan" in taken.content.decode()
    assert "no-store" in taken["Cache-Control"]
    assert "sandi-rekaan" not in client.post("/appeal/", {"code": code, "step": "access"}).content.decode()


def test_a_victim_first_code_opens_a_neutral_page_and_an_appeal(client: Client, world: World) -> None:
    """In both languages: the action, how to ask, helplines; no reasons, no account, nothing of the report."""
    case_id = world.report(text="Paspor kenari ditahan.").case_id
    code = world.close(case_id)
    finish(case_id, AccountState.CLOSED)
    Case.objects.update(victim_first=True, victim_state="proposed")
    for language, asks in (("id", "Alasannya tidak ada di halaman ini."), ("en", "The reasons are not on this page.")):
        client.cookies["jaga_language"] = language
        page = client.post("/appeal/", {"code": code}).content.decode()
        assert asks in page
        assert "SAPA 129" in page
        assert 'name="step" value="file"' in page
        for secret in (
            "kenari",
            "@akun",
            "Iklan",
            "Fakta",
            "Facts",
            "Dasar",
            "Basis:",
            "laporan masyarakat",
            "by the public",
            "korban",
            "ictim",
        ):
            assert secret not in page.split("<main")[1].split("</main")[0], secret
    client.post("/appeal/", {"code": code, "step": "file", "text": "Saya ditahan di mess."})
    decide_appeal(Appeal.objects.get().pk, overturn=True, reasons="Akun ini memang dibajak.", actor=world.reviewers[2])
    restoring = Action.objects.get(kind=ActionKind.RESTORE)
    record_step(
        restoring.pk, Step.RESTORE, StepResult(OutcomeKind.DONE, "restored", secret="sandi-rekaan"), actor=SYSTEM
    )
    page = client.post("/appeal/", {"code": code, "step": "access"}).content.decode()
    assert "ask for help in the same way" in page
    for secret in ("sandi-rekaan", "new password", "mess", "dibajak"):
        assert secret not in page


def test_a_wrong_code_opens_nothing_and_guessing_is_braked(client: Client, world: World) -> None:
    """Wrong codes and wrong receipts share one count."""
    for _ in range(10):
        assert client.post("/appeal/", {"code": "AAAAA-BBBBB-CCCCC-DDDDD"}).status_code == 404
    assert client.post("/appeal/", {"code": "AAAAA"}).status_code == 429
    assert client.post("/follow/", {"receipt": "1" * 16}).status_code == 429


def test_who_has_no_code_reads_where_it_is_and_whom_to_ask(client: Client, world: World) -> None:
    """In both languages, for each app, from the fields of its row; also beside a wrong code."""
    for language, delivered, asked in (
        ("id", "tepat sebelum akun ditutup", "Tulislah kepada pengelolanya"),
        ("en", "just before the account was closed", "Write to the people who run it"),
    ):
        client.cookies["jaga_language"] = language
        Platform.objects.update(capabilities={"deliver": {"supported": True}})
        page = client.get("/appeal/").content.decode()
        assert delivered in page
        assert "Operator Contoh" in page
        Platform.objects.update(capabilities={})
        wrong = client.post("/appeal/", {"code": "2222"}).content.decode()
        assert asked in wrong
        assert delivered not in wrong


def test_the_page_names_the_day_the_answers_time_and_the_bodies_outside(client: Client, world: World) -> None:
    """In both languages and for every case, also where a victim-first page shows no reasons."""
    case_id = world.report().case_id
    code = world.close(case_id)
    for kept in (False, True):
        if kept:
            Case.objects.filter(pk=case_id).update(victim_first=True, victim_state="proposed")
        for language, words in (
            ("id", ("sampai akhir hari", "paling lambat 7 hari", "Siapa lagi")),
            ("en", ("until the end of", "within 7 days", "Who else can help you")),
        ):
            client.cookies["jaga_language"] = language
            page = client.post("/appeal/", {"code": code}).content.decode()
            for part in (*words, "Ombudsman", "Komnas HAM", "Komnas Perempuan", "LBH", "PTUN"):
                assert part in page, part
    assert Statement.objects.get().opened_at is not None


def test_a_wrong_code_begins_no_time(client: Client, world: World) -> None:
    """Only opening the page with the right code starts the time."""
    world.close(world.report().case_id)
    client.get("/appeal/")
    client.post("/appeal/", {"code": "22222"})
    assert Statement.objects.get().opened_at is None
