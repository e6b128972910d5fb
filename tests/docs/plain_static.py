"""Jaga's own settings without collected static files, for a separate process."""

from jaga.app.settings import *  # noqa: F403
from jaga.app.settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
