"""The score cards of operators: each request has one status, a claim is not a check, and without a proven clock nothing
is late.
"""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, carry_through, decided_closure, observed, resolved_closure, the_action

from jaga.actions.verbs import attempts, verification
from jaga.appeals.verbs import appeals
from jaga.cases.models.decisions import Decision
from jaga.core.actors import CLI, HOLDER, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.platforms import StepResult
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.core.terms.outside import AnswerKind, EscalationStage, ObjectionState
from jaga.core.terms.people import HostKind
from jaga.figures.reads.operator_counts import AskFacts, PublicOperator
from jaga.figures.reads.work_counts import Spread
from jaga.figures.verbs.operators import (
    DataRequestResult,
    NoticeResult,
    ScoreCard,
    compute_cards,
    csv,
    data_request_result,
    notice_result,
    score,
)
from jaga.operators.models import Notice, OperatorLetter
from jaga.operators.verbs import escalation as data_requests
from jaga.operators.verbs import notices
from jaga.operators.verbs import notices as objections
from jaga.operators.verbs import register as operators
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.notices import record_manual_check
from jaga.operators.verbs.register import NewPledge, OperatorFacts
from jaga.people.models import Organisation
from jaga.people.verbs.people import claim_installation
from jaga.policy.local_time import day_of
from jaga.store.codes import appeal_code

START = now() - timedelta(days=4)
HOUR = timedelta(hours=1)
FACTS = st.builds(AskFacts, *(st.booleans() for _ in range(8)), in_time=st.none() | st.booleans())
NOBODY = PublicOperator(1, "contoh", "Contoh", True, "", "", (), "", (), ())
NOTHING = (Spread(0, None, None), Spread(0, None, None))


@pytest.fixture
def operator(world: World) -> Operator:
    """A registered operator by notice."""
    made = make_operator()
    register("PSE mengobrol", "mengobrol")
    return made


def register(name: str, slug: str) -> int:
    number = Organisation.objects.get(name=name).pk
    operators.describe_operator(number, OperatorFacts(slug), actor=CLI)
    return number


def card(slug: str = "mengobrol") -> ScoreCard:
    (found,) = compute_cards(slug).cards
    return found


def counts(slug: str = "mengobrol") -> dict[str, int]:
    """The statuses that occur."""
    return {one.value: count for one, count in card(slug).results if count}


def answered(world: World, operator: Operator, kind: AnswerKind, *, after: timedelta = HOUR, **changes: Any) -> Notice:
    """A notice that was opened at START and answered some time later."""
    with frozen(START):
        notice = asked(world, operator, **changes)
        notices.open_notice(notice.pk, actor=operator.contact)
    with frozen(START + after):
        answer_notice(notice.pk, kind, "Kami sudah memeriksanya.", handed_over=True, actor=operator.contact)
    return Notice.objects.get(pk=notice.pk)


def look(world: World, notice: Notice, state: AccountState, after: timedelta = 2 * HOUR) -> None:
    assert notice.action_id is not None
    with frozen(START + after):
        record_manual_check(notice.action_id, state, "Dilihat di aplikasi.", actor=world.reviewers[2])


@given(st.lists(FACTS))
def test_the_standings_add_up_to_what_was_asked(facts: list[AskFacts]) -> None:
    """Each request has exactly one status, and requests for data are counted apart from accounts."""
    made = score(
        NOBODY,
        Counter(facts),
        objections=dict.fromkeys(ObjectionState, 0),
        letters=dict.fromkeys(EscalationStage, 0),
        restored=0,
        reopened=0,
        took=NOTHING,
    )
    assert sum(count for _, count in made.results) == made.asked == sum(not fact.data for fact in facts)
    assert sum(count for _, count in made.data) == made.data_asked == sum(fact.data for fact in facts)
    seen = sum(made.count(one) for one in (NoticeResult.KEPT, NoticeResult.LATE, NoticeResult.UNTIMED))
    assert seen == made.verified
    assert made.count(NoticeResult.CLAIMED) + made.count(NoticeResult.CONTRADICTED) <= made.claimed


@given(FACTS)
def test_a_clock_that_did_not_run_makes_nobody_late(facts: AskFacts) -> None:
    """Without a proven receipt or commitment nothing is late or overdue; with one it can be."""
    late = {NoticeResult.LATE, NoticeResult.OVERDUE}
    if facts.in_time is None:
        assert notice_result(facts) not in late
        assert data_request_result(facts) is not DataRequestResult.OVERDUE
    elif facts.in_time is False and not (facts.withdrawn or facts.refused or facts.claimed or facts.asked_back):
        assert notice_result(facts) in late


def test_a_claim_is_counted_apart_from_the_check(world: World, operator: Operator) -> None:
    """A claim counts as claimed, as kept once a check confirms it, and as contradicted if the check does not."""
    good = answered(world, operator, AnswerKind.DONE)
    bad = answered(world, operator, AnswerKind.DONE, account="tamu-78", source="192.0.3.0")
    assert counts() == {"claimed": 2}
    assert (card().asked, card().claimed, card().verified) == (2, 2, 0)
    look(world, good, AccountState.CLOSED)
    look(world, bad, AccountState.ACTIVE)
    assert counts() == {"kept": 1, "contradicted": 1}
    assert (card().claimed, card().verified) == (2, 1)


def test_our_own_slowness_makes_no_operator_late(world: World, operator: Operator) -> None:
    """A claim within 24 hours that is checked after two days is kept; a claim after 25 hours is late."""
    early = answered(world, operator, AnswerKind.DONE, after=23 * HOUR)
    late = answered(world, operator, AnswerKind.DONE, after=25 * HOUR, account="tamu-78", source="192.0.3.0")
    look(world, early, AccountState.CLOSED, after=60 * HOUR)
    look(world, late, AccountState.CLOSED, after=60 * HOUR)
    assert counts() == {"kept": 1, "late": 1}


def test_an_unopened_notice_is_open_however_old(world: World, operator: Operator) -> None:
    """Only receipt starts the clock: the same notice, if opened at that time, is overdue."""
    with frozen(START):
        notice = asked(world, operator)
    assert counts() == {"open": 1}
    with frozen(START):
        notices.open_notice(notice.pk, actor=operator.contact)
    assert counts() == {"overdue": 1}
    with frozen(START + HOUR):
        assert counts() == {"open": 1}


def test_what_had_to_be_asked_again_is_late(world: World, operator: Operator) -> None:
    """If the second request was answered in time but the first was not, the notice is late."""
    notice = answered(world, operator, AnswerKind.DONE)
    look(world, notice, AccountState.ACTIVE)
    with frozen(START + 3 * HOUR):
        notices.ask_again(notice.pk, "Akun itu masih terlihat aktif.", actor=world.supervisor)
        answer_notice(notice.pk, AnswerKind.DONE, handed_over=True, actor=operator.contact)
    assert notice.action_id is not None
    with frozen(START + 4 * HOUR):
        verification.record_verification(notice.action_id, observed(AccountState.CLOSED), actor=SYSTEM)
    assert counts() == {"late": 1}


def test_refusals_questions_and_objections_have_their_rows(world: World, operator: Operator) -> None:
    """A refusal stays a refusal; an accepted objection withdraws the notice."""
    answered(world, operator, AnswerKind.REFUSED)
    answered(world, operator, AnswerKind.INVALID_LOCATOR, account="tamu-78", source="192.0.3.0")
    disputed = asked(world, operator, account="tamu-79", source="192.0.4.0")
    number = objections.object_to(disputed.pk, "Akun itu milik sebuah toko.", actor=operator.contact)
    assert counts() == {"refused": 1, "asked_back": 1, "open": 1}
    objections.decide_objection(number, accept=True, reasons="Benar, itu toko.", actor=world.supervisor)
    assert counts() == {"refused": 1, "asked_back": 1, "withdrawn": 1}
    assert dict(card().objections) == {"open": 0, "accepted": 1, "rejected": 0}


def test_requests_for_data_are_counted_apart(world: World, operator: Operator) -> None:
    """Requests for data have a clock of days, and no check can confirm them."""
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    notice = answered(world, operator, AnswerKind.DONE)
    request = data_requests.DataRequest("Polisi Contoh", "Penyidikan", "Waktu masuk terakhir", "Penipuan")
    with frozen(START):
        number = data_requests.ask_for_data(notice.case_id, request, actor=world.supervisor)
        notices.open_notice(number, actor=operator.contact)
    assert (card().asked, card().data_asked) == (1, 1)
    assert dict(card().data)[DataRequestResult.OPEN] == 1
    with frozen(START + timedelta(days=7)):
        assert dict(card().data)[DataRequestResult.OVERDUE] == 1
        answer_notice(number, AnswerKind.DONE, actor=operator.contact)
    assert dict(card().data)[DataRequestResult.ANSWERED_LATE] == 1


def promised(hours: int = 24) -> None:
    operators.record_pledge(
        NewPledge(
            register("Operator Contoh", "contoh"),
            "Kami menutup akun.",
            "Surat 1/2026",
            day_of(START),
            "Indonesia",
            ("prostitution_advertising",),
            hours,
            min(hours, 4),
        ),
        actor=CLI,
    )


@pytest.mark.parametrize(("hours", "expected"), [(24, {"kept": 1}), (2, {"late": 1}), (0, {"untimed": 1})])
def test_where_jaga_can_act_the_pledge_is_the_clock(world: World, hours: int, expected: dict[str, int]) -> None:
    """Where Jaga closes accounts itself, the time from the decision to the check is compared with the operator's
    promised hours; without a promise nothing is late.
    """
    if hours:
        promised(hours)
    else:
        register("Operator Contoh", "contoh")
    with frozen(START):
        case_id = decided_closure(world)
    with frozen(START + 3 * HOUR):
        assert counts("contoh") == ({"overdue": 1} if hours == 2 else {"open": 1})
        carry_through(case_id)
    assert counts("contoh") == expected


def test_a_promise_counts_for_its_categories_and_days(world: World) -> None:
    """A closure in another category, or after the promise ended, has no clock."""
    promised()
    with frozen(START):
        other = decided_closure(world, category="fraud")
        carry_through(other)
    assert counts("contoh") == {"untimed": 1}
    operators.end_pledge(_only_promise(), day_of(START), actor=CLI)
    carry_through(decided_closure(world, account="@melati:localhost", source="192.0.3.0"))
    assert counts("contoh") == {"untimed": 2}


def _only_promise() -> int:
    return Organisation.objects.get(name="Operator Contoh").pledges.get().pk


def test_in_an_authoritys_installation_our_own_actions_run_under_no_clock_of_the_operator(world: World) -> None:
    """In an authority's installation the same closure as above has no clock of the operator."""
    claim_installation(HostKind.AUTHORITY, practice=True, actor=CLI)
    promised(2)
    with frozen(START):
        case_id = decided_closure(world)
    carry_through(case_id)
    assert counts("contoh") == {"untimed": 1}


def test_a_platforms_answer_its_refusal_and_what_was_ended_have_their_rows(world: World) -> None:
    """A platform's answer is a claim; a refusal stays a refusal; what a supervisor ended is withdrawn."""
    promised()
    action = the_action(decided_closure(world)).pk
    attempts.record_step(action, Step.CLOSE, StepResult(OutcomeKind.DONE, "closed"), actor=SYSTEM)
    refused = the_action(decided_closure(world, account="@melati:localhost", source="192.0.3.0")).pk
    attempts.record_step(refused, Step.CLOSE, StepResult(OutcomeKind.REFUSED, "forbidden"), actor=SYSTEM)
    attempts.mark_stuck(refused, OutcomeKind.REFUSED, actor=SYSTEM)
    assert counts("contoh") == {"claimed": 1, "refused": 1}
    attempts.end_stuck(refused, "Akun itu tidak ada lagi.", actor=world.supervisor)
    assert counts("contoh") == {"claimed": 1, "withdrawn": 1}
    assert card("contoh").verified == 0


def test_reopened_and_restored_accounts_are_seen(world: World) -> None:
    """A later check that contradicts is counted beside the kept promise; a restoration is counted once confirmed."""
    promised()
    case_id = resolved_closure(world)
    verification.record_verification(the_action(case_id).pk, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert (counts("contoh"), card("contoh").reopened) == ({"kept": 1}, 1)
    code = appeal_code(Decision.objects.get(case_id=case_id).pk)
    appeal = appeals.file_appeal(code, "Bukan saya yang menulis.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun orang lain.", actor=world.reviewers[2])
    assert card("contoh").restored == 0
    carry_through(case_id)
    assert (card("contoh").restored, counts("contoh")) == (1, {"kept": 2})


def test_the_escalation_shows_its_last_released_stage(world: World, operator: Operator) -> None:
    """A prepared letter does not count; a clarification is shown beside the ladder."""
    notice = asked(world, operator)

    def letter(stage: EscalationStage, *, released: bool) -> None:
        OperatorLetter.objects.create(
            notice=notice,
            stage=stage,
            number=f"S/{stage}",
            body_id="x",
            body_en="x",
            pdf_sha256="0" * 64,
            prepared_by_id=world.supervisor.person_id,
            prepared_at=now(),
            released_by_id=world.supervisor.person_id if released else None,
            released_at=now() if released else None,
        )

    letter(EscalationStage.CLARIFICATION, released=True)
    letter(EscalationStage.ORDER, released=False)
    assert card().highest is None
    letter(EscalationStage.WARNING_1, released=True)
    assert card().highest is EscalationStage.WARNING_1
    assert dict(card().letters)[EscalationStage.CLARIFICATION] == 1


def test_times_start_at_receipt_and_are_hidden_below_three(world: World, operator: Operator) -> None:
    """The median of one, two and nine hours until the claim is two; the check comes an hour later."""
    for number, hours in enumerate((1, 2, 9)):
        notice = answered(
            world, operator, AnswerKind.DONE, after=hours * HOUR, account=f"tamu-{number}", source=f"192.0.{number}.0"
        )
        look(world, notice, AccountState.CLOSED, after=(hours + 1) * HOUR)
        assert (card().to_claim.median is None) == (number < 2)
    assert (card().to_claim.median, card().to_verified.median) == (2 * HOUR, 3 * HOUR)


def test_more_operators_and_notices_cost_no_more_queries(world: World, operator: Operator) -> None:
    """The number of queries is fixed."""

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            compute_cards()
        return len(caught)

    before = queries()
    other = make_operator("bertemu")
    register("PSE bertemu", "bertemu")
    promised()
    for number in range(3):
        asked(world, other, account=f"tamu-{number}", source=f"192.0.{number}.0")
        resolved_closure(world, account=f"@tamu-{number}:localhost", source=f"192.0.9{number}.0")
    assert queries() == before


def test_the_csv_says_the_same_and_names_no_account(world: World, operator: Operator) -> None:
    """The CSV has the same numbers under stable keys and names no account."""
    look(world, answered(world, operator, AnswerKind.DONE), AccountState.CLOSED)
    text = b"".join(csv(compute_cards())).decode()
    assert '"mengobrol","standing","kept",1,"askings"' in text
    assert '"mengobrol","said_done","",1,"askings"' in text
    assert "tamu" not in text
