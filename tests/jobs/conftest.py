"""A world whose one platform is the fake, with one account on it."""

from pathlib import Path
from typing import Any

import pytest
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.jobs import Job
from tests.factories import ACCOUNT, World, make_world
from tests.platforms.fake import FakeAccount, FakePlatform

from jaga.app import tasks
from jaga.store.kernel.jobs import ORDINARY


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    platform = FakePlatform()
    platform.accounts[ACCOUNT] = FakeAccount("rahasia", sessions={"session"})
    for place in ("actions", "decisions", "watch"):
        monkeypatch.setattr(f"jaga.{place}.jobs.adapter_for", lambda name: platform)
    return platform


def run_triage(case_id: int, queue: str = ORDINARY) -> None:
    """Run the job like a worker that took it from `queue`."""
    job = Job(id=None, queue=queue, lock=None, queueing_lock=None, task_name=tasks.run_triage.name)
    tasks.run_triage(JobContext(app=app, job=job, abort_reason=lambda: None, start_timestamp=0.0), case_id)
