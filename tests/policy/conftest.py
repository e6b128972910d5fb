"""A copy of the shipped policy release that a test may change."""

import gettext
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from jaga.app.config import PACKAGE
from jaga.policy.problems import ReleaseProblem, in_words
from jaga.policy.release import check_release


@dataclass(frozen=True)
class Spoilt:
    """A copied release: change it, then look at the problems found."""

    folder: Path

    def change(self, file: str, old: str, new: str) -> int:
        """Replace the first occurrence of `old`, which must exist, by `new`; returns the line on which it began."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        at = text.index(old)
        path.write_text(text[:at] + new + text[at + len(old) :])
        return text.count("\n", 0, at) + 1

    def problems(self) -> list[ReleaseProblem]:
        """The problems that the check finds now."""
        return check_release(self.folder)

    def only(self) -> ReleaseProblem:
        """The only problem; fails if there are more or none."""
        problems = self.problems()
        assert len(problems) == 1, "\n".join(map(str, problems))
        return problems[0]


@pytest.fixture
def spoilt(tmp_path: Path) -> Spoilt:
    """A copy of the shipped release."""
    return copy_release(tmp_path)


@pytest.fixture(scope="session")
def copies(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Spoilt]:
    """A function that makes a fresh copy at each call, for property tests."""
    return lambda: copy_release(tmp_path_factory.mktemp("release"))


def copy_release(parent: Path) -> Spoilt:
    """Copy the shipped release into `parent`."""
    with as_file(files("jaga.policy") / "releases" / "id" / "release.yaml") as about:
        return Spoilt(Path(shutil.copytree(about.parent, parent / "release")))


def assert_told_in_indonesian(problem: ReleaseProblem) -> None:
    """Message and remedy have a translation with the same names in it; what pydantic expects may stay English."""
    indonesian = gettext.translation("django", PACKAGE / "locale", ["id"]).gettext
    assert in_words(problem.what, indonesian) != problem.what
    assert in_words(problem.remedy, indonesian) != problem.remedy or problem.remedy.startswith("Expected: ")
    assert problem.translated(indonesian).startswith(f"{problem.file}:{problem.line}: ")
    assert problem.translated(str) == str(problem)
