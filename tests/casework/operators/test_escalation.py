"""Escalation letters: prepared and released by people, provably received, never out of order."""

import hashlib
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from pypdf import PdfReader
from tests.casework.operator_world import Operator, asked, handed_over, make_operator
from tests.factories import World, ballot, decided_closure, in_review, rows, the_action
from tests.rooms import files_of

from jaga.cases.models.cases import Case
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState
from jaga.decisions.verbs import voting
from jaga.figures.reads.operator_counts import letters as operator_letters
from jaga.operators.models import Notice, NoticeEntry, OperatorLetter, OutgoingMail
from jaga.operators.reads.escalation import (
    access_escalation_notice,
    access_letter,
    access_letter_file,
    list_letters,
    list_released,
)
from jaga.operators.reads.notices import access_operator_notice
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.escalation import (
    EscalationRefused,
    LetterMovedOn,
    drop_letter,
    escalation_of,
    open_letter,
    prepare_letter,
    record_service,
    release_letter,
)
from jaga.operators.verbs.notices import ask_again, clarify_notice, object_to, open_notice, withdraw_notice
from jaga.queue.verbs import leases
from jaga.store.models import LedgerEntry
from jaga.store.vault import unseal

START = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
WARNINGS = (EscalationStage.WARNING_1, EscalationStage.WARNING_2, EscalationStage.WARNING_3)
PROOF = "Tanda terima kurir JX-20261125, ditandatangani resepsionis."


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


def released(notice: Notice, stage: EscalationStage, world: World) -> int:
    letter = prepare_letter(notice.pk, stage, actor=world.supervisor)
    release_letter(letter, actor=world.supervisor)
    return letter


def fresh(letter_id: int) -> OperatorLetter:
    return OperatorLetter.objects.get(pk=letter_id)


def refused(precondition: str, verb: Callable[[], object]) -> None:
    before = rows()
    with pytest.raises(EscalationRefused) as refusal:
        verb()
    assert refusal.value.code == f"escalation_{precondition}"
    assert rows() == before


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_a_prepared_letter_is_sealed_in_both_languages_and_nobody_has_it(world: World, operator: Operator) -> None:
    """Number, account, law and request; no facts, no reporter; neither mail nor message before the release."""
    with frozen(START):
        notice = asked(world, operator, name="Ani Pelapor", contact="ani@example.id")
        mails, turns = OutgoingMail.objects.count(), NoticeEntry.objects.count()
        letter = fresh(prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor))
    assert letter.number == f"SP/{notice.number}/2026"
    pdf = unseal(letter.pdf_sha256, letter.notice.case.key_owner())
    assert hashlib.sha256(pdf).hexdigest() == letter.pdf_sha256
    printed = text_of(pdf)
    for body in (letter.body_id, letter.body_en, printed):
        for expected in (notice.number, letter.number, "tamu-77", "24 "):
            assert expected in body
        assert notice.facts
        assert notice.facts not in body
        assert "Ani" not in body
    assert "surat perintah" in letter.body_id
    assert "25 November 2026" in printed
    assert (OutgoingMail.objects.count(), NoticeEntry.objects.count()) == (mails, turns)
    assert (letter.released_at, letter.released_by) == (None, None)
    with pytest.raises(NotFound):
        open_letter(letter.pk, actor=operator.contact)


def test_a_released_letter_is_a_turn_and_calls_the_contacts(world: World, operator: Operator) -> None:
    """Each contact person gets a mail that something waits, and nothing more; the releasing person is recorded."""
    notice = asked(world, operator)
    before = set(OutgoingMail.objects.values_list("pk", flat=True))
    letter = fresh(released(notice, EscalationStage.ORDER, world))
    assert letter.released_by_id == world.supervisor.person_id
    mails = OutgoingMail.objects.exclude(pk__in=before)
    assert {mail.person_id for mail in mails} == {operator.contact.person_id, operator.colleague.person_id}
    assert not any(
        secret in f"{mail.subject}{mail.body}" for mail in mails for secret in ("tamu-77", notice.number, letter.number)
    )
    turn = NoticeEntry.objects.latest("pk")
    assert (turn.kind, turn.text, turn.from_operator) == ("letter_released", letter.number, False)
    with pytest.raises(LetterMovedOn):
        release_letter(letter.pk, actor=world.supervisor)
    with pytest.raises(LetterMovedOn):
        drop_letter(letter.pk, actor=world.supervisor)


def test_opening_is_the_receipt_and_hands_over_the_sealed_pdf(world: World, operator: Operator) -> None:
    """Recorded once, with the first reader; the bytes match the recorded hash."""
    with frozen(START):
        letter = released(asked(world, operator), EscalationStage.ORDER, world)
        pdf = open_letter(letter, actor=operator.contact)
    with frozen(START + timedelta(hours=5)):
        before = rows()
        assert open_letter(letter, actor=operator.colleague) == pdf
        assert rows() == before
    assert hashlib.sha256(pdf).hexdigest() == fresh(letter).pdf_sha256
    assert fresh(letter).opened_at == START
    turn = NoticeEntry.objects.latest("pk")
    assert (turn.kind, turn.person_id, turn.proof) == ("letter_opened", operator.contact.person_id, "portal")


Verb = Callable[[int, int, Actor], object]
OURS: dict[str, Verb] = {
    "prepare": lambda notice, letter, actor: prepare_letter(notice, EscalationStage.ORDER, actor=actor),
    "release": lambda notice, letter, actor: release_letter(letter, actor=actor),
    "serve": lambda notice, letter, actor: record_service(letter, PROOF, actor=actor),
}


def test_only_a_supervisor_prepares_releases_drops_and_serves(world: World, operator: Operator) -> None:
    """A named person with that role: no program, no shell, no reviewer, nobody of the operator."""
    notice, letter = asked(world, operator), 0
    others = [actor for actor in world.everyone if actor.person_id != world.supervisor.person_id]
    for verb in OURS.values():
        before = rows()
        for actor in (*others, operator.contact, operator.stranger, SYSTEM, CLI):
            with pytest.raises(NotPermitted):
                verb(notice.pk, letter, actor)
            with pytest.raises(NotPermitted):
                drop_letter(letter, actor=actor)
        assert rows() == before
        letter = verb(notice.pk, letter, world.supervisor) or letter  # type: ignore[assignment]
    assert fresh(letter).opened_at is not None


def test_only_this_operators_contacts_open_a_letter(world: World, operator: Operator) -> None:
    """Another operator's contact learns nothing, and reading by our own people is no receipt."""
    letter = released(asked(world, operator), EscalationStage.ORDER, world)
    before = rows()
    with pytest.raises(NotFound):
        open_letter(letter, actor=operator.stranger)
    for actor in (*world.everyone, SYSTEM, CLI):
        with pytest.raises(NotPermitted):
            open_letter(letter, actor=actor)
    assert rows() == before
    open_letter(letter, actor=operator.contact)


@pytest.mark.parametrize(("urgent", "hours"), [(False, 24), (True, 4)])
def test_each_warning_waits_for_receipt_and_clock(urgent: bool, hours: int, world: World, operator: Operator) -> None:
    """24 hours, or 4 if urgent, from the provable receipt of the previous letter; after the third the escalation
    ends.
    """
    with frozen(START):
        case_id = decided_closure(world, platform=operator.platform, account="tamu-81")
        Case.objects.filter(pk=case_id).update(urgent=urgent)
        notice = handed_over(the_action(case_id).pk)
        letter = released(notice, EscalationStage.ORDER, world)
    moment = START
    for number, stage in enumerate(WARNINGS, 1):
        moment += timedelta(days=3)
        with frozen(moment):
            refused("not_received", lambda stage=stage: prepare_letter(notice.pk, stage, actor=world.supervisor))  # type: ignore[misc]
            open_letter(letter, actor=operator.contact)
        opened, moment = moment, moment + timedelta(hours=hours)
        with frozen(moment - timedelta(seconds=1)):
            refused("clock_runs", lambda stage=stage: prepare_letter(notice.pk, stage, actor=world.supervisor))  # type: ignore[misc]
        with frozen(moment):
            letter = released(notice, stage, world)
            written = fresh(letter)
        assert written.number == f"ST{number}/{notice.number}/2026"
        assert f"{hours} jam" in written.body_id
        before = OperatorLetter.objects.get(
            notice=notice, stage=EscalationStage.ORDER if number == 1 else WARNINGS[number - 2]
        )
        assert before.number in written.body_id
        assert before.opened_at == opened
    notice.refresh_from_db()
    assert escalation_of(notice).ends_here
    assert "public score card" in fresh(letter).body_en
    for stage in EscalationStage:
        with frozen(moment + timedelta(days=99)), pytest.raises(EscalationRefused):
            prepare_letter(notice.pk, stage, actor=world.supervisor)


def test_a_warning_needs_the_letter_before_it(world: World, operator: Operator) -> None:
    """No stage is skipped, and a prepared letter does not count as released."""
    with frozen(START):
        notice = asked(world, operator)
    with frozen(START + timedelta(days=9)):
        for stage in WARNINGS:
            refused("stage_before", lambda stage=stage: prepare_letter(notice.pk, stage, actor=world.supervisor))  # type: ignore[misc]
        prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
        refused("stage_before", lambda: prepare_letter(notice.pk, EscalationStage.WARNING_1, actor=world.supervisor))
        refused("done_already", lambda: prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor))


def test_a_letter_served_on_paper_counts_from_the_record_of_its_proof(world: World, operator: Operator) -> None:
    """A supervisor records the proof; a few characters are no proof, and it is recorded once."""
    with frozen(START):
        notice = asked(world, operator)
        letter = released(notice, EscalationStage.ORDER, world)
        before = rows()
        with pytest.raises(InvalidInput):
            record_service(letter, " ya ", actor=world.supervisor)
        assert rows() == before
        record_service(letter, PROOF, actor=world.supervisor)
        with pytest.raises(LetterMovedOn):
            record_service(letter, PROOF, actor=world.supervisor)
    turn = NoticeEntry.objects.latest("pk")
    assert (turn.kind, turn.proof, turn.from_operator) == ("letter_served", PROOF, False)
    with frozen(START + timedelta(hours=24)):
        released(notice, EscalationStage.WARNING_1, world)


def test_a_dropped_letter_is_never_released_and_the_next_has_another_number(world: World, operator: Operator) -> None:
    """The dropped letter stays on file."""
    with frozen(START):
        notice = asked(world, operator)
        first = prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
        drop_letter(first, actor=world.supervisor)
        with pytest.raises(LetterMovedOn):
            release_letter(first, actor=world.supervisor)
        second = prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
    assert (fresh(first).number, fresh(second).number) == (f"SP/{notice.number}/2026", f"SP-2/{notice.number}/2026")
    assert fresh(first).dropped_at == START


def test_an_answer_or_a_withdrawal_stops_the_escalation(world: World, operator: Operator) -> None:
    """Neither a new letter nor the release of a prepared one is possible."""
    answered, withdrawn = asked(world, operator), asked(world, operator, account="tamu-82")
    letters = {
        notice.pk: prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
        for notice in (answered, withdrawn)
    }
    answer_notice(answered.pk, AnswerKind.DONE, actor=operator.contact)
    withdraw_notice(withdrawn.pk, "Kami keliru, maaf.", actor=world.supervisor)
    for notice in (answered, withdrawn):
        refused("ended", lambda notice=notice: release_letter(letters[notice.pk], actor=world.supervisor))  # type: ignore[misc]
        drop_letter(letters[notice.pk], actor=world.supervisor)
        refused("ended", lambda notice=notice: prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor))  # type: ignore[misc]


def test_a_clarification_goes_with_our_correction_and_its_opening_is_the_corrections_receipt(
    world: World, operator: Operator
) -> None:
    """While we owe the correction no letter is sent; the letter repeats question and correction, and the deadline
    continues.
    """
    with frozen(START):
        notice = asked(world, operator)
        open_notice(notice.pk, actor=operator.contact)
        answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, "Nomor ini tidak ada.", actor=operator.contact)
        refused("our_turn", lambda: prepare_letter(notice.pk, EscalationStage.CLARIFICATION, actor=world.supervisor))
        refused("our_turn", lambda: prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor))
        clarify_notice(notice.pk, "Nomornya tamu-77, dengan tanda hubung.", actor=world.supervisor)
        letter = released(notice, EscalationStage.CLARIFICATION, world)
        assert "Nomor ini tidak ada." in fresh(letter).body_en
        assert "dengan tanda hubung" in fresh(letter).body_id
    with frozen(START + timedelta(hours=3)):
        open_letter(letter, actor=operator.contact)
    notice.refresh_from_db()
    assert (notice.state, notice.due_at) == (NoticeState.RECEIVED, START + timedelta(hours=27))


def test_a_clarification_that_was_overtaken_is_not_released(world: World, operator: Operator) -> None:
    """After a newer correction a letter with the old words would contradict it."""
    with frozen(START):
        notice = asked(world, operator)
        answer_notice(notice.pk, AnswerKind.REFUSED, "Akun itu tidak melanggar.", actor=operator.contact)
        ask_again(notice.pk, "Lihat lagi, tolong.", actor=world.supervisor)
        letter = prepare_letter(notice.pk, EscalationStage.CLARIFICATION, actor=world.supervisor)
        answer_notice(notice.pk, AnswerKind.REFUSED, "Tetap tidak.", actor=operator.contact)
    with frozen(START + timedelta(hours=1)):
        ask_again(notice.pk, "Ini alasan yang lain.", actor=world.supervisor)
        refused("outdated", lambda: release_letter(letter, actor=world.supervisor))


def test_victim_first_letters_say_nothing_of_the_matter(world: World, operator: Operator) -> None:
    """Letters are printed and passed on, so the correction is only in the portal."""
    secret = "Kami menulis tentang seseorang di sini."
    notice = asked(world, operator, account="tamu-83")
    Case.objects.filter(pk=notice.case_id).update(victim_first=True, victim_state="proposed")
    answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, "Yang mana?", actor=operator.contact)
    clarify_notice(notice.pk, secret, actor=world.supervisor)
    letter = fresh(released(notice, EscalationStage.CLARIFICATION, world))
    pdf = unseal(letter.pdf_sha256, letter.notice.case.key_owner())
    assert secret not in f"{letter.body_id}{letter.body_en}{text_of(pdf)}"
    assert "hanya ada di portal" in letter.body_id
    open_letter(letter.pk, actor=operator.contact)
    notice.refresh_from_db()
    assert notice.due_at is None


def test_an_open_objection_is_shown_and_a_person_may_release_all_the_same(world: World, operator: Operator) -> None:
    """It stops no deadline and no person; it is shown so that people consider it first."""
    notice = asked(world, operator)
    object_to(notice.pk, "Akun itu milik toko resmi.", actor=operator.contact)
    notice.refresh_from_db()
    assert escalation_of(notice).objection_open
    released(notice, EscalationStage.ORDER, world)


def test_a_checklist_of_our_own_has_no_escalation(world: World) -> None:
    """There are no warning letters to ourselves."""
    notice = asked(world, make_operator("tangan", "manual"))
    with pytest.raises(NotFound):
        prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)


def test_the_ledger_names_letters_by_number_and_hash_alone(world: World, operator: Operator) -> None:
    """Every step is there; no words, no account, no readable proof."""
    notice = asked(world, operator)
    letter = released(notice, EscalationStage.ORDER, world)
    record_service(letter, PROOF, actor=world.supervisor)
    dropped = asked(world, operator, account="tamu-84")
    drop_letter(prepare_letter(dropped.pk, EscalationStage.ORDER, actor=world.supervisor), actor=world.supervisor)
    entries = LedgerEntry.objects.filter(verb__in=["prepare_letter", "release_letter", "record_service", "drop_letter"])
    assert [entry.verb for entry in entries.order_by("pk")] == [
        "prepare_letter",
        "release_letter",
        "record_service",
        "prepare_letter",
        "drop_letter",
    ]
    assert not any(word in str(entry.payload) for entry in entries for word in ("tamu", "kurir", "Kepada"))
    assert entries.first().payload["pdf_sha256"] == fresh(letter).pdf_sha256  # type: ignore[union-attr]


def test_hostile_names_come_out_as_they_are(world: World, operator: Operator) -> None:
    """An account named like a command is printed, not executed."""
    name = "#eval(`1`)$x$"
    letter = fresh(
        prepare_letter(asked(world, operator, account=name).pk, EscalationStage.ORDER, actor=world.supervisor)
    )
    assert name in letter.body_id
    assert name in text_of(unseal(letter.pdf_sha256, letter.notice.case.key_owner()))


def test_no_job_escalates() -> None:
    """Jobs do not import the verbs, so nothing prepares or releases a letter automatically."""
    files = files_of("jobs")
    assert len(files) > 5
    words = ("operators.verbs.escalation", "OperatorLetter")
    assert [name for name, path in files.items() if any(word in path.read_text() for word in words)] == []


def test_letters_are_hidden_while_a_first_vote_is_sealed(world: World, operator: Operator) -> None:
    """The words of an immediate restriction may be those of a first vote. So no page, PDF, list, calendar or count
    shows its letters to people who may still vote, and none is prepared or released; the operator keeps what it has.
    """
    case_id = in_review(platform=operator.platform, account="tamu-80")
    Case.objects.filter(pk=case_id).update(urgent=True)
    held = leases.take_lease(case_id, actor=world.reviewers[0])
    voting.restrict_at_once(case_id, held.fence, ballot(case_id, DecisionKind.RESTRICT), actor=world.reviewers[0])
    notice = handed_over(the_action(case_id).pk)
    Case.objects.filter(pk=case_id).update(state="resolved", resolved_at=now())  # past every verb: as after the votes
    letter = prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
    release_letter(letter, actor=world.supervisor)
    operator_id = notice.operator_id

    def seen() -> list[bool]:
        one = access_operator_notice(notice.pk, actor=world.supervisor).notice
        return [
            bool(list_letters(notice.pk, actor=world.supervisor)),
            access_escalation_notice(notice.pk, actor=world.supervisor) is not None,
            any(turn.kind == "letter_released" for turn in one.dialogue),
            bool(operator_letters((operator_id,))),
        ]

    assert seen() == [True] * 4
    assert access_letter(letter, actor=world.supervisor).number
    Case.objects.filter(pk=case_id).update(state="second_vote", resolved_at=None)
    assert seen() == [False] * 4
    for call in (
        lambda: access_letter(letter, actor=world.supervisor),
        lambda: access_letter_file(letter, actor=world.reviewers[1]),
        lambda: prepare_letter(notice.pk, EscalationStage.WARNING_1, actor=world.supervisor),
        lambda: record_service(letter, PROOF, actor=world.supervisor),
    ):
        with pytest.raises(NotFound):
            call()
    assert [one.letter_id for one in list_released(notice.pk, actor=operator.contact)] == [letter]
    assert open_letter(letter, actor=operator.contact)
