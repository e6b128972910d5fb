"""A private sentence is quoted only with its reporter's consent, and only that sentence."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.casework.operator_world import make_operator
from tests.factories import CATEGORY, World, ballot, in_review, new_request, report, rows, vote

from jaga.actions.verbs import attempts
from jaga.authorities.verbs import orders as requests
from jaga.authorities.verbs.orders import ask_officer
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Statement
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, PUBLIC, SYSTEM
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind, OutcomeKind
from jaga.core.terms.people import HostKind
from jaga.core.terms.reports import MessageKind
from jaga.decisions.verbs import voting
from jaga.operators.models import Notice
from jaga.operators.verbs import escalation as data_requests
from jaga.people.verbs.people import claim_installation
from jaga.queue.verbs import leases
from jaga.reporting.models import QuoteConsent, ReportMessage
from jaga.reporting.reads.followed_reports import access_report
from jaga.reporting.verbs import mailbox
from jaga.reporting.verbs import mailbox as quote_consents
from jaga.reporting.verbs.mailbox import answer_consent, ask_consent, withdraw_consent
from jaga.store.key_store.store import Sealed
from jaga.store.models import LedgerEntry

ALONE = "Temui aku di warung Kenari jam sembilan, bawa paspormu"
OTHER = "Jangan cerita kepada siapa pun tentang gudang di belakang"
FACTS = f"Akun ini menulis: {ALONE}."
CLOSE = DecisionKind.CLOSE


def told(**changes: Any) -> tuple[int, int, str]:
    """Case, report and receipt of a report about messages that one person received."""
    filed = report(text=f'Dia menulis: "{ALONE}". Lalu: "{OTHER}". Saya takut.', **changes)
    case_id = in_review(source="198.51.100.3", text="Akun ini juga mengganggu teman saya.")
    assert case_id == filed.case_id
    return case_id, filed.report_id, filed.receipt


def refused(case_id: int, facts: str, world: World, reviewer: int = 0) -> None:
    """The vote is refused because of a quotation; asserts that nothing changed."""
    fence = leases.take_lease(case_id, actor=world.reviewers[reviewer]).fence
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        voting.cast_vote(case_id, fence, ballot(case_id, CLOSE, facts=facts), actor=world.reviewers[reviewer])
    assert [error.code for error in refusal.value.errors] == ["quotes_private"]
    assert rows() == before


def test_a_yes_lets_this_sentence_pass_and_no_other(world: World) -> None:
    """Asked in the mailbox in the reporter's language, answered once, used by a vote; all of it recorded."""
    case_id, number, receipt = told()
    refused(case_id, FACTS, world)
    asked = ask_consent(number, ALONE, actor=world.reviewers[0])
    message = ReportMessage.objects.get(report=number)
    assert (message.from_us, message.kind) == (True, MessageKind.NOTE)
    assert ALONE in message.text
    assert "mengenali Anda" in message.text
    refused(case_id, FACTS, world)  # nobody has answered
    assert [(one.number, one.state) for one in access_report(receipt).consents] == [(asked, "asked")]
    answer_consent(number, asked, agreed=True, actor=PUBLIC)
    refused(case_id, f"{FACTS} Juga: {OTHER}.", world)
    assert QuoteConsent.objects.get().used_at is None  # what was refused has used nothing
    vote(case_id, CLOSE, world.reviewers[0], facts=FACTS)
    vote(case_id, CLOSE, world.reviewers[1], facts="Akun ini mengancam orang.")
    assert access_report(receipt).consents[0].state == "used"
    with pytest.raises(quote_consents.ConsentSettled):
        withdraw_consent(number, asked, actor=PUBLIC)
    verbs = set(LedgerEntry.objects.filter(case_ref=case_id).values_list("verb", flat=True))
    assert verbs >= {"ask_consent", "answer_consent", "use_consent"}
    assert not any("Kenari" in str(entry.payload) for entry in LedgerEntry.objects.all())


@pytest.mark.parametrize("then", ["no", "silence", "taken back", "report withdrawn"])
def test_without_a_yes_that_stands_nothing_is_quoted(world: World, then: str) -> None:
    """After a no, without an answer, after a yes withdrawn before its use, and for a withdrawn report."""
    case_id, number, _ = told()
    asked = ask_consent(number, ALONE, actor=world.reviewers[0])
    if then != "silence":
        answer_consent(number, asked, agreed=then != "no", actor=PUBLIC)
    if then == "taken back":
        withdraw_consent(number, asked, actor=PUBLIC)
    if then == "report withdrawn":
        mailbox.withdraw_report(number, actor=PUBLIC)
    refused(case_id, FACTS, world)
    assert vote(case_id, CLOSE, world.reviewers[0], facts="Akun ini mengancam orang.")


def test_who_may_ask_about_what(world: World) -> None:
    """A person who decides cases, about words of this reporter, once; never if a victim is possible."""
    case_id, number, _ = told()
    for sentence in ("", "Kalimat yang tidak pernah ditulis siapa pun"):
        with pytest.raises(InvalidInput):
            ask_consent(number, sentence, actor=world.reviewers[0])
    with pytest.raises(NotPermitted):
        ask_consent(number, ALONE, actor=world.officer)
    asked = ask_consent(number, ALONE, actor=world.reviewers[0])
    with pytest.raises(quote_consents.ConsentAskedBefore):
        ask_consent(number, ALONE, actor=world.reviewers[1])
    other = Report.objects.exclude(pk=number).get(case=case_id).pk
    with pytest.raises(NotFound):
        answer_consent(other, asked, agreed=True, actor=PUBLIC)
    answer_consent(number, asked, agreed=False, actor=PUBLIC)
    with pytest.raises(quote_consents.ConsentSettled):
        answer_consent(number, asked, agreed=True, actor=PUBLIC)
    Case.objects.filter(pk=case_id).update(victim_first=True, victim_state="proposed")
    with pytest.raises(mailbox.NobodyThere):
        ask_consent(number, OTHER, actor=world.reviewers[0])


def test_the_database_keeps_what_was_asked_and_said(world: World) -> None:
    """No answer is changed or deleted, and a refused sentence is never marked as used."""
    _, number, _ = told()
    asked = ask_consent(number, ALONE, actor=world.reviewers[0])
    answer_consent(number, asked, agreed=False, actor=PUBLIC)
    row = QuoteConsent.objects.filter(pk=asked)
    for change in ({"agreed": True}, {"sentence": Sealed("k1:lain")}, {"used_at": now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()


def test_questions_data_requests_and_ends_quote_nobody(world: World) -> None:
    """Each is read by others than the receiver of the message; asking about the reporter's own words is allowed."""
    operator = make_operator()
    case_id = in_review(platform=operator.platform, account="tamu-77", text=f'Dia menulis: "{ALONE}".')
    theirs = Report.objects.get(case=case_id).pk
    other = report(platform=operator.platform, account="tamu-77", text="Saya juga.", source="198.51.100.3").report_id
    asked = requests.file_request(
        new_request(platform=operator.platform, account="tamu-77", category=CATEGORY, locator="tamu-77"),
        actor=world.officer,
    ).report_id
    before = rows()
    with pytest.raises(InvalidInput):
        mailbox.write_to_reporter(other, f"Benarkah ia menulis {ALONE}?", actor=world.reviewers[0])
    with pytest.raises(InvalidInput):
        ask_officer(asked, MessageKind.QUESTION, f"Apakah ini dia: {ALONE}?", actor=world.reviewers[0])
    assert rows() == before
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    whole = data_requests.DataRequest("Contoh", "Uji", "Uji", "Uji", content=True, court_order="12/2026")
    for field in ("authority", "purpose", "description", "offence", "court_order"):
        changed: dict[str, Any] = {field: f"Ia menulis {ALONE}"}
        with pytest.raises(InvalidInput) as refusal:
            data_requests.ask_for_data(case_id, replace(whole, **changed), actor=world.supervisor)
        assert refusal.value.errors[0].field == field
    assert not Notice.objects.exists()
    assert mailbox.write_to_reporter(theirs, f"Anda menulis: {ALONE}. Kapan itu?", actor=world.reviewers[0])
    assert not Notice.objects.filter(data_wanted__icontains="kenari").exists()


def test_the_end_of_a_stuck_action_quotes_nobody(world: World) -> None:
    """Its reason is shown to operators and in their portal."""
    case_id, *_ = told()
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, facts="Akun ini mengancam orang.")
    action = Action.objects.filter(decision__case=case_id).order_by("pk")[0]
    attempts.set_stuck(action, Case.objects.get(pk=case_id), OutcomeKind.REFUSED, SYSTEM)
    with pytest.raises(InvalidInput) as refusal:
        attempts.end_stuck(action.pk, f"Pemilik menulis {ALONE}.", actor=world.supervisor)
    assert [error.code for error in refusal.value.errors] == ["quotes_private"]
    attempts.end_stuck(action.pk, "Akun sudah tidak ada di layanan.", actor=world.supervisor)
    assert not any("kenari" in one.body_id.casefold() for one in Statement.objects.all())
