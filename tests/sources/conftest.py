"""What tests of sources share."""

import pytest

from jaga.sources.kit import robots_kept


@pytest.fixture(autouse=True)
def no_robots_txt_is_remembered() -> None:
    """A later server may get the port of an earlier one."""
    robots_kept.clear()
