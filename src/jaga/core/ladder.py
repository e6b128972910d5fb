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

from jaga.core.terms import NoticeState, Rung

_OPEN = (NoticeState.SENT, NoticeState.RECEIVED)
_ENDED = (NoticeState.ANSWERED, NoticeState.WITHDRAWN)

RUNG_BEFORE: MappingProxyType[Rung, Rung | None] = MappingProxyType({
    # independent of the others: goes with a correction of ours after the operator asked back
    Rung.CLARIFICATION: None,
    # the formal letter needs only an unanswered notice; a person decides when
    Rung.ORDER: None,
    # each warning needs the letter before it to be released, provably received, and unanswered in time
    Rung.WARNING_1: Rung.ORDER,
    Rung.WARNING_2: Rung.WARNING_1,
    Rung.WARNING_3: Rung.WARNING_2,
})
"""The letter that must have been received before each step. Nothing follows WARNING_3."""


class Hurdle(StrEnum):
    """Why a letter cannot be prepared or released now."""

    CLIMBED = "climbed"  # prepared or released already: each step happens once
    ENDED = "ended"  # the notice was answered or withdrawn
    NOT_SENT = "not_sent"  # the notice was not sent yet
    OUR_TURN = "our_turn"  # the operator asked back, and we owe the correction
    NOTHING_CORRECTED = "nothing_corrected"  # there is no correction to clarify
    RUNG_BEFORE = "rung_before"  # the letter before was not released
    NOT_RECEIVED = "not_received"  # receipt of the letter before is not proven
    WORD_NOT_RECEIVED = "word_not_received"  # receipt of our last message about the notice is not proven
    CLOCK_RUNS = "clock_runs"  # the operator still has time
    OUTDATED = "outdated"  # we wrote something new since the letter was prepared
    PREPARER_LAPSED = "preparer_lapsed"  # whoever prepared and signed it no longer may


@dataclass(frozen=True)
class LadderLetter:
    """A letter that was not dropped. `received_at`: opened by a contact person, or served with proof."""

    rung: Rung
    prepared_at: datetime
    released_at: datetime | None = None
    received_at: datetime | None = None


@dataclass(frozen=True)
class NoticeStanding:
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

    `hurdle` is None if its letter may be prepared.

    `at` is when the operator's time ends, if only that is missing.
    """

    rung: Rung
    letter: LadderLetter | None
    hurdle: Hurdle | None
    at: datetime | None = None


Due = Callable[[datetime], datetime]
"""From the moment of receipt to the moment until which an answer is in time, by the policy."""


def places(standing: NoticeStanding, letters: Sequence[LadderLetter], due: Due,
           moment: datetime) -> tuple[EscalationStep, ...]:
    """All five steps in order.

    `letters` are those not dropped, oldest first.

    Each step happens once, except for the clarification, which is repeated for each later correction.
    """
    by_rung = {letter.rung: letter for letter in letters}
    return tuple(_place(rung, standing, by_rung, due, moment) for rung in Rung)


def release_hurdle(rung: Rung, standing: NoticeStanding, letters: Sequence[LadderLetter], due: Due,
                   moment: datetime) -> Hurdle | None:
    """Why the prepared letter of this step cannot be released now; None if it can.

    The preconditions for preparing must still hold: the operator may have answered or asked back meanwhile.
    """
    own = next((letter for letter in reversed(letters) if letter.rung is rung), None)
    if own is None or own.released_at is not None:
        return Hurdle.CLIMBED
    others = {letter.rung: letter for letter in letters if letter.rung is not rung}
    hurdle = _place(rung, standing, others, due, moment).hurdle
    if hurdle is None and standing.said_at is not None and standing.said_at > own.prepared_at:
        return Hurdle.OUTDATED
    return hurdle


def ends_here(letters: Sequence[LadderLetter]) -> bool:
    """Whether the last letter was released."""
    return any(letter.rung is Rung.WARNING_3 and letter.released_at is not None for letter in letters)


def _place(rung: Rung, standing: NoticeStanding, letters: dict[Rung, LadderLetter], due: Due,
           moment: datetime) -> EscalationStep:
    own = letters.get(rung)
    if own is not None and not (rung is Rung.CLARIFICATION and _outlived(own, standing)):
        return EscalationStep(rung, own, Hurdle.CLIMBED)
    hurdle = _state_hurdle(standing)
    if hurdle is not None:
        return EscalationStep(rung, None, hurdle)
    if rung is Rung.CLARIFICATION:
        return EscalationStep(rung, None, Hurdle.NOTHING_CORRECTED if standing.said_at is None else None)
    before = RUNG_BEFORE[rung]
    return EscalationStep(rung, None, None) if before is None else _warning(rung, before, standing, letters, due,
                                                                            moment)


def _outlived(letter: LadderLetter, standing: NoticeStanding) -> bool:
    """Whether we wrote something new since this letter."""
    return (letter.released_at is not None and standing.said_at is not None
            and standing.said_at > letter.prepared_at)


def _state_hurdle(standing: NoticeStanding) -> Hurdle | None:
    if standing.state in _ENDED:
        return Hurdle.ENDED
    if not standing.sent:
        return Hurdle.NOT_SENT
    return None if standing.state in _OPEN else Hurdle.OUR_TURN


def _warning(rung: Rung, rung_before: Rung, standing: NoticeStanding, letters: dict[Rung, LadderLetter], due: Due,
             moment: datetime) -> EscalationStep:
    before = letters.get(rung_before)
    if before is None or before.released_at is None:
        return EscalationStep(rung, None, Hurdle.RUNG_BEFORE)
    if before.received_at is None:
        return EscalationStep(rung, None, Hurdle.NOT_RECEIVED)
    last_word = _last_word_due(standing, before, letters.get(Rung.CLARIFICATION), due)
    if last_word is None:
        return EscalationStep(rung, None, Hurdle.WORD_NOT_RECEIVED)
    at = max(due(before.received_at), last_word)
    return EscalationStep(rung, None, Hurdle.CLOCK_RUNS if at > moment else None, at)


def _last_word_due(standing: NoticeStanding, before: LadderLetter, clarification: LadderLetter | None,
                   due: Due) -> datetime | None:
    """Until when the operator may answer our last message about the notice; None while its receipt is not proven.

    An unread correction must not count against the operator. It is received when the notice is opened again, which
    restarts the notice's clock, or with a letter released after it.
    """
    assert before.released_at is not None
    assert before.received_at is not None
    if standing.due_at is not None:
        return standing.due_at
    if standing.said_at is None or before.released_at >= standing.said_at:
        return due(before.received_at)
    if (clarification is not None and clarification.released_at is not None
            and clarification.received_at is not None and clarification.released_at >= standing.said_at):
        return due(clarification.received_at)
    return None
