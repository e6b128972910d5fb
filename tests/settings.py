"""Jaga's own settings over the test session's database, which must be up before Django reads them."""

from tests.services import provide_database

from jaga.app import translations

_name = provide_database()
translations.compile_all()  # the catalogues are compiled, not committed; pages are tested in both languages

from jaga.app.settings import *  # noqa: E402, F403
from jaga.app.settings import DATABASES  # noqa: E402

DATABASES["default"]["TEST"] = {"NAME": _name}
REASONS_WAIT_SECONDS = 0  # likewise
COMMIT_DELAY_SECONDS = 0  # what is tested beside the delay need not wait; its own tests say how long
