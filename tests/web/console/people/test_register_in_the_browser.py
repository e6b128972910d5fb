"""The register, the calendar, the ladder's letters and the public score cards in a real browser."""

from typing import Any

import pytest
from tests.casework.operator_world import asked, make_operator
from tests.factories import World
from tests.journeys.browser import DESK, Walk, browsing, walking
from tests.web.console.operators.test_portal_in_the_browser import named, sign_in

from jaga.core.actors import CLI
from jaga.core.terms.outside import EscalationStage
from jaga.operators.verbs import escalation, notices, register
from jaga.operators.verbs.register import NewContact, NewPledge, OperatorFacts
from jaga.people.models import Organisation
from jaga.policy.local_time import today

NARROWEST = {"width": 320, "height": 640}
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def described(world: World) -> tuple[int, int]:
    """An operator in the register with a commitment, a contact, a notice and a prepared letter; returns it and its
    letter.
    """
    operator = make_operator()
    number = Organisation.objects.get(name="PSE mengobrol").pk
    facts = OperatorFacts("mengobrol", "PT Contoh Mengobrol", "001", ("ID", "SG"))
    register.describe_operator(number, facts, actor=CLI)
    register.record_pledge(
        NewPledge(
            number,
            "Kami menutup akun yang dilaporkan.",
            "Siaran pers 7/2026",
            today(),
            "Indonesia",
            ("prostitution_advertising",),
        ),
        actor=CLI,
    )
    register.appoint_contact(NewContact(number, "rina", "Rina", "rina@example.id", representative=True), actor=CLI)
    notice = asked(world, operator)
    notices.open_notice(notice.pk, actor=operator.contact)
    asked(world, operator, account="tamu-78", source="192.0.3.0")
    return number, escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)


def look_at(walk: Walk, *addresses: str) -> None:
    for address in addresses:
        walk.page.goto(address)
        walk.look()


@pytest.mark.parametrize(("language", "viewport"), [("id", NARROWEST), ("en", DESK)], ids=["phone", "desk"])
def test_all_pages_are_accessible_and_fit(
    world: World,
    described: tuple[int, int],
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    language: str,
    viewport: Any,
) -> None:
    """axe finds nothing and nothing is wider than the screen, also after a refused form and after a release."""
    operator, letter = described
    entry, name = f"/console/operators/{operator}/", named(world.supervisor)
    ours = f"/console/operator-notices/letters/{letter}/"
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, live_server.url, viewport=viewport) as walk,
    ):
        walk.page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
        look_at(walk, "/operators/", "/operators/mengobrol/")
        sign_in(walk, name)
        look_at(walk, "/console/operators/", entry, f"{entry}describe/", f"{entry}contacts/", f"{entry}pledges/")
        walk.page.click("main form button")
        walk.page.wait_for_selector("#text-error")
        walk.page.wait_for_load_state()
        walk.complaints.clear()  # the 422 of the refused form
        walk.look()
        look_at(walk, "/console/calendar/")
        walk.page.click(f"a[href='{ours}']")
        walk.page.wait_for_url(f"**{ours}")
        walk.look()
        walk.page.click(f"form[action='{ours}release/'] button")
        walk.page.wait_for_selector(f"form[action='{ours}served/']")
        walk.page.wait_for_load_state()
        walk.look()
        walk.page.goto("/console/calendar/")
        assert walk.page.locator(f"a[href='{ours}']").count() == 0
