"""Preferences: keys, colours, pictures and the time zone, for each person."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from tests.docs.pages import ROOT
from tests.factories import World, in_review

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.keys import KEYS
from jaga.people.models import Preferences
from jaga.policy.local_time import zone_label, zone_names, zone_of
from jaga.store.models import LedgerEntry

ADDRESS = "/console/preferences/"
Browser = Callable[[Actor], Client]


def form(**changes: str | None) -> dict[str, str]:
    """The form as first shown, with changes; None removes a field."""
    fields: dict[str, str | None] = {"keys_on": "1", "greyscale": "1", "blur": "1", "theme": "auto"}
    fields |= {"time_zone": "Asia/Jakarta"} | changes
    return {name: value for name, value in fields.items() if value is not None}


def test_what_is_chosen_holds_on_every_page_and_is_nobodys_business(world: World, browser_of: Browser) -> None:
    """Colours and pictures appear in the page's frame; there is no ledger entry, and other people's pages stay
    unchanged.
    """
    before = LedgerEntry.objects.count()
    sinta = browser_of(world.reviewers[0])
    chosen = form(theme="dark", blur=None)
    assert sinta.post(ADDRESS, chosen)["Location"] == f"{ADDRESS}?saved"
    page = sinta.get("/console/queue/").content.decode()
    assert 'data-theme="dark"' in page
    assert 'data-blur="off"' in page
    assert 'data-greyscale="off"' not in page
    keys = json.loads(re.search(r'data-keys="([^"]*)"', page)[1].replace("&quot;", '"'))  # type: ignore[index]
    assert keys == KEYS
    assert LedgerEntry.objects.count() == before
    assert 'data-theme="auto"' in browser_of(world.reviewers[1]).get("/console/queue/").content.decode()


def test_keys_that_are_off_are_off_on_the_server(world: World, browser_of: Browser) -> None:
    """The page has no key bindings, and no key is shown beside a button or a command."""
    case_id, sinta = in_review(), browser_of(world.reviewers[0])
    assert "<kbd data-cap>T</kbd>" in sinta.get(f"/console/cases/K{case_id:06d}/").content.decode()
    sinta.post(ADDRESS, form(keys_on=None))
    page = sinta.get(f"/console/cases/K{case_id:06d}/").content.decode()
    assert 'data-keys="{}"' in page
    assert "data-cap" not in page
    assert sinta.get("/console/palette/").status_code == 200


@pytest.mark.parametrize("wrong", [{"theme": "pink"}, {"time_zone": "Mars/Olympus"}])
def test_what_is_no_choice_is_refused_and_all_that_was_entered_stays(
    world: World, browser_of: Browser, wrong: dict[str, str]
) -> None:
    """A manipulated form gets a sentence; nothing is stored until it is corrected."""
    answer = browser_of(world.reviewers[0]).post(ADDRESS, form(keys_on=None, **wrong))
    assert answer.status_code == 422
    assert 'name="keys_on" value="1">' in answer.content.decode()
    assert not Preferences.objects.exists()


def test_times_are_those_of_the_reader(world: World, browser_of: Browser) -> None:
    """The same deadline reads two hours later in Papua, with its zone's name; the legal time is the same."""
    case_id = in_review()
    Case.objects.filter(pk=case_id).update(due_at=datetime(2030, 1, 2, 3, 4, tzinfo=UTC))
    sinta = browser_of(world.reviewers[0])
    for zone, expected in (
        ("Asia/Jakarta", "2 Jan 2030 10:04 WIB"),
        ("Asia/Jayapura", "2 Jan 2030 12:04 WIT"),
        ("Asia/Makassar", "2 Jan 2030 11:04 WITA"),
        ("America/Sao_Paulo", "2 Jan 2030 00:04 UTC-03"),
    ):
        sinta.post(ADDRESS, form(time_zone=zone))
        assert expected in sinta.get(f"/console/cases/K{case_id:06d}/").content.decode()
    assert "10:04 WIB" in browser_of(world.supervisor).get(f"/console/cases/K{case_id:06d}/").content.decode()


def test_the_calendar_keeps_the_days_and_times_of_jakarta(world: World, browser_of: Browser) -> None:
    """Its days are in WIB, so a time in another zone could be listed under the wrong day."""
    Case.objects.filter(pk=in_review()).update(due_at=now() + timedelta(hours=2))
    wulan = browser_of(world.supervisor)
    wulan.post(ADDRESS, form(time_zone="Asia/Jayapura"))
    page = wulan.get("/console/calendar/").content.decode()
    assert " WIB" in page
    assert " WIT<" not in page


def test_zones_are_indonesias_first_and_all_can_be_read() -> None:
    """Indonesia's three zones come first; a zone unknown to the machine falls back to Jakarta."""
    assert zone_names()[:3] == ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")
    assert zone_label(datetime(2026, 1, 1, tzinfo=UTC), zone_of("Europe/Berlin")) == "CET"
    assert zone_of("Mars/Olympus").key == "Asia/Jakarta"


def test_the_dark_colours_are_the_same_however_they_are_chosen() -> None:
    """Two blocks of colour tokens, one for the device's choice and one for the reader's, must be equal."""
    static = ROOT / "src" / "jaga" / "web" / "static"
    device = re.search(
        r'prefers-color-scheme: dark\) \{\s+:root:not\(\[data-theme="light"\]\) \{(.*?)\}',
        (static / "jaga.css").read_text(),
        re.DOTALL,
    )
    reader = re.search(
        r':root\[data-theme="dark"\] \{\s+color-scheme: dark;(.*?)\}',
        (static / "preferences.css").read_text(),
        re.DOTALL,
    )
    assert device
    assert reader
    assert device[1].split() == reader[1].split()
