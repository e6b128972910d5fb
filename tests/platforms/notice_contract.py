"""The contract of `NoticePort`: every adapter of a platform that is asked by notice passes it.

A test file subclasses `NoticeContract` and offers a fixture `desk`.
"""

import time
from dataclasses import dataclass
from typing import Protocol

from tests.platforms.receiver import notice

from jaga.core.platforms import Account
from jaga.core.terms.cases import AccountState, ActionKind, Step
from jaga.platforms.kit.guard import NoticeAdapter, by_notice, can_act


class Desk(Protocol):
    """One operator with an adapter to ask it."""

    adapter: NoticeAdapter
    looks: bool

    def account(self) -> str:
        """The id of an account that is active there."""

    def effects(self) -> int:
        """How often the operator's side did something, as far as this machine can know."""


@dataclass
class PaperDesk:
    """An operator that is reached only by people: sending alone has no effect."""

    adapter: NoticeAdapter
    looks: bool = False

    def account(self) -> str:
        return "mawar"

    def effects(self) -> int:
        return 0


class NoticeContract:
    """What holds for every platform that is asked by notice."""

    def test_it_declares_that_it_asks_and_what_it_asks_for(self, desk: Desk) -> None:
        """Each step is named; each possible request has its own word, and a redaction cannot be undone."""
        declared = desk.adapter.capabilities()
        assert declared.by_notice
        assert by_notice(desk.adapter)
        assert not can_act(desk.adapter)
        assert set(declared.steps) == set(Step)
        assert declared.can(Step.ASK)
        assert declared.can(Step.DELIVER)
        assert declared.can(Step.OBSERVE) == desk.looks
        assert not declared.steps[Step.REDACT].reversible

    def test_a_repeat_is_the_same_notice(self, desk: Desk) -> None:
        """Sent again after a lost answer, it says the same and has no second effect."""
        sent = notice(desk.account())
        first = desk.adapter.send(sent)
        effects = desk.effects()
        time.sleep(1.1)  # a repeat within one second would be a recording to the receiver
        again = desk.adapter.send(sent)
        assert (again.received, again.answer is None) == (first.received, first.answer is None)
        assert desk.effects() == effects

    def test_an_answer_is_about_the_notice_that_was_sent(self, desk: Desk) -> None:
        """Its number is returned; an adapter without an answer says that it has none."""
        answer = desk.adapter.send(notice(desk.account(), ActionKind.RESTRICT, "P000042")).answer
        assert answer is None or answer.number == "P000042"

    def test_a_look_claims_no_more_than_it_saw(self, desk: Desk) -> None:
        """If nothing can be observed, the state is unknown, before and after the notice, and never taken from the
        answer.
        """
        account = Account("obrolan", desk.account())
        before = desk.adapter.observe(account)
        desk.adapter.send(notice(account.account_id))
        after = desk.adapter.observe(account)
        assert before.at.utcoffset() is not None
        assert before.readings
        assert after.readings
        if desk.looks:
            assert (before.state, after.state) == (AccountState.ACTIVE, AccountState.CLOSED)
        else:
            assert {before.state, after.state} == {AccountState.UNKNOWN}

    def test_the_check_passes_and_changes_nothing(self, desk: Desk) -> None:
        """Each check has its own name and sentence."""
        account = Account("obrolan", desk.account())
        before = desk.adapter.observe(account).state, desk.effects()
        tried = desk.adapter.check()
        assert tried
        assert all(one.ok and one.sentence for one in tried), tried
        assert len({one.name for one in tried}) == len(tried)
        assert (desk.adapter.observe(account).state, desk.effects()) == before
