"""Jaga's own settings over the test session's database, which must be up before Django reads them."""

from tests.services import provide_database

_name = provide_database()

from jaga.app.settings import *  # noqa: E402, F403
from jaga.app.settings import DATABASES  # noqa: E402

DATABASES["default"]["TEST"] = {"NAME": _name}
