"""Manual platforms: a checklist in order, and a check by another person."""

import pytest
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, rows, the_action

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Statement
from jaga.core.cases import CaseState
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import AccountState, ActionKind, ActionState, Step
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.operators.models import Notice, OutgoingMail
from jaga.operators.verbs import notices as manual_checks
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.manual_checklist import checklist_for, ticked
from jaga.operators.verbs.notices import clarify_notice


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator("tangan", "manual")


@pytest.fixture
def notice(world: World, operator: Operator) -> Notice:
    return asked(world, operator)


def test_the_steps_of_a_closure_put_the_letter_first() -> None:
    """Find, deliver the letter, close; the final check is not one of the steps."""
    assert checklist_for(ActionKind.CLOSE) == (Step.OBSERVE, Step.DELIVER, Step.CLOSE)
    assert checklist_for(ActionKind.RESTRICT) == (Step.OBSERVE, Step.DELIVER, Step.RESTRICT)
    for kind in ActionKind:
        assert Step(kind.value) in checklist_for(kind)


def test_each_tick_says_who_and_when_and_the_last_one_is_the_answer(world: World, notice: Notice) -> None:
    """Steps out of order are refused; ticking twice has no second effect; the first tick counts as receipt."""
    sinta, bayu = world.reviewers[:2]
    with pytest.raises(InvalidInput):
        manual_checks.tick(notice.pk, Step.CLOSE, actor=sinta)
    manual_checks.tick(notice.pk, Step.OBSERVE, actor=sinta)
    before = rows()
    manual_checks.tick(notice.pk, Step.OBSERVE, actor=bayu)
    assert rows() == before
    assert Notice.objects.get().received_by_id == sinta.person_id
    assert Statement.objects.get().delivered_at is None
    manual_checks.tick(notice.pk, Step.DELIVER, actor=bayu)
    assert Statement.objects.get().delivered_at is not None
    manual_checks.tick(notice.pk, Step.CLOSE, actor=bayu)
    done = Notice.objects.get()
    assert (done.state, done.answer, ticked(done)) == (
        NoticeState.ANSWERED,
        AnswerKind.DONE,
        {Step.OBSERVE, Step.DELIVER, Step.CLOSE},
    )
    assert list(done.entries.filter(kind__startswith="did_").values_list("person_id", flat=True)) == [
        sinta.person_id,
        bayu.person_id,
        bayu.person_id,
    ]
    assert the_action(notice.case_id).state == ActionState.WAITING


def test_nobody_confirms_what_they_did(world: World, notice: Notice) -> None:
    """The person who ticked a step cannot check the result; a third person does, and that finishes the action."""
    sinta, bayu, tirta = world.reviewers
    manual_checks.tick(notice.pk, Step.OBSERVE, actor=sinta)
    manual_checks.tick(notice.pk, Step.DELIVER, actor=bayu)
    manual_checks.tick(notice.pk, Step.CLOSE, actor=bayu)
    action, before = the_action(notice.case_id).pk, rows()
    for actor in (sinta, bayu):
        with pytest.raises(manual_checks.CarriedItOut):
            manual_checks.record_manual_check(action, AccountState.CLOSED, "Sudah tidak ada.", actor=actor)
    with pytest.raises(NotPermitted):
        manual_checks.record_manual_check(action, AccountState.CLOSED, "Sudah tidak ada.", actor=world.officer)
    assert rows() == before
    manual_checks.record_manual_check(action, AccountState.CLOSED, "Sudah tidak ada.", actor=tirta)
    assert Case.objects.get(pk=notice.case_id).state == CaseState.RESOLVED


def test_done_without_the_steps_is_refused(world: World, notice: Notice) -> None:
    """An answer cannot skip the checklist."""
    before = rows()
    with pytest.raises(InvalidInput):
        answer_notice(notice.pk, AnswerKind.DONE, actor=world.reviewers[0])
    assert rows() == before


def test_what_cannot_be_found_is_asked_back_among_ourselves(world: World, notice: Notice) -> None:
    """The same dialogue as with operators, with our own people on both sides."""
    answer_notice(notice.pk, AnswerKind.INVALID_LOCATOR, "Tidak ada di pencarian.", actor=world.reviewers[0])
    clarify_notice(notice.pk, "Cari dengan garis bawah.", actor=world.reviewers[1])
    assert the_action(notice.case_id).state == ActionState.PENDING


def test_no_contact_person_sees_or_answers_it(notice: Notice, operator: Operator) -> None:
    """It is our own work: no contact person of the operator is notified or can open it."""
    assert not OutgoingMail.objects.exists()
    with pytest.raises(NotPermitted):
        answer_notice(notice.pk, AnswerKind.ALREADY, actor=operator.contact)


def test_a_notice_that_is_no_checklist_has_no_ticks(world: World) -> None:
    """On a platform with contact persons there is no checklist for our staff."""
    other = asked(world, make_operator(), account="tamu-90")
    with pytest.raises(NotFound):
        manual_checks.tick(other.pk, Step.OBSERVE, actor=world.reviewers[0])
