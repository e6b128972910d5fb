"""The README is short, and each claim is checked by a test or measured by a benchmark."""

import re

import pytest
from tests.docs.pages import ROOT

README = ROOT / "README.md"
TEXT = " ".join(README.read_text().split())
MOST_LINES = 120
MOST_BYTES = 300_000
"""Of a picture: the page has to open on a slow line as well."""
CLAIMS = {
    "The user interface is in Indonesian and English.": ["tests/app/test_wording.py", "tests/app/test_translations.py"],
    "it holds no credentials of any platform and cannot close an account": ["tests/journeys/test_ministry.py"],
    "no account, no name and no JavaScript needed": ["tests/journeys/test_in_the_browser.py"],
    "Authorities send signed requests": ["tests/casework/authorities"],
    "explains each finding in a sentence": ["tests/screening/engine/test_released.py", "tests/screening/test_api.py"],
    "The engine can also be used [as a library]": ["tests/app/test_package.py"],
    "the second does not see the first vote": ["tests/journeys/test_votes.py"],
    "A closure waits some minutes, in which it can be undone": ["tests/casework/decisions"],
    "an independent check confirms it": ["tests/journeys/test_report_to_closure.py"],
    "Somebody without a vote decides the appeal": ["tests/casework/appeals/test_appeals.py"],
    "If it succeeds, the account is restored": ["tests/journeys/test_appeal.py"],
    "a signed, hash-chained ledger": ["tests/ledger"],
    "A machine never closes an account": ["tests/casework/cases/test_state_machine.py", "tests/records"],
    "Actions exist for eight categories": ["tests/policy/test_shipped_release.py"],
    "It was measured on public research data": ["bench/screening/engine.py"],
    "a real PostgreSQL, a real Synapse and a real browser": ["tests/conftest.py"],
}
"""By a sentence of the README: the tests or benchmarks that show it."""


def test_it_is_short() -> None:
    """It can be read in two minutes; everything else is in docs/."""
    assert len(README.read_text().splitlines()) < MOST_LINES


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_stands_there_and_is_shown_somewhere(claim: str) -> None:
    """A changed sentence must match what proves it, and the other way round."""
    assert claim in TEXT
    assert [place for place in CLAIMS[claim] if not (ROOT / place).exists()] == []


def test_every_promise_is_one_of_never() -> None:
    """The list of what it never does consists of sentences with "never"."""
    section = README.read_text().partition("## What it never does")[2].partition("\n## ")[0]
    promises = re.findall(r"^\* \*\*(.+?)\*\*", section, re.MULTILINE)
    assert len(promises) >= 8
    assert [promise for promise in promises if "never" not in promise] == []


def test_pictures_are_there_and_small() -> None:
    """Each has a text for readers who cannot see it."""
    for words, place in re.findall(r"!\[(.*?)\]\((.+?)\)", README.read_text()):
        assert words
        assert (ROOT / place).stat().st_size < MOST_BYTES
