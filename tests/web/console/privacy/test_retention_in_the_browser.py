"""The pages of retention in a real browser: both languages, phone and desktop."""

from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from tests.factories import in_review, vote
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff, World
from tests.web.console.frame.test_in_the_browser import DESK, PHONE, _browser, _sign_in

from jaga.cases.models.cases import Case
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.policy.local_time import today
from jaga.privacy.models import RetentionClock
from jaga.privacy.verbs.holds import NewHold, ask_hold
from jaga.privacy.verbs.sweep import sweep_retention

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_pages_of_retention_fit_a_phone(
    world: World,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
) -> None:
    """With something planned, a hold that waits, and a clock in doubt; none has a fault that axe finds."""
    ids = []
    for account, days in (("@lama:localhost", 89), ("@tua:localhost", 5000)):
        ids.append(in_review(account=account))
        vote(ids[-1], DecisionKind.DISMISS, world.reviewers[0])
        Case.objects.filter(pk=ids[-1]).update(resolved_at=now() - timedelta(days=days))
    sweep_retention()
    sweep_retention()
    ask_hold(
        NewHold(ids[0], "a-supervisor", "Pengadilan memintanya, surat 7/2026.", today() + timedelta(days=90)),
        actor=staff.by_role[Role.ADMINISTRATOR],
    )
    RetentionClock.objects.update(seen_at=now() - timedelta(days=20), doubted_at=now())
    for width, shape in ((1440, DESK), (360, PHONE)):
        with _browser(chromium, chromium_arguments, live_server.url, viewport=shape) as page:
            page.set_viewport_size({"width": width, "height": 900})
            _sign_in(page, f"a-{Role.SUPERVISOR}")
            for language in ("en", "id"):
                page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
                for name, address in (
                    ("retention", "/console/retention/"),
                    ("holds", "/console/legal-holds/"),
                    ("case", f"/console/cases/K{ids[1]:06d}/?tab=history"),
                    ("policy", "/policy/"),
                ):
                    page.goto(address)
                    assert fits(page), (width, language, name)
                    if width == 360:
                        found = Axe().run(page).response["violations"]
                        assert found == [], (name, [one["id"] for one in found])
