"""Values of environment variables: which are accepted, and which are refused."""

import pytest

from jaga.app import config
from jaga.app import config as config_errors
from jaga.policy.limits import SHORTEST_UNDO_MINUTES
from jaga.policy.release import UnknownRelease, load_release
from jaga_practice import interface, synapse

EU = load_release(config.PACKAGE / "policy" / "releases" / "eu").jurisdiction


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", "http://127.0.0.1:8601"),
        ("https://jaga.example.id", "https://jaga.example.id"),
        ("https://jaga.example.id/", "https://jaga.example.id"),
        ("http://[::1]:8600", "http://[::1]:8600"),
    ],
)
def test_the_base_address_is_a_site(monkeypatch: pytest.MonkeyPatch, given: str, meant: str) -> None:
    """Scheme, host and port, without a trailing slash; by default the loopback address of our port."""
    monkeypatch.setenv("JAGA_PORT", "8601")
    monkeypatch.setenv("JAGA_BASE_URL", given)
    assert config.base_url() == meant


@pytest.mark.parametrize(
    "given",
    [
        "jaga.example.id",
        "ftp://jaga.example.id",
        "https://",
        "https:///x",
        "https://jaga.example.id/jaga",
        "https://jaga.example.id?x",
        "https://a@jaga.example.id",
        "https://jaga.example.id:port",
        "https://[::1",
        "https://jaga .example.id",
        "https://jaga.example.id\n",
    ],
)
def test_what_is_no_site_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """Letters would contain an address that people cannot open."""
    monkeypatch.setenv("JAGA_BASE_URL", given)
    with pytest.raises(config_errors.WrongAddress):
        config.base_url()


@pytest.mark.parametrize(
    ("release", "host", "practice", "folder"),
    [
        ("", "", "", "practice"),
        ("id", "operator", "0", "real"),
        ("eu", "", "", "eu-practice"),
        ("eu", "authority", "0", "eu-authority-real"),
        ("", "authority", "", "authority-practice"),
    ],
)
def test_each_kind_of_installation_has_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, release: str, host: str, practice: str, folder: str
) -> None:
    """So none starts on the data of another. The Makefile removes the same folders."""
    monkeypatch.delenv("JAGA_HOME", raising=False)
    for name, value in (("JAGA_RELEASE", release), ("JAGA_HOST", host), ("PRACTICE", practice)):
        monkeypatch.setenv(name, value)
    assert config.home() == config.project_folder() / "var" / folder


def test_a_release_that_is_not_shipped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything starts, with the names that there are."""
    monkeypatch.setenv("JAGA_RELEASE", "xx")
    with pytest.raises(UnknownRelease, match="Choose one of these: eu, id"):
        config.check()


def test_the_unions_practice_is_an_operators(monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority's story is told for the first release only; nobody gets half of one in another language."""
    monkeypatch.setenv("JAGA_HOST", "authority")
    interface.check()
    monkeypatch.setattr(interface, "jurisdiction", lambda: EU)
    with pytest.raises(interface.NoStoryOfAuthority, match="PRACTICE=0"):
        interface.check()


def test_one_port_for_two_servers_matters_in_practice_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real installation starts no chat server, so the ports cannot collide."""
    monkeypatch.setenv("JAGA_PORT", "8608")
    monkeypatch.setenv("SYNAPSE_PORT", "8608")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("PRACTICE", "0")
    config.check()
    monkeypatch.setenv("PRACTICE", "1")
    config.check()
    with pytest.raises(config_errors.SamePort):
        interface.check()


def test_both_spellings_of_postgresql_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """`postgres://` and `postgresql://` both work, as in PostgreSQL's own programs."""
    for given in ("postgresql://localhost/jaga", "postgres://localhost/jaga", ""):
        monkeypatch.setenv("DATABASE_URL", given)
        assert config.given_database() == given


@pytest.mark.parametrize(("given", "meant"), [("", 60), ("0", 0), ("250", 250)])
def test_the_limit_of_reports_is_a_number(monkeypatch: pytest.MonkeyPatch, given: str, meant: int) -> None:
    """The default is 60; 0 switches the limit off."""
    monkeypatch.setenv("JAGA_REPORTS_PER_MINUTE", given)
    assert config.reports_per_minute() == meant


@pytest.mark.parametrize("given", ["-1", "viel", "1.5", "100000", "٣"])
def test_a_limit_that_is_no_number_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """A mistyped number is refused before anything starts, instead of switching the limit off."""
    monkeypatch.setenv("JAGA_REPORTS_PER_MINUTE", given)
    with pytest.raises(config_errors.WrongRate):
        config.check()


@pytest.mark.parametrize(
    ("given", "practice", "meant"),
    [("", "1", config.PRACTICE_DELAY), ("", "0", None), ("0", "1", 0), ("600", "1", 600), ("300", "0", 300)],
)
def test_the_delay_before_a_closure_is_the_policys_unless_it_is_said(
    monkeypatch: pytest.MonkeyPatch, given: str, practice: str, meant: int | None
) -> None:
    """In a practice installation the delay is short, so that nobody has to wait."""
    monkeypatch.setenv("UNDO_WINDOW_SECONDS", given)
    monkeypatch.setenv("PRACTICE", practice)
    assert config.undo_window_seconds() == meant


@pytest.mark.parametrize("given", ["0", "3", "299"])
def test_the_real_thing_refuses_a_delay_that_only_a_practice_may_have(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """In production a closure can be undone for at least five minutes, whatever the environment says."""
    monkeypatch.setenv("UNDO_WINDOW_SECONDS", given)
    monkeypatch.setenv("PRACTICE", "0")
    with pytest.raises(config_errors.TooShortDelay):
        config.check()
    assert config.SHORTEST_DELAY == SHORTEST_UNDO_MINUTES * 60


def test_after_the_story_a_person_has_twenty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second applies during the story only; a person who tries the pages gets twenty."""
    monkeypatch.setenv("PRACTICE", "1")
    monkeypatch.delenv("UNDO_WINDOW_SECONDS", raising=False)
    assert config.by_hand_delay() == config.BY_HAND_DELAY == 20
    monkeypatch.setenv("UNDO_WINDOW_SECONDS", "5")
    assert config.by_hand_delay() is None


@pytest.mark.parametrize("given", ["-1", "ten", "86401", "٣"])
def test_a_delay_that_is_no_number_is_named_before_anything_starts(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """A mistyped number is refused before anything starts, instead of switching the delay off."""
    monkeypatch.setenv("UNDO_WINDOW_SECONDS", given)
    with pytest.raises(config_errors.WrongDelay):
        config.check()


KEY = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("", ()),
        ("piket@example.id", ("piket@example.id",)),
        (" a@example.id, b@example.id,a@example.id,", ("a@example.id", "b@example.id")),
    ],
)
def test_who_is_alarmed_is_a_list_of_addresses(
    monkeypatch: pytest.MonkeyPatch, given: str, meant: tuple[str, ...]
) -> None:
    """Addresses are separated by commas; spaces are ignored and repeats removed."""
    monkeypatch.setenv("JAGA_ALARM_MAIL", given)
    assert config.alarm_addresses() == meant


@pytest.mark.parametrize(
    "given",
    [
        "piket",
        "a@b@c",
        "Piket <a@example.id>",
        "a@example.id b@example.id",
        "a@example.id\nBcc: x@example.id",
        ",".join(f"a{number}@example.id" for number in range(21)),
    ],
)
def test_what_is_no_list_of_addresses_is_refused(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """An invalid list is refused before anything starts, since a misdirected alarm would be noticed too late."""
    monkeypatch.setenv("JAGA_ALARM_MAIL", given)
    with pytest.raises(config_errors.WrongAlarmAddress):
        config.check()


@pytest.mark.parametrize("url", ["https://piket.example.id/jaga?team=1", "http://127.0.0.1:9000/x", "http://[::1]/x"])
def test_an_alarm_is_posted_encrypted_or_to_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """The URL is https, or on this machine; the shared key appears in no output."""
    monkeypatch.setenv("JAGA_ALARM_WEBHOOK_URL", url)
    monkeypatch.setenv("JAGA_ALARM_WEBHOOK_KEY", KEY)
    found = config.alarm_hook()
    assert found is not None
    assert (found.url, found.key) == (url, KEY)
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("http://piket.example.id/jaga", KEY),
        ("piket.example.id", KEY),
        ("https://a:b@example.id/", KEY),
        ("https:///jaga-alarms", KEY),
        ("https://example.id:port/", KEY),
        ("https://example.id/ x", KEY),
        ("", KEY),
        ("https://example.id/", ""),
        ("https://example.id/", "secret"),
        ("https://example.id/", "whsec_AAEC"),
        ("https://example.id/", "whpk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    ],
)
def test_what_is_no_webhook_for_alarms_is_refused(monkeypatch: pytest.MonkeyPatch, url: str, key: str) -> None:
    """An incomplete setting is refused too; the error repeats neither address nor key."""
    monkeypatch.setenv("JAGA_ALARM_WEBHOOK_URL", url)
    monkeypatch.setenv("JAGA_ALARM_WEBHOOK_KEY", key)
    with pytest.raises(config_errors.WrongAlarmHook) as refused:
        config.check()
    assert not any(given and given in refused.value.english() for given in (url, key))


@pytest.mark.parametrize(("web", "chat"), [("", 8608), ("8600", 8608), ("9000", 9008), ("65535", 65527)])
def test_the_chat_servers_port_follows_the_web_servers(monkeypatch: pytest.MonkeyPatch, web: str, chat: int) -> None:
    """The default port follows the web server's, so that two installations use different chat servers; a given port is
    used as it is.
    """
    monkeypatch.setenv("JAGA_PORT", web)
    monkeypatch.delenv("SYNAPSE_PORT", raising=False)
    assert synapse.port() == chat
    monkeypatch.setenv("SYNAPSE_PORT", "7000")
    assert synapse.port() == 7000


@pytest.mark.parametrize("given", ["false", "no", "False", "2", "00", " 0", "0 ", "practice"])
def test_whether_it_is_a_practice_is_never_guessed(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    """Any other value is refused: `PRACTICE=false` used to start a practice installation."""
    monkeypatch.setenv("PRACTICE", given)
    for asked in (config.practice, config.home, config.check):
        with pytest.raises(config_errors.WrongPractice):
            asked()


@pytest.mark.parametrize(("given", "meant"), [(None, True), ("", True), ("1", True), ("0", False)])
def test_practice_is_one_zero_or_left_out(monkeypatch: pytest.MonkeyPatch, given: str | None, meant: bool) -> None:
    """Without the variable, or with an empty one, it is a practice installation: nobody starts production by
    accident.
    """
    monkeypatch.delenv("PRACTICE", raising=False)
    if given is not None:
        monkeypatch.setenv("PRACTICE", given)
    assert config.practice() is meant
