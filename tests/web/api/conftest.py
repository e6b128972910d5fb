"""An operator's installation with one platform, and practice authorities whose officers hold keys."""

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from tests.copied_world import copied
from tests.factories import CALLED, clear

from jaga.core.actors import CLI, Actor
from jaga.core.clock import now
from jaga.core.platforms import Capabilities, Capability
from jaga.core.standard_webhooks import PrivateKey, sign
from jaga.core.terms.cases import Step
from jaga.core.terms.people import Language, OrganisationKind, Role
from jaga.people.verbs.api_keys import issue_officer_key, register_signing_key
from jaga.people.verbs.officers import register_officer
from jaga.people.verbs.people import (
    NewPerson,
    NewPlatform,
    actor_for,
    create_organisation,
    create_person,
    register_platform,
)
from jaga.policy.release import load_release
from jaga.web.api import auth
from jaga.web.api import guard as quotas

PNG = b"\x89PNG\r\n\x1a\n" + b"invented pixels"
PDF = b"%PDF-1.7 invented letter"


@dataclass(frozen=True)
class Caller:
    """An officer's program: the key, and a client that follows no redirect and raises exceptions."""

    person_id: int
    actor: Actor
    key_id: int
    secret: str = field(repr=False)
    signing: PrivateKey = field(default_factory=PrivateKey.generate, repr=False)

    def get(self, path: str, **headers: str) -> Any:
        return Client().get(f"/api/v1{path}", headers={"Authorization": f"Bearer {self.secret}", **headers})

    def post(self, path: str, body: object, *, signed: bool = True, **headers: str) -> Any:
        """Send a request signed with the officer's own key, unless the test says otherwise."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")
        sent_headers = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            **(self.signature(raw) if signed else {}),
            **headers,
        }
        return Client().post(f"/api/v1{path}", data=raw, content_type="application/json", headers=sent_headers)

    def signature(self, raw: bytes, id_: str = "", at: datetime | None = None) -> dict[str, str]:
        """The three Standard Webhooks headers for these bytes."""
        return sign(self.signing, id_ or f"msg_{token_hex(8)}", at or now(), raw)


@dataclass(frozen=True)
class World:
    """Everyone who takes part in these tests."""

    police: Caller
    colleague: Caller
    ministry: Caller
    agency: Caller
    reviewers: tuple[Actor, Actor]


@pytest.fixture(autouse=True)
def _no_static_files(settings: Any, tmp_path: Path) -> None:
    """The API serves no static files; an empty folder keeps WhiteNoise from warning."""
    settings.STATIC_ROOT = str(tmp_path)


@pytest.fixture(autouse=True)
def _nothing_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clear the caches of keys and counters, so that tests do not see each other's calls."""
    monkeypatch.setattr(auth, "KEPT_SECONDS", 0.0)
    auth.forget_keys()
    auth.WRONG_KEYS.clear()
    quotas.forget_counts()


@pytest.fixture
def one_connection() -> Iterator[None]:
    """The test's transaction is in it, so it must not go back to the pool between two requests."""
    signals = request_started, request_finished
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return copied(_make_world)


def _make_world() -> World:
    operator = create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    kinds = {
        kind: create_organisation(f"Latihan {kind.value}", kind, practice=True, actor=CLI)
        for kind in (OrganisationKind.POLICE, OrganisationKind.MINISTRY, OrganisationKind.AGENCY)
    }
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(NewPlatform("contoh", "Obrolan Contoh", operator.pk, "localhost", able, practice=True), actor=CLI)

    def officer(name: str, kind: OrganisationKind) -> Caller:
        new = NewPerson(name, name, kinds[kind].pk, (Role.OFFICER,), language=Language.INDONESIAN)
        person = create_person(new, actor=CLI)
        key = issue_officer_key(person.pk, actor=CLI)
        register_officer(person.pk, CALLED, actor=CLI)
        signing = PrivateKey.generate()
        register_signing_key(signing.public.text(), actor=actor_for(person))
        return Caller(person.pk, actor_for(person), key.key_id, key.secret, signing)

    def reviewer(name: str) -> Actor:
        made = actor_for(create_person(NewPerson(name, name, operator.pk, (Role.REVIEWER,)), actor=CLI))
        clear(made)
        return made

    return World(
        officer("budi", OrganisationKind.POLICE),
        officer("citra", OrganisationKind.POLICE),
        officer("dewi", OrganisationKind.MINISTRY),
        officer("eko", OrganisationKind.AGENCY),
        (reviewer("fitri"), reviewer("gani")),
    )


def fitting_basis(kind: OrganisationKind = OrganisationKind.POLICE, on: date | None = None) -> str:
    """A legal basis that this authority may invoke for advertising on that day."""
    return load_release().legal_bases_for("prostitution_advertising", on or now().date(), kind)[0].key


def complete(**changes: object) -> dict[str, object]:
    """A request with everything that MR5 art. 16(4) asks for."""
    body: dict[str, object] = {
        "platform": "contoh",
        "account": "@iklan:localhost",
        "category": "prostitution_advertising",
        "letter_number": "B/17/2026",
        "letter_date": now().date().isoformat(),
        "legal_basis": fitting_basis(),
        "legal_analysis": "Akun ini mengiklankan layanan pada ruang umum.",
        "locator": "https://matrix.to/#/@iklan:localhost",
        "screenshots": [b64encode(PNG).decode()],
        "letter": b64encode(PDF).decode(),
        "text": "open BO, nego",
    }
    return {**body, **changes}
