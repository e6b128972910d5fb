"""A real browser: the whole review by keyboard, in both languages, on a phone and a desktop, also without
JavaScript.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.factories import in_review, vote
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import PASSWORD, Staff, World

from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


@contextmanager
def _browser(chromium: str, arguments: list[str], url: str, **context: Any) -> Iterator[Page]:
    """A page of a fresh browser; any script or content policy error fails the test."""
    complaints: list[str] = []
    with browsing(chromium, arguments) as browser:
        page = browser.new_context(base_url=url, **context).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda html: complaints.append(html.text) if "Content Security" in html.text else None)
        yield page
    assert complaints == []


def _sign_in(page: Page, name: str) -> None:
    page.goto("/console/sign-in/")
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/")


def _legend(page: Page) -> set[str]:
    """The keyboard legend of this page, which lists only keys that work here."""
    return {" ".join(text.split()) for text in page.locator("[data-legend] [data-for]:visible").all_inner_texts()}


def test_a_case_is_decided_by_keyboard_alone(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """J, Enter, T, a number, the facts, Ctrl+Enter, without a mouse; in text fields letters are only typed."""
    case_id, waiting = in_review(text="open BO, tarif jelas"), in_review(category="fraud", account="@lain:localhost")
    with _browser(chromium, chromium_arguments, live_server.url, viewport=DESK) as page:
        _sign_in(page, "a-reviewer")
        page.keyboard.press("?")
        assert page.locator("#keys").is_visible()
        page.keyboard.press("Escape")
        page.locator(f"[data-row][href*=K{case_id:06d}]").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/K{case_id:06d}/")
        assert {"T take it", "A ask the reporter", "N next case"} <= _legend(page)
        page.keyboard.press("t")
        page.wait_for_selector("#facts")
        assert page.evaluate("document.activeElement.id") == "kind"
        assert {"A ask the reporter", "D no action", "1 2 3 4 5 choose", "Ctrl+Enter send"} <= _legend(page)
        assert "T take it" not in _legend(page)
        page.keyboard.press("5")  # which leads to what must be ticked before
        while page.locator("[name=elements]:not(:checked)").count():
            page.keyboard.press("Space")
            page.keyboard.press("Tab")
        page.keyboard.press("5")
        assert page.locator("[name=kind]:checked").get_attribute("value") == "close"
        page.select_option("#legal_basis", index=1)
        page.fill("#facts", "")  # in place of the prepared sentence
        page.keyboard.type("Open BO terlihat 3 kali; tarif jelas.")
        assert page.locator("[name=kind]:checked").get_attribute("value") == "close"
        page.wait_for_selector("#preview :text('Your account is closed.')", state="attached")
        page.keyboard.press("Control+Enter")
        page.wait_for_url(f"**/K{waiting:06d}/")
        assert "sealed" in page.inner_text("[data-fresh]")


def test_keys_can_be_switched_off(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """WCAG 2.1.4: people who dictate or use a screen reader turn single-key shortcuts off on this device."""
    in_review()
    with _browser(chromium, chromium_arguments, live_server.url, viewport=DESK) as page:
        _sign_in(page, "a-reviewer")
        page.click("[data-keys-open]")
        page.uncheck("[data-keys-switch]")
        page.keyboard.press("Escape")
        page.reload()
        page.keyboard.press("?")
        assert not page.locator("#keys").is_visible()
        assert not page.locator("[data-legend]").is_visible()


def test_it_works_without_a_script_on_a_phone(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Take, preview by its button, decide: all by plain forms, with nothing wider than the screen."""
    case_id = in_review()
    with _browser(chromium, chromium_arguments, live_server.url, viewport=PHONE, java_script_enabled=False) as page:
        _sign_in(page, "a-reviewer")
        assert not page.locator("[data-legend]").is_visible()
        page.click("[data-row]")
        page.click("[data-take]")
        page.check("[value=restrict]")
        page.select_option("#legal_basis", index=1)
        page.fill("#facts", "Iklan jasa terlihat di ruang umum.")
        page.click("[data-without-script]")
        assert "Your account is restricted." in page.inner_html("#preview")
        assert page.input_value("#facts") == "Iklan jasa terlihat di ruang umum."
        page.click("[data-send]")
        assert page.url.endswith(f"/K{case_id:06d}/voted/")


@pytest.mark.parametrize(
    ("viewport", "scheme", "first", "then"),
    [(PHONE, "dark", "id", "en"), (DESK, "light", "en", "id")],
    ids=["phone", "desk"],
)
def test_pages_are_accessible_and_fit(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    viewport: Any,
    scheme: str,
    first: str,
    then: str,
) -> None:
    """axe finds nothing on the main pages, dark on the phone, light on the desktop; none is wider than the screen, in
    either language.
    """
    case_id, differing = in_review(), in_review(account="@beda:localhost")
    hidden = in_review(category="trafficking", account="@korban:localhost")
    vote(differing, DecisionKind.CLOSE, world.reviewers[0])
    vote(differing, DecisionKind.DISMISS, world.reviewers[1])
    addresses = [
        "queue/",
        "votes/",
        "appeals/",
        "exports/",
        "stuck/",
        "overview/",
        *(f"cases/K{one:06d}/" for one in (case_id, differing, hidden)),
    ]
    with _browser(chromium, chromium_arguments, live_server.url, viewport=viewport, color_scheme=scheme) as page:
        page.context.add_cookies([{"name": "jaga_language", "value": first, "url": live_server.url}])
        _sign_in(page, f"a-{Role.SUPERVISOR}")
        found = {}
        for address in addresses:
            page.goto(f"/console/{address}")
            if "cases" in address:
                page.click("[data-take]")
                page.wait_for_selector("[data-decide]")
            assert fits(page)
            report = Axe().run(page)
            found[address] = [one["id"] for one in report.response["violations"]]
        assert not any(found.values()), found
        page.context.add_cookies([{"name": "jaga_language", "value": then, "url": live_server.url}])
        for address in addresses:
            page.goto(f"/console/{address}")
            assert fits(page), address
