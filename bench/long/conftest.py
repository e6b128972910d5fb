"""The services of the tests, for their long forms."""

from tests.conftest import *  # noqa: F403
from tests.journeys.conftest import a_home

__all__ = ["a_home"]
