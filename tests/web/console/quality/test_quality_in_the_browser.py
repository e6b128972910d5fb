"""The quality pages and the dashboard in a real browser: keyboard, both languages, phone and desktop, dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.factories import in_review, resolved_closure, vote
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff, World
from tests.web.console.frame.test_in_the_browser import DESK, PHONE, _browser, _sign_in

from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import MeasuredBy
from jaga.core.terms.people import Role
from jaga.decisions.verbs import consequences as sampling
from jaga.quality.models import BlindReview, Measured, Tally
from jaga.quality.verbs import blind_review
from jaga.quality.verbs import blind_review as agreement

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def _measured() -> None:
    """Agreement as if over many cases, because a test's few give no figure."""
    for dimension, key, alpha, pairs in [
        (MeasuredBy.ALL, "", 0.71, 400),
        (MeasuredBy.CATEGORY, "prostitution_advertising", 0.82, 210),
        (MeasuredBy.CATEGORY, "fraud", 0.44, 150),
        (MeasuredBy.CATEGORY, "gambling", -0.1, 12),
        (MeasuredBy.CATEGORY, "extortion", None, 60),
        (MeasuredBy.LANGUAGE, "id", 0.7, 300),
    ]:
        Measured.objects.create(
            dimension=dimension,
            key=key,
            units=pairs,
            pairs=pairs,
            alike=pairs * 3 // 4,
            alpha=alpha,
            counted_at=now(),
            low=None if alpha is None else alpha - 0.1,
            high=None if alpha is None else alpha + 0.08,
        )


def test_judging_again_and_the_pages_of_quality(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One case is judged again by keyboard alone; every page passes axe and fits, and each chart has its table."""
    monkeypatch.setattr(sampling, "lot", lambda material: 0.0)
    monkeypatch.setattr(blind_review, "lot", lambda material: 0.99)
    resolved_closure(world)
    other = in_review(account="@lain:localhost", text="cewek open BO, tarif jelas")
    vote(other, DecisionKind.DISMISS, world.reviewers[0])
    in_review(account="@antre:localhost", category="fraud")
    with _browser(chromium, chromium_arguments, live_server.url, viewport=DESK) as page:
        _sign_in(page, f"a-{Role.REVIEWER}")
        page.goto("/console/quality/")
        page.focus("[data-take]")
        page.keyboard.press("Enter")
        page.wait_for_url("**/quality/*/")
        page.keyboard.press("1")
        assert page.locator("[name=kind]:checked").get_attribute("value") == "dismiss"
        page.keyboard.press("Control+Enter")
        page.wait_for_url("**/quality/?done=1")
    first = BlindReview.objects.get(judged_at__isnull=False)
    assert (first.kind, first.agrees) == (DecisionKind.DISMISS, False)
    taken = blind_review.take_next(actor=staff.by_role[Role.SUPERVISOR])
    agreement.measure()
    agreement.count_dashboard()
    agreement.count_dashboard_periods()
    Measured.objects.all().delete()
    _measured()
    found: dict[str, object] = {}
    for viewport, language, scheme in ((PHONE, "id", "light"), (DESK, "en", "dark")):
        with _browser(chromium, chromium_arguments, live_server.url, viewport=viewport, color_scheme=scheme) as page:
            page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            _sign_in(page, f"a-{Role.SUPERVISOR}")
            for address in ("quality/", f"quality/{taken}/", "dashboard/"):
                page.goto(f"/console/{address}")
                found[f"{address} {language} fits"] = [] if fits(page) else ["wider than the screen"]
                found[f"{address} {language}"] = [one["id"] for one in Axe().run(page).response["violations"]]
                assert page.locator("svg.chart").count() == page.locator("main details:has(> .table-wrap)").count()
            page.hover("svg.load")  # the library is loaded only then, within the content policy
            page.locator(".load-chart canvas").wait_for()
            assert page.locator("svg.load").is_hidden()
            assert fits(page)
    assert Tally.objects.get(name="clock").number == 1
    assert not any(found.values()), found
