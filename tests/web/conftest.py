"""For all tests of pages and API: static files are found without collectstatic."""

from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from jaga.web.public.report_limits import SENT
from jaga.web.public.tries import WRONG


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any, tmp_path: Path) -> None:
    """Hashed names need `collectstatic`, which is production's; here the files are served under their own names."""
    settings.STATIC_ROOT = str(tmp_path)  # WhiteNoise warns where there is no folder
    settings.STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    """Figures, wrong tries and sent reports are kept in the process; no test sees those of another."""
    cache.clear()
    SENT.clear()
    WRONG.clear()
