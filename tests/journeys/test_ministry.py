"""An authority's installation by `JAGA_HOST=authority jaga run`: no chat server, no platform access, and its story's
beginning. To its end, across an interruption: `bench/long/test_stories.py`.
"""

import signal
import subprocess
import sys
from pathlib import Path

from tests.journeys.installation import CHECKOUT, environment_for, jaga, until

from jaga.app.services.processes import Process, free_port
from jaga.platforms.kit.configuration import read_stored


def test_the_ministrys_story_begins(a_home: Path, a_database: str) -> None:
    """Its first act is played, and Ctrl-C stops everything. No Synapse is started. As an operator's it is refused."""
    environment = environment_for(a_home, free_port(), JAGA_HOST="authority", ONCE="1", DATABASE_URL=a_database)
    steps, log = a_home / "practice" / "story-steps", a_home / "interrupted.log"
    with log.open("wb") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "jaga_practice.entry", "run"],
            cwd=CHECKOUT,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    until("its first steps", lambda: running.poll() is not None or (steps.exists() and steps.stat().st_size), 900)
    running.send_signal(signal.SIGINT)
    assert running.wait(300) == 130, log.read_text()
    assert "Everything that was started is stopped." in log.read_text()
    assert not (a_home / "synapse").exists()
    assert all(set(block.credentials) <= {"signing_key"} for block in read_stored(a_home / "platforms.toml").values())
    for note in (a_home / "run").glob("*.pid"):
        assert Process.read(note) is None, f"{note.stem} was left behind"

    refused = jaga(environment_for(a_home, free_port(), ONCE="1", DATABASE_URL=a_database), "run")
    assert refused.returncode == 1
    assert "another kind of host" in refused.stderr
    assert not (a_home / "synapse").exists()
