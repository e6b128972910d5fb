"""The ministry's practice world: created once, without adapters that act, with the ministry's footer and letters."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from jaga.cases.models.cases import Platform
from jaga.core.actors import CLI
from jaga.core.terms.people import HostKind
from jaga.operators.models import ContactDetails, Pledge
from jaga.people.models import Person
from jaga.people.verbs.people import claim_installation
from jaga.platforms.kit.configuration import read_stored
from jaga.store.models import LedgerEntry
from jaga.store.reads import host_name, listed_platforms
from jaga_practice import sahut
from jaga_practice.ministry import world as ministry
from jaga_practice.sahut import receiver


@pytest.fixture
def authority(db: None, settings: Any, tmp_path: Path) -> Path:
    """An authority's installation without data."""
    settings.HOME = tmp_path
    (tmp_path / "run").mkdir()
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    return tmp_path


def test_the_world_is_made_once(authority: Path) -> None:
    """A second start creates no people, no actions and no ledger entries."""

    def counted() -> list[int]:
        return [model.objects.count() for model in (Person, Platform, Pledge, ContactDetails, LedgerEntry)]

    with ExitStack() as parts:
        ministry.build(authority)
        sahut.open_sahut(parts, authority, "http://127.0.0.1:1")
        before = counted()
        assert before[1:4] == [3, 3, 3]
    with ExitStack() as parts:
        ministry.build(authority)
        sahut.open_sahut(parts, authority, "http://127.0.0.1:1")
        assert counted() == before


def test_every_app_of_the_form_is_reached_by_notice(authority: Path) -> None:
    """An authority's platforms cannot act themselves, and the only credential is a signing key."""
    with ExitStack() as parts:
        ministry.build(authority)
        sahut.open_sahut(parts, authority, "http://127.0.0.1:1")
    assert {platform.name for platform in listed_platforms()} == {"dekat", "gema", "sahut"}
    assert not Platform.objects.filter(by_notice=False).exists()
    held = {name: set(block.credentials) for name, block in read_stored(authority / "platforms.toml").items()}
    assert held == {"dekat": set(), "gema": set(), "sahut": {"signing_key"}}


def test_the_host_is_the_ministry(authority: Path) -> None:
    """The footer and the letters name the ministry, and none of the operators."""
    ministry.build(authority)
    assert host_name() == ministry.HOST


def test_the_receiver_remembers_what_it_is_told(tmp_path: Path) -> None:
    """After a restart the receiving app still shows a closed account as closed and an open one as open."""
    (tmp_path / "practice").mkdir()
    (tmp_path / "run").mkdir()
    with ExitStack() as parts:
        app = receiver.start(parts, tmp_path, "http://127.0.0.1:1/", {"rini": "active", "untung": "closed"})
        assert httpx.get(f"{app.url}/u/rini").status_code == 200
        assert httpx.get(f"{app.url}/u/untung").status_code == 404
        again = receiver.start(parts, tmp_path, "http://127.0.0.1:1/", {})
        assert (again.public_key, again.jaga_key) == (app.public_key, app.jaga_key)
