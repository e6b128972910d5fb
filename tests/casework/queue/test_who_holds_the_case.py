"""Verbs that would change a leased case are refused with a message, or exempt for a stated reason.

Every verb that acts on an id is discovered from the code (`verb_probes`) and called while another person holds the
lease; a new one fails until it is refused or listed with a reason.
"""

import inspect
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import transaction
from tests.casework.closed_world import make_closed
from tests.casework.verb_probes import VERB_PROBES
from tests.factories import PLATFORM, World, in_review, rows

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.terms.people import Clearance
from jaga.decisions.verbs import hearings
from jaga.queue.verbs import assignment as queue_rules
from jaga.queue.verbs import leases, linked_accounts

HELD = {"lease_taken", "lease_lost"}

ASK_THE_LEASE = {  # with its fence, or that nobody else has it
    "queue.verbs.leases.take_lease",
    "decisions.verbs.voting.cast_vote",
    "decisions.verbs.voting.restrict_at_once",
    "signals.verbs.pictures.answer_youth_check",
    "watch.verbs.media.request_media",
    "queue.verbs.linked_accounts.link_account",
    "queue.verbs.linked_accounts.unlink_account",
    "queue.verbs.assignment.snooze_case",
    "queue.verbs.assignment.escalate_case",
    "queue.verbs.assignment.hand_back_case",
    "queue.verbs.assignment.reroute_case",
}
ASKS_IT_LAST = {"decisions.verbs.hearings.ask_holder"}  # only in the categories whose holder is asked first
_REASONS: dict[str, tuple[str, ...]] = {
    "Takes back the actor's own answer or vote of some seconds ago; whoever holds the case by now is asked again.": (
        "signals.verbs.pictures.undo_youth_check",
        "decisions.verbs.consequences.take_back_vote",
    ),
    "Takes it from its holder, with a reason and an entry: a clock runs out, somebody fell ill.": (
        "queue.verbs.leases.take_over_lease",
    ),
    "In danger to life nobody waits for a colleague; it says nothing of any vote.": (
        "referrals.verbs.referrals.refer_at_once",
    ),
    "Adds words beside the case and changes nothing of what is judged.": (
        "queue.verbs.policy_questions.ask_policy_question",
        "queue.verbs.policy_questions.answer_policy_question",
        "queue.verbs.assignment.add_note",
        "cases.verbs.state.label_case",
        "cases.verbs.state.unlabel_case",
        "queue.verbs.leases.save_draft",
        "reporting.verbs.mailbox.mark_read",
        "reporting.verbs.quotable_text.record_public_words",
        "signals.verbs.ban_evasion.decide_ban_evasion_match",
    ),
    "Asks a reporter. What they answer must be read before a vote (`mailbox.require_messages_read`), whoever asked.": (
        "reporting.verbs.mailbox.write_to_reporter",
        "authorities.verbs.orders.ask_officer",
        "reporting.verbs.mailbox.ask_consent",
    ),
    "Says who should take it, or puts it back: whoever holds it goes on holding it.": (
        "queue.verbs.assignment.assign_case",
        "queue.verbs.assignment.unassign_case",
        "queue.verbs.assignment.unsnooze_case",
        "queue.verbs.assignment.skip_case",
    ),
    "Looks, and each look is recorded.": (
        "reporting.verbs.mailbox.open_identity",
        "signals.verbs.pictures.open_picture",
        "signals.verbs.pictures.open_request_letter",
        "reporting.verbs.mailbox.open_report",
        "operators.verbs.notices.tick",
        "operators.verbs.notices.record_manual_check",
    ),
    "Lets letters about what was decided go out; nobody judges the case any more.": (
        "cases.verbs.letters_again.acknowledge_held_letters",
    ),
    "Keeps data longer, or lets it go at its time; it says nothing of any vote.": (
        "privacy.verbs.holds.confirm_hold",
        "privacy.verbs.holds.end_hold",
        "privacy.verbs.erasure.postpone_deletions",
    ),
    "Weighs a report of a case that was dismissed, or takes that back.": (
        "reporting.verbs.independent_sources.mark_bad_faith",
        "reporting.verbs.independent_sources.withdraw_bad_faith",
    ),
    "Leaves every case that somebody holds where it is (`assignment.hold_for_now`); others' reports count as before.": (
        "reporting.verbs.setting_aside.set_reports_aside",
        "reporting.verbs.setting_aside.undo_set_aside",
    ),
    "The worker's or a gate, on rows that it locks: a program waits for no person.": (
        "cases.verbs.state.locked_case",
        "actions.verbs.attempts.locked_action",
        "cases.verbs.notice_dialogue.locked_notice",
        "queue.verbs.assignment.visible_case",
        "queue.verbs.assignment.open_case",
        "appeals.verbs.suspension.locked_appeal",
        "referrals.verbs.referrals.locked_referral",
        "signals.verbs.triage.triage_case",
        "reporting.verbs.handle_resolution.record_identity",
        "actions.verbs.attempts.start_attempt",
        "actions.verbs.attempts.record_step",
        "actions.verbs.attempts.record_material",
        "actions.verbs.attempts.attempt_failed",
        "actions.verbs.attempts.mark_stuck",
        "actions.verbs.attempts.finish_announcement",
        "actions.verbs.attempts.superseded",
        "actions.verbs.circuit_breaker.put_off",
        "actions.verbs.verification.record_verification",
        "signals.verbs.pictures.record_youth_answers",
        "decisions.verbs.undo_window.make_pending_decision",
        "actions.verbs.verification.end_restriction",
        "decisions.verbs.preservation.lapse",
        "operators.verbs.notices.notice_for",
        "operators.verbs.notices.record_delivery",
        "operators.verbs.answers.take_answer",
        "referrals.verbs.replies.send_referral",
        "referrals.verbs.replies.note_sent",
        "decisions.verbs.hearings.retry_hearing",
    ),
    "The case is judged: no lease can be held of it, and its row or its own state is asked.": (
        "actions.verbs.attempts.retry_stuck",
        "actions.verbs.attempts.end_stuck",
        "decisions.verbs.preservation.agree_to_preserve",
        "decisions.verbs.undo_window.undo_decision",
        "decisions.verbs.undo_window.resume_decision",
        "appeals.verbs.appeals.decide_appeal",
        "appeals.verbs.appeals.ask_holder",
        "appeals.verbs.appeals.answer_again",
        "appeals.verbs.appeals.answer_check",
        "appeals.verbs.appeals.open_appeal_picture",
        "appeals.verbs.suspension.decide_rest",
        "actions.verbs.verification.hand_over_statement",
        "appeals.verbs.reasons.check_holder",
        "appeals.verbs.reasons.release_reasons",
        "appeals.verbs.reasons.refuse_reasons",
        "appeals.verbs.reasons.hand_over_reasons",
        "referrals.verbs.referrals.address_referral",
        "referrals.verbs.referrals.review_referral",
        "authorities.verbs.disclosures.make_export",
        "operators.verbs.escalation.ask_for_data",
    ),
    "The dialogue with an operator or a receiver, which has turns of its own.": (
        "operators.verbs.answers.answer_notice",
        "operators.verbs.notices.open_notice",
        "operators.verbs.notices.clarify_notice",
        "operators.verbs.notices.ask_again",
        "operators.verbs.notices.withdraw_notice",
        "operators.verbs.notices.decide_objection",
        "operators.verbs.escalation.prepare_letter",
        "operators.verbs.escalation.release_letter",
        "operators.verbs.escalation.drop_letter",
        "operators.verbs.escalation.record_service",
        "referrals.verbs.replies.acknowledge_by_link",
        "referrals.verbs.replies.record_acknowledgement",
        "referrals.verbs.replies.end_by_link",
        "referrals.verbs.replies.record_outcome",
        "referrals.verbs.replies.record_mistake_told",
    ),
    "Judged once more, blind, for the quality alone: the case is not touched.": (
        "quality.verbs.blind_review.leave",
        "quality.verbs.blind_review.record_blind_review",
        "quality.verbs.blind_review.note_difference",
        "quality.verbs.blind_review.mark_golden",
        "quality.verbs.blind_review.withdraw_golden",
    ),
}
FREE = {name: why for why, names in _REASONS.items() for name in names}


def test_every_verb_asks_the_lease_or_says_why_not() -> None:
    """A new verb must be in one of the two lists."""
    listed = ASK_THE_LEASE | ASKS_IT_LAST | set(FREE)
    assert set(VERB_PROBES) - listed == set()
    assert listed - set(VERB_PROBES) == set()
    assert not (ASK_THE_LEASE | ASKS_IT_LAST) & set(FREE)
    assert "leave(case, person)" in inspect.getsource(hearings.ask_holder)


def test_what_changes_a_case_is_refused_while_somebody_else_holds_it(world: World) -> None:
    """All of these are refused and none of the others; a refusal changes nothing."""
    at = make_closed(world)
    for case_id in (at.waiting, at.linked, at.skipped):
        Case.objects.filter(pk=case_id).update(clearance="")
        leases.take_lease(case_id, actor=world.reviewers[1])
        Case.objects.filter(pk=case_id).update(clearance=Clearance.CHILD_SAFETY)
    assert set(_refused(at, at.me)) == ASK_THE_LEASE - {"queue.verbs.assignment.hand_back_case"}
    Case.objects.filter(pk=at.waiting).update(escalated_at=now())
    assert "queue.verbs.assignment.hand_back_case" in set(_refused(at, at.me))


def _refused(at: SimpleNamespace, me: Actor) -> Iterator[str]:
    for name, verb in VERB_PROBES.items():
        point = transaction.savepoint()
        try:
            verb(at, me)
        except JagaError as refused:
            if refused.code in HELD:
                yield name
        finally:
            transaction.savepoint_rollback(point)


def test_accounts_are_added_and_taken_out_by_whoever_works_on_the_case(world: World) -> None:
    """The holder of the lease may, and everybody if there is none; others are told who holds it, and nothing
    changes.
    """
    case_id, (first, second, _) = in_review(), world.reviewers
    made = linked_accounts.link_account(case_id, PLATFORM, "@lain:localhost", "Nomor telepon yang sama.", actor=second)
    leases.take_lease(case_id, actor=first)
    before = rows()
    with pytest.raises(leases.LeaseTaken) as raised:
        linked_accounts.link_account(case_id, PLATFORM, "@lagi:localhost", "Nomor telepon yang sama.", actor=second)
    assert raised.value.params["holder"] == "Sinta"
    with pytest.raises(leases.LeaseTaken):
        linked_accounts.unlink_account(case_id, made.link_id, actor=second)
    assert rows() == before
    linked_accounts.unlink_account(case_id, made.link_id, actor=first)


def test_a_case_goes_into_a_closed_queue_whoever_holds_it(world: World) -> None:
    """A move to a restricted queue waits for nobody; a move between open queues waits."""
    case_id, (first, second, _) = in_review(), world.reviewers
    leases.take_lease(case_id, actor=first)
    with pytest.raises(leases.LeaseTaken):
        queue_rules.reroute_case(case_id, "", "Bukan untuk antrean ini.", actor=second)
    queue_rules.reroute_case(case_id, "child_safety", "Menyangkut anak.", actor=second)
    assert Case.objects.get(pk=case_id).clearance == Clearance.CHILD_SAFETY
