"""For all tests of pages and API: static files are found without collectstatic."""

import pytest
from django.contrib.staticfiles import storage
from django.utils.functional import empty


@pytest.fixture(autouse=True)
def _plain_static_files(settings: object) -> None:
    """Hashed names need `collectstatic`, which is production's; here the files are served under their own names."""
    settings.STORAGES = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    storage.staticfiles_storage._wrapped = empty
