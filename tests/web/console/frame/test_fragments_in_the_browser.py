"""Parts of a page that are loaded again: only an answer of that page gets into it, and a link still leads somewhere."""

from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import expect
from tests.factories import in_review, resolved_closure
from tests.web.console.conftest import Staff, World
from tests.web.console.frame.test_in_the_browser import DESK, _browser, _sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ASKED, LETTER = "**/preview/", "Your account is restricted."


def test_a_part_comes_into_its_page_and_no_other_page_does(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """The letter follows what is chosen; earlier decisions come into their place; and when the session has ended, the
    letter stays as it was and the link leads to the sign-in.
    """
    resolved_closure(world)
    case_id = in_review(category="trafficking", source="198.51.100.9")
    with _browser(chromium, chromium_arguments, live_server.url, viewport=DESK) as page:
        _sign_in(page, "a-reviewer")
        page.goto(f"/console/cases/K{case_id:06d}/")
        page.click("[data-take]")
        page.check("[value=restrict]")
        with page.expect_response(ASKED):
            page.select_option("#legal_basis", index=1)
        page.locator("#facts").press_sequentially("Iklan jasa terlihat di ruang umum.", delay=40)
        letter = page.locator("#preview")
        expect(letter).to_contain_text(LETTER)

        expect(page.locator("[data-draft-kept]")).to_be_visible(timeout=30_000)
        page.reload()
        expect(letter).to_contain_text(LETTER)
        kept = page.context.cookies()
        page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
        with page.expect_response("**/sign-in/**"):
            page.fill("#facts", "Sesudah keluar.")
        expect(letter).to_contain_text(LETTER)
        expect(page.locator("#preview form")).to_have_count(0)
        page.locator("#glance-title").scroll_into_view_if_needed()
        page.click("[data-action=earlier]")
        page.wait_for_url("**/sign-in/**")

        page.context.add_cookies(kept)
        page.goto(f"/console/cases/K{case_id:06d}/")
        page.locator("#glance-title").scroll_into_view_if_needed()
        page.click("[data-action=earlier]")
        expect(page.locator("#earlier")).to_contain_text("counts until")
        expect(page.locator("#earlier")).to_be_focused()
