"""`tools/size.py` counts a made-up tree rightly."""

import json
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import ROOT

MODULE = '''"""A module."""
from dataclasses import dataclass
import os, sys

class Wrong(Exception):
    """An error."""
    code = "wrong"
    """Its code."""

    def say(self):
        """Two statements, which are no declaration."""
        return 1

class Worse(Wrong[int]): pass

class Unreadable(ValueError):
    code = "unreadable"

@dataclass(frozen=True)
class Pair:
    left: int
    right: int = 0

    def turned(self):
        return Pair(self.right, self.left)

if sys.argv:
    from os import path
'''


def measured(root: Path, *options: str) -> dict[str, object]:
    """What the tool says of a checkout, for which it is copied there."""
    (root / "tools").mkdir()
    (root / "tools" / "size.py").write_text((ROOT / "tools" / "size.py").read_text())
    subprocess.run(
        [sys.executable, root / "tools" / "size.py", "--json", root / "size.json", *options],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    found: dict[str, object] = json.loads((root / "size.json").read_text())
    return found


def test_each_statement_is_counted_once_and_as_what_it_is(tmp_path: Path) -> None:
    """Docstrings and migrations are no statements, methods no declarations, and a folder may be missing."""
    files = {
        "src/jaga/__init__.py": "",
        "src/jaga/cases/store/models.py": MODULE,
        "src/jaga/cases/long.py": "a = 1\n" * 701,
        "src/jaga/cases/migrations/0001_first.py": "import os\n",
        "src/jaga/cases/migrations/guards/cases.sql": "SELECT 1;\nSELECT 2;\n",
        "tests/test_all.py": "import os\n",
        "src/jaga/cases/templates/case.html": "<p>\n",
        "src/jaga/web/static/vendor/one.js": "1\n",
        "src/jaga/web/static/own.js": "1\n2\n3\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = measured(tmp_path, "--depth", "2")
    assert found.pop("folders") == {
        ".": {"import": 0, "dataclass": 0, "error": 0, "other": 0, "modules": 1},
        "cases": {"import": 0, "dataclass": 0, "error": 0, "other": 701, "modules": 1},
        "cases/store": {"import": 3, "dataclass": 3, "error": 4, "other": 7, "modules": 1},
    }
    assert found == {
        "statements": 718,
        "statements without imports and declarations": 708,
        "modules": 3,
        "dataclasses": 1,
        "error classes": 3,
        "imports": 3,
        "lines of Python": 701 + len(MODULE.splitlines()),
        "lines of SQL": 2,
        "lines of YAML": 0,
        "lines of templates": 1,
        "lines of CSS": 0,
        "lines of JS": 3,
        "lines of practice/": 0,
        "test files": 1,
        "lines of tests": 1,
        "migrations": 1,
        "folders of guards": 1,
        "modules over 700 lines": {"src/jaga/cases/long.py": 701},
    }
