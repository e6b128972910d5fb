"""Statements on every XMPP server are delivered exactly once, or the adapter says that they were not."""

from typing import Protocol

import pytest
from tests.platforms.stage import Person
from tests.platforms.xmpp_people import XmppPeople, cutting_after, texts, works

from jaga.core.platforms import Account, PlatformPort, PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind
from jaga.platforms.xmpp import notices

TEXT = 'Akun Anda ditutup <karena> "alasan" & sebab.\nKode banding: INVENTED-1234'


class XmppStage(Protocol):
    """What these tests need from a stage: `XmppPeople` and the members below."""

    adapter: PlatformPort
    port: int

    def person(self) -> Person:
        """Create a new account and sign it in."""

    def adapter_at(self, port: int) -> PlatformPort:
        """An adapter for the same server on another port."""


class Stage(XmppPeople, XmppStage):
    """Both classes together, for the type checker."""


class XmppNoticesFacts:
    """Subclass it beside the contract tests, with the same fixture `stage`."""

    def test_an_absent_holder_finds_the_statement_in_the_mailbox_once(self, stage: Stage) -> None:
        """Two attempts with the same key leave one identical message in the mailbox; another key sends another
        message.
        """
        person = stage.person()
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.DONE
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.ALREADY
        assert stage.adapter.deliver(person.account, "Surat kedua", "action-2").kind is OutcomeKind.DONE
        assert stage.received(person) == [TEXT, "Surat kedua"]

    def test_a_holder_who_is_present_reads_the_statement_before_the_door_closes(self, stage: Stage) -> None:
        """The message arrives on the open session before the closure ends that session."""
        person = stage.person()
        device = stage.sign_in(person, present=True)
        assert device is not None
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.DONE
        assert texts(device) == [TEXT]
        assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
        assert not works(device)
        device.close()

    def test_the_statement_waits_through_closure_and_reopening(self, stage: Stage) -> None:
        """A holder who was offline reads the statement after the account is open again."""
        person = stage.person()
        stage.adapter.deliver(person.account, TEXT, "action-1")
        stage.adapter.close(person.account)
        assert stage.received(person) == []
        stage.adapter.restore(person.account)
        assert stage.received(person) == [TEXT]

    def test_a_connection_cut_after_the_message_does_not_send_it_twice(self, stage: Stage) -> None:
        """When the connection ends after sending, it is unknown whether the message arrived; the retry checks the
        sender's own archive first.
        """
        person = stage.person()
        with cutting_after(stage.port, b"<message") as port, pytest.raises(PlatformUnreachable):
            stage.adapter_at(port).deliver(person.account, TEXT, "action-1")
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.ALREADY
        assert stage.received(person) == [TEXT]

    def test_a_statement_that_comes_back_is_not_called_delivered(self, stage: Stage) -> None:
        """A holder who blocks the sender never gets the statement: the step is IMPOSSIBLE, also when repeated, and the
        closure goes on.
        """
        person, sender = stage.person(), self.sender
        blocked = stage.asks(
            person, f"<iq type='set' id='q'><block xmlns='urn:xmpp:blocking'><item jid='{sender}'/></block></iq>"
        )
        assert "result" in blocked
        for _ in range(2):
            assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.IMPOSSIBLE
        assert stage.received(person) == []

    def test_what_the_holder_writes_back_does_not_hide_what_was_sent(
        self,
        stage: Stage,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """The archive search reads further pages when the holder's replies fill the first; if it reaches its page
        limit, it does not send again.
        """
        person = stage.person()
        stage.adapter.deliver(person.account, TEXT, "action-1")
        device = stage.sign_in(person, present=True)
        assert device is not None
        assert texts(device) == [TEXT]
        device.sendall(
            "".join(
                f"<message type='chat' id='m{n}' to='{self.sender}'><body>balasan {n}</body></message>"
                for n in range(120)
            ).encode()
        )
        assert works(device)
        device.close()
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.ALREADY
        monkeypatch.setattr(notices, "PAGES", 1)
        assert stage.adapter.deliver(person.account, TEXT, "action-1").kind is OutcomeKind.IMPOSSIBLE
        assert stage.received(person) == []

    def test_the_sender_is_never_written_to_or_closed(self, stage: Stage) -> None:
        """The sender's own account is never messaged or closed, in any spelling: servers fold capital and full-width
        letters.
        """
        for account_id in (self.sender, self.sender.upper(), self.sender.replace("p", "\uff50", 1)):
            account = Account("practice", account_id)
            assert stage.adapter.deliver(account, TEXT, "action-1").kind is OutcomeKind.REFUSED
            assert stage.adapter.close(account).kind is OutcomeKind.REFUSED
        assert stage.adapter.observe(Account("practice", self.sender)).state is AccountState.ACTIVE

    def test_every_session_of_a_closed_account_ends(self, stage: Stage) -> None:
        """All three sessions of a closed account end, whether available or not, and none can return."""
        person = stage.person()
        devices = [stage.sign_in(person, present=present) for present in (True, True, False)]
        assert stage.adapter.close(person.account).kind is OutcomeKind.DONE
        for device in devices:
            assert device is not None
            assert not works(device)
            device.close()
        assert not stage.session_works(person)
        assert stage.sign_in(person) is None

    @property
    def sender(self) -> str:
        return "pemberitahuan@localhost"
