"""Batch files in a real browser: on a phone without JavaScript, on a desktop with it, without axe findings."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import connection
from tests.factories import CATEGORY, PLATFORM
from tests.journeys.browser import browsing, fits
from tests.web.console.conftest import PASSWORD, Staff, World

from jaga.batches.jobs import work_on_batches
from jaga.cases.models.reports import Report

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ROWS = (
    b"akun,teks,kolom aneh\n@satu:localhost,open BO tarif jelas di kota,x\n@b:elsewhere.invalid,x,\n"
    b"@satu:localhost,open BO tarif jelas di kota,\n@akun-dengan-nama-yang-sangat-panjang-sekali:localhost,y,\n"
)


def worked() -> int:
    """Run the worker once in another thread, because Playwright uses this one; returns how many reports there were
    before.
    """

    def round_() -> int:
        try:
            before = Report.objects.count()
            work_on_batches()
            return before
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(round_).result()


@pytest.mark.parametrize(("language", "width", "script"), [("id", 320, False), ("en", 1280, True)])
def test_a_file_is_sent_looked_at_and_filed(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    language: str,
    width: int,
    script: bool,
) -> None:
    """Send, see the findings, start, see it filed, in both languages. With JavaScript the page refreshes by itself."""
    with browsing(chromium, chromium_arguments) as browser:
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 800}, java_script_enabled=script
        )
        context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
        page = context.new_page()
        page.goto("/console/sign-in/")
        page.fill("#username", "a-supervisor")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.goto("/console/batches/")
        page.set_input_files("#file", {"name": "laporan.csv", "mimeType": "text/csv", "buffer": ROWS})
        page.select_option("#platform", PLATFORM)
        page.select_option("#category", CATEGORY)
        seen = [page.inner_text("main")]
        page.click("main form.form button[type=submit]")
        page.wait_for_url("**/console/batches/*/")
        assert worked() == 0
        if not script:
            page.reload()
        page.wait_for_selector("#bad-rows")
        seen.append(page.inner_text("main"))
        if script:
            assert Axe().run(page).response["violations"] == []
        else:
            assert fits(page)
        page.click("main form[action$='/start/'] button")
        page.wait_for_load_state()
        assert worked() == 0
        if not script:
            page.reload()
        page.wait_for_selector("a[href$='reports.csv']")
        seen.append(page.inner_text("main"))
    assert Report.objects.count() == 2
    wanted = {
        "id": ("Kirim dan periksa", "Baris yang tidak menjadi laporan", "2 dari 2 baris"),
        "en": ("Send and look at it", "Rows that become no report", "2 of 2 good rows"),
    }
    for text, said in zip(wanted[language], seen, strict=True):
        assert text in said
