"""From a block of `platforms.toml` to an adapter.

The adapter `x` is the module `jaga.platforms.x` with a function `from_configuration`; no list needs to know of it.
"""

import re
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import PlatformUnreachable
from jaga.platforms.checks import Adapter, Check
from jaga.platforms.configuration import PlatformConfiguration, load_configurations, save_configuration

__all__ = ["Adapter", "Check", "PlatformConfiguration", "UnknownAdapter", "UnknownPlatform", "check",
           "configuration_of", "load_configurations", "open_adapter", "save_configuration"]


class UnknownAdapter(JagaError):
    """No module of that name offers an adapter."""

    code = "unknown_adapter"
    status = 500
    sentence = N_("There is no adapter called %(adapter)s for the platform %(platform)s.")
    remedy = N_("Correct `adapter` in platforms.toml; docs/adapters.md names the adapters and shows how to add one.")


class UnknownPlatform(JagaError):
    """`platforms.toml` has no block of that name, so nothing can be done there."""

    code = "unknown_platform"
    status = 500
    sentence = N_("There is no configuration for the platform %(platform)s.")
    remedy = N_("Add its block to platforms.toml as docs/adapters.md shows, then run `jaga platform check`.")


def open_adapter(configuration: PlatformConfiguration) -> Adapter:
    """The adapter for one platform. Opens no connection yet.

    Raises UnknownAdapter, or ConfigurationInvalid where the adapter misses a credential or does not know an option.
    """
    name = configuration.adapter
    module = f"jaga.platforms.{name}"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name) or find_spec(module) is None:
        raise UnknownAdapter(adapter=name, platform=configuration.name)
    opener = getattr(import_module(module), "from_configuration", None)
    if opener is None:
        raise UnknownAdapter(adapter=name, platform=configuration.name)
    return cast(Adapter, opener(configuration))


def configuration_of(configurations: dict[str, PlatformConfiguration], name: str) -> PlatformConfiguration:
    """The block called `name`. Raises UnknownPlatform."""
    try:
        return configurations[name]
    except KeyError:
        raise UnknownPlatform(platform=name) from None


def check(configuration: PlatformConfiguration) -> list[Check]:
    """Try the configuration on the real platform without changing anything there. An unreachable one is a failed check.

    Raises what `open_adapter` raises.
    """
    adapter = open_adapter(configuration)
    try:
        return list(adapter.check())
    except PlatformUnreachable as error:
        return [Check("reachable", False, f"{error.english()} ({error.params.get('why', error.code)})")]
