"""Garbage at every address of the console, by somebody who may open it: refused or passed over, and never a fault.

A new route is walked as soon as it stands in the matrix. Fields are those that any form, template or view of the
console names. `tests/web/public/test_garbage.py` and `tests/web/api/test_hostile.py` do the same outside the console.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from tests.factories import World, in_review, new_request
from tests.rooms import PACKAGE, files_of
from tests.web.console.conftest import Staff
from tests.web.console.frame.test_who_may_open_what import MATRIX, OPEN_TO_ALL, addresses

from jaga.app.console.urls import urlpatterns
from jaga.authorities.console.orders import as_body
from jaga.authorities.verbs import held_requests
from jaga.authorities.verbs import orders as requests
from jaga.authorities.verbs.held_requests import Arrived
from jaga.core.actors import Actor
from jaga.core.terms.cases import (
    AccountState,
    AppealWay,
    DecisionKind,
    Ground,
    HolderCheckKind,
    IdentityCheck,
    Step,
    UndoReason,
    VictimSay,
)
from jaga.core.terms.outside import AnswerKind, HeldReason
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Danger, ReferralOutcome
from jaga.queue.models import CaseNote
from jaga.queue.verbs import leases
from jaga.web.frame.forms import ConsoleForm

__all__ = ["addresses"]  # the fixture
Open = Callable[[Actor], Client]
ROOMS = ("console", "sections", "cases", "operations", "frame")
_IN_TEMPLATES = re.compile(r'name="(\w+)"')
_IN_VIEWS = re.compile(r'(?:(?:POST|GET|FILES|query)\.get(?:list)?\(|(?:POST|FILES)\[)"(\w+)"')
HUGE = str(10**30)
ODD = (
    "0",
    "-1",
    str(2**63 - 1),
    "999999999999999999",
    HUGE,
    "\uff11\uff12",
    "1_000",
    " 1",
    "NaN",
    "0000-00-00",
    "0001-01-01T00:00+14:00",
    "9999-12-31T23:59-14:00",
    "9999-12-31",
    "%(name)s %",
    "\ufffd\u202e\u2028",
    "x" * 7000,
)


def _forms(base: type[ConsoleForm]) -> Iterator[ConsoleForm]:
    for form in base.__subclasses__():
        if form.__module__.startswith("jaga."):
            yield form({}, prefix="1" if "add_prefix" in vars(form) else None)
        yield from _forms(form)


def _fields() -> list[str]:
    """The names of all fields."""
    assert urlpatterns  # all forms are defined
    sources = [(_IN_TEMPLATES, file) for file in (PACKAGE / "web/templates/console").rglob("*.html")]
    sources += [(_IN_VIEWS, file) for file in files_of(*ROOMS).values()]
    return sorted(
        {name for named, file in sources for name in named.findall(file.read_text())}
        | {form.add_prefix(name) for form in _forms(ConsoleForm) for name in form.fields}
    )


FIELDS = _fields()
NUL = dict.fromkeys(FIELDS, "a\x00b")
LARGE = b"x" * (10 * 1024 * 1024)
FILES = {"file": "batches", "letter": "new-order", "screenshots": "new-order"}
"""The fields that take a file, each with a route whose form has it."""


@pytest.fixture
def numbers(world: World, staff: Staff, addresses: dict[str, object]) -> dict[str, object]:
    """The parameters that `addresses` lacks: a run, a held request, a lease on the case, by the beginning of their
    addresses.
    """
    reviewer = staff.by_role[Role.REVIEWER]
    case_id = in_review(account="@sampah:localhost", source="198.51.100.7")
    leases.take_lease(case_id, actor=reviewer)
    _, raw = as_body(requests.as_order(new_request()))
    held = held_requests.hold_request(
        Arrived("orders", raw), HeldReason.NOT_SIGNED, officer_id=world.officer.person_id, actor=world.officer
    )
    return {**addresses, "reference": f"K{case_id:06d}", "/console/held-requests/1/": int(held[1:])}


def _address(template: str, numbers: dict[str, object]) -> str:
    for beginning, number in numbers.items():
        if beginning.startswith("/") and template.startswith(beginning):
            template = template.replace("/1/", f"/{number}/", 1)
    return template.format(**{name: value for name, value in numbers.items() if not name.startswith("/")})


@pytest.fixture
def send(staff: Staff, browser_of: Open) -> Callable[..., int]:
    """Send one request and roll back its effect; returns the status, and raises a server error."""
    clients = {role: browser_of(actor) for role, actor in staff.by_role.items()}

    def sent(name: str, method: str, address: str, fields: object, kind: str = "") -> int:
        allowed = MATRIX[name][2]
        client = clients[next((role for role in Role if role in allowed), Role.SUPERVISOR)]
        with transaction.atomic():
            answer: HttpResponse = (
                client.generic("POST", address, fields, content_type=kind)
                if kind
                else getattr(client, method)(address, fields)
            )
            transaction.set_rollback(True)
        cache.clear()
        return answer.status_code

    return sent


def _odd(shift: int, most: int | None = None) -> dict[str, str]:
    """An odd value for each field; another shift gives other values."""
    return {field: ODD[(place + shift) % len(ODD)][:most] for place, field in enumerate(FIELDS)}


def test_no_address_and_no_field_of_any_form_is_a_fault(numbers: dict[str, object], send: Callable[..., int]) -> None:
    """A huge number in the address gets 404; NUL and odd values in the fields are refused or harmless.

    A broken cursor, filter or page number is ignored or refused with a message.
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


CHOICES: dict[str, tuple[str, ...]] = {
    "step": (
        "cast",
        "retake",
        "restrict_now",
        "preview",
        "confirm",
        "outcome",
        "review",
        "told",
        "address",
        "release",
        "refuse",
        "approve",
        "reject",
        "retire",
        "reinstate",
        "again",
        *Step,
    ),
    "kind": (*DecisionKind, *AnswerKind, *HolderCheckKind),
    "act": ("demand", "forget", "leave"),
    "answer": ("no_sign", "may_be_minor", "same", "different"),
    "rests": ("rests", "stays"),
    "rightly": ("yes", "no"),
    "result": ("accept", "reject", "uphold", "overturn"),
    "outcome": tuple(ReferralOutcome),
    "state": tuple(AccountState),
    "danger": tuple(Danger),
    "reason": tuple(UndoReason),
    "way": tuple(AppealWay),
    "check": tuple(IdentityCheck),
    "ground": tuple(Ground),
    "victim": tuple(VictimSay),
    "restrict_now": ("1",),
    "received_on": ("2026-01-02",),
}
"""The fields whose value decides what a form does, with every value that one of their forms knows."""
CHOOSING = {
    "decide": ("step", "kind"),
    "preview": ("kind",),
    "undo": ("reason",),
    "youth-check": ("answer",),
    "decide-match": ("answer",),
    "appeal": ("result",),
    "appeal-new": ("way", "check"),
    "appeal-rest": ("rests",),
    "appeal-check": ("answer",),
    "referral": ("step",),
    "received-referral": ("step",),
    "refer-at-once": ("danger",),
    "in-person": ("kind",),
    "in-person-release": ("step",),
    "answer-notice": ("kind",),
    "record-check": ("state",),
    "decide-objection": ("result",),
    "tick": ("step",),
    "answer-by-hand": ("kind",),
    "decide-model": ("step",),
    "colleague": ("act",),
    "blind-review": ("kind",),
}
"""By route the fields that decide what its form does."""


def test_no_choice_with_garbage_beside_it_is_a_fault(numbers: dict[str, object], send: Callable[..., int]) -> None:
    """Every value that a form knows, with an oddity in all other fields: the action itself is reached."""
    wrong = []
    for shift, (name, deciding) in enumerate(CHOOSING.items()):
        address = _address(MATRIX[name][1], numbers)
        for turn in range(max(len(CHOICES[field]) for field in deciding)):
            chosen = {field: values[turn % len(values)] for field, values in CHOICES.items()}
            odd = ("a\x00b", HUGE, "")[(turn + shift) % 3]
            status = send(name, "post", address, {**dict.fromkeys(FIELDS, odd), **chosen})
            if status >= 500:
                wrong.append((name, chosen, odd, status))
    assert wrong == []


BODIES = (
    (b'{"note": "x"}', "application/json"),
    (b"note=" + LARGE, "application/x-www-form-urlencoded"),
    (b"note=x&" * 100_000, "application/x-www-form-urlencoded"),
    (b"note=x", "application/x-www-form-urlencoded; charset=utf-7"),
    (b"note=x", "multipart/form-data"),
    (
        b'--a\r\nContent-Disposition: form-data; name="note"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--a--',
        "multipart/form-data; boundary=a",
    ),
    (b"note=x", "text/plain; charset=utf-16"),
)


def test_a_body_that_is_no_form_stores_nothing_and_is_answered_in_the_readers_language(
    world: World, browser_of: Open
) -> None:
    """It gets an error page of the console, whatever content type it has. A lone surrogate is replaced by U+FFFD before
    it is read.
    """
    client, address = browser_of(world.reviewers[0]), f"/console/cases/K{in_review():06d}/notes/"
    for body, kind in BODIES:
        answer = client.generic("POST", address, body, content_type=kind, headers={"HX-Request": "true"})
        assert answer.status_code in (400, 413, 422), kind
        assert (answer["Content-Language"], b"jaga" in answer.content.lower()) == ("en", True), kind
    assert not CaseNote.objects.exists()
    client.generic("POST", address, b"note=a%ed%a0%80%ff", content_type="application/x-www-form-urlencoded")
    assert set(CaseNote.objects.get().text) == {"a", "\ufffd"}


def test_files_in_fields_of_texts_and_texts_in_fields_of_files_are_no_fault(
    numbers: dict[str, object], send: Callable[..., int]
) -> None:
    """At every address, also at those that only show a page: one half of the fields at one, the other at the next."""
    wrong = []
    for shift, (name, (_, template, _)) in enumerate(MATRIX.items()):
        address, forms = _address(template, numbers).partition("?")[0], name in CHOOSING
        for half in (0, 1) if forms else (shift % 2,):
            sent: dict[str, object] = {
                field: SimpleUploadedFile("a.txt", b"\x00\xff") if place % 2 == half and field not in FILES else "x\x00"
                for place, field in enumerate(FIELDS)
            }
            status = send(name, "post", address, sent)
            if status >= 500:
                wrong.append((name, shift, half, status))
    assert wrong == []


def test_ten_megabytes_are_refused_at_every_address(numbers: dict[str, object], send: Callable[..., int]) -> None:
    """As a form field they are not read. Under other content types, at every other address, they are refused as not
    being a form.
    """
    wrong = []
    for shift, (name, (_, template, _)) in enumerate(MATRIX.items()):
        address = _address(template, numbers).partition("?")[0]
        body, kind = BODIES[1] if shift % 2 else BODIES[shift // 2 % len(BODIES)]
        status = send(name, "post", address, body, kind)
        if status >= 500:
            wrong.append((name, kind, status))
    assert wrong == []


@pytest.mark.parametrize("field", FILES)
def test_a_file_of_ten_megabytes_is_refused_where_files_are_taken(
    field: str, numbers: dict[str, object], send: Callable[..., int]
) -> None:
    """Several of them too."""
    address = _address(MATRIX[FILES[field]][1], numbers)
    for many in (1, 3):
        sent = {**dict.fromkeys(FIELDS, "1"), field: [SimpleUploadedFile("a.png", LARGE) for _ in range(many)]}
        assert send(FILES[field], "post", address, sent) < 500


@pytest.mark.parametrize("name", sorted(OPEN_TO_ALL))
def test_what_nobody_is_signed_in_for_takes_garbage_too(name: str, client: Client, db: None) -> None:
    """Sign-in, sign-out and the link of an invitation."""
    address = {
        "sign-in": "/console/sign-in/",
        "sign-out": "/console/sign-out/",
        "invitation": f"/console/invitation/{'x' * 43}/",
    }[name]
    for fields in (NUL, _odd(0), _odd(1), {field: SimpleUploadedFile("a.txt", b"\x00") for field in FIELDS[:90]}):
        assert client.post(address, fields).status_code < 500
        cache.clear()
    for body, kind in BODIES:
        assert client.generic("POST", address, body, content_type=kind).status_code < 500
        cache.clear()
