"""The contract on a real Ozone before a real PDS, and where the two can disagree."""

import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.platforms.atproto_servers import AtprotoServers
from tests.platforms.atproto_stage import OZONE_ORDER, POSTS, OzoneStage, PdsStage
from tests.platforms.contract import PlatformContract
from tests.platforms.fake import Fault
from tests.platforms.proxy import proxied

from jaga.core.platforms import Account, PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind
from jaga.platforms import ozone as module
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.ozone import OzoneAdapter
from jaga.platforms.registry import check, open_adapter

pytestmark = pytest.mark.atproto


@pytest.fixture(scope="module")
def stage(atproto: AtprotoServers) -> Iterator[OzoneStage]:
    made = OzoneStage(atproto)
    yield made
    made.close()


class TestOzone(PlatformContract):
    pass


def readings(stage: OzoneStage, account: Account) -> dict[str, str]:
    return {reading.route: reading.answer for reading in stage.adapter.observe(account).readings}


def events(stage: OzoneStage, account: Account) -> list[dict[str, Any]]:
    """Ozone's log of the account, newest first, as its administrator reads it."""
    answer = httpx.get(
        f"{stage.servers.ozone_url}/xrpc/tools.ozone.moderation.queryEvents",
        params={"subject": account.account_id},
        auth=("admin", stage.servers.ozone_password),
    )
    return list(answer.raise_for_status().json()["events"])


def order(stage: OzoneStage, account: Account, kind: str, by: str) -> None:
    """Ozone's administrator acts without Jaga."""
    body = {
        "event": {"$type": f"tools.ozone.moderation.defs#{kind}"},
        "createdBy": by,
        "subject": {"$type": "com.atproto.admin.defs#repoRef", "did": account.account_id},
    }
    answer = httpx.post(
        f"{stage.servers.ozone_url}/xrpc/tools.ozone.moderation.emitEvent",
        json=body,
        auth=("admin", stage.servers.ozone_password),
    )
    assert answer.status_code == 200, answer.text


def test_the_owner_of_a_name_is_told(stage: OzoneStage) -> None:
    """By the PDS's public answers, by name or by id; an unused name belongs to nobody."""
    person = stage.person()
    for name in (person.account.handle, person.account.account_id):
        assert stage.adapter.identify(Account("practice", name)) == person.account
    assert stage.adapter.identify(Account("practice", "tiada-siapa.test")) is None
    assert stage.adapter.identify(stage.nobody()) is None
    stage.adapter.close(person.account)
    closed = stage.adapter.identify(person.account)
    assert closed == Account("practice", person.account.account_id, "")


def test_a_closed_account_is_closed_on_the_server_where_it_lives(stage: OzoneStage) -> None:
    """Ozone's answer is not the proof: sign-in, writing and reading are tested on the PDS itself."""
    person = stage.person()
    stage.say(person, POSTS, "tawaran")
    assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
    assert stage.sign_in(person, person.password).json()["error"] == "AccountTakedown"
    assert not stage.can_send(person, POSTS)
    assert stage.get("com.atproto.repo.listRecords", repo=person.account.account_id, collection=POSTS).is_error
    assert readings(stage, person.account) == {"public": "takendown", "ozone": "takendown", "posts": "withheld"}


def test_the_log_names_the_moderator_and_holds_no_case_data(stage: OzoneStage) -> None:
    """Every moderator reads it: who and what, and no reason."""
    person = stage.person()
    stage.adapter.close(person.account)
    stage.adapter.close(person.account)
    stage.adapter.restore(person.account)
    found = events(stage, person.account)
    assert [event["event"]["$type"].rpartition("#")[2] for event in found] == [
        "modEventReverseTakedown",
        "modEventTakedown",
    ]
    assert {event["createdBy"] for event in found} == {stage.servers.moderator_did}
    assert not [event for event in found if event["event"].get("comment")]


def test_an_order_about_an_unknown_account_is_never_sent(stage: OzoneStage) -> None:
    """Ozone would accept it, and keep trying it on a server that does not know the account."""
    nobody = stage.nobody()
    assert stage.adapter.close(nobody).kind is OutcomeKind.REFUSED
    assert stage.adapter.restore(nobody).kind is OutcomeKind.REFUSED
    assert events(stage, nobody) == []


def test_a_repeat_after_a_lost_answer_sends_no_second_order(stage: OzoneStage) -> None:
    """The first check finds the effect, and Ozone's log has one event."""
    person = stage.person()
    with proxied(stage.servers.ozone_url) as proxy:
        adapter = stage.adapter_at(proxy.base_url)
        for number, name in enumerate(("close", "restore"), start=1):
            proxy.faults = [(OZONE_ORDER, Fault.TIMEOUT_AFTER_EFFECT)]
            with pytest.raises(PlatformUnreachable):
                getattr(adapter, name)(person.account)
            assert getattr(adapter, name)(person.account).kind is OutcomeKind.ALREADY
            assert len(events(stage, person.account)) == number


def test_a_takedown_that_another_moderator_finished_between_look_and_order_is_already(stage: OzoneStage) -> None:
    """Ozone answers 400 "already taken down": that is no failure, and the PDS is checked."""
    person = stage.person()

    class Overtaken(OzoneAdapter):
        def _emit(self, kind: str, did: str) -> Any:
            order(stage, person.account, "modEventTakedown", stage.servers.ozone_did)
            return super()._emit(kind, did)

    adapter = Overtaken(
        base_url=stage.servers.ozone_url,
        service_did=stage.servers.ozone_did,
        pds_url=stage.servers.pds_url,
        moderator=stage.servers.moderator_handle,
        password=stage.servers.moderator_password,
    )
    assert adapter.close(person.account).kind is OutcomeKind.ALREADY
    assert not stage.can_sign_in(person, person.password)


def test_a_takedown_that_never_reached_the_accounts_server_is_unknown(
    stage: OzoneStage,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ozone says closed and the account is open: nothing is claimed, and people are told."""
    person = stage.person()
    stage.adapter.close(person.account)
    subject = {"$type": "com.atproto.admin.defs#repoRef", "did": person.account.account_id}
    stage.admin("com.atproto.admin.updateSubjectStatus", {"subject": subject, "takedown": {"applied": False}})
    assert stage.can_sign_in(person, person.password)
    monkeypatch.setattr(module, "PUSHED_SECONDS", 0.1)
    assert stage.adapter.observe(person.account).state is AccountState.UNKNOWN
    assert stage.adapter.close(person.account).kind is OutcomeKind.UNKNOWN
    with proxied(stage.servers.ozone_url) as proxy:
        proxy.faults = [(OZONE_ORDER, Fault.LIE)]
        other = stage.person()
        assert stage.adapter_at(proxy.base_url).close(other.account).kind is OutcomeKind.UNKNOWN


def test_what_others_closed_is_theirs_to_open(stage: OzoneStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another moderator's takedown, the server's own, and the holder's own deactivation."""
    by_other, by_server, by_holder = stage.person(), stage.person(), stage.person()
    order(stage, by_other.account, "modEventTakedown", stage.servers.ozone_did)
    stage.takedown(by_server.account, "theirs-7")
    stage.deactivate(by_holder)
    stage.wait_for(by_other.account, "takendown")
    for person in (by_other, by_server, by_holder):
        assert stage.adapter.close(person.account).kind is OutcomeKind.ALREADY
    monkeypatch.setattr(module, "PUSHED_SECONDS", 0.1)
    for person in (by_other, by_server, by_holder):
        assert stage.adapter.restore(person.account).kind is OutcomeKind.REFUSED
        assert stage.adapter.observe(person.account).state is AccountState.CLOSED


def test_the_service_and_its_moderator_are_never_acted_on(stage: OzoneStage) -> None:
    """A false report must not take the moderation down."""
    for did in (stage.servers.moderator_did, stage.servers.ozone_did):
        assert stage.adapter.close(Account("practice", did)).kind is OutcomeKind.REFUSED
    assert stage.exists(Account("practice", stage.servers.moderator_did))


def test_both_adapters_preserve_the_same_posts(stage: OzoneStage) -> None:
    """A moderator preserves what anybody can read, the same as the server's administrator does."""
    person = stage.person()
    stage.say(person, POSTS, "tawaran")
    mine, theirs = stage.adapter.preserve(person.account), PdsStage(stage.servers).adapter.preserve(person.account)
    assert mine[1] == theirs[1]
    assert json.loads(mine[0].content).items() < json.loads(theirs[0].content).items()
    stage.deactivate(person)
    assert stage.adapter.preserve(person.account) == ()


def test_a_session_that_ended_is_opened_again(stage: OzoneStage) -> None:
    """Passes and tokens expire; the adapter signs in again and continues."""
    person, adapter = stage.person(), stage.adapter_at(stage.servers.ozone_url)
    assert adapter.observe(person.account).state is AccountState.ACTIVE
    adapter._session._access = "ended"
    adapter._session._passes = {method: ("ended", until) for method, (_, until) in adapter._session._passes.items()}
    assert adapter.close(person.account).kind is OutcomeKind.DONE


def test_a_wrong_password_or_a_stranger_is_said_to_be_refused(stage: OzoneStage) -> None:
    """Neither is taken for a server that does not answer."""
    person, stranger = stage.person(), stage.person()
    for moderator, password in (
        (stage.servers.moderator_handle, "salah"),
        (stranger.account.handle, stranger.password),
    ):
        adapter = stage.adapter_at(stage.servers.ozone_url, moderator=moderator, password=password)
        with pytest.raises(CredentialsRefused):
            adapter.close(person.account)
    assert stage.can_sign_in(person, person.password)


def test_a_stopped_service_is_unreachable(stage: OzoneStage) -> None:
    """Neither Ozone's silence nor the PDS's is taken for a state."""
    account = stage.person().account
    for adapter in (
        stage.adapter_at("http://127.0.0.1:9"),
        stage.adapter_at(stage.servers.ozone_url, pds_url="http://127.0.0.1:9"),
    ):
        for act in (adapter.observe, adapter.close, adapter.restore):
            with pytest.raises(PlatformUnreachable) as raised:
                act(account)
            assert account.account_id not in f"{raised.value}{raised.value.params}"


def configuration(stage: OzoneStage, **changes: Any) -> PlatformConfiguration:
    settings: dict[str, Any] = {
        "name": "penengah",
        "adapter": "ozone",
        "base_url": stage.servers.ozone_url,
        "server_name": stage.servers.ozone_did,
        "credentials": {"moderator": stage.servers.moderator_handle, "app_password": stage.servers.moderator_password},
        "options": {"pds_url": stage.servers.pds_url},
        **changes,
    }
    return PlatformConfiguration(**settings)


def test_the_check_proves_the_configuration_and_changes_nothing(stage: OzoneStage) -> None:
    """Versions, sign-in, and the right to take accounts down, tested on an identifier that nobody has."""
    tried = check(configuration(stage))
    assert [(one.name, one.ok) for one in tried] == [
        ("version", True),
        ("version", True),
        ("credentials", True),
        ("rights", True),
    ]
    assert "roleModerator" in tried[-1].sentence
    assert events(stage, Account("practice", "did:plc:" + "a" * 24)) == []
    wrong = {"moderator": stage.servers.moderator_handle, "app_password": secrets.token_hex(4)}
    assert [one.name for one in check(configuration(stage, credentials=wrong)) if not one.ok] == ["credentials"]
    stranger = stage.person()
    other = {"moderator": stranger.account.handle, "app_password": stranger.password}
    assert [one.name for one in check(configuration(stage, credentials=other)) if not one.ok] == ["rights"]
    elsewhere = configuration(stage, server_name=stage.servers.moderator_did)
    assert [one.name for one in check(elsewhere) if not one.ok] == ["rights"]


def test_a_block_that_lacks_something_is_named(stage: OzoneStage) -> None:
    """No connection is made."""
    for field, changes in {
        "server_name": {"server_name": "localhost"},
        "options.pds_url": {"options": {}},
        "credentials.moderator": {"credentials": {}},
    }.items():
        with pytest.raises(BlockIncomplete, match=field):
            open_adapter(configuration(stage, **changes))
