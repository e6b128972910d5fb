"""A visit to one's report: the receipt typed once, answers, evidence, withdrawal, the proof, and sign-out."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.public.conftest import PNG, World

from jaga.cases.models.reports import Evidence, Report
from jaga.core import clock
from jaga.core.actors import PUBLIC
from jaga.core.terms.cases import DecisionKind
from jaga.ledger.keys import VerifyKey
from jaga.ledger.receipt import ReceiptResult, check_receipt
from jaga.reporting.models import ReportMessage
from jaga.reporting.public import visit
from jaga.reporting.verbs import filing, mailbox
from jaga.store.kernel import sequencer

PAGE = "/follow/report/"


def open_visit(client: Client, receipt: str, language: str = "en") -> str:
    """The page that a receipt opens."""
    client.cookies["jaga_language"] = language
    answer = client.post("/follow/", {"receipt": receipt}, follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    return answer.content.decode()


def test_the_receipt_is_typed_once_and_kept_nowhere(client: Client, world: World) -> None:
    """Neither in the page, in an address, readable in a cookie, nor in the database's sessions."""
    receipt = world.report().receipt
    page = open_visit(client, receipt)
    assert receipt not in page.replace(" ", "")
    cookie = client.cookies[visit.COOKIE]
    assert receipt not in cookie.value
    assert (cookie["path"], cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
        "/follow/",
        True,
        "Strict",
        visit.SECONDS,
    )
    assert "jaga_session" not in client.cookies
    assert client.get(PAGE).status_code == 200


def test_the_visit_ends_by_its_button_and_by_itself(
    client: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a shared phone the next person finds an empty form; so does anybody after a quarter of an hour."""
    receipt = world.report().receipt
    open_visit(client, receipt)
    assert client.post("/follow/end/")["Location"] == "/follow/"
    assert client.get(PAGE)["Location"] == "/follow/"
    open_visit(client, receipt)
    later = clock.now() + timedelta(seconds=visit.SECONDS + 2)
    monkeypatch.setattr(visit, "now", lambda: later)
    assert client.get(PAGE)["Location"] == "/follow/"
    assert client.get(f"{PAGE}receipt.txt")["Location"] == "/follow/"


def test_what_was_written_while_the_visit_ended_is_kept(client: Client, world: World) -> None:
    """The text is carried through the receipt form, and only the reporter can send it."""
    filed = world.report()
    world.ask(filed.report_id)
    client.cookies["jaga_language"] = "en"
    late = client.post(PAGE, {"step": "answer", "text": "Di ruang <b>umum</b>."})
    assert late.status_code == 403
    assert "Di ruang &lt;b&gt;umum&lt;/b&gt;." in late.content.decode()
    again = client.post("/follow/", {"receipt": filed.receipt, "step": "answer", "text": "Di ruang <b>umum</b>."})
    assert "Di ruang &lt;b&gt;umum&lt;/b&gt;.</textarea>" in again.content.decode()
    assert not ReportMessage.objects.filter(from_us=False).exists()


def test_a_question_is_answered(client: Client, world: World) -> None:
    """Seen, answered and confirmed; the question no longer waits."""
    filed = world.report()
    world.ask(filed.report_id, "Di <i>mana</i>?")
    assert "Di &lt;i&gt;mana&lt;/i&gt;?" in open_visit(client, filed.receipt)
    assert ReportMessage.objects.get().read_at is not None
    empty = client.post(PAGE, {"step": "answer", "text": "  "})
    assert empty.status_code == 422
    assert 'href="#answer"' in empty.content.decode()
    sent = client.post(PAGE, {"step": "answer", "text": "Di ruang umum."}, follow=True)
    page = sent.content.decode()
    assert "Your answer has arrived" in page
    assert "The team asks you" not in page
    assert "Di ruang umum." in page


def test_evidence_is_added_by_the_rules_of_the_form(client: Client, world: World) -> None:
    """Text, links and a picture are stored; errors are shown beside their fields and store nothing."""
    filed = world.report()
    open_visit(client, filed.receipt)
    picture = SimpleUploadedFile("a.png", PNG, "image/png")
    good = {"step": "evidence", "text": "Lagi.", "links": "https://contoh.test/1\n", "pictures": picture}
    assert client.post(PAGE, good)["Location"] == f"{PAGE}?sent=evidence"
    assert Evidence.objects.filter(name__contains="-message-").count() == 2
    before = ReportMessage.objects.count()
    for field, wrong in (
        ("text", {}),
        ("links", {"links": "x\n" * 6}),
        ("text", {"text": "\x00"}),
        ("pictures", {"pictures": SimpleUploadedFile("a.png", b"no", "image/png")}),
    ):
        refused = client.post(PAGE, {"step": "evidence", **wrong})
        assert refused.status_code == 422
        assert f'id="{field}-error"' in refused.content.decode()
    assert ReportMessage.objects.count() == before


def test_where_a_victim_may_be_pictured_the_page_offers_no_pictures(client: Client, world: World) -> None:
    """The page says why there is no field for pictures."""
    page = open_visit(client, world.report(category="trafficking").receipt)
    assert 'type="file"' not in page
    assert "to protect the person in them" in page


def test_a_report_is_taken_back_only_with_a_tick(client: Client, world: World) -> None:
    """The page says first what continues, and then that it is withdrawn; nothing can be written afterwards."""
    filed = world.report()
    page = open_visit(client, filed.receipt)
    assert "the case goes on if others reported the account" in " ".join(page.split())
    refused = client.post(PAGE, {"step": "withdraw"})
    assert refused.status_code == 422
    assert 'id="sure-error"' in refused.content.decode()
    gone = client.post(PAGE, {"step": "withdraw", "sure": "yes"}, follow=True).content.decode()
    assert "You have withdrawn this report" in gone
    assert Report.objects.get(pk=filed.report_id).withdrawn_at is not None
    late = client.post(PAGE, {"step": "evidence", "text": "Lagi."})
    assert late.status_code == 409
    assert "This report was withdrawn" in late.content.decode()


def test_odd_steps_are_only_refused(client: Client, world: World) -> None:
    """No input causes a server error."""
    open_visit(client, world.report().receipt)
    for odd in ({}, {"step": "close"}, {"step": "answer", "text": "x" * 100_000}, {"step": ["answer", "withdraw"]}):
        assert client.post(PAGE, odd).status_code in (404, 422)
    for token in ("", "x", "gAAAAA==", "\u00e9", "a" * 5000):
        client.cookies[visit.COOKIE] = token
        assert client.get(PAGE).status_code == 302


def test_one_reporter_never_sees_or_changes_anothers_mailbox(client: Client, world: World) -> None:
    """Two reporters of one case, two visits: texts, questions and proofs are separate."""
    first, second = world.report(text="Satu."), world.report(text="Dua.", source="network:198.51.100.0/24")
    assert first.case_id == second.case_id
    world.ask(first.report_id, "Pertanyaan untuk yang pertama.")
    mailbox.write_back(first.report_id, "Jawaban yang pertama.", actor=PUBLIC)
    sequencer.link_entries()
    page = open_visit(client, second.receipt)
    assert not [word for word in ("Pertanyaan", "Jawaban yang", "The team asks") if word in page]
    mine, theirs = Client(), client
    open_visit(mine, first.receipt)
    files = [each.get(f"{PAGE}receipt.txt").content.decode() for each in (mine, theirs)]
    assert [f'"report":{one.report_id}}}' in file for one in (first, second) for file in files] == [
        True,
        False,
        False,
        True,
    ]
    theirs.post(PAGE, {"step": "answer", "text": "Dari yang kedua."})
    assert list(ReportMessage.objects.filter(from_us=False).order_by("pk").values_list("report_id", flat=True)) == [
        first.report_id,
        second.report_id,
    ]


def test_the_outcome_is_said_in_a_word(client: Client, world: World) -> None:
    """Beside the letter; a decided case accepts no more messages."""
    filed = world.report()
    world.vote(filed.case_id, DecisionKind.DISMISS, world.reviewers[0])
    page = open_visit(client, filed.receipt)
    assert "<strong>No action</strong>" in page
    assert 'name="step" value="evidence"' not in page


def test_the_proof_is_a_promise_first_and_the_whole_way_later(client: Client, world: World, form: Any) -> None:
    """The files of the receipt's page and the follow page, and the page of the key, agree."""
    sent = client.post("/report/", form(), follow=True)
    assert sent.redirect_chain[-1][0] == "/report/received/"
    number = client.get("/report/received/number.txt")
    assert number["Content-Disposition"] == 'attachment; filename="jaga-number.txt"'
    assert sent.context["receipt"] in number.content.decode().replace(" ", "")
    promised = client.get("/report/received/receipt.txt")
    assert promised["Content-Disposition"] == 'attachment; filename="jaga-receipt.txt"'
    key = VerifyKey.from_pem("jaga", client.get("/key/jaga-key.pem").content)
    assert key.text() in client.get("/key/").content.decode()
    assert check_receipt(promised.content, key).verdict is ReceiptResult.PROMISED
    filing.file_waiting()
    sequencer.link_entries()
    open_visit(client, sent.context["receipt"])
    whole = client.get(f"{PAGE}receipt.txt")
    assert check_receipt(whole.content, key).verdict is ReceiptResult.VALID
    assert check_receipt(whole.content, key).promise == check_receipt(promised.content, key).promise
    for address in ("receipt.txt", "number.txt"):
        assert Client().get(f"/report/received/{address}")["Location"] == "/follow/"
