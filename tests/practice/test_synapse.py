"""The practice homeserver, with a real Synapse."""

from pathlib import Path

import httpx
import pytest
from tests.services import CHECKOUT

from jaga.app.services.errors import PortTaken, ServiceFailed
from jaga_practice import synapse as homeserver
from jaga_practice.synapse import SynapseServer

pytestmark = pytest.mark.synapse


def test_registering_again_signs_in(synapse: SynapseServer) -> None:
    """Registering the same account twice gives one account; a different password is refused."""
    first = synapse.register("services.ani", "practice-password")
    second = synapse.register("services.ani", "practice-password")
    for token in (first, second):
        who = httpx.get(
            f"{synapse.base_url}/_matrix/client/v3/account/whoami", headers={"Authorization": f"Bearer {token}"}
        ).json()
        assert who["user_id"] == synapse.user_id("services.ani")
    with pytest.raises(ServiceFailed, match=r"services\.ani"):
        synapse.register("services.ani", "another-password")


def test_the_administrator_can_deliver_a_statement(synapse: SynapseServer) -> None:
    """The server notice is posted in a room that the account has already joined, because a suspended account cannot
    join one.
    """
    token = synapse.register("services.budi", "practice-password")
    sent = httpx.post(
        f"{synapse.base_url}/_synapse/admin/v1/send_server_notice",
        headers={"Authorization": f"Bearer {synapse.admin_token}"},
        json={
            "user_id": synapse.user_id("services.budi"),
            "content": {"msgtype": "m.text", "body": "statement of reasons"},
        },
    )
    assert sent.status_code == 200
    rooms = httpx.get(
        f"{synapse.base_url}/_matrix/client/v3/sync", headers={"Authorization": f"Bearer {token}"}
    ).json()["rooms"]
    assert "statement of reasons" in str(rooms["join"])


def test_public_rooms_are_listed_without_an_account(synapse: SynapseServer) -> None:
    """A public room is listed without signing in."""
    assert httpx.get(f"{synapse.base_url}/_matrix/client/v3/publicRooms").status_code == 200


def test_another_installations_server_is_never_used(
    synapse: SynapseServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """If two installations start at once and both find the port free, the second is told whose server answers and
    changes nothing there.
    """
    port = int(synapse.base_url.rpartition(":")[2])
    monkeypatch.setattr(homeserver, "require_free", lambda port, variable: None)  # as it was a moment before
    (tmp_path / "run").mkdir()
    other = synapse.child.plan.folder
    with pytest.raises(PortTaken, match=rf"Port {port} is taken by process .*{other}.*SYNAPSE_PORT"):
        homeserver.start(tmp_path, port, CHECKOUT / ".synapse-venv")
    assert httpx.get(f"{synapse.base_url}/health").is_success
    assert not (tmp_path / "synapse" / "admin-token").exists()
