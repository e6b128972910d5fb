"""Reading a platform's block with errors that name the block and the field."""

from jaga.core.errors import N_, JagaError
from jaga.platforms.kit.configuration import PlatformConfiguration


class BlockIncomplete(JagaError):
    """A platform's block lacks something or holds an unknown choice; no connection was made."""

    code = "platform_block_incomplete"
    status = 500
    sentence = N_("The block [%(platform)s] in platforms.toml needs %(field)s: %(why)s.")
    remedy = N_("Add it as docs/adapters.md shows, then run `jaga platform check %(platform)s`.")


def credential(configuration: PlatformConfiguration, name: str) -> str:
    """The credential called `name`. Raises BlockIncomplete."""
    if value := configuration.credentials.get(name):
        return value
    raise BlockIncomplete(platform=configuration.name, field=f"credentials.{name}", why="there is none")


def option(configuration: PlatformConfiguration, name: str, choices: tuple[str, ...]) -> str:
    """The option called `name`, the first choice by default. Raises BlockIncomplete for one that is no choice."""
    value = configuration.options.get(name, choices[0])
    if value not in choices:
        why = f"one of {', '.join(choices)}"
        raise BlockIncomplete(platform=configuration.name, field=f"options.{name}", why=why)
    return value
