"""Without the clearance nobody reaches a restricted case by any access function, list, count, letter or verb.

Every public function of the rooms `reads` and every verb that acts on an id is discovered from
the code. Each has a probe, or is listed with the reason why it needs none; a new one fails until it has either. A probe
runs twice for one person: with the clearance it finds something, without it nothing, so that a refusal cannot pass for
the wrong reason.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules, walk_packages
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from tests.casework.access_probes import NO_PROBE, PROBES
from tests.casework.closed_world import lose_clearance, make_closed
from tests.casework.verb_probes import NO_VERB_PROBE, VERB_PROBES
from tests.factories import World

import jaga
from jaga.core.actors import Actor
from jaga.core.errors import JagaError, NotFound, NotPermitted
from jaga.quality.models import AccessEvent


def test_every_access_has_a_probe_or_a_reason() -> None:
    """A new function fails here until somebody has decided who may call it."""
    found = {name for name, function in _public("reads") if not _of_a_row_in_hand(function)}
    assert found - set(PROBES) - set(NO_PROBE) == set()
    assert (set(PROBES) | set(NO_PROBE)) - {name for name, _ in _public("reads")} == set()
    assert not set(PROBES) & set(NO_PROBE)


def test_every_verb_by_a_number_has_a_probe_or_a_reason() -> None:
    """The same for verbs."""
    found = {name for name, function in _public("verbs", "kernel") if _acts_by_number(function)}
    assert found - set(VERB_PROBES) - set(NO_VERB_PROBE) == set()
    assert (set(VERB_PROBES) | set(NO_VERB_PROBE)) - found == set()
    assert not set(VERB_PROBES) & set(NO_VERB_PROBE)


def _modules(room: str) -> Iterator[str]:
    for subject in iter_modules(jaga.__path__):
        place = f"jaga.{subject.name}.{room}"
        if subject.ispkg and find_spec(place):
            yield place
            yield from (one.name for one in walk_packages(getattr(import_module(place), "__path__", ()), f"{place}."))


def _public(*rooms: str) -> Iterator[tuple[str, Callable[..., Any]]]:
    for found in (one for room in rooms for one in _modules(room)):
        module = import_module(found)
        for name, function in vars(module).items():
            if not name.startswith("_") and inspect.isfunction(function) and function.__module__ == module.__name__:
                yield f"{found.removeprefix('jaga.')}.{name}", function


def _of_a_row_in_hand(function: Callable[..., Any]) -> bool:
    """It takes a row that a gate returned, and no id, so it cannot reveal another row."""
    parameters = inspect.signature(function).parameters
    return "actor" not in parameters and any(
        str(one.annotation).split(".")[-1].rstrip("'>") in {"Case", "Decision", "Report", "Notice", "Vote"}
        or re.match(r"collections\.abc\.Iterable\[jaga\.\w+\.models", str(one.annotation))
        for one in parameters.values()
    )


def _acts_by_number(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters
    return "actor" in parameters and any(
        name.endswith("_id") and one.annotation is int for name, one in parameters.items()
    )


def test_no_access_and_no_verb_comes_to_a_closed_case_without_the_clearance(world: World) -> None:
    """With the clearance each access finds a case (an empty list proves nothing) and no verb says that it does not
    exist; without it no access finds any, and each verb says exactly that. No access is logged.
    """
    at = make_closed(world)
    assert [name for name, probe in PROBES.items() if not _found(probe, at, at.me)] == []
    assert {
        name: said
        for name, verb in VERB_PROBES.items()
        if (said := _said(verb, at, at.me)) in ("not_found", "not_permitted")
    } == {}
    lose_clearance(at.me)
    event = set(AccessEvent.objects.values_list("pk", flat=True))
    assert [name for name, probe in PROBES.items() if _found(probe, at, at.me)] == []
    assert {name: said for name, verb in VERB_PROBES.items() if (said := _said(verb, at, at.me)) != "not_found"} == {}
    assert not AccessEvent.objects.filter(case__clearance__gt="").exclude(pk__in=event).exists()


def _found(probe: Callable[[Any, Actor], Any], at: SimpleNamespace, me: Actor) -> bool:
    point = transaction.savepoint()
    try:
        return bool(probe(at, me))
    except (NotFound, NotPermitted):
        return False
    finally:
        transaction.savepoint_rollback(point)


def _said(verb: Callable[[Any, Actor], Any], at: SimpleNamespace, me: Actor) -> str:
    point = transaction.savepoint()
    try:
        verb(at, me)
    except JagaError as refused:
        return refused.code
    finally:
        transaction.savepoint_rollback(point)
    return "done"
