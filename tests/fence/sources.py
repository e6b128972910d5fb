"""What the source says and no object of the program does: found by the syntax of all modules, wherever they stand."""

import ast
import inspect
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import jaga

_ROOT = Path(inspect.getfile(jaga)).parent


@cache
def syntax() -> tuple[tuple[Path, ast.Module], ...]:
    """Every module of the product but the migrations, with its syntax."""
    paths = (path for path in sorted(_ROOT.rglob("*.py")) if "migrations" not in path.parts)
    return tuple((path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions at the top, and methods."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from (one for one in node.body if isinstance(one, ast.FunctionDef))


def module_of(path: Path) -> ModuleType:
    parts = path.relative_to(_ROOT.parent).with_suffix("").parts
    return import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))


def value_of(node: ast.expr, module: ModuleType) -> object:
    """The value of an expression by the module's own names; None if it needs others."""
    try:
        return eval(compile(ast.Expression(node), "<fence>", "eval"), dict(vars(module)))
    except (NameError, AttributeError):
        return None
