"""Forged requests over HTTP: each is held or refused, no account is closed, no case is opened, and no data is
returned.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.web.api.conftest import PDF, PNG, Caller, World, complete, fitting_basis

from jaga.appeals.models import Disclosure
from jaga.authorities.api.orders import as_new_order
from jaga.authorities.models import HeldRequest, Order, SigningKey
from jaga.authorities.verbs import held_requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, Actor
from jaga.core.clock import now
from jaga.core.standard_webhooks import PrivateKey, sign
from jaga.core.terms.outside import HeldReason, HeldState
from jaga.core.terms.people import OrganisationKind, Role
from jaga.people.models import OfficerRegistration, Organisation
from jaga.people.verbs.api_keys import register_signing_key, revoke_officer_key, revoke_signing_key
from jaga.people.verbs.officers import suspend
from jaga.people.verbs.people import NewPerson, actor_for, create_person
from jaga.store import vault


def order(*accounts: str, **changes: object) -> dict[str, object]:
    """One letter about several accounts."""
    body = {
        name: value
        for name, value in complete().items()
        if name not in ("platform", "account", "category", "locator", "screenshots", "text")
    }
    rows = [
        {
            "platform": "contoh",
            "account": account,
            "category": "prostitution_advertising",
            "locator": account,
            "screenshots": [b64encode(PNG).decode()],
        }
        for account in accounts or ("@satu:localhost", "@dua:localhost")
    ]
    return {**body, "accounts": rows, **changes}


def raw(body: object) -> bytes:
    return json.dumps(body).encode()


def nothing_followed() -> None:
    assert not Case.objects.exists()
    assert not Report.objects.exists()
    assert not Order.objects.exists()
    assert not Action.objects.exists()
    assert not Disclosure.objects.exists()


def held_for(answer: Any, reason: HeldReason) -> HeldRequest:
    assert answer.status_code == 202, answer.content
    body = answer.json()
    assert body["reason"] == reason
    assert body["sentence"]
    assert body["remedy"]
    row = HeldRequest.objects.get()
    assert (row.number, row.reason, row.state) == (body["held"], reason, HeldState.HELD)
    return row


def stranger_signs(caller: Caller, body: bytes) -> dict[str, str]:
    return sign(PrivateKey.generate(), "msg_forged", now(), body)


FORGERIES: dict[HeldReason, Callable[[Caller, bytes], dict[str, str]]] = {
    HeldReason.NOT_SIGNED: lambda caller, body: {},
    HeldReason.WRONG_SIGNATURE: stranger_signs,
    HeldReason.STALE_SIGNATURE: lambda caller, body: caller.signature(body, at=now() - timedelta(minutes=6)),
}


@pytest.mark.parametrize("path", ["/requests", "/orders"])
@pytest.mark.parametrize("reason", FORGERIES)
def test_a_bearer_key_alone_files_nothing(world: World, path: str, reason: HeldReason) -> None:
    """A call with a stolen key and no signature gets only a number, and a person is asked to telephone the
    authority.
    """
    body = raw(complete() if path == "/requests" else order())
    answer = world.police.post(path, body, signed=False, **FORGERIES[reason](world.police, body))
    row = held_for(answer, reason)
    nothing_followed()
    assert vault.unseal(row.body_sha256, None) == body
    assert row.officer_id == world.police.person_id


def test_one_changed_byte_is_a_wrong_signature(world: World) -> None:
    """The signature covers the exact body, so another account in it invalidates it."""
    body = raw(complete())
    changed = body.replace(b"@iklan:localhost", b"@orang:localhost")
    held_for(
        world.police.post("/requests", changed, signed=False, **world.police.signature(body)),
        HeldReason.WRONG_SIGNATURE,
    )
    nothing_followed()


def test_another_officers_signature_proves_nothing(world: World) -> None:
    """Each officer signs for themselves, even within one agency."""
    body = raw(complete())
    held_for(
        world.police.post("/requests", body, signed=False, **world.colleague.signature(body)),
        HeldReason.WRONG_SIGNATURE,
    )
    nothing_followed()


def test_a_key_that_was_taken_back_signs_nothing(world: World) -> None:
    """A revoked signing key is refused, both the only one and one beside a valid key."""
    revoke_signing_key(SigningKey.objects.get(officer_id=world.police.person_id).pk, actor=world.police.actor)
    held_for(world.police.post("/requests", complete()), HeldReason.REVOKED_SIGNING_KEY)
    register_signing_key(PrivateKey.generate().public.text(), actor=world.police.actor)
    assert world.police.post("/requests", complete(text="lain")).json()["reason"] == "revoked_signing_key"
    nothing_followed()


@pytest.mark.parametrize("how", ["expired", "suspended"])
def test_an_officer_out_of_standing_files_nothing(world: World, how: str) -> None:
    """A correct signature with a valid key is refused if the officer's registration has ended."""
    if how == "suspended":
        suspend(world.police.person_id, "Diminta oleh instansi.", actor=CLI)
        held_for(world.police.post("/requests", complete()), HeldReason.NOT_IN_STANDING)
    else:
        OfficerRegistration.objects.filter(person_id=world.police.person_id).update(
            registered_at=now() - timedelta(days=9), expires_at=now() - timedelta(seconds=1)
        )
        held_for(world.police.post("/requests", complete()), HeldReason.NOT_IN_STANDING)
    nothing_followed()


def test_a_basis_of_another_authority_is_held(world: World) -> None:
    """A basis that only the police and the ministry may invoke is held when an agency uses it; an unknown basis is a
    plain error.
    """
    held_for(world.agency.post("/requests", complete()), HeldReason.WRONG_AGENCY)
    assert world.agency.post("/requests", complete(legal_basis="kuhp_426_427")).status_code == 422
    nothing_followed()


def test_a_letter_unlike_its_hash_is_held(world: World) -> None:
    """The authority's own system may give the hash of the letter that it sealed; a different letter is held."""
    named = hashlib.sha256(b"%PDF-1.7 the letter as it was").hexdigest()
    held_for(world.police.post("/orders", order(letter_sha256=named)), HeldReason.CHANGED_LETTER)
    nothing_followed()
    right = hashlib.sha256(PDF).hexdigest()
    assert world.police.post("/orders", order(letter_sha256=right.upper())).status_code == 201


def test_a_replayed_number_is_held_and_a_repeat_is_not(world: World) -> None:
    """Numbers are compared without case and spaces; the identical letter again is answered as a repeat."""
    assert world.police.post("/orders", order()).status_code == 201
    again = world.police.post("/orders", order())
    assert (again.status_code, again.json()["code"]) == (409, "request_repeated")
    answer = world.police.post("/orders", order("@lain:localhost", letter_number=" b/17 / 2026"))
    held_for(answer, HeldReason.REPLAYED_NUMBER)
    assert world.colleague.post("/orders", order()).json()["reason"] == "replayed_number"
    assert (Order.objects.count(), Report.objects.count()) == (1, 2)


def test_a_recorded_message_is_not_taken_twice(world: World) -> None:
    """A webhook id is accepted once, also with another correctly signed body."""
    first = raw(complete())
    signed = world.police.signature(first, id_="msg_once")
    assert world.police.post("/requests", first, signed=False, **signed).status_code == 201
    second = raw(complete(letter_number="B/18/2026", account="@lain:localhost"))
    answer = world.police.post("/requests", second, signed=False, **world.police.signature(second, id_="msg_once"))
    held_for(answer, HeldReason.REPLAYED_MESSAGE)
    assert Report.objects.count() == 1


def test_a_stranger_is_refused_and_the_letter_is_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is 401, and the letter is kept as evidence. The number kept per network is limited."""
    monkeypatch.setattr(held_requests, "MOST_OF_A_NETWORK", 2)
    for number in range(4):
        answer = Client().post(
            "/api/v1/requests",
            raw(complete(letter_number=f"B/{number}")),
            "application/json",
            headers={"Authorization": "Bearer jaga_unknown"},
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "key_unknown")
    rows = HeldRequest.objects.order_by("pk")
    assert [row.claimed["letter_number"] for row in rows] == ["B/0", "B/1"]
    assert {(row.reason, row.officer_id) for row in rows} == {(HeldReason.UNKNOWN_SENDER, None)}
    assert "127.0.0" not in str(HeldRequest.objects.values())
    nothing_followed()


def letter_of_stranger(address: str = "127.0.0.1", key: str = "jaga_unknown", **changes: object) -> Any:
    return Client(REMOTE_ADDR=address).post(
        "/api/v1/requests", raw(complete(**changes)), "application/json", headers={"Authorization": f"Bearer {key}"}
    )


def test_a_large_letter_is_kept_only_where_its_key_was_given_out(world: World) -> None:
    """Only a key that was once issued may leave a large letter: its holder may be an officer whose key has just expired
    and who sends pictures.
    """
    large = b64encode(PNG + b"x" * 300_000).decode()
    assert letter_of_stranger(screenshots=[large]).json()["code"] == "key_unknown"
    assert not HeldRequest.objects.exists()
    revoke_officer_key(world.police.key_id, actor=CLI)
    assert letter_of_stranger(key=world.police.secret, screenshots=[large]).json()["code"] == "key_revoked"
    assert HeldRequest.objects.get().body_size > 300_000


def test_no_network_fills_the_store_of_held_letters(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each network has a share in bytes; when it is used up, letters of other networks are still kept."""
    monkeypatch.setattr(held_requests, "MOST_BYTES_OF_A_NETWORK", 2 * len(raw(complete())))
    for number in range(5):
        letter_of_stranger("192.0.2.7", letter_number=f"B/{number}")
    assert HeldRequest.objects.count() == 2
    letter_of_stranger("198.51.100.7", letter_number="B/9")
    assert HeldRequest.objects.count() == 3


def test_wrong_keys_are_counted_by_network(world: World) -> None:
    """Too many wrong keys are refused unread, with the time to wait; valid keys in that network and other networks
    still work.
    """
    codes = [letter_of_stranger("192.0.2.7", letter_number=f"B/{number}").json()["code"] for number in range(25)]
    assert codes == ["key_unknown"] * 20 + ["too_many_wrong_keys"] * 5
    refused = letter_of_stranger("192.0.2.99")
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 6
    assert letter_of_stranger("198.51.100.7").status_code == 401
    assert letter_of_stranger("192.0.2.7", key=world.police.secret).status_code == 202


def test_the_same_bytes_are_held_once(world: World) -> None:
    """The same letter again takes no more space and gets the same number."""
    body = raw(complete())
    first, second = (world.police.post("/requests", body, signed=False).json() for _ in range(2))
    assert first == second
    assert HeldRequest.objects.count() == 1


def test_an_order_is_filed_whole_or_refused_account_by_account(world: World) -> None:
    """One bad account refuses the whole order, and nothing is stored; each refusal names its line."""
    body = order()
    rows: Any = body["accounts"]
    rows[1] |= {"account": "?", "locator": " ", "text": 5}
    rows.append(dict(rows[0]))
    answer = world.police.post("/orders", body)
    assert answer.status_code == 422
    assert {error["field"]: error["code"] for error in answer.json()["errors"]} == {
        "accounts.2.text": "wrong_type",
        "accounts.2.account": "not_an_account",
        "accounts.2.locator": "missing",
        "accounts.3.account": "twice",
    }
    nothing_followed()
    filed = world.police.post("/orders", order()).json()
    assert [Report.objects.get(pk=one["report_id"]).subject.account_id for one in filed["accounts"]] == [
        "@satu:localhost",
        "@dua:localhost",
    ]
    seen = world.police.get(f"/orders/{filed['order_id']}").json()
    assert (seen["accounts_total"], seen["decided"], seen["proof"]) == (2, 0, "signature")
    assert world.colleague.get(f"/orders/{filed['order_id']}").status_code == 404
    assert [one["number"] for one in world.police.get("/orders").json()["items"]] == [filed["number"]]


def test_answers_and_withdrawals_are_signed_too(world: World) -> None:
    """Unsigned answers and withdrawals are refused, and a signature for one address is invalid at another."""
    filed = world.police.post("/orders", order()).json()
    number, report = filed["order_id"], filed["accounts"][0]["report_id"]
    body = {"order_id": number, "why": "Keliru."}
    unsigned = world.police.post(f"/orders/{number}/withdrawal", body, signed=False)
    assert (unsigned.status_code, unsigned.json()["code"]) == (409, "not_signed")
    other = world.police.post(f"/orders/{number}/withdrawal", {**body, "order_id": number + 1})
    assert {error["field"] for error in other.json()["errors"]} == {"order_id"}
    answer = {"report_id": report, "text": "Ini tempatnya.", "locator": "https://matrix.to/#/@satu:localhost/2"}
    path = f"/requests/{report}/clarifications"
    assert world.police.post(path, answer, signed=False).json()["code"] == "not_signed"
    assert world.colleague.post(path, answer).status_code == 404
    assert world.police.post(path, answer).status_code == 201
    seen = world.police.get(path).json()
    assert (seen["locator"], [one["kind"] for one in seen["items"]]) == (answer["locator"], ["answer"])
    assert world.police.post(f"/orders/{number}/withdrawal", body).json() == {"accounts": 2}
    assert world.police.post(f"/orders/{number}/withdrawal", body).json()["code"] == "already_withdrawn"
    assert HeldRequest.objects.count() == 0


def supervisor() -> Actor:
    operator = Organisation.objects.get(kind=OrganisationKind.OPERATOR)
    return actor_for(create_person(NewPerson("hesti", "Hesti", operator.pk, (Role.SUPERVISOR,)), actor=CLI))


def test_what_is_released_is_the_officers_own(world: World) -> None:
    """After the telephone call the officer can follow the request, and the letter's number counts as used."""
    body = order(legal_basis=fitting_basis())
    held = HeldRequest.objects.get(pk=int(world.police.post("/orders", body, signed=False).json()["held"][1:]))
    assert world.police.get("/orders").json()["items"] == []
    boss = supervisor()
    held_requests.record_held_call(held.pk, "Kantor, nomor dari buku alamat: benar.", actor=boss)
    held_requests.release(held.pk, as_new_order(json.loads(raw(body)))[0], world.police.actor.name, actor=boss)
    (seen,) = world.police.get("/orders").json()["items"]
    assert (seen["proof"], seen["accounts_total"]) == ("call_back", 2)
    assert world.police.post("/orders", body).json()["code"] == "request_repeated"
