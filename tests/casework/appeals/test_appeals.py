"""Appeals: filed with the statement's code, decided by somebody without a vote, effects undone if they succeed."""

import pytest
from tests.factories import (
    World,
    carry_through,
    decided_closure,
    in_review,
    report,
    resolved_closure,
    rows,
    vote,
)

from jaga.actions.verbs import attempts
from jaga.appeals.models import Appeal, RestoredAccess
from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Letter
from jaga.core.actors import CLI, HOLDER, PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import StepResult
from jaga.core.terms.cases import ActionKind, AppealState, DecisionKind, OutcomeKind, Step
from jaga.policy.release import load_release
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

TEXT, REASONS = "Bukan saya yang menulis itu.", "Akun ini memang salah."


def closure_of(case_id: int) -> Decision:
    return Decision.objects.get(case_id=case_id, kind=DecisionKind.CLOSE)


def appealed(case_id: int) -> Appeal:
    return appeals.file_appeal(appeal_code(closure_of(case_id).pk), TEXT, actor=HOLDER)


def test_the_code_opens_one_appeal(world: World) -> None:
    """The code can be typed in any form; a wrong code finds nothing, and a second appeal is refused."""
    case_id = resolved_closure(world)
    code = appeal_code(closure_of(case_id).pk)
    before = rows()
    for wrong in ("", "AAAAA-BBBBB-CCCCC-DDDDD", appeal_code(10**6)):
        with pytest.raises(NotFound):
            appeals.file_appeal(wrong, TEXT, actor=HOLDER)
    assert rows() == before
    appeals.file_appeal(f" {code.lower()} ", TEXT, actor=HOLDER)
    before = rows()
    with pytest.raises(appeals.AppealExists):
        appeals.file_appeal(code, TEXT, actor=HOLDER)
    assert rows() == before


@pytest.mark.parametrize(
    "text",
    ["", "salah", " " * 50, "x" * 5001, TEXT + "\x00", TEXT + "\ud800"],
    ids=["empty", "short", "blank", "long", "nul", "surrogate"],
)
def test_an_appeal_says_something_readable(world: World, text: str) -> None:
    """An empty text, one that is too long, and invalid characters are refused by field."""
    code = appeal_code(closure_of(resolved_closure(world)).pk)
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        appeals.file_appeal(code, text, actor=HOLDER)
    assert refusal.value.errors[0].field == "text"
    assert rows() == before


def test_nobody_who_voted_decides_the_appeal(world: World) -> None:
    """Both voters are refused; another reviewer, or a supervisor without a vote, is not."""
    appeal = appealed(resolved_closure(world))
    before = rows()
    for voter in world.reviewers[:2]:
        with pytest.raises(appeals.HadAVote):
            appeals.decide_appeal(appeal.pk, overturn=False, reasons=REASONS, actor=voter)
    for actor in (HOLDER, PUBLIC, SYSTEM, CLI, world.officer):
        with pytest.raises(NotPermitted):
            appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=actor)
    with pytest.raises(InvalidInput):
        appeals.decide_appeal(appeal.pk, overturn=True, reasons="", actor=world.supervisor)
    assert rows() == before
    appeals.decide_appeal(appeal.pk, overturn=False, reasons=REASONS, actor=world.supervisor)


def test_a_supervisor_who_adjudicated_had_a_vote(world: World) -> None:
    """Settling a disagreement counts as a vote."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    vote(case_id, DecisionKind.CLOSE, world.supervisor)
    carry_through(case_id)
    with pytest.raises(appeals.HadAVote):
        appeals.decide_appeal(appealed(case_id).pk, overturn=True, reasons=REASONS, actor=world.supervisor)


def test_an_upheld_appeal_changes_nothing_but_itself(world: World) -> None:
    """The decision stays in force, with reasons, and the appeal cannot be decided again."""
    case_id = resolved_closure(world)
    appeal = appealed(case_id)
    assert appeals.decide_appeal(appeal.pk, overturn=False, reasons=REASONS, actor=world.reviewers[2]) is (
        CaseState.RESOLVED
    )
    assert Appeal.objects.get().state == AppealState.UPHELD
    assert Decision.objects.count() == 1
    with pytest.raises(IllegalTransition):
        appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])


def overturned(world: World, case_id: int) -> None:
    appeals.decide_appeal(appealed(case_id).pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])


def test_an_overturned_decision_is_followed_by_a_new_one_that_undoes_it(world: World) -> None:
    """The old decision is unchanged; the account is restored, and everybody who was told before is told again
    afterwards.
    """
    case_id = resolved_closure(world)
    old = Decision.objects.filter(case_id=case_id).values().get()
    overturned(world, case_id)
    assert Case.objects.get(pk=case_id).state == CaseState.RESTORING
    restoring = Decision.objects.get(kind=DecisionKind.RESTORE)
    assert restoring.overturns_id == old["id"]
    assert restoring.policy_hash == load_release().hash
    assert Decision.objects.filter(pk=old["id"]).values().get() == old
    assert attempts.open_tasks(case_id)[0].kind is ActionKind.RESTORE
    assert Letter.objects.count() == 1
    carry_through(case_id)
    assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED
    assert list(Letter.objects.order_by("pk").values_list("key", flat=True)) == ["reporter_close", "reporter_restore"]


def test_a_decision_that_is_being_carried_out_is_not_overturned_in_between(world: World) -> None:
    """The refusal changes nothing; after the action has ended the appeal can be decided."""
    case_id = decided_closure(world)
    appeal = appealed(case_id)
    before = rows()
    with pytest.raises(IllegalTransition):
        appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])
    assert rows() == before
    carry_through(case_id)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])


def test_a_newer_case_on_the_account_does_not_delay_a_restoration(world: World) -> None:
    """The restoration is not delayed by a later report on the account (MR5 art. 20)."""
    case_id = resolved_closure(world)
    later = report().case_id
    overturned(world, case_id)
    carry_through(case_id)
    assert dict(Case.objects.values_list("pk", "state")) == {case_id: CaseState.RESOLVED, later: CaseState.RECEIVED}


def test_a_report_during_a_restoration_is_a_case_of_its_own(world: World) -> None:
    """The report does not end unread with the case that is being undone."""
    case_id = resolved_closure(world)
    overturned(world, case_id)
    assert report().case_id != case_id


def restored(world: World, kind: OutcomeKind = OutcomeKind.DONE) -> str:
    case_id = resolved_closure(world)
    code = appeal_code(closure_of(case_id).pk)
    overturned(world, case_id)
    task = attempts.open_tasks(case_id)[0]
    attempts.record_step(task.action_id, Step.RESTORE, StepResult(kind, "x", secret="sandi-baru"), actor=SYSTEM)
    return code


def test_a_restored_accounts_password_is_kept_encrypted_and_taken_once(world: World) -> None:
    """Only the holder of the code gets it, once; it is in no ledger entry and afterwards in no table."""
    code = restored(world)
    assert b"sandi" not in bytes(RestoredAccess.objects.get().sealed)
    assert not LedgerEntry.objects.filter(payload__icontains="sandi").exists()
    with pytest.raises(NotFound):
        appeals.take_access("AAAAA", actor=HOLDER)
    assert appeals.take_access(code, actor=HOLDER) == "sandi-baru"
    assert appeals.take_access(code, actor=HOLDER) is None
    assert not RestoredAccess.objects.exists()
    assert LedgerEntry.objects.filter(verb="take_access").count() == 1


def test_a_password_given_again_by_a_repeated_step_replaces_the_first(world: World) -> None:
    """If a restoration is repeated after an uncertain answer, the last password is the valid one."""
    code = restored(world, OutcomeKind.UNKNOWN)
    case_id = Case.objects.get().pk
    again = StepResult(OutcomeKind.DONE, "x", secret="sandi-kedua")
    attempts.record_step(attempts.open_tasks(case_id)[0].action_id, Step.RESTORE, again, actor=SYSTEM)
    assert appeals.take_access(code, actor=HOLDER) == "sandi-kedua"


def test_what_another_decision_closed_stays_closed(world: World) -> None:
    """An overturned restriction is undone in records and letters, and the platform is not asked for anything
    meanwhile.
    """
    held = in_review(category="fraud")
    vote(held, DecisionKind.RESTRICT, world.reviewers[0])
    carry_through(held)
    closed = resolved_closure(world)
    restriction = Decision.objects.get(case_id=held)
    appeal = appeals.file_appeal(appeal_code(restriction.pk), TEXT, actor=HOLDER)
    after = appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])
    assert after is CaseState.RESOLVED
    assert attempts.open_tasks(held) == ()
    assert list(Letter.objects.filter(case_id=held).order_by("pk").values_list("key", flat=True)) == [
        "reporter_restrict",
        "reporter_restore",
    ]
    seen = access_statement(appeal_code(restriction.pk))
    assert (seen.held_otherwise, seen.restored) == (True, False)
    overturned(world, closed)
    assert attempts.open_tasks(closed)[0].kind is ActionKind.RESTORE


def test_a_closure_that_never_happened_holds_nothing(world: World) -> None:
    """A decision whose action was ended without effect does not prevent the restoration of the account."""
    held = in_review(category="fraud")
    vote(held, DecisionKind.RESTRICT, world.reviewers[0])
    carry_through(held)
    task = attempts.open_tasks(decided_closure(world))[0]
    attempts.start_attempt(task.action_id, actor=SYSTEM)
    attempts.mark_stuck(task.action_id, OutcomeKind.REFUSED, actor=SYSTEM)
    attempts.end_stuck(task.action_id, "Akun ini sudah tidak ada.", actor=world.supervisor)
    code = appeal_code(Decision.objects.get(case_id=held).pk)
    appeal = appeals.file_appeal(code, TEXT, actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons=REASONS, actor=world.reviewers[2])
    assert attempts.open_tasks(held)[0].kind is ActionKind.RESTORE
