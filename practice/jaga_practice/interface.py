"""The interface that `jaga` uses: settings check, services and people, story, and subcommand of the practice world."""

from contextlib import ExitStack

from jaga.app import config
from jaga.app.stage import Practice, PracticeStage
from jaga.core.terms import HostKind
from jaga_practice import synapse
from jaga_practice.chat_stage import ChatStage
from jaga_practice.commands import practice as command

__all__ = ["check", "command", "prepare"]


def check() -> None:
    """Check the settings. Raises WrongPort, SamePort."""
    if config.host() is HostKind.OPERATOR:
        synapse.port()


def prepare(stage: PracticeStage, parts: ExitStack) -> Practice:
    """Start the services of the invented world and create its people."""
    if config.host() is HostKind.AUTHORITY:
        from jaga_practice.ministry import story as ministry_story

        children = ministry_story.prepare(stage, parts)
        return Practice(children, lambda: ministry_story.run(stage))
    from jaga_practice import story

    server = synapse.start(stage.home, synapse.port(), config.project_folder() / ".synapse-venv")
    parts.callback(server.stop)
    stage.say(f"The practice platform, a real Synapse, answers: {server.base_url}")
    chat = ChatStage(stage.base_url, stage.home, stage.say, server)
    children = story.prepare(chat, parts)
    return Practice(children, lambda: story.run(chat))
