"""Reads a platform's block with errors that name block and field."""

from jaga.core.errors import N_, JagaError
from jaga.platforms.kit.configuration import PlatformConfiguration


class BlockIncomplete(JagaError):
    """A platform's block is incomplete or has an invalid choice; no connection was made."""

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
    """The option called `name`, by default the first choice. Raises BlockIncomplete for an invalid one."""
    value = configuration.options.get(name, choices[0])
    if value not in choices:
        why = f"one of {', '.join(choices)}"
        raise BlockIncomplete(platform=configuration.name, field=f"options.{name}", why=why)
    return value
