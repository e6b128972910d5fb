"""One platform's answers are unusable; the other one's reports arrive as if it did not exist."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.factories import PLATFORM, World, decided_closure, make_world, report
from tests.jobs.worker.test_killed_worker import CHECKOUT, wait_for
from tests.platforms import lying_servers as right
from tests.platforms.bad_values import BAD, BODIES, LONE, NUL, Liar, filled, lying
from tests.watching import running

from jaga.app import periodic
from jaga.cases.models.cases import Platform, Subject
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.platforms import Capabilities, Capability, PlatformFault, PlatformUnreachable
from jaga.core.terms.cases import PlatformTask, Step
from jaga.core.terms.reports import SourceState
from jaga.operators.models import PlatformHealth
from jaga.people.models import Organisation
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.credentials import save_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import open_adapter
from jaga.reporting import jobs as in_app
from jaga.reporting.models import PeriodicTaskFault, PlatformTaskHealth, SetAsideValue
from jaga.reporting.verbs.filing import file_waiting
from jaga.sources.kit import state_text
from jaga.store.grants import Part
from jaga.store.kernel import validation as unusable_values
from jaga.watch import jobs as read
from jaga.watch.models.watches import WatchProgress
from jaga.watch.reads.watches import number_of
from jaga.watch.verbs.reading import go_on_from_present, running_watches

OTHER = "lain"
M = "@"
PLACES: dict[str, right.Routes] = {
    "event id": {"/sync": right.sync(right.event(event_id=M))},
    "sender": {"/sync": right.sync(right.event(sender=M))},
    "body": {"/sync": right.sync(right.event(content={"body": M}))},
    "sent at": {"/sync": right.sync(right.event(origin_server_ts=M))},
    "room name": {"/publicRooms": {"chunk": [{"room_id": right.ROOM, "name": M}]}},
    "cursor": {"/sync": right.sync(right.event(), next_batch=M)},
    "account": {
        "/v1/event_reports": {
            "event_reports": [
                {"id": 7, "sender": M, "user_id": "@saksi:localhost", "received_ts": 1, "reason": "penipuan"}
            ]
        }
    },
    "number": {
        "/v1/user_reports": {
            "user_reports": [{"id": M, "target_user_id": right.SENDER, "user_id": "@saksi:localhost", "received_ts": 1}]
        }
    },
    "words": {
        "/v1/user_reports": {
            "user_reports": [
                {"id": 3, "target_user_id": right.SENDER, "user_id": "@saksi:localhost", "received_ts": M, "reason": M}
            ]
        }
    },
}


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return two_platforms()


def two_platforms() -> World:
    """The usual world, and a second platform of the same operator."""
    made = make_world()
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    operator = Organisation.objects.get(name="Operator Contoh").pk
    register_platform(
        NewPlatform(OTHER, "Obrolan Lain", operator, "localhost", able, watched=True, practice=True), actor=CLI
    )
    return made


def opened(name: str, url: str) -> Any:
    return open_adapter(
        PlatformConfiguration(name, "synapse", url, "localhost", {"admin_token": "a", "watcher_token": "w"})
    )


@pytest.fixture
def servers(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Liar, Liar]]:
    """A server with bad answers and one with good ones, each read from its beginning."""
    with lying(right.served(right.synapse())) as bad, lying(right.served(right.synapse())) as good:
        adapters = {PLATFORM: opened(PLATFORM, bad.url), OTHER: opened(OTHER, good.url)}
        for place in (read, in_app):
            monkeypatch.setattr(place, "adapter_for", adapters.__getitem__)
        for name in adapters:
            running(name, cursor=at("s1"))
        yield bad, good


def at(place: str) -> str:
    """The cursor of a watch at this place of the server."""
    return state_text({"feed": place, "taken": ""})


def read_both() -> int:
    return read.read_watches() + in_app.read_in_app_reports()


def progress() -> WatchProgress:
    """Of the watch of the server with bad answers."""
    return WatchProgress.objects.get(watch__platform__name=PLATFORM)


def read_bad() -> int:
    """Read its rooms, if it may be read."""
    number = str(progress().watch_id)
    return read.read_watch(number) if number in running_watches() else 0


def of_the_other() -> int:
    return Report.objects.filter(subject__platform__name=OTHER).count()


def good_answers(number: int) -> right.Routes:
    """A new message of a new account each time, in words of its own: the same words would wait for a judgement."""
    letters = "".join(chr(97 + int(digit)) for digit in str(number))
    body = {"msgtype": "m.text", "body": f"{right.TEXT} kamar {letters}"}
    return right.synapse(
        **{
            "/sync": right.sync(right.event(event_id=f"$e{number}", sender=f"@a{number}:localhost", content=body)),
            "/v1/event_reports": {"event_reports": []},
            "/v1/user_reports": {"user_reports": []},
        }
    )


def test_every_bad_value_is_one_platforms_fault_and_the_other_is_read(servers: tuple[Liar, Liar]) -> None:
    """One round with each of the bad values in one place of an answer: it only changes counts, and the other's message
    becomes a report. (`tests/platforms/kit/test_bad_values.py` has each value in each place.)
    """
    bad, good = servers
    for number, (name, value) in enumerate(BAD.items()):
        place = list(PLACES.values())[number % len(PLACES)]
        bad.reply = right.served(right.synapse(**{path: filled(template, value) for path, template in place.items()}))
        good.reply = right.served(good_answers(number))
        read_both()
        assert of_the_other() == number + 1, name
        PlatformTaskHealth.objects.update(retry_at=None)
        WatchProgress.objects.update(retry_at=None)
    assert not PlatformTaskHealth.objects.filter(platform__name=OTHER).exists()
    assert PlatformTaskHealth.objects.filter(platform__name=PLATFORM, faults__gt=0).count() == 1
    assert list(WatchProgress.objects.filter(failed_at__isnull=False)) == [progress()]
    assert not SetAsideValue.objects.exclude(platform__name=PLATFORM).exists()
    assert SetAsideValue.objects.filter(platform__name=PLATFORM).count() > 5


def test_every_wrong_answer_is_one_platforms_fault_and_the_other_is_read(servers: tuple[Liar, Liar]) -> None:
    """The same for whole answers: encodings, redirects, compression, pauses."""
    bad, good = servers
    for number, answer in enumerate(BODIES.values()):
        bad.reply = lambda method, path, body, answer=answer: answer  # type: ignore[misc]
        good.reply = right.served(good_answers(number))
        read_both()
        assert of_the_other() == number + 1
        PlatformTaskHealth.objects.update(retry_at=None)
        WatchProgress.objects.update(retry_at=None)
    assert progress().failures == len(BODIES)
    assert not PlatformHealth.objects.exists()  # its actions go on


def test_two_ids_that_differ_in_what_cannot_be_kept_are_no_account(servers: tuple[Liar, Liar]) -> None:
    """Neither becomes an account; each is stored with its own bytes."""
    bad, _ = servers
    senders = ("@a\x00b:localhost", "@a\ud800b:localhost", "@a\ufffdb:localhost", "@a?b:localhost")
    events = [right.event(event_id=f"${number}", sender=sender) for number, sender in enumerate(senders)]
    bad.reply = right.served(right.synapse(**{"/sync": right.sync(*events)}))
    read_bad()
    made = set(Subject.objects.filter(platform__name=PLATFORM).values_list("account_id", flat=True))
    assert made == {"@a\ufffdb:localhost", "@a?b:localhost"}
    assert SetAsideValue.objects.filter(platform__name=PLATFORM).count() == 2


def test_an_id_that_a_platform_names_is_not_folded_into_another(servers: tuple[Liar, Liar]) -> None:
    """What a person pastes is interpreted; an id from the platform itself is another account if it differs."""
    bad, _ = servers
    ids = ["@budi:localhost", "@Budi:localhost", "@b%75di:localhost"]
    rows = [
        {"id": number, "target_user_id": one, "user_id": "@saksi:localhost", "received_ts": 1, "reason": "judi"}
        for number, one in enumerate(ids, 1)
    ]
    bad.reply = right.served(
        right.synapse(**{"/v1/event_reports": {"event_reports": []}, "/v1/user_reports": {"user_reports": rows}})
    )
    assert in_app.read_reports_of(PLATFORM) == 3
    file_waiting()
    assert set(Subject.objects.values_list("account_id", flat=True)) == set(ids)


def test_a_cursor_that_cannot_be_kept_neither_loops_nor_passes_anything_over(
    servers: tuple[Liar, Liar],
    world: World,
) -> None:
    """Nothing is accepted, the bytes are stored once, the pauses grow; a supervisor restarts reading, on record."""
    bad, _ = servers
    bad.reply = right.served(right.synapse(**{"/sync": right.sync(right.event(), next_batch=NUL)}))
    for _ in range(40):
        read_bad()
    assert (progress().failures, progress().state) == (1, SourceState.FAULTY)  # left alone since
    assert SetAsideValue.objects.get().kind == "cursor"
    assert progress().cursor == at("s1")
    bad.reply = right.served(right.synapse())
    go_on_from_present(progress().watch_id, actor=world.supervisor)
    assert progress().cursor == ""
    read_bad()
    assert (progress().cursor, progress().failures) == (at("s2"), 0)


def test_pauses_grow_to_a_limit_and_end_with_the_first_good_answer(world: World) -> None:
    """None at first; then longer, up to ten minutes for an unusable answer and up to one for silence."""
    for failed, longest in (
        (PlatformFault(why="x"), unusable_values.LONGEST_PAUSE),
        (PlatformUnreachable(why="x"), unusable_values.LONGEST_SILENCE),
    ):
        with frozen(now()):
            pauses = [
                until - now()
                if (until := unusable_values.record_failure(PLATFORM, PlatformTask.ROOMS, failed, actor=SYSTEM))
                else timedelta(0)
                for _ in range(20)
            ]
        assert pauses[:2] == [timedelta(0)] * 2
        assert pauses == sorted(pauses)
        assert pauses[-1] == longest
        unusable_values.record_success(PLATFORM, PlatformTask.ROOMS)
        assert not unusable_values.left_alone(PLATFORM, PlatformTask.ROOMS)
    for asked in (float("nan"), float("inf"), -1.0, 1e308):
        unusable_values.record_failure(
            PLATFORM, PlatformTask.ROOMS, PlatformUnreachable(retry_after=asked), actor=SYSTEM
        )


def test_a_flood_of_bad_values_is_counted_and_fills_no_table(
    servers: tuple[Liar, Liar],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond what a person could look at, bytes are only counted, visibly; the cursor moves on."""
    monkeypatch.setattr(unusable_values, "MOST_KEPT", 5)
    bad, _ = servers
    events = [right.event(event_id=f"\x00{number}") for number in range(20)]
    bad.reply = right.served(right.synapse(**{"/sync": right.sync(*events)}))
    read_bad()
    assert SetAsideValue.objects.count() == 5
    assert PlatformTaskHealth.objects.get().not_kept == 15
    assert progress().cursor == at("s2")


def test_health_names_the_platform_and_stays_ready(servers: tuple[Liar, Liar]) -> None:
    """One hostile platform does not take the installation out of service, and is visible."""
    bad, _ = servers
    bad.reply = right.served(right.synapse(**{"/sync": right.sync(right.event(event_id=LONE)), "/v1/user_reports": 7}))
    read_both()
    body = Client().get("/health/ready").json()
    assert body["faulty_platforms"] == {PLATFORM: 1}
    assert body["set_aside"] == 1
    assert "periodic_tasks" not in body["faults"]


@pytest.mark.django_db(transaction=True)
def test_a_periodic_task_that_fails_ends_no_other_and_is_in_sight() -> None:
    """Whatever it raises: it is repeated after a pause, the others continue, and the health check is not ready
    meanwhile.
    """
    done: list[str] = []

    def fails() -> int:
        done.append("failed")
        raise AssertionError("a fault of ours")

    def works() -> int:
        done.append("worked")
        return 0

    async def both() -> None:
        tasks = [
            asyncio.create_task(periodic.every(0.01, name, periodic.in_thread(one)))
            for name, one in (("failing", fails), ("working", works))
        ]
        end = time.monotonic() + 60
        while done.count("failed") < 3 or done.count("worked") < 10:
            assert time.monotonic() < end
            await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(both())
    assert list(PeriodicTaskFault.objects.values_list("name", flat=True)) == ["failing"]
    answer = Client().get("/health/ready")
    assert answer.status_code == 503
    assert answer.json()["failing_periodic_tasks"] == ["failing"]


@pytest.mark.django_db(transaction=True)
def test_a_platform_that_does_not_come_to_an_end_holds_up_no_other(settings: Any, tmp_path: Path) -> None:
    """Each has its own thread, and a bug in one is counted for its platform."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    two_platforms()
    released, reads = threading.Event(), list[str]()

    def work(name: str) -> int:
        reads.append(name)
        if name == PLATFORM:
            released.wait(60)
            raise ZeroDivisionError
        return 1

    async def some_rounds() -> int:
        task = periodic.EachPlatform(PlatformTask.ROOMS, lambda: [PLATFORM, OTHER], work)
        found = sum([await task() for _ in range(4)])
        released.set()
        await asyncio.sleep(0.2)
        return found + await task()

    assert asyncio.run(some_rounds()) >= 4
    assert reads.count(PLATFORM) <= 2
    assert PlatformTaskHealth.objects.get().why == "ZeroDivisionError"


@contextmanager
def working(settings: Any, folder: Path, address: str) -> Iterator[tuple[Liar, Liar, Any, Path]]:
    """A worker process with the real registry on two servers: (the bad one, the good one, the process, its log)."""
    home = folder / "home"
    home.mkdir(mode=0o700)
    (home / "key-store").symlink_to(settings.JAGA_KEY_STORE)
    if (keys := Path(settings.HOME) / "secrets").exists():
        shutil.copytree(keys, home / "secrets")
    with lying(right.served(good_answers(0))) as bad, lying(right.served(good_answers(0))) as good:
        for name, liar in ((PLATFORM, bad), (OTHER, good)):
            save_configuration(
                home / "platforms.toml",
                PlatformConfiguration(
                    name, "synapse", liar.url, "localhost", {"admin_token": "a", "watcher_token": "w"}
                ),
                KeyFile(home / "secrets" / "platforms"),
            )
        environment = {
            **os.environ,
            "DATABASE_URL": address,
            "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
            "JAGA_HOME": str(home),
            "PYTHONPATH": f"{CHECKOUT / 'src'}:{CHECKOUT}",
        }
        log = folder / "worker.log"
        script = (
            "import django; django.setup(); import asyncio; from jaga.app.worker import run_worker; "
            "asyncio.run(run_worker(4))"
        )
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", script], cwd=CHECKOUT, env=environment, stdout=out, stderr=out
            )
        try:
            yield bad, good, process, log
        finally:
            process.kill()
            process.wait(10)


@pytest.fixture
def real_worker(
    transactional_db: None,
    settings: Any,
    tmp_path: Path,
    database_roles: Mapping[Part, str],
) -> Iterator[tuple[Liar, Liar, Any, Path]]:
    """It runs, and each platform is read from its beginning."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    two_platforms()
    for name in (PLATFORM, OTHER):
        running(name, cursor=at("s1"))
    with working(settings, tmp_path, database_roles["worker"]) as works:
        yield works


def test_a_real_worker_outlives_every_bad_value(real_worker: tuple[Liar, Liar, Any, Path]) -> None:
    """One process from the first to the last value, while the other platform's messages arrive."""
    bad, good, process, log = real_worker
    wait_for(lambda: of_the_other() == 1 or process.poll() is not None, 180)
    assert process.poll() is None, log.read_text()[-3000:]
    spoilt = [
        filled(PLACES[place][path], BAD[name])
        for place, path, name in (
            ("event id", "/sync", "nul"),
            ("sender", "/sync", "lone-high-surrogate"),
            ("sent at", "/sync", "hundred-digits"),
            ("body", "/sync", "nul"),
            ("cursor", "/sync", "nul"),
        )
    ]
    for number, sync in enumerate(spoilt, 1):
        bad.reply = right.served(good_answers(0) | {"/sync": sync})
        asked = bad.asked
        wait_for(lambda asked=asked: bad.asked > asked + 3 or process.poll() is not None, 120)  # type: ignore[misc]
        good.reply = right.served(good_answers(number))
        wait_for(lambda number=number: of_the_other() == number + 1 or process.poll() is not None, 60)  # type: ignore[misc]
        assert process.poll() is None, log.read_text()[-3000:]
    wait_for(lambda: progress().failed_at, 60)
    assert SetAsideValue.objects.filter(platform__name=PLATFORM, kind="message").count() == 2
    assert not PlatformTaskHealth.objects.filter(platform__name=OTHER).exists()
    ((watch, state),) = json.loads(Client().get("/health/ready").content)["faulty_watches"].items()
    assert (watch, state) == (number_of(progress().watch_id), progress().state)


@pytest.mark.django_db(transaction=True)
def test_a_slow_platform_with_much_to_do_leaves_places_for_the_others_jobs(
    settings: Any,
    tmp_path: Path,
    database_roles: Mapping[Part, str],
) -> None:
    """It answers correctly, each time after some seconds, and has more closures than the worker has slots."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    world = two_platforms()
    Platform.objects.update(watched=False)
    for number in range(8):
        decided_closure(world, account=f"@p{number}:localhost")
    with working(settings, tmp_path, database_roles["worker"]) as (slow, _, process, log):
        answer = right.served(right.synapse())

        def late(method: str, path: str, body: bytes) -> Any:
            time.sleep(5)
            return answer(method, path, body)

        slow.reply = late
        wait_for(lambda: at_work() or process.poll() is not None, 180)
        waits = []
        for number in range(3):
            filed = report(platform=OTHER, account=f"@q{number}:localhost", source=f"192.0.{number}.1")
            begun = time.monotonic()
            wait_for(partial(triaged, filed.report_id), 60)
            waits.append(time.monotonic() - begun)
        assert process.poll() is None, log.read_text()[-3000:]
        assert min(waits) < 5, waits


def at_work() -> int:
    """How many actions are being carried out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%carry_out%' AND status = 'doing'"
        )
        return int(cursor.fetchone()[0])


def triaged(report_id: int) -> bool:
    """Whether it waits for people."""
    return Report.objects.filter(pk=report_id, case__state=CaseState.IN_REVIEW).exists()
