"""A ledger whose log is published into a folder of the test, and hours that pass when a test says so."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from jaga.core.clock import now
from jaga.proofs.jobs import publish_ledger
from jaga.proofs.verbs import publishing
from jaga.store import reads as published_state

Hour = Callable[[], int]
_TABLES = ("ledgerentry", "ledgercheckpoint", "publishedlog", "publishedhead", "headcosignature", "headtimestamp")


def by_the_owner(*statements: str) -> None:
    """What somebody with the rights of the database's owner can do: disable triggers, change data, enable them
    again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE records_{table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in _TABLES:
            cursor.execute(f"ALTER TABLE records_{table} ENABLE TRIGGER USER")


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the published logs."""
    monkeypatch.setattr("os.fsync", lambda handle: None)
    settings.JAGA_LEDGER_FOLDER = tmp_path / "ledger"
    settings.JAGA_LEDGER_SECONDS = 3600
    settings.JAGA_LEDGER_WITNESSES = tmp_path / "ledger-witnesses"
    settings.JAGA_MARK = tmp_path / "ledger-mark"
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    return tmp_path / "ledger"


@pytest.fixture
def passing(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Let time pass for whoever publishes and whoever watches it; entries keep the moment at which they were made."""
    gone = [timedelta()]

    def moment() -> datetime:
        return now() + gone[0]

    for module in (publishing, published_state):
        monkeypatch.setattr(module, "now", moment)

    def go_on(by: timedelta) -> None:
        gone[0] += by

    return go_on


@pytest.fixture
def hour(folder: Path, passing: Callable[[timedelta], None]) -> Hour:
    """Let the next full hour come and publish; returns how many heads were written."""
    begun: list[bool] = []

    def come() -> int:
        if begun:
            passing(timedelta(hours=1))
        begun.append(True)
        return publish_ledger()

    return come
