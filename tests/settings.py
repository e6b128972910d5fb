"""Jaga's settings for the test session's database, which must run before Django reads them."""

from tests.services import begin_compiling, provide_database, provide_template

from jaga.app import translations

begin_compiling()
_name = provide_database()
_template = provide_template()
translations.compile_all()  # the catalogues are compiled, not committed; pages are tested in both languages

from jaga.app.settings import *  # noqa: E402, F403
from jaga.app.settings import DATABASES  # noqa: E402

DATABASES["default"]["TEST"] = {"NAME": _name, "TEMPLATE": _template}
# Argon2 takes 100 MB and a tenth of a second for each password of a test; `tests/casework/people/test_people.py` keeps
# it.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "django.contrib.auth.hashers.Argon2PasswordHasher"]
REASONS_WAIT_SECONDS = 0  # likewise
BY_HAND_SECONDS = None
UNDO_WINDOW_SECONDS = 0  # what is tested beside the delay need not wait; its own tests say how long
