"""Two real workers follow the release that people adopted, and none other."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from tests.factories import World, make_world
from tests.policy.conftest import Spoilt, copy_release
from tests.services import CHECKOUT

from jaga.adoption import verbs as policy_adoption
from jaga.adoption.reads import release_alarms
from jaga.core.actors import CLI
from jaga.core.terms.people import Role
from jaga.people.verbs.people import NewPerson, actor_for, create_person
from jaga.policy.problems import PolicyError
from jaga.policy.release import release_files
from jaga.store.grants import Part
from jaga.store.models import ReleaseAdoption, ReleaseInUse, StoredRelease

WHY = "Banding boleh diajukan lebih lama."
_WORKER = """
import asyncio, django
django.setup()
from jaga.app import policy_in_force
from jaga.app.worker import WorkerPriority, run_worker
policy_in_force.begin("worker")
asyncio.run(run_worker(1, WorkerPriority.URGENT))
"""
Start = Callable[[], "subprocess.Popen[bytes]"]


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


@pytest.fixture
def world(transactional_db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return make_world()


@pytest.fixture
def folder(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spoilt:
    made = copy_release(tmp_path)
    monkeypatch.setenv("JAGA_POLICY", str(made.folder))
    policy_adoption.adopt_first_release(release_files(), actor=CLI)
    return made


@pytest.fixture
def start(tmp_path: Path, database_roles: Mapping[Part, str]) -> Iterator[Start]:
    """Starts workers; whatever still runs at the end is stopped."""
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> "subprocess.Popen[bytes]":
        environment = {
            **os.environ,
            "DATABASE_URL": database_roles["worker"],
            "DJANGO_SETTINGS_MODULE": "jaga.app.settings",
            "JAGA_HOME": str(django_settings.HOME),
            "PYTHONPATH": str(CHECKOUT / "src"),
        }
        with (tmp_path / "worker.log").open("ab") as log:
            running.append(
                subprocess.Popen([sys.executable, "-c", _WORKER], cwd=CHECKOUT, env=environment, stdout=log, stderr=log)
            )
        return running[-1]

    yield begin
    for process in running:
        if process.poll() is None:
            process.terminate()
        process.wait(30)


def in_use() -> list[str]:
    return list(ReleaseInUse.objects.values_list("hash", flat=True))


def test_two_workers_follow_what_was_adopted(world: World, folder: Spoilt, start: Start, tmp_path: Path) -> None:
    """A broken release is refused, an edit in place changes nothing and is an alarm, a good one is taken by both; and a
    worker does not start on a release that was changed in the database.
    """
    first = ReleaseAdoption.objects.get().release.hash
    for _ in range(2):
        start()
    wait_for(lambda: in_use() == [first, first], 120)

    folder.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: -200")
    with pytest.raises(PolicyError):
        policy_adoption.propose_release(release_files(), WHY, actor=world.supervisor)
    folder.change("enforcement.yaml", "appeal_window_days: -200", "appeal_window_days: 200")
    wait_for(lambda: bool(release_alarms().folders), 60)
    assert in_use() == [first, first]

    row = policy_adoption.propose_release(release_files(), WHY, actor=world.supervisor)
    second = actor_for(
        create_person(
            NewPerson("ratna", "Ratna", world.supervisor.organisation_id or 0, (Role.ADMINISTRATOR,)), actor=CLI
        )
    )
    policy_adoption.confirm_release(row.pk, actor=second)
    wait_for(lambda: in_use() == [row.release.hash] * 2, 30)
    assert not release_alarms().any

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_storedrelease DISABLE TRIGGER USER")
    StoredRelease.objects.filter(hash=row.release.hash).update(files="{}")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_storedrelease ENABLE TRIGGER USER")
    assert start().wait(120) != 0
    assert "policy_release_unusable" in (tmp_path / "worker.log").read_text()
