"""Escalation to an operator that does not act: which letter may be prepared or released, and from when.

Clarification → order → warnings 1, 2, 3; after that only the public score card shows it. No clock escalates; these
functions say what a person may do. Source: MR5 art. 15 and 16 (up to three warnings, every 24 h or 4 h), and the steps
of SAMAN.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from jaga.core.terms.outside import EscalationStage, NoticeState

_OPEN = (NoticeState.SENT, NoticeState.RECEIVED)
_ENDED = (NoticeState.ANSWERED, NoticeState.WITHDRAWN)

STAGE_BEFORE: MappingProxyType[EscalationStage, EscalationStage | None] = MappingProxyType(
    {
        # independent of the others: goes with a correction of ours after the operator asked back
        EscalationStage.CLARIFICATION: None,
        # the formal letter needs only an unanswered notice; a person decides when
        EscalationStage.ORDER: None,
        # each warning needs the letter before it to be released, provably received, and unanswered in time
        EscalationStage.WARNING_1: EscalationStage.ORDER,
        EscalationStage.WARNING_2: EscalationStage.WARNING_1,
        EscalationStage.WARNING_3: EscalationStage.WARNING_2,
    }
)
"""The letter that must have been received before each step. Nothing follows WARNING_3."""


class Precondition(StrEnum):
    """Why a letter cannot be prepared or released now."""

    DONE_ALREADY = "done_already"  # prepared or released: each step happens once
    ENDED = "ended"  # the notice was answered or withdrawn
    NOT_SENT = "not_sent"  # the notice was not sent yet
    OUR_TURN = "our_turn"  # the operator asked back, and we owe the correction
    NOTHING_CORRECTED = "nothing_corrected"  # there is no correction to clarify
    STAGE_BEFORE = "stage_before"  # the letter before was not released
    NOT_RECEIVED = "not_received"  # receipt of the letter before is not proven
    WORD_NOT_RECEIVED = "word_not_received"  # receipt of our last message about the notice is not proven
    CLOCK_RUNS = "clock_runs"  # the operator still has time
    OUTDATED = "outdated"  # we wrote something new since the letter was prepared
    PREPARER_LAPSED = "preparer_lapsed"  # whoever prepared and signed it no longer may


@dataclass(frozen=True)
class EscalationLetter:
    """A letter that was not dropped. `received_at`: opened by a contact person, or served with proof."""

    stage: EscalationStage
    prepared_at: datetime
    released_at: datetime | None = None
    received_at: datetime | None = None


@dataclass(frozen=True)
class NoticeStatus:
    """The notice as far as escalation depends on it.

    `due_at` is None while its clock is not running; `said_at` is when we last corrected it or asked again.
    """

    state: NoticeState
    sent: bool
    due_at: datetime | None = None
    said_at: datetime | None = None


@dataclass(frozen=True)
class EscalationStep:
    """The state of one step.

    `precondition` is None if its letter may be prepared.

    `at` is when the operator's time ends, if only that is missing.
    """

    stage: EscalationStage
    letter: EscalationLetter | None
    precondition: Precondition | None
    at: datetime | None = None


Due = Callable[[datetime], datetime]
"""From the moment of receipt to the moment until which an answer is in time, by the policy."""


def places(
    status: NoticeStatus, letters: Sequence[EscalationLetter], due: Due, moment: datetime
) -> tuple[EscalationStep, ...]:
    """All five steps in order.

    `letters` are those not dropped, oldest first.

    Each step happens once, except for the clarification, which is repeated for each later correction.
    """
    by_stage = {letter.stage: letter for letter in letters}
    return tuple(_place(stage, status, by_stage, due, moment) for stage in EscalationStage)


def release_precondition(
    stage: EscalationStage, status: NoticeStatus, letters: Sequence[EscalationLetter], due: Due, moment: datetime
) -> Precondition | None:
    """Why the prepared letter of this step cannot be released now; None if it can.

    The preconditions for preparing must still hold: the operator may have answered or asked back meanwhile.
    """
    own = next((letter for letter in reversed(letters) if letter.stage is stage), None)
    if own is None or own.released_at is not None:
        return Precondition.DONE_ALREADY
    others = {letter.stage: letter for letter in letters if letter.stage is not stage}
    precondition = _place(stage, status, others, due, moment).precondition
    if precondition is None and status.said_at is not None and status.said_at > own.prepared_at:
        return Precondition.OUTDATED
    return precondition


def is_last_step(letters: Sequence[EscalationLetter]) -> bool:
    """Whether the last letter was released."""
    return any(letter.stage is EscalationStage.WARNING_3 and letter.released_at is not None for letter in letters)


def _place(
    stage: EscalationStage,
    status: NoticeStatus,
    letters: dict[EscalationStage, EscalationLetter],
    due: Due,
    moment: datetime,
) -> EscalationStep:
    own = letters.get(stage)
    if own is not None and not (stage is EscalationStage.CLARIFICATION and _outlived(own, status)):
        return EscalationStep(stage, own, Precondition.DONE_ALREADY)
    precondition = _state_precondition(status)
    if precondition is not None:
        return EscalationStep(stage, None, precondition)
    if stage is EscalationStage.CLARIFICATION:
        return EscalationStep(stage, None, Precondition.NOTHING_CORRECTED if status.said_at is None else None)
    before = STAGE_BEFORE[stage]
    return (
        EscalationStep(stage, None, None) if before is None else _warning(stage, before, status, letters, due, moment)
    )


def _outlived(letter: EscalationLetter, status: NoticeStatus) -> bool:
    """Whether we wrote something new since this letter."""
    return letter.released_at is not None and status.said_at is not None and status.said_at > letter.prepared_at


def _state_precondition(status: NoticeStatus) -> Precondition | None:
    if status.state in _ENDED:
        return Precondition.ENDED
    if not status.sent:
        return Precondition.NOT_SENT
    return None if status.state in _OPEN else Precondition.OUR_TURN


def _warning(
    stage: EscalationStage,
    stage_before: EscalationStage,
    status: NoticeStatus,
    letters: dict[EscalationStage, EscalationLetter],
    due: Due,
    moment: datetime,
) -> EscalationStep:
    before = letters.get(stage_before)
    if before is None or before.released_at is None:
        return EscalationStep(stage, None, Precondition.STAGE_BEFORE)
    if before.received_at is None:
        return EscalationStep(stage, None, Precondition.NOT_RECEIVED)
    last_word = _last_word_due(status, before, letters.get(EscalationStage.CLARIFICATION), due)
    if last_word is None:
        return EscalationStep(stage, None, Precondition.WORD_NOT_RECEIVED)
    at = max(due(before.received_at), last_word)
    return EscalationStep(stage, None, Precondition.CLOCK_RUNS if at > moment else None, at)


def _last_word_due(
    status: NoticeStatus, before: EscalationLetter, clarification: EscalationLetter | None, due: Due
) -> datetime | None:
    """Until when the operator may answer our last message about the notice; None while its receipt is not proven.

    An unread correction must not count against the operator. It is received when the notice is opened again, which
    restarts the notice's clock, or with a letter released after it.
    """
    assert before.released_at is not None
    assert before.received_at is not None
    if status.due_at is not None:
        return status.due_at
    if status.said_at is None or before.released_at >= status.said_at:
        return due(before.received_at)
    if (
        clarification is not None
        and clarification.released_at is not None
        and clarification.received_at is not None
        and clarification.released_at >= status.said_at
    ):
        return due(clarification.received_at)
    return None
