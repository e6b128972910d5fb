"""Logs say what happened, never what somebody sent, nor from where."""

import json
import logging
import logging.config
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from django.db import DatabaseError, connection, transaction
from django.test import Client, RequestFactory
from django.urls import resolve
from structlog.testing import capture_logs
from tests.services import HOME

from jaga.app import config
from jaga.app.logs import Quiet, speak_alike
from jaga.app.services import errors as files
from jaga.app.services.supervisor import plans

ADDRESS = "100.71.93.207"
SETTINGS = {
    "version": 1,
    "formatters": {"quiet": {"()": "jaga.app.logs.Quiet"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "quiet"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}


def test_a_fault_is_told_by_its_places_and_kinds_alone(db: None) -> None:
    """The database's error quotes the row, so the log contains only the stack frames and the exception types, causes
    included.
    """
    secret = "".join(["Kenari", "saksi"])  # the frames quote this test, too
    try:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO records_reporteridentity (report_id, sealed, shared) VALUES (1, %s, false)",
                    [secret.encode()],
                )
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
    db: None,
    caplog: pytest.LogCaptureFixture,
    settings: Any,
    tmp_path: Path,
) -> None:
    """Failed sign-ins are counted by keyed hashes; the log only says once that somebody is guessing."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
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
            structlog.get_logger("jaga.test").error(
                "periodic_task_failed", task="watch", why='a\nb "c"', exc_info=fault
            )
    finally:
        structlog.configure(**kept)
    (record,) = caplog.records
    line = Quiet().format(record)
    first, *frames = line.splitlines()
    assert re.fullmatch(
        r'\S+ \S+ UTC \[\d+\] ERROR jaga\.test: periodic_task_failed task=watch why="a\\nb \\"c\\""', first
    )
    assert 'somebody wrote"' in "".join(frames)  # this test's own line, which the frames quote
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
    monkeypatch.setattr("jaga.app.services.errors.shutil.copyfileobj", full)
    with files.open_log(tmp_path / "web.log") as writing:
        writing.write(b"all of it")
    files.rotate_logs(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]
    assert (tmp_path / "web.log").read_text() == "all of it"


def test_pages_are_named_by_their_route_and_lost_tasks_without_their_fault() -> None:
    """Django ends its line with the address, which may hold a secret; asyncio repeats the exception nobody read."""
    visit = RequestFactory().get("/referral/kenari-saksi/")
    visit.resolver_match = resolve("/referral/kenari-saksi/")
    record = logging.LogRecord(
        "django.request", logging.ERROR, "x", 1, "%s: %s", ("Internal Server Error", visit.path), None
    )
    record.request = visit
    assert Quiet().format(record).endswith("Internal Server Error: referral/<str:secret>/")
    del visit.resolver_match
    assert Quiet().format(record).endswith("Internal Server Error: unknown page")
    lost = logging.LogRecord(
        "asyncio",
        logging.ERROR,
        "x",
        1,
        "Task exception was never retrieved\nfuture: <Task exception=Wrong('kenari-saksi')>",
        (),
        None,
    )
    assert Quiet().format(lost).endswith("asyncio: Task exception was never retrieved")


def test_what_ends_a_process_or_a_thread_is_told_without_its_message(tmp_path: Path) -> None:
    """Python itself would print the message, and the database's quotes a row."""
    program = tmp_path / "crash.py"
    program.write_text(
        "import logging.config, sys, threading\n"
        "from jaga.app.logs import quiet_crashes\n"
        f"logging.config.dictConfig({json.dumps(SETTINGS)})\n"
        "quiet_crashes()\n"
        "def fall(): raise ValueError(sys.argv[1])\n"
        "thread = threading.Thread(target=fall); thread.start(); thread.join()\n"
        "fall()\n"
    )
    ran = subprocess.run(
        [sys.executable, str(program), "kenari-saksi"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": "src"},
        timeout=60,
    )
    assert (ran.returncode, ran.stderr.count("CRITICAL jaga: ended by a fault")) == (1, 2)
    assert ran.stderr.count("builtins.ValueError") == 2
    assert "kenari-saksi" not in ran.stdout + ran.stderr


def test_what_is_refused_for_safety_is_not_logged(
    db: None, settings: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A host or an address that Django refuses is quoted by its message."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    assert Client(enforce_csrf_checks=True).post("/report/?from=kenari-saksi").status_code == 403
    assert Client().get("/", headers={"host": "kenari-saksi.example"}).status_code == 400
    assert "kenari-saksi" not in caplog.text


def test_the_database_logs_no_refused_value() -> None:
    """The message of a refused statement quotes its value, without any DETAIL."""
    secret = f"kenari{os.getpid()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        with pytest.raises(psycopg.errors.InvalidTextRepresentation, match=secret):
            connection.execute("SELECT %s::text::int", [secret])
        [[level]] = connection.execute("SHOW log_min_messages").fetchall()
    assert level == "log"
    assert secret not in (HOME / "log" / "postgres.log").read_text(errors="replace")
