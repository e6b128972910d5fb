"""Runs, the fast lane and the picture of accounts in a real browser: phone and desk, light and dark."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from playwright.sync_api import Page, sync_playwright
from tests.factories import World, in_review
from tests.journeys.browser import fits
from tests.web.console.conftest import PASSWORD, Staff

from jaga.casework import bulk
from jaga.casework.searching import read_all_stale
from jaga.core.terms import BulkKind
from jaga.jobs.bulk import work_on_runs
from jaga.records.models import BulkRun

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
CONTACT = "open BO, wa 0812-3456-7890"
WHY = "Iklan yang sama, sudah dilihat satu per satu."


def checked(page: Page, script: bool) -> None:
    """Nothing for axe, which is a script itself, and nothing wider than the window."""
    assert fits(page)
    if script:
        assert Axe().run(page).response["violations"] == []


def approved_and_worked(run: int, world: World) -> None:
    """The second person's step and the worker's round, in a thread of their own as Playwright has this one."""

    def steps() -> None:
        try:
            bulk.approve_run(run, actor=world.reviewers[1])
            work_on_runs()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(steps).result()


@pytest.mark.parametrize(("language", "width", "script", "scheme"), [
    ("id", 360, False, "light"), ("en", 1280, True, "dark"),
])
def test_a_run_the_lane_and_the_picture_work_for_everybody(
    world: World, staff: Staff, live_server: Any, chromium: str, chromium_arguments: list[str], language: str,
    width: int, script: bool, scheme: Any,
) -> None:
    """A run from the form to its second person and its end; the picture's dots lead to their rows."""
    cases = [in_review(account=f"@akun{number}:localhost", published=CONTACT, source=f"198.51.100.{number}")
             for number in range(6)]
    read_all_stale()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=chromium_arguments)
        context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 800},
                                      java_script_enabled=script, color_scheme=scheme)
        context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
        page = context.new_page()
        page.goto("/console/sign-in/")
        page.fill("#username", "a-supervisor")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.goto("/console/bulk/")
        checked(page, script)
        page.check(f"[name=kind][value={BulkKind.LABEL.value}]")
        page.fill("#lines", "\n".join([*map(str, cases), "bukan kasus"]))
        page.click("main form.form button[type=submit]")
        page.wait_for_url("**/console/bulk/*/")
        page.uncheck("[name=ticked] >> nth=0")
        page.fill("#target", "kontak-sama")
        page.fill("#why", WHY)
        checked(page, script)
        page.click("[name=step][value=propose]")
        page.wait_for_selector(".tag--warn")
        run = int(page.url.rstrip("/").rpartition("/")[2])
        approved_and_worked(run, world)
        page.reload()
        page.wait_for_selector("[name=item]")
        checked(page, script)
        assert page.locator("[name=item]").count() == 5
        page.goto(f"/console/cases/K{cases[0]:06d}/graph/?steps=2")
        checked(page, script)
        page.locator("svg a").nth(3).click()
        page.wait_for_url("**#account-4")
        page.goto("/console/lane/?q=category:prostitution_advertising")
        checked(page, script)
        page.click("a[href='/console/lane/next/']")
        page.wait_for_url("**/console/cases/K*/")
        browser.close()
    assert BulkRun.objects.get().maker.username == "a-supervisor"
