"""Idempotency-Key: a repeated call has its effect once, and gets the first answer."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from tests.web.api.conftest import World, complete
from tests.web.api.test_reports import a_report

from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.standard_webhooks import PrivateKey, sign
from jaga.core.terms.people import KeyScope
from jaga.people.models import OfficerKey
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key, register_signing_key, revoke_officer_key
from jaga.store.kernel.once import (
    IDEMPOTENCY_KEPT,
    IdempotentRequest,
    StillRunning,
    StoredResponse,
    answer_once,
    forget_answers,
)
from jaga.store.models import LedgerEntry
from jaga.web.errors import problem
from jaga.webhooks.models import IdempotencyRecord

NAME = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def test_the_same_call_again_gets_the_same_answer_and_makes_nothing(world: World) -> None:
    """Receipt, number, promise and address are those of the first call; there is one report."""
    first = world.police.post("/reports", a_report(), **NAME)
    again = world.police.post("/reports", a_report(), **NAME)
    assert first.status_code == again.status_code == 201
    assert (again.content, again["Location"]) == (first.content, first["Location"])
    assert again["Idempotent-Replayed"] == "true"
    assert not first.has_header("Idempotent-Replayed")
    assert Report.objects.count() == 1
    assert LedgerEntry.objects.filter(verb="accept_report").count() == 1


def test_another_body_under_the_same_key_is_an_error(world: World) -> None:
    """Neither the old answer nor a new report; the same Idempotency-Key under another API key is independent."""
    world.police.post("/reports", a_report(), **NAME)
    answer = world.police.post("/reports", a_report(text="another"), **NAME)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_used")
    assert Report.objects.count() == 1
    assert world.agency.post("/reports", a_report(text="another"), **NAME).status_code == 201


def _acknowledged(world: World) -> dict[str, object]:
    first = world.police.post("/requests", complete(), **NAME)
    assert first.status_code == 201, first.content
    receipt: dict[str, object] = first.json()
    return receipt


def test_a_signed_call_repeated_and_signed_anew_gets_the_first_answer(world: World) -> None:
    """As Jaga's own client does: the same body with a new signing time."""
    first = _acknowledged(world)
    again = world.police.post("/requests", complete(), **NAME)
    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (201, first, "true")


def test_an_unsigned_repeat_never_gets_the_first_answer(world: World) -> None:
    """A caller with the bearer key and the Idempotency-Key who cannot sign learns neither receipt nor number."""
    first = _acknowledged(world)
    forged = sign(PrivateKey.generate(), "msg_forged", now(), json.dumps(complete()).encode())
    stale = world.police.signature(json.dumps(complete()).encode(), at=now() - timedelta(hours=1))
    colleagues = world.colleague.signature(json.dumps(complete()).encode())
    for headers in ({}, forged, stale, colleagues, {"webhook-id": "msg_1"}):
        answer = world.police.post("/requests", complete(), signed=False, **NAME, **headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_used")
        assert str(first["receipt"]) not in answer.content.decode()


def test_another_signing_key_of_the_same_officer_is_another_call(world: World) -> None:
    """The stored answer belongs to the signing key of the first call."""
    _acknowledged(world)
    other = PrivateKey.generate()
    register_signing_key(other.public.text(), actor=world.police.actor)
    headers = sign(other, "msg_other", now(), json.dumps(complete()).encode())
    answer = world.police.post("/requests", complete(), signed=False, **NAME, **headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_used")


def test_another_api_key_of_the_same_officer_gets_nothing_of_the_first(world: World) -> None:
    """Idempotency-Keys belong to one API key, and an expired key gets no stored answer."""
    first = _acknowledged(world)
    other = issue_officer_key(world.police.person_id, KeyTerms(), actor=CLI)
    answer = replace(world.police, secret=other.secret).post("/requests", complete(), **NAME)
    assert str(first["receipt"]) not in answer.content.decode()
    revoke_officer_key(world.police.key_id, actor=CLI)
    assert world.police.post("/requests", complete(), **NAME).status_code == 401


def test_a_key_that_opens_less_by_now_gets_no_kept_answer(world: World) -> None:
    """The key's rights and the officer's standing are part of the stored call."""
    first = _acknowledged(world)
    OfficerKey.objects.filter(pk=world.police.key_id).update(scopes=[KeyScope.REPORTS_WRITE.value])
    answer = world.police.post("/requests", complete(), **NAME)
    assert answer.status_code in (403, 422)
    assert str(first["receipt"]) not in answer.content.decode()


def test_batches_and_requests_are_made_once_too(world: World) -> None:
    """Every writing call accepts the header."""
    for _ in range(2):
        body = world.police.post("/reports/batch", {"reports": [a_report(), a_report()]}, **NAME).json()
        assert body["accepted"] == 2
    assert Report.objects.count() == 2
    answers = {
        world.ministry.post("/requests", complete(legal_basis="uu_ite_27_1"), **NAME).status_code for _ in range(2)
    }
    assert len(answers) == 1


def test_a_refusal_is_not_kept(world: World) -> None:
    """The corrected call may use the same key, because a refusal stores nothing."""
    assert world.police.post("/reports", a_report(category="unheard"), **NAME).status_code == 422
    assert not IdempotencyRecord.objects.exists()
    assert world.police.post("/reports", a_report(), **NAME).status_code == 201


def test_a_kept_answer_holds_no_receipt_that_the_database_could_tell(world: World) -> None:
    """The receipt is encrypted with a key outside the database; after two days the answer is deleted."""
    receipt = world.police.post("/reports", a_report(), **NAME).json()["receipt"]
    kept = IdempotencyRecord.objects.get()
    assert receipt.encode() not in bytes(kept.sealed)
    assert receipt not in str(kept.headers)
    assert forget_answers() == 0
    with frozen(now() + IDEMPOTENCY_KEPT + timedelta(minutes=1)):
        assert forget_answers() == 1
    assert world.police.post("/reports", a_report(), **NAME).status_code == 201
    assert Report.objects.count() == 2


def test_an_answer_that_cannot_be_opened_is_not_made_anew(world: World) -> None:
    """If the secret outside the database was replaced, the answer is a conflict, and the call is not repeated."""
    world.police.post("/reports", a_report(), **NAME)
    IdempotencyRecord.objects.update(sealed=b"sealed under another key")
    answer = world.police.post("/reports", a_report(), **NAME)
    assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_answer_lost")
    assert Report.objects.count() == 1


@pytest.mark.parametrize("name", ["", "x" * 201, "with space", "\u00e9"])
def test_unusable_keys_are_refused(world: World, name: str) -> None:
    """Nothing is stored for them."""
    answer = world.police.post("/reports", a_report(), **{"Idempotency-Key": name})
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_unusable")
    assert not Report.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_are_one_and_a_conflict(world: World) -> None:
    """While the first call runs, the second gets a conflict; afterwards it gets the first one's answer."""
    key = issue_officer_key(world.police.person_id, KeyTerms(), actor=CLI).key_id
    call, running, done = IdempotentRequest(key, "one", b"1" * 32), threading.Event(), threading.Event()

    def slow() -> StoredResponse:
        running.set()
        assert done.wait(10)
        return StoredResponse(201, {}, b"made")

    def first() -> None:
        try:
            answer_once(call, slow)
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert running.wait(10)
    with pytest.raises(StillRunning) as refused:
        answer_once(call, lambda: StoredResponse(201, {}, b"twice"))
    assert problem(refused.value)["Retry-After"] == "1"
    done.set()
    thread.join(10)
    again = answer_once(call, lambda: StoredResponse(201, {}, b"twice"))
    assert (again.body, again.repeated) == (b"made", True)


@pytest.mark.django_db(transaction=True)
def test_repeats_at_the_same_moment_get_the_first_answer(world: World) -> None:
    """Once it is stored, no repeat is told that the first call still runs, because another repeat is answered."""
    key = issue_officer_key(world.police.person_id, KeyTerms(), actor=CLI).key_id
    call = IdempotentRequest(key, "one", b"1" * 32)
    answer_once(call, lambda: StoredResponse(201, {}, b"made"))
    repeated, done = threading.Event(), threading.Event()

    def stays() -> None:
        try:
            with transaction.atomic():  # the lock of the first repeat is held until this ends
                answer_once(call, lambda: StoredResponse(201, {}, b"twice"))
                repeated.set()
                assert done.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=stays)
    thread.start()
    assert repeated.wait(10)
    try:
        again = answer_once(call, lambda: StoredResponse(201, {}, b"twice"))
    finally:
        done.set()
        thread.join(10)
    assert (again.body, again.repeated) == (b"made", True)


def test_answer_and_effect_are_one_commit(world: World) -> None:
    """If the effect is rolled back, so is the stored answer, and a repeat is carried out anew."""
    call = IdempotentRequest(issue_officer_key(world.police.person_id, actor=CLI).key_id, "two", b"2" * 32)

    class Killed(Exception):
        """The process ends before the commit."""

    def interrupted() -> None:
        with transaction.atomic():
            answer_once(call, lambda: StoredResponse(201, {}, b"made"))
            raise Killed

    with pytest.raises(Killed):
        interrupted()
    assert answer_once(call, lambda: StoredResponse(201, {}, b"anew")).body == b"anew"


def test_a_method_that_is_not_there_is_told_so_under_a_used_name_too(world: World) -> None:
    """TRACE or PUT with the Idempotency-Key of an earlier call gets 405, not a conflict."""
    world.police.post("/reports", a_report(), **NAME)
    for method in ("TRACE", "PUT", "DELETE", "PATCH"):
        answer = Client().generic(
            method, "/api/v1/reports", headers={"Authorization": f"Bearer {world.police.secret}", **NAME}
        )
        assert answer.status_code == 405, method
