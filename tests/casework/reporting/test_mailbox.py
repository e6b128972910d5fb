"""The mailbox: questions, answers, later evidence, withdrawn reports, and each receipt's proof."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.factories import PNG, World, in_review, new_report, new_request, report, rows, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import PUBLIC
from jaga.core.errors import InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind, EvidenceKind
from jaga.core.terms.reports import Channel, MessageKind, ReportRoute
from jaga.ledger.receipt import ReceiptResult, check_receipt
from jaga.reporting.models import ReportMessage
from jaga.reporting.reads.followed_reports import access_report
from jaga.reporting.verbs import filing, intake, mailbox
from jaga.reporting.verbs import intake as receipts
from jaga.store.kernel import ledger, sequencer
from jaga.store.models import LedgerEntry

QUESTION = "Di ruang mana Anda melihatnya?"


def asked(world: World, **changes: Any) -> tuple[intake.FiledReport, int]:
    """A filed report with a question to its reporter."""
    filed = report(**changes)
    return filed, mailbox.write_to_reporter(filed.report_id, QUESTION, actor=world.reviewers[0])


def refusal_of(call: Any, *arguments: Any, **named: Any) -> str:
    """The code of the refusal; asserts that no row changed."""
    before = rows()
    with pytest.raises(JagaError) as refused:
        call(*arguments, **named)
    assert rows() == before
    return refused.value.code


def test_a_question_is_answered_and_read(world: World) -> None:
    """Question, answer, and when each was read; each step is in the ledger."""
    filed, number = asked(world)
    assert [message.text for message in access_report(filed.receipt).waiting] == [QUESTION]
    mailbox.open_mailbox(filed.report_id)
    assert ReportMessage.objects.get(pk=number).read_at is not None
    answer = mailbox.write_back(filed.report_id, "Di ruang umum.", actor=PUBLIC)
    assert access_report(filed.receipt).waiting == ()
    assert mailbox.mark_read(filed.case_id, answer, actor=world.reviewers[1]) == 1
    assert mailbox.mark_read(filed.case_id, answer, actor=world.reviewers[1]) == 0
    verbs = list(LedgerEntry.objects.filter(case_ref=filed.case_id).order_by("pk").values_list("verb", flat=True))
    assert [verb for verb in verbs if verb in {"ask_reporter", "answer_question", "read_messages"}] == [
        "ask_reporter",
        "answer_question",
        "read_messages",
    ]
    assert "Di ruang umum." not in str(list(LedgerEntry.objects.values_list("payload", flat=True)))


def test_the_same_words_twice_are_one_message(world: World) -> None:
    """Pressing the button again changes nothing."""
    filed, number = asked(world)
    before = rows()
    assert mailbox.write_to_reporter(filed.report_id, QUESTION, actor=world.reviewers[0]) == number
    assert rows() == before
    first = mailbox.write_back(filed.report_id, "Ya.", actor=PUBLIC)
    before = rows()
    assert mailbox.write_back(filed.report_id, " Ya. ", actor=PUBLIC) == first
    assert rows() == before


def test_what_reads_nobody_is_refused_and_not_stored(world: World) -> None:
    """No text, invalid text, too long, the wrong role, no reporter behind the report, too many messages."""
    filed, _ = asked(world)
    for text in ("", "  ", "\x00", "\ud800", "x" * 5001):
        assert refusal_of(mailbox.write_back, filed.report_id, text, actor=PUBLIC) == "invalid_input"
    assert refusal_of(mailbox.write_to_reporter, filed.report_id, "?", actor=world.officer) == "not_permitted"
    assert refusal_of(mailbox.write_to_reporter, 10**12, "?", actor=world.reviewers[0]) == "not_found"
    Report.objects.filter(pk=filed.report_id).update(receipt_hash=None)
    assert refusal_of(mailbox.write_to_reporter, filed.report_id, "?", actor=world.reviewers[0]) == "nobody_there"
    other = report(account="@lain:localhost")
    for number in range(mailbox.MOST_TO_US):
        mailbox.write_back(other.report_id, f"pesan {number}", actor=PUBLIC)
    assert refusal_of(mailbox.write_back, other.report_id, "lagi", actor=PUBLIC) == "too_many_messages"
    mailbox.withdraw_report(other.report_id, actor=PUBLIC)  # that, at least, is always possible


def test_an_officers_mailbox_is_only_their_organisations(world: World) -> None:
    """The public's verbs do not open it, and another agency's officer does not find it."""
    filed = requests.file_request(new_request(), actor=world.officer)
    mailbox.write_to_reporter(filed.report_id, "?", kind=MessageKind.INVALID_LOCATOR, actor=world.reviewers[0])
    assert refusal_of(mailbox.write_back, filed.report_id, "Ini.", actor=world.minister) == "not_found"
    assert refusal_of(mailbox.write_back, filed.report_id, "Ini.", actor=PUBLIC) == "not_found"
    number = mailbox.write_back(filed.report_id, "Ini.", actor=world.officer)
    assert ReportMessage.objects.get(pk=number).by_id == world.officer.person_id


def test_a_flaggers_report_is_followed_by_its_receipt(world: World) -> None:
    """A trusted flagger is a reporter, although the report names the organisation; an officer's request stays
    closed.
    """
    person = world.officer
    flagged = report(channel=Channel.FLAGGER, organisation_id=person.organisation_id, officer_id=person.person_id)
    mailbox.write_to_reporter(flagged.report_id, QUESTION, actor=world.reviewers[0])
    assert access_report(flagged.receipt).waiting
    mailbox.write_back(flagged.report_id, "Ini.", actor=PUBLIC)


def test_reporters_of_one_case_never_see_each_others_words(world: World) -> None:
    """One case, two mailboxes."""
    first, _ = asked(world)
    second = report(source="198.51.100.0", text="lain")
    assert first.case_id == second.case_id
    mailbox.write_back(first.report_id, "Rahasia pelapor pertama.", actor=PUBLIC)
    assert access_report(second.receipt).messages == ()
    assert len(access_report(first.receipt).messages) == 2


def test_evidence_that_comes_later_is_sealed(world: World) -> None:
    """Words, links and pictures, by the rules of the form."""
    filed = report()
    new = mailbox.NewEvidence("Saya lihat lagi.", ("https://contoh.test/1",), (Upload(PNG),))
    mailbox.add_evidence(filed.report_id, new, actor=PUBLIC)
    assert access_report(filed.receipt).messages[-1].text == "Saya lihat lagi.\nhttps://contoh.test/1"
    kinds = set(
        Evidence.objects.filter(report_id=filed.report_id, name__contains="-message-").values_list("kind", flat=True)
    )
    assert kinds == {EvidenceKind.SCREENSHOT, EvidenceKind.LINK}
    for wrong in (
        mailbox.NewEvidence(),
        mailbox.NewEvidence(links=("x",) * 6),
        mailbox.NewEvidence(pictures=(Upload(b"no picture"),)),
        mailbox.NewEvidence(links=("y" * 501,)),
        mailbox.NewEvidence(pictures=(Upload(PNG),) * 6),
    ):
        assert refusal_of(mailbox.add_evidence, filed.report_id, wrong, actor=PUBLIC) == "invalid_input"


@pytest.mark.parametrize(
    "changes",
    [
        {"route": ReportRoute.VICTIM},
        {"category": "trafficking"},
    ],
    ids=["the victim's route", "a category of victims"],
)
def test_no_picture_comes_where_a_victim_may_be_in_it(world: World, changes: dict[str, Any]) -> None:
    """The picture is refused at its field, while words are accepted."""
    filed = report(**changes)
    assert not access_report(filed.receipt).takes_pictures
    with pytest.raises(InvalidInput) as refused:
        mailbox.add_evidence(filed.report_id, mailbox.NewEvidence("a", pictures=(Upload(PNG),)), actor=PUBLIC)
    assert [error.code for error in refused.value.errors] == ["not_here"]
    mailbox.add_evidence(filed.report_id, mailbox.NewEvidence("Kata-kata saja."), actor=PUBLIC)


def test_a_report_that_waits_for_its_case_has_its_mailbox_already(world: World) -> None:
    """Words are accepted at once, pictures when it is filed; a withdrawal takes effect at filing."""
    accepted = intake.accept_report(new_report(), actor=PUBLIC)
    assert access_report(accepted.receipt).reference == ""
    mailbox.add_evidence(accepted.report_id, mailbox.NewEvidence("Tambahan."), actor=PUBLIC)
    picture = mailbox.NewEvidence(pictures=(Upload(PNG),))
    assert refusal_of(mailbox.add_evidence, accepted.report_id, picture, actor=PUBLIC) == "not_filed_yet"
    mailbox.withdraw_report(accepted.report_id, actor=PUBLIC)
    filing.file_waiting()
    case = Case.objects.get(reports=accepted.report_id)
    assert (case.reports_count, case.sources_count) == (1, 0)
    assert access_report(accepted.receipt).withdrawn_at is not None


def test_a_withdrawn_report_is_no_source_and_its_case_goes_on(world: World) -> None:
    """The others still count, the case stays for people to decide, and nothing more can be written."""
    case_id = in_review()
    mine, other = Report.objects.get(case_id=case_id), report(source="198.51.100.0")
    state = Case.objects.get(pk=case_id).state
    mailbox.withdraw_report(mine.pk, "Salah orang.", actor=PUBLIC)
    case = Case.objects.get(pk=case_id)
    assert (case.state, case.reports_count, case.sources_count) == (state, 2, 1)
    mailbox.withdraw_report(other.report_id, actor=PUBLIC)
    case.refresh_from_db()
    assert (case.state, case.reports_count, case.sources_count) == (state, 2, 0)
    assert LedgerEntry.objects.filter(case_ref=case_id, verb="withdraw_report").count() == 2
    before = rows()
    mailbox.withdraw_report(mine.pk, actor=PUBLIC)  # twice is once
    assert rows() == before
    assert refusal_of(mailbox.write_back, mine.pk, "Tunggu.", actor=PUBLIC) == "report_withdrawn"
    assert refusal_of(mailbox.write_to_reporter, mine.pk, "?", actor=world.reviewers[0]) == "report_withdrawn"


def test_once_the_case_is_decided_the_mailbox_is_closed(world: World) -> None:
    """Nobody would read it in time, and the writer is told so."""
    case_id = in_review()
    number = Report.objects.get(case_id=case_id).pk
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    for call, arguments, actor in (
        (mailbox.write_back, ("Tunggu.",), PUBLIC),
        (mailbox.withdraw_report, (), PUBLIC),
        (mailbox.add_evidence, (mailbox.NewEvidence("Ini."),), PUBLIC),
        (mailbox.write_to_reporter, ("?",), world.reviewers[0]),
    ):
        assert refusal_of(call, number, *arguments, actor=actor) == "mailbox_closed"


def test_only_the_team_marks_messages_as_read(world: World) -> None:
    """Officers cannot."""
    filed, _ = asked(world)
    number = mailbox.write_back(filed.report_id, "Ya.", actor=PUBLIC)
    for actor in (world.officer, PUBLIC):
        with pytest.raises(NotPermitted):
            mailbox.mark_read(filed.case_id, number, actor=actor)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE records_reportmessage SET text = 'lain'",
        "DELETE FROM records_reportmessage",
        "UPDATE records_reportmessage SET read_at = at - interval '1 hour'",
        "UPDATE records_reportmessage SET read_at = NULL",
        "INSERT INTO records_reportmessage (report_id, from_us, kind, text, at)"
        " SELECT report_id, true, 'question', 'x', now() FROM records_reportmessage LIMIT 1",
        "INSERT INTO records_reportmessage (report_id, from_us, kind, text, at)"
        " SELECT report_id, false, 'question', 'x', now() FROM records_reportmessage LIMIT 1",
        "INSERT INTO records_reportmessage (report_id, from_us, kind, text, at)"
        " SELECT report_id, false, 'answer', '', now() FROM records_reportmessage LIMIT 1",
        "UPDATE records_report SET withdrawn_at = NULL",
    ],
)
def test_the_database_keeps_messages_as_they_were(world: World, change: str) -> None:
    """Whatever code writes: a message is never edited, and opened once; a withdrawal is final."""
    filed, _ = asked(world)
    mailbox.open_mailbox(filed.report_id)
    mailbox.withdraw_report(filed.report_id, actor=PUBLIC)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.fixture
def many(world: World) -> list[intake.AcceptedReport]:
    """Reports of several people, linked in two rounds."""
    accepted = [
        intake.accept_report(new_report(account=f"@akun{number}:localhost"), actor=PUBLIC) for number in range(3)
    ]
    sequencer.link_entries()
    return accepted


def test_a_receipts_proof_goes_from_promise_to_ledger(many: list[intake.AcceptedReport]) -> None:
    """Before linking a promise, afterwards the whole proof; both concern the promised entry."""
    key = ledger.signing_key().public
    for accepted in many:
        found = receipts.receipt_file(accepted.report_id)
        checked = check_receipt(found.content, key)
        assert (checked.verdict, found.proves) == (ReceiptResult.VALID, True)
        assert checked.promise
        assert checked.promise.entry_hash in accepted.ledger_promise
    late = intake.accept_report(new_report(account="@akun9:localhost"), actor=PUBLIC)
    for found in (receipts.receipt_file(late.report_id), receipts.promise_file(late.ledger_promise)):
        assert check_receipt(found.content, key).verdict is ReceiptResult.PROMISED
    assert receipts.receipt_file(late.report_id) == receipts.promise_file(late.ledger_promise)
    sequencer.link_entries()
    assert check_receipt(receipts.receipt_file(late.report_id).content, key).verdict is ReceiptResult.VALID
    with pytest.raises(NotFound):
        receipts.receipt_file(10**12)


def test_a_proof_names_no_other_report_and_no_words(many: list[intake.AcceptedReport]) -> None:
    """Its own entry, and hashes."""
    page = receipts.receipt_file(many[0].report_id).content.decode()
    assert f'"report":{many[0].report_id}' in page
    assert page.count('"report":') == 1
    assert not [word for word in ("@akun", "open BO") if word in page]


def test_a_rewritten_ledger_makes_no_proof(many: list[intake.AcceptedReport]) -> None:
    """If a link was changed in the database, no file is made that only looks like a proof."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_ledgerentry DISABLE TRIGGER records_ledger_guard")
        cursor.execute(
            "UPDATE records_ledgerentry SET hash = repeat('0', 64) WHERE seq = (SELECT max(seq) FROM"
            " records_ledgerentry)"
        )
        cursor.execute("ALTER TABLE records_ledgerentry ENABLE TRIGGER records_ledger_guard")
    with pytest.raises(JagaError):
        receipts.receipt_file(many[0].report_id)


def test_a_report_with_pictures_has_its_proof_too(world: World) -> None:
    """It is accepted and filed in one transaction, and its receipt promises the first of the two entries."""
    accepted = intake.accept_report(new_report(screenshots=(Upload(PNG),)), actor=PUBLIC)
    filed = report(account="@lain:localhost")
    sequencer.link_entries()
    for number, promised in ((accepted.report_id, accepted.ledger_promise), (filed.report_id, filed.ledger_promise)):
        checked = check_receipt(receipts.receipt_file(number).content, ledger.signing_key().public)
        assert checked.verdict is ReceiptResult.VALID
        assert checked.promise
        assert checked.promise.entry_hash in promised


def test_nobody_is_named_where_the_public_writes(world: World) -> None:
    """The team's messages name their authors; the public has none."""
    filed, _ = asked(world)
    mailbox.write_back(filed.report_id, "Ya.", actor=PUBLIC)
    assert list(ReportMessage.objects.order_by("pk").values_list("from_us", "by_id")) == [
        (True, world.reviewers[0].person_id),
        (False, None),
    ]
