"""Opens the adapter for a block of `platforms.toml`.

Adapter `x` is the module `jaga.platforms.x` with a function `from_configuration`, or one another package registers
under that name (`platforms.outside`). Jaga's own takes precedence.
"""

import re
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules
from types import ModuleType
from typing import Any, cast

import jaga.platforms
from jaga.core.errors import N_, JagaError
from jaga.core.platforms import PlatformUnreachable
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.guard import Adapter, Check, guarded
from jaga.platforms.outside import AdapterBroken, load, offered, open_foreign, package_of


class UnknownAdapter(JagaError):
    """No adapter has that name."""

    code = "unknown_adapter"
    status = 500
    sentence = N_("There is no adapter called %(adapter)s for the platform %(platform)s.")
    remedy = N_("Correct `adapter` in platforms.toml; docs/adapters.md names the adapters and shows how to add one.")


def open_adapter(configuration: PlatformConfiguration) -> Adapter:
    """The guarded adapter of one platform (`has_hands` or `by_notice`).

    Does not connect yet.

    Raises UnknownAdapter, or ConfigurationInvalid for a missing credential or unknown option.
    """
    name = configuration.adapter
    if (module := _own(name)) is not None:
        return guarded(cast(Adapter, module.from_configuration(configuration)))
    module, package = _foreign(configuration)
    return open_foreign(name, package, module, configuration)


def module_of(configuration: PlatformConfiguration) -> object:
    """The adapter's module. Raises UnknownAdapter if there is none, AdapterBroken if it cannot be used."""
    return _own(configuration.adapter) or _foreign(configuration)[0]


def adapters() -> dict[str, str]:
    """Every available adapter, and its package or fault."""
    found = {module.name: "part of Jaga" for module in iter_modules(jaga.platforms.__path__) if _own(module.name)}
    for name, points in offered().items():
        packages = " and ".join(sorted(map(package_of, points)))
        if name in found:
            found[name] += f"; the one of {packages} is not used"
            continue
        try:
            load(name, points)
            found[name] = f"from {packages}"
        except AdapterBroken as broken:
            found[name] = f"BROKEN: {broken.english()}"
    return found


def _own(name: str) -> ModuleType | None:
    place = f"jaga.platforms.{name}"
    if re.fullmatch(r"[a-z][a-z0-9_]*", name) and find_spec(place) is not None:
        module = import_module(place)
        if hasattr(module, "from_configuration"):
            return module
    return None


def _foreign(configuration: PlatformConfiguration) -> tuple[Any, str]:
    """The object another package registers under that name, and the package."""
    points = offered().get(configuration.adapter)
    if points is None:
        raise UnknownAdapter(adapter=configuration.adapter, platform=configuration.name)
    return load(configuration.adapter, points), package_of(points[0])


def hook_keys(configuration: PlatformConfiguration) -> tuple[str, ...]:
    """Public keys of the platform's signed messages, for the web server; empty if it sends none.

    Raises what `open_adapter` raises.
    """
    found = getattr(module_of(configuration), "answer_keys", None)
    return () if found is None else tuple(found(configuration))


def names_keys(configuration: PlatformConfiguration) -> bool:
    """Whether the adapter has an option for such keys. Raises what `open_adapter` raises."""
    return hasattr(module_of(configuration), "answer_keys")


def check(configuration: PlatformConfiguration) -> list[Check]:
    """Check the configuration on the real platform without changing anything.

    An unreachable one is a failed check.

    Raises what `open_adapter` raises.
    """
    adapter = open_adapter(configuration)
    try:
        return list(adapter.check())
    except PlatformUnreachable as error:
        return [Check("reachable", False, f"{error.english()} ({error.params.get('why', error.code)})")]
