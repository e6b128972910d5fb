"""The contract on a real ejabberd, and what this server does besides."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.platforms.contract import PlatformContract
from tests.platforms.ejabberd_stage import (
    ADMINISTRATOR,
    COMMANDS,
    MODULES,
    NOTICES,
    NOTICES_PASSWORD,
    EjabberdStage,
    library,
    running_ejabberd,
)
from tests.platforms.fake import Fault
from tests.platforms.proxy import proxied
from tests.platforms.xmpp_notices_facts import XmppNoticesFacts

from jaga.core.platforms import Account, PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.registry import check, open_adapter
from jaga.platforms.xmpp.streams import sign_in_state

pytestmark = pytest.mark.ejabberd


def _need_ejabberd() -> None:
    if library() is None:
        pytest.skip("needs Debian's ejabberd: apt-get install --no-install-recommends ejabberd")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EjabberdStage]:
    _need_ejabberd()
    with running_ejabberd(tmp_path_factory.mktemp("ejabberd")) as made:
        yield made


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EjabberdStage]:
    """A server without the modules that bans and statements need."""
    _need_ejabberd()
    with running_ejabberd(tmp_path_factory.mktemp("bare"), modules=()) as made:
        yield made


class TestEjabberd(PlatformContract):
    pass


class TestStatements(XmppNoticesFacts):
    pass


def test_a_ban_of_a_missing_account_is_never_sent(stage: EjabberdStage) -> None:
    """The server would create it, and answer that all is well."""
    nobody = stage.nobody()
    with proxied(stage.base_url) as proxy:
        adapter = stage.adapter_at(base_url=proxy.base_url)
        assert adapter.close(nobody).kind is OutcomeKind.REFUSED
        assert adapter.restore(nobody).kind is OutcomeKind.REFUSED
        assert not [each for each in proxy.passed if "ban_account" in each]
    assert not stage.exists(nobody)
    stage.api("ban_account", user=nobody.account_id.partition("@")[0], reason="x")
    assert stage.exists(nobody), "ejabberd no longer creates what it bans; then this care is not needed"


def test_each_route_is_told_in_plain_words(stage: EjabberdStage) -> None:
    """The API, the live sessions, and the error that a sign-in gets."""
    person = stage.person()
    assert readings(stage, person.account) == {"account": "exists", "sessions": "1", "sign-in": "open"}
    stage.adapter.close(person.account)
    assert readings(stage, person.account) == {"account": "exists", "sessions": "0", "sign-in": "disabled"}
    assert readings(stage, stage.nobody()) == {"account": "missing", "sessions": "0", "sign-in": "refused"}


def test_reopening_twice_closed_brings_the_old_password_back(stage: EjabberdStage) -> None:
    """The first version of the server's command would have replaced it for good; a repeat must not keep a wrong one."""
    person = stage.person()
    for _ in range(2):
        stage.adapter.close(person.account)
        stage.adapter.close(person.account)
        assert not stage.can_sign_in(person, person.password)
        stage.adapter.restore(person.account)
        assert stage.can_sign_in(person, person.password)


def test_a_ban_that_was_cut_off_is_finished(stage: EjabberdStage) -> None:
    """If the record was written and the sessions were not ended, the account is neither closed nor open until the
    repeat ends them.
    """
    person = stage.person()
    name = person.account.handle
    stage.api("ban_account", user=name, reason="x")
    record = stage.api("private_get", user=name, element="banned", ns="jabber:ejabberd:banned")
    stage.api("unban_account", user=name)
    stage.stays_signed_in(person)
    stage.api(
        "private_set",
        user=name,
        element=record.removeprefix("<query xmlns='jabber:iq:private'>").removesuffix("</query>"),
    )
    assert stage.session_works(person)
    assert stage.adapter.observe(person.account).state is AccountState.UNKNOWN
    assert stage.adapter.close(person.account).kind in {OutcomeKind.DONE, OutcomeKind.ALREADY}
    assert not stage.session_works(person)
    assert stage.adapter.observe(person.account).state is AccountState.CLOSED
    assert stage.adapter.restore(person.account).kind is OutcomeKind.DONE
    assert stage.can_sign_in(person, person.password)


def test_a_holder_who_forges_a_ban_is_closed_all_the_same(stage: EjabberdStage) -> None:
    """Anybody can write to their own private storage, where the server keeps its record of a ban."""
    person = stage.person()
    forged = (
        "<iq type='set' id='q'><query xmlns='jabber:iq:private'><banned xmlns='jabber:ejabberd:banned'>"
        "<bandate>2020-01-01T00:00:00Z</bandate><hash>x</hash></banned></query></iq>"
    )
    assert "result" in stage.asks(person, forged)
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE
    assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
    assert not stage.can_sign_in(person, person.password)
    assert stage.adapter.restore(person.account).kind is OutcomeKind.DONE
    assert stage.can_sign_in(person, person.password)


def test_the_public_reason_holds_no_case_data(stage: EjabberdStage) -> None:
    """Everybody who tries to sign in sees it, so it is one sentence for all."""
    one, two = stage.person(), stage.person()
    bodies = []
    for person in (one, two):
        stage.adapter.close(person.account)
        record = stage.api("private_get", user=person.account.handle, element="banned", ns="jabber:ejabberd:banned")
        bodies.append(record.partition("<reason>")[2].partition("</reason>")[0])
    assert bodies[0] == bodies[1] == "Akun ini ditutup oleh penyelenggara. This account was closed by its operator."


def test_a_reopening_whose_answer_is_lost_is_already_done_at_the_repeat(stage: EjabberdStage) -> None:
    """Lifting a ban behaves like closing in the contract."""
    person = stage.person()
    stage.adapter.close(person.account)
    with stage.behind(Step.RESTORE, Fault.TIMEOUT_AFTER_EFFECT) as adapter:
        with pytest.raises(PlatformUnreachable):
            adapter.restore(person.account)
        assert adapter.restore(person.account).kind is OutcomeKind.ALREADY
    assert stage.can_sign_in(person, person.password)


def test_a_yes_without_effect_is_not_believed(stage: EjabberdStage) -> None:
    """The answer 0 to a ban that never reached the server: the second check does not show it."""
    person = stage.person()
    with proxied(stage.base_url) as proxy:
        proxy.faults.append(("/ban_account", Fault.LIE))
        adapter = stage.adapter_at(base_url=proxy.base_url)
        with pytest.raises(PlatformUnreachable):
            adapter.close(person.account)
    assert stage.session_works(person)


def test_whoever_runs_the_server_is_never_closed(stage: EjabberdStage) -> None:
    """An administrator of the configuration is refused, however the name is written."""
    for name in (ADMINISTRATOR, ADMINISTRATOR.upper(), "\uff4bepala"):
        assert stage.adapter.close(Account("practice", f"{name}@localhost")).kind is OutcomeKind.REFUSED, name
    assert stage.adapter.observe(Account("practice", f"{ADMINISTRATOR}@localhost")).state is AccountState.ACTIVE


def test_a_name_in_capitals_is_the_account_that_the_server_takes_it_for(stage: EjabberdStage) -> None:
    """A name written in capital letters is the same account to the server, so an account cannot escape a closure, or be
    closed twice, by its spelling.
    """
    person = stage.person()
    shouted = Account("practice", person.account.account_id.upper())
    assert stage.adapter.close(shouted).kind is OutcomeKind.DONE
    assert stage.adapter.close(person.account).kind is OutcomeKind.ALREADY


def test_a_stopped_server_is_unreachable(stage: EjabberdStage) -> None:
    """A closed API port or a closed sign-in port raises an error and is never read as the state of an account."""
    account = stage.person().account
    for adapter in (stage.adapter_at(9), stage.adapter_at(base_url="http://127.0.0.1:9")):
        with pytest.raises(PlatformUnreachable):
            adapter.observe(account)
        with pytest.raises(PlatformUnreachable):
            adapter.close(account)


def test_a_server_without_the_modules_claims_no_closure(bare: EjabberdStage) -> None:
    """Without the modules the server answers a ban with "already" although nothing happened, so the adapter does not
    report a closure.
    """
    person = bare.person()
    assert bare.adapter.close(person.account).kind is OutcomeKind.UNKNOWN
    assert bare.session_works(person)
    assert bare.adapter.deliver(person.account, "Surat", "k").kind is OutcomeKind.IMPOSSIBLE


def test_a_worker_that_is_shut_out_says_so_and_takes_it_for_no_state(tmp_path: Path) -> None:
    """A strict server blocks an IP address after three failed sign-ins. Checking open accounts fails no sign-in;
    checking closed accounts does.
    """
    _need_ejabberd()
    with running_ejabberd(tmp_path, trusted=False) as strict:
        person = strict.person()
        url = f"xmpp://127.0.0.1:{strict.port}"
        for _ in range(6):
            assert sign_in_state(url, "localhost", person.account.handle) == "open"
        assert [sign_in_state(url, "localhost", "tiada") for _ in range(2)] == ["refused"] * 2
        with pytest.raises(PlatformUnreachable) as raised:
            [sign_in_state(url, "localhost", "tiada") for _ in range(2)]
        assert "shut out" in str(raised.value.params["why"])


def test_encrypted_doors_are_used_and_a_false_certificate_is_not_believed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """STARTTLS and direct TLS work with a trusted certificate and fail with an untrusted one."""
    _need_ejabberd()
    with running_ejabberd(tmp_path, certificate=certificate(tmp_path)) as encrypted:
        person = encrypted.person()
        doors = [f"xmpp://localhost:{encrypted.ports.starttls}", f"xmpps://localhost:{encrypted.ports.tls}"]
        for door in doors:
            with pytest.raises(PlatformUnreachable, match="did not answer"):
                sign_in_state(door, "localhost", person.account.handle)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "server.pem"))
        for number, door in enumerate(doors):
            assert sign_in_state(door, "localhost", person.account.handle) == "open"
            adapter = encrypted.adapter_at(xmpp_url=door)
            assert adapter.deliver(person.account, f"Surat {number}", door).kind is OutcomeKind.DONE
        assert encrypted.received(person) == ["Surat 0", "Surat 1"]


def certificate(folder: Path) -> Path:
    """A self-signed certificate for localhost, with its key."""
    made = folder / "server.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            folder / "key.pem",
            "-out",
            folder / "c.pem",
        ],
        check=True,
        capture_output=True,
    )
    made.write_text((folder / "key.pem").read_text() + (folder / "c.pem").read_text())
    return made


def configuration(stage: EjabberdStage, **changes: str) -> PlatformConfiguration:
    options = {
        "xmpp": f"xmpp://127.0.0.1:{stage.port}",
        "notices_account": f"{NOTICES}@localhost",
        "administrators": f"{ADMINISTRATOR}@localhost",
    }
    credentials = {"notices_password": changes.pop("password", NOTICES_PASSWORD)}
    options |= changes
    return PlatformConfiguration("practice", "ejabberd", stage.base_url, "localhost", credentials, options)


def failed(stage: EjabberdStage, **changes: str) -> list[str]:
    return [tried.name for tried in check(configuration(stage, **changes)) if not tried.ok]


def test_a_working_configuration_passes_every_check(stage: EjabberdStage) -> None:
    """The check tries the version, each permission, the sign-in, the sender, the modules and the administrators, and
    changes nothing.
    """
    before = stage.api("registered_users")
    tried = check(configuration(stage))
    assert [one for one in tried if not one.ok] == []
    names = {one.name for one in tried}
    assert {*MODULES, "version", "ban_account/v2", "sign-in", "notices", "administrators"} <= names
    assert stage.api("registered_users") == before
    assert NOTICES_PASSWORD not in repr(tried)


def test_what_is_wrong_with_a_configuration_is_named(stage: EjabberdStage) -> None:
    """The check names a wrong password, an account without permissions and an administrator who does not exist."""
    assert failed(stage, password="salah") == ["credentials"]
    assert failed(stage, administrators="tiada@localhost") == ["administrators"]
    stage.api("register", user="biasa", password="kata-sandi-biasa")
    assert failed(stage, notices_account="biasa@localhost", password="kata-sandi-biasa") == ["credentials"]


def test_missing_modules_and_rights_are_named(
    bare: EjabberdStage,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Bans need two modules, statements need two more, and the service account needs permission for each command."""
    names = failed(bare)
    assert sorted(names) == sorted(MODULES)
    few = tuple(command for command in COMMANDS if command not in {"ban_account", "kick_user"})
    with running_ejabberd(tmp_path_factory.mktemp("few"), commands=few) as limited:
        assert failed(limited) == ["ban_account/v2", "kick_user"]


@pytest.mark.parametrize("missing", ["xmpp", "notices_account", "administrators"])
def test_an_incomplete_block_is_refused(missing: str) -> None:
    """A missing option is named in the error, including the list of administrators who must never be closed."""
    options = {"xmpp": "xmpp://127.0.0.1:9", "notices_account": "a@localhost", "administrators": ""}
    del options[missing]
    password = {"notices_password": "x"}
    block = PlatformConfiguration("p", "ejabberd", "http://127.0.0.1:9", "localhost", password, options)
    with pytest.raises(BlockIncomplete):
        open_adapter(block)


def readings(stage: EjabberdStage, account: Account) -> dict[str, Any]:
    return {reading.route: reading.answer for reading in stage.adapter.observe(account).readings}
