"""Appeals in the console: questions, a second message, suspended measures, pictures, and appeals on paper."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import PNG, World, carry_through, resolved_closure
from tests.web.console.conftest import Staff

from jaga.appeals.models import Appeal, AppealRest
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.models.reports import Evidence
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import HOLDER, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.people import Role
from jaga.exchange.pictures import Drawn
from jaga.policy.local_time import today
from jaga.signals.verbs.pictures import record_copy
from jaga.store.codes import appeal_code

Open = Callable[[Actor], Client]
TEXT = "Bukan saya yang menulis itu."
LATE = timedelta(days=8)


@pytest.fixture
def appeal(world: World) -> Appeal:
    return appeals.file_appeal(code(resolved_closure(world)), TEXT, pictures=(Upload(PNG),), actor=HOLDER)


def code(case_id: int) -> str:
    return appeal_code(Decision.objects.get(case_id=case_id).pk)


def at(appeal: Appeal, more: str = "") -> str:
    return f"/console/appeals/{appeal.pk}/{more}"


def paper(case_id: int, **changes: str) -> dict[str, str]:
    case = Case.objects.get(pk=case_id)
    return {
        "reference": case.reference,
        "account": "@mawar:localhost",
        "way": "letter",
        "helper": "",
        "received_on": today().isoformat(),
        "check": "has_letter",
        "check_note": "Surat kami dilampirkan, cocok.",
        "text": TEXT,
    } | changes


def test_a_question_is_asked_and_its_answer_is_read_before_the_decision(
    world: World,
    appeal: Appeal,
    browser_of: Open,
    client: Client,
) -> None:
    """The holder answers on the page of the code; a decision that overlooks an unread answer is refused and keeps its
    text.
    """
    decider = browser_of(world.reviewers[2])
    assert 'id="question"' in decider.get(at(appeal)).content.decode()
    assert 'id="question"' not in browser_of(world.reviewers[0]).get(at(appeal)).content.decode()
    short = decider.post(at(appeal, "ask/"), {"question": "apa"})
    assert (short.status_code, 'id="question-error"' in short.content.decode()) == (422, True)
    assert decider.post(at(appeal, "ask/"), {"question": "Siapa lagi yang memakai ponsel?"}).status_code == 302
    theirs = code(appeal.decision.case_id)
    page = client.post("/appeal/", {"code": theirs}).content.decode()
    assert "Siapa lagi yang memakai ponsel?" in page
    assert 'value="again"' in page
    sent = client.post("/appeal/", {"code": theirs, "step": "again", "text": "Adik saya memakainya juga."})
    assert sent.status_code == 200
    twice = client.post("/appeal/", {"code": theirs, "step": "again", "text": "Adik saya memakainya juga."})
    assert twice.status_code == 409
    unread = decider.post(at(appeal), {"result": "uphold", "reasons": "Keputusan itu benar.", "last_reply": "0"})
    assert unread.status_code == 409
    assert "Keputusan itu benar." in unread.content.decode()
    assert "Adik saya memakainya juga." in unread.content.decode()
    last_reply = Appeal.objects.get().reply.pk
    answered = decider.post(
        at(appeal), {"result": "uphold", "reasons": "Keputusan itu benar.", "last_reply": str(last_reply)}
    )
    assert answered.status_code == 302


def test_after_the_answer_the_holder_writes_once_more_and_somebody_new_answers(
    world: World,
    appeal: Appeal,
    browser_of: Open,
    client: Client,
) -> None:
    """The page says when an answer is due; the first answerer gets no form, and a forged one is refused."""
    browser_of(world.reviewers[2]).post(at(appeal), {"result": "uphold", "reasons": "Keputusan itu benar."})
    theirs = code(appeal.decision.case_id)
    page = client.post("/appeal/", {"code": theirs}).content.decode()
    assert "Tulis sekali lagi" in page
    client.post("/appeal/", {"code": theirs, "step": "again", "text": "Ponsel saya dicuri hari itu."})
    page = client.post("/appeal/", {"code": theirs}).content.decode()
    assert "Dijawab paling lambat" in page
    assert 'value="again"' not in page
    first = browser_of(world.reviewers[2])
    assert 'id="reasons"' not in first.get(at(appeal)).content.decode()
    assert first.post(at(appeal), {"result": "overturn", "reasons": "Memang dicuri orang."}).status_code == 403
    second = browser_of(world.supervisor)
    assert "the holder wrote again" in second.get("/console/appeals/").content.decode()
    assert second.post(at(appeal), {"result": "uphold", "reasons": "Tetap berlaku, maaf."}).status_code == 302
    assert "Tetap berlaku, maaf." in client.post("/appeal/", {"code": theirs}).content.decode()


def test_a_supervisor_lets_an_overdue_measure_rest_from_the_page(
    world: World,
    appeal: Appeal,
    browser_of: Open,
    client: Client,
) -> None:
    """The button is shown for overdue appeals, to supervisors without a vote only; the holder's page shows it with the
    reasons.
    """
    boss = browser_of(world.supervisor)
    assert 'name="rests"' not in boss.get(at(appeal)).content.decode()
    with frozen(now() + LATE):
        boss = browser_of(world.supervisor)
        page = boss.get(at(appeal)).content.decode()
        assert 'name="rests"' in page
        assert "does the measure rest?" in boss.get("/console/appeals/").content.decode()
        other = browser_of(world.reviewers[2])
        assert 'name="rests"' not in other.get(at(appeal)).content.decode()
        assert other.post(at(appeal, "rest/"), {"rests": "rests", "rest_reasons": "x" * 30}).status_code == 403
        assert boss.post(at(appeal, "rest/"), {"rest_reasons": "x" * 30}).status_code == 422
        empty = boss.post(at(appeal, "rest/"), {"rests": "rests", "rest_reasons": "ya"})
        assert (empty.status_code, 'id="rest_reasons-error"' in empty.content.decode()) == (422, True)
        assert not AppealRest.objects.exists()
        why = "Banding ini sudah terlalu lama menunggu."
        assert boss.post(at(appeal, "rest/"), {"rests": "rests", "rest_reasons": why}).status_code == 302
        assert boss.post(at(appeal, "rest/"), {"rests": "stays", "rest_reasons": why}).status_code == 409
        carry_through(appeal.decision.case_id)
        assert list(Action.objects.filter(rest__isnull=False).order_by("pk").values_list("kind", "state")) == [
            ("restore", "done"),
            ("restrict", "done"),
        ]
        page = client.post("/appeal/", {"code": code(appeal.decision.case_id)}).content.decode()
        assert "tindakan ditangguhkan sampai ada jawaban" in page
        assert why in page


def test_a_picture_is_asked_about_drawn_and_opened_by_the_decider(
    world: World,
    appeal: Appeal,
    browser_of: Open,
) -> None:
    """Voters cannot open it; only this address returns the copy, and it is not cached."""
    number = Evidence.objects.get(name__startswith="appeal-").pk
    decider, voter = browser_of(world.reviewers[2]), browser_of(world.reviewers[0])
    assert 'name="answer"' in decider.get(at(appeal)).content.decode()
    assert 'name="answer"' not in voter.get(at(appeal)).content.decode()
    assert voter.post(at(appeal, "check/"), {"answer": "no_sign"}).status_code == 403
    assert decider.post(at(appeal, "check/"), {"answer": "perhaps"}).status_code == 404
    assert decider.post(at(appeal, "check/"), {"answer": "no_sign"}).status_code == 302
    record_copy(number, Drawn(b"drawn anew", 10, 10), actor=SYSTEM)
    assert voter.post(at(appeal, f"pictures/{number}/open/")).status_code == 403
    assert decider.get(at(appeal, f"pictures/{number}/")).status_code == 409
    assert decider.post(at(appeal, f"pictures/{number}/open/")).status_code == 302
    got = decider.get(at(appeal, f"pictures/{number}/"))
    assert (got.status_code, got.content, got["Content-Disposition"][:10]) == (200, b"drawn anew", "attachment")
    assert voter.get(at(appeal, f"pictures/{number}/")).status_code == 409
    for address in (at(appeal, "pictures/99999999999999999999/"), at(appeal, "pictures/99999/")):
        assert decider.get(address).status_code == 404


def test_an_appeal_on_paper_is_written_down_and_gives_a_paper_without_code_or_reasons(
    world: World,
    browser_of: Open,
    client: Client,
) -> None:
    """It is checked, printed and decided by somebody else; the holder of the code is told and heard."""
    case_id = resolved_closure(world)
    writer = browser_of(world.reviewers[2])
    assert "An appeal without a code" in writer.get("/console/appeals/new/").content.decode()
    sent = writer.post("/console/appeals/new/", paper(case_id))
    assert sent.status_code == 302
    receipt = writer.get(sent["Location"]).content.decode().partition("<main")[2]
    assert "@mawar:localhost" in receipt
    assert "Ombudsman" in receipt
    for secret in (code(case_id), "Pasal 407", "Iklan jasa", TEXT):
        assert secret not in receipt, secret
    appeal = Appeal.objects.get()
    assert writer.post(at(appeal), {"result": "overturn", "reasons": "Ini akun yang salah."}).status_code == 403
    page = client.post("/appeal/", {"code": code(case_id)}).content.decode()
    assert "Jika itu bukan dari Anda" in page
    assert 'value="again"' in page
    boss = browser_of(world.supervisor)
    assert "Surat kami dilampirkan, cocok." in boss.get(at(appeal)).content.decode()
    assert boss.post(at(appeal), {"result": "uphold", "reasons": "Keputusan itu benar."}).status_code == 302
    assert "Keputusan itu benar." in writer.get(at(appeal, "receipt/")).content.decode()
    Case.objects.update(victim_first=True, victim_state="proposed")
    assert "Keputusan itu benar." not in writer.get(at(appeal, "receipt/")).content.decode()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"check": ""}, 422),
        ({"check": "believed"}, 422),
        ({"way": "code"}, 422),
        ({"received_on": "soon"}, 422),
        ({"account": "@kenanga:localhost"}, 404),
        ({"reference": "K9"}, 404),
        ({"text": "\x00" * 20}, 422),
        ({"received_on": "9999-12-31"}, 422),
        ({"check_note": "percaya"}, 422),
    ],
)
def test_a_stranger_who_only_claims_it_gets_nothing(
    world: World,
    browser_of: Open,
    changes: dict[str, str],
    status: int,
) -> None:
    """Each refusal says what is missing, keeps what was typed, and records nothing."""
    case_id = resolved_closure(world)
    answer = browser_of(world.reviewers[2]).post("/console/appeals/new/", paper(case_id, **changes))
    assert answer.status_code == status
    assert "Surat kami dilampirkan" in answer.content.decode() or "check_note" in changes
    assert not Appeal.objects.exists()


def test_a_voter_writes_none_down(world: World, browser_of: Open) -> None:
    """A carelessly recorded appeal could use up the holder's only one."""
    case_id = resolved_closure(world)
    assert browser_of(world.reviewers[0]).post("/console/appeals/new/", paper(case_id)).status_code == 403
    assert not Appeal.objects.exists()


def test_who_does_not_judge_sees_none_of_it(world: World, staff: Staff, appeal: Appeal, browser_of: Open) -> None:
    """Other roles see neither form, paper nor pictures."""
    for role in (Role.ADMINISTRATOR, Role.OFFICER, Role.AUDITOR):
        client = browser_of(staff.by_role[role])
        for address in ("/console/appeals/new/", at(appeal, "receipt/"), at(appeal, "pictures/1/")):
            assert client.get(address).status_code == 403, (role, address)


def test_a_holder_sends_a_picture_with_the_form(world: World, client: Client) -> None:
    """Too many, too large or unsupported pictures are refused beside their field, and nothing is stored."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    theirs = code(resolved_closure(world))
    filed = {"code": theirs, "step": "file", "text": TEXT}
    wrong = client.post("/appeal/", filed | {"pictures": SimpleUploadedFile("x.gif", b"GIF89a")})
    assert (wrong.status_code, 'id="pictures-error"' in wrong.content.decode()) == (422, True)
    assert not Appeal.objects.exists()
    sent = client.post("/appeal/", filed | {"pictures": SimpleUploadedFile("x.png", PNG)})
    assert sent.status_code == 200
    assert Evidence.objects.get(name__startswith="appeal-").media_type == "image/png"
