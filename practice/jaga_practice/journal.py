"""Records which acts of a practice story were started and completed in this installation.

Nothing is done twice: an interrupted act continues where it stopped (`memory`). An installation made by an older
version gets the missing acts.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import httpx

from jaga.app.config import host, story_over
from jaga.app.stopping import PracticeStage
from jaga.core.errors import JagaError
from jaga.core.terms.people import HostKind
from jaga_practice.memory import CutOff, Memory
from jaga_practice.officers import RequestRefused
from jaga_practice.visitor import PageRefused

T = TypeVar("T")
_BEGUN, _NOT_SEEN, _SEEN = "begun", "not seen", "seen"


class Journal:
    """A file in the practice folder with one line for each change of an act; the last line of an act counts."""

    def __init__(self, stage: PracticeStage) -> None:
        self.say, self._path = stage.say, stage.home / "practice" / "story"
        self.memory = Memory(stage.home / "practice" / "story-steps")

    def left(self, acts: Sequence[str]) -> list[str]:
        """The acts that were never started, or can be continued."""
        states = self._read()
        return [act for act in acts if act not in states or (states[act] != _SEEN and self.memory.knows(act))]

    def unseen(self, acts: Sequence[str]) -> list[str]:
        """The acts that were not completed."""
        states = self._read()
        return [act for act in acts if states.get(act) != _SEEN]

    def lost(self, acts: Sequence[str]) -> list[str]:
        """The acts started by a version that cannot continue them."""
        return [act for act in self.unseen(acts) if act not in self.left([act])]

    def failed_before(self, act: str) -> bool:
        """Whether the act failed when last played, rather than being interrupted."""
        return self._read().get(act) == _NOT_SEEN

    def play(self, name: str, act: Callable[[], None]) -> bool:
        """Play an act or the rest of it and record the result; returns False after a failure, which is printed."""
        if self.memory.open(name):
            self.say(f"The part “{_title(name)}” had not come to its end here. It goes on where it stood.")
        self._write(name, _BEGUN)
        well = self.went_well(act)
        self._write(name, _SEEN if well else _NOT_SEEN)
        return well

    def went_well(self, act: Callable[[], None]) -> bool:
        """Run a part of the story. Failures are printed and returned as False, so that the installation goes on."""
        try:
            act()
        except CutOff as cut:
            self.say(f"{cut.english()} {_anew()} does.")
        except JagaError as failed:
            self._say_what_failed(failed.english())
        except (PageRefused, RequestRefused) as refused:
            self._say_what_failed(f"A page or the API refused what the story did: {refused}")
        except httpx.HTTPError as silent:
            self._say_what_failed(f"A server of this installation did not answer the story as it should: {silent}")
        else:
            return True
        return False

    def _say_what_failed(self, what: str) -> None:
        self.say(what)
        self.say(f"Started again, the story goes on where it stood; {_anew()} begins it anew.")

    def _write(self, act: str, state: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{act}: {state}\n")

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        lines = (line.partition(": ") for line in self._path.read_text().splitlines())
        return {act: state for act, _, state in lines}


def play(journal: Journal, acts: Sequence[Callable[[T], None]], signed_in: Callable[[], T]) -> int:
    """Play the acts that are not completed, in order, up to the first new failure; returns 0 if all are completed.

    An act that fails again does not stop later ones. `signed_in` is called only if there are acts to play.
    """
    by_name = {act.__name__: act for act in acts}
    left = journal.left(list(by_name))
    _say_what_was_before(journal, list(by_name), left)
    story_over().unlink(missing_ok=True)
    everybody: list[T] = []
    if left and journal.went_well(lambda: everybody.append(signed_in())):
        for name in left:
            again = journal.failed_before(name)
            if not journal.play(name, partial(by_name[name], everybody[0])) and not again:
                break
    story_over().parent.mkdir(parents=True, exist_ok=True)
    story_over().touch()  # from now on people get a longer undo window
    return 1 if journal.unseen(list(by_name)) else 0


def _say_what_was_before(journal: Journal, acts: Sequence[str], left: Sequence[str]) -> None:
    if len(left) == len(acts):
        return
    lost = journal.lost(acts)
    rest = f"its last {len(left)} of {len(acts)} parts follow" if left else f"{_anew()} begins anew"
    journal.say(f"The story was played here before, so nothing is repeated; {rest}.")
    if lost:
        titles = " and ".join(f"“{_title(name)}”" for name in lost)
        journal.say(
            f"It was interrupted in {titles} by a version of Jaga that cannot go on there. What is missing of "
            f"it stays away; {_anew()} begins anew."
        )


def _title(act: str) -> str:
    return act.replace("_", " ")


def _anew() -> str:
    """How to start the story afresh."""
    if os.environ.get("JAGA_HOME"):
        return "another JAGA_HOME"
    return "`make fresh HOST=authority`" if host() is HostKind.AUTHORITY else "`make fresh`"
