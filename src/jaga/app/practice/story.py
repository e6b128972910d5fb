"""The practice story: the whole way of a report, walked once on a real chat server through what people can use.

Public form, authority API, console and appeal page over HTTP; the chat as its members use it. Nothing here calls a verb.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from jaga.app.practice import chat, world
from jaga.app.practice.officers import Officer, RequestRefused
from jaga.app.practice.reporters import Reporter
from jaga.app.practice.reviewers import Judgement, Reviewer
from jaga.app.practice.visitor import Visitor
from jaga.app.stage import Stage
from jaga.core.clock import now
from jaga.core.errors import JagaError

T = TypeVar("T")
_PATIENCE = 60.0
CLOSING = Judgement("close", "kuhp_407", "Akun ini menawarkan jasa lewat pesan di ruang umum Pasar Yogya.")
RESTRICTING = Judgement("restrict", "uu_21_2007_2", "Tawaran kerja ini punya tanda-tanda perdagangan orang.")


class StoryFailed(JagaError):
    """Something that the story waits for did not happen."""

    code = "story_failed"
    sentence = "The practice story did not see this: %(what)s."
    remedy = "Look at the logs in %(logs)s; `make run` goes on serving, so that you can look at the case."


@dataclass(frozen=True)
class _Told:
    """Where the story stands and how it speaks."""

    stage: Stage
    place: world.World
    members: dict[str, chat.ChatAccount]
    reviewers: dict[str, Reviewer]
    ministry: Officer
    police: Officer

    def say(self, text: str) -> None:
        self.stage.say(text)

    def until(self, what: str, look: Callable[[], T]) -> tuple[T, float]:
        """Look until there is something to see; returns it and the seconds waited. Raises StoryFailed."""
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE:
            seen = look()
            if seen:
                return seen, time.monotonic() - began
            time.sleep(0.1)
        raise StoryFailed(what=what, logs=self.stage.home / "log")


def _played(stage: Stage) -> Path:
    return stage.home / "practice" / "story-played"


def prepare(stage: Stage) -> None:
    """Organisations, people, keys, rooms and the platform's access, before web server and worker start."""
    world.build(stage.synapse, stage.home)


def run(stage: Stage) -> int:
    """Play the story, once for each practice installation; 0 only if the closure was observed on the server."""
    place = world.build(stage.synapse, stage.home)
    if _played(stage).exists():
        stage.say("The story was played here before, so nothing is repeated (`make fresh` begins anew).")
        _credentials(stage, place)
        return 0 if _played(stage).read_text().strip() == "closed and seen" else 1
    began = time.monotonic()
    told = _Told(
        stage, place, world.chat_members(stage.synapse, stage.home, place),
        {name: Reviewer.sign_in(stage.base_url, name, place.passwords[name])
         for name in (*world.REVIEWERS, world.SUPERVISOR)},
        Officer(stage.base_url, place.officer_keys[world.MINISTRY]),
        Officer(stage.base_url, place.officer_keys[world.POLICE]),
    )
    try:
        closed = _a_report_becomes_a_closure(told)
        _two_disagree_and_a_supervisor_settles(told)
        _a_victim_comes_first(told)
        _the_wrong_account_comes_back(told)
        _the_police_receive_a_sealed_export(told)
        _figures(told)
        _leave_some_open(told)
    except StoryFailed as failed:
        stage.say(failed.english())
        _credentials(stage, place)
        return 1
    _played(stage).write_text("closed and seen\n" if closed else "not seen\n")
    stage.say(f"The story took {time.monotonic() - began:.0f} s.")
    _credentials(stage, place)
    return 0 if closed else 1
