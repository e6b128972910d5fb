"""The practice stories at their full length, by `jaga run`: an operator's, and a ministry's.

`tests/journeys/test_commands.py` plays the short story of the release for the European Union to its end, and
`test_ministry.py` the beginning of the ministry's.
"""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.journeys.installation import CHECKOUT, environment_for, jaga, troubles, until

from jaga.app.services import postgres
from jaga.app.services.database import PRACTICE
from jaga.app.services.processes import Process, free_port
from jaga.platforms.kit.configuration import read_stored

_SEEN = (
    "did not answer",
    "did not release it",
    "one case, K000002",
    "They hold no switch",
    "Only then the reporter and the police were told",
    "the public profile confirmed it",
    "cannot be found under that name",
    "five calendar days",
    "a prepared warning for wulan",
    "score cards of 3 operators",
    "The installation is well",
)
_STOP = "ratna opens P000002"


@pytest.mark.synapse
def test_the_story_is_told_once(a_home: Path) -> None:
    """The first run plays it and ends well; the second finds it played, and files and decides nothing."""
    environment = environment_for(a_home, free_port(), SYNAPSE_PORT=str(free_port()), ONCE="1")
    first = jaga(environment, "run", seconds=900)
    assert (first.returncode, troubles(first)) == (0, ""), first.stdout
    assert "closed and verified" in first.stdout
    assert "The ledger is whole." in jaga(environment, "ledger", "verify").stdout
    told = _told(a_home)
    assert told["decision"] > 0

    second = jaga(environment, "run", seconds=300)
    assert (second.returncode, troubles(second)) == (0, ""), second.stdout
    assert "nothing is repeated" in second.stdout
    assert "closed and verified" not in second.stdout
    assert _told(a_home) == told


def _told(home: Path) -> dict[str, int]:
    """How much people did in the stopped installation of `home`; the watch may still store its last observations."""
    cluster = postgres.start(home, (home / "secrets" / "postgres").read_bytes())
    try:
        with psycopg.connect(cluster.ensure_database(PRACTICE)) as connection:
            return {
                table: connection.execute(f"SELECT count(*) FROM records_{table} {where}".encode()).fetchall()[0][0]  # noqa: S608
                for table, where in (
                    ("report", "WHERE channel <> 'watch'"),
                    ("vote", ""),
                    ("decision", ""),
                    ("appeal", ""),
                    ("disclosure", ""),
                    ("person", ""),
                )
            }
    finally:
        cluster.stop()


def test_the_ministrys_story_is_told_once(a_home: Path) -> None:
    """Stopped in the middle by Ctrl-C, it continues where it was and ends well. No Synapse is started, and the ledger
    is whole. That a story is not played twice is tested with the operator's.
    """
    environment = environment_for(a_home, free_port(), JAGA_HOST="authority", ONCE="1")
    told = _stopped(environment, a_home)
    first = jaga(environment, "run", seconds=900)
    assert (first.returncode, troubles(first)) == (0, ""), first.stdout
    told += first.stdout
    assert "had not come to its end here" in first.stdout
    assert [(said, told.count(said)) for said in _SEEN if told.count(said) != 1] == []
    assert not (a_home / "synapse").exists()
    assert all(set(block.credentials) <= {"signing_key"} for block in read_stored(a_home / "platforms.toml").values())
    assert "The ledger is whole." in jaga(environment, "ledger", "verify").stdout

    for note in (a_home / "run").glob("*.pid"):
        assert Process.read(note) is None, f"{note.stem} was left behind"

    other = environment_for(a_home, free_port(), ONCE="1")
    refused = jaga(other, "run")
    assert refused.returncode == 1
    assert "another kind of host" in refused.stderr
    assert not (a_home / "synapse").exists()


def _stopped(environment: dict[str, str], home: Path) -> str:
    """Start it, interrupt it when the story has reached the step, and return its output."""
    steps, log = home / "practice" / "story-steps", home / "interrupted.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "jaga_practice.entry", "run"],
            cwd=CHECKOUT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    until(_STOP, lambda: running.poll() is not None or (steps.exists() and _STOP in steps.read_text()), 900)
    running.send_signal(signal.SIGINT)
    assert running.wait(300) == 130, log.read_text()
    assert "Everything that was started is stopped." in log.read_text()
    return log.read_text()
