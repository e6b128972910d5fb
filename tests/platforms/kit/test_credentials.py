"""Stored credentials: encrypted with a separate key, replaced while others read, never half lost."""

import ast
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.platforms.kit import credentials
from jaga.platforms.kit.configuration import PlatformConfiguration, read_stored
from jaga.platforms.kit.credentials import (
    PlatformKnown,
    UnknownPlatform,
    load_configuration,
    load_configurations,
    rotate_key,
    save_configuration,
    seal_all,
    set_credential,
)
from jaga.platforms.kit.sealing import (
    CredentialLocked,
    KeyDamaged,
    KeyExposed,
    KeyFile,
    Keys,
    is_sealed,
    key_id,
    new_key,
)

SECRET = "invented-token"
PLAIN = """
[satu]
adapter = "synapse"
base_url = "http://127.0.0.1:8008"
server_name = "localhost"
[satu.credentials]
admin_token = "invented-token"
watcher_token = "invented-watcher"

[dua]
adapter = "prosody"
base_url = "xmpp://127.0.0.1:5222"
server_name = "localhost"
[dua.credentials]
password = "invented-password"
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A first set-up by hand: values are plain, and there is no key yet."""
    made = tmp_path / "platforms.toml"
    made.touch(mode=0o600)
    made.write_text(PLAIN)
    return made


@pytest.fixture
def key_file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "secrets" / "platforms")


def values(path: Path, key_file: KeyFile) -> dict[str, dict[str, str]]:
    return {name: dict(block.credentials) for name, block in load_configurations(path, key_file).items()}


EXPECTED = {
    "satu": {"admin_token": SECRET, "watcher_token": "invented-watcher"},
    "dua": {"password": "invented-password"},
}


def test_plain_values_are_read_and_sealed_once(path: Path, key_file: KeyFile) -> None:
    """Reading creates no key. Sealing creates one, only for its owner; the file then has no plain value; repeating does
    nothing.
    """
    assert values(path, key_file) == EXPECTED
    assert not key_file.path.exists()
    assert seal_all(path, key_file) == 3
    text = path.read_text()
    assert "invented" not in text
    assert text.count('"sealed:v1:') == 3
    assert key_file.path.stat().st_mode & 0o777 == 0o600
    assert key_file.path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    assert values(path, key_file) == EXPECTED
    assert seal_all(path, key_file) == 0
    assert path.read_text() == text


def test_every_save_seals_all_that_is_plain(path: Path, key_file: KeyFile) -> None:
    """Also the values of other blocks; encrypted ones do not change."""
    save_configuration(path, PlatformConfiguration("tiga", "synapse", "http://c", "c", {"admin_token": "x"}), key_file)
    assert all(is_sealed(text) for block in read_stored(path).values() for text in block.credentials.values())
    before = path.read_text()
    set_credential(path, "tiga", "admin_token", "y", key_file)
    assert [line for line in before.splitlines() if line not in path.read_text()] == [
        line for line in before.splitlines() if line == f'"admin_token" = "{stored(before, "tiga")}"'
    ]
    assert values(path, key_file) == {**EXPECTED, "tiga": {"admin_token": "y"}}


def stored(text: str, name: str) -> str:
    block = text.partition(f"[{name}.credentials]")[2]
    return block.partition(' = "')[2].partition('"')[0]


def test_a_known_name_is_not_replaced_by_adding_and_an_unknown_one_not_set(path: Path, key_file: KeyFile) -> None:
    """A misspelt name overwrites nothing and creates nothing."""
    before = path.read_text()
    with pytest.raises(PlatformKnown):
        save_configuration(path, PlatformConfiguration("satu", "portal", "http://c", "c"), key_file, new=True)
    with pytest.raises(UnknownPlatform):
        set_credential(path, "empat", "token", "x", key_file)
    with pytest.raises(UnknownPlatform):
        load_configuration(path, "empat", key_file)
    assert path.read_text() == before


def test_a_rotation_makes_a_new_key_and_the_old_one_opens_nothing_afterwards(path: Path, key_file: KeyFile) -> None:
    """The old key and the new file together reveal nothing."""
    seal_all(path, key_file)
    old = key_file.keys()
    assert rotate_key(path, key_file) == 3
    new = key_file.keys()
    assert len(new.raw) == 1
    assert new.raw != old.raw
    assert values(path, key_file) == EXPECTED
    for name, block in read_stored(path).items():
        for credential, text in block.credentials.items():
            with pytest.raises(CredentialLocked):
                old.open(text, name, credential)


@pytest.mark.parametrize("step", range(3))
def test_a_rotation_that_is_cut_off_leaves_everything_readable_and_can_be_repeated(
    path: Path,
    key_file: KeyFile,
    monkeypatch: pytest.MonkeyPatch,
    step: int,
) -> None:
    """Killed before the new key, before the file, or before the old key is deleted: both files match."""
    seal_all(path, key_file)
    with monkeypatch.context() as patched:
        writes = iter(range(3))

        def cut(write: Callable[..., None]) -> Callable[..., None]:
            def writing(*given: object) -> None:
                if next(writes) == step:
                    raise KeyboardInterrupt
                write(*given)

            return writing

        patched.setattr(KeyFile, "write", cut(KeyFile.write))
        patched.setattr(credentials, "write_stored", cut(credentials.write_stored))
        with pytest.raises(KeyboardInterrupt):
            rotate_key(path, key_file)
    assert values(path, key_file) == EXPECTED
    set_credential(path, "dua", "password", "invented-other", key_file)
    assert seal_all(path, key_file) in (0, 2, 3)
    assert len(key_file.keys().raw) == 1
    assert rotate_key(path, key_file) == 3
    assert values(path, key_file) == {**EXPECTED, "dua": {"password": "invented-other"}}


def test_a_lost_key_is_named_with_its_remedy_and_the_rest_goes_on(path: Path, key_file: KeyFile) -> None:
    """Each credential can be set again; a rotation before that is refused and changes nothing."""
    seal_all(path, key_file)
    lost = key_id(key_file.keys().raw[0])
    key_file.path.unlink()
    with pytest.raises(CredentialLocked, match=rf"{lost}.*jaga platform set satu admin_token"):
        load_configuration(path, "satu", key_file)
    before = path.read_text()
    for refused in (rotate_key, seal_all):
        with pytest.raises(CredentialLocked):
            refused(path, key_file)
    assert path.read_text() == before
    set_credential(path, "dua", "password", "invented-new", key_file)
    assert load_configuration(path, "dua", key_file).credentials == {"password": "invented-new"}
    with pytest.raises(CredentialLocked):
        load_configuration(path, "satu", key_file)


def test_a_key_that_others_can_read_or_that_is_damaged_is_not_used(path: Path, key_file: KeyFile) -> None:
    """The error says what to do; nothing is overwritten."""
    seal_all(path, key_file)
    key_file.path.chmod(0o640)
    with pytest.raises(KeyExposed, match="chmod 600"):
        load_configuration(path, "satu", key_file)
    key_file.path.chmod(0o600)
    whole = key_file.path.read_bytes()
    for damaged in (b"", whole[:31], whole + b"x"):
        key_file.path.write_bytes(damaged)
        for use in (
            lambda: load_configuration(path, "satu", key_file),
            lambda: rotate_key(path, key_file),
            lambda: set_credential(path, "satu", "admin_token", "x", key_file),
        ):
            with pytest.raises(KeyDamaged):
                use()
        assert key_file.path.read_bytes() == damaged


def test_a_value_cannot_be_moved_to_another_place_nor_changed(path: Path, key_file: KeyFile) -> None:
    """Somebody with write access to the file cannot send one platform's token to another platform's server."""
    seal_all(path, key_file)
    text = path.read_text()
    token = stored(text, "satu")
    for changed in (
        text.replace(stored(text, "dua"), token),
        text.replace(token, token[:-6] + "AAAA=="),
        text.replace(token, token[:27]),
        text.replace(token, "sealed:v1:"),
    ):
        path.write_text(changed)
        with pytest.raises(CredentialLocked) as raised:
            load_configurations(path, key_file)
        assert SECRET not in str(raised.value)


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_whatever_is_sealed_opens_in_its_place_and_shows_nothing(value: str, platform: str, credential: str) -> None:
    """The same value twice gives two different texts, and no repr shows a key."""
    keys = Keys((new_key(),))
    first, second = (keys.seal(value, platform, credential) for _ in range(2))
    assert keys.open(first, platform, credential) == keys.open(second, platform, credential) == value
    assert first != second
    assert keys.raw[0].hex() not in repr(keys)
    with pytest.raises(CredentialLocked):
        keys.open(first, platform, credential + "x")


def test_readers_and_writers_at_once_never_meet_a_key_that_does_not_fit(path: Path, key_file: KeyFile) -> None:
    """Rotations and new values in one thread, readers in three: every read is complete, and no write is lost."""
    seal_all(path, key_file)
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.wait(0.01):
            try:
                assert values(path, key_file)["satu"]["admin_token"] == SECRET
            except BaseException as fault:  # noqa: BLE001 - shown by the test itself
                faults.append(fault)
                return

    def add(name: str) -> None:
        for number in range(8):
            block = PlatformConfiguration(f"{name}{number}", "portal", "http://c", "c", {"token": "x"})
            save_configuration(path, block, key_file)

    threads = [threading.Thread(target=read) for _ in range(3)]
    writers = [threading.Thread(target=add, args=(name,)) for name in "ab"]
    for thread in [*threads, *writers]:
        thread.start()
    for _ in range(8):
        rotate_key(path, key_file)
    for writer in writers:
        writer.join()
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(load_configurations(path, key_file)) == 2 + 16


def test_a_copy_of_a_block_does_not_carry_its_credentials(path: Path, key_file: KeyFile) -> None:
    """Its credentials are encrypted again for the new block."""
    seal_all(path, key_file)
    save_configuration(path, replace(load_configuration(path, "satu", key_file), name="tiga"), key_file)
    assert load_configuration(path, "tiga", key_file).credentials["admin_token"] == SECRET


def test_only_the_worker_and_the_commands_open_credentials() -> None:
    """The web server, the verbs and the records import none of it; the import contract says the same for packages."""
    root = Path(__file__).resolve().parents[3] / "src" / "jaga"
    openers = {"load_configuration", "load_configurations", "KeyFile", "rotate_key", "seal_all", "set_credential"}
    found = set()
    for source in root.rglob("*.py"):
        for node in ast.walk(ast.parse(source.read_text())):
            if (
                isinstance(node, ast.ImportFrom)
                and (node.module or "").startswith("jaga.platforms")
                and openers & {alias.name for alias in node.names}
            ):
                found.add(str(source.relative_to(root)))
    elsewhere = {name for name in found if not name.startswith("platforms/")}
    assert elsewhere == {
        "app/commands/keys.py",
        "app/commands/people.py",
        "app/commands/platform.py",
        "app/platform_facts.py",
        "work/adapters.py",
    }
