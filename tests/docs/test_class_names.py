"""One class name has one meaning: a reader of `LedgerMark` knows which one is meant."""

import ast
from collections import defaultdict
from collections.abc import Mapping

from tests.docs.pages import ROOT, tree

SOURCE = ROOT / "src" / "jaga"
OWN_NAMES = ("client/",)
"""The client is a package of its own for other people's programs: its values are called as the API calls them."""
ADAPTERS = "platforms/"
"""Adapters stand beside each other, each behind the same protocol; nothing imports two of them."""
ALLOWED: Mapping[str, str] = {}
"""By name the reason why two modules may both have a class that is called so."""


def _places() -> dict[str, list[str]]:
    """The modules that define each class name at their top level. Private names are visible only in their own
    module.
    """
    found = defaultdict[str, list[str]](list)
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" in path.parts:  # Django wants each of them to hold a `Migration`
            continue
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].append(path.relative_to(SOURCE).as_posix())
    return found


def _shared(places: list[str]) -> list[str]:
    """The modules without the client's own; of adapters at most one counts."""
    ours = [place for place in places if not place.startswith(OWN_NAMES)]
    return ours if any(not place.startswith(ADAPTERS) for place in ours) else ours[:1]


def test_a_class_name_means_one_thing() -> None:
    """Otherwise a search finds both, and an import of the wrong one still runs."""
    places = _places()
    twice = {name: shared for name, where in places.items() if len(shared := _shared(where)) > 1}
    assert {name: where for name, where in twice.items() if name not in ALLOWED} == {}
    assert ALLOWED.keys() <= twice.keys()  # a reason that is needed no more goes
