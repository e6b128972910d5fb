"""Logs say what happened, never what somebody sent, nor from where."""

import json
import logging
import logging.config
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.test import Client
from structlog.testing import capture_logs

from jaga.app import config
from jaga.app.logs import Quiet, speak_alike
from jaga.app.services import files
from jaga.app.services.supervisor import plans

ADDRESS = "100.71.93.207"


def test_a_fault_is_told_by_its_places_and_kinds_alone(db: None) -> None:
    """The database's error quotes the row, so the log contains only the stack frames and the exception types, causes
    included.
    """
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
        line = Quiet().format(record)
    assert secret not in line
    assert re.match(r"2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC \[\d+\] ERROR x: it failed", line)
    assert line.index("psycopg.errors.CheckViolation") < line.index("IntegrityError") < line.index("ValueError")
    assert "test_logs.py" in line


def test_every_log_line_of_django_goes_that_way(settings: Any) -> None:
    """All loggers share one handler; refusals of visitors are not logged at all."""
    (handler,) = settings.LOGGING["handlers"].values()
    assert settings.LOGGING["formatters"][handler["formatter"]]["()"] == "jaga.app.logs.Quiet"
    assert settings.LOGGING["root"]["handlers"] == ["console"]
    assert not logging.getLogger("django.request").isEnabledFor(logging.WARNING)


def test_the_web_server_keeps_no_access_log(tmp_path: Path) -> None:
    """Granian is explicitly configured without an access log."""
    web = next(plan for plan in plans(tmp_path, 8600, {"web": "", "worker": ""}) if plan.name == "web")
    assert "--no-access-log" in [str(part) for part in web.command]
    assert "--access-log" not in [str(part) for part in web.command]


def test_wrong_passwords_leave_neither_address_nor_name_in_a_log(
    db: None, caplog: pytest.LogCaptureFixture, settings: Any, tmp_path: Path,
) -> None:
    """Failed sign-ins are counted by keyed hashes; the log only says once that somebody is guessing."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    caplog.set_level(logging.DEBUG)
    with capture_logs() as events:
        for _ in range(12):
            answer = Client(REMOTE_ADDR=ADDRESS).post("/console/sign-in/", {"username": "sinta-x", "password": "wrong"})
    assert answer.status_code == 429
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(g)::text, ' ') FROM records_guesscount g")
        (kept,) = cursor.fetchone()
    assert ADDRESS not in kept + caplog.text + str(events)
    assert "sinta-x" not in kept + caplog.text + str(events)
    assert {line["limit"] for line in events if line["event"] == "guessing"} == {"address", "name"}


def test_lines_with_values_are_of_the_same_kind_and_of_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """One line with time, zone, process, level, name, event and values; exception messages are left out and no line is
    broken.
    """
    kept = structlog.get_config()
    try:
        speak_alike()
        caplog.set_level(logging.INFO)
        try:
            raise ValueError("what somebody wrote")
        except ValueError as fault:
            structlog.get_logger("jaga.test").error("round_failed", round="watch", why="a\nb \"c\"", exc_info=fault)
    finally:
        structlog.configure(**kept)
    (record,) = caplog.records
    line = Quiet().format(record)
    first, *frames = line.splitlines()
    assert re.fullmatch(r'\S+ \S+ UTC \[\d+\] ERROR jaga\.test: round_failed round=watch why="a\\nb \\"c\\""', first)
    assert "somebody wrote\"" in "".join(frames)  # this test's own line, which the frames quote
    assert not line.endswith("what somebody wrote")
    assert frames[-1] == "builtins.ValueError"


def test_the_zone_is_utc_on_every_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine in Jakarta, seven hours ahead, logs in UTC too."""
    record = logging.LogRecord("x", logging.INFO, "x", 1, "it", (), None)
    record.created = 1_795_874_587.123
    monkeypatch.setenv("TZ", "Asia/Jakarta")
    time.tzset()
    try:
        line = Quiet().format(record)
    finally:
        monkeypatch.undo()
        time.tzset()
    assert line.startswith("2026-11-28 14:03:07.123 UTC [")


def test_the_web_servers_own_lines_are_of_the_same_kind(tmp_path: Path) -> None:
    """Granian gets a logging configuration, and it can be loaded."""
    web = next(plan for plan in plans(tmp_path, 8600, {"web": "", "worker": ""}) if plan.name == "web")
    given = [str(part) for part in web.command]
    path = Path(given[given.index("--log-config") + 1])
    assert path == config.PACKAGE / "app" / "web_log.json"
    configuration = json.loads(path.read_text())
    assert configuration["formatters"]["quiet"] == {"()": "jaga.app.logs.Quiet"}
    logging.config.DictConfigurator(configuration)
    assert set(configuration["loggers"]) == {"_granian"}


def test_what_is_too_much_of_a_log_moves_and_the_oldest_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file stays, because processes append to it; rotated files are as private. Without disk space nothing is
    rotated.
    """
    monkeypatch.setattr(files, "LARGEST_LOG", 100)
    log = tmp_path / "log" / "worker.log"
    with files.open_log(log) as writing:
        for turn in range(8):
            writing.write(f"{turn} {'x' * 200}\n".encode())
            writing.flush()
            files.rotate_logs(log.parent)
        writing.write(b"last\n")
    assert log.read_text() == "last\n"
    names = sorted(path.name for path in log.parent.iterdir())
    assert names == ["worker.log", *(f"worker.log.{number}" for number in range(1, files.KEPT_LOGS + 1))]
    assert [(log.parent / name).read_text()[0] for name in names[1:]] == ["7", "6", "5", "4", "3"]
    assert {(log.parent / name).stat().st_mode & 0o777 for name in names} == {0o600}
    old = log.parent / "worker.log.5"
    os.utime(old, (0, 0))
    files.rotate_logs(log.parent)
    assert not old.exists()


def test_a_log_stays_where_there_is_no_room_for_its_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost, and the supervisor continues."""
    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "LARGEST_LOG", 1)
    monkeypatch.setattr("jaga.app.services.files.shutil.copyfileobj", full)
    with files.open_log(tmp_path / "web.log") as writing:
        writing.write(b"all of it")
    files.rotate_logs(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]
    assert (tmp_path / "web.log").read_text() == "all of it"
