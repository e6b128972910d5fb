"""Whole installations by `jaga run`: the shortest story, and a first administrator. The other stories at their full
length: `bench/long/test_stories.py`.
"""

import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.journeys.installation import CHECKOUT, environment_for, jaga, troubles, until
from tests.journeys.people import Colleague, with_code_app

from jaga.app.services.processes import Process, free_port
from jaga_practice.visitor import PageRefused, Visitor

pytestmark = pytest.mark.synapse


def test_the_release_for_the_union_has_a_short_story_of_its_own(a_home: Path, a_database: str) -> None:
    """JAGA_RELEASE=eu: in English, on its own categories, to its end; the ledger is whole and names the jurisdiction.

    The time is the story's own; it may take longer here than the minute that it has, since other tests run beside it.
    """
    environment = environment_for(
        a_home, free_port(), SYNAPSE_PORT=str(free_port()), ONCE="1", JAGA_RELEASE="eu", DATABASE_URL=a_database
    )
    played = jaga(environment, "run", seconds=600)
    assert (played.returncode, troubles(played)) == (0, ""), played.stdout
    for line in (
        "Prostitution and gambling are labels",
        "A rule of this release saw it",
        "closed and verified",
        "art. 17",
        "art. 20",
        "Victim first",
        "The installation is well",
    ):
        assert line in played.stdout
    assert "Kementerian" not in played.stdout
    with psycopg.connect(a_database) as database:
        recorded = database.execute("SELECT payload FROM records_ledgerentry WHERE verb = 'claim_installation'")
        assert recorded.fetchall() == [({"host": "operator", "practice": True, "jurisdiction": "EU"},)]
    assert "The ledger is whole." in jaga(environment, "ledger", "verify").stdout

    other = jaga({**environment, "JAGA_RELEASE": "id"}, "run", seconds=300)
    assert other.returncode == 1
    assert "for the jurisdiction EU, and the release here is for ID" in other.stderr
    assert "JAGA_RELEASE=eu" in other.stderr
    assert "Traceback" not in other.stderr


def test_an_empty_installation_gets_its_first_administrator(a_home: Path) -> None:
    """It starts without chat apps and people; `jaga admin create` creates a person who can sign in but not vote."""
    port = free_port()
    environment = environment_for(a_home, port, PRACTICE="0")
    base_url, password = f"http://127.0.0.1:{port}", "kunci-panjang-untuk-latihan"
    with (a_home / "run.log").open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "jaga_practice.entry", "run"],
            cwd=CHECKOUT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        until("the empty installation", lambda: b"Press Ctrl-C" in (a_home / "run.log").read_bytes(), 240)
        visitor = Visitor(base_url)
        assert 'name="platform"' not in visitor.open("/report/").html
        assert "banner--practice" not in visitor.open("/").html
        visitor.close()
        made = jaga(
            environment,
            "admin",
            "create",
            "ketua",
            "--name",
            "Ketua",
            "--organisation",
            "Operator Kami",
            "--password-stdin",
            given=password,
        )
        assert (made.returncode, troubles(made)) == (0, ""), made.stdout
        short = jaga(
            environment,
            "admin",
            "create",
            "wakil",
            "--name",
            "Wakil",
            "--organisation",
            "Operator Kami",
            "--password-stdin",
            given="pendek",
        )
        assert short.returncode == 1
        assert "Traceback" not in short.stderr
        ketua = Colleague.sign_in(base_url, "ketua", password)
        assert "/console/factors/" in ketua.open("/console/").url  # nothing else opens before a second factor
        with_code_app(ketua.visitor)
        assert "/console/overview/" in ketua.open("/console/").url
        with pytest.raises(PageRefused, match="403"):
            ketua.open("/console/queue/")
        ketua.visitor.close()
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(40) == 0, (a_home / "run.log").read_text()
    for note in (a_home / "run").glob("*.pid"):
        assert Process.read(note) is None, f"{note.stem} was left behind"
