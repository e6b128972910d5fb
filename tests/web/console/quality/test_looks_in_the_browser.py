"""A real browser: an open case sends a heartbeat each half minute; the access log pages fit and are accessible."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from tests.factories import CATEGORY, PLATFORM, in_review
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff
from tests.web.console.frame.test_in_the_browser import PHONE, _browser

from jaga.cases.models.cases import Case
from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccessKind, Severity
from jaga.core.terms.people import Role
from jaga.quality.models import AccessLogSeal, Exposure
from jaga.quality.verbs.canary_cases import NewCanaryCase, make_canary, seal_access_log
from jaga.store.reads import log_access

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def test_an_open_case_beats_and_every_page_fits(
    staff: Staff,
    browser_of: Callable[[Actor], Client],
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
) -> None:
    """On a phone: half a minute of the page's clock gives one heartbeat, which the bar shows; axe finds nothing."""
    reviewer, case_id = staff.by_role[Role.REVIEWER], in_review()
    Case.objects.filter(pk=case_id).update(severity=Severity.HIGH)
    made = make_canary(
        NewCanaryCase(PLATFORM, "@bintang:localhost", CATEGORY, "Laporan rekaan tentang akun ini."), actor=CLI
    )
    with frozen(now() - timedelta(days=2)):
        log_access(case_id, AccessKind.CASE, actor=reviewer)
    assert seal_access_log()
    clients = {role: browser_of(actor) for role, actor in staff.by_role.items()}
    clients[Role.REVIEWER].get(f"/console/cases/K{made:06d}/")
    seal = AccessLogSeal.objects.get().pk
    with _browser(chromium, chromium_arguments, live_server.url, viewport=PHONE) as page:
        _as(page, clients[Role.REVIEWER], live_server.url, "en")
        page.clock.install()
        page.goto(f"/console/cases/K{case_id:06d}/")
        with page.expect_response(lambda answer: answer.url.endswith("/exposure/")) as beaten:
            page.clock.run_for(31_000)
        assert beaten.value.json() == {"words": "0 of 180 minutes", "shown": 0}
        for role, address in (
            (Role.SUPERVISOR, "/console/alarms/"),
            (Role.ADMINISTRATOR, "/console/canary-cases/"),
            (Role.AUDITOR, f"/console/access-log/?check={seal}"),
            (Role.SUPERVISOR, "/console/wellness/"),
        ):
            _as(page, clients[role], live_server.url, "id")
            page.goto(address)
            assert fits(page), address
            found = Axe().run(page, options=_RULES).response
            assert [one["id"] for one in found["violations"]] == [], address
    assert Exposure.objects.get(case=case_id).beaten_at is not None


def _as(page: Any, client: Client, address: str, language: str) -> None:
    """Signed in as this client's person, with that language."""
    values = {name: morsel.value for name, morsel in client.cookies.items()} | {"jaga_language": language}
    page.context.add_cookies([{"name": name, "value": value, "url": address} for name, value in values.items()])
