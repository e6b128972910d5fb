"""Answers of operators to a notice, from their people or their signed software, and what follows.

An answer is a claim; the account is then observed independently.
"""

from django.db import IntegrityError, transaction

from jaga.actions.verbs.attempts import await_operator, record_step, requeue, set_stuck
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Action
from jaga.cases.verbs.notice_dialogue import (
    BY_HAND,
    ENDED_STATES,
    NoticeMovedOn,
    NoticeWasWithdrawn,
    add_turn,
    locked_notice,
    number_of,
    receive,
    require_answerer,
    rest,
    resume,
    waits_for_receipt,
)
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.lifecycles import NOTICE
from jaga.core.platforms import OperatorAnswer, StepResult
from jaga.core.standard_webhooks import LONGEST_TEXT, Received
from jaga.core.terms.cases import ActionState, OutcomeKind, Step
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.operators.models import Notice, ReceivedHook
from jaga.operators.verbs.manual_checklist import all_ticked
from jaga.store.kernel.ledger import append, append_changes
from jaga.store.kernel.validation import check_required

_CLAIMED = (AnswerKind.DONE, AnswerKind.ALREADY)
_OUTCOMES = {AnswerKind.DONE: OutcomeKind.DONE, AnswerKind.ALREADY: OutcomeKind.ALREADY}
_SAYS = N_("The operator says so; it is checked in another way.")
_HANDED_OVER = N_("The operator says that the holder got the letter.")
LONGEST_HOOK_ID = 180


class HookRepeated(Conflict):
    """The signed message was received before, or its id was used for another one: a replay."""

    code = "hook_repeated"
    sentence = N_("A message with this id was taken before. Nothing was done.")
    remedy = N_("Give each message an id of its own; sign each new attempt of the same message anew.")


@transaction.atomic
def answer_notice(
    notice_id: int, kind: AnswerKind, text: str = "", *, handed_over: bool = False, actor: Actor
) -> NoticeState:
    """Answer a notice as a contact person, or as our staff where it is a checklist.

    Idempotent.

    `handed_over` means that the holder got the letter. A refusal or question needs a text. Reversible only by a further
    entry of the dialogue. Raises NotPermitted, NotFound for another operator's notice, NoticeMovedOn,
    NoticeWasWithdrawn, InvalidInput.
    """
    notice, case = locked_notice(notice_id, actor=actor)
    person = require_answerer(notice, actor)
    if notice.sent_at is None:
        raise NotFound
    errors = check_required(
        "text",
        text,
        least=1 if kind is AnswerKind.REFUSED or kind.asks_back else 0,
        most=LONGEST_TEXT,
        needed=N_("Say why in a few words."),
    )
    if notice.asks_for == "data" and kind is AnswerKind.WRONG_SCREENSHOT:
        errors.append(FieldError("kind", "not_here", N_("This answer does not fit a request for data.")))
    if kind is AnswerKind.DONE and notice.platform.adapter == BY_HAND and not all_ticked(notice):
        errors.append(FieldError("kind", "too_early", N_("Tick every step of the checklist first.")))
    if errors:
        raise InvalidInput(*errors)
    if waits_for_receipt(notice):
        receive(notice, person=person, proof="portal", actor=actor)
    return _take(
        notice,
        case,
        OperatorAnswer(notice.number, kind, text.strip()),
        person=person,
        proof="",
        handed_over=handed_over,
        actor=actor,
    )


@transaction.atomic
def take_answer(notice_id: int, answer: OperatorAnswer, *, proof: str, actor: Actor) -> NoticeState:
    """Store the answer that signed software gave when the notice was handed over. Raises as `answer_notice`."""
    notice, case = locked_notice(notice_id, actor=actor)
    if number_of(answer.number) != notice.pk:
        raise NotFound
    return _take_signed(notice, case, answer, proof, actor)


@transaction.atomic
def receive_hook(
    platform: str, hook_id: str, signed_at: int, answer: OperatorAnswer | Received, *, actor: Actor
) -> bool:
    """Process a signed message sent to us, verified by the caller; returns whether it was new.

    The id identifies the message, the signing time the attempt. A repeated attempt is a replay and raises HookRepeated.
    A new attempt with the same content (our response was lost) is accepted without effect; with other content it raises
    HookRepeated. Raises NotFound for a notice of another platform.
    """
    row = Platform.objects.filter(name=platform, by_notice=True).first()
    if row is None or len(hook_id) > LONGEST_HOOK_ID:
        raise NotFound
    notice, case = locked_notice(number_of(answer.number), actor=actor)
    if notice.platform_id != row.pk:
        raise NotFound
    if not _first_time(row, f"{hook_id}.{signed_at}"):  # an id contains no full stop
        raise HookRepeated
    if not _first_time(row, hook_id):
        if _is_repeated(notice, hook_id, answer):
            return False
        raise HookRepeated
    if isinstance(answer, OperatorAnswer):
        _take_signed(notice, case, answer, hook_id, actor)
    elif notice.state == NoticeState.WITHDRAWN:
        raise NoticeWasWithdrawn
    elif waits_for_receipt(notice):
        _mark_sent(notice)
        receive(notice, person=None, proof=hook_id, actor=actor)
    append(
        "receive_hook",
        {
            "notice": notice.pk,
            "platform": row.pk,
            "answer": answer.kind if isinstance(answer, OperatorAnswer) else "received",
        },
        actor=actor,
        case_id=case.pk,
    )
    return True


def _first_time(platform: Platform, hook_id: str) -> bool:
    try:
        with transaction.atomic():
            ReceivedHook.objects.create(platform=platform, hook_id=hook_id, received_at=now())
    except IntegrityError:
        return False
    return True


def _is_repeated(notice: Notice, hook_id: str, answer: OperatorAnswer | Received) -> bool:
    turns = notice.entries.filter(proof=hook_id, from_operator=True)
    if isinstance(answer, Received):
        return turns.filter(kind="received").exists() or not turns.exists()
    return answer.text.strip() in turns.filter(kind=answer.kind).values_list("text", flat=True)


def _mark_sent(notice: Notice) -> None:
    """Mark the notice as sent: the software refers to it, even if our own record is not stored yet."""
    if notice.sent_at is None:
        notice.sent_at = now()


def _take_signed(notice: Notice, case: Case, answer: OperatorAnswer, proof: str, actor: Actor) -> NoticeState:
    if notice.state == NoticeState.WITHDRAWN and answer.kind is AnswerKind.DONE and notice.action is not None:
        return _done_all_the_same(notice, notice.action, answer, proof, actor)
    _mark_sent(notice)
    if waits_for_receipt(notice):
        receive(notice, person=None, proof=proof, actor=actor)
    # The notice asks for the letter to be handed over first, so "done" from software includes that (docs/webhooks.md).
    handed_over = answer.kind is AnswerKind.DONE
    return _take(notice, case, answer, person=None, proof=proof, handed_over=handed_over, actor=actor)


def _done_all_the_same(notice: Notice, action: Action, answer: OperatorAnswer, proof: str, actor: Actor) -> NoticeState:
    """Handle software that carried out a withdrawn notice: it is asked to undo the measure."""
    add_turn(notice, answer.kind, answer.text, person=None, from_operator=True, proof=proof)
    append(
        "answer_notice",
        {"notice": notice.pk, "answer": answer.kind, "signed": True},
        actor=actor,
        case_id=notice.case_id,
    )
    # recording the step on an ended action also defers the restoration
    record_step(action.pk, Step.ASK, StepResult(OutcomeKind.DONE, _SAYS), actor=actor)
    return NoticeState.WITHDRAWN


def _take(
    notice: Notice,
    case: Case,
    answer: OperatorAnswer,
    *,
    person: int | None,
    proof: str,
    handed_over: bool,
    actor: Actor,
) -> NoticeState:
    same = (notice.answer, notice.answer_text) == (answer.kind, answer.text)
    if same and notice.state in (NoticeState.ANSWERED, NoticeState.ASKED_BACK):
        return NoticeState(notice.state)
    if notice.state == NoticeState.WITHDRAWN:
        raise NoticeWasWithdrawn
    yielded = notice.answer == AnswerKind.REFUSED and answer.kind in _CLAIMED  # an operator may reconsider a refusal
    if notice.state in ENDED_STATES and not yielded:
        raise NoticeMovedOn
    if notice.action is not None and not ActionState(notice.action.state).is_open:
        raise NoticeMovedOn
    moment = now()
    notice.answer, notice.answer_text = answer.kind, answer.text
    if answer.kind.asks_back:
        notice.state = NOTICE.to(notice.state, NoticeState.ASKED_BACK)
        rest(notice, moment)
    else:
        resume(notice, moment)
        notice.state = NOTICE.to(notice.state, NoticeState.ANSWERED)
        notice.answered_at, notice.answered_by_id = moment, person
    notice.save()
    add_turn(notice, answer.kind, answer.text, person=person, from_operator=True, proof=proof)
    append(
        "answer_notice",
        {"notice": notice.pk, "answer": answer.kind, "signed": person is None},
        actor=actor,
        case_id=case.pk,
    )
    _follow(notice, case, answer, handed_over, actor)
    append_changes(actor=actor, case_id=case.pk)
    return NoticeState(notice.state)


def _follow(notice: Notice, case: Case, answer: OperatorAnswer, handed_over: bool, actor: Actor) -> None:
    action = notice.action
    if action is None:  # a request for data
        return
    if answer.kind.asks_back:
        await_operator(action)
        return
    if answer.kind is AnswerKind.REFUSED:
        refused = StepResult(OutcomeKind.REFUSED, answer.text)
        record_step(action.pk, Step.ASK, refused, actor=actor)
        set_stuck(action, case, OutcomeKind.REFUSED, actor)
        return
    record_step(action.pk, Step.ASK, StepResult(_OUTCOMES[answer.kind], _SAYS), actor=actor)
    if handed_over:
        record_step(action.pk, Step.DELIVER, StepResult(OutcomeKind.DONE, _HANDED_OVER), actor=actor)
    observable = notice.platform.capabilities.get(Step.OBSERVE, {}).get("supported", False)
    if observable or action.state == ActionState.STUCK:
        requeue(action)  # the worker observes the account, or leaves that to a person
    else:
        await_operator(action)
