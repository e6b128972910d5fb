"""`jaga platform`: what is configured, and whether it works; credentials are read from standard input and stay
encrypted.
"""

import json
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.factories import make_world
from tests.platforms.receiver import receiver
from tests.roles import owner_url

from jaga.app import keys
from jaga.app.commands.platform import platform
from jaga.cases.models.cases import Platform
from jaga.core.clock import now
from jaga.core.standard_webhooks import PrivateKey, signing_key
from jaga.operators.models import PlatformHealth
from jaga.platforms.kit.configuration import PlatformConfiguration, read_stored
from jaga.platforms.kit.credentials import load_configuration, save_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import module_of
from jaga.platforms.settings import known_credentials, known_options

SECRET = "invented-token"
READ = re.compile(r'(?:credentials|options)(?:\.get\(|\[)"(\w+)"|(?:credential|option|_option)\(configuration, "(\w+)"')


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JAGA_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def practice(home: Path) -> Path:
    save_configuration(
        home / "platforms.toml",
        PlatformConfiguration("practice", "synapse", "http://127.0.0.1:9", "localhost", {"admin_token": SECRET}),
        key_of(home),
    )
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
    """An installation without platforms is not an error; the output says how to add one."""
    result = jaga("list")
    assert result.exit_code == 0
    assert "docs/adapters.md" in result.output


def test_the_list_shows_platforms_and_no_credentials(practice: Path) -> None:
    """The list has name, adapter and address, and no credentials, even if the key is lost."""
    key_of(practice).path.unlink()
    result = jaga("list")
    assert "practice: synapse at http://127.0.0.1:9 (localhost)\n" in result.output
    assert SECRET not in result.output


def test_a_platform_that_does_not_answer_fails_the_check(practice: Path) -> None:
    """The check ends with status 1 and one line, without a traceback."""
    result = jaga("check", "practice")
    assert result.exit_code == 1
    assert result.output.startswith("FAILED reachable:")
    assert SECRET not in result.output


def test_a_platform_that_is_not_configured_is_an_error_with_a_remedy(home: Path) -> None:
    """The error repeats the name, so that a misspelling is visible."""
    for words in (("check", "elsewhere"), ("set", "elsewhere", "token"), ("key", "elsewhere")):
        result = jaga(*words, given="x")
        assert result.exit_code == 1
        assert "elsewhere" in result.output
        assert "Traceback" not in result.output


def test_a_credential_comes_from_standard_input_and_is_sealed(practice: Path) -> None:
    """The credential is not on the command line, not in the output, and not readable in the file; empty input changes
    nothing.
    """
    result = jaga("set", "practice", "admin_token", given="invented-other\n")
    assert result.exit_code == 0, result.output
    assert credentials(practice) == {"admin_token": "invented-other"}
    assert "invented" not in (practice / "platforms.toml").read_text() + result.output
    assert jaga("set", "practice", "admin_token", given="\n").exit_code == 1
    assert jaga("set", "practice", "admin_token", "invented-argument").exit_code == 2
    assert credentials(practice) == {"admin_token": "invented-other"}


def test_values_written_by_hand_are_pointed_at_and_sealed(practice: Path) -> None:
    """`list` points out credentials in plain text; `seal` encrypts them; `rotate-key` encrypts them with a new key."""
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
    """A lost key gives an error with a remedy, without a traceback; after setting new values the platform works
    again.
    """
    key_of(practice).path.unlink()
    result = jaga("check", "practice")
    assert result.exit_code == 1
    assert "jaga platform set practice admin_token" in result.output
    assert jaga("set", "practice", "admin_token", given="invented-other").exit_code == 0
    assert credentials(practice) == {"admin_token": "invented-other"}


def test_a_webhook_is_added_tried_and_given_a_new_key(home: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Commands alone lead from nothing to a passing check, as docs/webhooks.md shows."""
    added = jaga("add", "obrolan", "--adapter", "webhook", "--base-url", "http://127.0.0.1:9/")
    assert added.exit_code == 0, added.output
    public = signing_key(credentials(home, "obrolan")["signing_key"])
    assert isinstance(public, PrivateKey)
    assert public.public.text() in added.output
    assert jaga("key", "obrolan").output == f"{public.public.text()}\n"
    assert "options.answer_keys" in jaga("check", "obrolan").output
    with receiver(tmp_path_factory.mktemp("receiver"), public, "mawar") as found:
        assert (
            jaga(
                "change",
                "obrolan",
                "--base-url",
                f"{found.url}/",
                "--option",
                f"answer_keys={found.public_key}",
                "--option",
                f"profile_url={found.url}/u/{{account}}",
            ).exit_code
            == 0
        )
        passed = jaga("check", "obrolan")
        assert (passed.exit_code, passed.output.count("ok ")) == (0, 3), passed.output
        assert jaga("set", "obrolan", "signing_key", "--new-key").exit_code == 0
        assert jaga("check", "obrolan").exit_code == 0, "the receiver knows the old key, which still signs too"
        assert jaga("change", "obrolan", "--option", "profile_url=").exit_code == 0
        assert "profile_url" not in read_stored(home / "platforms.toml")["obrolan"].options
        assert jaga("set", "obrolan", "signing_key", given=PrivateKey.generate().text()).exit_code == 0
        assert "FAILED ping" in jaga("check", "obrolan").output
        assert jaga("set", "obrolan", "signing_key", given=f"{keys_of(home)} {public.text()}").exit_code == 0
    keys = jaga("key", "obrolan").output.split()
    assert len(keys) == 2
    assert keys[1] == public.public.text()
    assert "whsk_" not in added.output + passed.output


def test_a_webhooks_key_that_is_lost_is_made_anew(home: Path) -> None:
    """If the old key is lost, only the new one can sign, and the output says so."""
    jaga("add", "obrolan", "--adapter", "webhook", "--base-url", "https://obrolan.example/")
    key_of(home).path.unlink()
    assert jaga("key", "obrolan").exit_code == 1
    made = jaga("set", "obrolan", "signing_key", "--new-key")
    assert "only the new key signs" in made.output
    assert jaga("key", "obrolan").output.strip() in made.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("Obrolan", "--adapter", "portal", "--base-url", "https://x"), "lower-case letters"),
        (("obrolan", "--adapter", "nothing", "--base-url", "https://x"), "nothing"),
        (("obrolan", "--adapter", "portal", "--base-url", "x"), "--server-name"),
        (("obrolan", "--adapter", "portal", "--base-url", "https://x", "--option", "actions"), "NAME=VALUE"),
        (("practice", "--adapter", "portal", "--base-url", "https://x"), "already"),
    ],
)
def test_what_cannot_be_added_changes_nothing(practice: Path, words: tuple[str, ...], why: str) -> None:
    """The message says what is wrong; an existing block is never replaced."""
    before = (practice / "platforms.toml").read_text()
    result = jaga("add", *words)
    assert result.exit_code == 1
    assert why in result.output
    assert (practice / "platforms.toml").read_text() == before


def test_closed_platforms_are_added_without_any_secret(home: Path) -> None:
    """For a portal or a checklist one command is enough, and the check passes."""
    for adapter in ("portal", "manual"):
        assert jaga("add", adapter, "--adapter", adapter, "--base-url", "https://obrolan.example").exit_code == 0
        assert jaga("check", adapter).exit_code == 0
    known = read_stored(home / "platforms.toml")
    assert {(block.server_name, len(block.credentials)) for block in known.values()} == {("obrolan.example", 0)}
    assert jaga("set", "portal", "signing_key", "--new-key").exit_code == 1


def test_settings_that_the_adapter_does_not_know_are_refused(practice: Path) -> None:
    """A misspelt setting used to be stored silently; now the nearest name is suggested and nothing changes."""
    for words, part in (
        (("set", "practice", "admin_tokn"), "Did you mean admin_token?"),
        (("set", "practice", "xyz"), "It knows: admin_token, watcher_token"),
        (("change", "practice", "--option", "hld=lock"), "Did you mean hold?"),
        (
            ("add", "lain", "--adapter", "portal", "--base-url", "http://127.0.0.1:9", "--option", "acton=close"),
            "Did you mean actions?",
        ),
    ):
        result = jaga(*words, given="x")
        assert result.exit_code == 1
        assert part in result.output
    stored = read_stored(practice / "platforms.toml")
    assert set(stored) == {"practice"}
    assert set(stored["practice"].credentials) == {"admin_token"}


def test_every_adapter_of_ours_says_which_settings_it_knows(home: Path) -> None:
    """Every adapter lists each setting that it reads, so that no working setting is refused."""
    from jaga.platforms.registry import adapters

    for name in adapters():
        block = PlatformConfiguration("satu", name, "http://127.0.0.1:9", "localhost")
        known = {**(known_credentials(block) or {}), **(known_options(block) or {})}
        assert known_credentials(block) is not None
        assert known_options(block) is not None
        place = Path(module_of(block).__file__ or "")  # type: ignore[attr-defined]
        texts = [path.read_text() for path in (place.parent.glob("*.py") if place.name == "__init__.py" else [place])]
        assert {name for text in texts for names in READ.findall(text) for name in names if name} <= set(known), name


def test_what_stands_in_a_block_and_is_read_by_nobody_is_shown_and_can_be_taken_out(practice: Path) -> None:
    """A setting that no adapter reads, for example in a file edited by hand, is shown and can be removed."""
    text = (practice / "platforms.toml").read_text()
    (practice / "platforms.toml").write_text(text + '\n[practice.options]\nhld = "lock"\n')
    assert "UNKNOWN option hld" in jaga("show", "practice").output
    assert jaga("change", "practice", "--option", "hld=").exit_code == 0
    assert "UNKNOWN" not in jaga("show", "practice").output


def test_show_says_all_but_the_secrets(practice: Path, db: None) -> None:
    """Settings, capabilities, and credentials without values; `--json` has the same."""
    output = jaga("show", "practice").output
    assert "credential admin_token: set, sealed" in output
    assert "credential watcher_token: not set" in output
    assert "option hold is not set" in output
    assert "close: yes" in output
    platforms = json.loads(jaga("show", "practice", "--json").output)
    assert platforms == json.loads(jaga("list", "--json").output)
    assert platforms[0]["steps"]["close"]["supported"] is True
    assert SECRET not in output + json.dumps(platforms)
    key_of(practice).path.unlink()
    assert "CANNOT BE OPENED" in jaga("show").output
    assert jaga("show", "tiada").exit_code == 1


def test_show_says_what_the_database_knows(
    practice: Path, monkeypatch: pytest.MonkeyPatch, transactional_db: None
) -> None:
    """Whether the platform is offered and watched, and when it answered last."""
    monkeypatch.setenv("DATABASE_URL", owner_url())
    keys.make_all()  # entries of the ledger carry a code by a key of this home
    assert "NOT OFFERED" in jaga("show", "practice").output
    world = make_world()
    Platform.objects.filter(name=world.platform).update(name="practice")
    PlatformHealth.objects.create(platform=Platform.objects.get(), failures=3, why="timeout", last_ok_at=now())
    output = jaga("show", "practice").output
    assert "watch on; 4 accounts at a time" in output
    assert "last answer 20" in output
    assert "SILENT: 3 failures in a row (timeout)" in output
    assert json.loads(jaga("show", "--json").output)[0]["watched"] is True
