"""docs/sources.md says of every kind of source what it reads and what it does not see."""

import re

from tests.docs.pages import ROOT

from jaga.core.terms.reports import SourceKind

PAGE = (ROOT / "docs" / "sources.md").read_text()


def test_each_kind_has_a_row() -> None:
    """`backlog` has none: `docs/backlogs.md` is about it, and no watch reads it."""
    table = re.search(r"^\| kind \| address \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert table is not None
    assert len(table[1].splitlines()) == len(SourceKind) - 1
