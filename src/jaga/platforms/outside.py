"""Adapters from other packages, found by entry points.

A package registers one in the group `jaga.adapters`; the entry point's name is the adapter's, and it refers to a module
(or any object) with `from_configuration`. It is imported only when a platform uses it, and its faults do not affect
other platforms.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import Capabilities
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.guard import Adapter, guarded

GROUP = "jaga.adapters"
ACTING = ("check", "observe", "preserve", "restrict", "deliver", "redact", "close", "restore", "read_public")
BY_NOTICE = ("check", "observe", "send")
Result = TypeVar("Result")


class AdapterBroken(JagaError):
    """A package's adapter cannot be used. Nothing was done; other platforms are unaffected."""

    code = "adapter_broken"
    status = 500
    sentence = N_("The adapter %(adapter)s of the package %(package)s cannot be used: %(why)s.")
    remedy = N_(
        "Correct or reinstall that package, then run `jaga platform adapters`; docs/new-adapter.md says what "
        "an adapter owes."
    )


def offered() -> dict[str, tuple[EntryPoint, ...]]:
    """Other packages' adapters by name; several under one name if packages conflict."""
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for point in entry_points(group=GROUP):
        if point not in found.get(point.name, ()):
            found[point.name] = (*found.get(point.name, ()), point)
    return found


def load(name: str, points: tuple[EntryPoint, ...]) -> object:
    """Import the entry point's object. Raises AdapterBroken."""
    if len(points) > 1:
        packages = " and ".join(sorted(package_of(point) for point in points))
        raise AdapterBroken(adapter=name, package=packages, why="two packages offer one of this name")
    (point,) = points
    module = _foreign_call(name, package_of(point), point.load)
    if not callable(getattr(module, "from_configuration", None)):
        raise AdapterBroken(
            adapter=name, package=package_of(point), why=f"{point.value} has no function from_configuration"
        )
    return module


def open_foreign(name: str, package: str, module: object, configuration: PlatformConfiguration) -> Adapter:
    """The guarded adapter after checking its interface. Raises AdapterBroken; its own JagaErrors pass through."""
    make: Callable[[PlatformConfiguration], Adapter] = module.from_configuration  # type: ignore[attr-defined]
    adapter = _foreign_call(name, package, lambda: make(configuration))
    declared = _foreign_call(name, package, lambda: adapter.capabilities())
    if not isinstance(declared, Capabilities):
        raise AdapterBroken(adapter=name, package=package, why="capabilities() gives no Capabilities")
    if declared.adapter != name:
        raise AdapterBroken(adapter=name, package=package, why=f"it declares itself as {declared.adapter!r}")
    owed = [*(BY_NOTICE if declared.by_notice else ACTING), *(["identify"] if declared.stable_id else [])]
    if lacking := [each for each in owed if not callable(getattr(adapter, each, None))]:
        raise AdapterBroken(adapter=name, package=package, why=f"it has no {', '.join(lacking)}")
    return _foreign_call(name, package, lambda: guarded(adapter, foreign=True))


def package_of(point: EntryPoint) -> str:
    """The name of the package that provides it."""
    return point.dist.name if point.dist else "?"


def _foreign_call(name: str, package: str, work: Callable[[], Result]) -> Result:
    try:
        return work()
    except JagaError:
        raise
    except (Exception, SystemExit) as error:  # Foreign code may raise anything; it is caught here.
        raise AdapterBroken(adapter=name, package=package, why=f"{type(error).__name__}: {str(error)[:200]}") from error
