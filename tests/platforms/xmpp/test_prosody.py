"""The adapter contract on a real Prosody server, and tests of Prosody's shell and sign-in."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.platforms.contract import PlatformContract
from tests.platforms.prosody_stage import ProsodyStage, running_prosody
from tests.platforms.xmpp_notices_facts import XmppNoticesFacts

from jaga.core.platforms import Account, PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.prosody import ProsodyAdapter, from_configuration

pytestmark = pytest.mark.prosody


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProsodyStage]:
    if shutil.which("prosody") is None:
        pytest.skip("needs Debian's prosody: apt-get install --no-install-recommends prosody")
    with running_prosody(tmp_path_factory.mktemp("prosody")) as made:
        yield made


class TestProsody(PlatformContract):
    pass


class TestStatements(XmppNoticesFacts):
    pass


def test_the_sign_in_tells_a_closed_account_without_its_password(stage: ProsodyStage) -> None:
    """The second route uses the public sign-in: its error says that the account is closed, without the account's
    password.
    """
    person = stage.person()
    assert dict(readings(stage, person.account)) == {"shell": "prosody:member", "sign-in": "open"}
    stage.adapter.close(person.account)
    assert dict(readings(stage, person.account)) == {"shell": "prosody:member", "sign-in": "disabled"}
    assert dict(readings(stage, stage.nobody())) == {"shell": "missing", "sign-in": "refused"}


def test_whoever_runs_the_server_is_never_closed(stage: ProsodyStage) -> None:
    """An administrator's account is refused."""
    person = stage.person()
    stage.shell("user", "set_role", person.account.account_id, "localhost", "prosody:admin")
    assert stage.adapter.close(person.account).kind is OutcomeKind.REFUSED
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE


@pytest.mark.parametrize(
    "account_id",
    [
        '");os.exit()--@localhost',
        "--help@localhost",
        "a b@localhost",
        "a\nb@localhost",
        "A,n=x@localhost",
    ],
)
def test_an_id_that_is_no_name_never_reaches_the_shell(stage: ProsodyStage, account_id: str) -> None:
    """An account name from a report cannot inject a command into the shell."""
    adapter = ProsodyAdapter(url="xmpp://127.0.0.1:9", server_name="localhost", command=("/nowhere",))
    assert adapter.observe(Account("practice", account_id)).state is AccountState.MISSING
    assert adapter.close(Account("practice", account_id)).kind is OutcomeKind.REFUSED


def test_a_stopped_server_is_unreachable(stage: ProsodyStage) -> None:
    """A missing program or a closed port raises an error and is never read as the state of an account."""
    account = stage.person().account
    for port, command in ((9, stage.command), (stage.port, ("/nowhere/prosodyctl",))):
        adapter = ProsodyAdapter(url=f"xmpp://127.0.0.1:{port}", server_name="localhost", command=command)
        with pytest.raises(PlatformUnreachable):
            adapter.observe(account)


def test_the_check_passes_on_a_running_server(stage: ProsodyStage) -> None:
    """The check tries the shell, sign-in, sender, archive and mailbox, and changes nothing."""
    before = stage.shell("user", "list", "localhost").stdout
    tried = {check.name: check.ok for check in stage.adapter.check()}
    names = ["shell", "sign-in", "reports", "blocklist", "notices", "mod_offline", "mod_mam"]
    assert tried == dict.fromkeys(names, True)
    assert stage.shell("user", "list", "localhost").stdout == before


def test_without_a_notices_account_no_statement_is_delivered_and_that_is_declared(stage: ProsodyStage) -> None:
    """The notices account is optional. Without it the notice step is IMPOSSIBLE and the capabilities say so."""
    block = PlatformConfiguration("practice", "prosody", "xmpp://127.0.0.1:9", "localhost")
    adapter = from_configuration(block)
    assert not adapter.capabilities().can(Step.DELIVER)
    assert adapter.deliver(stage.person().account, "Surat", "k").kind is OutcomeKind.IMPOSSIBLE
    named = {"notices_account": "x@elsewhere"}
    with pytest.raises(BlockIncomplete):
        from_configuration(replace(block, options=named, credentials={"notices_password": "x"}))


def test_where_blocked_messages_vanish_none_is_sent(tmp_path: Path) -> None:
    """By default Prosody drops messages to somebody who blocks the sender without an error, so no message is sent; the
    check names the setting to change.
    """
    with running_prosody(tmp_path, bounces=False) as silent:
        person = silent.person()
        assert silent.adapter.deliver(person.account, "Surat", "k").kind is OutcomeKind.IMPOSSIBLE
        assert silent.received(person) == []
        assert [check.name for check in silent.adapter.check() if not check.ok] == ["blocklist"]


def readings(stage: ProsodyStage, account: Account) -> list[tuple[str, str]]:
    return [(reading.route, reading.answer) for reading in stage.adapter.observe(account).readings]
