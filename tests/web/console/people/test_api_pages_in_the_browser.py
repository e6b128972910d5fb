"""The page that explains the API, and the pages of API keys, in a real browser on a phone and a desktop."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import PASSWORD, Staff, World

from jaga.core.actors import CLI
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
from jaga.webhooks.verbs import NewEndpoint, disable_endpoint, register_endpoint
from jaga.webhooks.verbs import test_endpoint as send_test

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PAGES = ("/api/", "/console/api-keys/", "/console/webhooks/")
PHONE, DESK = {"width": 320, "height": 740}, {"width": 1280, "height": 900}


def _is_sound(page: Page, address: str) -> None:
    """axe finds nothing, and nothing needs sideways scrolling, at widths between those of devices neither."""
    page.goto(address)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in found] == [], address
    size = page.viewport_size
    for width in (size["width"], 320, 600):
        page.set_viewport_size({**size, "width": width})
        assert fits(page), (address, width)
    page.set_viewport_size(size)


def test_they_can_be_read_by_everybody(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Both languages, both widths; a key is made with the keyboard and shown once."""
    issue_officer_key(world.officer.person_id or 0, KeyTerms(label="Importir laporan harian"), actor=CLI)
    for url in ("https://contoh.example/" + "sangat-panjang/" * 8, "https://lain.example/hook"):
        endpoint = register_endpoint(NewEndpoint(url), actor=world.officer).endpoint_id
        send_test(endpoint, actor=world.officer)
    disable_endpoint(endpoint, actor=world.officer)
    with browsing(chromium, chromium_arguments) as browser:
        for language, size in (("id", PHONE), ("en", DESK)):
            context = browser.new_context(base_url=live_server.url, viewport=size)
            context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            page = context.new_page()
            page.goto("/console/sign-in/")
            page.fill("#username", "a-administrator")
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "sign-in" not in url)
            for address in PAGES:
                _is_sound(page, address)
            page.goto("/api/")
            page.locator("summary").first.click()
            assert page.locator("pre").first.is_visible()
        page.goto("/console/api-keys/")
        page.select_option("#holder", index=1)
        page.focus("#label")
        page.keyboard.press("Enter")
        page.wait_for_selector(".code")
        assert page.inner_text(".code").startswith("jaga_")
