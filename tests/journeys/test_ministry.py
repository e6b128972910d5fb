"""An authority's installation by `JAGA_HOST=authority jaga run`: the story once, no chat server, no hands."""

from pathlib import Path

from tests.journeys.installation import environment_for, jaga, troubles

from jaga.app.services.ports import free_port
from jaga.app.services.processes import Process
from jaga.platforms.configuration import read_stored

_SEEN = (
    "did not answer", "did not release it", "one case, K000002", "They hold no switch",
    "Only then the reporter and the police were told", "the public profile confirmed it",
    "cannot be found under that name", "five calendar days", "score cards of 3 operators", "The installation is well",
)


def test_the_ministrys_story_is_told_once(a_home: Path) -> None:
    """It ends well; again it repeats nothing. No Synapse is started, and the ledger is whole."""
    environment = environment_for(a_home, free_port(), JAGA_HOST="authority", ONCE="1")
    first = jaga(environment, "run", seconds=900)
    assert (first.returncode, troubles(first)) == (0, ""), first.stdout
    assert [said for said in _SEEN if said not in first.stdout] == []
    assert not (a_home / "synapse").exists()
    assert all(set(block.credentials) <= {"signing_key"} for block in read_stored(a_home / "platforms.toml").values())
    assert "The ledger is whole." in jaga(environment, "ledger", "verify").stdout

    second = jaga(environment, "run", seconds=300)
    assert (second.returncode, troubles(second)) == (0, ""), second.stdout
    assert "nothing is repeated" in second.stdout
    assert not any(said in second.stdout for said in _SEEN)
    for note in (a_home / "run").glob("*.pid"):
        assert Process.read(note) is None, f"{note.stem} was left behind"

    other = environment_for(a_home, free_port(), ONCE="1")
    refused = jaga(other, "run")
    assert refused.returncode == 1
    assert "another kind of host" in refused.stderr
    assert not (a_home / "synapse").exists()
