"""The whole visit in a real browser: 320 pixels, no JavaScript, both languages, axe on every page."""

from typing import Any

import pytest
from tests.journeys.browser import browsing, walking
from tests.web.public.conftest import World

from jaga.cases.models.reports import Report
from jaga.core.terms.people import Language
from jaga.reporting.models import ReportMessage
from jaga.store.kernel import sequencer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SMALL = {"width": 320, "height": 640}


@pytest.mark.parametrize("language", list(Language))
def test_a_reporter_answers_adds_and_withdraws_without_a_script(
    world: World, live_server: Any, chromium: str, chromium_arguments: list[str], language: Language
) -> None:
    """Receipt, question, answer, evidence, proof, withdrawal, and the button that ends the visit on a shared phone."""
    filed = world.report()
    world.ask(filed.report_id, "Di ruang mana Anda melihatnya, dan kapan?")
    sequencer.link_entries()
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, live_server.url, viewport=SMALL, java_script_enabled=False) as walk,
    ):
        page = walk.page
        page.goto(f"/language/?to={language}&next=/follow/")
        walk.look()
        page.fill("#receipt", filed.receipt)
        page.keyboard.press("Enter")
        page.wait_for_selector("#answer")
        walk.look()
        page.fill("#answer", "Di ruang umum, tadi malam.")
        page.click("form:has(#answer) button")
        page.wait_for_selector("[role=status]")
        page.click("#add summary")
        page.fill("#links", "https://contoh.test/1\n" * 6)
        page.click("form:has(#links) button")
        assert page.locator("#links-error").is_visible()
        walk.look()
        walk.complaints[:] = [line for line in walk.complaints if "422" not in line]  # which is the right answer here
        page.fill("#links", "https://contoh.test/1")
        page.click("form:has(#links) button")
        page.wait_for_selector("[role=status]")
        with page.expect_download() as saved:
            page.click("summary:last-of-type >> nth=-1")
            page.click("a[download]")
        assert saved.value.suggested_filename == "jaga-receipt.txt"
        page.click("#withdraw summary")
        page.check("#sure")
        page.click("form:has(#sure) button")
        page.wait_for_selector("[role=status]")
        walk.look()
        assert not page.locator("#add").count()
        page.click("form[action$='/end/'] button")
        page.wait_for_selector("#receipt")
        page.go_back()
        assert filed.receipt not in page.content()
        page.goto("/follow/report/")
        assert page.url.endswith("/follow/")
        page.goto("/key/")
        walk.look()
    assert list(ReportMessage.objects.order_by("pk").values_list("kind", flat=True)) == [
        "question",
        "answer",
        "evidence",
        "withdrawal",
    ]
    assert Report.objects.get(pk=filed.report_id).withdrawn_at is not None
