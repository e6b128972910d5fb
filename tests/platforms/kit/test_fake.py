"""The fake passes the contract of the real platforms, and fails only on request."""

import pytest
from tests.platforms.contract import TEXT, PlatformContract
from tests.platforms.fake import FakeStage, Fault

from jaga.core.platforms import PlatformUnreachable
from jaga.core.terms.cases import AccountState, OutcomeKind


@pytest.fixture
def stage() -> FakeStage:
    return FakeStage()


class TestFake(PlatformContract):
    pass


@pytest.mark.parametrize("fault", [Fault.TIMEOUT_AFTER_EFFECT, Fault.NONSENSE])
def test_a_repeat_after_a_lost_answer_finds_the_effect_and_does_not_do_it_twice(stage: FakeStage, fault: Fault) -> None:
    """At most one effect, also on a platform without idempotency keys."""
    person = stage.person()
    for step in (stage.adapter.restrict, stage.adapter.close, stage.adapter.restore):
        stage.adapter.faults = [fault]
        with pytest.raises(PlatformUnreachable):
            step(person.account)
        assert step(person.account).kind is OutcomeKind.ALREADY
    stage.adapter.faults = [fault]
    with pytest.raises(PlatformUnreachable):
        stage.adapter.deliver(person.account, TEXT, "key")
    assert stage.adapter.deliver(person.account, TEXT, "key").kind is OutcomeKind.ALREADY
    assert stage.adapter.orders == ["restrict", "close", "restore", "deliver"]


def test_a_repeat_after_a_failure_before_the_effect_does_it(stage: FakeStage) -> None:
    """A failing server did nothing, so the repeat is DONE."""
    person = stage.person()
    stage.adapter.faults = [Fault.ERROR_BEFORE_EFFECT]
    with pytest.raises(PlatformUnreachable):
        stage.adapter.close(person.account)
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE
    assert stage.adapter.close(person.account).kind is OutcomeKind.DONE


def test_a_yes_without_an_effect_is_unknown_and_never_done(stage: FakeStage) -> None:
    """A claim is no proof."""
    person = stage.person()
    stage.adapter.faults = [Fault.LIE, Fault.LIE]
    assert stage.adapter.close(person.account).kind is OutcomeKind.UNKNOWN
    assert stage.adapter.deliver(person.account, TEXT, "key").kind is OutcomeKind.UNKNOWN
    assert stage.adapter.close(person.account).kind is OutcomeKind.DONE


def test_nothing_is_done_while_the_routes_contradict_each_other(stage: FakeStage) -> None:
    """An account of unknown state is not touched."""
    person = stage.person()
    stage.adapter.contradicting = True
    assert stage.adapter.close(person.account).kind is OutcomeKind.UNKNOWN
    assert stage.adapter.orders == []
