"""Signing in with a second factor, one's own factors, and the page that asks again and keeps what was written."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from tests.factories import CALLED, World
from tests.web.console.conftest import Staff
from tests.web.console.factors import App, signs_in, with_app

from jaga.casework.people import officers, people, second_factor
from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.terms import RegistrationStatus, Role
from jaga.records.access.people.roster import standing
from jaga.records.models import Person
from jaga.web.console.frame.confirmation import is_fresh

Open = Callable[[Actor], Client]
CODE = "second_factor_code"


@pytest.fixture
def keeper(world: World) -> Actor:
    officers.appoint_keeper(world.officer.person_id or 0, actor=CLI)
    return world.officer


def suspend(world: World, keeper: Actor) -> tuple[str, int]:
    """The address of a keeper's form, about another officer of the same agency."""
    other = people.create_person(people.NewPerson("tono", "Tono", keeper.organisation_id or 0, (Role.OFFICER,)),
                                 actor=CLI)
    officers.register_officer(other.pk, CALLED, actor=CLI)
    return f"/console/roster/people/{other.pk}/suspend/", other.pk


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def test_the_password_alone_opens_nothing_to_an_officer(world: World, keeper: Actor) -> None:
    """Every page leads to the second step, and after it on to the page that was wanted."""
    app, client = with_app(keeper), signs_in(keeper)
    wanted = client.get("/console/roster/")
    assert wanted.status_code == 302
    assert wanted["Location"] == "/console/second-factor/?next=/console/roster/"
    step = client.get(wanted["Location"])
    assert step["Cache-Control"] == "no-store"
    wrong = client.post("/console/second-factor/", {CODE: "000000", "next": "/console/roster/"})
    assert wrong.status_code == 422
    assert "This code is not right" in wrong.content.decode()
    before = client.session.session_key
    right = client.post("/console/second-factor/", {CODE: app.code(), "next": "/console/roster/"})
    assert right["Location"] == "/console/roster/"
    assert client.session.session_key != before
    assert client.get("/console/roster/").status_code == 200
    again = signs_in(keeper)
    assert again.get("/console/roster/").status_code == 302


@pytest.mark.parametrize("wanted", ["https://jahat.example/", "//jahat.example/", "tidak-ada", "console:queue"])
def test_where_to_go_on_is_an_address_of_ours(keeper: Actor, wanted: str) -> None:
    """A link that leads elsewhere after the sign-in would be a trap; what is no address is no fault either."""
    app, client = with_app(keeper), signs_in(keeper)
    answer = client.post("/console/second-factor/", {CODE: app.code(), "next": wanted})
    assert answer["Location"] == "/console/orders/"


def test_five_wrong_codes_close_the_way_in_words(keeper: Actor) -> None:
    """429, also for the right code."""
    app, client = with_app(keeper), signs_in(keeper)
    for _ in range(second_factor.MOST_WRONG):
        client.post("/console/second-factor/", {CODE: "000000"})
    closed = client.post("/console/second-factor/", {CODE: app.code()})
    assert closed.status_code == 429
    assert "Wait a quarter of an hour" in closed.content.decode()


def test_an_officer_without_a_factor_sets_one_up_before_anything_else(keeper: Actor) -> None:
    """QR code and letters say the same; a wrong code shows the same secret again; then the list on paper, once."""
    client = signs_in(keeper)
    assert client.get("/console/second-factor/")["Location"] == "/console/factors/"
    page = client.get("/console/factors/").content.decode()
    assert "<svg" in page
    kept = hidden(page, "totp_kept")
    wrong = client.post("/console/factors/app/", {"totp_kept": kept, "code": "1"})
    assert wrong.status_code == 422
    shown = wrong.context["totp_secret"].replace(" ", "")
    assert shown in html.unescape(wrong.context["totp_address"])
    assert client.post("/console/factors/app/", {"totp_kept": "x" + kept, "code": "1"}).status_code == 400
    app = App(shown, ())
    import pyotp
    answer = client.post("/console/factors/app/", {"totp_kept": hidden(wrong.content.decode(), "totp_kept"),
                                                   "code": pyotp.TOTP(app.secret).at(now())})
    assert len(answer.context["codes"]) == second_factor.RECOVERY_CODES
    assert client.get("/console/roster/").status_code == 200


def test_a_stolen_password_brings_no_factor_of_its_own(keeper: Actor) -> None:
    """Whoever has one shows it first; nothing is added, removed or listed anew before."""
    with_app(keeper)
    client = signs_in(keeper)
    assert client.get("/console/factors/")["Location"] == "/console/second-factor/"
    for address in ("app", "passkey", "codes", "remove"):
        answer = client.post(f"/console/factors/{address}/", {"totp_kept": "x", "code": "1"})
        assert answer.status_code in (302, 403)
        assert "codes" not in (answer.context or {})
    assert second_factor.factors_of(keeper).recovery_left == second_factor.RECOVERY_CODES


def test_it_is_left_to_our_own_people_until_it_is_demanded(world: World, staff: Staff, browser_of: Open) -> None:
    """An administrator demands it by one button; from the next page on it is needed."""
    reviewer = world.reviewers[0]
    client = signs_in(reviewer)
    assert client.get("/console/queue/").status_code == 200
    admin = browser_of(staff.by_role[Role.ADMINISTRATOR])
    address = f"/console/roster/own/{reviewer.person_id}/"
    assert admin.post(address, {"act": "demand"}).status_code == 302
    assert client.get("/console/queue/").status_code == 302
    assert admin.post(address, {"act": "leave"}).status_code == 302
    assert client.get("/console/queue/").status_code == 200
    with_app(reviewer)
    assert client.get("/console/queue/").status_code == 302
    assert admin.post(address, {"act": "forget"}).status_code == 302
    assert client.get("/console/queue/").status_code == 200


def test_an_old_factor_is_asked_for_again_and_the_form_is_kept(world: World, keeper: Actor, browser_of: Open) -> None:
    """After ten minutes the act waits for a code; a wrong one keeps the form; a right one does what was written."""
    app = with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with frozen(now() + timedelta(minutes=11)):
        asked = client.post(address, {"why": "Pindah tugas & <cuti>"})
        assert asked.status_code == 403
        assert "Nothing has happened yet" in asked.content.decode()
        kept = hidden(asked.content.decode(), "kept_form")
        wrong = client.post(address, {"kept_form": kept, CODE: "000000", "why": "diganti"})
        assert wrong.status_code == 422
        assert hidden(wrong.content.decode(), "kept_form") == kept
        assert standing(other) is RegistrationStatus.ACTIVE
        assert client.post(address, {"kept_form": kept, CODE: app.code(), "why": "diganti"}).status_code == 302
    assert standing(other) is RegistrationStatus.SUSPENDED
    shown = client.get(f"/console/roster/people/{other}/").content.decode()
    assert "Pindah tugas &amp; &lt;cuti&gt;" in shown
    assert "diganti" not in shown


def test_a_kept_form_opens_for_its_person_and_address_alone(world: World, keeper: Actor, browser_of: Open) -> None:
    """Changed, of another page, or too old: nothing happens, in words."""
    app = with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with frozen(now() + timedelta(minutes=11)):
        kept = hidden(client.post(address, {"why": "curiga"}).content.decode(), "kept_form")
        for changed, to in ((kept[:-2], address), (kept, address.replace("suspend", "remove"))):
            answer = client.post(to, {"kept_form": changed, CODE: app.code()})
            assert answer.status_code == 400
            assert "no longer kept" in answer.content.decode()
    assert standing(other) is RegistrationStatus.ACTIVE


def test_a_fresh_factor_is_not_asked_for_again(world: World, keeper: Actor, browser_of: Open) -> None:
    """Ten minutes; a clock that was set back makes nothing fresh."""
    with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with frozen(now() - timedelta(minutes=5)):
        assert client.post(address, {"why": "curiga"}).status_code == 403
    with frozen(now() + timedelta(minutes=9)):
        assert client.post(address, {"why": "curiga"}).status_code == 302
    assert standing(other) is RegistrationStatus.SUSPENDED


def test_files_are_not_kept_and_the_page_says_so(world: World, keeper: Actor, browser_of: Open) -> None:
    """Better than to lose them silently; the act itself goes on with what was written."""
    app = with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with frozen(now() + timedelta(minutes=11)):
        asked = client.post(address, {"why": "curiga", "letter": SimpleUploadedFile("a.pdf", b"%PDF-1.4")})
        assert "choose them again" in asked.content.decode()
        kept = hidden(asked.content.decode(), "kept_form")
        assert client.post(address, {"kept_form": kept, CODE: app.code()}).status_code == 302
    assert standing(other) is RegistrationStatus.SUSPENDED


def test_confirming_first_leads_on_and_counts_for_ten_minutes(world: World, keeper: Actor, browser_of: Open) -> None:
    """For pages that ask before a form with files is filled in."""
    app = with_app(keeper)
    address, _ = suspend(world, keeper)
    client = browser_of(keeper)
    with frozen(now() + timedelta(hours=1)):
        answer = client.post("/console/confirm/", {CODE: app.code(), "next": "/console/roster/"})
        assert answer["Location"] == "/console/roster/"
        assert client.post(address, {"why": "curiga"}).status_code == 302


def test_an_officer_whose_registration_is_not_in_order_reads_why(world: World, browser_of: Open) -> None:
    """Not the console, and no dead end: own factors and the way out stay open."""
    client, number = browser_of(world.officer), world.officer.person_id or 0
    officers.suspend(number, "kunci dicuri", actor=CLI)
    answer = client.get("/console/", follow=True)
    assert answer.status_code == 403
    assert "Your registration is suspended." in answer.content.decode()
    assert client.get("/console/factors/").status_code == 200


def test_nothing_is_fresh_in_a_session_that_was_meddled_with(rf: RequestFactory) -> None:
    """What is no moment is none."""

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("yes" if is_fresh(request) else "no")

    for kept in (None, "now", "9e99", True):
        request = rf.get("/")
        request.session = {"second_factor_at": kept}  # type: ignore[assignment]
        assert view(request).content == b"no"
    assert not Person.objects.none().exists()
