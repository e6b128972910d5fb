"""Garbage at every address of the console, by somebody who may open it: refused or passed over, and never a fault.

A new route is walked as soon as it stands in the matrix. Fields are those that any form or view of the console names.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from tests.factories import World, in_review, new_request
from tests.web.console.conftest import Staff
from tests.web.console.frame.test_who_may_open_what import MATRIX, addresses

from jaga.casework.authorities import held_requests, requests
from jaga.casework.authorities.held_requests import Arrived
from jaga.casework.queue import leases
from jaga.core.actors import Actor
from jaga.core.terms import HeldReason, Role
from jaga.records.models import CaseNote
from jaga.web import console
from jaga.web.console.authorities.order_form import as_body

__all__ = ["addresses"]  # the fixture
Open = Callable[[Actor], Client]
PAGES = Path(console.__file__).parent
_IN_TEMPLATES = re.compile(r'name="(\w+)"')
_IN_VIEWS = re.compile(r'(?:written\(request, |(?:POST|GET|sent|query)\.get(?:list)?\(|POST\[)"(\w+)"')
HUGE = str(10**30)
ODD = ("0", "-1", str(2**63 - 1), "999999999999999999", HUGE, "\uff11\uff12", "1_000", " 1", "NaN", "0000-00-00",
       "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00", "9999-12-31", "%(name)s %", "\ufffd\u202e\u2028", "x" * 7000)


def _fields() -> list[str]:
    """The names of all fields."""
    sources = [(_IN_TEMPLATES, file) for file in (PAGES.parent / "templates/console").rglob("*.html")]
    sources += [(_IN_VIEWS, file) for file in PAGES.rglob("*.py")]
    return sorted({name for named, file in sources for name in named.findall(file.read_text())})


FIELDS = _fields()
NUL = dict.fromkeys(FIELDS, "a\x00b")


@pytest.fixture
def numbers(world: World, staff: Staff, addresses: dict[str, object]) -> dict[str, object]:
    """What `addresses` lacks: a run, a held request, a lease on the case; by the beginning of their addresses."""
    reviewer = staff.by_role[Role.REVIEWER]
    case_id = in_review(account="@sampah:localhost", source="198.51.100.7")
    leases.take_lease(case_id, actor=reviewer)
    _, raw = as_body(requests.as_order(new_request()))
    held = held_requests.hold_request(Arrived("orders", raw), HeldReason.NOT_SIGNED, officer_id=world.officer.person_id,
                           actor=world.officer)
    return {**addresses, "reference": f"K{case_id:06d}", "/console/quarantine/1/": int(held[1:])}


def _address(template: str, numbers: dict[str, object]) -> str:
    for beginning, number in numbers.items():
        if beginning.startswith("/") and template.startswith(beginning):
            template = template.replace("/1/", f"/{number}/", 1)
    return template.format(**{name: value for name, value in numbers.items() if not name.startswith("/")})


@pytest.fixture
def send(staff: Staff, browser_of: Open) -> Callable[..., int]:
    """Send one request and forget what it did; returns the status. A fault is raised."""
    clients = {role: browser_of(actor) for role, actor in staff.by_role.items()}

    def sent(name: str, method: str, address: str, fields: object) -> int:
        allowed = MATRIX[name][2]
        role = next((role for role in Role if role in allowed), Role.SUPERVISOR)
        with transaction.atomic():
            answer: HttpResponse = getattr(clients[role], method)(address, fields)
            transaction.set_rollback(True)
        cache.clear()
        return answer.status_code

    return sent


def _odd(shift: int, most: int | None = None) -> dict[str, str]:
    """An oddity for each field; with another shift, others."""
    return {field: ODD[(place + shift) % len(ODD)][:most] for place, field in enumerate(FIELDS)}


def test_no_address_and_no_field_of_any_form_is_a_fault(numbers: dict[str, object], send: Callable[..., int]) -> None:
    """A number beyond all numbers in the address is nobody's; NUL and oddities in the fields are refused or no fault.

    A broken cursor, filter or page filters nothing, or is said to be wrong.
    """
    wrong = []
    for shift, (name, (method, template, _)) in enumerate(MATRIX.items()):
        address = _address(template, numbers).partition("?")[0]
        tries = [("post", address, NUL), (method, address, _odd(shift, 40 if method == "get" else None))]
        beyond = re.sub(r"(?<=/)\d+(?=/)", HUGE, address)
        if beyond != address:
            tries.append((method, beyond, {}))
        for how, where, fields in tries:
            status = send(name, how, where, fields)
            if status >= 500 or (where == beyond != address and status not in (403, 404, 409, 422)):
                wrong.append((name, how, where, status))
    assert wrong == []


BODIES = (
    (b'{"note": "x"}', "application/json"),
    (b"note=" + b"x" * (10 * 1024 * 1024), "application/x-www-form-urlencoded"),
    (b"note=x&" * 100_000, "application/x-www-form-urlencoded"),
    (b"note=x", "application/x-www-form-urlencoded; charset=utf-7"),
    (b"note=x", "multipart/form-data"),
    (b"--a\r\nContent-Disposition: form-data; name=\"note\"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--a--",
     "multipart/form-data; boundary=a"),
    (b"note=x", "text/plain; charset=utf-16"),
)


def test_a_body_that_is_no_form_stores_nothing_and_is_answered_in_the_readers_language(
    world: World, browser_of: Open
) -> None:
    """Refused with a page of ours, whatever it claims to be. A lone surrogate is U+FFFD before anybody reads it."""
    client, address = browser_of(world.reviewers[0]), f"/console/cases/K{in_review():06d}/notes/"
    for body, kind in BODIES:
        answer = client.generic("POST", address, body, content_type=kind, headers={"HX-Request": "true"})
        assert answer.status_code in (400, 413, 422), kind
        assert (answer["Content-Language"], b"jaga" in answer.content.lower()) == ("en", True), kind
    assert not CaseNote.objects.exists()
    client.generic("POST", address, b"note=a%ed%a0%80%ff", content_type="application/x-www-form-urlencoded")
    assert set(CaseNote.objects.get().text) == {"a", "\ufffd"}
