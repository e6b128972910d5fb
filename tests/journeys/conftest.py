"""One installation for all journeys, with all participants."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.journeys.installation import Installation, installed, own_database
from tests.journeys.people import Cast, Colleague

from jaga_practice import world
from jaga_practice.officers import PracticeOfficer
from jaga_practice.synapse import SynapseServer

_RUNNING = ExitStack()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, synapse: SynapseServer) -> Iterator[Installation]:
    """Web server and workers, started once for all journeys."""
    with _RUNNING:
        yield _RUNNING.enter_context(installed(tmp_path_factory.mktemp("installation"), synapse))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Stop the installation after the last journey: idle workers would take a tenth of the time of all other tests. In
    random order journeys may follow later, so it runs to the end there.
    """
    more = nextitem is not None and Path(__file__).parent in nextitem.path.parents
    if not more and not item.config.pluginmanager.hasplugin("randomly"):
        _RUNNING.close()


@pytest.fixture(scope="session")
def cast(installation: Installation) -> Iterator[Cast]:
    """The practice world's reviewers and officers, signed in."""
    place = installation.world
    staff = {
        name: Colleague.sign_in(installation.base_url, name, place.passwords[name])
        for name in (*world.REVIEWERS, world.SUPERVISOR)
    }
    ministry, police = (
        PracticeOfficer(installation.base_url, place.officer_keys[name]) for name in (world.MINISTRY, world.POLICE)
    )
    yield Cast(installation, staff, ministry, police)
    for colleague in staff.values():
        colleague.visitor.close()
    ministry.close()
    police.close()


@pytest.fixture
def a_home() -> Iterator[Path]:
    """An empty home folder that the database's own user may enter, unlike root's temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="jaga-home-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def a_database() -> Iterator[str]:
    """The address of a migrated database without rows: to make one takes longer than most journeys."""
    with own_database("story") as address:
        yield address
