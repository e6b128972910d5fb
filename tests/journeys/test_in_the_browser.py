"""Journey f: the whole path in a real browser, in both languages: a phone without JavaScript, then a desk with keys
only.
"""

import re

import pytest
from playwright.sync_api import Browser
from tests.journeys.browser import DESK, PHONE, Walk, Weight, browsing, walking
from tests.journeys.installation import Installation, until
from tests.journeys.people import CATEGORY, CLOSE, Cast, own_words

from jaga_practice import world
from jaga_practice.chat import ChatAccount

pytestmark = [pytest.mark.synapse, pytest.mark.browser]
HEAVIEST_FORM = 50_000
WORDS = {
    "id": {"arrived": "Laporan Anda sudah diterima", "finished": "Selesai", "closed": "ditutup"},
    "en": {"arrived": "Your report has arrived", "finished": "Finished", "closed": "closed"},
}


def switch_to(walk: Walk, language: str) -> None:
    """Choose the language by the page's own link, unless it is the default."""
    if language != "id":
        walk.page.click(f"a.language[lang={language}]")
    assert walk.page.get_attribute("html", "lang") == language


def report_on_a_phone(walk: Walk, account: ChatAccount, language: str) -> str:
    """Fill in and send the form, note the receipt."""
    page, words = walk.page, WORDS[language]
    page.goto("/")
    switch_to(walk, language)
    walk.look()
    page.click("nav a[href='/report/']")
    walk.look()
    page.check(f"[name=category][value={CATEGORY}]")
    page.check(f"[name=platform][value={world.PLATFORM}]")
    page.click("main [value=next]")
    walk.look()
    page.fill("#account", account.user_id)
    page.fill("#text", own_words())
    page.click("main [value=send]")
    assert words["arrived"] in page.inner_text("h1")
    walk.look()
    found = re.search(r"\b\d{4} \d{4} \d{4} \d{4}\b", page.inner_text("main"))
    assert found
    return found.group()


def follow_on_a_phone(walk: Walk, receipt: str) -> str:
    """Enter the receipt; returns what the page says."""
    page = walk.page
    page.goto("/follow/")
    walk.look()
    page.fill("#receipt", receipt)
    page.keyboard.press("Enter")
    page.wait_for_selector(".facts")
    walk.look()
    return page.inner_text("main")


def vote_by_keys(browser: Browser, installation: Installation, name: str, reference: str, language: str) -> None:
    """Sign in, find the case in the queue, take it, choose, write and send without the mouse."""
    with walking(browser, installation.base_url, viewport=DESK) as walk:
        page = walk.page
        page.goto("/console/")
        if language != "id":
            walk.tab_to("English")
            walk.press("Enter")
        page.wait_for_selector(f"html[lang={language}]")
        walk.look()
        walk.tab_to("username")
        page.keyboard.type(name)
        walk.press("Tab")
        page.keyboard.type(installation.world.passwords[name])
        walk.press("Enter")
        page.wait_for_url("**/queue/")
        walk.look()
        walk.press("j", "j", "k")
        assert page.evaluate("document.activeElement.hasAttribute('data-row')")
        rows = page.locator("[data-row]").count()
        for _ in range(rows):
            if reference in walk.focused():
                break
            walk.press("j")
        walk.press("Enter")
        page.wait_for_url(f"**/{reference}/")
        walk.look()
        walk.press("t")
        page.wait_for_selector("[data-decide]")
        walk.press("x")
        while page.locator("[name=elements]:not(:checked)").count():
            walk.press("Space", "Tab")
        walk.press("x")
        assert page.locator("[name=kind]:checked").get_attribute("value") == "close"
        walk.tab_to("legal_basis")
        while page.input_value("#legal_basis") != CLOSE.legal_basis:
            before = page.input_value("#legal_basis")
            walk.press("ArrowDown")
            assert page.input_value("#legal_basis") != before, "the legal basis is not in the list"
        walk.tab_to("facts")
        walk.press("Control+a")  # the prepared sentence
        page.keyboard.type(CLOSE.facts)
        page.wait_for_selector(f"#preview :text({CLOSE.facts[:20]!r})", state="attached")
        walk.look()
        voting = page.url
        walk.press("Control+Enter")
        page.wait_for_url(lambda url: url != voting)
        page.wait_for_selector("[data-fresh]")
        walk.look()


@pytest.mark.parametrize("language", ["id", "en"])
def test_from_a_phone_to_a_closure_by_keys(
    installation: Installation,
    cast: Cast,
    chromium: str,
    chromium_arguments: list[str],
    language: str,
) -> None:
    """A phone of 360 pixels without JavaScript files it, two people close it by keys, and the phone shows the
    outcome.
    """
    account, words = installation.newcomer("layar"), WORDS[language]
    with browsing(chromium, chromium_arguments) as browser:
        with walking(browser, installation.base_url, viewport=PHONE, java_script_enabled=False) as phone:
            receipt = report_on_a_phone(phone, account, language)
            result = follow_on_a_phone(phone, receipt)
            found = re.search(r"\bK\d{6,}\b", result, re.IGNORECASE)
            assert found
            reference = found.group().upper()
            case_id = cast.case_of(receipt.replace(" ", ""))
            vote_by_keys(browser, installation, "bayu", reference, language)
            vote_by_keys(browser, installation, "tirta", reference, language)
            until("the closure", lambda: installation.is_resolved(case_id))
            assert not account.can_sign_in()
            result = follow_on_a_phone(phone, receipt)
            assert words["finished"] in result
            assert words["closed"] in result
        with walking(browser, installation.base_url, viewport=DESK) as desk:
            desk.page.goto("/console/")
            switch_to(desk, language)
            desk.page.fill("#username", "sinta")
            desk.page.fill("#password", installation.world.passwords["sinta"])
            desk.press("Enter")
            desk.page.wait_for_url("**/queue/")
            desk.page.goto(f"/console/cases/{reference}/")
            desk.look()
            assert words["finished"].lower() in desk.page.inner_text(".case-head").lower()
            assert CLOSE.facts in desk.page.inner_text("main")
            # The closure; and the restriction before it, if the worker was quick enough.
            assert desk.page.locator(".action .tag--ok").count() in (1, 2)


@pytest.mark.parametrize("language", ["id", "en"])
def test_the_form_is_light_enough_for_a_weak_network(
    installation: Installation,
    chromium: str,
    chromium_arguments: list[str],
    language: str,
) -> None:
    """Everything that the browser loads for both pages at a first visit is at most 50 kB, headers included."""
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, installation.base_url, viewport=PHONE) as walk,
    ):
        walk.page.context.add_cookies([{"name": "jaga_language", "value": language, "url": installation.base_url}])
        weight = Weight(walk.page)
        walk.page.goto("/report/", wait_until="networkidle")
        walk.page.check(f"[value={CATEGORY}]")
        walk.page.check(f"[name=platform][value={world.PLATFORM}]")
        walk.page.click("main [value=next]")
        walk.page.wait_for_load_state("networkidle")
        print(f"the form in “{language}”: {weight.bytes} bytes in {weight.answers} answers (allowed: {HEAVIEST_FORM})")
        assert walk.page.get_attribute("html", "lang") == language
        assert weight.answers >= 2
        assert weight.bytes <= HEAVIEST_FORM
