"""Objections: filed by the operator's contact person, decided by a supervisor with reasons."""

import pytest
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, rows, the_action

from jaga.cases.models.decisions import Letter
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import ActionState
from jaga.core.terms.outside import AnswerKind, NoticeState, ObjectionState
from jaga.operators.models import Notice, Objection, OutgoingMail
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.notices import ObjectionExists, decide_objection, object_to, open_notice

WHY = "Akun ini milik toko pijat yang terdaftar."
REASONS = "Toko itu memang terdaftar, kami keliru."


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


def test_an_accepted_objection_withdraws_the_notice_and_tells_people(world: World, operator: Operator) -> None:
    """The action ends with the supervisor's reasons; contacts get a mail; reporters are told."""
    notice = asked(world, operator)
    open_notice(notice.pk, actor=operator.contact)
    mails = OutgoingMail.objects.count()
    number = object_to(notice.pk, WHY, actor=operator.contact)
    assert object_to(notice.pk, WHY, actor=operator.contact) == number
    assert Notice.objects.get().due_at is not None
    for actor in (world.reviewers[0], operator.contact):
        with pytest.raises(NotPermitted):
            decide_objection(number, accept=True, reasons=REASONS, actor=actor)
    with pytest.raises(InvalidInput):
        decide_objection(number, accept=True, reasons=" ", actor=world.supervisor)
    decide_objection(number, accept=True, reasons=REASONS, actor=world.supervisor)
    assert Notice.objects.get().state == NoticeState.WITHDRAWN
    assert the_action(notice.case_id).state == ActionState.ENDED
    assert Letter.objects.get().key == "reporter_ended"
    assert OutgoingMail.objects.count() == mails + 2
    with pytest.raises(IllegalTransition):
        decide_objection(number, accept=False, reasons=REASONS, actor=world.supervisor)


def test_a_rejected_objection_leaves_the_notice_as_it_was(world: World, operator: Operator) -> None:
    """The deadline kept running all the time."""
    notice = asked(world, operator)
    number = object_to(notice.pk, WHY, actor=operator.contact)
    due = Notice.objects.get().due_at
    decide_objection(number, accept=False, reasons="Iklannya jelas terlihat.", actor=world.supervisor)
    after = Notice.objects.get()
    assert (after.state, after.due_at) == (NoticeState.RECEIVED, due)
    assert the_action(notice.case_id).state == ActionState.WAITING


def test_an_objection_to_what_was_refused_can_be_accepted(world: World, operator: Operator) -> None:
    """With a refusal and an objection, the refusal stays on record and the action ends."""
    notice = asked(world, operator)
    answer_notice(notice.pk, AnswerKind.REFUSED, WHY, actor=operator.contact)
    number = object_to(notice.pk, WHY, actor=operator.contact)
    decide_objection(number, accept=True, reasons=REASONS, actor=world.supervisor)
    assert Notice.objects.get().answer == AnswerKind.REFUSED
    assert the_action(notice.case_id).state == ActionState.ENDED


def test_one_objection_from_the_right_people(world: World, operator: Operator) -> None:
    """Strangers learn nothing, our own people cannot object, and a second objection is refused."""
    notice = asked(world, operator)
    before = rows()
    with pytest.raises(NotFound):
        object_to(notice.pk, WHY, actor=operator.stranger)
    with pytest.raises(NotPermitted):
        object_to(notice.pk, WHY, actor=world.supervisor)
    with pytest.raises(InvalidInput):
        object_to(notice.pk, "", actor=operator.contact)
    assert rows() == before
    object_to(notice.pk, WHY, actor=operator.contact)
    with pytest.raises(ObjectionExists):
        object_to(notice.pk, "Alasan lain yang panjang.", actor=operator.colleague)


def test_what_was_done_meanwhile_is_undone_by_an_appeal_only(world: World, operator: Operator) -> None:
    """Accepting would pretend that nothing happened to the account."""
    notice = asked(world, operator)
    number = object_to(notice.pk, WHY, actor=operator.contact)
    answer_notice(notice.pk, AnswerKind.DONE, actor=operator.contact)
    with pytest.raises(IllegalTransition):
        decide_objection(number, accept=True, reasons=REASONS, actor=world.supervisor)
    decide_objection(number, accept=False, reasons="Sudah dilakukan.", actor=world.supervisor)
    assert Objection.objects.get().state == ObjectionState.REJECTED
    with pytest.raises(NotFound):
        decide_objection(number + 1, accept=False, reasons=REASONS, actor=world.supervisor)
