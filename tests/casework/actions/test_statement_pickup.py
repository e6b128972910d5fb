"""Handing over the holder's letter: by a supervisor, recorded, and only if the platform cannot deliver."""

from pathlib import Path
from typing import Any

import pytest
from tests.casework.operator_world import asked, make_operator
from tests.factories import World, decided_closure, make_world, rows

from jaga.actions.verbs.verification import PlatformDelivers, hand_over_statement
from jaga.cases.models.cases import Platform
from jaga.cases.models.decisions import Decision
from jaga.cases.reads.letters import CodeWay, code_delivery_channels
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import AccountState, Step
from jaga.core.terms.outside import AnswerKind
from jaga.operators.verbs import answers
from jaga.operators.verbs import notices as manual_checks
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return make_world(Capabilities("synapse", {step: Capability(step is not Step.DELIVER) for step in Step}))


def test_a_supervisor_gets_the_letter_with_its_code(world: World) -> None:
    """The letter is in both languages; the ledger records the opening without the code."""
    case_id = decided_closure(world)
    decision = Decision.objects.get()
    text = hand_over_statement(case_id, decision.pk, actor=world.supervisor)
    code = appeal_code(decision.pk)
    assert text.count(code) == 2
    entry = LedgerEntry.objects.get(verb="hand_over_statement")
    assert entry.actor == f"person:{world.supervisor.person_id}"
    assert code not in str(entry.payload)


def test_nobody_else_gets_it(world: World) -> None:
    """Voters and officers are refused, and so is a decision of another case."""
    case_id = decided_closure(world)
    decision = Decision.objects.get()
    before = rows()
    for actor in (*world.reviewers, world.officer, world.minister):
        with pytest.raises(NotPermitted):
            hand_over_statement(case_id, decision.pk, actor=actor)
    with pytest.raises(NotFound):
        hand_over_statement(case_id + 1, decision.pk, actor=world.supervisor)
    assert rows() == before


def test_where_the_platform_delivers_there_is_no_second_way(world: World) -> None:
    """On such platforms the code may reveal the password of a restored account, so only the holder gets it."""
    case_id = decided_closure(world)
    Platform.objects.update(capabilities={"deliver": {"supported": True}})
    with pytest.raises(PlatformDelivers):
        hand_over_statement(case_id, Decision.objects.get().pk, actor=world.supervisor)
    assert not LedgerEntry.objects.filter(verb="hand_over_statement").exists()


@pytest.mark.parametrize("handed_over", [True, False])
def test_what_an_operator_did_not_hand_over_a_supervisor_sends(world: World, handed_over: bool) -> None:
    """If the account was closed without the letter, the holder could not appeal otherwise. Not before the operator has
    finished.
    """
    operator = make_operator()
    notice = asked(world, operator)
    decision = Decision.objects.get()
    answers.answer_notice(notice.pk, AnswerKind.DONE, handed_over=handed_over, actor=operator.contact)
    with pytest.raises(PlatformDelivers):
        hand_over_statement(notice.case_id, decision.pk, actor=world.supervisor)
    manual_checks.record_manual_check(
        decision.actions.get().pk, AccountState.CLOSED, "Profilnya tidak ada lagi.", actor=world.reviewers[0]
    )
    if handed_over:
        with pytest.raises(PlatformDelivers):
            hand_over_statement(notice.case_id, decision.pk, actor=world.supervisor)
    else:
        assert appeal_code(decision.pk) in hand_over_statement(notice.case_id, decision.pk, actor=world.supervisor)


@pytest.mark.parametrize(
    ("adapter", "delivers", "by_notice", "way"),
    [
        ("synapse", True, False, CodeWay.NOTICE),
        ("prosody", True, False, CodeWay.MAILBOX),
        ("ejabberd", False, False, CodeWay.ASKED),
        ("atproto_pds", False, False, CodeWay.ASKED),
        ("portal", True, True, CodeWay.OPERATOR),
    ],
)
def test_everybody_can_read_where_the_code_is(
    world: World,
    adapter: str,
    delivers: bool,
    by_notice: bool,
    way: CodeWay,
) -> None:
    """The page says it for each platform, as its row declares, with whoever runs it."""
    Platform.objects.update(adapter=adapter, by_notice=by_notice, capabilities={"deliver": {"supported": delivers}})
    [found] = code_delivery_channels()
    assert (found.way, found.operator) == (way, "Operator Contoh")
