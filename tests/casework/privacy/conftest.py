"""No case is drawn to be judged again by chance: that would keep its data."""

import pytest

from jaga.casework.decisions import sampling


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "lot", lambda _: 1.0)
