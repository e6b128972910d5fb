"""`jaga policy adopt` and `jaga policy emergency`, as people type them."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.factories import World, make_world
from tests.policy.conftest import Spoilt, copy_release

from jaga.adoption import verbs as policy_adoption
from jaga.adoption.verbs import AdoptedUnreadable
from jaga.app.commands import policy as commands
from jaga.core.actors import CLI
from jaga.core.terms.outside import AdoptionKind, AdoptionState
from jaga.policy import in_force
from jaga.policy.release import release_files
from jaga.store.models import ReleaseAdoption, StoredRelease

WHY = "Batas waktu banding diperpanjang."


@pytest.fixture(autouse=True)
def the_release_of_before() -> Iterator[None]:
    """What this process works under goes with each test."""
    yield
    in_force.put_in_force(None)


@pytest.fixture
def folder(db: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spoilt:
    """The folder of the installation, adopted at its first start. The database is the test's; the rules' examples,
    which `tests/policy` runs, are not run again.
    """
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    made = copy_release(tmp_path)
    monkeypatch.setenv("JAGA_POLICY", str(made.folder))
    monkeypatch.setattr(commands, "_records", nullcontext)
    monkeypatch.setattr("jaga.screening.engine.proving.prove", lambda *_: [])
    monkeypatch.setattr("jaga.screening.engine.proving.prove_texts", lambda *_: [])
    policy_adoption.adopt_first_release(release_files(), actor=CLI)
    return made


@pytest.fixture
def world(folder: Spoilt) -> World:
    return make_world()


def run(*typed: str) -> Result:
    return CliRunner().invoke(commands.policy, typed)


def test_the_difference_is_said_and_the_release_waits(world: World, folder: Spoilt) -> None:
    """In words, with what to do next; nothing is in force before a second person confirms it."""
    folder.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")
    done = run("adopt", "--by", "wulan", "--reason", WHY)
    assert done.exit_code == 0, done.output
    assert "184" in done.output
    assert "200" in done.output
    assert "Somebody else can confirm it until" in done.output
    row = ReleaseAdoption.objects.latest("pk")
    assert (row.kind, row.state, row.reason) == (AdoptionKind.ADOPTION, AdoptionState.PROPOSED, WHY)
    assert row.proposed_by_id == world.supervisor.person_id


def test_a_broken_release_is_refused_by_file_and_line(world: World, folder: Spoilt) -> None:
    """And not stored."""
    line = folder.change("enforcement.yaml", "appeal_window_days: ", "appeal_window_days: -")
    done = run("adopt", "--by", "wulan", "--reason", WHY)
    assert done.exit_code == 1
    assert f"enforcement.yaml:{line}: " in done.output
    assert ReleaseAdoption.objects.count() == 1


@pytest.mark.parametrize("command", ["adopt", "emergency"])
def test_who_and_why_are_asked_for(world: World, folder: Spoilt, command: str) -> None:
    """Neither can be left out, and the name must be somebody's who may propose."""
    folder.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")
    assert run(command, "--reason", WHY).exit_code == 2
    assert run(command, "--by", "wulan").exit_code == 2
    assert "no person" in run(command, "--by", "siapa", "--reason", WHY).output
    assert run(command, "--by", "sinta", "--reason", WHY).exit_code != 0
    assert ReleaseAdoption.objects.count() == 1


def test_an_emergency_is_refused_while_the_release_can_be_loaded(
    world: World, folder: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And done, on record and to be confirmed, where it cannot."""
    folder.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")
    typed = ("emergency", "--by", "wulan", "--reason", WHY)
    assert run(*typed).exit_code != 0
    assert ReleaseAdoption.objects.count() == 1

    before, load = ReleaseAdoption.objects.get().release_id, policy_adoption.load_stored

    def of_a_later_version(stored: StoredRelease) -> Any:
        if stored.pk == before:
            raise AdoptedUnreadable(hash=stored.hash[:16], why="release.yaml, line 1")
        return load(stored)

    monkeypatch.setattr(policy_adoption, "load_stored", of_a_later_version)
    done = run(*typed)
    assert done.exit_code == 0, done.output
    assert "Start Jaga now." in done.output
    row = ReleaseAdoption.objects.latest("pk")
    assert (row.kind, row.state, row.confirmed_by) == (AdoptionKind.EMERGENCY, AdoptionState.IN_FORCE, None)
