"""A letter that was sent but not recorded is identical when it is sent again: on a platform without message keys only
its words show that it was sent.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.factories import World, decided_closure, in_review, vote
from tests.platforms.fake import FakePlatform

from jaga.actions import jobs as job
from jaga.actions.verbs import attempts
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Platform
from jaga.cases.models.decisions import Action, Decision, Statement
from jaga.cases.verbs.letters import say_day, say_moment
from jaga.core.actors import HOLDER
from jaga.core.clock import frozen, now
from jaga.core.platforms import Account, StepResult
from jaga.core.terms.cases import DecisionKind, OutcomeKind, Step
from jaga.core.terms.people import Language
from jaga.operators.models import Notice, PlatformHealth
from jaga.operators.verbs.notices import statement_for
from jaga.store.codes import appeal_code

EVENING = datetime.fromisoformat("2026-11-03T23:50:00+07:00")
PAUSES = [timedelta(minutes=3), timedelta(minutes=30), timedelta(hours=30)]


class Killed(BaseException):
    """Simulates the end of the process."""


class Letters:
    """A platform without message keys: the sender searches for the words."""

    def __init__(self) -> None:
        self.inbox: list[str] = []
        self.keys: list[str] = []
        self.answers: list[OutcomeKind | type[BaseException]] = []  # then it does as it says

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        self.keys.append(key)
        if text in self.inbox:
            return StepResult(OutcomeKind.ALREADY, "seen")
        answer = self.answers.pop(0) if self.answers else OutcomeKind.DONE
        if answer is not OutcomeKind.UNKNOWN:
            self.inbox.append(text)
        if isinstance(answer, OutcomeKind):
            return StepResult(answer, "seen")
        raise answer


@pytest.fixture(autouse=True)
def before_midnight(settings: Any) -> Iterator[None]:
    """Ten minutes before midnight in Jakarta, with the policy's times."""
    settings.UNDO_WINDOW_SECONDS = None
    with frozen(EVENING):
        yield


@pytest.fixture
def letters(fake: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> Letters:
    made = Letters()
    monkeypatch.setattr(fake, "deliver", made.deliver)
    return made


def agreed(world: World) -> int:
    """A closure on which two agreed, preceded by a restriction or only by its letter."""
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    return case_id


def carry_out(case_id: int) -> None:
    PlatformHealth.objects.update(open_until=None)
    Action.objects.update(next_attempt_at=None)
    job.carry_out(case_id)


def unable() -> None:
    platform = Platform.objects.get()
    platform.capabilities[Step.RESTRICT] = {**platform.capabilities[Step.RESTRICT], "supported": False}
    platform.save()


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("restricts", [True, False])
def test_before_a_closure(world: World, letters: Letters, restricts: bool, pause: timedelta) -> None:
    """Some minutes later, on another day, and after the time that it names: the holder has one letter."""
    if not restricts:
        unable()
    case_id = agreed(world)
    letters.answers = [Killed]
    with pytest.raises(Killed):
        carry_out(case_id)
    with frozen(now() + pause):
        carry_out(case_id)
        assert Statement.objects.get().delivered_at == now()
    assert (len(letters.inbox), len(set(letters.keys)), len(letters.keys)) == (1, 1, 2)


@pytest.mark.parametrize("pause", PAUSES)
def test_of_a_closure(world: World, letters: Letters, pause: timedelta) -> None:
    """Its letter names the last day for an appeal, and so does the repeat after midnight."""
    case_id = decided_closure(world)
    letters.answers = [Killed]
    with pytest.raises(Killed):
        carry_out(case_id)
    with frozen(now() + pause):
        carry_out(case_id)
    assert (len(letters.inbox), len(letters.keys)) == (1, 2)


def test_what_the_holder_does_meanwhile_changes_no_word(world: World, letters: Letters) -> None:
    """A holder who reads it opens the code's page before the worker is back."""
    case_id = decided_closure(world)
    letters.answers = [Killed]
    with pytest.raises(Killed):
        carry_out(case_id)
    with frozen(now() + timedelta(hours=1)):
        appeals.open_page(appeal_code(Decision.objects.get().pk), actor=HOLDER)
    with frozen(now() + timedelta(hours=2)):
        carry_out(case_id)
    assert len(letters.inbox) == 1


def test_a_letter_that_did_not_arrive_is_dated_anew_once_it_says_what_is_past(world: World, letters: Letters) -> None:
    """Until then attempts repeat the same letter, since one of them may have arrived."""
    unable()
    case_id = agreed(world)
    letters.answers = [OutcomeKind.UNKNOWN] * 2
    said = []
    for minutes in (0, 9, 40):
        with frozen(EVENING + timedelta(minutes=minutes)):
            carry_out(case_id)
            said.append(attempts.holder_text(Action.objects.earliest("pk").pk)[0])
    assert said[0] == said[1] != said[2]
    assert letters.inbox == [said[2]]
    until = EVENING + timedelta(minutes=50)
    assert say_moment(until, Language.INDONESIAN) in said[2]
    assert say_day(until + timedelta(days=184), Language.INDONESIAN) in said[2]


def test_an_operators_people_get_the_same_words_at_each_repeat(world: World, letters: Letters) -> None:
    """Also if the holder has opened the code's page since the notice was made."""
    decided_closure(world)
    action, notice = Action.objects.latest("pk"), Notice(created_at=EVENING)
    first = statement_for(action, notice)
    with frozen(now() + timedelta(hours=1)):
        appeals.open_page(appeal_code(Decision.objects.get().pk), actor=HOLDER)
    with frozen(now() + timedelta(hours=2)):
        assert statement_for(Action.objects.latest("pk"), notice) == first
