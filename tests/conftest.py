"""Services that tests share, all real: a PostgreSQL (see `tests.settings`), a Synapse, Debian's Chromium."""

import fcntl
import gc
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test import TransactionTestCase
from httpx._transports import default
from hypothesis import settings
from psycopg import sql
from tests import copied_world, network
from tests.journeys.browser import close_the_browser
from tests.long_tests import is_long
from tests.roles import make_roles
from tests.services import COMPILED_ONCE, HOME
from xdist.scheduler import LoadFileScheduling

from jaga.app.services.processes import free_port
from jaga.policy import reading
from jaga.policy.checks import release
from jaga.policy.checks.rules import check_rules
from jaga.policy.checks.texts import check_lexicons
from jaga.policy.problems import ReleaseProblem
from jaga.policy.reading import PartialRelease
from jaga.store.grants import Part
from jaga_practice import synapse as homeserver
from jaga_practice.synapse import SynapseServer

CHECKOUT = Path(__file__).resolve().parent.parent
# A contract is no test file: without this its failures would say only `AssertionError`.
pytest.register_assert_rewrite("tests.sources.contract", "tests.platforms.contract", "tests.platforms.notice_contract")
SLOW = ("journeys", "faults", "platforms", "jobs")
SHORT = ("core", "ledger", "client")
OWN_INSTALLATIONS = ("test_commands.py", "test_ministry.py", "test_screening_a_file.py")  # journeys that share none
WITH_SYNAPSE = (
    "faults/test_network.py",
    "platforms/by_notice/test_in_app_reports.py",
    "practice/test_synapse.py",
    "sources/test_public_rooms.py",
)
STARTING = ("app", "bench", "faults", "jobs", "journeys", "long")  # processes of the product


def pytest_configure() -> None:
    network.block()
    gc.disable()  # until all is collected, which stays to the end anyway: a tenth of the time of collecting
    # A loaded machine makes any property slow; how long a test takes says nothing about what it tests.
    settings.register_profile("jaga", deadline=None)
    settings.load_profile("jaga")
    # A test run that is told to stop ends its fixtures first, or the servers that they started would go on.
    signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("told to stop", 128 + number))


def pytest_addoption(parser: pytest.Parser) -> None:
    with suppress(ValueError):  # `bench/long` has these hooks too, and may be run beside the tests
        parser.addoption("--long", action="store_true", help="run what `make test` leaves out (tests/long_tests.py)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out long tests that nobody named, or with `--long` all others; and mix the slow with the others."""
    if config.option.long or not any("::" in given for given in config.args):
        chosen = [item for item in items if (is_long(item.nodeid) or _folder(item) == "long") == config.option.long]
        kept = set(chosen)
        config.hook.pytest_deselected(items=[item for item in items if item not in kept])
        items[:] = chosen
    items[:] = _mixed(sorted(items, key=lambda item: SLOW.index(_folder(item)) if _folder(item) in SLOW else len(SLOW)))


def _mixed(items: list[pytest.Item]) -> list[pytest.Item]:
    """The slow files spread among the others. They wait more than they compute, so that of three processes on two
    cores one should be at them and two at the others.
    """
    scopes = dict[str, list[pytest.Item]]()
    for item in items:
        scopes.setdefault(_scope(item.nodeid), []).append(item)
    slow = [name for name, own in scopes.items() if _folder(own[0]) in SLOW and name != "synapse"]
    others = sorted((name for name in scopes if name not in slow), key=lambda name: _folder(scopes[name][0]) in SHORT)
    places: dict[str, float] = {name: 0 if name == "synapse" else place for place, name in enumerate(others, start=1)}
    # Those with a Synapse are at work for the first third. The end is left to short files, so that all end together.
    places |= {name: len(others) * (0.33 + 0.55 * number / len(slow)) for number, name in enumerate(slow)}
    return [item for name in sorted(scopes, key=places.__getitem__) for item in scopes[name]]


def pytest_runtest_setup(item: pytest.Item) -> None:
    copied_world.running = item


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Give each process of `make test` whole files, and tests that share servers to one process only."""
    return _ByServers(config, log)


class _ByServers(LoadFileScheduling):
    """The journeys share an installation, the adapters of a folder their chat servers, and all of them one Synapse."""

    def _split_scope(self, nodeid: str) -> str:
        return _scope(nodeid)


def _scope(nodeid: str) -> str:
    """What one process runs as a whole: a file, or several that share servers."""
    file = Path(nodeid.split("::", 1)[0])
    within = file.relative_to("tests") if file.parts[0] == "tests" else file
    if within.as_posix() in WITH_SYNAPSE or within.parent.as_posix() == "platforms/synapse":
        return "synapse"
    if "journeys" in file.parts and file.name not in OWN_INSTALLATIONS:
        return "synapse"
    if file.parent.name == "docs":
        return "docs"  # several read the syntax of all modules (`tests.docs.pages.tree`)
    return str(file.parent if "platforms" in file.parts else file)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Compile the screening kernels first, so that workers do not compile them while a test waits."""
    gc.enable()
    gc.collect()
    gc.freeze()  # all that is imported and collected stays to the end: no later round need look at it again
    gc.set_threshold(50_000, 20, 20)  # as it is made, Python looks for cycles 70 times as often: 3 % of all time
    if not session.config.option.collectonly and any(_folder(item) in STARTING for item in session.items):
        with (HOME / "compiling").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)  # held while `begin_compiling` compiles for all processes of `make test`
            if COMPILED_ONCE not in os.environ:
                subprocess.run([sys.executable, "-m", "jaga.app.screening.warm"], cwd=CHECKOUT, check=True)


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(CHECKOUT).parts[1]


@pytest.fixture(scope="session", autouse=True)
def a_folder_for_static_files() -> None:
    """The live server starts before a test's own settings, and WhiteNoise warns if the folder is missing."""
    Path(django_settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


@pytest.fixture(scope="session", autouse=True)
def folders_of_this_process(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Processes have a database each and number their cases alike: a key that a test destroys, and a head of the ledger
    that it publishes, must not be those of another process.
    """
    folder = tmp_path_factory.mktemp("home")
    shutil.copytree(django_settings.JAGA_KEY_STORE, folder / "key-store")
    django_settings.JAGA_KEY_STORE, django_settings.JAGA_LEDGER_FOLDER = folder / "key-store", folder / "ledger"


@pytest.fixture(scope="session", autouse=True)
def certificates_are_read_once() -> None:
    """Each `httpx.get` reads the authorities' certificates anew, in 30 ms, also for a plain address on loopback."""
    default.create_ssl_context = lru_cache(maxsize=8)(default.create_ssl_context)


@pytest.fixture(scope="session", autouse=True)
def files_of_releases_are_read_once() -> None:
    """Hundreds of tests change one line of a release; its other files say the same as in the test before, and so do the
    two longest checks, of rules and of lexicons, where the files that they read are the same.
    """
    reading.read_part = lru_cache(maxsize=200)(reading.read_part)  # type: ignore[assignment]
    reading.read_texts = lru_cache(maxsize=50)(reading.read_texts)
    release.CHECKS = tuple(
        _checked_once(one) if one in (check_rules, check_lexicons) else one for one in release.CHECKS
    )


def _checked_once(
    check: Callable[[PartialRelease], Iterable[ReleaseProblem]],
) -> Callable[[PartialRelease], Iterable[ReleaseProblem]]:
    kept = dict[tuple[int, ...], tuple[object, list[ReleaseProblem]]]()

    def checked(draft: PartialRelease) -> list[ReleaseProblem]:
        parts = (draft.categories, draft.words, draft.screening, draft.shared, *draft.rules, *draft.lexicons)
        key = tuple(map(id, parts))
        if key not in kept:
            kept[key] = parts, list(check(draft))  # with the parts, whose ids nothing else may get
        return kept[key][1]

    return checked


@pytest.fixture(scope="session", autouse=True)
def only_rows_are_taken_back() -> None:
    """After a test that commits, Django empties its tables and creates all content types and permissions again, which
    takes longer than most tests and leaves the job tables. Delete only the rows of the test instead.
    """
    TransactionTestCase._fixture_teardown = _empty_the_tables  # type: ignore[attr-defined]


def _empty_the_tables(case: TransactionTestCase) -> None:
    """An open page may still ask the live server something: where the two wait for each other, or where a row is stored
    beside what is deleted, try again.

    Only the tables that have rows, and by DELETE: to truncate all of them takes a second. The guards of the tables
    permit no deletion, so they are switched off for it.
    """
    made_by_migrations = {"django_content_type", "auth_permission", "django_migrations"}
    with connection.cursor() as cursor:
        ours = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
        names = [
            *sorted(ours - made_by_migrations),
            "procrastinate_jobs",
            "procrastinate_events",
            "procrastinate_workers",
        ]
        for left in reversed(range(5)):
            try:
                with transaction.atomic():
                    _delete_rows(cursor, names)
                break
            except (OperationalError, IntegrityError) as failed:
                again = psycopg.errors.DeadlockDetected, psycopg.errors.ForeignKeyViolation
                if not isinstance(failed.__cause__, again) or not left:
                    raise


def _delete_rows(cursor: Any, names: list[str]) -> None:
    there = sql.SQL(", ").join(sql.SQL("EXISTS (SELECT FROM {})").format(sql.Identifier(name)) for name in names)
    cursor.execute(sql.SQL("SELECT {}").format(there).as_string(None))
    full = [sql.Identifier(name) for name, any_rows in zip(names, cursor.fetchone(), strict=True) if any_rows]
    for statement in (
        "ALTER TABLE {} DISABLE TRIGGER USER",
        "DELETE FROM {}",
        "SET CONSTRAINTS ALL IMMEDIATE",
        "ALTER TABLE {} ENABLE TRIGGER USER",
    ):
        for table in full if "{}" in statement else full[:1]:
            cursor.execute(sql.SQL(statement).format(table).as_string(None))


@pytest.fixture(scope="session")
def database_roles(django_db_setup: None, django_db_blocker: Any) -> Mapping[Part, str]:
    """The database addresses of web server and worker for the session's database, each with its own role."""
    with django_db_blocker.unblock():
        return make_roles()


@pytest.fixture
def numbers_go_back(db: None) -> Iterator[None]:
    """Reset sequences, which a rolled back transaction does not do; other tests expect numbers of six digits."""
    ours = """SELECT c.oid::regclass::text, coalesce(pg_sequence_last_value(c.oid), 1) FROM pg_class c
        WHERE c.relkind = 'S' AND c.relname LIKE 'records\\_%'"""
    with connection.cursor() as cursor:
        cursor.execute(ours)
        before = cursor.fetchall()
        cursor.executemany("SELECT setval(%s::regclass, 2000)", [(name,) for name, _ in before])
    yield
    with connection.cursor() as cursor:
        cursor.executemany("SELECT setval(%s::regclass, %s)", before)


@pytest.fixture
def own_store(settings: Any, tmp_path: Path) -> Path:
    """A copy of the session's key store, so that a test that destroys keys leaves those of other tests."""
    shutil.copytree(settings.JAGA_KEY_STORE, tmp_path / "key-store")
    settings.JAGA_KEY_STORE = tmp_path / "key-store"
    return tmp_path / "key-store"


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SynapseServer]:
    """A real, empty homeserver on loopback for the session; each test creates its own accounts."""
    server = homeserver.start(tmp_path_factory.mktemp("homeserver"), free_port(), CHECKOUT / ".synapse-venv")
    yield server
    server.stop()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium; `make test` installs it. Its headless shell draws and runs pages as the browser
    does, in half of the processor time. Captures are rendered by the browser itself (`jaga.sources.capture.rendering`).
    """
    found = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)
    if found is None:
        pytest.fail("Chromium is missing: run `make test`, which installs it or says how")
    return found


@pytest.fixture(scope="session", autouse=True)
def one_browser() -> Iterator[None]:
    """The browser that tests share ends with them."""
    yield
    close_the_browser()


@pytest.fixture(scope="session")
def chromium_arguments() -> list[str]:
    """The options that a headless Chromium needs in a container, as root, without calls home."""
    return [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
