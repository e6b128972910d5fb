"""docs/operations.md names every variable and every secret of the code, and what it says about TLS is true."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT, tree

from jaga.app import keys

PAGE = (ROOT / "docs" / "operations.md").read_text()
SOURCES = [path for folder in ("src", "practice", "tools", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
_BEHIND_TLS = """
import django
django.setup()
from django.test import Client
ask = lambda path, **headers: Client().get(path, HTTP_HOST="127.0.0.1", **headers).status_code
print(ask("/health/live"), ask("/api/v1/openapi.json", HTTP_X_FORWARDED_PROTO="https"), ask("/api/v1/openapi.json"))
"""


def variables(path: Path) -> Iterator[str]:
    """The names of environment variables that a source file reads."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="environ"), attr="get" | "setdefault" | "pop"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[ast.Constant(value=str(name)), *_]):
                yield name
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))):
                yield name
            case ast.Compare(left=ast.Constant(value=str(name)), comparators=[ast.Attribute(attr="environ")]):
                yield name


def test_every_environment_variable_is_explained() -> None:
    """There is no settings file, so a variable that the page does not name cannot be found."""
    asked = {name for path in SOURCES for name in variables(path)} - {"PATH"}  # PATH is everybody's
    assert {"JAGA_HOME", "PRACTICE", "DATABASE_URL"} <= asked
    assert sorted(name for name in asked if f"| `{name}` |" not in PAGE) == []


def test_every_variable_of_the_makefile_is_explained() -> None:
    """Those that `make` itself reads and does not set."""
    makefile = (ROOT / "Makefile").read_text()
    own = set(re.findall(r"^([A-Z]+) *:?=", makefile, re.MULTILINE))
    used = set(re.findall(r"\$\(([A-Z_]+)\)", makefile)) - own - {"MAKE"}
    assert sorted(name for name in used if f"| `{name}` |" not in PAGE) == []


def test_no_variable_is_explained_that_nobody_reads() -> None:
    """A setting without effect would be relied on."""
    known = {name for path in SOURCES for name in variables(path)}
    makefile = (ROOT / "Makefile").read_text()
    assert [
        name
        for name in re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE)
        if name not in known and f"$({name})" not in makefile and f"{name} ?=" not in makefile
    ] == []


def test_every_secret_is_explained() -> None:
    """Before replacing a key, one must read whom that affects."""
    asked = {
        name
        for path in SOURCES
        for name in re.findall(r"(?:keyed_hash|cipher|\bsecret|JAGA_SECRET)\(\"([a-z-]+)\"", path.read_text())
    }
    assert {"ledger", "receipts", "identities"} <= asked
    assert sorted(asked - set(keys.NAMES)) == []
    assert sorted(set(keys.NAMES) - asked) == ["database-roles", "platforms", "postgres", "web"]
    assert sorted(name for name in keys.NAMES if f"`{name}`" not in PAGE.partition("## Keys and their limits")[2]) == []


def test_behind_a_tls_proxy_pages_answer_and_plain_ones_are_redirected(tmp_path: Path) -> None:
    """With an https address, health on loopback and pages through the proxy answer; plain HTTP is redirected."""
    (tmp_path / "static").mkdir()
    environment = {
        **os.environ,
        "JAGA_HOME": str(tmp_path),
        "JAGA_BASE_URL": "https://jaga.example.id",
        "DJANGO_SETTINGS_MODULE": "tests.docs.plain_static",
    }
    asked = subprocess.run(
        [sys.executable, "-c", _BEHIND_TLS], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert asked.stdout.split() == ["200", "200", "301"], asked.stderr[-2000:]
