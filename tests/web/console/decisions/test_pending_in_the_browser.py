"""A real browser: a pending decision is shown at the bottom of the page, accessible, and undone with one key."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.factories import World, in_review, vote
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import PASSWORD, Staff

from jaga.cases.models.cases import Case
from jaga.core.cases import CaseState
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_last_vote_is_undone_by_key(
    world: World, staff: Staff, settings: Any, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """On a phone and a desktop nothing is wider than the screen and axe finds nothing; the key puts the case back into
    review.
    """
    settings.UNDO_WINDOW_SECONDS = 3600
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    vote(case_id, DecisionKind.CLOSE, staff.by_role[Role.REVIEWER])
    with browsing(chromium, chromium_arguments) as browser:
        page = browser.new_context(base_url=live_server.url, viewport={"width": 360, "height": 740}).new_page()
        page.goto("/console/sign-in/")
        page.fill("#username", "a-reviewer")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/queue/")
        page.goto("/console/pending/")
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.locator(".undo-bar--live").is_visible()
            assert fits(page)
            assert Axe().run(page).response["violations"] == []
        page.goto("/console/votes/")
        page.locator(".undo-bar [data-action=undo]").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/K{case_id:06d}/")
        assert page.locator(".undo-bar [data-action=undo]").count() == 0
    assert Case.objects.get(pk=case_id).state == CaseState.IN_REVIEW
