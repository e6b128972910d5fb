"""The contract on a real PDS, and what a takedown does and does not do there."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.platforms.atproto_servers import AtprotoServers
from tests.platforms.atproto_stage import PDS_ORDER, POSTS, PdsStage
from tests.platforms.contract import TEXT, PlatformContract
from tests.platforms.fake import Fault
from tests.platforms.proxy import proxied

from jaga.core.platforms import Account, PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind
from jaga.platforms.atproto.car import records
from jaga.platforms.atproto_pds import AtprotoPdsAdapter
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.registry import check, open_adapter

pytestmark = pytest.mark.atproto


@pytest.fixture(scope="module")
def stage(atproto: AtprotoServers) -> Iterator[PdsStage]:
    made = PdsStage(atproto)
    yield made
    made.close()


class TestAtprotoPds(PlatformContract):
    pass


def readings(stage: PdsStage, account: Account) -> dict[str, str]:
    return {reading.route: reading.answer for reading in stage.adapter.observe(account).readings}


def test_a_closed_account_neither_signs_in_nor_writes_nor_is_read(stage: PdsStage) -> None:
    """Tested as its holder and as the public; afterwards everything is as before, except for the sessions."""
    person = stage.person()
    uri = stage.say(person, POSTS, "tawaran")
    did, key, access = person.account.account_id, uri.rpartition("/")[2], stage.access(person)
    stage.adapter.close(person.account)
    assert stage.sign_in(person, person.password).json()["error"] == "AccountTakedown"
    assert stage.sign_in(person, "salah").json()["error"] == "AuthenticationRequired"  # tells a stranger nothing
    assert not stage.can_send(person, POSTS)
    assert stage.get("com.atproto.server.getSession", access).status_code == 400
    for method, params in (
        ("com.atproto.repo.getRecord", {"repo": did, "collection": POSTS, "rkey": key}),
        ("com.atproto.repo.listRecords", {"repo": did, "collection": POSTS}),
        ("com.atproto.repo.describeRepo", {"repo": did}),
        ("com.atproto.sync.getRepo", {"did": did}),
    ):
        assert stage.get(method, **params).status_code == 400, method
    stage.adapter.restore(person.account)
    assert stage.get("com.atproto.repo.getRecord", repo=did, collection=POSTS, rkey=key).status_code == 200
    assert stage.can_send(person, POSTS)


def test_the_holder_of_a_closed_account_can_still_take_the_data_along(stage: PdsStage) -> None:
    """The server lets the holder in only for that, on request: to export, not to write. Nothing is removed."""
    person = stage.person()
    stage.say(person, POSTS, "milik saya")
    stage.adapter.close(person.account)
    body = {"identifier": person.account.account_id, "password": person.password, "allowTakendown": True}
    session = stage.post("com.atproto.server.createSession", body).json()
    exported = stage.get("com.atproto.sync.getRepo", session["accessJwt"], did=person.account.account_id)
    assert [value["text"] for _, _, value in records(exported.content, POSTS)] == ["milik saya"]
    post = {
        "repo": person.account.account_id,
        "collection": POSTS,
        "record": {"$type": POSTS, "text": "lagi", "createdAt": "2026-11-25T01:02:03Z"},
    }
    assert stage.post("com.atproto.repo.createRecord", post, session["accessJwt"]).is_error
    assert stage.adapter.observe(person.account).state is AccountState.CLOSED


def test_every_route_tells_its_part(stage: PdsStage) -> None:
    """The administrator's view, the public status, an open account's handle, a closed one's posts."""
    person = stage.person()
    handle = person.account.handle
    assert readings(stage, person.account) == {"admin": "active", "public": "active", "handle": handle}
    stage.adapter.close(person.account)
    assert readings(stage, person.account) == {"admin": "takendown", "public": "takendown", "posts": "withheld"}
    assert readings(stage, stage.nobody()) == {"admin": "missing", "public": "missing"}


def test_an_order_about_an_unknown_account_is_never_sent(stage: PdsStage) -> None:
    """The server would answer yes and announce a missing account to the whole network."""
    with proxied(stage.servers.pds_url) as proxy:
        adapter = stage.adapter_at(proxy.base_url)
        orders = stage.servers.told()
        assert adapter.close(stage.nobody()).kind is OutcomeKind.REFUSED
        assert adapter.restore(stage.nobody()).kind is OutcomeKind.REFUSED
        assert proxy.passed
        assert not [line for line in proxy.passed if line.startswith("POST")]
        assert stage.servers.told() == orders
        assert adapter.close(stage.person().account).kind is OutcomeKind.DONE
        assert stage.servers.told() > orders
        assert len([line for line in proxy.passed if line.startswith("POST")]) == 1


def test_a_repeat_after_a_lost_answer_sends_no_second_order(stage: PdsStage) -> None:
    """The first check finds the effect."""
    person = stage.person()
    with proxied(stage.servers.pds_url) as proxy:
        adapter = stage.adapter_at(proxy.base_url)
        for name in ("close", "restore"):
            proxy.faults = [(PDS_ORDER, Fault.TIMEOUT_AFTER_EFFECT)]
            with pytest.raises(PlatformUnreachable):
                getattr(adapter, name)(person.account)
            sent = len([line for line in proxy.passed if line.startswith("POST")])
            assert getattr(adapter, name)(person.account).kind is OutcomeKind.ALREADY
            assert len([line for line in proxy.passed if line.startswith("POST")]) == sent


def test_a_yes_without_an_effect_is_unknown(stage: PdsStage) -> None:
    """A 200 is a claim; the second check decides. An answer without content is no state either."""
    person = stage.person()
    with proxied(stage.servers.pds_url) as proxy:
        adapter = stage.adapter_at(proxy.base_url)
        proxy.faults = [(PDS_ORDER, Fault.LIE)]
        assert adapter.close(person.account).kind is OutcomeKind.UNKNOWN
        assert stage.adapter.observe(person.account).state is AccountState.ACTIVE
        proxy.faults = [("getAccountInfo", Fault.LIE)]
        with pytest.raises(PlatformUnreachable):
            adapter.observe(person.account)
        adapter.close(person.account)
        for route in ("getSubjectStatus", "getRepoStatus", "listRecords"):
            proxy.faults = [(route, Fault.LIE)]
            with pytest.raises(PlatformUnreachable):
                adapter.observe(person.account)


def test_the_note_of_a_takedown_holds_no_case_data(stage: PdsStage) -> None:
    """Every administrator of the server can read it."""
    person = stage.person()
    stage.adapter.close(person.account)
    status = stage.client.get(
        "/xrpc/com.atproto.admin.getSubjectStatus",
        params={"did": person.account.account_id},
        auth=("admin", stage.servers.admin_password),
    ).json()
    assert status["takedown"] == {"applied": True, "ref": "jaga"}


def test_a_renamed_account_is_the_same_account(stage: PdsStage) -> None:
    """The DID stays; the present handle is among the readings, and the closure applies whatever it is called."""
    person = stage.person()
    handle = stage.rename(person)
    assert readings(stage, person.account)["handle"] == handle
    assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
    assert not stage.can_sign_in(person, person.password)


def test_a_handle_is_not_acted_on_and_its_did_is_told(stage: PdsStage) -> None:
    """It may belong to somebody else by the time of the closure; a person gets the DID instead."""
    person = stage.person()
    by_name = Account("practice", person.account.handle)
    refused = stage.adapter.close(by_name)
    assert refused.kind is OutcomeKind.REFUSED
    assert person.account.account_id in [reading.answer for reading in refused.readings]
    assert stage.adapter.observe(by_name).state is AccountState.MISSING
    assert stage.adapter.preserve(by_name) == ()
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE


def test_the_owner_of_a_name_is_told_and_follows_the_name(stage: PdsStage) -> None:
    """By name or by id; the next owner of the name is another account, and a closed account has no name any more."""
    first, second = stage.person(), stage.person()
    handle = first.account.handle
    named = Account("practice", handle)
    assert stage.adapter.identify(named) == first.account
    assert stage.adapter.identify(Account("practice", first.account.account_id)) == first.account
    renamed = stage.rename(first)
    assert stage.adapter.identify(named) is None
    assert stage.adapter.identify(first.account) == replace(first.account, handle=renamed)
    body = {"handle": handle}
    assert stage.post("com.atproto.identity.updateHandle", body, stage.access(second)).status_code == 200
    assert stage.adapter.identify(named) == replace(second.account, handle=handle)
    assert stage.adapter.identify(stage.nobody()) is None
    stage.adapter.close(second.account)
    assert stage.adapter.identify(named) is None
    with proxied(stage.servers.pds_url) as proxy:
        proxy.faults = [("resolveHandle", Fault.LIE)]
        with pytest.raises(PlatformUnreachable):
            stage.adapter_at(proxy.base_url).identify(named)


def test_what_the_holder_closed_is_not_touched(stage: PdsStage) -> None:
    """Deactivated by its holder: closed, not taken down, not read, and not opened by us."""
    person = stage.person()
    stage.say(person, POSTS, "tak lagi umum")
    stage.deactivate(person)
    seen = stage.adapter.observe(person.account)
    assert seen.state is AccountState.CLOSED
    assert seen.readings[0].answer == "deactivated by its holder"
    assert stage.adapter.close(person.account).kind is OutcomeKind.ALREADY
    assert stage.adapter.preserve(person.account) == ()
    assert stage.adapter.restore(person.account).kind is OutcomeKind.REFUSED
    assert stage.adapter.observe(person.account).readings == seen.readings


def test_a_deleted_account_is_missing(stage: PdsStage) -> None:
    """Nothing is sent, nothing is created."""
    person = stage.person()
    stage.erase(person)
    assert stage.adapter.observe(person.account).state is AccountState.MISSING
    assert stage.adapter.close(person.account).kind is OutcomeKind.REFUSED
    assert stage.adapter.preserve(person.account) == ()


def test_what_somebody_else_closed_is_theirs_to_open(stage: PdsStage) -> None:
    """A restoration undoes our decision, not the server's own."""
    person = stage.person()
    stage.takedown(person.account, "theirs-7")
    assert stage.adapter.close(person.account).kind is OutcomeKind.ALREADY
    assert stage.adapter.restore(person.account).kind is OutcomeKind.REFUSED
    assert not stage.can_sign_in(person, person.password)


def test_protected_accounts_are_refused(stage: PdsStage) -> None:
    """The operator names who runs the service; a false report must not close them."""
    person = stage.person()
    adapter = stage.adapter_at(stage.servers.pds_url, protected=frozenset({person.account.account_id}))
    assert adapter.close(person.account).kind is OutcomeKind.REFUSED
    assert stage.can_sign_in(person, person.password)


def test_the_same_is_preserved_before_and_after_the_closure(stage: PdsStage) -> None:
    """Profile and posts word for word, oldest first, with the hash by which the network knows each; no e-mail."""
    person = stage.person()
    stage.put(person, "app.bsky.actor.profile", "self", {"displayName": "Rina", "description": "jual beli"})
    for number in range(12):
        stage.say(person, POSTS, f"tawaran {number}")
    stage.put(
        person,
        POSTS,
        "3aaaaaaaaaaa2",
        {
            "text": "aneh ✨ é",
            "createdAt": "2026-11-25T01:02:03Z",
            "tambahan": {"angka": -300, "daftar": [True, None, "x" * 300]},
        },
    )
    before = stage.adapter.preserve(person.account)
    stage.adapter.close(person.account)
    assert stage.adapter.preserve(person.account) == before
    profile, messages = (json.loads(material.content) for material in before)
    assert profile["profile"]["displayName"] == "Rina"
    assert (profile["handle"], profile["account_id"]) == (person.account.handle, person.account.account_id)
    assert messages["complete"]
    texts = [message["text"] for message in messages["messages"]]
    assert texts == ["aneh ✨ é", *(f"tawaran {number}" for number in range(12))]
    assert all(message["hash"].startswith("bafyrei") for message in messages["messages"])
    assert "example.invalid" not in str(before)


def test_nothing_is_delivered_because_a_yes_about_mail_means_nothing(stage: PdsStage) -> None:
    """This server cannot send mail, and answers that it was sent."""
    person = stage.person()
    body = {"recipientDid": person.account.account_id, "senderDid": person.account.account_id, "content": "x"}
    assert stage.admin("com.atproto.admin.sendEmail", body).json() == {"sent": True}
    assert stage.adapter.deliver(person.account, TEXT, "key").kind is OutcomeKind.IMPOSSIBLE


def test_a_repository_with_a_changed_byte_is_no_evidence(stage: PdsStage) -> None:
    """Every block is named by its hash: any change on the way is detected, and no other error is raised."""
    person = stage.person()
    stage.say(person, POSTS, "tawaran")
    content = stage.get("com.atproto.sync.getRepo", did=person.account.account_id).content
    assert [value for _, _, value in records(content, POSTS)]
    start = 1 + content[0]  # the header only says which block is the first
    for place in range(start, len(content)):
        changed = content[:place] + bytes((content[place] ^ 1,)) + content[place + 1 :]
        with pytest.raises(PlatformUnreachable):
            list(records(changed, POSTS))


def test_the_servers_listen_on_this_machine_only(stage: PdsStage) -> None:
    """By default they would listen on every interface."""
    ports = {urlsplit(url).port for url in (stage.servers.pds_url, stage.servers.ozone_url)}
    found = []
    for table in ("tcp", "tcp6"):
        for row in Path("/proc/net", table).read_text().splitlines()[1:]:
            address, state = row.split()[1], row.split()[3]
            host, port = address.split(":")
            if state == "0A" and int(port, 16) in ports:
                found.append(host)
    assert found == ["0100007F", "0100007F"]


def test_a_wrong_password_is_said_to_be_wrong(stage: PdsStage) -> None:
    """Invalid credentials are distinguished from a server that does not answer."""
    with pytest.raises(CredentialsRefused):
        stage.adapter_at(stage.servers.pds_url, admin_password="salah").observe(stage.person().account)


def test_a_stopped_server_is_unreachable() -> None:
    """No answer is reported as such, without the account's name."""
    adapter = AtprotoPdsAdapter(base_url="http://127.0.0.1:9", admin_password="none")
    did = "did:plc:abcdefghijklmnopqrstuvwx"
    for act in (adapter.observe, adapter.close, adapter.restore, adapter.preserve):
        with pytest.raises(PlatformUnreachable) as raised:
            act(Account("practice", did))
        assert did not in f"{raised.value}{raised.value.params}"


def configuration(stage: PdsStage, password: str, **options: str) -> PlatformConfiguration:
    credentials = {"admin_password": password} if password else {}
    return PlatformConfiguration("langit", "atproto_pds", stage.servers.pds_url, "localhost", credentials, options)


def test_the_check_proves_the_configuration_and_changes_nothing(stage: PdsStage) -> None:
    """Version, password and an order without effect; the network is told nothing."""
    before = stage.servers.told()
    tried = check(configuration(stage, stage.servers.admin_password))
    assert [(one.name, one.ok) for one in tried] == [("version", True), ("credentials", True), ("rights", True)]
    assert stage.servers.admin_password not in repr(tried)
    assert stage.servers.told() == before
    assert [one.name for one in check(configuration(stage, "salah")) if not one.ok] == ["credentials"]


def test_a_block_that_lacks_something_is_named(stage: PdsStage) -> None:
    """No connection is made."""
    with pytest.raises(BlockIncomplete, match="admin_password"):
        open_adapter(configuration(stage, ""))
    with pytest.raises(BlockIncomplete, match=r"rina\.test is no DID"):
        open_adapter(configuration(stage, "x", protected="did:web:toko.test, rina.test"))
    nowhere = PlatformConfiguration("x", "atproto_pds", "http://127.0.0.1:9", "x", {"admin_password": "x"})
    assert [(one.name, one.ok) for one in check(nowhere)] == [("reachable", False)]
