"""Remembers the steps of practice acts, so that an interrupted act continues where it stopped.

An act is replayed from its start, but completed steps return their stored result, and no line is printed twice. A step
is identified by its name and how often that name occurred in the act. Ctrl-C waits for the end of a step
(`stopping.finished_first`). If the process was killed during a step, it is unknown whether it was done.
"""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from jaga.app.stopping import finished_first
from jaga.core.errors import N_, JagaError

T = TypeVar("T")
_BEGUN, _DONE = "begun", "done"
_OPENING = "the opening"


class CutOff(JagaError):
    """A step was started but its end is unknown."""

    code = "story_cut_off"
    sentence = N_("The practice story was cut off just when this was done: %(step)s. It may have been done or not.")
    remedy = N_("This part cannot go on; the others do. To see it whole, begin anew.")


class Memory:
    """The steps of all acts as JSON lines in the practice folder. Results of steps must be JSON values."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._act = ""
        self._kept: dict[tuple[str, str, int], tuple[str, Any]] = {}
        self._times: Counter[str] = Counter()
        self._measuring = True

    def open(self, act: str) -> bool:
        """Start or continue an act; returns whether it was started before."""
        self._act, self._times, self._kept = act, Counter(), self._read()
        before = self.knows(act)
        self._measuring = not before
        if not before:
            self._note(_OPENING, 1, _DONE, None)
        return before

    def knows(self, act: str) -> bool:
        """Whether the act was started by a version that remembers steps."""
        return (act, _OPENING, 1) in self._read()

    def measures(self) -> bool:
        """Whether the last deed happened in this run, so that the time since is meaningful."""
        return self._measuring

    def deed(self, name: str, do: Callable[[], T]) -> T:
        """Do something once; returns its (stored) result. Raises CutOff if it is unknown whether it was done."""
        number = self._number(name)
        state, value = self._kept.get((self._act, name, number), ("", None))
        if state == _DONE:
            kept: T = value
            return kept
        if state == _BEGUN:
            raise CutOff(step=name)
        with finished_first():
            self._note(name, number, _BEGUN, None)
            try:
                made = do()
            except Exception as failed:
                # A refused or failed connection can be retried. A missing answer leaves it unknown.
                if not isinstance(failed, httpx.TransportError) or isinstance(failed, httpx.ConnectError):
                    self._note(name, number, "", None)
                raise
            self._note(name, number, _DONE, made)
            self._measuring = True
        return made

    def seen(self, name: str, observe: Callable[[], T]) -> T:
        """Observe something once; returns the (stored) result. Safe to interrupt, since observing changes nothing."""
        number = self._number(name)
        state, value = self._kept.get((self._act, name, number), ("", None))
        if state == _DONE:
            kept: T = value
            return kept
        made = observe()
        self._note(name, number, _DONE, made)
        return made

    def _number(self, name: str) -> int:
        self._times[name] += 1
        return self._times[name]

    def _note(self, name: str, number: int, state: str, value: object) -> None:
        line = json.dumps([self._act, name, number, state, value], ensure_ascii=False)
        self._path.touch(mode=0o600)
        with self._path.open("a") as file:
            file.write(f"{line}\n")

    def _read(self) -> dict[tuple[str, str, int], tuple[str, Any]]:
        kept: dict[tuple[str, str, int], tuple[str, Any]] = {}
        lines = self._path.read_text().splitlines() if self._path.exists() else []
        for line in lines:
            try:
                act, name, number, state, value = json.loads(line)
            except ValueError:  # interrupted while writing
                continue
            kept[act, name, number] = (state, value)
        return kept
