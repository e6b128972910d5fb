"""From a block of `platforms.toml` to an adapter.

The adapter `x` is the module `jaga.platforms.x` with a function `from_configuration`; no list needs to know of it.
"""

import re
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import cast

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import PlatformUnreachable
from jaga.platforms.checks import Adapter, Check, HandsAdapter, NoticeAdapter, by_notice, has_hands, identifies
from jaga.platforms.configuration import PlatformConfiguration, read_stored
from jaga.platforms.credentials import (
    UnknownPlatform,
    configuration_of,
    load_configuration,
    load_configurations,
    save_configuration,
)
from jaga.platforms.guard import guarded
from jaga.platforms.sealing import KeyFile

__all__ = ["Adapter", "Check", "HandsAdapter", "KeyFile", "NoticeAdapter", "PlatformConfiguration", "UnknownAdapter",
           "UnknownPlatform", "by_notice", "check", "configuration_of", "has_hands", "hook_keys", "identifies",
           "load_configuration", "load_configurations", "module_of", "open_adapter", "read_stored",
           "save_configuration"]


class UnknownAdapter(JagaError):
    """No module of that name offers an adapter."""

    code = "unknown_adapter"
    status = 500
    sentence = N_("There is no adapter called %(adapter)s for the platform %(platform)s.")
    remedy = N_("Correct `adapter` in platforms.toml; docs/adapters.md names the adapters and shows how to add one.")


def open_adapter(configuration: PlatformConfiguration) -> Adapter:
    """The adapter for one platform, guarded: with hands or by notice (`has_hands`, `by_notice`). No connection yet.

    Raises UnknownAdapter, or ConfigurationInvalid where the adapter misses a credential or does not know an option.
    """
    return guarded(cast(Adapter, module_of(configuration).from_configuration(configuration)))


def module_of(configuration: PlatformConfiguration) -> ModuleType:
    """The adapter's module. Raises UnknownAdapter where there is none, or it offers no adapter."""
    name = configuration.adapter
    place = f"jaga.platforms.{name}"
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and find_spec(place) is not None:
        module = import_module(place)
        if hasattr(module, "from_configuration"):
            return module
    raise UnknownAdapter(adapter=name, platform=configuration.name)


def hook_keys(configuration: PlatformConfiguration) -> tuple[str, ...]:
    """The public keys of the platform's own signed messages, for the web server; none where it sends none.

    Raises what `open_adapter` raises.
    """
    found = getattr(module_of(configuration), "answer_keys", None)
    return () if found is None else tuple(found(configuration))


def check(configuration: PlatformConfiguration) -> list[Check]:
    """Try the configuration on the real platform without changing anything there. An unreachable one is a failed check.

    Raises what `open_adapter` raises.
    """
    adapter = open_adapter(configuration)
    try:
        return list(adapter.check())
    except PlatformUnreachable as error:
        return [Check("reachable", False, f"{error.english()} ({error.params.get('why', error.code)})")]
