"""Pages read views: no database row reaches `web`, not even the one behind a case's view."""

import ast
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from typing import Any, get_args, get_type_hints

from django.db.models import Model

import jaga
from jaga.cases.reads.case_view import CaseView

PACKAGE = Path(jaga.__file__).parent
PAGES = re.compile(r"(web|desk)/.*|\w+/(console|public|api|hooks|sections)(/.*|\.py)")
READS = re.compile(r"jaga\.(\w+\.(reads|models)|store)\b")
BEHIND = {(CaseView, "_row")}


def _sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        if PAGES.fullmatch(name):
            yield name, ast.parse(path.read_text())


def _read() -> dict[str, object]:
    """What pages import from the rooms `reads`, by its full name."""
    found: dict[str, object] = {}
    for _, tree in _sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and READS.match(node.module or ""):
                module = import_module(node.module or "")
                found |= {f"{node.module}.{one.name}": getattr(module, one.name) for one in node.names}
    return found


def _rows(hint: Any, seen: set[Any]) -> list[str]:
    """The models that a value of this type contains, at any depth."""
    if isinstance(hint, type) and issubclass(hint, Model):
        return [hint.__name__]
    held = [name for part in get_args(hint) for name in _rows(part, seen)]
    if isinstance(hint, type) and is_dataclass(hint) and hint not in seen:
        seen.add(hint)
        hints = get_type_hints(hint)
        held += [
            f"{hint.__name__}.{one.name}: {name}"
            for one in fields(hint)
            if (hint, one.name) not in BEHIND
            for name in _rows(hints[one.name], seen)
        ]
    return held


def test_what_pages_read_are_views(db: None) -> None:
    """No function or class that a page imports from the rooms `reads` returns a database row."""
    read = _read()
    assert len(read) > 100
    leaks = {}
    for name, what in read.items():
        if isinstance(what, type):
            rows = _rows(what, set())
        elif isfunction(what):
            rows = _rows(get_type_hints(what).get("return"), set())
        else:
            continue
        if rows:
            leaks[name] = rows
    assert leaks == {}


def test_no_page_has_the_row_of_a_case() -> None:
    """Pages pass the view on; the row behind it is opened in the rooms `reads` and `verbs` alone."""
    wrong = []
    for name, tree in _sources():
        wrong += [
            f"{name}:{node.lineno}"
            for node in ast.walk(tree)
            if (isinstance(node, ast.Attribute) and node.attr == "_row")
            or (isinstance(node, ast.ImportFrom) and "row_of" in {one.name for one in node.names})
        ]
    assert wrong == []
