"""The page *Privacy* is made from the inventory, in plain words, for every kind of people and every release."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape
from django.utils.translation import override

from jaga.app.config import PACKAGE
from jaga.core.inventory import DataSubject, FixedPeriod
from jaga.policy.local_time import today
from jaga.policy.release import PolicyRelease, load_release
from jaga.privacy.verbs.assessment import kept_about
from jaga.privacy.verbs.sweep import period_in_words, period_names, time_in_words
from jaga.store.inventory.groups import GROUPS, TECHNICAL
from jaga.store.inventory.outside import BACKUP_DAYS

HEAVIEST = 50_000
EU = PACKAGE / "policy" / "releases" / "eu"


def _page(client: Client, language: str = "id") -> str:
    client.cookies["jaga_language"] = language
    answer = client.get("/privacy/")
    assert answer.status_code == 200
    assert len(answer.content) <= HEAVIEST
    return answer.content.decode()


@pytest.mark.parametrize("language", ["id", "en"])
def test_everybody_finds_what_is_kept_about_them(client: Client, db: None, settings: Any, language: str) -> None:
    """Each group of each kind of people, with purpose, period and ground; where to ask and to complain; no scripts."""
    settings.CONTACT = "data@contoh.test"
    page = _page(client, language)
    with override(language):
        for part in kept_about(load_release(), today()):
            section = page.partition(f'id="{part.who}"')[2].partition("<h2")[0]
            for line in part.lines:
                told = (
                    (line.title,)
                    if part.who == DataSubject.NAMED
                    else (line.title, line.purpose, line.period, line.effect, line.ground, line.readers)
                )
                assert [words for words in told if escape(words) not in section] == []
    assert "mailto:data@contoh.test" in page
    assert "komdigi.go.id" in page
    assert "<script" not in page


def test_the_last_day_in_backups_is_named(client: Client, db: None) -> None:
    """At most 35 days from today: a date, since people do not count."""
    assert BACKUP_DAYS <= 35
    last = today() + timedelta(days=BACKUP_DAYS)
    page = re.sub(r"\s+", " ", _page(client, "en"))
    assert re.search(rf"until \w* ?{last.day} \w+ {last.year} at the latest", page)


def test_another_release_cites_its_own_law(client: Client, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No article of the Indonesian law on a page of the European Union, and the other way round."""
    assert "UU PDP" in _page(client)
    assert "GDPR" not in _page(client)
    release = load_release(Path(EU))
    monkeypatch.setattr("jaga.privacy.public.load_release", lambda: release)
    page = _page(client, "en")
    assert "GDPR art. 15" in page
    assert "UU PDP" not in page
    assert "not checked against its official text" in page


@pytest.fixture(params=[None, EU], ids=["id", "eu"])
def release(request: pytest.FixtureRequest) -> PolicyRelease:
    return load_release(Path(request.param) if request.param else None)


def test_every_period_has_words(release: PolicyRelease) -> None:
    """For every name that a group may use, in both languages; none is missing in a release."""
    for language in ("id", "en"):
        with override(language):
            for name in (*period_names(), *FixedPeriod):
                words = period_in_words(name, release, today())
                assert words
                assert words not in ("No period is set", "Belum ada jangka waktunya"), name


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(minutes=10), "10 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=12), "12 hours"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=365), "365 days"),
        (timedelta(days=400), "400 days"),
        (timedelta(days=1825), "5 years"),
    ],
)
def test_a_period_is_told_in_its_largest_whole_unit(time: timedelta, words: str) -> None:
    """“365 days” rather than “1 year”: deletion counts days."""
    with override("en"):
        assert time_in_words(time) == words


def test_nobody_is_forgotten() -> None:
    """Every group about somebody is on the page of each of them; technical fields are not shown."""
    shown = {(part.who, line.key) for part in kept_about(load_release(), today()) for line in part.lines}
    assert shown == {(who, group.key) for group in GROUPS.values() for who in group.about if who != DataSubject.NOBODY}
    assert TECHNICAL not in {key for _, key in shown}


def test_whoever_is_named_finds_each_line_in_the_holders_table() -> None:
    """The page shows only titles there and sends the reader to that table."""
    assert [
        group.key
        for group in GROUPS.values()
        if DataSubject.NAMED in group.about and DataSubject.HOLDER not in group.about
    ] == []
