"""The officers' pages and the held requests in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.factories import World, new_request
from tests.journeys.browser import DESK, PHONE, Walk, browsing, walking

from jaga.authorities.console.orders import as_body
from jaga.authorities.models import Order
from jaga.authorities.verbs import held_requests
from jaga.authorities.verbs import orders as clarifications
from jaga.authorities.verbs import orders as requests
from jaga.authorities.verbs.held_requests import Arrived
from jaga.core.actors import Actor
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.outside import HeldReason
from jaga.core.terms.reports import MessageKind
from jaga.people.verbs.api_keys import register_signing_key
from jaga.web.api.auth import claimed_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("language", "viewport"), [("id", PHONE), ("en", DESK)], ids=["phone", "desk"])
def test_all_pages_are_accessible_and_fit(
    world: World,
    browser_of: Callable[[Actor], Client],
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    language: str,
    viewport: Any,
) -> None:
    """axe finds nothing and nothing is wider than the screen, also after a refused form."""
    filed = requests.file_request(new_request(), actor=world.officer)
    clarifications.ask_officer(filed.report_id, MessageKind.INVALID_LOCATOR, "Tautan kosong.", actor=world.reviewers[0])
    register_signing_key(PrivateKey.generate().public.text(), "kantor", actor=world.officer)
    body, raw = as_body(requests.as_order(new_request(letter_number="B/99/2026")))
    held = held_requests.hold_request(
        Arrived("orders", raw, claimed=claimed_in(body)),
        HeldReason.NOT_SIGNED,
        officer_id=world.officer.person_id,
        actor=world.officer,
    )
    held_requests.record_held_call(int(held[1:]), "Kantor, nomor dari buku alamat: benar.", actor=world.supervisor)
    pages = {
        world.officer: ("orders/", "orders/new/", f"orders/{Order.objects.get().pk}/", "signing-keys/"),
        world.supervisor: ("held-requests/", f"held-requests/{int(held[1:])}/"),
    }
    sessions = {actor: browser_of(actor).cookies[settings.SESSION_COOKIE_NAME].value for actor in pages}
    with browsing(chromium, chromium_arguments) as browser:
        for actor, addresses in pages.items():
            with walking(browser, live_server.url, viewport=viewport) as walk:
                _cookies(walk, sessions[actor], live_server.url, language)
                for address in addresses:
                    walk.page.goto(f"/console/{address}")
                    walk.look()
                if actor is world.officer:
                    walk.page.goto("/console/orders/new/")
                    walk.page.wait_for_load_state()
                    walk.page.click("[data-add-row]")
                    walk.page.wait_for_selector("[id='accounts.2.account']:focus")
                    walk.page.click("main form > button[type=submit]:not(.visually-hidden)")
                    walk.page.wait_for_selector("#errors")
                    walk.complaints.clear()  # the 422 of the refused form
                    walk.look()


def _cookies(walk: Walk, session: str, url: str, language: str) -> None:
    walk.page.context.add_cookies(
        [
            {"name": settings.SESSION_COOKIE_NAME, "value": session, "url": url},
            {"name": "jaga_language", "value": language, "url": url},
        ]
    )
