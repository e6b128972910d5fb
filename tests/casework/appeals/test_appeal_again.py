"""The holder's second message, pictures and answers to questions; and appeals without a code."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.casework.screening.test_pictures import let_take_effect
from tests.factories import PNG, World, carry_through, in_review, resolved_closure, rows, vote

from jaga.appeals.models import Appeal, AppealReply
from jaga.appeals.reads.appeals import access_appeal, list_appeals
from jaga.appeals.reads.statement import access_appeal_copy, access_statement
from jaga.appeals.verbs import appeals
from jaga.appeals.verbs import appeals as appeal_pictures
from jaga.appeals.verbs.appeals import NoSuchMeasure, PaperAppeal, record_appeal
from jaga.appeals.verbs.suspension import HadAVote, WroteItDown
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Statement
from jaga.cases.models.reports import Evidence
from jaga.cases.reads.reports import originals_of
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import HOLDER, PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import AppealState, AppealWay, DecisionKind, IdentityCheck
from jaga.core.terms.reports import YouthAnswer
from jaga.exchange.pictures import Drawn
from jaga.policy.local_time import today
from jaga.signals.models import AccountIndicator
from jaga.signals.reads.pictures import PictureClosed, PictureState
from jaga.signals.verbs import image_hashes, pictures
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

TEXT, REASONS = "Bukan saya yang menulis itu.", "Pesan itu dikirim dari akun ini."
MORE = "Ponsel saya dicuri hari itu."


def code_of(case_id: int) -> str:
    return appeal_code(Decision.objects.get(case_id=case_id, kind=DecisionKind.CLOSE).pk)


def appealed(world: World, **changes: Any) -> tuple[str, Appeal]:
    code = code_of(resolved_closure(world, **changes))
    return code, appeals.file_appeal(code, TEXT, actor=HOLDER)


def uphold(appeal: Appeal, world: World, **changes: Any) -> None:
    appeals.decide_appeal(appeal.pk, overturn=False, reasons=REASONS, actor=world.reviewers[2], **changes)


def test_after_a_question_the_holder_writes_once(world: World) -> None:
    """Nobody writes twice unasked; whoever decides has read the answer, and no deadline stops."""
    code, appeal = appealed(world)
    with pytest.raises(appeals.NothingToAdd):
        appeals.write_again(code, MORE, actor=HOLDER)
    due_at = appeal.due_at
    appeals.ask_holder(appeal.pk, "Siapa lagi yang memakai ponsel itu?", actor=world.reviewers[2])
    with pytest.raises(appeals.QuestionAskedBefore):
        appeals.ask_holder(appeal.pk, "Dan siapa lagi, selain itu?", actor=world.reviewers[2])
    held = access_statement(code).appeal
    assert held is not None
    assert held.question == "Siapa lagi yang memakai ponsel itu?"
    reply = appeals.write_again(code, MORE, actor=HOLDER)
    assert (reply.due_at, Appeal.objects.get().due_at) == (None, due_at)
    before = rows()
    with pytest.raises(appeals.NothingToAdd):
        appeals.write_again(code, MORE, actor=HOLDER)
    with pytest.raises(appeals.WroteMeanwhile):
        uphold(appeal, world)
    assert rows() == before
    uphold(appeal, world, last_reply=reply.pk)
    with pytest.raises(appeals.NothingToAdd):
        appeals.write_again(code, MORE, actor=HOLDER)
    with pytest.raises(IllegalTransition):
        appeals.answer_again(appeal.pk, overturn=True, reasons=REASONS, actor=world.supervisor)


def test_after_the_answer_somebody_new_answers_once_more(world: World) -> None:
    """It has its own deadline; neither a voter nor the person who gave the first answer decides; and only once."""
    code, appeal = appealed(world)
    uphold(appeal, world)
    reply = appeals.write_again(code, MORE, actor=HOLDER)
    assert reply.due_at == reply.filed_at + timedelta(hours=168)
    assert [one.open_reply for one in list_appeals(actor=world.supervisor).rows] == [True]
    for person in world.reviewers:
        with pytest.raises(HadAVote):
            appeals.answer_again(appeal.pk, overturn=False, reasons=REASONS, actor=person)
    appeals.answer_again(appeal.pk, overturn=False, reasons="Tetap sama, dengan alasan ini.", actor=world.supervisor)
    held = access_statement(code).appeal
    assert held is not None
    assert held.reply is not None
    assert (held.reply.state, held.reply.reasons) == (AppealState.UPHELD, "Tetap sama, dengan alasan ini.")
    before = rows()
    with pytest.raises(appeals.NothingToAdd):
        appeals.write_again(code, MORE, actor=HOLDER)
    with pytest.raises(IllegalTransition):
        appeals.answer_again(appeal.pk, overturn=True, reasons=REASONS, actor=world.supervisor)
    assert rows() == before


def test_the_second_answer_can_give_the_account_back(world: World) -> None:
    """Like the first answer, it can restore the account; people are told, and the page shows it."""
    code, appeal = appealed(world)
    uphold(appeal, world)
    appeals.write_again(code, MORE, actor=HOLDER)
    state = appeals.answer_again(appeal.pk, overturn=True, reasons="Akun ini memang dicuri.", actor=world.supervisor)
    assert state is CaseState.RESTORING
    carry_through(appeal.decision.case_id)
    held = access_statement(code)
    assert held.appeal is not None
    assert (held.appeal.overturned, held.restored) == (True, True)


def test_an_overturned_appeal_takes_no_more(world: World) -> None:
    """After an overturned decision no further message is accepted."""
    code, appeal = appealed(world)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])
    with pytest.raises(appeals.NothingToAdd):
        appeals.write_again(code, MORE, actor=HOLDER)


def test_nobody_asks_in_a_victim_first_case_and_no_voter_asks(world: World) -> None:
    """The page shows no message of ours in a victim-first case."""
    _, appeal = appealed(world)
    for voter in world.reviewers[:2]:
        with pytest.raises(HadAVote):
            appeals.ask_holder(appeal.pk, "Siapa yang memakai ponsel itu?", actor=voter)
    Case.objects.update(victim_first=True, victim_state="proposed")
    with pytest.raises(IllegalTransition):
        appeals.ask_holder(appeal.pk, "Siapa yang memakai ponsel itu?", actor=world.reviewers[2])


def test_in_a_victim_first_case_the_code_shows_no_word_of_either_message(world: World) -> None:
    """Somebody who controls the holder may have the code, and could punish what the holder wrote."""
    code, appeal = appealed(world)
    uphold(appeal, world)
    appeals.write_again(code, "Saya ditahan di mess.", actor=HOLDER)
    Case.objects.update(victim_first=True, victim_state="proposed")
    held = access_statement(code).appeal
    assert held is not None
    assert held.reply is not None
    assert (held.text, held.reasons, held.question, held.reply.text) == ("", "", "", "")


def bad(sql: str, *values: str | int | None) -> None:
    wanted = pytest.raises(IntegrityError, match="jaga: ")
    with wanted, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_the_database_keeps_voters_and_first_answerers_out(world: World) -> None:
    """The database refuses them too, without the verbs."""
    code, appeal = appealed(world)
    uphold(appeal, world)
    appeals.write_again(code, MORE, actor=HOLDER)
    settle = (
        "UPDATE records_appealreply SET state = 'overturned', decided_at = now(), reasons = 'x', decided_by_id = %s"
    )
    for person in world.reviewers:
        bad(settle, person.person_id)
    bad("UPDATE records_appealreply SET text = 'x'")
    bad("UPDATE records_appeal SET question = 'x', asked_by_id = %s, asked_at = now()", world.reviewers[0].person_id)


# Pictures


def with_picture(world: World) -> tuple[str, Appeal, int]:
    code = code_of(resolved_closure(world))
    appeal = appeals.file_appeal(code, TEXT, pictures=(Upload(PNG),), actor=HOLDER)
    return code, appeal, Evidence.objects.get(name__startswith="appeal-").pk


def test_a_picture_goes_the_way_of_all_pictures_and_to_the_decider_alone(world: World) -> None:
    """It is sealed, hidden until the question is answered, redrawn, and its opening is recorded; it is no evidence of
    the case.
    """
    _, appeal, picture = with_picture(world)
    case = Case.objects.get(pk=appeal.decision.case_id)
    assert not originals_of([case]).filter(pk=picture).exists()
    decider = world.reviewers[2]
    (seen,) = access_appeal(appeal.pk, actor=decider).pictures
    assert seen.state is PictureState.TO_CHECK
    with pytest.raises(PictureClosed):
        appeal_pictures.open_appeal_picture(appeal.pk, picture, actor=decider)
    for voter in world.reviewers[:2]:
        with pytest.raises(HadAVote):
            appeal_pictures.answer_check(appeal.pk, YouthAnswer.NO_SIGN, actor=voter)
    assert appeal_pictures.answer_check(appeal.pk, YouthAnswer.NO_SIGN, actor=decider) == 1
    pictures.record_copy(picture, Drawn(b"drawn anew", 10, 10), actor=SYSTEM)
    with pytest.raises(PictureClosed):
        access_appeal_copy(appeal.pk, picture, actor=decider)
    appeal_pictures.open_appeal_picture(appeal.pk, picture, actor=decider)
    assert access_appeal_copy(appeal.pk, picture, actor=decider) == b"drawn anew"
    for other in (*world.reviewers[:2], world.supervisor):
        with pytest.raises(PictureClosed):
            access_appeal_copy(appeal.pk, picture, actor=other)
    assert LedgerEntry.objects.filter(verb="open_picture", payload__appeal=appeal.pk).count() == 1


def test_a_sign_of_a_minor_closes_it_for_ever(world: World) -> None:
    """The case also becomes victim-first."""
    _, appeal, _picture = with_picture(world)
    appeal_pictures.answer_check(appeal.pk, YouthAnswer.MAY_BE_MINOR, actor=world.reviewers[2])
    waiting = access_appeal(appeal.pk, actor=world.reviewers[2])
    assert (waiting.answer_pending, waiting.undo_until is not None) == (True, True)
    assert [one.state for one in waiting.pictures] == [PictureState.CLOSED]
    assert let_take_effect(Case.objects.get().pk) == 1
    assert Case.objects.get().victim_first
    (seen,) = access_appeal(appeal.pk, actor=world.reviewers[2]).pictures
    assert seen.state is PictureState.CLOSED
    with pytest.raises(pictures.NothingToCheck):
        appeal_pictures.answer_check(appeal.pk, YouthAnswer.NO_SIGN, actor=world.reviewers[2])


def test_what_a_holder_sends_ties_no_accounts(world: World) -> None:
    """The same picture in another case creates neither an indicator nor a match."""
    import numpy as np

    from jaga.screening.images.pdq import Pdq

    _, _, picture = with_picture(world)
    before = AccountIndicator.objects.count()
    hashed = Pdq(np.frombuffer(bytes(range(256)), dtype=np.uint8).reshape(8, 32), 100)
    image_hashes.record_hash(picture, hashed, actor=SYSTEM)
    assert AccountIndicator.objects.count() == before


@pytest.mark.parametrize(
    "files",
    [
        (Upload(b"GIF89a"),),
        (Upload(b"\x89PNG\r\n\x1a\n" + b"x" * (5 * 1024 * 1024)),),
        (Upload(PNG),) * 3,
        (Upload(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60000).to_bytes(4, "big") * 2 + b"\x08\x06\x00\x00\x00"),),
        (Upload(b"%PDF-1.4"),),
    ],
    ids=["type", "size", "many", "bomb", "pdf"],
)
def test_a_picture_that_is_too_much_is_refused_and_nothing_is_stored(world: World, files: tuple[Upload, ...]) -> None:
    """Checked by size and type without decoding."""
    code = code_of(resolved_closure(world))
    before = rows()
    with pytest.raises(InvalidInput) as refused:
        appeals.file_appeal(code, TEXT, pictures=files, actor=HOLDER)
    assert refused.value.errors[0].field == "pictures"
    assert rows() == before


# Without a code


def paper(case_id: int, **changes: Any) -> PaperAppeal:
    case = Case.objects.get(pk=case_id)
    fields: dict[str, Any] = {
        "reference": case.reference,
        "account": "@mawar:localhost",
        "way": AppealWay.LETTER,
        "received_on": today(),
        "text": TEXT,
        "check": IdentityCheck.HAS_LETTER,
        "check_note": "Surat kami dilampirkan, nomornya sama.",
    }
    return PaperAppeal(**fields | changes)


def test_an_appeal_by_letter_is_written_down_by_somebody_without_a_vote(world: World) -> None:
    """It has its own deadline, and somebody other than the writer decides it."""
    case_id = resolved_closure(world)
    for voter in world.reviewers[:2]:
        with pytest.raises(HadAVote):
            record_appeal(paper(case_id), actor=voter)
    for actor in (HOLDER, PUBLIC, SYSTEM, world.officer):
        with pytest.raises(NotPermitted):
            record_appeal(paper(case_id), actor=actor)
    appeal = record_appeal(paper(case_id), actor=world.reviewers[2])
    assert appeal.due_at == appeal.filed_at + timedelta(hours=168)
    with pytest.raises(WroteItDown):
        uphold(appeal, world)
    seen = access_appeal(appeal.pk, actor=world.reviewers[2])
    assert seen.on_paper is not None
    assert (seen.wrote_down, seen.on_paper.check_note) == (True, "Surat kami dilampirkan, nomornya sama.")
    appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.supervisor)
    entry = LedgerEntry.objects.get(verb="file_appeal")
    assert (entry.payload["way"], entry.payload["check"]) == ("letter", "has_letter")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"check": None}, "check"),
        ({"check_note": "percaya"}, "check_note"),
        ({"text": "salah"}, "text"),
        ({"account": " "}, "account"),
        ({"reference": ""}, "reference"),
        ({"way": AppealWay.HELPER}, "helper"),
        ({"check": IdentityCheck.HELPER_VOUCHES}, "check"),
        ({"received_on": None}, "received_on"),
        ({"check_note": "x" * 2000}, "check_note"),
        ({"text": TEXT + "\x00"}, "text"),
    ],
)
def test_a_stranger_who_merely_claims_it_is_not_written_down(world: World, changes: dict[str, Any], field: str) -> None:
    """Each check names what was compared; a helper's confirmation counts only if the helper is named."""
    case_id = resolved_closure(world)
    if field == "received_on":
        changes = {"received_on": today() + timedelta(days=2)}
    before = rows()
    with pytest.raises(InvalidInput) as refused:
        record_appeal(paper(case_id, **changes), actor=world.reviewers[2])
    assert field in {error.field for error in refused.value.errors}
    assert rows() == before


def test_number_and_account_belong_together(world: World) -> None:
    """Neither of them alone reveals whether a measure exists."""
    case_id = resolved_closure(world)
    other = in_review(account="@kenanga:localhost")
    for changes in (
        {"account": "@kenanga:localhost"},
        {"account": "mawar"},
        {"reference": f"K{other:06d}"},
        {"reference": "K999999"},
        {"reference": "K99999999999999999"},
        {"reference": "x"},
        {"reference": "K" + "٣"},
    ):
        with pytest.raises(NoSuchMeasure):
            record_appeal(paper(case_id, **changes), actor=world.reviewers[2])
    record_appeal(paper(case_id, reference=str(case_id), account="@MAWAR:localhost"), actor=world.reviewers[2])


def test_the_day_on_which_it_came_counts(world: World) -> None:
    """A letter that waited in our office is not late; one that arrived too late is."""
    case_id = resolved_closure(world)
    until = Statement.objects.get().appeal_until
    with frozen(until + timedelta(days=3)):
        with pytest.raises(appeals.AppealTooLate):
            record_appeal(paper(case_id, received_on=until.date() + timedelta(days=1)), actor=world.reviewers[2])
        record_appeal(paper(case_id, received_on=until.date()), actor=world.reviewers[2])


def test_a_strangers_paper_does_not_silence_the_holder(world: World) -> None:
    """The holder of the code can add a message, unasked, and the decider must read it."""
    case_id = resolved_closure(world)
    appeal = record_appeal(paper(case_id), actor=world.reviewers[2])
    code = code_of(case_id)
    with pytest.raises(appeals.AppealExists):
        appeals.file_appeal(code, TEXT, actor=HOLDER)
    held = access_statement(code).appeal
    assert held is not None
    assert held.on_paper
    appeals.write_again(code, "Surat itu bukan dari saya.", actor=HOLDER)
    with pytest.raises(appeals.WroteMeanwhile):
        appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.supervisor)
    with pytest.raises(appeals.AppealExists):
        record_appeal(paper(case_id), actor=world.reviewers[2])
    assert AppealReply.objects.count() == 1


def test_a_case_without_a_measure_takes_none(world: World) -> None:
    """The refusal only says that nothing fits."""
    case_id = in_review()
    with pytest.raises(NotFound):
        record_appeal(paper(case_id), actor=world.reviewers[2])
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    record_appeal(paper(case_id), actor=world.reviewers[2])
