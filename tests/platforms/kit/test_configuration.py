"""platforms.toml: credentials stay with their owner, and every mistake is named."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.platforms.kit import credentials
from jaga.platforms.kit.configuration import ConfigurationExposed, ConfigurationInvalid, PlatformConfiguration
from jaga.platforms.kit.sealing import KeyFile

BLOCK = """
[practice]
adapter = "synapse"
base_url = "http://127.0.0.1:8008"
server_name = "localhost"
[practice.credentials]
admin_token = "invented-token"
[practice.options]
hold = "lock"
"""


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "platforms.toml"
    path.write_text(text)
    path.chmod(mode)
    return path


def key_for(path: Path) -> KeyFile:
    return KeyFile(path.parent / "secrets" / "platforms")


def load_configurations(path: Path) -> dict[str, PlatformConfiguration]:
    return credentials.load_configurations(path, key_for(path))


def save_configuration(path: Path, configuration: PlatformConfiguration) -> None:
    credentials.save_configuration(path, configuration, key_for(path))


def test_a_block_becomes_a_configuration_whose_repr_shows_no_credential(tmp_path: Path) -> None:
    """A log line with a configuration in it reveals nothing."""
    known = load_configurations(written(tmp_path, BLOCK))["practice"]
    assert (known.adapter, known.server_name, known.options["hold"]) == ("synapse", "localhost", "lock")
    assert known.credentials["admin_token"] == "invented-token"
    assert "invented-token" not in repr(known)


def test_no_file_means_no_platform(tmp_path: Path) -> None:
    """A new installation has none."""
    assert load_configurations(tmp_path / "platforms.toml") == {}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o601])
def test_a_file_that_others_can_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """Credentials that others may have read are not used."""
    with pytest.raises(ConfigurationExposed, match="chmod 600"):
        load_configurations(written(tmp_path, BLOCK, mode))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[practice", "Expected"),
        ('[practice]\nadapter = "synapse"\nserver_name = "x"', "base_url"),
        ('[practice]\nadapter = 7\nbase_url = "x"\nserver_name = "x"', "adapter"),
        ('practice = "x"', "no block"),
        (BLOCK.replace("hold", "[").replace("[ =", "hold ="), None),
        (BLOCK + '\n[practice.extra]\nx = "y"', "extra"),
        (BLOCK.replace('"invented-token"', "7"), "credentials"),
        (BLOCK.replace("practice", "Praktik"), "Praktik"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, why: str | None) -> None:
    """The error names the block and the field, and never a credential."""
    path = written(tmp_path, text)
    if why is None:
        assert set(load_configurations(path)) == {"practice"}
        return
    with pytest.raises(ConfigurationInvalid, match=why) as raised:
        load_configurations(path)
    assert "invented-token" not in str(raised.value)


def test_saving_replaces_one_block_keeps_the_others_and_stays_private(tmp_path: Path) -> None:
    """The file is never readable by others, not even for a moment."""
    path = tmp_path / "home" / "platforms.toml"
    first = PlatformConfiguration("satu", "synapse", "http://a", "a", {"admin_token": "x"}, {"hold": "lock"})
    second = PlatformConfiguration("dua", "prosody", "xmpp://b", "b")
    save_configuration(path, first)
    save_configuration(path, second)
    save_configuration(path, PlatformConfiguration("satu", "synapse", "http://c", "a"))
    known = load_configurations(path)
    assert (known["satu"].base_url, dict(known["satu"].credentials), known["dua"]) == ("http://c", {}, second)
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(entry.name for entry in path.parent.rglob("*")) == ["platforms", "platforms.toml", "secrets"]


@given(st.text(min_size=1), st.dictionaries(st.text(min_size=1), st.text(), max_size=3))
def test_whatever_is_saved_is_loaded_again(
    tmp_path_factory: pytest.TempPathFactory,
    text: str,
    values: dict[str, str],
) -> None:
    """Quotes, newlines and control characters in a token survive the file."""
    path = tmp_path_factory.mktemp("toml") / "platforms.toml"
    saved = PlatformConfiguration("satu", "synapse", text, text, values)
    save_configuration(path, saved)
    assert load_configurations(path)["satu"] == saved
