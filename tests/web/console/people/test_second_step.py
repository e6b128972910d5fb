"""Signing in with a second factor, managing one's factors, and the page that asks for the factor again and keeps the
form.
"""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, reverse
from tests.factories import CALLED, World
from tests.roles import acting_as
from tests.web.console.conftest import Staff
from tests.web.console.factors import PASSWORD, at, exempt, paper_of, show_factor, signs_in, with_app, with_password

from jaga.core.actors import CLI, Actor
from jaga.core.clock import now
from jaga.core.terms.people import RegistrationStatus, Role
from jaga.people.models import FactorTries, Person
from jaga.people.reads.roster import ASKING, registration_status
from jaga.people.verbs import officers, people, second_factor
from jaga.store.grants import Part
from jaga.store.models import GuessCount, LedgerEntry

Open = Callable[[Actor], Client]
CODE = "second_factor_code"


@pytest.fixture
def keeper(world: World) -> Actor:
    officers.appoint_keeper(world.officer.person_id or 0, actor=CLI)
    return world.officer


def suspend(world: World, keeper: Actor) -> tuple[str, int]:
    """The address of a roster keeper's form, about another officer of the same agency."""
    other = people.create_person(
        people.NewPerson("tono", "Tono", keeper.organisation_id or 0, (Role.OFFICER,)), actor=CLI
    )
    officers.register_officer(other.pk, CALLED, actor=CLI)
    return f"/console/roster/people/{other.pk}/suspend/", other.pk


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, page
    return html.unescape(found[1])


def test_the_password_alone_opens_nothing(world: World, keeper: Actor) -> None:
    """Nobody is signed in before the second step, which then leads to the page asked for."""
    app, client = with_app(keeper), Client()
    name = with_password(keeper)
    wanted = client.get("/console/roster/")
    assert wanted["Location"] == "/console/sign-in/?next=/console/roster/"
    answer = client.post(wanted["Location"], {"username": name, "password": PASSWORD, "next": "/console/roster/"})
    assert answer["Location"] == "/console/second-factor/"
    assert "_auth_user_id" not in client.session
    assert client.get("/console/roster/")["Location"].startswith("/console/sign-in/")
    assert client.get("/console/sign-in/")["Location"] == "/console/second-factor/"
    step = client.get("/console/second-factor/")
    assert "no-store" in step["Cache-Control"]
    wrong = client.post("/console/second-factor/", {CODE: "000000"})
    assert wrong.status_code == 422
    assert "Kode ini salah" in wrong.content.decode()
    before = client.session.session_key
    right = client.post("/console/second-factor/", {CODE: app.code()})
    assert right["Location"] == "/console/roster/"
    assert client.session.session_key != before
    assert client.get("/console/roster/").status_code == 200
    assert UserSession.objects.get(user_id=keeper.person_id).session_key == client.session.session_key
    again = signs_in(keeper)
    assert again.get("/console/roster/").status_code == 302


@pytest.mark.parametrize(
    "wanted",
    [
        "https://jahat.example/",
        "//jahat.example/",
        "tidak-ada",
        "console:queue",
        "http://testserver/console/roster/",
        "/\\jahat.example",
        "javascript:alert(1)",
        "//localhost/",
        "//127.0.0.1/x",
        "/\\localhost/",
    ],
)
def test_where_to_go_on_is_an_address_of_ours(keeper: Actor, wanted: str) -> None:
    """A `next` that leads to another site is ignored, and so is one that is not an address."""
    app, client, name = with_app(keeper), Client(), with_password(keeper)
    client.post("/console/sign-in/", {"username": name, "password": PASSWORD, "next": wanted})
    answer = client.post("/console/second-factor/", {CODE: app.code(), "next": wanted})
    assert answer["Location"] == "/console/orders/"
    answer = client.post("/console/confirm/", {CODE: app.code(), "next": wanted})
    assert answer["Location"] == "/console/orders/"


def test_a_code_counts_once_in_every_process(keeper: Actor) -> None:
    """Also after the process's cache was cleared; and no older code is accepted afterwards."""
    app, moment = with_app(keeper), now()
    with at(moment):
        client, code = signs_in(keeper), app.code()
        assert client.post("/console/second-factor/", {CODE: f"{code[:3]} {code[3:]}"}).status_code == 302
        for shown in (code, pyotp.TOTP(app.secret).at(moment - timedelta(seconds=30))):
            cache.clear()
            thief = signs_in(keeper)
            assert thief.post("/console/second-factor/", {CODE: shown}).status_code == 422
    with at(moment + timedelta(seconds=30)):
        assert thief.post("/console/second-factor/", {CODE: pyotp.TOTP(app.secret).at(now())}).status_code == 302


def test_the_code_that_set_up_the_app_is_used_up(keeper: Actor) -> None:
    """Somebody who saw the code during the set-up cannot use it."""
    secret = pyotp.random_base32()
    with at(now()):
        code = pyotp.TOTP(secret).at(now())
        second_factor.add_totp(secret, code, actor=keeper)
        cache.clear()
        assert signs_in(keeper).post("/console/second-factor/", {CODE: code}).status_code == 422


def test_a_code_on_paper_opens_once(world: World, keeper: Actor) -> None:
    """In any spelling, a recovery code works once, for its owner only; a new list ends the old one; each use is
    recorded in the ledger.
    """
    app, other = with_app(keeper), with_app(world.minister)
    client = signs_in(keeper)
    assert client.post("/console/second-factor/", {CODE: other.paper[0]}).status_code == 422
    typed = f" {app.paper[0][:4]}-{app.paper[0][4:8]} {app.paper[0][8:]}"
    assert client.post("/console/second-factor/", {CODE: typed}).status_code == 302
    assert LedgerEntry.objects.filter(verb="use_recovery_code").count() == 1
    assert signs_in(keeper).post("/console/second-factor/", {CODE: app.paper[0]}).status_code == 422
    assert client.post("/console/factors/codes/new/")["Location"] == "/console/factors/codes/"
    shown = client.get("/console/factors/codes/").content.decode()
    fresh = paper_of(keeper)
    assert len(fresh) == second_factor.RECOVERY_CODES
    assert all(f"{code[:4]} {code[4:8]} {code[8:]}" in shown for code in fresh)
    again = client.get("/console/factors/codes/").content.decode()
    assert not any(code[:4] in again for code in fresh)
    assert signs_in(keeper).post("/console/second-factor/", {CODE: app.paper[1]}).status_code == 422
    assert LedgerEntry.objects.filter(verb="make_recovery_codes").count() == 1


def test_five_wrong_codes_close_the_way_in_words(keeper: Actor) -> None:
    """429 with a message, also for the right code."""
    app, client = with_app(keeper), signs_in(keeper)
    for _ in range(second_factor.MOST_WRONG):
        client.post("/console/second-factor/", {CODE: "000000"})
    closed = client.post("/console/second-factor/", {CODE: app.code()})
    assert closed.status_code == 429
    assert "Wait a quarter of an hour" in closed.content.decode()


def test_odd_answers_are_wrong_and_no_fault(keeper: Actor) -> None:
    """Of codes and of passkeys; at the sign-in and within a session."""
    with_app(keeper)
    for odd in (
        "",
        "abcdef",
        "１２３４５６",
        "9" * 5000,
        "\x00",
        "{",
        "[]",
        "{}",
        "null",
        '{"id": 1}',
        "[" * 20_000,
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA"'
        ',"signature":"AA"}}',
    ):
        client = signs_in(keeper)
        FactorTries.objects.all().delete()
        GuessCount.objects.all().delete()
        assert client.post("/console/second-factor/", {CODE: odd}).status_code == 422, odd
        assert client.post("/console/second-factor/", {"second_factor_passkey": odd}).status_code == 422, odd


def test_the_second_step_ends_with_the_password_that_led_to_it(keeper: Actor) -> None:
    """A thief who waits on the page must start anew after the administrator sets a new password. So must somebody whose
    access has ended.
    """
    app, thief = with_app(keeper), signs_in(keeper)
    people.change_password(keeper.person_id or 0, PASSWORD, actor=CLI)
    assert thief.post("/console/second-factor/", {CODE: app.code()})["Location"] == "/console/sign-in/"
    assert thief.get("/console/second-factor/")["Location"] == "/console/sign-in/"
    gone = signs_in(keeper)
    Person.objects.filter(pk=keeper.person_id).update(is_active=False)
    assert gone.post("/console/second-factor/", {CODE: app.code()})["Location"] == "/console/sign-in/"
    assert "_auth_user_id" not in gone.session


def test_whoever_knows_the_session_from_before_the_password_has_no_second_step(keeper: Actor) -> None:
    """A session key planted in somebody's browser must not let a thief skip the password."""
    with_app(keeper)
    client, thief, name = Client(), Client(), with_password(keeper)
    planted = client.session
    planted.save()
    thief.cookies["jaga_session"] = client.cookies["jaga_session"] = planted.session_key
    client.post("/console/sign-in/", {"username": name, "password": PASSWORD})
    assert client.get("/console/second-factor/").status_code == 200
    assert thief.get("/console/second-factor/")["Location"] == "/console/sign-in/"


def test_what_is_no_number_of_a_passkey_removes_no_app(world: World) -> None:
    """No number means the authenticator app; a wrong number removes nothing."""
    reviewer = world.reviewers[0]
    exempt(reviewer)
    app, client = with_app(reviewer), signs_in(reviewer)
    client.post("/console/second-factor/", {CODE: app.code()})
    for wrong in ("", "x", "-1", "1" * 30, "9" * 5000, "\x00", "1.0"):
        assert client.post("/console/factors/remove/", {"passkey": wrong}).status_code == 404, wrong[:9]
    assert second_factor.has_factor(reviewer.person_id or 0)
    assert client.post("/console/factors/remove/").status_code == 302
    assert not second_factor.has_factor(reviewer.person_id or 0)


def test_the_way_back_from_the_second_step(keeper: Actor) -> None:
    """Somebody else can sign in at the same browser."""
    with_app(keeper)
    client = signs_in(keeper)
    client.post("/console/sign-out/")
    assert client.get("/console/sign-in/").status_code == 200
    assert client.get("/console/second-factor/")["Location"] == "/console/sign-in/"


def test_whoever_has_no_factor_sets_one_up_before_anything_else(world: World) -> None:
    """Staff too. The QR code and the letters are the same secret; a wrong code keeps it; then the recovery codes are
    shown once; all of it is in the ledger.
    """
    client = signs_in(world.supervisor)
    assert client.get("/console/queue/")["Location"] == "/console/factors/?next=/console/queue/"
    assert client.post("/console/queue/ticked/", {}).status_code == 302
    assert client.get("/console/confirm/")["Location"] == "/console/factors/"
    assert "Set one up to go on" in client.get("/console/factors/").content.decode()
    page = client.get("/console/factors/app/")
    assert "<svg" in page.content.decode()
    secret = page.context["form"].secret
    wrong = client.post("/console/factors/app/", {"code": "1"})
    assert wrong.status_code == 422
    assert wrong.context["form"].secret == secret
    assert secret in html.unescape(wrong.content.decode())
    answer = client.post("/console/factors/app/", {"code": pyotp.TOTP(secret).at(now())})
    assert answer["Location"] == "/console/factors/codes/"
    assert len(client.get(answer["Location"]).context["codes"]) == second_factor.RECOVERY_CODES
    assert client.get("/console/queue/").status_code == 200
    assert UserSession.objects.get(user_id=world.supervisor.person_id).session_key == client.session.session_key
    assert LedgerEntry.objects.filter(verb="add_second_factor").count() == 1


@pytest.mark.parametrize("role", list(Role))
def test_nothing_of_the_console_stands_on_the_pages_that_set_a_factor_up(staff: Staff, role: Role) -> None:
    """No navigation, no counts, no link except sign-out, for any role: a stolen password opens only these pages."""
    person = staff.by_role[role]
    if not person.roles & ASKING:
        second_factor.demand_factor(person.person_id or 0, actor=CLI)
    client = signs_in(person)
    allowed = {"/console/factors/", "/console/factors/app/", "/console/factors/passkey/"}
    for address in sorted(allowed):
        shown = client.get(address)
        html_of = shown.content.decode()
        assert shown.status_code == 200
        assert 'class="site-nav"' not in html_of
        assert set(re.findall(r'(?:href|action)="(/console/[^"#?]*)"', html_of)) <= {*allowed, "/console/sign-out/"}
        assert not [
            name
            for name in (
                "last_action",
                "alarms_waiting",
                "case_alarms_waiting",
                "clock_alarms_waiting",
                "referral_duties",
                "alarms_not_heard",
                "names_guessed_at",
                "links",
            )
            if name in shown.context
        ]
    for address in ("sessions/", "factors/codes/", "preferences/", "access-log/"):
        assert client.get(f"/console/{address}")["Location"].partition("?")[0] == "/console/factors/", address
    assert client.post("/console/sessions/")["Location"] == "/console/factors/"


def test_a_session_older_than_the_factor_shows_it_first(world: World) -> None:
    """An exempt person sets up an app on one device; the session on the other device must then enter the factor."""
    reviewer = world.reviewers[0]
    exempt(reviewer)
    client = signs_in(reviewer)
    assert client.get("/console/queue/").status_code == 200
    app = with_app(reviewer)
    assert client.get("/console/queue/")["Location"] == "/console/confirm/?next=/console/queue/"
    assert client.get("/console/factors/")["Location"] == "/console/confirm/"
    for address in ("app", "passkey", "codes/new", "remove"):
        answer = client.post(f"/console/factors/{address}/", {"code": "1"})
        assert answer.status_code in (302, 403), address
    assert client.get("/console/factors/codes/")["Location"] == "/console/confirm/"
    assert second_factor.factors_of(reviewer).recovery_left == second_factor.RECOVERY_CODES
    asked = client.get("/console/confirm/?next=/console/queue/").content.decode()
    assert "queue__row" not in asked
    answer = client.post("/console/confirm/?next=/console/queue/", {CODE: app.code()})
    assert answer["Location"] == "/console/queue/"
    assert client.get("/console/queue/").status_code == 200


def test_own_factors_take_a_fresh_factor(keeper: Actor, browser_of: Open) -> None:
    """An unattended session cannot add a factor: the page asks first, and keeps what was sent meanwhile."""
    app, client = with_app(keeper), browser_of(keeper)
    with at(now() + timedelta(minutes=11)):
        for address in ("passkey/", "codes/"):
            asked = client.get(f"/console/factors/{address}")
            assert asked["Location"].startswith("/console/confirm/?next="), address
        assert client.post("/console/factors/codes/new/").status_code == 403
        assert client.post("/console/factors/remove/").status_code == 403
        assert client.post("/console/sessions/").status_code == 403
        assert client.post("/console/factors/app/", {"code": "1"}).status_code == 403
        assert client.post("/console/confirm/", {CODE: app.code()}).status_code == 302
        assert client.get("/console/factors/passkey/").status_code == 200
        assert "only second factor" in client.post("/console/factors/remove/").content.decode()


def test_an_exemption_is_one_button_away_and_back(world: World, staff: Staff, browser_of: Open) -> None:
    """From the next page the factor is needed again; nobody can exempt themselves."""
    reviewer, boss = world.reviewers[0], staff.by_role[Role.ADMINISTRATOR]
    client = signs_in(reviewer)
    assert client.get("/console/queue/").status_code == 302
    admin, address = browser_of(boss), f"/console/roster/own/{reviewer.person_id}/"
    assert admin.post(address, {"act": "leave"}).status_code == 302
    assert client.get("/console/queue/").status_code == 200
    assert "exempt" in admin.get("/console/roster/").content.decode()
    assert admin.post(address, {"act": "demand"}).status_code == 302
    assert client.get("/console/queue/").status_code == 302
    with_app(reviewer)
    assert admin.post(address, {"act": "forget"}).status_code == 302
    assert client.get("/console/queue/")["Location"].startswith("/console/sign-in/")
    assert signs_in(reviewer).get("/console/queue/")["Location"].startswith("/console/factors/")
    own = f"/console/roster/own/{boss.person_id}/"
    assert admin.post(own, {"act": "leave"}).status_code == 403


def test_sessions_are_listed_and_ended_elsewhere(keeper: Actor) -> None:
    """With browser and network, for one's own sessions only; ending them is recorded in the ledger."""
    app = with_app(keeper)
    one, two = signs_in(keeper), Client(headers={"User-Agent": "Peramban Kedua <b>"})
    one.post("/console/second-factor/", {CODE: app.code()})
    two.post("/console/sign-in/", {"username": keeper.name, "password": PASSWORD})
    two.post("/console/second-factor/", {CODE: app.code()})
    assert two.get("/console/roster/").status_code == 200
    shown = one.get("/console/sessions/").content.decode()
    assert "Peramban Kedua &lt;b&gt;" in shown
    assert shown.count("127.0.0.0") == 2
    assert one.post("/console/sessions/")["Location"] == "/console/sessions/"
    assert two.get("/console/roster/").status_code == 302
    assert one.get("/console/roster/").status_code == 200
    assert LedgerEntry.objects.filter(verb="end_own_sessions").count() == 1


def test_the_web_servers_rights_are_enough(world: World, database_roles: dict[Part, str]) -> None:
    """Password, app, recovery codes, a new session with its second step, and the list of sessions, with the web
    server's database role.
    """
    name = with_password(world.supervisor)
    with acting_as("web"):
        client = Client()
        client.post("/console/sign-in/", {"username": name, "password": PASSWORD})
        secret = client.get("/console/factors/app/").context["form"].secret
        shown = client.post("/console/factors/app/", {"code": pyotp.TOTP(secret).at(now())}, follow=True)
        paper = shown.context["unused_codes"]
        client.post("/console/sign-out/")
        client.post("/console/sign-in/", {"username": name, "password": PASSWORD})
        assert client.post("/console/second-factor/", {CODE: paper[0]}).status_code == 302
        assert client.get("/console/sessions/").status_code == 200
        assert client.post("/console/sessions/").status_code == 302
        assert client.post("/console/factors/codes/new/", follow=True).status_code == 200
        assert client.get("/console/queue/").status_code == 200


def test_whoever_left_is_out_at_once(keeper: Actor, browser_of: Open) -> None:
    """An open session ends when the person's access ends."""
    client = browser_of(keeper)
    assert client.get("/console/roster/").status_code == 200
    people.deactivate_person(keeper.person_id or 0, actor=CLI)
    assert client.get("/console/roster/")["Location"].startswith("/console/sign-in/")


def test_nothing_of_allauths_is_offered_that_we_do_not_offer(db: None) -> None:
    """No sign-up, no mail address, no reset by mail, and no password as confirmation."""
    client = Client()
    for address in ("signup", "email", "password/reset", "password/change", "reauthenticate", "inactive", "login"):
        assert client.get(f"/console/{address}/").status_code == 404
        assert client.get(f"/accounts/{address}/").status_code == 404
    with pytest.raises(NoReverseMatch):
        reverse("account_signup")


def test_an_old_factor_is_asked_for_again_and_the_form_is_kept(world: World, keeper: Actor, browser_of: Open) -> None:
    """After ten minutes the action needs a code; a wrong one keeps the form; a right one carries it out."""
    app = with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with at(now() + timedelta(minutes=11)):
        asked = client.post(address, {"why": "Pindah tugas & <cuti>"})
        assert asked.status_code == 403
        assert "Nothing has happened yet" in asked.content.decode()
        kept = hidden(asked.content.decode(), "kept_form")
        wrong = client.post(address, {"kept_form": kept, CODE: "000000", "why": "diganti"})
        assert wrong.status_code == 422
        assert hidden(wrong.content.decode(), "kept_form") == kept
        assert registration_status(other) is RegistrationStatus.ACTIVE
        assert client.post(address, {"kept_form": kept, CODE: app.code(), "why": "diganti"}).status_code == 302
    assert registration_status(other) is RegistrationStatus.SUSPENDED
    shown = client.get(f"/console/roster/people/{other}/").content.decode()
    assert "Pindah tugas &amp; &lt;cuti&gt;" in shown
    assert "diganti" not in shown


def test_a_kept_form_opens_for_its_person_and_address_alone(world: World, keeper: Actor, browser_of: Open) -> None:
    """Altered, on another page, or too old: the form is refused with a message."""
    app = with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with at(now() + timedelta(minutes=11)):
        kept = hidden(client.post(address, {"why": "curiga"}).content.decode(), "kept_form")
        for changed, to in ((kept[:-2], address), (kept, address.replace("suspend", "remove"))):
            answer = client.post(to, {"kept_form": changed, CODE: app.code()})
            assert answer.status_code == 400
            assert "no longer kept" in answer.content.decode()
    assert registration_status(other) is RegistrationStatus.ACTIVE


def test_a_fresh_factor_is_not_asked_for_again(world: World, keeper: Actor, browser_of: Open) -> None:
    """For ten minutes; a clock set back does not extend them."""
    with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with at(now() - timedelta(minutes=5)):
        assert client.post(address, {"why": "curiga"}).status_code == 403
    with at(now() + timedelta(minutes=9)):
        assert client.post(address, {"why": "curiga"}).status_code == 302
    assert registration_status(other) is RegistrationStatus.SUSPENDED


def test_files_are_not_kept_and_the_page_says_so(world: World, keeper: Actor, browser_of: Open) -> None:
    """The page says that files must be chosen again; the action continues with the text."""
    app = with_app(keeper)
    address, other = suspend(world, keeper)
    client = browser_of(keeper)
    with at(now() + timedelta(minutes=11)):
        asked = client.post(address, {"why": "curiga", "letter": SimpleUploadedFile("a.pdf", b"%PDF-1.4")})
        assert "choose them again" in asked.content.decode()
        kept = hidden(asked.content.decode(), "kept_form")
        assert client.post(address, {"kept_form": kept, CODE: app.code()}).status_code == 302
    assert registration_status(other) is RegistrationStatus.SUSPENDED


def test_confirming_first_leads_on_and_counts_for_ten_minutes(world: World, keeper: Actor, browser_of: Open) -> None:
    """For pages that ask before a form with files is filled in."""
    app = with_app(keeper)
    address, _ = suspend(world, keeper)
    client = browser_of(keeper)
    with at(now() + timedelta(hours=1)):
        answer = client.post("/console/confirm/", {CODE: app.code(), "next": "/console/roster/"})
        assert answer["Location"] == "/console/roster/"
        assert client.post(address, {"why": "curiga"}).status_code == 302


def test_an_officer_whose_registration_is_not_in_order_reads_why(world: World, browser_of: Open) -> None:
    """The console stays closed, but one's own factors and sign-out remain available."""
    client, number = browser_of(world.officer), world.officer.person_id or 0
    officers.suspend(number, "kunci dicuri", actor=CLI)
    answer = client.get("/console/", follow=True)
    assert answer.status_code == 403
    assert "Your registration is suspended." in answer.content.decode()
    assert client.get("/console/factors/").status_code == 200


def test_nothing_is_fresh_in_a_session_that_was_meddled_with(world: World, browser_of: Open) -> None:
    """A value that is not a time counts as none, and another person's does not count."""
    with_app(world.supervisor)
    client = browser_of(world.supervisor)
    for kept in (
        None,
        "now",
        [],
        [None],
        [{"method": "mfa"}],
        [{"method": "mfa", "at": "9e99"}],
        [{"method": "password", "at": now().timestamp(), "reauthenticated": True}],
    ):
        session = client.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = kept
        session.save()
        assert client.get("/console/queue/").status_code == 302, kept
    show_factor(client, world.officer.person_id)
    assert client.get("/console/queue/").status_code == 302
