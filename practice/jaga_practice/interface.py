"""The interface that `jaga` uses: settings check, services and people, story, and subcommand of the practice world."""

from contextlib import ExitStack
from typing import Protocol

from jaga.app import config
from jaga.app.services.supervisor import Child
from jaga.app.stopping import Practice, PracticeStage
from jaga.core.errors import N_, JagaError
from jaga.core.terms.people import HostKind
from jaga.policy.release import jurisdiction
from jaga_practice import synapse
from jaga_practice.chat_stage import ChatStage
from jaga_practice.commands import practice as command

_FIRST = "ID"
"""The jurisdiction of the long stories; every other one has the short story in English."""


class NoStoryOfAuthority(JagaError):
    """Only the first release has a practice story for an authority's installation."""

    code = "no_story_of_authority"
    sentence = N_("The release for %(place)s has a practice story for an operator only.")
    remedy = N_("Leave HOST out, or start an empty installation with PRACTICE=0.")


class _Story(Protocol):
    def prepare(self, stage: ChatStage, parts: ExitStack) -> list[Child]: ...

    def run(self, stage: ChatStage) -> int: ...


__all__ = ["check", "command", "prepare"]


def _operators_story() -> _Story:
    from jaga_practice import story
    from jaga_practice.union import story as short_story

    return story if jurisdiction().code == _FIRST else short_story


def check() -> None:
    """Check the settings. Raises WrongPort, SamePort, NoStoryOfAuthority."""
    if config.host() is HostKind.OPERATOR:
        synapse.port()
    elif jurisdiction().code != _FIRST:
        raise NoStoryOfAuthority(place=jurisdiction().code)


def prepare(stage: PracticeStage, parts: ExitStack) -> Practice:
    """Start the services of the invented world and create its people."""
    if config.host() is HostKind.AUTHORITY:
        from jaga_practice.ministry import story as ministry_story

        children = ministry_story.prepare(stage, parts)
        return Practice(children, lambda: ministry_story.run(stage))
    story = _operators_story()
    server = synapse.start(stage.home, synapse.port(), config.project_folder() / ".synapse-venv")
    parts.callback(server.stop)
    stage.say(f"The practice platform, a real Synapse, answers: {server.base_url}")
    chat = ChatStage(stage.base_url, stage.home, stage.say, server)
    children = story.prepare(chat, parts)
    return Practice(children, lambda: story.run(chat))
