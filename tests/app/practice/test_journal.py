"""No act of a practice story is played twice, and what is missing is played later."""

from pathlib import Path

import pytest

from jaga.app.practice.journal import Journal, tell
from jaga.app.practice.telling import StoryFailed
from jaga.app.stage import Stage


class Interrupted(BaseException):
    """As Ctrl-C."""


class Telling:
    """Three acts that write down that they were played; `trouble` is raised by the second."""

    def __init__(self, trouble: BaseException | None = None) -> None:
        self.played: list[str] = []
        self.trouble = trouble


def first(telling: Telling) -> None:
    telling.played.append("first")


def second(telling: Telling) -> None:
    telling.played.append("second")
    if telling.trouble:
        raise telling.trouble


def third(telling: Telling) -> None:
    telling.played.append("third")


ACTS = (first, second, third)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    (tmp_path / "practice").mkdir()
    return Stage("http://127.0.0.1:1", tmp_path, lambda text: None)


def _told(stage: Stage, trouble: BaseException | None = None) -> tuple[int, list[str]]:
    telling = Telling(trouble)
    return tell(Journal(stage), ACTS, lambda: telling), telling.played


def test_a_story_that_was_seen_is_not_repeated(stage: Stage) -> None:
    """Nobody is even signed in for it, and it still counts as seen."""
    assert _told(stage) == (0, ["first", "second", "third"])
    assert _told(stage) == (0, [])


@pytest.mark.parametrize("trouble", [Interrupted(), StoryFailed(what="that", logs="log")])
def test_the_rest_follows_and_what_was_begun_is_not_repeated(stage: Stage, trouble: BaseException) -> None:
    """After Ctrl-C and after a failure alike; the story never counts as seen to its end."""
    if isinstance(trouble, Interrupted):
        with pytest.raises(Interrupted):
            _told(stage, trouble)
    else:
        assert _told(stage, trouble) == (1, ["first", "second"])
    assert _told(stage) == (1, ["third"])


@pytest.mark.parametrize(("word", "status"), [("the closure was observed on the server", 0), ("interrupted", 1)])
def test_an_older_installation_is_shown_what_it_lacks(stage: Stage, word: str, status: int) -> None:
    """Version 0.1.0 wrote one line; the acts that it had are not played again."""
    (stage.home / "practice" / "story-played").write_text(f"{word}\n")
    Journal(stage).adopt(["first", "second"])
    assert _told(stage) == (status, ["third"])
    Journal(stage).adopt(["first", "second"])
    assert _told(stage) == (status, [])
