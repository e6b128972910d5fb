"""The page of a held request opens, whatever bytes a stranger sent."""

import json
from collections.abc import Callable
from itertools import count

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.factories import World

from jaga.authorities.api.orders import AccountIn, OrderIn
from jaga.authorities.models import HeldRequest
from jaga.authorities.verbs.held_requests import Arrived, hold_request
from jaga.cases.models.cases import Case
from jaga.core.actors import PUBLIC, Actor
from jaga.core.terms.outside import HeldReason
from jaga.store import vault
from jaga.web.api.auth import claimed_in

Open = Callable[[Actor], Client]
_NETWORKS = count()
_slow = settings(
    max_examples=example_count(20),
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_NAMES = st.sampled_from([*OrderIn.model_fields, *AccountIn.model_fields, "\ud800", "\x00", "", "colour"])
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["\ud800", "\x00", "2026-W05-6", "0001-01-01", "9999-12-31", "b25l"])
)
ANY_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4), max_leaves=20
)
BODIES = st.dictionaries(_NAMES, ANY_JSON, max_size=6).map(lambda one: json.dumps(one).encode()) | st.binary(
    max_size=200
)


def _hold(body: bytes, address: str, claimed: dict[str, object] | None = None) -> HeldRequest:
    arrived = Arrived(address, body, {}, claimed or {}, f"192.0.2.{next(_NETWORKS)}")
    hold_request(arrived, HeldReason.UNKNOWN_SENDER, officer_id=None, actor=PUBLIC)
    return HeldRequest.objects.latest("pk")


@example(body=b'{"accounts": [1, {"locator": true}]}', address="orders")
@example(body=b'{"accounts": [[], {"": 1, "text": "\\ud800"}, null]}', address="orders")
@example(body=b'{"letter_date": "2026-W05-6", "letter": 1, "screenshots": [1, 2]}', address="requests")
@example(body=b"[" * 5000, address="orders")
@example(body=b'{"a":' * 900 + b"1" + b"}" * 900, address="orders")
@example(body=b'{"report_id": ' + b"9" * 4000 + b"}", address="requests")
@given(body=BODIES, address=st.sampled_from(["orders", "requests", ""]))
@_slow
def test_any_held_bytes_open_their_page(world: World, browser_of: Open, body: bytes, address: str) -> None:
    """JSON of any shape under any name, and bytes that are not JSON."""
    held = _hold(body, address)
    answer = browser_of(world.supervisor).get(f"/console/held-requests/{held.pk}/")
    assert answer.status_code == 200
    assert held.number in answer.content.decode()


@given(body=st.dictionaries(_NAMES, ANY_JSON, max_size=6))
@_slow
def test_any_claim_stands_in_the_list(world: World, browser_of: Open, body: dict[str, object]) -> None:
    """Whatever a body claims about itself is stored and listed."""
    held = _hold(json.dumps(body).encode(), "orders", claimed_in(body))
    assert held.number in browser_of(world.supervisor).get("/console/held-requests/").content.decode()


def test_a_stranger_who_sends_what_breaks_reading_is_refused_and_held(world: World, browser_of: Open) -> None:
    """Over HTTP the wrong key gets a 401, and the page of the held request opens."""
    body = {"letter_number": "B/1", "accounts": [1, {"locator": True}]}
    answer = Client().post(
        "/api/v1/orders",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": "Bearer jaga_wrong"},
    )
    assert answer.status_code == 401
    held = HeldRequest.objects.get()
    page = browser_of(world.supervisor).get(f"/console/held-requests/{held.pk}/")
    assert page.status_code == 200
    assert "it can only be rejected" in page.content.decode()


def test_the_page_of_a_letter_that_names_thousands_is_short(world: World, browser_of: Open) -> None:
    """A hundred accounts are shown with the number of the others; long texts are cut."""
    body = {"legal_analysis": "x" * 1_000_000, "accounts": [{"account": f"@a{n}:x"} for n in range(3000)]}
    held = _hold(json.dumps(body).encode(), "orders")
    page = browser_of(world.supervisor).get(f"/console/held-requests/{held.pk}/").content.decode()
    assert page.count("case-head__account") == 100
    assert "2900 more accounts are not shown" in page
    assert len(page) < 400_000


def test_the_page_of_a_damaged_original_opens(world: World, browser_of: Open) -> None:
    """The page says that nothing can be read; the request can be rejected, and neither released nor used for
    preservation.
    """
    held = _hold(b'{"accounts": [{"account": "@a:x"}]}', "orders")
    vault.path_of(held.body_sha256, None).unlink()
    browser = browser_of(world.supervisor)
    assert browser.get(f"/console/held-requests/{held.pk}/").status_code == 200
    preserved = browser.post(f"/console/held-requests/{held.pk}/accounts/1/preserve/", {"emergency-1": "Segera."})
    assert preserved.status_code == 404
    assert not Case.objects.exists()
    assert browser.post(f"/console/held-requests/{held.pk}/reject/", {"why": "Rusak."}).status_code == 302


@pytest.mark.parametrize("path", ["call-back", "release", "reject"])
def test_every_form_of_the_page_opens_again(world: World, browser_of: Open, path: str) -> None:
    """A refused form shows the page again, which reads the same body."""
    held = _hold(b'{"accounts": [1, {"locator": true}]}', "orders")
    answer = browser_of(world.supervisor).post(f"/console/held-requests/{held.pk}/{path}/", {})
    assert answer.status_code in (409, 422)
