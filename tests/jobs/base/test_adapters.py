"""The worker's adapters: a new credential is used from the next call on, without a restart."""

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.platforms.receiver import Asked, Reply, Server, notice, server

from jaga.core.clock import now
from jaga.core.standard_webhooks import ForgedHook, PrivateKey, verify
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.credentials import UnknownPlatform, rotate_key, save_configuration, seal_all, set_credential
from jaga.platforms.kit.guard import Adapter, NoticeAdapter, by_notice, can_act
from jaga.platforms.kit.sealing import CredentialLocked, KeyFile
from jaga.work.adapters import adapter_for

OLD, NEW, PLATFORM = PrivateKey.generate(), PrivateKey.generate(), PrivateKey.generate()


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Path:
    settings.HOME = tmp_path
    return tmp_path


def key_of(home: Path) -> KeyFile:
    return KeyFile(home / "secrets" / "platforms")


def add(home: Path, url: str) -> None:
    save_configuration(
        home / "platforms.toml",
        PlatformConfiguration(
            "obrolan",
            "webhook",
            url,
            "obrolan.example",
            {"signing_key": OLD.text()},
            {"answer_keys": PLATFORM.public.text()},
        ),
        key_of(home),
    )


def notices_of(adapter: Adapter) -> NoticeAdapter:
    assert by_notice(adapter)
    return adapter


def signed_by(key: PrivateKey, asked: Asked) -> bool:
    try:
        verify(key.public, asked.headers, asked.body, now=now())
    except ForgedHook:
        return False
    return True


def test_the_next_call_uses_the_new_credential_while_a_running_one_ends_with_the_old(home: Path) -> None:
    """The first notice is being sent while the key is replaced: it arrives with the old key, and the next with the new
    one.
    """
    arrived, may_answer = threading.Event(), threading.Event()

    def reply(asked: Asked) -> Reply:
        if not arrived.is_set():
            arrived.set()
            assert may_answer.wait(10)
        return 200, {}, b""

    with server() as platform:
        platform.reply = reply
        add(home, platform.url)
        results: list[bool] = []
        running = threading.Thread(
            target=lambda: results.append(
                notices_of(adapter_for("obrolan")).send(notice("mawar", number="P1")).received
            )
        )
        running.start()
        assert arrived.wait(10)
        set_credential(home / "platforms.toml", "obrolan", "signing_key", NEW.text(), key_of(home))
        notices_of(adapter_for("obrolan")).send(notice("mawar", number="P2"))
        may_answer.set()
        running.join(10)
        assert results == [False]
        assert [(signed_by(OLD, one), signed_by(NEW, one)) for one in platform.asked] == [(True, False), (False, True)]


def test_an_adapter_is_kept_until_the_file_changes_however_fast(home: Path) -> None:
    """Two changes within one tick of the clock are both noticed."""
    with server() as platform:
        add(home, platform.url)
        first = adapter_for("obrolan")
        assert adapter_for("obrolan") is first
        for key in (NEW, OLD, NEW, OLD, NEW):
            set_credential(home / "platforms.toml", "obrolan", "signing_key", key.text(), key_of(home))
            notices_of(adapter_for("obrolan")).send(notice("mawar"))
            assert signed_by(key, platform.asked[-1])
        assert adapter_for("obrolan") is not first


def test_the_worker_goes_on_through_sealing_and_a_rotation_of_the_key(home: Path) -> None:
    """Neither needs a restart, and neither changes what the platform sees."""
    with server() as platform:
        add(home, platform.url)
        for change in (seal_all, rotate_key, rotate_key):
            change(home / "platforms.toml", key_of(home))
            notices_of(adapter_for("obrolan")).send(notice("mawar"))
            assert signed_by(OLD, platform.asked[-1])


def test_a_lost_key_stops_the_platform_until_it_is_back(home: Path, server_: Server) -> None:
    """The error has its remedy; nothing needs to be restarted afterwards."""
    add(home, server_.url)
    whole = key_of(home).path.read_bytes()
    key_of(home).path.unlink()
    with pytest.raises(CredentialLocked, match="backup"):
        adapter_for("obrolan")
    key_of(home).path.write_bytes(whole)
    key_of(home).path.chmod(0o600)
    notices_of(adapter_for("obrolan")).send(notice("mawar"))
    assert signed_by(OLD, server_.asked[-1])


def test_a_removed_platform_is_unknown_at_once(home: Path, server_: Server) -> None:
    """An adapter that was open before is not used any more."""
    add(home, server_.url)
    adapter_for("obrolan")
    (home / "platforms.toml").unlink()
    with pytest.raises(UnknownPlatform):
        adapter_for("obrolan")


def test_acting_adapters_and_notices_are_told_apart(home: Path, server_: Server) -> None:
    """By what the adapter itself can do, so that no missing method is called."""
    add(home, server_.url)
    save_configuration(
        home / "platforms.toml",
        PlatformConfiguration("warung", "prosody", "xmpp://127.0.0.1:9", "localhost"),
        key_of(home),
    )
    asks, acts = adapter_for("obrolan"), adapter_for("warung")
    assert (by_notice(asks), can_act(asks)) == (True, False)
    assert (by_notice(acts), can_act(acts)) == (False, True)


@pytest.fixture(name="server_")
def a_server() -> Any:
    with server() as made:
        yield made
