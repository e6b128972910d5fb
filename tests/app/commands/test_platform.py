"""`jaga platform`: what is configured, and whether it works, without showing a credential."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from jaga.app.commands.platform import platform
from jaga.platforms.registry import PlatformConfiguration, save_configuration


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAGA_HOME", str(tmp_path))
    return tmp_path


def test_an_installation_without_platforms_says_how_to_add_one(home: Path) -> None:
    """An empty list is no error."""
    result = CliRunner().invoke(platform, ["list"])
    assert result.exit_code == 0
    assert "docs/adapters.md" in result.output


def test_the_list_shows_platforms_and_no_credentials(home: Path) -> None:
    """Name, adapter and address only."""
    save_configuration(home / "platforms.toml", PlatformConfiguration(
        "practice", "synapse", "http://127.0.0.1:9", "localhost", {"admin_token": "invented-token"}))
    result = CliRunner().invoke(platform, ["list"])
    assert "practice: synapse at http://127.0.0.1:9 (localhost)" in result.output
    assert "invented-token" not in result.output


def test_a_platform_that_does_not_answer_fails_the_check(home: Path) -> None:
    """Status 1, one line, no traceback."""
    save_configuration(home / "platforms.toml", PlatformConfiguration(
        "practice", "synapse", "http://127.0.0.1:9", "localhost", {"admin_token": "invented-token"}))
    result = CliRunner().invoke(platform, ["check", "practice"])
    assert result.exit_code == 1
    assert result.output.startswith("FAILED reachable:")
    assert "invented-token" not in result.output


def test_a_platform_that_is_not_configured_is_an_error_with_a_remedy(home: Path) -> None:
    """The name is repeated, so that a mistyped one is seen."""
    result = CliRunner().invoke(platform, ["check", "elsewhere"])
    assert result.exit_code == 1
    assert "elsewhere" in result.output
    assert "Traceback" not in result.output
