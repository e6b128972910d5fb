"""No letter of the ladder without those before it, and none by the passing of time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.ladder import (
    RUNG_BEFORE,
    Hurdle,
    LadderLetter,
    NoticeStanding,
    ends_here,
    places,
    release_hurdle,
)
from jaga.core.terms import NoticeState, Rung

START = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)
DAY, SECOND = timedelta(hours=24), timedelta(seconds=1)
UNANSWERED = NoticeStanding(NoticeState.RECEIVED, sent=True, due_at=START)


def due(start: datetime) -> datetime:
    return start + DAY


def hurdle(rung: Rung, letters: list[LadderLetter], moment: datetime,
           standing: NoticeStanding = UNANSWERED) -> Hurdle | None:
    return next(place for place in places(standing, letters, due, moment) if place.rung is rung).hurdle


def received(rung: Rung, at: datetime) -> LadderLetter:
    return LadderLetter(rung, at, at, at)


@dataclass
class Story:
    """A notice and its letters as people and time change them; every step asks the ladder first, as the verbs do."""

    moment: datetime = START
    standing: NoticeStanding = field(default_factory=lambda: NoticeStanding(NoticeState.SENT, sent=True))
    letters: list[LadderLetter] = field(default_factory=list)

    def act(self, what: str, rung: Rung, minutes: int) -> None:
        getattr(self, what)(rung, minutes)

    def wait(self, rung: Rung, minutes: int) -> None:
        self.moment += timedelta(minutes=minutes)

    def prepare(self, rung: Rung, minutes: int) -> None:
        if hurdle(rung, self.letters, self.moment, self.standing) is None:
            self.letters.append(LadderLetter(rung, self.moment))

    def release(self, rung: Rung, minutes: int) -> None:
        if release_hurdle(rung, self.standing, self.letters, due, self.moment) is None:
            self._change(rung, released_at=self.moment)

    def drop(self, rung: Rung, minutes: int) -> None:
        self.letters = [one for one in self.letters if one.rung is not rung or one.released_at is not None]

    def receive(self, rung: Rung, minutes: int) -> None:
        if any(one.rung is rung and one.released_at and not one.received_at for one in self.letters):
            self._change(rung, received_at=self.moment)

    def open_notice(self, rung: Rung, minutes: int) -> None:
        if self.standing.state in (NoticeState.SENT, NoticeState.RECEIVED) and self.standing.due_at is None:
            self.standing = replace(self.standing, state=NoticeState.RECEIVED, due_at=due(self.moment))

    def ask_back(self, rung: Rung, minutes: int) -> None:
        if self.standing.state is NoticeState.RECEIVED:
            self.standing = replace(self.standing, state=NoticeState.ASKED_BACK, due_at=None)

    def correct(self, rung: Rung, minutes: int) -> None:
        if self.standing.state is NoticeState.ASKED_BACK:
            self.standing = replace(self.standing, state=NoticeState.RECEIVED, said_at=self.moment)

    def answer(self, rung: Rung, minutes: int) -> None:
        if self.standing.state is NoticeState.RECEIVED and minutes % 7 == 0:
            self.standing = replace(self.standing, state=NoticeState.ANSWERED, due_at=None)

    def _change(self, rung: Rung, **changes: datetime) -> None:
        self.letters = [replace(one, **changes) if one.rung is rung else one for one in self.letters]


ACTS = st.tuples(
    st.sampled_from(["wait", "prepare", "prepare", "release", "receive", "drop", "open_notice", "ask_back", "correct",
                     "answer"]),
    st.sampled_from(list(Rung)), st.integers(0, 60 * 48))


@given(st.lists(ACTS, max_size=120))
def test_no_story_reaches_a_warning_without_what_comes_before_it(acts: list[tuple[str, Rung, int]]) -> None:
    """Whatever people, operators and clocks do in whatever order: the letter before was released, provably received,
    and its time had run when the next one was prepared."""
    story = Story()
    for what, rung, minutes in acts:
        before = list(story.letters)
        story.act(what, rung, minutes)
        if what not in ("prepare", "release", "receive", "drop"):
            assert story.letters == before
    by_rung = {letter.rung: letter for letter in story.letters}
    assert len(by_rung) == len(story.letters)
    for letter in story.letters:
        needed = RUNG_BEFORE[letter.rung]
        if needed is not None:
            lower = by_rung[needed]
            assert lower.released_at is not None
            assert lower.received_at is not None
            assert due(lower.received_at) <= letter.prepared_at


@given(st.integers(0, 60 * 24 * 365 * 10), st.sampled_from(list(Rung)))
def test_time_alone_releases_nothing(minutes: int, rung: Rung) -> None:
    """A letter that was prepared and that nobody releases stays so; the rungs above it stay closed."""
    letters = [LadderLetter(Rung.ORDER, START)]
    moment = START + timedelta(minutes=minutes)
    assert hurdle(Rung.WARNING_1, letters, moment) is Hurdle.RUNG_BEFORE
    assert not any(place.letter and place.letter.released_at for place in places(UNANSWERED, letters, due, moment))
    assert hurdle(rung, letters, moment) is not None


def test_the_ladder_is_climbed_rung_by_rung_and_ends() -> None:
    """Order, then three warnings, each a day after the receipt of the one before; nothing after the third."""
    letters: list[LadderLetter] = []
    moment = START
    for rung in (Rung.ORDER, Rung.WARNING_1, Rung.WARNING_2, Rung.WARNING_3):
        assert hurdle(rung, letters, moment) is None
        assert not ends_here(letters)
        letters.append(received(rung, moment))
        following = next((one for one, before in RUNG_BEFORE.items() if before is rung), None)
        if following:
            assert hurdle(following, letters, moment + DAY - SECOND) is Hurdle.CLOCK_RUNS
        moment += DAY
    assert ends_here(letters)
    assert all(place.hurdle is not None for place in places(UNANSWERED, letters, due, moment + 999 * DAY))


def test_a_warning_waits_for_a_provable_receipt() -> None:
    """Released is not received, however long ago."""
    letters = [LadderLetter(Rung.ORDER, START, START)]
    assert hurdle(Rung.WARNING_1, letters, START + 99 * DAY) is Hurdle.NOT_RECEIVED


@pytest.mark.parametrize(("state", "expected"), [
    (NoticeState.ANSWERED, Hurdle.ENDED), (NoticeState.WITHDRAWN, Hurdle.ENDED),
    (NoticeState.ASKED_BACK, Hurdle.OUR_TURN), (NoticeState.RECEIVED, None), (NoticeState.SENT, None),
])
def test_only_an_unanswered_notice_has_an_order(state: NoticeState, expected: Hurdle | None) -> None:
    """Answered and withdrawn ones stop the ladder; while we owe a correction it is not the operator who is late."""
    assert hurdle(Rung.ORDER, [], START, NoticeStanding(state, sent=True)) is expected
    prepared = [LadderLetter(Rung.ORDER, START)]
    assert release_hurdle(Rung.ORDER, NoticeStanding(state, sent=True), prepared, due, START) is expected


def test_a_notice_that_was_not_sent_has_no_ladder() -> None:
    """Nobody could have answered it."""
    unsent = NoticeStanding(NoticeState.SENT, sent=False)
    assert all(place.hurdle is Hurdle.NOT_SENT for place in places(unsent, [], due, START))


def test_each_later_correction_may_have_a_clarification_of_its_own() -> None:
    """A released one that tells no longer what we said last makes way; one that still does is not repeated."""
    corrected = NoticeStanding(NoticeState.RECEIVED, sent=True, said_at=START)
    sent = LadderLetter(Rung.CLARIFICATION, START + DAY, START + DAY)
    assert hurdle(Rung.CLARIFICATION, [sent], START + 2 * DAY, corrected) is Hurdle.CLIMBED
    again = NoticeStanding(NoticeState.RECEIVED, sent=True, said_at=START + 2 * DAY)
    assert hurdle(Rung.CLARIFICATION, [sent], START + 3 * DAY, again) is None
    second = LadderLetter(Rung.CLARIFICATION, START + 3 * DAY)
    assert hurdle(Rung.CLARIFICATION, [sent, second], START + 3 * DAY, again) is Hurdle.CLIMBED
    assert release_hurdle(Rung.CLARIFICATION, again, [sent, second], due, START + 3 * DAY) is None


def test_a_clarification_goes_with_a_correction() -> None:
    """Not before one was written; and not with words that were overtaken meanwhile."""
    assert hurdle(Rung.CLARIFICATION, [], START) is Hurdle.NOTHING_CORRECTED
    corrected = NoticeStanding(NoticeState.RECEIVED, sent=True, said_at=START)
    assert hurdle(Rung.CLARIFICATION, [], START, corrected) is None
    prepared = [LadderLetter(Rung.CLARIFICATION, START)]
    assert release_hurdle(Rung.CLARIFICATION, corrected, prepared, due, START) is None
    again = replace(corrected, said_at=START + DAY)
    assert release_hurdle(Rung.CLARIFICATION, again, prepared, due, START + DAY) is Hurdle.OUTDATED


def test_a_correction_that_nobody_has_read_costs_the_operator_nothing() -> None:
    """After it, a warning waits until the notice is opened again, or a clarification is received, and a day more."""
    letters = [received(Rung.ORDER, START)]
    corrected = NoticeStanding(NoticeState.RECEIVED, sent=True, said_at=START + DAY)
    later = START + 30 * DAY
    assert hurdle(Rung.WARNING_1, letters, later, corrected) is Hurdle.WORD_NOT_RECEIVED
    opened = replace(corrected, due_at=later + DAY)
    assert hurdle(Rung.WARNING_1, letters, later, opened) is Hurdle.CLOCK_RUNS
    assert hurdle(Rung.WARNING_1, letters, later + DAY, opened) is None
    by_letter = [*letters, LadderLetter(Rung.CLARIFICATION, START + DAY, START + 2 * DAY, later)]
    assert hurdle(Rung.WARNING_1, by_letter, later, corrected) is Hurdle.CLOCK_RUNS
    assert hurdle(Rung.WARNING_1, by_letter, later + DAY, corrected) is None
