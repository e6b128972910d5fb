"""`jaga platform check` on a real Synapse: faults are named, and nothing is changed."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.platforms.synapse_stage import NOTICES, SynapseStage

from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.registry import check

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
def stage(synapse: Any) -> Iterator[SynapseStage]:
    made = SynapseStage(synapse.base_url, synapse.admin_token, synapse.registration_shared_secret)
    yield made
    made.close()


def configuration(stage: SynapseStage, **credentials: str) -> PlatformConfiguration:
    known = {"admin_token": stage.admin_token, "watcher_token": stage.watcher.session, **credentials}
    options = {"notices_account": NOTICES}
    return PlatformConfiguration("practice", "synapse", stage.base_url, "localhost", known, options)


def failed(stage: SynapseStage, **credentials: str) -> list[str]:
    return [tried.name for tried in check(configuration(stage, **credentials)) if not tried.ok]


def test_a_working_configuration_passes_every_check(stage: SynapseStage) -> None:
    """Version, credentials, rights, maintenance, notices and watcher are each tested."""
    before = stage.call("GET", "/_synapse/admin/v2/users", stage.admin_token).json()["total"]
    tried = check(configuration(stage))
    assert [one.name for one in tried] == [
        "version",
        "credentials",
        "admin rights",
        "maintenance",
        "notices",
        "watcher",
    ]
    assert all(one.ok for one in tried), tried
    assert stage.call("GET", "/_synapse/admin/v2/users", stage.admin_token).json()["total"] == before
    assert stage.admin_token not in repr(tried)


def test_each_wrong_credential_is_named(stage: SynapseStage) -> None:
    """A stranger's token, an ordinary account's, and a watcher that is the administrator."""
    assert failed(stage, admin_token="wrong") == ["credentials"]
    assert failed(stage, admin_token=stage.owner.session) == ["admin rights"]
    assert failed(stage, watcher_token="wrong") == ["watcher"]
    assert failed(stage, watcher_token=stage.admin_token) == ["watcher"]
    assert failed(stage, watcher_token="") == []


def test_an_unreachable_platform_is_a_failed_check(stage: SynapseStage) -> None:
    """One sentence with its remedy, without a traceback."""
    nowhere = PlatformConfiguration("practice", "synapse", "http://127.0.0.1:9", "localhost", {"admin_token": "x"})
    assert [(one.name, one.ok) for one in check(nowhere)] == [("reachable", False)]
