"""No escalation letter without the previous ones, and none by the passing of time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.escalation import (
    STAGE_BEFORE,
    EscalationLetter,
    NoticeStatus,
    Precondition,
    is_last_step,
    places,
    release_precondition,
)
from jaga.core.terms.outside import EscalationStage, NoticeState

START = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
DAY, SECOND = timedelta(hours=24), timedelta(seconds=1)
UNANSWERED = NoticeStatus(NoticeState.RECEIVED, sent=True, due_at=START)


def due(start: datetime) -> datetime:
    return start + DAY


def precondition(
    stage: EscalationStage, letters: list[EscalationLetter], moment: datetime, standing: NoticeStatus = UNANSWERED
) -> Precondition | None:
    return next(place for place in places(standing, letters, due, moment) if place.stage is stage).precondition


def received(stage: EscalationStage, at: datetime) -> EscalationLetter:
    return EscalationLetter(stage, at, at, at)


@dataclass
class Story:
    """A notice and its letters as people and time change them; every step checks the escalation first, as the verbs
    do.
    """

    moment: datetime = START
    standing: NoticeStatus = field(default_factory=lambda: NoticeStatus(NoticeState.SENT, sent=True))
    letters: list[EscalationLetter] = field(default_factory=list)

    def act(self, what: str, stage: EscalationStage, minutes: int) -> None:
        getattr(self, what)(stage, minutes)

    def wait(self, stage: EscalationStage, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    def prepare(self, stage: EscalationStage, minutes: int) -> None:
        if precondition(stage, self.letters, self.moment, self.standing) is None:
            self.letters.append(EscalationLetter(stage, self.moment))

    def release(self, stage: EscalationStage, minutes: int) -> None:
        if release_precondition(stage, self.standing, self.letters, due, self.moment) is None:
            self._change(stage, released_at=self.moment)

    def drop(self, stage: EscalationStage, minutes: int) -> None:
        self.letters = [one for one in self.letters if one.stage is not stage or one.released_at is not None]

    def receive(self, stage: EscalationStage, minutes: int) -> None:
        newest = next((one for one in reversed(self.letters) if one.stage is stage), None)
        if newest is not None and newest.released_at and not newest.received_at:
            self._change(stage, received_at=self.moment)

    def open_notice(self, stage: EscalationStage, minutes: int) -> None:
        if self.standing.state in (NoticeState.SENT, NoticeState.RECEIVED) and self.standing.due_at is None:
            self.standing = replace(self.standing, state=NoticeState.RECEIVED, due_at=due(self.moment))

    def ask_back(self, stage: EscalationStage, minutes: int) -> None:
        if self.standing.state is NoticeState.RECEIVED:
            self.standing = replace(self.standing, state=NoticeState.ASKED_BACK, due_at=None)

    def correct(self, stage: EscalationStage, minutes: int) -> None:
        if self.standing.state is NoticeState.ASKED_BACK:
            self.standing = replace(self.standing, state=NoticeState.RECEIVED, said_at=self.moment)

    def answer(self, stage: EscalationStage, minutes: int) -> None:
        if self.standing.state is NoticeState.RECEIVED and minutes % 7 == 0:
            self.standing = replace(self.standing, state=NoticeState.ANSWERED, due_at=None)

    def _change(self, stage: EscalationStage, **changes: datetime) -> None:
        newest = max(place for place, one in enumerate(self.letters) if one.stage is stage)
        self.letters[newest] = replace(self.letters[newest], **changes)


ACTS = st.tuples(
    st.sampled_from(
        ["wait", "prepare", "prepare", "release", "receive", "drop", "open_notice", "ask_back", "correct", "answer"]
    ),
    st.sampled_from(list(EscalationStage)),
    st.integers(0, 60 * 48),
)


@given(st.lists(ACTS, max_size=120))
def test_no_story_reaches_a_warning_without_what_comes_before_it(acts: list[tuple[str, EscalationStage, int]]) -> None:
    """Whatever people, operators and deadlines do in any order: the previous letter was released, provably received,
    and its time had passed when the next one was prepared.
    """
    story = Story()
    for what, stage, minutes in acts:
        before = list(story.letters)
        story.act(what, stage, minutes)
        if what not in ("prepare", "release", "receive", "drop"):
            assert story.letters == before
    by_stage = {letter.stage: letter for letter in story.letters}
    once = [letter.stage for letter in story.letters if letter.stage is not EscalationStage.CLARIFICATION]
    assert len(once) == len(set(once))
    clarifications = [one for one in story.letters if one.stage is EscalationStage.CLARIFICATION]
    for earlier, later in pairwise(clarifications):  # a later correction is clarified again
        assert earlier.released_at is not None
        assert earlier.prepared_at < later.prepared_at
    for letter in story.letters:
        needed = STAGE_BEFORE[letter.stage]
        if needed is not None:
            lower = by_stage[needed]
            assert lower.released_at is not None
            assert lower.received_at is not None
            assert due(lower.received_at) <= letter.prepared_at


@given(st.integers(0, 60 * 24 * 365 * 10), st.sampled_from(list(EscalationStage)))
def test_time_alone_releases_nothing(minutes: int, stage: EscalationStage) -> None:
    """A prepared letter stays prepared until somebody releases it; later stages stay closed."""
    letters = [EscalationLetter(EscalationStage.ORDER, START)]
    moment = START + timedelta(minutes=minutes)
    assert precondition(EscalationStage.WARNING_1, letters, moment) is Precondition.STAGE_BEFORE
    assert not any(place.letter and place.letter.released_at for place in places(UNANSWERED, letters, due, moment))
    assert precondition(stage, letters, moment) is not None


def test_the_escalation_goes_stage_by_stage_and_ends() -> None:
    """Order, then three warnings, each a day after receipt of the previous letter; nothing after the third."""
    letters: list[EscalationLetter] = []
    moment = START
    for stage in (
        EscalationStage.ORDER,
        EscalationStage.WARNING_1,
        EscalationStage.WARNING_2,
        EscalationStage.WARNING_3,
    ):
        assert precondition(stage, letters, moment) is None
        assert not is_last_step(letters)
        letters.append(received(stage, moment))
        following = next((one for one, before in STAGE_BEFORE.items() if before is stage), None)
        if following:
            assert precondition(following, letters, moment + DAY - SECOND) is Precondition.CLOCK_RUNS
        moment += DAY
    assert is_last_step(letters)
    assert all(place.precondition is not None for place in places(UNANSWERED, letters, due, moment + 999 * DAY))


def test_a_warning_waits_for_a_provable_receipt() -> None:
    """Released does not mean received, however long ago."""
    letters = [EscalationLetter(EscalationStage.ORDER, START, START)]
    assert precondition(EscalationStage.WARNING_1, letters, START + 99 * DAY) is Precondition.NOT_RECEIVED


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (NoticeState.ANSWERED, Precondition.ENDED),
        (NoticeState.WITHDRAWN, Precondition.ENDED),
        (NoticeState.ASKED_BACK, Precondition.OUR_TURN),
        (NoticeState.RECEIVED, None),
        (NoticeState.SENT, None),
    ],
)
def test_only_an_unanswered_notice_has_an_order(state: NoticeState, expected: Precondition | None) -> None:
    """Answers and withdrawals stop the escalation; while we owe a correction the operator is not late."""
    assert precondition(EscalationStage.ORDER, [], START, NoticeStatus(state, sent=True)) is expected
    prepared = [EscalationLetter(EscalationStage.ORDER, START)]
    assert release_precondition(EscalationStage.ORDER, NoticeStatus(state, sent=True), prepared, due, START) is expected


def test_a_notice_that_was_not_sent_has_no_escalation() -> None:
    """Nobody could have answered it."""
    unsent = NoticeStatus(NoticeState.SENT, sent=False)
    assert all(place.precondition is Precondition.NOT_SENT for place in places(unsent, [], due, START))


def test_each_later_correction_may_have_a_clarification_of_its_own() -> None:
    """A released clarification with outdated words is replaced; one that is still correct is not repeated."""
    corrected = NoticeStatus(NoticeState.RECEIVED, sent=True, said_at=START)
    sent = EscalationLetter(EscalationStage.CLARIFICATION, START + DAY, START + DAY)
    assert precondition(EscalationStage.CLARIFICATION, [sent], START + 2 * DAY, corrected) is Precondition.DONE_ALREADY
    again = NoticeStatus(NoticeState.RECEIVED, sent=True, said_at=START + 2 * DAY)
    assert precondition(EscalationStage.CLARIFICATION, [sent], START + 3 * DAY, again) is None
    second = EscalationLetter(EscalationStage.CLARIFICATION, START + 3 * DAY)
    assert (
        precondition(EscalationStage.CLARIFICATION, [sent, second], START + 3 * DAY, again) is Precondition.DONE_ALREADY
    )
    assert release_precondition(EscalationStage.CLARIFICATION, again, [sent, second], due, START + 3 * DAY) is None


def test_a_clarification_goes_with_a_correction() -> None:
    """Not before a correction was written; and not with outdated words."""
    assert precondition(EscalationStage.CLARIFICATION, [], START) is Precondition.NOTHING_CORRECTED
    corrected = NoticeStatus(NoticeState.RECEIVED, sent=True, said_at=START)
    assert precondition(EscalationStage.CLARIFICATION, [], START, corrected) is None
    prepared = [EscalationLetter(EscalationStage.CLARIFICATION, START)]
    assert release_precondition(EscalationStage.CLARIFICATION, corrected, prepared, due, START) is None
    again = replace(corrected, said_at=START + DAY)
    assert (
        release_precondition(EscalationStage.CLARIFICATION, again, prepared, due, START + DAY) is Precondition.OUTDATED
    )


def test_a_correction_that_nobody_has_read_costs_the_operator_nothing() -> None:
    """After it, a warning waits until the notice is opened again or a clarification is received, and one more day."""
    letters = [received(EscalationStage.ORDER, START)]
    corrected = NoticeStatus(NoticeState.RECEIVED, sent=True, said_at=START + DAY)
    later = START + 30 * DAY
    assert precondition(EscalationStage.WARNING_1, letters, later, corrected) is Precondition.WORD_NOT_RECEIVED
    opened = replace(corrected, due_at=later + DAY)
    assert precondition(EscalationStage.WARNING_1, letters, later, opened) is Precondition.CLOCK_RUNS
    assert precondition(EscalationStage.WARNING_1, letters, later + DAY, opened) is None
    by_letter = [*letters, EscalationLetter(EscalationStage.CLARIFICATION, START + DAY, START + 2 * DAY, later)]
    assert precondition(EscalationStage.WARNING_1, by_letter, later, corrected) is Precondition.CLOCK_RUNS
    assert precondition(EscalationStage.WARNING_1, by_letter, later + DAY, corrected) is None
