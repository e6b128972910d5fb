"""Passkey answers that no browser would send: each is refused without a server error. In a browser:
test_factors_in_the_….
"""

import json
from dataclasses import replace

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from tests.factories import World
from tests.web.console.factors import PASSWORD, exempt, with_password
from tests.web.console.soft_key import SoftKey

from jaga.core.actors import Actor
from jaga.people.models import FactorTries
from jaga.people.verbs import second_factor
from jaga.store.models import GuessCount, LedgerEntry

ANSWER = "second_factor_passkey"
ADD = "/console/factors/passkey/"


def signing_in(actor: Actor) -> Client:
    """A client at localhost that has passed the password step."""
    client = Client(SERVER_NAME="localhost")
    client.cookies["jaga_language"] = "en"
    GuessCount.objects.all().delete()
    FactorTries.objects.all().delete()
    client.post("/console/sign-in/", {"username": with_password(actor), "password": PASSWORD})
    return client


def add(client: Client, key: SoftKey, **more: str) -> int:
    """Add the key on the page; returns the status."""
    options = client.get(ADD).context["new_passkey"]
    return int(client.post(ADD, {"credential": key.create(options), **more}).status_code)


def use(client: Client, key: SoftKey) -> int:
    """Use the key at the second step."""
    options = client.get("/console/second-factor/").context["passkey_options"]
    return int(client.post("/console/second-factor/", {ANSWER: key.get(options)}).status_code)


@pytest.fixture
def owner(world: World) -> Actor:
    exempt(world.reviewers[0])
    return world.reviewers[0]


def test_a_key_is_added_and_used_and_removed(owner: Actor) -> None:
    """With its name, in the ledger; the first passkey comes with recovery codes."""
    client, key = signing_in(owner), SoftKey()
    assert add(client, key, name="Kunci <di> laci") == 302
    assert "Kunci &lt;di&gt; laci" in client.get("/console/factors/").content.decode()
    assert len(client.get("/console/factors/codes/").context["codes"]) == second_factor.RECOVERY_CODES
    again = signing_in(owner)
    assert again.get("/console/queue/").status_code == 302
    assert use(again, key) == 302
    assert again.get("/console/queue/").status_code == 200
    row = Authenticator.objects.get(user_id=owner.person_id, type=Authenticator.Type.WEBAUTHN)
    assert (row.data["uses"], row.last_used_at is not None) == (1, True)
    assert again.post("/console/factors/remove/", {"passkey": row.pk}).status_code == 302
    assert not Authenticator.objects.filter(user_id=owner.person_id).exists()
    verbs = list(LedgerEntry.objects.order_by("-pk").values_list("verb", flat=True)[:2])
    assert verbs == ["remove_second_factor", "add_second_factor"]


@pytest.mark.parametrize(
    "key",
    [
        SoftKey(origin="http://jahat.localhost"),
        SoftKey(origin="https://localhost"),
        SoftKey(origin="http://localhost:1"),
        SoftKey(site="jahat.example", origin="https://jahat.example"),
        SoftKey(verifies=False),
    ],
    ids=["a host below ours", "another scheme", "another port", "another site", "nobody's finger, face or PIN"],
)
def test_a_key_of_elsewhere_or_of_nobody_is_refused(owner: Actor, key: SoftKey) -> None:
    """Both when it is registered and when it is used."""
    client, good = signing_in(owner), SoftKey(number=key.number, key=key.key)
    assert add(client, key) == 422
    assert not second_factor.has_factor(owner.person_id or 0)
    assert add(client, good) == 302
    assert use(signing_in(owner), key) == 422
    assert use(signing_in(owner), good) == 302


def test_a_copied_key_falls_behind(owner: Actor) -> None:
    """A counter lower than the last one is refused."""
    key = SoftKey()
    add(signing_in(owner), key)
    copy = key.copy()
    assert use(signing_in(owner), key) == 302
    assert use(signing_in(owner), copy) == 422


def test_one_answer_opens_once_and_for_its_owner(world: World, owner: Actor) -> None:
    """Another page's challenge, the same answer again, somebody else's key and an altered key are refused."""
    other = world.reviewers[1]
    exempt(other)
    key, theirs = SoftKey(), SoftKey()
    add(signing_in(owner), key)
    add(signing_in(other), theirs)
    client = signing_in(owner)
    old = client.get("/console/second-factor/").context["passkey_options"]
    fresh = client.get("/console/second-factor/").context["passkey_options"]
    answer = key.get(fresh)
    forged = json.loads(answer)
    forged["response"]["signature"] = json.loads(theirs.get(fresh))["response"]["signature"]
    for wrong in (key.get(old), theirs.get(fresh), json.dumps(forged), answer[:-40], "{}"):
        client = signing_in(owner)
        client.get("/console/second-factor/")
        assert client.post("/console/second-factor/", {ANSWER: wrong}).status_code == 422
    client = signing_in(owner)
    answer = key.get(client.get("/console/second-factor/").context["passkey_options"])
    assert client.post("/console/second-factor/", {ANSWER: answer}).status_code == 302
    client.get("/console/confirm/")
    assert client.post("/console/confirm/", {ANSWER: answer}).status_code == 422


def test_odd_answers_are_no_fault(owner: Actor) -> None:
    """Answers that no browser sends are refused, and nothing of them is stored."""
    client, key = signing_in(owner), SoftKey()
    good = json.loads(key.create(client.get(ADD).context["new_passkey"]))
    odd = [
        "",
        "x",
        "[]",
        "{}",
        "null",
        "[" * 30_000,
        '{"id": 1}',
        json.dumps({**good, "rawId": "AA"}),
        json.dumps({**good, "response": {}}),
        json.dumps({**good, "response": None}),
        json.dumps({**good, "response": {**good["response"], "attestationObject": "AA"}}),
        json.dumps({**good, "response": {**good["response"], "attestationObject": "oA"}}),
        json.dumps({**good, "response": {**good["response"], "clientDataJSON": "e30"}}),
        json.dumps({**good, "x": "\x00"}),
        json.dumps({**good, "x": "y" * 30_000}),
    ]
    for one in odd:
        assert client.post(ADD, {"credential": one}).status_code == 422, one[:80]
    for name in ("x" * 61, "\x00"):
        assert add(client, key, name=name) == 422
    assert not second_factor.has_factor(owner.person_id or 0)
    assert add(client, key) == 302
    shown = json.loads(key.get(json.dumps({"challenge": "AA"})))
    for change in (
        {"rawId": "AA"},
        {"response": None},
        {"response": {**shown["response"], "authenticatorData": "AA"}},
        {"response": {**shown["response"], "signature": "AA"}},
        {"id": None},
        {"type": 7},
    ):
        thief = signing_in(owner)
        thief.get("/console/second-factor/")
        sent = json.dumps({**shown, **change})
        assert thief.post("/console/second-factor/", {ANSWER: sent}).status_code == 422, sent


@pytest.mark.parametrize("more", ['"\\ud800"', '{"\\ud800": 1}', "NaN", "1e999", "7" * 5000, "[" * 900 + "]" * 900])
def test_json_that_no_database_stores_is_no_fault(owner: Actor, more: str) -> None:
    """JSON with NUL or lone surrogates, beside a valid key, in unverified fields, and in place of the key."""
    client, key = signing_in(owner), SoftKey()
    for name in ("x", "clientExtensionResults", "id", "type", "response"):
        good = key.create(client.get(ADD).context["new_passkey"])
        assert client.post(ADD, {"credential": f'{good[:-1]}, "{name}": {more}}}'}).status_code in (302, 422), name
    for row in Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN):
        assert set(row.data["credential"]) == {"id", "rawId", "type", "response"}
    add(client, key)
    options = signing_in(owner).get("/console/second-factor/").context["passkey_options"]
    sent = f'{key.get(options)[:-1]}, "x": {more}}}'
    assert signing_in(owner).post("/console/second-factor/", {ANSWER: sent}).status_code == 422


def test_ten_keys_are_enough(owner: Actor) -> None:
    """The eleventh is refused with a sentence."""
    client = signing_in(owner)
    for _ in range(second_factor.MOST_PASSKEYS):
        assert add(client, replace(SoftKey())) == 302
    assert add(client, SoftKey()) == 409
    assert Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).count() == second_factor.MOST_PASSKEYS
