"""What must not be in the project's files: where packages were downloaded from, and where the work was done."""

from collections.abc import Iterator
from pathlib import Path

from tests.docs.pages import ROOT

_FOLDERS = (".ci", "bench", "docs", "examples", "practice", "requirements", "src", "tests", "tools")
_TEXT = {".py", ".md", ".yaml", ".toml", ".txt", ".in", ".html", ".css", ".po", ".sh", ".js", ".svg", ""}
# Put together here, so that this file does not hold them itself.
_HOSTS = [
    f"{name}.{domain}"
    for name, domain in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("deb.debian", "org"),
    )
]
_PLACES = ["/".join(("", *parts, "")) for parts in (("work", "main"), ("work", "shared"), ("tmp", "jaga"))]
_INDEX = ["--index" + "-url", "--extra-index" + "-url", "--find" + "-links", "--trusted" + "-host"]


def files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in _TEXT)
    for folder in _FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in _TEXT and "__pycache__" not in path.parts:
                yield path


def test_no_file_names_a_registry_or_the_place_where_it_was_written() -> None:
    """A clone must work with any package index, on any machine."""
    found = [
        (str(path.relative_to(ROOT)), word)
        for path in files()
        for word in (*_HOSTS, *_PLACES)
        if word in path.read_text(errors="replace")
    ]
    assert found == []


def test_lock_files_hold_hashes_and_no_index() -> None:
    """Hashes identify the packages; where they come from is the reader's choice."""
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "--hash=sha256:" in text
        assert [word for word in _INDEX if word in text] == []
