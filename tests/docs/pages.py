"""The documents, and the parts of them that tests compare with the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]))
_FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?:^ {4,}\S.*\n)+", re.MULTILINE)
_INLINE = re.compile(r"`([^`\n]+)`")


def name_of(page: Path) -> str:
    """The page's path inside the checkout, for test names."""
    return str(page.relative_to(ROOT))


def code_in(page: Path) -> Iterator[str]:
    """Every line of code on the page: blocks, with continued lines joined, and inline code."""
    text = page.read_text()
    for block in _FENCED.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    rest = _FENCED.sub("", text)
    for block in _INDENTED.findall(rest):
        yield from block.splitlines()
    yield from _INLINE.findall(rest)


def inline_in(page: Path) -> list[str]:
    """Inline code only: the names of files, functions and terms."""
    return _INLINE.findall(_FENCED.sub("", page.read_text()))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax of a module of ours. Ten tests read all of them, and to parse them once takes two seconds."""
    return ast.parse(path.read_text())
