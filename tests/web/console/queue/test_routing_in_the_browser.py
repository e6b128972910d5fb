"""Queues in a real browser: hand over, postpone and skip by keyboard; axe finds nothing on these pages."""

import os
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from tests.factories import World, clear, in_review
from tests.journeys.browser import browsing, fits, walking
from tests.web.console.conftest import PASSWORD, Staff

from jaga.cases.models.cases import Case
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.queue.models import PersonClearance
from jaga.queue.verbs import assignment

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def _sign_in(page: Page, name: str) -> None:
    page.goto("/console/sign-in/")
    page.fill("#username", name)
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/")


def test_routing_by_keys_and_its_pages(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """E, H and S open their forms or act at once; axe finds nothing on each page, and each fits the window."""
    first, second, third = (in_review(account=f"@{name}:localhost") for name in ("satu", "dua", "tiga"))
    supervisor = staff.by_role[Role.SUPERVISOR]
    closed = in_review(category="child_protection", account="@empat:localhost")
    PersonClearance.objects.update(ended_at=now())
    clear(supervisor)
    assignment.assign_case(closed, supervisor.person_id or 0, actor=supervisor)
    with browsing(chromium, chromium_arguments) as browser:
        _move_by_keys(browser, live_server.url, first, second, third)
        faults = _faults(browser, live_server.url, first)
    assert faults == []
    assert Case.objects.get(pk=first).escalated_at is not None
    assert Case.objects.get(pk=second).snooze_reason == "Menunggu pelapor."


def _move_by_keys(browser: Browser, url: str, first: int, second: int, third: int) -> None:
    with walking(browser, url, viewport=DESK) as walk:
        page = walk.page
        _sign_in(page, "a-reviewer")
        page.goto(f"/console/cases/K{first:06d}/")
        page.keyboard.press("e")
        page.wait_for_function("document.activeElement.id === 'reason-escalate'")
        page.keyboard.type("Ragu: iklan atau berita?")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/K{second:06d}/")
        page.keyboard.press("h")
        page.wait_for_function("document.activeElement.id === 'reason-hold'")
        page.keyboard.type("Menunggu pelapor.")
        page.get_by_role("button", name="Set aside", exact=True).press("Enter")
        page.wait_for_url(f"**/K{third:06d}/")
        page.keyboard.press("s")
        page.wait_for_url("**/queue/")


def _faults(browser: Browser, url: str, case_id: int) -> list[object]:
    """What axe finds and what is too wide, on each page, in both languages, narrow, wide and dark."""
    folder, wrong = os.environ.get("JAGA_PICTURES"), list[object]()
    pages = {
        "queue": "/console/queue/?severity=low",
        "team": "/console/team/",
        "case": f"/console/cases/K{case_id:06d}/",
    }
    for language, size, scheme in (("en", DESK, "light"), ("id", PHONE, "light"), ("id", DESK, "dark")):
        with walking(browser, url, viewport=size, color_scheme=scheme) as walk:
            page = walk.page
            page.context.add_cookies([{"name": "jaga_language", "value": language, "url": url}])
            _sign_in(page, "a-supervisor")
            for name, path in pages.items():
                page.goto(path)
                page.evaluate("document.querySelectorAll('main details').forEach(one => one.open = true)")
                if folder:
                    page.screenshot(
                        path=str(Path(folder) / f"{name}-{language}-{size['width']}-{scheme}.png"), full_page=True
                    )
                found = Axe().run(page).response["violations"]
                wrong += [(name, language, scheme, one["id"], [node["html"] for node in one["nodes"]]) for one in found]
                wrong += [] if fits(page) else [(name, language, scheme, "too wide")]
    return wrong
