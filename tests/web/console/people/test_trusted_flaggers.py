"""Trusted flaggers' pages: the register, the public list with its CSV, and their own report form."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from tests.factories import ACCOUNT, CATEGORY, PLATFORM, World
from tests.web.console.conftest import Staff

from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Channel
from jaga.people.models import Organisation
from jaga.policy.local_time import today

Open = Callable[[Actor], Client]
FORM = {
    "platform": PLATFORM,
    "account": ACCOUNT,
    "category": CATEGORY,
    "text": "Iklan di ruang <umum>.",
    "reference": "P-7",
}


def described(client: Client) -> int:
    """The flagger of `staff`, described by an administrator; returns its number."""
    number = Organisation.objects.get(name="Flagger Kedua").pk
    answer = client.post(
        f"/console/flaggers/{number}/",
        {
            "awarded_by": "Koordinator <Contoh>",
            "awarded_on": today().isoformat(),
            "expertise": [CATEGORY],
            "valid_until": (today() + timedelta(days=9)).isoformat(),
            "website": "https://contoh.example/",
        },
    )
    assert answer.status_code == 302
    return number


def test_a_flaggers_report_comes_in_by_its_own_door(world: World, staff: Staff, browser_of: Open) -> None:
    """The report has channel, organisation and number; a refused form keeps its text."""
    client, flagger = browser_of(staff.by_role[Role.FLAGGER]), staff.by_role[Role.FLAGGER]
    refused = client.post("/console/flags/new/", {**FORM, "account": ""})
    assert refused.status_code == 422
    assert "Iklan di ruang &lt;umum&gt;." in refused.content.decode()
    sent = client.post("/console/flags/new/", FORM, follow=True)
    assert "Your report has been received." in sent.content.decode()
    row = Report.objects.get()
    assert (row.channel, row.organisation_id, row.officer_id, row.reference) == (
        Channel.FLAGGER,
        flagger.organisation_id,
        flagger.person_id,
        "P-7",
    )
    assert ACCOUNT in client.get("/console/flags/").content.decode()


def test_the_public_list_shows_field_figures_and_suspension(
    world: World, staff: Staff, browser_of: Open, client: Client
) -> None:
    """Public, as a page and as CSV; a flagger without a description is not listed."""
    assert "Flagger Kedua" not in client.get("/flaggers/").content.decode()
    admin, supervisor = browser_of(staff.by_role[Role.ADMINISTRATOR]), browser_of(world.supervisor)
    number = described(admin)
    browser_of(staff.by_role[Role.FLAGGER]).post("/console/flags/new/", FORM)
    shown = client.get("/flaggers/").content.decode()
    assert "Koordinator &lt;Contoh&gt;" in shown
    assert supervisor.post(f"/console/flaggers/{number}/suspend/", {"why": " "}).status_code == 422
    assert supervisor.post(f"/console/flaggers/{number}/suspend/", {"why": "Tiga laporan palsu."}).status_code == 302
    assert "Tiga laporan palsu." in client.get("/flaggers/").content.decode()
    (row,) = csv.DictReader(io.StringIO(client.get("/flaggers.csv").content.decode()))
    assert (row["name"], row["areas"], row["acted_on_at_least"], row["until_month"]) == (
        "Flagger Kedua",
        CATEGORY,
        "0",
        "",
    )
    assert row["suspended_since"] == today().isoformat()  # the day, and no moment
    assert "Flagger Kedua" in supervisor.get("/console/flaggers/").content.decode()
    assert supervisor.post(f"/console/flaggers/{number}/lift/", {"why": "Sudah dijelaskan."}).status_code == 302
    assert "Sudah dijelaskan." in supervisor.get(f"/console/flaggers/{number}/").content.decode()


def test_only_an_administrator_describes_a_flagger(world: World, staff: Staff, browser_of: Open) -> None:
    """A supervisor suspends, an auditor reads; an odd number or day gets a message."""
    number = described(browser_of(staff.by_role[Role.ADMINISTRATOR]))
    for actor in (world.supervisor, staff.by_role[Role.AUDITOR]):
        client = browser_of(actor)
        assert "What is known of it" not in client.get(f"/console/flaggers/{number}/").content.decode()
        assert client.post(f"/console/flaggers/{number}/", {"awarded_by": "Saya"}).status_code in (403, 422)
    admin = browser_of(staff.by_role[Role.ADMINISTRATOR])
    wrong = admin.post(f"/console/flaggers/{number}/", {"awarded_on": "kemarin"})
    assert {"awarded_by", "awarded_on", "valid_until", "expertise"} == set(wrong.context["errors"])
    for odd in ("0", "999999", "9" * 30):
        assert admin.get(f"/console/flaggers/{odd}/").status_code == 404
