"""Garbage at every public address and at the hooks, by somebody who holds what opens it: refused, and never a fault.

The console's and the API's addresses have their own: `tests/web/console/frame/test_garbage.py`,
`tests/web/api/test_hostile.py`.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver
from tests.factories import clear
from tests.rooms import PACKAGE, files_of
from tests.web.public.conftest import World

from jaga.app.urls import urlpatterns
from jaga.core.actors import SYSTEM
from jaga.core.terms.reports import Danger
from jaga.referrals.verbs import referrals, replies
from jaga.store.codes import referral_code, referral_secret
from jaga.web.strangers import WRONG

OWN_TESTS = ("console/", "api/")
_IN_TEMPLATES = re.compile(r'name="(\w+)"')
_IN_VIEWS = re.compile(r'(?:POST|FILES|said|asked)\.get(?:list)?\("(\w+)"')
_STEPS = re.compile(r'name="step"\s+value="(\w+)"')
HUGE = str(10**30)
ODD = (
    "a\x00b",
    "0",
    "-1",
    str(2**63 - 1),
    HUGE,
    "\uff11\uff12",
    "NaN",
    "9999-12-31",
    "0000-00-00",
    "%(name)s %",
    "\ufffd\u202e\u2028",
    "x" * 7000,
)
LARGE = b"x" * (10 * 1024 * 1024)
BODIES = (
    (b'{"step": "send"}', "application/json"),
    (b"text=" + LARGE, "application/x-www-form-urlencoded"),
    (b"text=x&" * 100_000, "application/x-www-form-urlencoded"),
    (b"text=a%00b%ff%ed%a0%80", "application/x-www-form-urlencoded"),
    (b"text=x", "application/x-www-form-urlencoded; charset=utf-7"),
    (b"text=x", "multipart/form-data"),
    (
        b'--a\r\nContent-Disposition: form-data; name="text"\r\nContent-Transfer-Encoding: base64\r\n\r\n!\r\n--a--',
        "multipart/form-data; boundary=a",
    ),
    (LARGE, "application/octet-stream"),
    (b"\xff\x00{", "x"),
)


def _addresses(patterns: Sequence[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    for one in patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            if not str(one.pattern).startswith(OWN_TESTS):
                yield from _addresses(one.url_patterns, here)
        else:
            yield here


ADDRESSES = sorted(_addresses(urlpatterns))
SOURCES = [
    file.read_text()
    for file in (
        *(PACKAGE / "web/templates/public").rglob("*.html"),
        *(PACKAGE / "web/templates/parts").rglob("*.html"),
    )
]
VIEWS = files_of("public", "hooks", "strangers").values()
FIELDS = sorted(
    {name for text in SOURCES for name in _IN_TEMPLATES.findall(text)}
    | {
        name
        for file in files_of("public", "hooks", "strangers").values()
        for name in _IN_VIEWS.findall(file.read_text())
    }
)
STEPS = ["", *sorted({step for text in SOURCES for step in _STEPS.findall(text)} | {"ask", "keep", "evidence"})]
FILES = ("screenshots", "pictures", "chat")


@pytest.fixture
def holds(
    world: World,
    form: Callable[..., dict[str, Any]],
    client: Client,
    settings: Any,
) -> dict[str, dict[str, str]]:
    """The code or key for an address, by its beginning; the browser has a visit to a report open."""
    settings.JAGA_SMTP, settings.JAGA_RECEIVER_MAIL = True, {"child_protection_office": "uptd@contoh.example"}
    client.post("/follow/", {"receipt": world.report(account="@satu:contoh.test").receipt})
    closed = world.close(world.report(account="@dua:contoh.test").case_id)
    clear(world.reviewers[0])
    number = referrals.refer_at_once(
        world.report(account="@tiga:contoh.test", category="violence_against_children").case_id,
        referrals.NewReferral("child_protection_office", Danger.CHILD, "Anak mungkin disakiti malam ini juga."),
        actor=world.reviewers[0],
    )
    replies.send_referral(number, actor=SYSTEM)
    return {
        "/report/": {key: str(value) for key, value in form().items()},
        "/appeal/": {"code": closed},
        f"/referral/{referral_secret(number)}/": {"code": referral_code(number)},
        "/language/": {"to": "en"},
        "/": {},
    }


def _places(holds: dict[str, dict[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every address with the fields that open it."""
    secret = next(one for one in holds if one.startswith("/referral/"))
    for template in ADDRESSES:
        address = (
            template.replace("/referral/<str:secret>/", secret)
            .replace("<slug:slug>", "contoh")
            .replace("<slug:platform>", "contoh")
        )
        yield address, next(fields for start, fields in holds.items() if address.startswith(start))


@pytest.fixture
def status(client: Client) -> Callable[..., int]:
    """Send one request and roll back its effect; returns the status, and raises a server error."""

    def sent(address: str, fields: object, kind: str = "") -> int:
        with transaction.atomic():
            answer = (
                client.generic("POST", address, fields, content_type=kind) if kind else client.post(address, fields)
            )
            transaction.set_rollback(True)
        cache.clear()
        WRONG.clear()
        return int(answer.status_code)

    return sent


def test_no_step_and_no_field_of_a_public_form_is_a_fault(
    holds: dict[str, dict[str, str]], status: Callable[..., int]
) -> None:
    """Every step of every form, with odd values in all fields except those that open it, and then in each of these."""
    assert len(FIELDS) > 20
    wrong = []
    for shift, (address, opens) in enumerate(_places(holds)):
        tries = [
            {**{field: ODD[(place + shift) % len(ODD)] for place, field in enumerate(FIELDS)}, **opens, "step": step}
            for step in STEPS
        ]
        tries += [{**opens, "step": "send", field: odd} for field in opens for odd in (ODD[0], HUGE, ODD[-1])]
        tries.append(dict.fromkeys(FIELDS, ODD[0]))
        wrong += [(address, fields.get("step")) for fields in tries if status(address, fields) >= 500]
    assert wrong == []


def test_no_kind_of_body_is_a_fault_at_a_public_address(
    holds: dict[str, dict[str, str]], status: Callable[..., int]
) -> None:
    """Ten megabytes, other content types, and files in text fields."""
    wrong = []
    for address, opens in _places(holds):
        wrong += [(address, kind) for body, kind in BODIES if status(address, body, kind) >= 500]
        mixed = {field: "x\x00" if field in FILES else SimpleUploadedFile("a.txt", b"\x00\xff") for field in FIELDS}
        wrong += [(address, "files")] * (status(address, {**mixed, **opens}) >= 500)
        large = {field: SimpleUploadedFile("a.png", LARGE) for field in FILES}
        wrong += [(address, "large")] * (status(address, {**opens, **large, "step": "send"}) >= 500)
    assert wrong == []
