"""No case is drawn to be judged again by chance: that would keep its data."""

import pytest

from jaga.decisions.verbs import consequences as sampling


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "lot", lambda _: 1.0)
