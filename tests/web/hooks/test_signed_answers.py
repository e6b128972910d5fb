"""The endpoint for signed messages: a genuine, fresh and new message is accepted once; others change nothing."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.casework.operator_world import Operator, asked, asking, make_operator
from tests.examples import example_count
from tests.factories import World, make_world, rows, the_action

from jaga.actions.verbs import attempts
from jaga.cases.models.cases import Platform
from jaga.cases.models.decisions import Statement
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.platforms import OperatorAnswer
from jaga.core.standard_webhooks import HookKeyInvalid, PrivateKey, SharedSecret, answer_body, sign
from jaga.core.terms.cases import ActionKind, ActionState
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.operators.models import Notice, ReceivedHook
from jaga.operators.verbs import notices
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.store.models import LedgerEntry

KEY, NEXT_KEY, FOREIGN = (PrivateKey(bytes([number]) * 32) for number in (1, 2, 3))


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator("berkabar", "webhook", observes=True, keys=(KEY.public.text(), NEXT_KEY.public.text()))


@pytest.fixture
def notice(world: World, operator: Operator) -> Notice:
    return asked(world, operator)


def post(client: Client, body: bytes, headers: dict[str, str], platform: str = "berkabar") -> Any:
    return client.post(f"/hooks/{platform}/", body, content_type="application/json", headers=headers)


def says(notice: Notice, kind: AnswerKind = AnswerKind.DONE, text: str = "") -> bytes:
    return answer_body(OperatorAnswer(notice.number, kind, text))


def test_a_signed_answer_is_taken_and_looked_at(client: Client, notice: Notice) -> None:
    """No session and no CSRF token: the signature is the permission. The answer also confirms receipt, and the claim is
    verified.
    """
    body = says(notice)
    answer = post(client, body, sign(KEY, "answer_1", now(), body))
    assert (answer.status_code, answer.json()) == (200, {"number": notice.number, "repeat": False})
    taken = Notice.objects.get()
    assert (taken.state, taken.answer, taken.receipt_proof, taken.answered_by) == (
        NoticeState.ANSWERED,
        AnswerKind.DONE,
        "answer_1",
        None,
    )
    assert the_action(notice.case_id).state == ActionState.PENDING
    assert Statement.objects.get().delivered_at is not None
    entry = LedgerEntry.objects.get(verb="receive_hook")
    assert (entry.actor, entry.payload["answer"]) == ("platform:berkabar", "done")


def test_a_signed_receipt_starts_the_clock(client: Client, notice: Notice) -> None:
    """The software has received the notice; there is no answer yet."""
    body = json.dumps({"type": "jaga.receipt.v1", "number": notice.number}).encode()
    assert post(client, body, sign(KEY, "r1", now(), body)).status_code == 200
    assert Notice.objects.get().state == NoticeState.RECEIVED
    assert post(client, body, sign(KEY, "r1", now() + timedelta(seconds=2), body)).json()["repeat"] is True


def test_either_key_is_good_while_one_is_replaced(client: Client, notice: Notice, operator: Operator) -> None:
    """Both are valid until the old one is removed."""
    body = says(notice, AnswerKind.INVALID_LOCATOR, "Tidak ditemukan.")
    assert post(client, body, sign([FOREIGN, NEXT_KEY], "a1", now(), body)).status_code == 200
    Platform.objects.filter(name=operator.platform).update(hook_keys=[NEXT_KEY.public.text()])
    body = says(notice)
    assert post(client, body, sign(KEY, "a2", now(), body)).status_code == 401
    assert post(client, body, sign(NEXT_KEY, "a3", now(), body)).status_code == 200


def test_a_repeat_is_answered_and_a_recording_is_refused(client: Client, notice: Notice) -> None:
    """If the first answer was lost, the platform signs anew: 200, without effect. The same bytes again: 409."""
    body, at = says(notice), now()
    first = sign(KEY, "answer_1", at, body)
    assert post(client, body, first).status_code == 200
    before = {table: digest for table, digest in rows().items() if table != "records_receivedhook"}
    recording = post(client, body, first)
    assert (recording.status_code, recording.json()["code"]) == (409, "hook_repeated")
    repeat = post(client, body, sign(KEY, "answer_1", at + timedelta(seconds=5), body))
    assert (repeat.status_code, repeat.json()["repeat"]) == (200, True)
    other = says(notice, AnswerKind.REFUSED, "Berubah pikiran.")
    reused = post(client, other, sign(KEY, "answer_1", at + timedelta(seconds=9), other))
    assert (reused.status_code, reused.json()["code"]) == (409, "hook_repeated")
    assert {table: digest for table, digest in rows().items() if table != "records_receivedhook"} == before


def test_a_message_that_was_refused_may_come_again(client: Client, notice: Notice) -> None:
    """Only accepted messages are remembered, so a refusal uses up no id."""
    body = says(replace_number(notice, notice.pk + 7))
    assert post(client, body, sign(KEY, "answer_1", now(), body)).status_code == 404
    assert not ReceivedHook.objects.exists()


def replace_number(notice: Notice, number: int) -> Notice:
    copy = Notice.objects.get(pk=notice.pk)
    copy.pk = number
    return copy


def test_no_platform_answers_for_another(client: Client, world: World, notice: Notice) -> None:
    """A correct signature about another platform's notice gets 404, and so does a platform with an adapter that
    acts.
    """
    make_operator("lain", "webhook", keys=(FOREIGN.public.text(),))
    body, before = says(notice), rows()
    assert post(client, body, sign(FOREIGN, "x1", now(), body), platform="lain").status_code == 404
    assert post(client, body, sign(FOREIGN, "x1", now(), body), platform="berkabar").status_code == 401
    for nobody in ("obrolan", "tidak-ada"):
        assert post(client, body, sign(KEY, "x1", now(), body), platform=nobody).status_code == 404
    assert rows() == before


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"type":"jaga.answer.v1"}',
        b'{"type":"jaga.ping.v1","challenge":"x"}',
        b'{"type":"jaga.answer.v1","number":"P000001","kind":"perhaps"}',
        b'{"type":"jaga.answer.v1","number":"P000001","kind":"refused"}',
        b'{"type":"jaga.answer.v1","number":"\\u0000"}',
        b"\xff\xfe",
        b"[" * 5000,
    ],
)
def test_what_is_signed_but_no_answer_is_unprocessable(body: bytes, client: Client, notice: Notice) -> None:
    """422 with a reason as problem details, and nothing is stored."""
    before = rows()
    answer = post(client, body, sign(KEY, "m1", now(), body))
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "hook_malformed"
    assert rows() == before


@pytest.mark.parametrize("number", ["P1", "123", "P999999999999999999999", "P-00001", "p000001", "P00000١"])
def test_a_number_of_no_notice_is_not_found(number: str, client: Client, notice: Notice) -> None:
    """Whatever is in place of the number."""
    body = answer_body(OperatorAnswer(number, AnswerKind.DONE))
    assert post(client, body, sign(KEY, "n1", now(), body)).status_code == 404


def test_too_much_and_other_methods_are_refused(client: Client, notice: Notice) -> None:
    """64 kB at most, POST only, an id of at most 180 characters."""
    body = says(notice) + b" " * 70_000
    assert post(client, body, sign(KEY, "big", now(), body)).status_code == 413
    body = says(notice)
    assert post(client, body, sign(KEY, "x" * 181, now(), body)).status_code == 422
    refused = client.get("/hooks/berkabar/")
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")
    assert Notice.objects.get().state == NoticeState.SENT


def test_a_browser_without_a_token_is_not_stopped_and_has_no_session(notice: Notice) -> None:
    """A platform's software has no cookie, and none is set."""
    client = Client(enforce_csrf_checks=True)
    body = says(notice)
    answer = post(client, body, sign(KEY, "answer_1", now(), body))
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer["Cache-Control"] == "no-store"


def test_a_secret_is_no_public_key(world: World, operator: Operator) -> None:
    """Anybody who holds a shared secret could forge messages, so it is refused when a platform is registered."""
    owner = Platform.objects.get(name=operator.platform)
    new = NewPlatform("rahasia", "Rahasia", owner.operator_id, "", asking("webhook"))
    for secret in (SharedSecret(bytes(32)).text(), KEY.text(), "whpk_xyz"):
        with pytest.raises(HookKeyInvalid):
            register_platform(replace(new, hook_keys=(secret,)), actor=CLI)
    assert not Platform.objects.filter(name="rahasia").exists()


Forgery = Callable[[bytes, dict[str, str], Any], tuple[bytes, dict[str, str]]]


def _bit_of_the_body(body: bytes, headers: dict[str, str], draw: Any) -> tuple[bytes, dict[str, str]]:
    place, bit = draw(st.integers(0, len(body) - 1)), draw(st.integers(0, 7))
    return body[:place] + bytes([body[place] ^ (1 << bit)]) + body[place + 1 :], headers


def _other_header(name: str, values: st.SearchStrategy[str]) -> Forgery:
    def change(body: bytes, headers: dict[str, str], draw: Any) -> tuple[bytes, dict[str, str]]:
        value = draw(values.filter(lambda text: text != headers[name]))
        return body, {**headers, name: value}

    return change


def _without(name: str) -> Forgery:
    return lambda body, headers, draw: (body, {key: value for key, value in headers.items() if key != name})


def _by_somebody_else(body: bytes, headers: dict[str, str], draw: Any) -> tuple[bytes, dict[str, str]]:
    key = draw(st.sampled_from([FOREIGN, SharedSecret(KEY.public.raw)]))
    return body, sign(key, headers["webhook-id"], now(), body)


def _stale(body: bytes, headers: dict[str, str], draw: Any) -> tuple[bytes, dict[str, str]]:
    away = draw(st.integers(302, 10**7)) * draw(st.sampled_from([-1, 1]))
    at: datetime = now() + timedelta(seconds=away)
    return body, sign(KEY, headers["webhook-id"], at, body)


_PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=0, max_size=90)
FORGERIES: dict[str, Forgery] = {
    "body": _bit_of_the_body,
    "stale": _stale,
    "key": _by_somebody_else,
    "id": _other_header("webhook-id", _PRINTABLE),
    "signature": _other_header("webhook-signature", _PRINTABLE),
    "timestamp": _other_header("webhook-timestamp", st.integers(0, 10**11).map(str) | _PRINTABLE),
    **{f"no {name}": _without(f"webhook-{name}") for name in ("id", "timestamp", "signature")},
}


@given(data=st.data(), kind=st.sampled_from(sorted(FORGERIES)))
@settings(max_examples=example_count(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_forged_or_stale_message_is_refused(
    data: st.DataObject, kind: str, client: Client, notice: Notice
) -> None:
    """Whatever is changed in a genuine message, the answer is 401 and nothing changes."""
    body = says(notice)
    changed, headers = FORGERIES[kind](body, sign(KEY, "answer_1", now(), body), data.draw)
    before = rows()
    assert post(client, changed, headers).status_code == 401
    assert rows() == before


@given(again=st.lists(st.integers(0, 299), min_size=1, max_size=4))
@settings(max_examples=example_count(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_recording_is_refused(again: list[int], client: Client, notice: Notice) -> None:
    """The same message again, at any time while it is fresh, gets 409 and changes nothing."""
    body, at = says(notice, AnswerKind.INVALID_LOCATOR, "Tidak ditemukan."), now().replace(microsecond=0)
    hook = f"answer_{ReceivedHook.objects.count()}"
    headers = sign(KEY, hook, at, body)
    assert post(client, body, headers).status_code == 200
    before = rows()
    for seconds in again:
        with frozen(at + timedelta(seconds=seconds)):
            assert post(client, body, headers).status_code == 409
    assert rows() == before


def test_what_was_done_after_we_withdrew_it_is_asked_back(client: Client, world: World, notice: Notice) -> None:
    """The software is not told of the withdrawal, may close the account and say so; Jaga then asks for it to be
    restored.
    """
    notices.withdraw_notice(notice.pk, "Akun yang keliru.", actor=world.supervisor)
    body = says(notice)
    for second in range(2):  # the second is the repeat of a message whose answer was lost
        answer = post(client, body, sign(KEY, "answer_1", now() + timedelta(seconds=second), body))
        assert (answer.status_code, answer.json()["repeat"]) == (200, bool(second))
    assert Notice.objects.get().state == NoticeState.WITHDRAWN
    assert [task.kind for task in attempts.open_tasks(notice.case_id)] == [ActionKind.RESTORE]
    body = says(notice, AnswerKind.REFUSED, "Tidak mau.")
    assert post(client, body, sign(KEY, "answer_2", now(), body)).status_code == 409
