"""The roster pages of roster keepers and administrators, and the invitation that follows."""

import html
import re
from collections.abc import Callable

import pyotp
import pytest
from django.test import Client
from tests.factories import CALLED, World
from tests.web.console.conftest import Staff

from jaga.core.actors import CLI, Actor
from jaga.core.clock import now
from jaga.core.terms.people import RegistrationStatus, Role
from jaga.people.models import OfficerKey, OfficerRegistration, Organisation, Person
from jaga.people.reads.roster import registration_status
from jaga.people.verbs import api_keys, officers, second_factor

Open = Callable[[Actor], Client]
PASSWORD = "seekor kucing di atas meja"


@pytest.fixture
def keeper(world: World) -> Actor:
    officers.appoint_keeper(world.officer.person_id or 0, actor=CLI)
    return world.officer


def invited(client: Client, organisation: int, **fields: str) -> str:
    """The one-time link, as the page shows it."""
    answer = client.post(
        f"/console/roster/{organisation}/invite/", {"username": "tono", "display_name": "Tono", **fields}
    )
    assert answer.status_code == 200, answer.content.decode()
    link: str = answer.context["link"]
    assert html.escape(link) in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    return link.removeprefix("http://testserver")


def test_from_the_keepers_button_to_an_officer_who_counts(
    world: World, keeper: Actor, staff: Staff, browser_of: Open
) -> None:
    """Invite, accept, call back: only then does the console open."""
    ours = browser_of(keeper)
    link = invited(ours, keeper.organisation_id or 0)
    tono = Client()
    tono.cookies["jaga_language"] = "en"
    page = tono.get(link)
    assert "Tono" in page.content.decode()
    weak = tono.post(link, {"password": "kucing"})
    assert weak.status_code == 422
    assert set(weak.context["errors"]) == {"password"}
    assert tono.post(link, {"password": PASSWORD})["Location"] == "/console/factors/"
    assert tono.get(link).status_code == 404
    person = Person.objects.get(username="tono")
    admin = browser_of(staff.by_role[Role.ADMINISTRATOR])
    address = f"/console/roster/people/{person.pk}/"
    call = {"number": CALLED.number, "found_in": CALLED.found_in}
    assert admin.post(address + "call-back/", call).status_code == 409
    assert tono.get("/console/orders/")["Location"].startswith("/console/factors/")
    secret = tono.get("/console/factors/app/").context["form"].secret
    codes = tono.post("/console/factors/app/", {"code": pyotp.TOTP(secret).at(now())}, follow=True)
    assert len(codes.context["codes"]) == second_factor.RECOVERY_CODES
    assert "we telephone your agency" in codes.content.decode()
    assert "not telephoned your agency" in tono.get("/console/", follow=True).content.decode()
    wrong = admin.post(address + "call-back/", {"number": "nomor", "found_in": ""})
    assert wrong.status_code == 422
    assert {"number", "found_in"} == set(wrong.context["errors"])
    assert admin.post(address + "call-back/", call).status_code == 302
    assert registration_status(person.pk) is RegistrationStatus.ACTIVE
    assert CALLED.number in admin.get(address).content.decode()
    assert CALLED.number not in ours.get(address).content.decode()
    row = OfficerRegistration.objects.get(person=person)
    assert row.called_back_by_id == staff.by_role[Role.ADMINISTRATOR].person_id


def test_a_keeper_sees_the_own_roster_and_nobody_elses(world: World, keeper: Actor, browser_of: Open) -> None:
    """Other agencies' officers are not found by any number, and Jaga's own staff are not listed."""
    client = browser_of(keeper)
    shown = client.get("/console/roster/").content.decode()
    assert "Polisi Contoh" in shown
    assert "Kementerian Contoh" not in shown
    assert "Our own people" not in shown
    for number in (world.minister.person_id, world.supervisor.person_id, 999999, 10**30):
        assert client.get(f"/console/roster/people/{number}/").status_code == 404
    for act in ("renew", "suspend", "remove", "invite-again"):
        assert client.post(f"/console/roster/people/{world.minister.person_id}/{act}/", {"why": "x"}).status_code == 404
    assert client.get(f"/console/roster/{world.minister.organisation_id}/invite/").status_code == 404
    assert registration_status(world.minister.person_id or 0) is RegistrationStatus.ACTIVE


def test_a_keepers_form_cannot_make_a_keeper(keeper: Actor, browser_of: Open) -> None:
    """Also if the field is sent by hand."""
    client = browser_of(keeper)
    answer = client.post(
        f"/console/roster/{keeper.organisation_id}/invite/",
        {
            "username": "tono",
            "display_name": "Tono",
            "keeper": "yes",
            "number": CALLED.number,
            "found_in": CALLED.found_in,
        },
    )
    assert answer.status_code == 403
    assert not Person.objects.filter(username="tono").exists()


def test_each_act_of_a_keeper_is_done_and_shown(keeper: Actor, browser_of: Open) -> None:
    """Renewal, a refused suspension that keeps its text, suspension, removal."""
    client = browser_of(keeper)
    link = invited(client, keeper.organisation_id or 0)
    person = Person.objects.get(username="tono")
    address = f"/console/roster/people/{person.pk}/"
    assert client.post(address + "renew/").status_code == 302
    again = client.post(address + "invite-again/")
    assert again.context["link"] != link
    assert Client().get(link).status_code == 404
    refused = client.post(address + "suspend/", {"why": " "})
    assert refused.status_code == 422
    assert "Say why." in refused.content.decode()
    assert client.post(address + "suspend/", {"why": "Pindah <tugas>"}).status_code == 302
    assert "Pindah &lt;tugas&gt;" in client.get(address).content.decode()
    assert client.post(address + "lift/").status_code == 403
    assert client.post(address + "remove/")["Location"] == "/console/roster/"
    assert client.get(address).status_code == 404
    own = f"/console/roster/people/{keeper.person_id}/"
    assert "Nobody does this for their own registration." in client.post(own + "renew/").content.decode()


def test_an_administrator_invites_the_first_keeper_with_a_call(world: World, staff: Staff, browser_of: Open) -> None:
    """Without the call the form is refused and keeps its text."""
    client = browser_of(staff.by_role[Role.ADMINISTRATOR])
    organisation = Organisation.objects.get(name="Kementerian Contoh").pk
    refused = client.post(
        f"/console/roster/{organisation}/invite/", {"username": "rini", "display_name": "Rini", "keeper": "yes"}
    )
    assert refused.status_code == 422
    assert 'value="rini"' in refused.content.decode()
    invited(
        client,
        organisation,
        username="rini",
        display_name="Rini",
        keeper="yes",
        number=CALLED.number,
        found_in=CALLED.found_in,
    )
    assert OfficerRegistration.objects.get(person__username="rini").keeper
    assert "Rini" in client.get("/console/roster/").content.decode()


def test_the_last_use_of_a_key_counts_as_well(keeper: Actor, browser_of: Open) -> None:
    """An officer who only uses the API does not count as inactive."""
    client, address = browser_of(keeper), f"/console/roster/people/{keeper.person_id}/"
    key = api_keys.issue_officer_key(keeper.person_id or 0, actor=CLI)
    assert client.get(address).context["officer"].last_used_at is None
    OfficerKey.objects.filter(pk=key.key_id).update(last_used_at=now())
    assert client.get(address).context["officer"].last_used_at is not None
    assert client.get("/console/roster/").status_code == 200


@pytest.mark.parametrize("secret", ["x", "../", "%00", "a" * 3000, "é"])
def test_an_invented_link_is_answered_in_words(db: None, secret: str) -> None:
    """An unknown link gets a page with an explanation, never a server error."""
    answer = Client().get(f"/console/invitation/{secret}/")
    assert answer.status_code in (400, 404)
    assert re.search(r"undangan|tidak ada|tidak ditemukan|dibaca", answer.content.decode().lower())
