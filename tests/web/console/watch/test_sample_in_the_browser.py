"""Judging texts of the sample by keyboard, on a phone in Indonesian too, and the picture of measured rules."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.journeys.browser import fits
from tests.sampling import judge_all, judges, watched_week
from tests.watching import LOUD
from tests.web.console.conftest import Staff, World
from tests.web.console.frame.test_in_the_browser import DESK, PHONE, _browser, _sign_in

from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.watch.models.watches import SampleJudgement
from jaga.watch.verbs import people_sample as rule_suspensions

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CALM = "Sepeda masih ada? Bisa nego."
WRONG = "Main slot gacor di sini"


def test_texts_are_judged_by_keyboard_and_the_pages_fit(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A key chooses, another sends, and the next text comes; the measured rules pass axe and fit a phone."""
    last = now() - timedelta(days=7)
    reviewers = judges(2)
    for week, answer in ((5, "gambling"), (4, ""), (3, ""), (2, "")):
        start = last - timedelta(weeks=week)
        watched_week(
            monkeypatch, [*(f"{WRONG} {week}-{at}" for at in range(10)), f"{LOUD} {week}", f"{CALM} {week}"], start
        )
        for person in reviewers:
            judge_all([person], answer, start + timedelta(days=7, hours=1))
    rule_suspensions.suspend_wrong_rules(actor=SYSTEM)
    watched_week(monkeypatch, [LOUD, CALM], last)
    with _browser(chromium, chromium_arguments, live_server.url, viewport=DESK) as page:
        _sign_in(page, f"a-{Role.REVIEWER}")
        page.goto("/console/sample/")
        page.focus("[data-take]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/sample/*/")
        assert Axe().run(page).violations_count == 0
        first = page.url
        page.keyboard.press("1")
        assert page.locator("[name=answer]:checked").get_attribute("value") == "none"
        page.keyboard.press("Control+Enter")
        page.wait_for_url(lambda url: url != first)
    assert SampleJudgement.objects.filter(person_id=staff.by_role[Role.REVIEWER].person_id, answer="").count() == 1
    found: dict[str, object] = {}
    with _browser(chromium, chromium_arguments, live_server.url, viewport=PHONE) as page:
        page.context.add_cookies([{"name": "jaga_language", "value": "id", "url": live_server.url}])
        _sign_in(page, f"a-{Role.SUPERVISOR}")
        page.goto("/console/sample/")
        page.click("[data-take]")
        page.wait_for_url("**/sample/*/")
        for address in (page.url, "/console/sample/", "/console/rules/", "/watches/"):
            page.goto(address)
            found[f"{address} fits"] = [] if fits(page) else ["wider than the screen"]
            found[address] = [one["id"] for one in Axe().run(page).response["violations"]]
    assert not any(found.values()), found
