"""The review page in a real browser: a closure that waits for its elements, tabs, a phone, and print."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from tests.factories import in_review, report
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff, World
from tests.web.console.frame.test_in_the_browser import DESK, _browser, _sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PHONE, TILL_BUTTON, HIGHEST_HEADER = {"width": 360, "height": 740}, 1600, 150
NARROWEST = {"width": 320, "height": 640}
LARGE, WIDE = {"width": 1440, "height": 900}, {"width": 1680, "height": 900}
MOST_HIGH = 560
_EDGES = """() => { const edge = (one, side) => document.querySelector(one).getBoundingClientRect()[side];
    return [edge("[name=kind]", "top"), edge("[data-send]", "bottom")]; }"""
_IN_THE_TEXT = """() => { document.querySelector(".judge__send").style.position = "static";
    return scrollY + document.querySelector("[data-send]").getBoundingClientRect().bottom; }"""
PARTS = ("evidence", "history", "accounts", "reports")


def test_a_closure_waits_for_its_elements_and_a_tab_keeps_the_draft(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """The form's choices and button fit one screen. The closing choice is enabled by the last confirmed element and
    disabled when one is removed; changing tabs keeps what was written.
    """
    case_id = in_review(text="open BO, tarif jelas")
    report(text="She posts open BO every night.")
    with _browser(chromium, chromium_arguments, live_server.url, viewport=DESK, color_scheme="dark") as page:
        page.context.add_cookies([{"name": "jaga_language", "value": "id", "url": live_server.url}])
        _sign_in(page, "a-reviewer")
        page.goto(f"/console/cases/K{case_id:06d}/")
        page.click("[data-take]")
        page.set_viewport_size(LARGE)
        top, bottom = page.evaluate(_EDGES)
        assert bottom - top <= MOST_HIGH
        assert bottom <= LARGE["height"]
        page.set_viewport_size(DESK)
        closing, boxes = page.locator("[name=kind][value=close]"), page.locator("[name=elements]")
        expect(closing).to_be_disabled()
        expect(page.locator("[data-closing-waits]")).to_be_visible()
        page.click("[data-fold] > summary")
        for box in boxes.all():
            box.check()
        expect(page.locator("[data-ticked]")).to_have_text(f"{boxes.count()}/{boxes.count()}")
        closing.check()
        expect(page.locator("[data-closing-waits]")).to_be_hidden()
        page.fill("#facts", "Tulisan yang tidak boleh hilang.")
        for part in (*PARTS[1:], PARTS[0]):
            page.click(f"[data-tab={part}]")
            expect(page.locator(f"#tab-{part}")).to_be_visible()
            assert page.locator(".tab:visible").count() == 1
            assert page.locator("[data-tab][aria-current=page]").get_attribute("data-tab") == part
            assert page.url.endswith(f"?tab={part}")
            assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        assert page.input_value("#facts") == "Tulisan yang tidak boleh hilang."
        expect(closing).to_be_checked()
        page.click("[data-fold] > summary")  # which was folded once something was chosen
        boxes.first.uncheck()
        expect(closing).to_be_disabled()
        expect(closing).not_to_be_checked()
        expect(page.locator(".rail__rows")).to_be_hidden()  # it gives way to the side bar
        page.set_viewport_size(WIDE)
        expect(page.locator(".rail__rows")).to_be_visible()

        page.emulate_media(media="print", color_scheme="light")
        for part in PARTS:
            expect(page.locator(f"#tab-{part}")).to_be_visible()
        for away in (".review__rail", ".tabs", "[data-decide]", ".site-nav"):
            expect(page.locator(away)).to_be_hidden()

        page.emulate_media(media="screen")
        page.set_viewport_size(NARROWEST)
        expect(page.locator(".rail__rows")).to_be_hidden()
        page.click(".rail__head")
        expect(page.locator(".rail__rows")).to_be_visible()
        assert fits(page)


def test_on_a_phone_the_button_is_near_however_many_reports_there_are(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """At most 1,600 px of the page before it with seven reports, three of one text, and one of 1,900 characters, in
    both languages; what is folded opens, and where there is room nothing is. The navigation is a line on a tablet, too.
    """
    case_id = in_review(published="open BO, ready malam ini, include room, langsung japri")
    for number in range(3):
        report(text="Orang ini menawarkan jasa di ruang umum.", source=f"198.51.100.{number}")
        report(
            text=f"Laporan nomor {number}: " + "tarif dan tempat disebut. " * (3 + 70 * (number == 2)),
            source=f"203.0.113.{number}",
        )
    with _browser(chromium, chromium_arguments, live_server.url, viewport=PHONE, has_touch=True) as page:
        _sign_in(page, "a-reviewer")
        page.goto(f"/console/cases/K{case_id:06d}/")
        page.click("[data-take]")
        for language in ("id", "en"):
            page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            page.reload()
            page.wait_for_selector("[data-send]")
            assert page.evaluate(_IN_THE_TEXT) <= TILL_BUTTON
            assert fits(page)
            for width in (768, 1100):
                page.set_viewport_size({"width": width, "height": 900})
                assert page.locator(".site-header").bounding_box()["height"] <= HIGHEST_HEADER
            page.set_viewport_size(PHONE)
        assert page.locator("article.report:visible").count() == 1
        page.click(".further > summary")
        assert page.locator("article.report:visible").count() > 1
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        page.reload()
        page.set_viewport_size(LARGE)
        expect(page.locator(".further > summary")).to_be_hidden()
        assert page.locator("article.report:visible").count() == page.locator("article.report").count()
