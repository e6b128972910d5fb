"""A real browser: appeal pages fit a phone and a desktop, for the holder and the decider, in both languages."""

import os
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from tests.factories import World, resolved_closure
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import PASSWORD, Staff

from jaga.appeals.verbs import appeals
from jaga.appeals.verbs import appeals as paper_appeals
from jaga.appeals.verbs.appeals import PaperAppeal
from jaga.cases.models.decisions import Decision
from jaga.core.actors import HOLDER
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AppealWay, IdentityCheck
from jaga.policy.local_time import today
from jaga.store.codes import appeal_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_appeals_on_a_phone_and_at_a_desk(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """The holder's page, the overdue appeal with its two forms, the form for paper and the printed paper: nothing is
    wider than the screen, and axe finds nothing.
    """
    with frozen(now() - timedelta(days=8)):
        case_id = resolved_closure(world)
        decision = Decision.objects.get(case_id=case_id)
        made = appeals.file_appeal(appeal_code(decision.pk), "Bukan saya yang menulis itu.", actor=HOLDER)
        appeals.ask_holder(made.pk, "Siapa lagi yang memakai ponsel itu?", actor=world.reviewers[2])
    other = resolved_closure(world, account="@kenanga:localhost")
    written = paper_appeals.record_appeal(
        PaperAppeal(
            f"K{other:06d}",
            "@kenanga:localhost",
            AppealWay.HELPER,
            today(),
            "Akun saya dipakai orang lain.",
            IdentityCheck.HELPER_VOUCHES,
            "Lembaga itu memeriksa kartunya.",
            "Lembaga Bantuan Contoh",
        ),
        actor=world.reviewers[2],
    )
    with browsing(chromium, chromium_arguments) as browser:
        page = browser.new_context(base_url=live_server.url).new_page()
        page.goto("/console/sign-in/")
        page.fill("#username", "a-supervisor")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        for language in ("id", "en"):
            page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            for width in (360, 1280):
                page.set_viewport_size({"width": width, "height": 800})
                for name, address in (
                    ("list", "/console/appeals/"),
                    ("overdue", f"/console/appeals/{made.pk}/"),
                    ("new", "/console/appeals/new/"),
                    ("paper", f"/console/appeals/{written.pk}/receipt/"),
                ):
                    page.goto(address)
                    _looks_well(page, f"{name}-{language}-{width}")
                page.goto("/appeal/")
                _looks_well(page, f"code-{language}-{width}")
                page.fill("#code", appeal_code(decision.pk))
                page.locator("main form button").first.click()
                page.wait_for_selector("#outside")
                _looks_well(page, f"page-{language}-{width}")


def _looks_well(page: Page, name: str) -> None:
    if folder := os.environ.get("JAGA_PICTURES"):
        page.screenshot(path=f"{folder}/appeals-{name}.png", full_page=True)
    assert fits(page), name
    assert Axe().run(page).response["violations"] == [], name
