"""Undoing an overturned decision: strikes, exports and the restriction end; other cases' effects stay."""

import pytest
from tests.factories import (
    World,
    carry_through,
    decided_closure,
    in_review,
    new_request,
    observed,
    resolved_closure,
    vote,
)

from jaga.actions.verbs import attempts, verification
from jaga.appeals.models import DisclosureRecall
from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals
from jaga.authorities.verbs import disclosures
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Letter, Strike
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.platforms import STEPS
from jaga.core.terms.cases import AccountState, ActionKind, ActionState, DecisionKind, Step
from jaga.policy.release import load_release
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

TEXT, REASONS = "Bukan saya yang menulis itu.", "Akun ini milik orang lain."


def overturn(world: World, case_id: int) -> Decision:
    """The holder's appeal against the case's decision succeeds. Returns the restoring decision."""
    decision = Decision.objects.filter(case_id=case_id, statement__isnull=False).get()
    appeal = appeals.file_appeal(appeal_code(decision.pk), TEXT, actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])
    return Decision.objects.get(overturns=decision)


def test_a_closure_is_a_strike_and_overturning_takes_it_back(world: World) -> None:
    """The strike expires by the policy and is withdrawn once; both are in the ledger."""
    case_id = resolved_closure(world)
    strike = Strike.objects.get()
    assert strike.expires_at - strike.given_at == load_release().enforcement.strikes.expire
    overturn(world, case_id)
    strike.refresh_from_db()
    assert strike.withdrawn_at is not None
    assert set(LedgerEntry.objects.filter(verb__endswith="_strike").values_list("verb", flat=True)) == {
        "give_strike",
        "withdraw_strike",
    }


def test_an_upheld_decision_keeps_its_strike(world: World) -> None:
    """Only a successful appeal withdraws it."""
    decision = Decision.objects.get(case_id=resolved_closure(world))
    appeal = appeals.file_appeal(appeal_code(decision.pk), TEXT, actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=False, reasons=REASONS, actor=world.reviewers[2])
    assert Strike.objects.get().withdrawn_at is None


@pytest.mark.parametrize("kind", [DecisionKind.DISMISS, DecisionKind.PRESERVE])
def test_what_the_holder_does_not_feel_is_no_strike(world: World, kind: DecisionKind) -> None:
    """A dismissal is no strike."""
    vote(in_review(), kind, world.reviewers[0])
    assert not Strike.objects.exists()


def test_a_victim_first_restriction_is_no_strike(world: World) -> None:
    """The holder may be the victim."""
    case_id = in_review(category="trafficking")
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer)
    assert Decision.objects.filter(kind=DecisionKind.RESTRICT).exists()
    assert not Strike.objects.exists()


def test_the_policys_ladder_suggests_by_the_count(world: World) -> None:
    """None, one, two strikes suggest a week, a month, a closure; they decide nothing."""
    strikes = load_release().enforcement.strikes
    assert [(strikes.suggestion(count).suggests, strikes.suggestion(count).days) for count in (0, 1, 2, 9)] == [
        (DecisionKind.RESTRICT, 7),
        (DecisionKind.RESTRICT, 30),
        (DecisionKind.CLOSE, None),
        (DecisionKind.CLOSE, None),
    ]


def test_exports_made_since_are_recalled_and_their_authority_is_told(world: World, tmp_path: object) -> None:
    """The police that received the export get the same letter as everybody, and the export is marked."""
    asked = requests.file_request(new_request(wants_export=True), actor=world.officer)
    triage.triage_case(asked.case_id, actor=SYSTEM)
    for reviewer in world.reviewers[:2]:
        vote(asked.case_id, DecisionKind.CLOSE, reviewer)
    carry_through(asked.case_id)
    made = disclosures.make_export(Case.objects.get(pk=asked.case_id).reports.get().request.pk, actor=world.supervisor)
    restoring = overturn(world, asked.case_id)
    recall = DisclosureRecall.objects.get()
    assert (recall.decision_id, recall.disclosure.case_id) == (restoring.pk, asked.case_id)
    assert made is not None
    carry_through(asked.case_id)
    assert Letter.objects.filter(case_id=asked.case_id).order_by("-pk")[0].key == "officer_restore"


def test_an_overturned_closure_opens_only_as_far_as_another_restriction_allows(world: World) -> None:
    """The account is reopened and restricted again at once, and its holder is told why."""
    held = in_review(category="fraud")
    vote(held, DecisionKind.RESTRICT, world.reviewers[0])
    carry_through(held)
    closed = resolved_closure(world)
    overturn(world, closed)
    tasks = attempts.open_tasks(closed)
    assert [task.kind for task in tasks] == [ActionKind.RESTORE, ActionKind.RESTRICT]
    text, key = attempts.holder_text(tasks[1].action_id)
    restriction = Decision.objects.get(case_id=held)
    assert (appeal_code(restriction.pk) in text, key) == (True, f"jaga-{restriction.pk}-restrict")
    verification.record_verification(tasks[0].action_id, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert Case.objects.get(pk=closed).state == CaseState.RESTORING
    verification.record_verification(tasks[1].action_id, observed(AccountState.RESTRICTED), actor=SYSTEM)
    assert Case.objects.get(pk=closed).state == CaseState.RESOLVED


def test_an_overturned_closure_opens_fully_where_nothing_else_stands(world: World) -> None:
    """Without another restriction there is one action, and the account is active."""
    closed = resolved_closure(world)
    overturn(world, closed)
    assert [task.kind for task in attempts.open_tasks(closed)] == [ActionKind.RESTORE]


def test_the_statement_comes_before_the_first_message_disappears(world: World) -> None:
    """A redaction delivers the statement of its measure, which names the rooms; the closure finds it already
    delivered.
    """
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer, rooms=("!pasar:localhost",))
    redaction, closure = attempts.open_tasks(case_id)
    assert attempts.holder_text(redaction.action_id) == attempts.holder_text(closure.action_id)
    measure = Decision.objects.get(kind=DecisionKind.CLOSE)
    assert "!pasar:localhost" in measure.statement.body_id
    assert measure.statement.delivered_at is None
    steps = STEPS[ActionKind.REDACT]
    assert steps.index(Step.DELIVER) < steps.index(Step.REDACT)


def test_a_restoration_that_waits_does_not_open_what_was_closed_since(world: World) -> None:
    """While the platform did not answer after the appeal, two people closed the account in another case."""
    case_id = resolved_closure(world)
    restoring = overturn(world, case_id)
    (task,) = attempts.open_tasks(case_id)
    assert not attempts.superseded(task.action_id, actor=SYSTEM)
    anew = decided_closure(world, category="gambling")
    assert attempts.superseded(task.action_id, actor=SYSTEM)
    assert restoring.actions.get().state == ActionState.ENDED
    assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED
    letters = Letter.objects.filter(case_id=case_id).order_by("pk").values_list("key", flat=True)
    assert list(letters) == ["reporter_close", "reporter_restore"]
    assert access_statement(appeal_code(restoring.overturns_id)).held_otherwise
    carry_through(anew)
    overturn(world, anew)
    assert [task.kind for task in attempts.open_tasks(anew)] == [ActionKind.RESTORE]


def test_a_restriction_decided_since_is_put_back_after_the_restoration(world: World) -> None:
    """The account is reopened only as far as the newer decision allows, by one deferred action."""
    case_id = resolved_closure(world)
    overturn(world, case_id)
    vote(in_review(category="gambling"), DecisionKind.RESTRICT, world.reviewers[0])
    (task,) = attempts.open_tasks(case_id)
    for _ in range(2):
        assert not attempts.superseded(task.action_id, actor=SYSTEM)
    assert [task.kind for task in attempts.open_tasks(case_id)] == [ActionKind.RESTORE, ActionKind.RESTRICT]


def test_only_a_restoration_can_be_superseded(world: World) -> None:
    """A closure is carried out even if other decisions ask for the same."""
    first, second = decided_closure(world), decided_closure(world, category="gambling")
    for case_id in (first, second):
        (task,) = attempts.open_tasks(case_id)
        assert not attempts.superseded(task.action_id, actor=SYSTEM)
