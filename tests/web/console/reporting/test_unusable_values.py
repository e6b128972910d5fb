"""Unusable values from platforms: supervisors and administrators see that they came, supervisors see the bytes."""

import os
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from tests.factories import PLATFORM
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff
from tests.web.console.frame.test_in_the_browser import PHONE, _browser
from tests.web.console.quality.test_looks_in_the_browser import _RULES, _as

from jaga.core.actors import SYSTEM, Actor
from jaga.core.platforms import PlatformFault, SetAside
from jaga.core.terms.cases import PlatformTask, SetAsideKind
from jaga.core.terms.people import Role
from jaga.quality.models import AccessEvent
from jaga.reporting.models import PlatformTaskHealth, SetAsideValue
from jaga.store.kernel import validation as unusable_values

Open = Callable[[Actor], Client]
RAW = b'{"event_id": "a\\u0000b", "sender": "@mawar:localhost", "content": {"body": "<b>halo</b>"}}'
PAGE = "/console/platforms/"


def sent_something_bad(task: PlatformTask = PlatformTask.ROOMS) -> SetAsideValue:
    """Three faults in a row, the last with a value."""
    value = SetAside(SetAsideKind.MESSAGE, "message_id: control characters or lone surrogates", RAW)
    for _ in range(3):
        unusable_values.record_failure(PLATFORM, task, PlatformFault(why="x", set_aside=(value,)), actor=SYSTEM)
    return SetAsideValue.objects.get()


def test_an_administrator_sees_that_it_came_and_a_supervisor_what(staff: Staff, browser_of: Open) -> None:
    """The bytes are escaped, opening them is recorded as a read, and settling deletes them."""
    value = sent_something_bad()
    administrator, supervisor = (browser_of(staff.by_role[role]) for role in (Role.ADMINISTRATOR, Role.SUPERVISOR))
    shown = administrator.get(PAGE).content.decode()
    assert "message_id: control characters" in shown
    assert "mawar" not in shown
    address = f"{PAGE}set-aside/{value.pk}/"
    assert administrator.get(address).status_code == 403
    accesses = AccessEvent.objects.count()
    raw = supervisor.get(address).content.decode()
    assert "a\\u0000b" in raw
    assert "<b>halo" not in raw
    assert AccessEvent.objects.count() == accesses + 1
    assert supervisor.post(f"{PAGE}{PLATFORM}/settle/").status_code == 302
    assert supervisor.get(address).status_code == 404
    assert bytes(SetAsideValue.objects.get().sealed) == b""


def test_reading_anew_is_a_supervisors_and_of_known_tasks_only(staff: Staff, browser_of: Open) -> None:
    """Other requests are refused and change nothing; a watch goes on by a verb of its own."""
    sent_something_bad(PlatformTask.REPORTS)
    supervisor = browser_of(staff.by_role[Role.SUPERVISOR])
    address = f"{PAGE}{PLATFORM}/read-anew/"
    for task in ("", "actions", "\x00", "reports ", "rooms"):
        assert supervisor.post(address, {"task": task}).status_code == 404
    assert PlatformTaskHealth.objects.get().failures == 3
    assert supervisor.post(address, {"task": "reports"}).status_code == 302
    assert PlatformTaskHealth.objects.get().failures == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_pages_fit_and_are_accessible(
    staff: Staff,
    browser_of: Open,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
) -> None:
    """On a phone and a desktop, in both languages."""
    value = sent_something_bad()
    client = browser_of(staff.by_role[Role.SUPERVISOR])
    for size in (PHONE, {"width": 1280, "height": 900}):
        with _browser(chromium, chromium_arguments, live_server.url, viewport=size) as page:
            for language in ("id", "en"):
                _as(page, client, live_server.url, language)
                for address in (PAGE, f"{PAGE}set-aside/{value.pk}/"):
                    page.goto(address)
                    assert fits(page), address
                    found = Axe().run(page, options=_RULES).response
                    assert [one["id"] for one in found["violations"]] == [], address
                    if folder := os.environ.get("JAGA_SCREENSHOTS"):
                        page.screenshot(path=f"{folder}/{size['width']}-{language}-{address.count('/')}.png")
