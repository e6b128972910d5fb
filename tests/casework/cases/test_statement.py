"""The statement of reasons has all parts required by DSA art. 17(3), and nothing about who reported."""

import pytest
from tests.factories import (
    FACTS,
    PNG,
    World,
    carry_through,
    decided_closure,
    in_review,
    new_request,
    report,
    the_action,
    vote,
)

from jaga.actions.verbs import attempts
from jaga.actions.verbs.attempts import holder_text
from jaga.appeals.reads.statement import access_statement
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision, Letter, Statement
from jaga.cases.verbs.evidence import Upload
from jaga.cases.verbs.letters import statement_in
from jaga.core.actors import SYSTEM
from jaga.core.platforms import StepResult
from jaga.core.terms.cases import DecisionKind, Ground, OutcomeKind, Step
from jaga.core.terms.people import Language
from jaga.reporting.verbs import quotable_text
from jaga.store.codes import appeal_code, appeal_hash


def test_it_holds_every_part_in_both_languages(world: World) -> None:
    """Restriction, scope, duration, facts, how it was found, automation, ground, legal basis, and how to appeal.

    They are on the code's page; the letter contains none of them (`test_holder_letter`).
    """
    decided_closure(world, published="open BO, nego")
    decision, case = Decision.objects.get(), Case.objects.get()
    held = access_statement(appeal_code(decision.pk))
    text = held.body_id + held.body_en
    for part in (
        "Akun Anda ditutup.",
        "Your account is closed.",
        "Seluruh akun",
        "The whole account",
        "kecuali banding",
        "unless your appeal",
        FACTS,
        "laporan masyarakat",
        "a report by the public",
        "Mesin membantu",
        "A machine helped",
        "Kami menilai bahwa",
        "We judged that",
        "Pasal 30",
        "berlaku untuk perbuatan sejak 26 November 2008",
        "applies to what was done from 26 November 2008",
        "Aturannya dengan kata sederhana: Akun dipakai",
        "The rule in plain words: The account is used",
        "Di sini tidak ada kutipan.",
        "Nothing is quoted here.",
        "lembaga yang disebut",
        "bodies that are named",
        "WIB",
        "hari terakhirnya",
        "the last day for it",
        case.reference,
        "Operator Contoh",
        "jalur hukum",
        "go to court",
    ):
        assert part in text, part


def test_it_never_says_who_reported(world: World) -> None:
    """Neither the reporter's name, contact or words, nor the authority, its letter or its officer."""
    report(
        name="Ani Kenari",
        contact="kenari@example.invalid",
        text="Kenari melihatnya, open BO",
        screenshots=(Upload(PNG),),
        good_faith=True,
    )
    requests.file_request(
        new_request(legal_analysis="Analisis kenari.", letter_number="B/kenari/1"), actor=world.officer
    )
    case_id = decided_closure(world)
    held = access_statement(appeal_code(Decision.objects.get().pk))
    text = holder_text(the_action(case_id).pk)[0] + held.body_id + held.body_en
    for secret in ("kenari", "polisi contoh", "budi", "b/17"):
        assert secret not in text.lower(), secret


def test_the_code_stands_in_the_delivered_text_only(world: World) -> None:
    """The stored statement has no code, and the table only its keyed hash."""
    case_id = decided_closure(world)
    stored, code = Statement.objects.get(), appeal_code(Decision.objects.get().pk)
    assert code not in stored.body_id + stored.body_en
    assert bytes(stored.appeal_hash) == appeal_hash(code)
    assert holder_text(the_action(case_id).pk)[0].count(code) == 2


def test_its_delivery_is_recorded_once(world: World) -> None:
    """The time of delivery is that of the successful step, and a repeat does not change it."""
    action = the_action(decided_closure(world))
    attempts.record_step(action.pk, Step.DELIVER, StepResult(OutcomeKind.UNKNOWN, "x"), actor=SYSTEM)
    assert Statement.objects.get().delivered_at is None
    attempts.record_step(action.pk, Step.DELIVER, StepResult(OutcomeKind.DONE, "x"), actor=SYSTEM)
    delivered_at = Statement.objects.get().delivered_at
    assert delivered_at is not None
    attempts.record_step(action.pk, Step.DELIVER, StepResult(OutcomeKind.ALREADY, "x"), actor=SYSTEM)
    assert Statement.objects.get().delivered_at == delivered_at


def test_without_a_signal_no_machine_is_claimed(world: World) -> None:
    """If only people found it, the statement says so."""
    case_id = in_review(text="Tolong diperiksa.")
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    text = Statement.objects.get(decision__case_id=case_id).body_id
    assert "Tidak ada mesin" in text
    assert "Akun Anda dibatasi." in text


def test_everyone_who_reported_is_told_in_their_own_way(world: World) -> None:
    """The reporter gets no reasons; the officer gets outcome, basis and explanation under the letter's number."""
    report()
    requests.file_request(new_request(), actor=world.officer)
    vote(in_review(source="other"), DecisionKind.DISMISS, world.reviewers[0], facts="", legal_basis="")
    letters = {letter.report.officer_id: letter for letter in Letter.objects.select_related("report")}
    assert Letter.objects.filter(key="reporter_dismiss").count() == 2
    to_officer = letters[world.officer.person_id]
    assert to_officer.key == "officer_decision"
    assert "B/17/2026" in to_officer.body
    assert "tidak ada tindakan" in to_officer.body


@pytest.mark.parametrize("facts", ["$appeal_code ${host} $$ 100%", "{appeal-code} %(x)s", "<b>tebal</b> & lain-lain"])
def test_a_reviewers_words_are_text_and_no_template(world: World, facts: str) -> None:
    """A reviewer's text is printed as written and cannot break the template."""
    case_id = in_review()
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0], facts=facts)
    statement = Statement.objects.get(decision__case_id=case_id)
    assert facts in statement.body_id
    assert facts in statement.body_en


def test_an_officers_letter_says_nothing_that_was_written_of_a_victim(world: World) -> None:
    """In an ordinary case the letter explains the facts; in a victim-first case it has only the outcome."""
    for category, basis, quoted in (("prostitution_advertising", None, True), ("trafficking", "kuhp_455", False)):
        changes = {"legal_basis": basis} if basis else {}
        case_id = in_review(category=category)
        requests.file_request(new_request(category=category, letter_number=category, **changes), actor=world.officer)
        vote(case_id, DecisionKind.REFER, world.reviewers[0])
        vote(case_id, DecisionKind.REFER, world.reviewers[1])
        carry_through(case_id)
        body = Letter.objects.get(case_id=case_id, key="officer_decision").body
        assert (FACTS in body) is quoted


def test_it_quotes_what_everybody_could_read_and_nothing_else(world: World) -> None:
    """Words that people recorded as public or that our watch read, with place and day; nothing from reports or
    mailboxes.
    """
    case_id = in_review(text="Kata kenari dari pesan pribadi, open BO.")
    quotable_text.record_public_words(
        case_id, "Promo malam ini, tarif di profil.", "Ruang Jual Beli, sejak 1 November 2026", actor=world.reviewers[0]
    )
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    statement = Statement.objects.get(decision__case_id=case_id)
    for body in (statement.body_id, statement.body_en):
        assert "“Promo malam ini, tarif di profil.”\n(Ruang Jual Beli, sejak 1 November 2026)" in body
        assert "kenari" not in body


def test_a_long_quotation_is_cut_and_the_newest_stand_there(world: World) -> None:
    """At most five quotations of at most 300 characters each."""
    case_id = in_review()
    for number in range(7):
        quotable_text.record_public_words(
            case_id, f"kutipan-{number} " + "kata " * 100, "Ruang Jual Beli", actor=world.reviewers[0]
        )
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    body = Statement.objects.get(decision__case_id=case_id).body_id
    assert [f"kutipan-{number}" in body for number in range(7)] == [False, False, True, True, True, True, True]
    assert body.count("kata kata") < 600


def test_of_a_linked_account_nothing_of_the_reported_one_is_quoted(world: World) -> None:
    """No holder is told about another account."""
    case_id = in_review()
    quotable_text.record_public_words(
        case_id, "Promo malam ini, tarif di profil.", "Ruang Jual Beli", actor=world.reviewers[0]
    )
    case = Case.objects.get(pk=case_id)
    other = Subject.objects.create(
        platform=case.subject.platform,
        kind=case.subject.kind,
        account_id="@lain:localhost",
        first_seen_at=case.opened_at,
    )
    statement = statement_in(
        Language.INDONESIAN,
        case,
        DecisionKind.RESTRICT,
        legal_basis="",
        facts=FACTS,
        ground=Ground.ILLEGAL_CONTENT,
        automated=False,
        decided_at=case.opened_at,
        subject=other,
    )
    assert "Promo malam" not in statement.text
