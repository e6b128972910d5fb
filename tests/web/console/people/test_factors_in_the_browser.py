"""Invitation, codes and passkeys in a real browser, in both widths; every page is checked for accessibility."""

import re
from typing import Any

import pyotp
import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import Page
from tests.factories import CALLED, World
from tests.journeys.browser import DESK, PHONE, Walk, browsing, walking
from tests.web.console.conftest import PASSWORD, Staff
from tests.web.console.factors import with_password

from jaga.core.actors import CLI
from jaga.core.terms.people import OrganisationKind, RegistrationStatus, Role
from jaga.people.models import Person
from jaga.people.reads.roster import registration_status
from jaga.people.verbs import officers, second_factor, trusted_flaggers
from jaga.people.verbs.officers import NewOfficer
from jaga.people.verbs.people import create_organisation
from jaga.people.verbs.trusted_flaggers import FlaggerFacts
from jaga.policy.local_time import today

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sign_in(walk: Walk, name: str, *, anew: bool = True) -> None:
    if anew:
        walk.page.goto("/console/sign-in/")
    walk.page.fill("#username", name)
    walk.page.fill("#password", PASSWORD)
    walk.page.click("button[type=submit]")


def test_an_invitation_is_accepted_on_a_phone_without_scripts(
    world: World, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """360 px, no JavaScript, Indonesian: password and code, the recovery codes, the wait; after the call, a recovery
    code.
    """
    officers.appoint_keeper(world.officer.person_id or 0, actor=CLI)
    made = officers.invite(NewOfficer(world.officer.organisation_id or 0, "tono", "Tono"), actor=world.officer)
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, live_server.url, viewport=PHONE, java_script_enabled=False) as walk,
    ):
        page = walk.page
        page.goto(f"/console/invitation/{made.secret}/")
        walk.look()
        page.fill("#password", "kucing")
        page.click("text=Terima undangan")
        walk.look()
        walk.complaints.clear()  # the 422 of the weak password
        page.fill("#password", PASSWORD)
        page.click("text=Terima undangan")
        walk.look()
        page.click("text=Pasang aplikasi")
        page.fill("#code", "000000")
        page.click("text=Pakai aplikasi ini")
        walk.look()
        walk.complaints.clear()  # the 422 of the wrong code
        secret = page.inner_text(".code--small").replace(" ", "")
        page.fill("#code", pyotp.TOTP(secret).now())
        page.click("text=Pakai aplikasi ini")
        walk.look()
        paper = page.locator(".codes code").all_inner_texts()
        page.click("text=Sudah saya catat")
        assert "belum menelepon instansi Anda" in page.inner_text("main")
        walk.look()
        walk.complaints.clear()  # the 403 of somebody who waits
        page.click("text=Keluar")
    officers.record_call_back(made.person_id, CALLED, actor=CLI)
    officers.appoint_keeper(made.person_id, actor=CLI)
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, live_server.url, viewport=PHONE, java_script_enabled=False) as walk,
    ):
        walk.page.goto("/console/roster/")
        sign_in(walk, "tono", anew=False)
        walk.look()
        walk.page.fill("#second_factor_code", paper[3].lower())
        walk.page.click("text=Lanjut")
        assert walk.page.url.endswith("/console/roster/")
        for where in (
            "roster/",
            "factors/",
            "factors/app/",
            "factors/passkey/",
            "sessions/",
            f"roster/{world.officer.organisation_id}/invite/",
            f"roster/people/{made.person_id}/",
            "confirm/",
        ):
            walk.page.goto(f"/console/{where}")
            walk.look()
    assert registration_status(made.person_id) is RegistrationStatus.ACTIVE


def with_authenticator(page: Page, *, knows_its_owner: bool = True) -> None:
    """A virtual authenticator that is touched at once; it asks for a finger or PIN and gets it if it
    `knows_its_owner`.
    """
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": knows_its_owner,
                "automaticPresenceSimulation": True,
            }
        },
    )


def test_a_device_that_does_not_know_its_owner_makes_no_passkey(
    world: World,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
) -> None:
    """The browser refuses, and the page says what to do; nothing is stored."""
    name = with_password(world.supervisor)
    with browsing(chromium, chromium_arguments) as browser, walking(browser, live_server.url, viewport=PHONE) as walk:
        with_authenticator(walk.page, knows_its_owner=False)
        sign_in(walk, name)
        walk.page.click("text=Tambah kunci sandi")
        walk.page.click("text=Buat kunci sandi")
        walk.page.wait_for_selector("[data-passkey-status]:not([hidden])")
        walk.look()
    assert not Authenticator.objects.filter(user_id=world.supervisor.person_id).exists()


def test_a_passkey_is_made_and_opens_the_console(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """An administrator on a desktop, in English; the roster, a trusted flagger, and the page that asks for the factor
    again.
    """
    admin = staff.by_role[Role.ADMINISTRATOR]
    second_factor.demand_factor(admin.person_id or 0, actor=CLI)
    name = with_password(admin)
    flagger = create_organisation("Pelapor Contoh", OrganisationKind.FLAGGER, practice=True, actor=CLI).pk
    trusted_flaggers.describe_flagger(
        flagger, FlaggerFacts(("gambling",), "Koordinator Contoh", today(), today()), actor=CLI
    )
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, live_server.url, viewport=DESK, locale="en-GB") as walk,
    ):
        page = walk.page
        page.context.add_cookies([{"name": "jaga_language", "value": "en", "url": live_server.url}])
        with_authenticator(page)
        sign_in(walk, name)
        assert page.url.endswith("/console/factors/?next=/console/overview/")
        walk.look()
        page.click("text=Add a passkey")
        walk.look()
        page.fill("#name", "Stick in the drawer")
        page.click("text=Make a passkey")
        page.wait_for_selector(".codes")
        walk.look()
        page.click("text=I have written them down")
        page.click("text=Sign out")
        sign_in(walk, name)
        walk.look()
        page.click("text=Use a passkey")
        page.wait_for_url(re.compile(r":\d+/console/overview/$"))
        for where in (
            "roster/",
            f"roster/{world.minister.organisation_id}/invite/",
            f"roster/people/{world.minister.person_id}/",
            "flaggers/",
            f"flaggers/{flagger}/",
            "factors/",
        ):
            page.goto(f"/console/{where}")
            walk.look()
        assert "Stick in the drawer" in page.inner_text("main")
        page.goto("/console/confirm/?next=/console/roster/")
        walk.look()
        page.click("text=Use a passkey")
        page.wait_for_url(re.compile(r":\d+/console/roster/$"))
        page.goto("/flaggers/")
        walk.look()
    key = Authenticator.objects.get(user_id=admin.person_id, type=Authenticator.Type.WEBAUTHN)
    assert (key.data["uses"] > 0, key.last_used_at is not None) == (True, True)
    assert Person.objects.get(pk=admin.person_id).is_active
