"""Logs say what happened, never what somebody sent, nor from where."""

import logging
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from structlog.testing import capture_logs

from jaga.app.logs import Quiet
from jaga.app.services.supervisor import plans

ADDRESS = "100.71.93.207"


def test_a_fault_is_told_by_its_places_and_kinds_alone(db: None) -> None:
    """The database's own sentence quotes the row; in the log stand the frames and the kinds, of the cause too."""
    secret = "".join(["Kenari", "saksi"])  # the frames quote this test, too
    try:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO records_reporteridentity (report_id, sealed, shared) VALUES (1, %s, false)",
                               [secret.encode()])
        except DatabaseError as refused:
            raise ValueError(f"{secret} once more") from refused
    except ValueError as fault:
        how = (type(fault), fault, fault.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "it failed", (), how)
        told = Quiet().format(record)
    assert secret not in told
    assert "ERROR x: it failed" in told
    assert told.index("psycopg.errors.CheckViolation") < told.index("IntegrityError") < told.index("ValueError")
    assert "test_logs.py" in told


def test_every_log_line_of_django_goes_that_way(settings: Any) -> None:
    """The handler that all loggers share writes by it, and refusals of visitors are not written at all."""
    (handler,) = settings.LOGGING["handlers"].values()
    assert settings.LOGGING["formatters"][handler["formatter"]]["()"] == "jaga.app.logs.Quiet"
    assert settings.LOGGING["root"]["handlers"] == ["console"]
    assert not logging.getLogger("django.request").isEnabledFor(logging.WARNING)


def test_the_web_server_keeps_no_access_log(tmp_path: Path) -> None:
    """Granian is told so by name."""
    web = next(plan for plan in plans(tmp_path, 8600, {"web": "", "worker": ""}) if plan.name == "web")
    assert "--no-access-log" in [str(part) for part in web.command]
    assert "--access-log" not in [str(part) for part in web.command]


def test_wrong_passwords_leave_neither_address_nor_name_in_a_log(
    db: None, caplog: pytest.LogCaptureFixture, settings: Any, tmp_path: Path,
) -> None:
    """They are counted by keyed hashes; the log says once that somebody guesses."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    caplog.set_level(logging.DEBUG)
    with capture_logs() as told:
        for _ in range(12):
            answer = Client(REMOTE_ADDR=ADDRESS).post("/console/sign-in/", {"username": "sinta-x", "password": "wrong"})
    assert answer.status_code == 429
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(g)::text, ' ') FROM records_guesscount g")
        (kept,) = cursor.fetchone()
    assert ADDRESS not in kept + caplog.text + str(told)
    assert "sinta-x" not in kept + caplog.text + str(told)
    assert {line["limit"] for line in told if line["event"] == "guessing"} == {"address", "name"}
