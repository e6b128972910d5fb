"""One set of versions: Python 3.11 to 3.13 run, check and test the same packages."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))
FORKED: dict[str, str] = {}
"""Packages that cannot be the same on all supported Pythons, each with the reason (docs/adr/0055)."""

_PIN = re.compile(r"^([a-z0-9._-]+)(?:\[[a-z0-9,._-]+\])?==(\S+)(?: ; .*?)? \\$", re.MULTILINE)


def pins(text: str) -> list[tuple[str, str]]:
    return _PIN.findall(text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_no_package_has_another_version_on_another_python(lock: Path) -> None:
    """A package is pinned once, whatever its marker, so that stubs, results and faults are the same everywhere."""
    text = lock.read_text()
    found = pins(text)
    assert len(found) == len(re.findall(r"^\S.*==", text, re.MULTILINE)) > 20, "a line that this test cannot read"
    names = [name for name, _ in found]
    assert {name for name in names if names.count(name) > 1} <= set(FORKED)


def test_a_package_of_two_files_has_one_version() -> None:
    """Tests use the same versions as an installation. (Synapse has an environment of its own.)"""
    run = dict(pins((CHECKOUT / "requirements/run.txt").read_text()))
    test = dict(pins((CHECKOUT / "requirements/test.txt").read_text()))
    assert {name: test.get(name) for name in run} == run
