"""A real browser: alarms about changed people and deadlines fit a phone and a desktop, in both languages."""

import os
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.factories import World, in_review, vote
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import PASSWORD, Staff

from jaga.core.actors import CLI
from jaga.core.clock import now
from jaga.core.terms.cases import CaseAlarmKind, DecisionKind
from jaga.decisions.models import CaseAlarm
from jaga.people.verbs import people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_alarm_is_read_and_acknowledged(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Nothing is wider than the screen, axe finds nothing, and one press acknowledges it."""
    returned, decided = in_review(), in_review(account="@melati:localhost")
    vote(returned, DecisionKind.CLOSE, world.reviewers[0])
    for voter in world.reviewers[:2]:
        vote(decided, DecisionKind.CLOSE, voter)
    people.deactivate_person(world.reviewers[0].person_id or 0, actor=CLI)
    CaseAlarm.objects.create(case_id=returned, kind=CaseAlarmKind.HALF_TIME, at=now() - timedelta(hours=1))
    with browsing(chromium, chromium_arguments) as browser:
        context = browser.new_context(base_url=live_server.url, viewport={"width": 360, "height": 740})
        page = context.new_page()
        page.goto("/console/sign-in/")
        page.fill("#username", "a-supervisor")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)  # the pattern of the console would fit that page, too
        for language in ("id", "en"):
            context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            for width in (360, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                page.goto("/console/alarms/")
                assert page.locator("section[aria-labelledby=returned] article").count() == 2
                assert page.locator("section[aria-labelledby=clocks] article").count() == 1
                assert fits(page)
                assert Axe().run(page).response["violations"] == []
                if folder := os.environ.get("JAGA_PICTURES"):
                    page.screenshot(path=f"{folder}/alarms-{language}-{width}.png", full_page=True)
        for section in ("returned", "clocks"):
            page.locator(f"section[aria-labelledby={section}] button").click()
            page.wait_for_url("**/alarms/")
            assert page.locator(f"section[aria-labelledby={section}]").count() == 0
    assert not CaseAlarm.objects.filter(acknowledged_at__isnull=True).exists()
