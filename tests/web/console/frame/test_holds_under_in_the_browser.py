"""What pages hold under, all at once: long names, characters that turn a line, many accounts, 200 % zoom, no motion,
and an hour without the server.
"""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.casework.operator_world import handed_over, make_operator
from tests.factories import FACTS, PLATFORM, World, in_review, report, the_action, vote
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import Staff
from tests.web.console.factors import PASSWORD
from tests.web.console.frame.test_in_the_browser import _sign_in
from tests.web.console.operators.test_portal_in_the_browser import named

from jaga.cases.models.cases import LinkedAccount, Platform, Subject
from jaga.cases.models.decisions import Vote
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.queue.verbs.search import read_all_stale
from jaga.signals.verbs import triage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ZOOMED, NARROW = {"width": 640, "height": 450}, {"width": 320, "height": 640}  # of 1280, WCAG 1.4.4; and WCAG 1.4.10
TURN = "\u202e"
NAME = f"@{'nama' * 30}{TURN}gpj.eman{'x' * 71}"
TEXT = f"open BO {TURN}malam ini, tarif jelas {'w' * 200}"
ACCOUNTS, HOUR = 40, 3_600_000
_TURNED = """() => {
    const found = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const { data, parentElement } = texts.currentNode;
        if (!data.includes("\\u202e") || !parentElement.checkVisibility()) continue;
        let own = parentElement;
        while (own.matches("mark, strong, span, a, small") && !getComputedStyle(own).unicodeBidi.startsWith("isolate")
               && getComputedStyle(own).display === "inline") own = own.parentElement;
        const rest = own.textContent.slice(own.textContent.indexOf(data) + data.length).trim();
        if (rest && !own.matches("mark, .quote")) found.push(own.outerHTML.slice(0, 300));
    }
    return found;
}"""
"""Where a text that turns its line shares the line with others. A text of its own, marked in parts, may."""


def _holds(page: Page, address: str) -> None:
    """At 200 % and at 320 pixels nothing is wider than the screen, turned around or moving, and axe finds nothing."""
    page.goto(address)
    for size in (NARROW, ZOOMED):
        page.set_viewport_size(size)
        assert fits(page), (address, size)
    assert page.evaluate(_TURNED) == [], address
    assert page.evaluate("document.getAnimations().length") == 0
    assert [one["id"] for one in Axe().run(page).response["violations"]] == [], address


def test_pages_hold_under_long_turned_names_many_accounts_zoom_and_an_hour_offline(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Queue, search, case, portal and the follow page. Then a vote is written on a page that has lost the server for an
    hour, and whose reader has been signed out: it says what to do, and the vote is sent from that very page.
    """
    operator = make_operator()
    at_operator, contact = in_review(platform=operator.platform, published=TEXT), named(operator.contact)
    filed = report(published=TEXT, text=TEXT)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    platform, person = Platform.objects.get(name=PLATFORM), world.reviewers[0].person_id
    for number in range(ACCOUNTS - 1):
        account = Subject.objects.create(platform=platform, account_id=f"{NAME[:190]}{number}", first_seen_at=now())
        LinkedAccount.objects.create(
            case_id=filed.case_id, subject=account, why=f"Nomor {TURN}sama.", added_at=now(), added_by_id=person
        )
    Subject.objects.filter(linked_to__isnull=True).update(account_id=NAME)
    for reviewer in world.reviewers[:2]:
        vote(at_operator, DecisionKind.CLOSE, reviewer)
    notice = handed_over(the_action(at_operator).pk)
    read_all_stale()
    case = f"/console/cases/K{filed.case_id:06d}/"
    with browsing(chromium, chromium_arguments) as browser:

        def visit() -> Page:
            return browser.new_context(base_url=live_server.url, viewport=ZOOMED, reduced_motion="reduce").new_page()

        reporter = visit()
        reporter.goto("/follow/")
        reporter.fill("#receipt", filed.receipt)
        reporter.keyboard.press("Enter")
        reporter.wait_for_url("**/follow/report/")
        _holds(reporter, "/follow/report/")

        portal = visit()
        portal.goto("/console/sign-in/")
        portal.fill("#username", contact)
        portal.fill("#password", PASSWORD)
        portal.keyboard.press("Enter")
        portal.wait_for_url("**/notices/")
        _holds(portal, "/console/notices/")
        portal.goto(f"/console/notices/{notice.number}/")
        portal.click("form[action$='/open/'] button")
        _holds(portal, portal.url)

        page = visit()
        _sign_in(page, "a-reviewer")
        for address in ("/console/queue/", "/console/search/?q=bo", f"{case}?tab=accounts", case):
            _holds(page, address)

        page.clock.install()
        page.click("[data-take]")
        page.wait_for_selector("#facts")
        page.check("[value=restrict]")
        page.select_option("#legal_basis", index=1)
        page.locator("[name=accounts]").first.check()
        page.context.set_offline(True)
        page.clock.fast_forward(HOUR)
        expect(page.locator("[data-away]")).to_be_visible()
        page.fill("#facts", FACTS)
        page.click("[data-send]")
        expect(page.locator("[data-not-sent]")).to_be_in_viewport()
        expect(page.locator("#facts")).to_have_value(FACTS)

        page.context.clear_cookies()  # the shift's session has ended as well
        page.context.set_offline(False)
        page.clock.fast_forward(HOUR)
        page.click("[data-send]")
        expect(page.locator("[data-not-sent]")).to_be_visible()
        with page.expect_popup() as opened:
            page.click("[data-not-sent] a")
        _sign_in(opened.value, "a-reviewer")
        page.click("[data-send]")
        page.wait_for_url(lambda url: case not in url or "voted" in url)
    cast = Vote.objects.get(case_id=filed.case_id)
    assert (cast.kind, cast.facts) == ("restrict", FACTS)
