"""The contract on a real Synapse, its own oddities, and a network that loses answers."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.platforms.contract import TEXT, PlatformContract, in_room
from tests.platforms.fake import Fault
from tests.platforms.proxy import Proxy, proxied
from tests.platforms.stage import said
from tests.platforms.synapse_stage import CLIENT, NOTICES, ORDERS, SynapseStage

from jaga.core.platforms import Account, PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.synapse.adapter import SynapseAdapter

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


class TestSynapse(PlatformContract):
    pass


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER_EFFECT, Fault.NONSENSE])
def test_a_lost_answer_is_unknown_and_the_repeat_finds_the_effect(
    stage: SynapseStage,
    proxy: Proxy,
    fault: Fault,
) -> None:
    """The real server did it, the answer was lost: the repeat checks first and sends no second order."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url)
    for name, pattern in {"restrict": ORDERS[Step.RESTRICT], "close": ORDERS[Step.CLOSE]}.items():
        proxy.faults = [(pattern, fault)]
        with pytest.raises(PlatformUnreachable):
            getattr(adapter, name)(person.account)
        sent = len([line for line in proxy.passed if not line.startswith("GET ")])
        assert getattr(adapter, name)(person.account).kind is OutcomeKind.ALREADY
        assert len([line for line in proxy.passed if not line.startswith("GET ")]) == sent
    assert not stage.session_works(person)


def test_a_restoration_whose_answer_was_lost_still_gives_the_holder_a_way_in(
    stage: SynapseStage,
    proxy: Proxy,
) -> None:
    """The new password is known after a killed worker too."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url)
    adapter.close(person.account)
    proxy.faults = [(ORDERS[Step.RESTRICT], Fault.TIMEOUT_AFTER_EFFECT)]  # lifting the suspension comes first
    with pytest.raises(PlatformUnreachable):
        adapter.restore(person.account)
    assert adapter.observe(person.account).state is AccountState.CLOSED
    proxy.faults = [(ORDERS[Step.RESTORE], Fault.ERROR_BEFORE_EFFECT)]
    with pytest.raises(PlatformUnreachable):
        adapter.restore(person.account)
    assert adapter.observe(person.account).state is AccountState.CLOSED
    proxy.faults = [(r"^POST .*/login", Fault.TIMEOUT_AFTER_EFFECT)]
    with pytest.raises(PlatformUnreachable):
        adapter.restore(person.account)
    again = adapter.restore(person.account)
    assert again.kind is OutcomeKind.ALREADY
    assert stage.can_sign_in(person, again.secret)


def test_a_notice_whose_answer_was_lost_is_not_sent_twice(stage: SynapseStage, proxy: Proxy) -> None:
    """Found in the room by its mark, also by an adapter that never sent it."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url)
    proxy.faults = [("send_server_notice", Fault.TIMEOUT_AFTER_EFFECT)]
    with pytest.raises(PlatformUnreachable):
        adapter.deliver(person.account, TEXT, "key")
    assert stage.adapter.deliver(person.account, TEXT, "key").kind is OutcomeKind.ALREADY
    assert stage.received(person) == [TEXT]


def test_a_yes_without_an_effect_is_unknown(stage: SynapseStage, proxy: Proxy) -> None:
    """A 200 is a claim; the second check decides."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url)
    for name in ("restrict", "close"):
        proxy.faults = [(ORDERS[Step(name)], Fault.LIE)]
        assert getattr(adapter, name)(person.account).kind is OutcomeKind.UNKNOWN
    proxy.faults = [("send_server_notice", Fault.LIE)]
    assert adapter.deliver(person.account, TEXT, "key").kind is OutcomeKind.UNKNOWN
    assert stage.session_works(person)


def test_a_failing_server_is_unreachable_and_nothing_happened(stage: SynapseStage, proxy: Proxy) -> None:
    """500 before the effect: raised, and the account is unchanged."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url)
    proxy.faults = [(ORDERS[Step.CLOSE], Fault.ERROR_BEFORE_EFFECT)]
    with pytest.raises(PlatformUnreachable, match="did not answer"):
        adapter.close(person.account)
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE


def test_an_answer_that_says_nothing_is_never_taken_for_a_state(stage: SynapseStage, proxy: Proxy) -> None:
    """An admin's view without its flags is no active account."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url)
    proxy.faults = [(r"^GET .*/v2/users/[^/]+$", Fault.LIE)]
    with pytest.raises(PlatformUnreachable):
        adapter.observe(person.account)


def test_routes_that_contradict_each_other_make_the_state_unknown(stage: SynapseStage, proxy: Proxy) -> None:
    """An account that the admin's view shows but that has no devices is not acted on."""
    person, adapter = stage.person(), stage.adapter_at(proxy.base_url)
    stage.adapter.close(person.account)
    assert adapter.observe(person.account, probe_token=stage.owner.session).state is AccountState.UNKNOWN
    assert adapter.observe(person.account, probe_token=person.session).state is AccountState.CLOSED


def test_a_stopped_server_is_unreachable() -> None:
    """No answer is reported as such, without the account's name."""
    adapter = SynapseAdapter(base_url="http://127.0.0.1:9", server_name="localhost", admin_token="none")
    with pytest.raises(PlatformUnreachable) as raised:
        adapter.observe(Account("practice", "@rina:localhost"))
    assert "rina" not in f"{raised.value}{raised.value.params}"


def test_a_wrong_token_is_said_to_be_wrong(stage: SynapseStage) -> None:
    """Invalid credentials are distinguished from a server that does not answer."""
    person = stage.person()
    for token in ("wrong", person.session):
        with pytest.raises(CredentialsRefused):
            stage.adapter_at(stage.base_url, admin_token=token).observe(person.account)


def test_whoever_runs_the_server_is_never_acted_on(stage: SynapseStage) -> None:
    """Administrators and the account of the notices are refused: a false report must not take the server down."""
    me = stage.call("GET", f"{CLIENT}/account/whoami", stage.admin_token).json()["user_id"]
    stage.adapter.deliver(stage.person().account, TEXT, "first")  # this makes the account of the notices
    for account_id in (me, NOTICES):
        assert stage.adapter.close(Account("practice", account_id)).kind is OutcomeKind.REFUSED
    assert stage.adapter.observe(Account("practice", me)).state is AccountState.ACTIVE


def test_a_locked_account_cannot_read_so_nothing_is_delivered(stage: SynapseStage) -> None:
    """The reason why restricting means suspending: a lock ends reading too; it can still be undone."""
    person, adapter = stage.person(), stage.adapter_at(stage.base_url, hold="lock")
    assert adapter.restrict(person.account).kind is OutcomeKind.DONE
    assert not stage.session_works(person)
    assert adapter.deliver(person.account, TEXT, "key").kind is OutcomeKind.IMPOSSIBLE
    assert adapter.close(person.account).kind is OutcomeKind.DONE
    restored = adapter.restore(person.account)
    assert restored.kind is OutcomeKind.DONE
    assert stage.can_sign_in(person, restored.secret)


def test_a_holder_who_changed_the_password_is_not_given_it_again(stage: SynapseStage) -> None:
    """The password of the restoration is returned only while the account has it."""
    person = stage.person()
    stage.adapter.close(person.account)
    secret = stage.adapter.restore(person.account).secret
    path = f"/_synapse/admin/v1/reset_password/{person.account.account_id}"
    stage.call("POST", path, stage.admin_token, {"new_password": "milik saya", "logout_devices": False})
    again = stage.adapter.restore(person.account)
    assert (again.kind, again.secret) == (OutcomeKind.ALREADY, "")
    assert not stage.can_sign_in(person, secret)


def test_redaction_works_after_the_closure_too(stage: SynapseStage) -> None:
    """With rooms named, Synapse still removes what a closed account wrote."""
    person, room = stage.person(), stage.public_room("Bekas")
    stage.say(person, room, "sisa iklan")
    stage.adapter.close(person.account)
    assert stage.adapter.redact(person.account, (room,)).kind is OutcomeKind.DONE
    assert not stage.shows(room, "sisa iklan")


def test_what_was_said_before_a_room_became_public_stays_private(stage: SynapseStage) -> None:
    """Opening a room later does not make earlier messages public."""
    person = stage.person()
    room = stage.private_room("Dulu tutup", [person])
    stage.say(person, room, "kata dari dulu")
    stage.set_rule(room, "public")
    stage.say(person, room, "kata sekarang")
    kept = said(stage.adapter.preserve(person.account))
    assert "kata sekarang" in kept
    assert "kata dari dulu" not in kept


def test_a_room_that_turns_private_is_left_and_nothing_of_it_is_passed_on(stage: SynapseStage) -> None:
    """An earlier membership gives no right to go on reading."""
    person, room = stage.person(), stage.public_room("Dulu buka")
    cursor = stage.adapter.read_public(None).cursor
    assert room in stage.watcher_rooms()
    stage.say(person, room, "masih umum")
    stage.set_rule(room, "invite")
    stage.say(person, room, "sudah pribadi")
    feed = stage.adapter.read_public(cursor)
    assert in_room(feed.messages, room) == []
    assert room not in stage.watcher_rooms()


def test_a_listed_room_that_asks_for_a_knock_is_not_joined(stage: SynapseStage) -> None:
    """The directory also lists rooms that are not for everybody."""
    room = stage.public_room("Ketuk dulu")
    stage.set_rule(room, "knock")
    stage.adapter.read_public(None)
    assert room not in stage.watcher_rooms()


def test_a_busy_room_loses_nothing_between_two_reads(stage: SynapseStage) -> None:
    """More messages than one page of /sync: the gap is fetched, in order, each once."""
    person, room = stage.person(), stage.public_room("Ramai")
    cursor = stage.adapter.read_public(None).cursor
    texts = [f"pesan {number}" for number in range(130)]
    for text in texts:
        stage.say(person, room, text)
    found = in_room(stage.adapter.read_public(cursor).messages, room)
    assert [message.text for message in found] == texts


def test_an_odd_message_stops_neither_reading_nor_preserving(stage: SynapseStage) -> None:
    """Strangers send bodies that are no text, edits, captions and old clocks."""
    person, room = stage.person(), stage.public_room("Aneh")
    cursor = stage.adapter.read_public(None).cursor
    first = stage.say(person, room, "asli")
    for number, content in enumerate(
        (
            {"msgtype": "m.text", "body": 7},
            {"msgtype": "m.text"},
            {"body": ["x"], "msgtype": "m.text"},
            {"msgtype": "m.image", "body": "keterangan", "url": "mxc://localhost/x"},
            {
                "msgtype": "m.text",
                "body": "* ubah",
                "m.new_content": {"msgtype": "m.text", "body": "ubah"},
                "m.relates_to": {"rel_type": "m.replace", "event_id": first},
            },
        )
    ):
        path = f"{CLIENT}/rooms/{room}/send/m.room.message/aneh{number}{room[1:6]}"
        assert stage.call("PUT", path, person.session, content).status_code in {200, 400}
    feed = stage.adapter.read_public(cursor)
    found = in_room(feed.messages, room)
    assert [(message.text, message.edits) for message in found] == [
        ("asli", ()),
        ("keterangan", ()),
        ("ubah", (first,)),
    ]
    kept = said(stage.adapter.preserve(person.account))
    assert all(text in kept for text in ("asli", "keterangan", "ubah", first))
    stage.call("PUT", f"{CLIENT}/rooms/{room}/redact/{first}/hapus{room[1:6]}", person.session, {})
    assert first in stage.adapter.read_public(feed.cursor).deleted
