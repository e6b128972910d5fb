"""`jaga platform`: what is configured, and whether it works; credentials come in by standard input and stay sealed."""

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.platforms.receiver import receiver

from jaga.app.commands.platform import platform
from jaga.core.standard_webhooks import PrivateKey, signing_key
from jaga.platforms.configuration import read_stored
from jaga.platforms.credentials import load_configuration
from jaga.platforms.registry import PlatformConfiguration, save_configuration
from jaga.platforms.sealing import KeyFile

SECRET = "invented-token"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAGA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def practice(home: Path) -> Path:
    save_configuration(home / "platforms.toml", PlatformConfiguration(
        "practice", "synapse", "http://127.0.0.1:9", "localhost", {"admin_token": SECRET}), key_of(home))
    return home


def key_of(home: Path) -> KeyFile:
    return KeyFile(home / "secrets" / "platforms")


def jaga(*words: str, given: str = "") -> Result:
    return CliRunner().invoke(platform, list(words), input=given)


def credentials(home: Path, name: str = "practice") -> dict[str, str]:
    return dict(load_configuration(home / "platforms.toml", name, key_of(home)).credentials)


def keys_of(home: Path) -> str:
    return credentials(home, "obrolan")["signing_key"]


def test_an_installation_without_platforms_says_how_to_add_one(home: Path) -> None:
    """An empty list is no error."""
    result = jaga("list")
    assert result.exit_code == 0
    assert "docs/adapters.md" in result.output


def test_the_list_shows_platforms_and_no_credentials(practice: Path) -> None:
    """Name, adapter and address only; also where the key is lost."""
    key_of(practice).path.unlink()
    result = jaga("list")
    assert "practice: synapse at http://127.0.0.1:9 (localhost)\n" in result.output
    assert SECRET not in result.output


def test_a_platform_that_does_not_answer_fails_the_check(practice: Path) -> None:
    """Status 1, one line, no traceback."""
    result = jaga("check", "practice")
    assert result.exit_code == 1
    assert result.output.startswith("FAILED reachable:")
    assert SECRET not in result.output


def test_a_platform_that_is_not_configured_is_an_error_with_a_remedy(home: Path) -> None:
    """The name is repeated, so that a mistyped one is seen."""
    for words in (("check", "elsewhere"), ("set", "elsewhere", "token"), ("key", "elsewhere")):
        result = jaga(*words, given="x")
        assert result.exit_code == 1
        assert "elsewhere" in result.output
        assert "Traceback" not in result.output


def test_a_credential_comes_from_standard_input_and_is_sealed(practice: Path) -> None:
    """It is on no command line, in no output and not in the file; nothing on standard input changes nothing."""
    result = jaga("set", "practice", "admin_token", given="invented-other\n")
    assert result.exit_code == 0, result.output
    assert credentials(practice) == {"admin_token": "invented-other"}
    assert "invented" not in (practice / "platforms.toml").read_text() + result.output
    assert jaga("set", "practice", "admin_token", given="\n").exit_code == 1
    assert jaga("set", "practice", "admin_token", "invented-argument").exit_code == 2
    assert credentials(practice) == {"admin_token": "invented-other"}


def test_values_written_by_hand_are_pointed_at_and_sealed(practice: Path) -> None:
    """`list` names what is plain; `seal` seals it; `rotate-key` does it under a new key."""
    path = practice / "platforms.toml"
    path.write_text(path.read_text().replace('"admin_token"', '"watcher_token" = "invented-watcher"\n"admin_token"'))
    assert "not sealed yet: watcher_token" in jaga("list").output
    assert jaga("seal").output.startswith("1 credentials were sealed")
    assert "not sealed" not in jaga("list").output
    before = key_of(practice).path.read_bytes()
    assert jaga("rotate-key").exit_code == 0
    assert key_of(practice).path.read_bytes() != before
    assert credentials(practice) == {"admin_token": SECRET, "watcher_token": "invented-watcher"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_lost_key_is_told_with_its_remedy_and_mended_by_new_values(practice: Path) -> None:
    """No traceback; afterwards the platform works again."""
    key_of(practice).path.unlink()
    result = jaga("check", "practice")
    assert result.exit_code == 1
    assert "jaga platform set practice admin_token" in result.output
    assert jaga("set", "practice", "admin_token", given="invented-other").exit_code == 0
    assert credentials(practice) == {"admin_token": "invented-other"}


def test_a_webhook_is_added_tried_and_given_a_new_key(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """From nothing to a passing check by commands alone, as docs/webhooks.md shows."""
    added = jaga("add", "obrolan", "--adapter", "webhook", "--base-url", "http://127.0.0.1:9/")
    assert added.exit_code == 0, added.output
    public = signing_key(credentials(home, "obrolan")["signing_key"])
    assert isinstance(public, PrivateKey)
    assert public.public.text() in added.output
    assert jaga("key", "obrolan").output == f"{public.public.text()}\n"
    assert "options.answer_keys" in jaga("check", "obrolan").output
    with receiver(tmp_path_factory.mktemp("receiver"), public, "mawar") as found:
        assert jaga("change", "obrolan", "--base-url", f"{found.url}/", "--option", f"answer_keys={found.public_key}",
                    "--option", f"look_url={found.url}/u/{{account}}").exit_code == 0
        passed = jaga("check", "obrolan")
        assert (passed.exit_code, passed.output.count("ok ")) == (0, 3), passed.output
        assert jaga("set", "obrolan", "signing_key", "--new-key").exit_code == 0
        assert jaga("check", "obrolan").exit_code == 0, "the receiver knows the old key, which still signs too"
        assert jaga("change", "obrolan", "--option", "look_url=").exit_code == 0
        assert "look_url" not in read_stored(home / "platforms.toml")["obrolan"].options
        assert jaga("set", "obrolan", "signing_key", given=PrivateKey.generate().text()).exit_code == 0
        assert "FAILED ping" in jaga("check", "obrolan").output
        assert jaga("set", "obrolan", "signing_key", given=f"{keys_of(home)} {public.text()}").exit_code == 0
    keys = jaga("key", "obrolan").output.split()
    assert len(keys) == 2
    assert keys[1] == public.public.text()
    assert "whsk_" not in added.output + passed.output


def test_a_webhooks_key_that_is_lost_is_made_anew(home: Path) -> None:
    """The old one cannot sign beside it any more, and that is said."""
    jaga("add", "obrolan", "--adapter", "webhook", "--base-url", "https://obrolan.example/")
    key_of(home).path.unlink()
    assert jaga("key", "obrolan").exit_code == 1
    made = jaga("set", "obrolan", "signing_key", "--new-key")
    assert "only the new one signs" in made.output
    assert jaga("key", "obrolan").output.strip() in made.output


@pytest.mark.parametrize(("words", "why"), [
    (("Obrolan", "--adapter", "portal", "--base-url", "https://x"), "small letters"),
    (("obrolan", "--adapter", "nothing", "--base-url", "https://x"), "nothing"),
    (("obrolan", "--adapter", "portal", "--base-url", "x"), "--server-name"),
    (("obrolan", "--adapter", "portal", "--base-url", "https://x", "--option", "actions"), "NAME=VALUE"),
    (("practice", "--adapter", "portal", "--base-url", "https://x"), "already"),
])
def test_what_cannot_be_added_changes_nothing(practice: Path, words: tuple[str, ...], why: str) -> None:
    """The sentence says what is wrong; an existing block is never replaced."""
    before = (practice / "platforms.toml").read_text()
    result = jaga("add", *words)
    assert result.exit_code == 1
    assert why in result.output
    assert (practice / "platforms.toml").read_text() == before


def test_closed_platforms_are_added_without_any_secret(home: Path) -> None:
    """Portal and checklist: one command, and the check passes."""
    for adapter in ("portal", "manual"):
        assert jaga("add", adapter, "--adapter", adapter, "--base-url", "https://obrolan.example").exit_code == 0
        assert jaga("check", adapter).exit_code == 0
    known = read_stored(home / "platforms.toml")
    assert {(block.server_name, len(block.credentials)) for block in known.values()} == {("obrolan.example", 0)}
    assert jaga("set", "portal", "signing_key", "--new-key").exit_code == 1
