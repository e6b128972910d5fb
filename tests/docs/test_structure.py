"""What keeps the tree easy to search: small folders, one direction of imports, and a correct table."""

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

from tests.docs.pages import ROOT, tree

SOURCE = ROOT / "src"
MOST = 25
"""Files of code beside each other."""
FLOORS = ("screening", "platforms")


def _modules() -> dict[str, Path]:
    found = {}
    for path in (SOURCE / "jaga").rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _imports(path: Path, modules: dict[str, Path]) -> set[str]:
    """The modules of ours that a module imports, also within its functions."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & modules.keys()
            if names - modules.keys():  # something of the module itself, not only modules below it
                found.add(node.module)
    return found & modules.keys()


def test_no_folder_of_code_is_crowded() -> None:
    """Nobody finds a file among a hundred. Migrations are in the order of their creation."""
    files = [
        path
        for folder in ("src/jaga", "practice", "tests", "bench")
        for ending in ("*.py", "*.html")
        for path in (ROOT / folder).rglob(ending)
        if "migrations" not in path.parts
    ]
    crowded = {
        str(folder.relative_to(ROOT)): number
        for folder, number in Counter(path.parent for path in files).items()
        if number > MOST
    }
    assert crowded == {}


def test_no_two_modules_import_each_other() -> None:
    """Neither directly nor indirectly: modules are removed one by one after all their imports."""
    modules = _modules()
    left = {name: _imports(path, modules) - {name} for name, path in modules.items()}
    while done := {name for name, imported in left.items() if not imported & left.keys()}:
        left = {name: imported for name, imported in left.items() if name not in done}
    assert sorted(left) == []


def test_each_floor_has_an_order_that_names_all_its_packages() -> None:
    """`make imports` checks the order, which is useless if a package is not part of it."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter")
    exhaustive = {
        one["containers"].strip()
        for one in contracts.values()
        if one.get("type") == "layers" and one.get("exhaustive") == "True"
    }
    assert {f"jaga.{floor}" for floor in FLOORS} <= exhaustive


def test_the_table_of_subjects_is_as_the_tree_is() -> None:
    """If not, run `python tools/subjects.py`."""
    assert subprocess.run([sys.executable, ROOT / "tools" / "subjects.py", "--check"], check=False).returncode == 0


OFFERS = {"jaga.screening.api"}
"""What other systems import: it gathers names for them, and nothing of ours should lead a reader through it."""


def _defined(tree: ast.Module) -> set[str]:
    """The names that a module defines itself, at its top level or within `if`, `try` and `with` there."""
    found: set[str] = set()
    left: list[ast.AST] = list(tree.body)
    while left:
        node = left.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                found.add(node.name)
            case ast.Name(ctx=ast.Store()):
                found.add(node.id)
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.Assign() | ast.AnnAssign() | ast.Tuple():
                left += ast.iter_child_nodes(node)
    return found


def _our_imports(path: Path) -> Iterator[tuple[str, str]]:
    """`from module import name`, also within functions."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


def test_a_name_is_imported_from_where_it_is_defined() -> None:
    """Re-exports hide where a name is defined, and a search for the import finds only half of its users. Only a
    package's `__init__` may offer what its own modules define.
    """
    modules = _modules()
    plain = {name: path for name, path in modules.items() if path.name != "__init__.py" and name not in OFFERS}
    defined = {name: _defined(tree(path)) for name, path in plain.items()}
    folders = ("src", "practice", "tests", "bench", "tools")
    users = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    passed_on = {
        (str(user.relative_to(ROOT)), module, name)
        for user in users
        for module, name in _our_imports(user)
        if module in plain and name != "*" and name not in defined[module]
    }
    assert passed_on == set()
