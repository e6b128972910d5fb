"""Accounts that somebody else changed first, partial redactions, and requests that the adapter never makes."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.platforms.contract import TEXT
from tests.platforms.fake import Fault
from tests.platforms.proxy import LIMIT, Proxy, proxied
from tests.platforms.stage import Person, said
from tests.platforms.synapse_stage import CLIENT, ORDERS, SynapseStage

import jaga.platforms
from jaga.core.platforms import PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.http import Http, RateLimited

pytestmark = pytest.mark.synapse


@pytest.fixture(scope="module")
def stage(synapse: Any) -> Iterator[SynapseStage]:
    made = SynapseStage(synapse.base_url, synapse.admin_token, synapse.registration_shared_secret)
    yield made
    made.close()


@pytest.fixture
def proxy(stage: SynapseStage) -> Iterator[Proxy]:
    with proxied(stage.base_url) as made:
        yield made


def deactivate(stage: SynapseStage, person: Person, *, erase: bool, by_holder: bool) -> None:
    """Somebody else closes the account before Jaga: its holder or another administrator."""
    if not by_holder:
        (stage.erase if erase else stage.others_close)(person)
        return
    proof = {
        "type": "m.login.password",
        "password": person.password,
        "identifier": {"type": "m.id.user", "user": person.account.account_id},
    }
    path = f"{CLIENT}/account/deactivate"
    session = stage.call("POST", path, person.session, {}).json()["session"]
    answer = stage.call("POST", path, person.session, {"auth": {**proof, "session": session}, "erase": erase})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("by_holder", [True, False], ids=["holder", "administrator"])
@pytest.mark.parametrize("erase", [False, True], ids=["kept", "erased"])
def test_an_account_that_was_closed_before_us_is_already_closed(
    stage: SynapseStage,
    *,
    erase: bool,
    by_holder: bool,
) -> None:
    """Every step says so with what was observed, and does nothing again; a restoration reopens it."""
    person, room = stage.person(), stage.public_room("Pasar")
    stage.say(person, room, "tawaran umum")
    deactivate(stage, person, erase=erase, by_holder=by_holder)
    seen = stage.adapter.observe(person.account)
    assert seen.state is AccountState.CLOSED
    readings = {reading.route: reading.answer for reading in seen.readings}
    assert readings["admin"] == ("deactivated, erased" if erase else "deactivated")
    assert readings["profile"] == ("missing" if erase else "shown")
    for step in (stage.adapter.restrict, stage.adapter.close):
        result = step(person.account)
        assert result.kind is OutcomeKind.ALREADY
        assert readings["admin"] in {reading.answer for reading in result.readings}
    assert stage.adapter.deliver(person.account, TEXT, "late").kind is OutcomeKind.IMPOSSIBLE
    assert "tawaran umum" in said(stage.adapter.preserve(person.account))  # the server still has it, erased or not
    assert stage.adapter.redact(person.account, (room,)).kind is OutcomeKind.DONE
    restored = stage.adapter.restore(person.account)
    assert restored.kind is OutcomeKind.DONE
    assert ("erased" in restored.detail) is erase
    assert stage.can_sign_in(person, restored.secret)
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE


def test_a_login_that_raced_the_deactivation_is_closed_too(stage: SynapseStage) -> None:
    """Synapse keeps the device, so the account is not closed: every step of a closure still runs and closes it."""
    person = stage.person()
    stage.others_close(person)
    answer = stage.call(
        "POST",
        f"/_synapse/admin/v2/users/{person.account.account_id}/devices",
        stage.admin_token,
        {"device_id": "RACED"},
    )
    assert answer.status_code == 201, answer.text
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE
    assert stage.adapter.restrict(person.account).kind in {OutcomeKind.DONE, OutcomeKind.ALREADY}
    assert stage.adapter.deliver(person.account, TEXT, "key").kind is OutcomeKind.IMPOSSIBLE
    assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
    assert stage.adapter.observe(person.account).state is AccountState.CLOSED


def test_the_name_of_today_is_preserved(stage: SynapseStage) -> None:
    """Evidence shows the account's present name; the id shows that it is the reported one."""
    person = stage.person()
    materials = (stage.rename(person), said(stage.adapter.preserve(person.account)))
    assert materials[0] in materials[1]
    assert person.account.account_id in materials[1]


def test_a_redaction_that_succeeds_in_part_is_unknown_until_nothing_is_left(stage: SynapseStage) -> None:
    """One of two rooms does not allow removal: the rest is counted, also at the repeat, and the result is never
    DONE.
    """
    person = stage.person()
    easy, hard = stage.public_room("Mudah"), stage.public_room("Sulit")
    path = f"{CLIENT}/rooms/{hard}/state/m.room.power_levels"
    levels = stage.call("GET", path, stage.owner.session).json()
    levels["events"]["m.room.redaction"] = 50
    assert stage.call("PUT", path, stage.owner.session, levels).status_code == 200
    said_there = [stage.say(person, room, text) for room in (easy, hard) for text in ("iklan satu", "iklan dua")]
    for _ in range(2):
        result = stage.adapter.redact(person.account, (easy, hard))
        readings = {reading.route: reading.answer for reading in result.readings}
        assert (result.kind, readings["rooms"]) == (OutcomeKind.UNKNOWN, "2 messages left")
        assert int(readings["failed"]) >= 2
        assert not stage.shows(easy, "iklan satu")
        assert stage.shows(hard, "iklan satu")
    for number, event in enumerate(said_there[2:]):  # the room's owner helps
        by_hand = f"{CLIENT}/rooms/{hard}/redact/{event}/{number}"
        assert stage.call("PUT", by_hand, stage.owner.session, {}).status_code == 200
    assert stage.adapter.redact(person.account, (easy, hard)).kind is OutcomeKind.ALREADY
    assert not stage.shows(hard, "iklan satu")


def test_what_a_first_redaction_left_is_finished_by_a_repeat(stage: SynapseStage, proxy: Proxy) -> None:
    """The server accepted the order and did nothing: UNKNOWN with the rest, then DONE, then ALREADY."""
    person, room = stage.person(), stage.public_room("Pasar")
    stage.say(person, room, "iklan satu")
    adapter = stage.adapter_at(proxy.base_url)
    proxy.faults = [(ORDERS[Step.REDACT], Fault.LIE)]
    result = adapter.redact(person.account, (room,))
    assert result.kind is OutcomeKind.UNKNOWN
    assert {reading.route: reading.answer for reading in result.readings}["rooms"] == "1 messages left"
    proxy.faults = [(ORDERS[Step.REDACT], Fault.TIMEOUT_AFTER_EFFECT)]
    with pytest.raises(PlatformUnreachable):
        adapter.redact(person.account, (room,))
    until = time.monotonic() + 20
    while adapter.redact(person.account, (room,)).kind is not OutcomeKind.ALREADY:  # the server may still be at it
        assert time.monotonic() < until
    assert not stage.shows(room, "iklan satu")


def test_an_effect_that_comes_after_the_repeat_changes_nothing(stage: SynapseStage, proxy: Proxy) -> None:
    """The order was on its way while nobody waited any more; whichever comes first, the account is closed once."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url, seconds=LIMIT)
    proxy.late = [ORDERS[Step.CLOSE]]
    with pytest.raises(PlatformUnreachable):
        adapter.close(person.account)
    assert adapter.close(person.account).kind is OutcomeKind.DONE  # not there yet, so it was ordered again
    assert proxy.arrived_late.wait(10)
    assert adapter.close(person.account).kind is OutcomeKind.ALREADY
    assert adapter.observe(person.account, probe_token=person.session).state is AccountState.CLOSED


def test_a_pause_that_a_real_synapse_asks_for_is_understood(stage: SynapseStage) -> None:
    """Its own 429: the error contains the seconds."""
    person, room = stage.person(), stage.public_room("Ramai")
    stage.say(person, room, "halo")
    limits = {"messages_per_second": 1, "burst_count": 1}
    stage.admin_post(f"/v1/users/{person.account.account_id}/override_ratelimit", limits)
    http = Http(stage.base_url, person.session)

    def hurry() -> None:
        for number in range(9):
            path = f"{CLIENT}/rooms/{room}/send/m.room.message/cepat{number}"
            http.call("PUT", path, json_body={"msgtype": "m.text", "body": "cepat"})

    with pytest.raises(RateLimited) as raised:
        hurry()
    wait = raised.value.params["retry_after"]
    assert isinstance(wait, float)
    assert 0 < wait < 60


ASKED = (
    r"PUT /_synapse/admin/v1/suspend/[^/]+",
    r"PUT /_synapse/admin/v2/users/[^/]+",
    r"PUT /_synapse/admin/v1/send_server_notice/[0-9a-f]+",
    r"POST /_synapse/admin/v1/deactivate/[^/]+",
    r"POST /_synapse/admin/v1/user/[^/]+/redact",
    r"POST /_synapse/admin/v1/media/(un)?quarantine/[^/]+/[^/]+",
    r"POST /_matrix/client/v3/(login|logout)",
)


def test_every_changing_request_of_a_whole_life_is_one_of_these(stage: SynapseStage, proxy: Proxy) -> None:
    """No shadow ban, no deletion, no sign-in as somebody else, no quarantine of all uploads of an account."""
    person, room = stage.person(), stage.public_room("Pasar")
    stage.say(person, room, "iklan")
    stage.show(person, room, stage.upload(person, b"gambar seumur hidup"))
    adapter = stage.adapter_at(proxy.base_url)
    adapter.preserve(person.account)
    assert [step(person.account).kind for step in (adapter.restrict, adapter.restore, adapter.restrict)] == [
        OutcomeKind.DONE
    ] * 3
    assert adapter.deliver(person.account, TEXT, "life").kind is OutcomeKind.DONE
    assert adapter.redact(person.account, (room,)).kind is OutcomeKind.DONE
    assert adapter.close(person.account).kind is OutcomeKind.DONE
    assert adapter.restore(person.account).kind is OutcomeKind.DONE
    asked = [request for request in proxy.passed if not request.startswith("GET ")]
    assert len(asked) >= 8
    for request in asked:
        assert any(re.fullmatch(pattern, request) for pattern in ASKED), request


SECRET_OR_FINAL = (
    "shadow_ban",
    "shadow-ban",
    '"erase": True',
    '"erase": true',
    "erase=True",
    "delete_media",
    "purge_history",
    "override_ratelimit",
    "/media/delete",
    "}/media/quarantine",
    "use_admin",
)


def test_no_adapter_names_a_route_that_acts_in_secret_or_for_good() -> None:
    """Nothing is done in secret, and nothing is erased: no adapter's source contains such a route."""
    folder = Path(jaga.platforms.__path__[0])
    sources = {path.relative_to(folder): path.read_text() for path in folder.rglob("*.py")}
    assert len(sources) > 10
    assert any('{"erase": False}' in source for source in sources.values())
    for path, source in sources.items():
        for route in SECRET_OR_FINAL:
            assert route not in source, f"{path}: {route}"
