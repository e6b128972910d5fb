"""A group of copies in the queue, in a real browser: phone and desktop, both languages."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.casework.screening.test_near_duplicates import TEXT, again, copy
from tests.factories import in_review
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff, World
from tests.web.console.frame.test_in_the_browser import DESK, PHONE, _browser, _sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("language", "said"), [("id", "4 akun dengan tulisan yang hampir sama"), ("en", "4 accounts with nearly this text")]
)
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_line_of_copies_is_read_and_opened(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    language: str,
    said: str,
    viewport: dict[str, int],
) -> None:
    """The row has two links, to the group and to the case; both pages fit the screen and pass axe."""
    copies = [copy(number, f"wa 0812-3456-7890, {TEXT}" if number else TEXT) for number in range(4)]
    again(copies[0])
    in_review(account="@lain:localhost", published="open BO di tempat lain, tarif jelas", source="192.0.2.9")
    with _browser(chromium, chromium_arguments, live_server.url, viewport=viewport) as page:
        page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
        _sign_in(page, "a-reviewer")
        assert page.locator(".queue__row").count() == 2
        assert page.locator("html").get_attribute("lang") == language
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        assert fits(page)
        page.get_by_role("link", name=said).click()
        page.wait_for_url("**/queue/copies/*/")
        assert page.locator(".queue__row").count() == 4
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        assert fits(page)
        page.locator(f"[data-row][href*=K{copies[2]:06d}]").click()
        page.wait_for_url(f"**/K{copies[2]:06d}/")
