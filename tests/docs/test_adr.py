"""Every decision in docs/adr has a number, a status, a date, reasons and costs, and is in the index."""

import re
from datetime import date
from pathlib import Path

import pytest
from tests.docs.pages import ROOT

FOLDER = ROOT / "docs" / "adr"
DECISIONS = sorted(FOLDER.glob("[0-9]*.md"))


def test_numbers_run_without_gaps() -> None:
    """A repeated or missing number would make "ADR 7" ambiguous."""
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_since_when_it_holds_and_what_it_costs(path: Path) -> None:
    """Title with its number, status, a real date, and the sections that a later reader needs."""
    text = path.read_text()
    assert text.startswith(f"# {path.name[:4]}: ")
    assert re.search(
        r"^\* Status: (proposed|accepted|rejected|replaced by \[\d{4}\]\(\d{4}[\w-]+\.md\))$", text, re.MULTILINE
    )
    dated = re.search(r"^\* Date: (\S+)$", text, re.MULTILINE)
    assert dated
    assert date.fromisoformat(dated[1])
    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[:3] == ["Why a decision", "Decision", "What it costs"]


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_the_index_names_it_by_its_title(path: Path) -> None:
    """People look in the index first."""
    title = path.read_text().splitlines()[0].partition(": ")[2]
    assert f"| [{path.name[:4]}]({path.name}) | {title} |" in (FOLDER / "README.md").read_text()
