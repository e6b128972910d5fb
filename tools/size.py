"""How large the program is: `python tools/size.py`, with `--depth 2` by folders of folders, with `--json FILE` as JSON.

A statement is what Python's grammar calls one, without docstrings (of attributes too) and without migrations. Its
kind is an import; a *dataclass* (the class statement of a decorated class and what stands directly within it, but for
functions); an *error*, likewise; or *other*.
"""

import argparse
import ast
import builtins
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LONG = 700
KINDS = ("import", "dataclass", "error", "other")
FORMATTED = ("src", "practice", "tests", "tools", "bench", "examples")
DECLARED_ERRORS = {"JagaError", "Exception"}
"""What a declaration of an error derives from, by way of other classes too."""
ALL_ERRORS = DECLARED_ERRORS | {
    name for name, one in vars(builtins).items() if isinstance(one, type) and issubclass(one, Exception)
}
"""What any error class derives from. Of all these the names are counted; a `ValueError`'s statements are *other*."""
LINES = {"SQL": "*.sql", "YAML": "*.yaml", "templates": "templates/**/*.*", "CSS": "*.css", "JS": "*.js"}
Trees = dict[Path, ast.Module]


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _last_name(node: ast.expr) -> str:
    """`dataclass` of `@dataclasses.dataclass(frozen=True)`, `Base` of `package.Base[int]`."""
    while not isinstance(node, ast.Name | ast.Attribute):
        inner = node.func if isinstance(node, ast.Call) else node.value if isinstance(node, ast.Subscript) else None
        if inner is None:
            return ""
        node = inner
    return node.id if isinstance(node, ast.Name) else node.attr


def _classes(trees: Iterable[ast.Module]) -> Iterator[ast.ClassDef]:
    return (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def derived(trees: Iterable[ast.Module], roots: set[str]) -> set[str]:
    """The names of the classes that derive from one of the roots, also by way of each other; by name alone."""
    bases = [(one.name, {_last_name(base) for base in one.bases}) for one in _classes(trees)]
    found: set[str] = set()
    while new := {name for name, own in bases if own & (found | roots)} - found:
        found |= new
    return found


def _is_dataclass(node: ast.ClassDef) -> bool:
    return any(_last_name(one).endswith("dataclass") for one in node.decorator_list)  # pydantic's and the plain one


def kinds(tree: ast.Module, errors: set[str]) -> Counter[str]:
    """A module's statements by kind, each counted once."""
    declared: dict[ast.AST, str] = {}
    for one in _classes([tree]):
        if kind := "dataclass" if _is_dataclass(one) else "error" if one.name in errors else "":
            declared[one] = kind
            declared |= {
                node: kind
                for node in one.body
                if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            }
    return Counter(
        "import" if isinstance(node, ast.Import | ast.ImportFrom) else declared.get(node, "other")
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt) and not _is_docstring(node)
    )


def _lines(files: Iterable[Path]) -> int:
    return sum(
        len(file.read_text(errors="replace").splitlines())
        for file in files
        if file.is_file() and not {"vendor", "__pycache__"} & set(file.parts)
    )


def _unformatted(root: Path) -> int:
    command = [sys.executable, "-m", "ruff", "format", "--check", *(one for one in FORMATTED if (root / one).exists())]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if answer.returncode not in (0, 1) or "No module" in answer.stderr:
        raise SystemExit(f"ruff does not run: {answer.stderr.strip()}")
    found = re.search(r"^(\d+) files? would be reformatted", answer.stdout + answer.stderr, re.MULTILINE)
    return int(found[1]) if found else 0


def measure(root: Path, depth: int = 1) -> dict[str, Any]:
    """All figures of a checkout, as written by `--json`."""
    program = root / "src" / "jaga"
    modules = sorted(program.rglob("*.py"))
    trees: Trees = {file: ast.parse(file.read_text()) for file in modules if "migrations" not in file.parts}
    errors = derived(trees.values(), DECLARED_ERRORS)
    folders: dict[str, Counter[str]] = {}
    for file, tree in trees.items():
        name = "/".join(file.relative_to(program).parts[:-1][:depth]) or "."
        folders.setdefault(name, Counter()).update(kinds(tree, errors) | Counter(modules=1))
    total = sum(folders.values(), Counter[str]())
    lengths = {str(file.relative_to(root)): len(file.read_text().splitlines()) for file in trees}
    tests = [file for file in (root / "tests").rglob("*.py") if "__pycache__" not in file.parts]
    return {
        "statements": sum(total[kind] for kind in KINDS),
        "statements without imports and declarations": total["other"],
        "modules": len(trees),
        "dataclasses": sum(map(_is_dataclass, _classes(trees.values()))),
        "error classes": len(derived(trees.values(), ALL_ERRORS)),
        "imports": total["import"],
        "lines of Python": sum(lengths.values()),
        **{f"lines of {name}": _lines(program.rglob(pattern)) for name, pattern in LINES.items()},
        "lines of practice/": _lines((root / "practice").rglob("*.py")),
        "test files": len(tests),
        "lines of tests": _lines(tests),
        "migrations": sum(bool(re.match(r"\d{4}_", file.name)) for file in modules if file.parent.name == "migrations"),
        "folders of guards": len({file.parent for file in program.rglob("migrations/guards*/*.sql")}),
        f"modules over {LONG} lines": {name: own for name, own in lengths.items() if own > LONG},
        "folders": {
            name: {**{kind: own[kind] for kind in KINDS}, "modules": own["modules"]}
            for name, own in sorted(folders.items())
        },
    }


def _print(figures: dict[str, Any]) -> None:
    print(f"{'src/jaga':30}" + "".join(f"{word:>12}" for word in ("statements", *KINDS, "modules")))
    rows = figures["folders"]
    for name, row in sorted(rows.items(), key=lambda item: -sum(item[1][kind] for kind in KINDS)):
        numbers = (sum(row[kind] for kind in KINDS), *row.values())
        print(f"{name:30}" + "".join(f"{number:>12,}" for number in numbers))
    print()
    for name, value in figures.items():
        if not isinstance(value, dict):
            print(f"{name:50}{value:>10,}")
        elif name != "folders":
            print(f"{name:50}{len(value):>10,}", *(f"    {file} {lines:,}" for file, lines in value.items()), sep="\n")


def main() -> None:
    """Print the figures, and write them where `--json` says."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--depth", type=int, default=1, help="how deep the folders are that have a line (1)")
    options.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file too")
    options.add_argument("--format", action="store_true", help="count what `ruff format` would change (needs ruff)")
    chosen = options.parse_args()
    figures = measure(ROOT, chosen.depth)
    if chosen.format:
        figures["unformatted files"] = _unformatted(ROOT)
    _print(figures)
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
