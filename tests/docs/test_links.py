"""Links between documents, to files, to names in the code, and from the code to documents are valid."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.docs.pages import PAGES, ROOT, inline_in, name_of

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FOLDERS = ("src/", "docs/", "tests/", "tools/", "bench/", "requirements/", ".ci/")
_ROOMS = tuple(sorted(path.name for path in (ROOT / "src" / "jaga").iterdir() if (path / "__init__.py").exists()))
_DOTTED = re.compile(rf"(?:{'|'.join(_ROOMS)})(?:\.[A-Za-z_]\w*)+")
_SUFFIXES = ("md", "json", "log", "yaml", "toml", "py", "txt", "sig", "pem", "po", "mo", "dump")


def anchors(page: Path) -> set[str]:
    """The anchors of its headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_documents_resolve(page: Path) -> None:
    """The file exists, pictures included, and so does the heading."""
    broken = []
    for link in _LINK.findall(page.read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_are_named_exist(page: Path) -> None:
    """A path in a document is where somebody will look. Names in capitals stand for the reader's own."""
    named = [name for name in inline_in(page) if name.startswith(_FOLDERS) and not re.search(r"[A-Z*…]{3,}| ", name)]
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_names_in_the_code_exist(page: Path) -> None:
    """A function that a document names by module and name exists, so the path of a report can be followed."""
    named = [name for name in inline_in(page) if _DOTTED.fullmatch(name) and name.rpartition(".")[2] not in _SUFFIXES]
    assert [name for name in named if not exists(f"jaga.{name}")] == []


def exists(dotted: str) -> bool:
    """Whether the dotted name is a module of ours, or something in one."""
    parts = dotted.split(".")
    module = ""
    while parts and find_spec(candidate := f"{module}.{parts[0]}".lstrip(".")):
        module, parts = candidate, parts[1:]
        if not hasattr(import_module(module), "__path__"):
            break
    found: object = import_module(module)
    for part in parts:
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


def test_documents_that_the_code_names_exist() -> None:
    """Remedies and docstrings send people to documents."""
    sources = [
        path
        for folder in ("src", "tools", "bench")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".py", ".yaml", ".html", ".po")
    ]
    named = {
        name for path in [*sources, ROOT / "Makefile"] for name in re.findall(r"\bdocs/[\w/-]+\.md\b", path.read_text())
    }
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_a_section_that_an_error_names_exists() -> None:
    """The remedy for older data names its section."""
    assert "moving-to-a-new-postgresql" in anchors(ROOT / "docs" / "operations.md")
