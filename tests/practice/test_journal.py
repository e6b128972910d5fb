"""The practice story: finished steps are not repeated, missing steps are played later, and a text appears only after
its event.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from jaga.app.stopping import PracticeStage, Stopped, stopping_on_signals
from jaga_practice.journal import Journal, play
from jaga_practice.narrator import Narrator, StoryFailed


class Interrupted(BaseException):
    """Stands for Ctrl-C."""


class World:
    """A story of three acts with two steps each; each error is raised once, when the story reaches its name."""

    def __init__(self, **troubles: BaseException) -> None:
        self.done: list[str] = []
        self.troubles = troubles

    def does(self, name: str) -> str:
        self.trouble(f"before_{name}")
        self.done.append(name)
        return f"made by {name}"

    def trouble(self, name: str) -> None:
        if name in self.troubles:
            raise self.troubles.pop(name)

    def once(self, name: str) -> bool:
        return self.troubles.pop(name, None) is not None


class Telling(Narrator):
    """A narrator for this story."""

    world: World

    def part(self, name: str) -> None:
        made = self.memory.deed(f"{name} one", lambda: self.world.does(f"{name}_one"))
        self.say(f"{name} began: {made}")
        self.world.trouble(f"between_{name}")
        self.check("that it began", lambda: f"{name}_one" in self.world.done)
        self.deed(f"{name} two", lambda: self.world.does(f"{name}_two"))
        _, after = self.until("the end", lambda: "seen")
        self.say(f"{name} ended, {after} later")


def first(telling: Telling) -> None:
    telling.part("first")


def second(telling: Telling) -> None:
    telling.part("second")


def third(telling: Telling) -> None:
    telling.part("third")


ACTS = (first, second, third)
_ALL = [f"{name}_{part}" for name in ("first", "second", "third") for part in ("one", "two")]


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def stage(tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> PracticeStage:
    monkeypatch.setenv("JAGA_HOME", str(tmp_path))
    (tmp_path / "practice").mkdir()
    return PracticeStage("http://127.0.0.1:1", tmp_path, said.append)


def _told(stage: PracticeStage, world: World) -> int:
    kept = Journal(stage)

    def signed_in() -> Telling:
        telling = Telling(stage, {}, {}, kept.memory)
        object.__setattr__(telling, "world", world)
        return telling

    return play(kept, ACTS, signed_in)


def _lines(said: list[str]) -> list[str]:
    return [" ".join(line.split()[:2]).rstrip(":,") for line in said if line.startswith(("first", "second", "third"))]


_LINES = [f"{name} {verb}" for name in ("first", "second", "third") for verb in ("began", "ended")]


def test_a_story_that_was_seen_is_not_repeated(stage: PracticeStage, said: list[str]) -> None:
    """A story that was seen is not played again and still counts as seen."""
    world = World()
    assert _told(stage, world) == 0
    assert _told(stage, world) == 0
    assert (world.done, _lines(said)) == (_ALL, _LINES)
    assert "nothing is repeated" in said[-1]


_FAILURES = (lambda: StoryFailed(what="that", logs="log"), lambda: httpx.ConnectError("nobody is there"))


@pytest.mark.parametrize(
    ("where", "make"),
    [
        ("between_second", Interrupted),  # within a deed Ctrl-C waits: see below
        *(
            (where, make)
            for where in ("before_second_one", "between_second", "before_second_two")
            for make in _FAILURES
        ),
    ],
)
def test_an_interrupted_story_goes_on_where_it_stood(
    stage: PracticeStage,
    said: list[str],
    where: str,
    make: Callable[[], BaseException],
) -> None:
    """Wherever it was interrupted, each step is done once, each line is printed once, and the story counts as seen at
    its end.
    """
    world = World(**{where: make()})
    if make is Interrupted:
        with pytest.raises(Interrupted):
            _told(stage, world)
    else:
        assert _told(stage, world) == 1
    assert "third_one" not in world.done
    assert _told(stage, world) == 0
    assert (world.done, _lines(said)) == (_ALL, _LINES)


def test_a_time_over_an_interruption_is_not_called_seconds(stage: PracticeStage, said: list[str]) -> None:
    """A duration that spans an interruption was not measured, so it is not given in seconds."""

    class Late(World):
        def does(self, name: str) -> str:
            made = super().does(name)
            if name == "second_two" and self.once("after"):
                os.kill(os.getpid(), signal.SIGINT)
            return made

    world = Late(after=Interrupted())
    with pytest.raises(Stopped), stopping_on_signals():
        _told(stage, world)
    assert _told(stage, world) == 0
    assert "second ended, some time later" in said
    assert (world.done, _lines(said)) == (_ALL, _LINES)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_waits_for_the_end_of_a_deed(stage: PracticeStage, said: list[str], number: signal.Signals) -> None:
    """Ctrl-C waits until the current step is finished and recorded, so it is not repeated."""

    class Pressed(World):
        def does(self, name: str) -> str:
            if name == "second_one" and self.once("press"):
                os.kill(os.getpid(), number)
            return super().does(name)

    world = Pressed(press=Interrupted())
    with pytest.raises(Stopped), stopping_on_signals():
        _told(stage, world)
    assert world.done[-1] == "second_one"
    assert "second began" not in _lines(said)
    assert _told(stage, world) == 0
    assert (world.done, _lines(said)) == (_ALL, _LINES)


def test_what_was_cut_off_within_a_deed_is_said_and_not_guessed(stage: PracticeStage, said: list[str]) -> None:
    """After kill -9 within a step, each start says that this part was cut off and what to do; the other parts are
    played.
    """
    world = World(before_second_two=Interrupted())
    with pytest.raises(Interrupted):
        _told(stage, world)
    assert _told(stage, world) == 1
    assert _told(stage, world) == 1
    assert _told(stage, world) == 1
    assert [one for one in world.done if one != "second_two"] == [one for one in _ALL if one != "second_two"]
    assert "second_two" not in world.done
    last = [line for line in said if "second two" in line][-1]
    assert "another JAGA_HOME does" in last


def test_what_fails_again_keeps_no_later_part_back(stage: PracticeStage, said: list[str]) -> None:
    """A step that fails a second time is skipped: the story goes on, and does not count as seen."""

    class Broken(World):
        def trouble(self, name: str) -> None:
            if name == "between_second":
                raise StoryFailed(what="that", logs="log")

    world = Broken()
    assert _told(stage, world) == 1
    assert "third_two" not in world.done
    assert _told(stage, world) == 1
    assert "third_two" in world.done
    assert any("goes on where it stood; another JAGA_HOME begins it anew" in line for line in said)
