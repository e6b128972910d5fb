"""Search in a real browser: accessible, in both languages, on a phone and a desktop, by keyboard alone."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.factories import in_review, resolved_closure
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import PASSWORD, Staff, World

from jaga.queue.verbs.search import read_all_stale

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WAYS = (("id", 360), ("en", 1280))
KEYS = {"id": "kategori:", "en": "category:"}
SEARCHES = ("", "arisan", "category:apa", "account:tidakada")


def test_the_search_is_readable_and_worked_by_keys(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Found, explained and refused: axe finds nothing, nothing is wider than the screen; Enter opens a result."""
    case = in_review(text="arisan dari nomor 0812-3456-7890, setor dulu. " * 8, category="fraud")
    in_review(text="arisan", category="trafficking", account="@kenanga:localhost")
    resolved_closure(world, text="arisan lama", account=f"@melati_{'yang_panjang_sekali_' * 3}namanya:localhost")
    read_all_stale()
    faults: list[str] = []
    with browsing(chromium, chromium_arguments) as browser:
        for language, width in WAYS:
            context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 800})
            page = context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda html: faults.append(html.text) if "Content Security" in html.text else None)
            context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            page.goto("/console/sign-in/")
            page.fill("#username", "a-reviewer")
            page.fill("#password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/queue/")
            for typed in SEARCHES:
                page.goto(f"/console/search/?q={typed}")
                faults.extend([] if fits(page) else [f"{language} {typed}: too wide"])
                faults.extend(f"{language} {typed}: {found['id']}" for found in Axe().run(page).response["violations"])
            page.fill("#q", "arisan setor")
            page.keyboard.press("Enter")
            page.wait_for_url("**/search/?q=arisan+setor")
            assert page.locator("mark").first.inner_text() == "arisan"
            page.fill("#q", "")
            page.locator("#q").press_sequentially(KEYS[language][:3])
            page.locator("#q-options [role=option]").first.wait_for()
            page.keyboard.press("ArrowDown")
            page.keyboard.press("Enter")
            assert page.input_value("#q") == KEYS[language]
            page.locator(f"#q-options [role=option]:has-text('{KEYS[language]}')").first.wait_for()
            page.keyboard.press("ArrowDown")
            assert page.get_attribute("#q", "aria-activedescendant") == "q-options-0"
            page.keyboard.press("Escape")
            page.locator("[data-row]").first.focus()
            page.keyboard.press("Enter")
            page.wait_for_url(f"**/K{case:06d}/")
            page.goto("/console/votes/")
            page.wait_for_load_state()
            page.keyboard.press("Control+k")
            page.locator("#palette-options [role=option]").first.wait_for()
            faults.extend(f"{language} palette: {found['id']}" for found in Axe().run(page).response["violations"])
            page.keyboard.type("penipuan")
            page.locator(f"#palette-options [role=option]:has-text('K{case:06d}')").wait_for()
            assert page.get_attribute("#palette-q", "aria-activedescendant") == "palette-options-0"
            page.keyboard.press("Control+a")
            page.keyboard.type(f"K{case}")
            page.keyboard.press("Enter")  # Before the answer came.
            page.wait_for_url(f"**/K{case:06d}/")
            context.close()
    assert faults == []
