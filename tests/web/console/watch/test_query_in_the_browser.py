"""The pages of queries and campaigns with their pictures, in both languages, on a desk and on a phone."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.factories import PLATFORM
from tests.journeys.browser import fits
from tests.watching import LOUD, running, seen, take_in
from tests.web.console.conftest import Staff, World
from tests.web.console.frame.test_in_the_browser import DESK, PHONE, _browser, _sign_in

from jaga.cases.models.reports import Report
from jaga.core.clock import frozen, now
from jaga.core.terms.people import Role
from jaga.signals.models import AccountIndicator
from jaga.signals.verbs.ban_evasion import record_indicators

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_pass_axe_and_fit_a_phone(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
) -> None:
    """With texts of several days and with wrong filters; a row of a table leads to its texts."""
    start = now()
    with frozen(start - timedelta(days=5)):
        running()
    for back in (4, 3, 1, 0):
        with frozen(start - timedelta(days=back)):
            take_in(
                PLATFORM,
                [
                    seen(f"{LOUD} nomor {place}", f"$b{back}-{place}", f"@akun{place}:localhost", now())
                    for place in range(back + 2)
                ],
            )
            record_indicators(Report.objects.all())
    contact = AccountIndicator.objects.filter(kind="contact")[0].pk
    pages = [
        "/console/watch-query/?top=contacts&days=30",
        "/console/watch-query/?since=kemarin&words=@mawar",
        "/console/campaigns/",
        f"/console/campaigns/contact/{contact}/",
    ]
    found: dict[str, object] = {}
    for viewport, language in ((DESK, "en"), (PHONE, "id")):
        with _browser(chromium, chromium_arguments, live_server.url, viewport=viewport) as page:
            page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            _sign_in(page, f"a-{Role.SUPERVISOR}")
            for address in pages:
                page.goto(address)
                found[f"{address} {language} fits"] = [] if fits(page) else ["wider than the screen"]
                found[f"{address} {language}"] = [one["id"] for one in Axe().run(page).response["violations"]]
    assert not any(found.values()), found
