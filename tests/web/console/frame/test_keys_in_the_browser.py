"""A real browser: cases by keyboard alone, and two people on one case."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.factories import in_review
from tests.journeys.browser import browsing
from tests.web.console.conftest import PASSWORD, Staff, World

from jaga.cases.models.decisions import Vote
from jaga.queue.models import Draft

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK = {"width": 1280, "height": 900}
FACTS = "Iklan jasa terlihat 3 kali di ruang umum."
FOCUSED = "document.activeElement.name || document.activeElement.id"


@contextmanager
def _browser(chromium: str, arguments: list[str]) -> Iterator[Browser]:
    with browsing(chromium, arguments) as browser:
        yield browser


def _sign_in(browser: Browser, url: str, name: str) -> Page:
    """A fresh profile, in English, with the queue open."""
    context = browser.new_context(base_url=url, viewport=DESK)
    context.add_cookies([{"name": "jaga_language", "value": "en", "url": url}])
    page = context.new_page()
    page.goto("/console/sign-in/")
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/")
    return page


def _tab_to(page: Page, name: str) -> None:
    for _ in range(60):
        if page.evaluate(FOCUSED) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{name} cannot be reached with Tab")


def _take(page: Page) -> None:
    page.wait_for_load_state()  # a key that is pressed before the scripts have run does nothing
    page.keyboard.press("t")
    page.wait_for_selector("[data-send]")


def _say_why(page: Page) -> None:
    """Enter the facts by keyboard."""
    _tab_to(page, "facts")
    page.keyboard.type(FACTS)


def _cast(page: Page, keys: str = "Control+Enter") -> None:
    """Send the vote; the next page shows what became of it."""
    case = page.url
    page.keyboard.press(keys)
    page.wait_for_url(lambda url: url != case)
    page.wait_for_selector("[data-fresh]")


def _press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def _nearly_over(route: Route) -> None:
    """The server's answer shortly before the lease expires."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "left": 100})


def test_cases_are_decided_by_keys_alone(
    world: World, staff: Staff, settings: Any, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Without a mouse, each vote leading to the next case: a closure by its elements and the prepared sentence, which
    takes a second key; a restriction, with words of its own; a dismissal in three keys, taken back by one more.
    """
    settings.UNDO_WINDOW_SECONDS = 600
    for number in range(3):
        in_review(account=f"@akun{number}:localhost")
    with _browser(chromium, chromium_arguments) as browser:
        page = _sign_in(browser, live_server.url, "a-reviewer")
        _press(page, "j", "Enter")
        page.wait_for_selector("[data-take]")
        _take(page)
        page.keyboard.press("x")  # which leads to what must be ticked before
        assert page.evaluate(FOCUSED) == "elements"
        _press(page, *"fgvb", "x")
        assert page.locator("[name=elements]:not(:checked)").count() == 0
        assert page.locator("[name=kind]:checked").get_attribute("value") == "close"
        if page.input_value("#legal_basis") == "":  # where only one fits, it is chosen already
            page.keyboard.press("l")
        prepared = page.input_value("#facts")
        assert prepared.startswith("The account offers")
        page.keyboard.press("Control+Enter")
        expect(page.locator("[data-unchanged]")).to_be_visible()
        _cast(page)
        assert "sealed" in page.inner_text("[data-fresh]")
        page.wait_for_load_state()
        page.keyboard.press("r")  # which takes the case first
        page.wait_for_selector("[data-send]")
        expect(page.locator("[name=kind][value=restrict]")).to_be_checked()
        page.keyboard.press("l")
        _say_why(page)
        _cast(page)
        _take(page)
        page.keyboard.press("f")
        assert page.input_value("#facts") != ""
        page.keyboard.press("d")
        assert page.input_value("#facts") == ""  # the prepared sentence stands in no dismissal
        case = page.url
        _cast(page)
        page.keyboard.press("u")
        page.wait_for_url(case)
    assert list(Vote.objects.order_by("pk").values_list("kind", "facts", "as_prepared")) == [
        ("close", prepared, True),
        ("restrict", FACTS, False),
        ("dismiss", "", False),
    ]
    assert (Vote.in_force.count(), Draft.objects.exists()) == (2, False)


def test_two_people_at_one_case(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Each sees the other; whoever loses the case reads who has it, cannot send, and gets their text back."""
    case_id = in_review()
    facts = "Iklan jasa terlihat di ruang umum."
    with _browser(chromium, chromium_arguments) as browser:
        first = _sign_in(browser, live_server.url, "a-reviewer")
        first.goto(f"/console/cases/K{case_id:06d}/")
        first.keyboard.press("t")
        first.wait_for_selector("#facts")
        first.keyboard.press("r")
        first.fill("#facts", facts)
        expect(first.locator("[data-draft-kept]")).to_be_visible(timeout=30_000)
        first.route("**/lease/", _nearly_over)
        first.evaluate("window.dispatchEvent(new Event('focus'))")
        expect(first.locator("[data-ending]")).to_be_visible(timeout=30_000)
        first.unroute("**/lease/")
        with first.expect_request(lambda sent: "used=1" in (sent.post_data or "")):
            first.keyboard.press("Shift")
        expect(first.locator("[data-ending]")).to_be_hidden(timeout=30_000)
        second = _sign_in(browser, live_server.url, "a-supervisor")
        second.goto(f"/console/cases/K{case_id:06d}/")
        second.click("text=Take this case over from A Reviewer")
        second.fill("#take-over-reason", "Tenggat hampir habis.")
        second.click("button:has-text('Take it over')")
        second.wait_for_selector("#facts")
        assert second.input_value("#facts") == ""
        first.evaluate("window.dispatchEvent(new Event('focus'))")  # as when one comes back to the window
        expect(first.locator("[data-lost]")).to_be_visible(timeout=30_000)
        assert first.inner_text("[data-holder]") == "A Supervisor"
        first.keyboard.type(" tn")  # whoever was writing writes into a closed field, and no letter becomes a key
        assert first.is_disabled("[data-send]")
        assert first.input_value("#facts") == facts
        second.click("text=Hand back")
        second.wait_for_url("**/queue/")
        first.keyboard.press("Tab")
        first.keyboard.press("t")
        first.wait_for_selector("button[data-take]")
        assert "You have a draft on this case" in first.inner_text("main")
        first.keyboard.press("t")
        first.wait_for_selector("#facts")
        assert first.input_value("#facts") == facts
        assert first.locator("[name=kind]:checked").get_attribute("value") == "restrict"
        first.goto("/console/queue/")
        first.keyboard.press("Control+k")
        first.keyboard.type(f"K{case_id:06d}")
        first.keyboard.press("Enter")
        first.wait_for_url(f"**/K{case_id:06d}/")
