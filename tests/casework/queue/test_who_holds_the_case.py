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

from jaga.casework.decisions import hearings
from jaga.casework.queue import leases, linked_accounts, queue_rules
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.terms.people import Clearance
from jaga.records.models import Case

HELD = {"lease_taken", "lease_lost"}

ASK_THE_LEASE = {  # with its fence, or that nobody else has it
    "queue.leases.take_lease",
    "decisions.voting.cast_vote",
    "decisions.voting.restrict_at_once",
    "screening.pictures.answer_youth_check",
    "watch.media.request_media",
    "queue.linked_accounts.link_account",
    "queue.linked_accounts.unlink_account",
    "queue.assignment.snooze_case",
    "queue.assignment.escalate_case",
    "queue.assignment.hand_back_case",
    "queue.queue_rules.reroute_case",
}
ASKS_IT_LAST = {"decisions.hearings.ask_holder"}  # only in the categories whose holder is asked first
_REASONS: dict[str, tuple[str, ...]] = {
    "Takes back the actor's own answer or vote of some seconds ago; whoever holds the case by now is asked again.": (
        "screening.pictures.undo_youth_check",
        "decisions.taking_back.take_back_vote",
    ),
    "Takes it from its holder, with a reason and an entry: a clock runs out, somebody fell ill.": (
        "queue.leases.take_over_lease",
    ),
    "In danger to life nobody waits for a colleague; it says nothing of any vote.": (
        "referrals.referrals.refer_at_once",
    ),
    "Adds words beside the case and changes nothing of what is judged.": (
        "queue.policy_questions.ask_policy_question",
        "queue.policy_questions.answer_policy_question",
        "queue.assignment.add_note",
        "cases.labels.label_case",
        "cases.labels.unlabel_case",
        "queue.drafts.save_draft",
        "queue.presence.be_present",
        "reporting.mailbox.mark_read",
        "reporting.quotable_text.record_public_words",
        "screening.ban_evasion_reviews.decide_ban_evasion_match",
    ),
    "Asks a reporter. What they answer must be read before a vote (`mailbox.require_messages_read`), whoever asked.": (
        "reporting.mailbox.write_to_reporter",
        "authorities.clarifications.ask_officer",
        "reporting.quote_consents.ask_consent",
    ),
    "Says who should take it, or puts it back: whoever holds it goes on holding it.": (
        "queue.assignment.assign_case",
        "queue.assignment.unassign_case",
        "queue.assignment.unsnooze_case",
        "queue.assignment.skip_case",
    ),
    "Looks, and each look is recorded.": (
        "reporting.reporter_identity.open_identity",
        "screening.pictures.open_picture",
        "screening.pictures.open_request_letter",
        "reporting.mailbox.open_report",
        "operators.manual_checks.tick",
        "operators.manual_checks.record_manual_check",
    ),
    "Lets letters about what was decided go out; nobody judges the case any more.": (
        "cases.letters_again.acknowledge_held_letters",
    ),
    "Keeps data longer, or lets it go at its time; it says nothing of any vote.": (
        "privacy.holds.confirm_hold",
        "privacy.holds.end_hold",
        "privacy.postponement.postpone_deletions",
    ),
    "Weighs a report of a case that was dismissed, or takes that back.": (
        "reporting.abusive_reports.mark_bad_faith",
        "reporting.abusive_reports.withdraw_bad_faith",
    ),
    "Leaves every case that somebody holds where it is (`assignment.hold_for_now`); others' reports count as before.": (
        "reporting.setting_aside.set_reports_aside",
        "reporting.setting_aside.undo_set_aside",
    ),
    "The worker's or a gate, on rows that it locks: a program waits for no person.": (
        "cases.state.locked_case",
        "actions.attempts.locked_action",
        "cases.notice_dialogue.locked_notice",
        "queue.case_access.visible_case",
        "queue.case_access.open_case",
        "appeals.eligible_people.locked_appeal",
        "referrals.referrals.locked_referral",
        "screening.triage.triage_case",
        "reporting.handle_resolution.record_identity",
        "actions.attempts.start_attempt",
        "actions.attempts.record_step",
        "actions.attempts.record_material",
        "actions.attempts.attempt_failed",
        "actions.attempts.mark_stuck",
        "actions.attempts.finish_announcement",
        "actions.attempts.superseded",
        "actions.circuit_breaker.put_off",
        "actions.verification.record_verification",
        "screening.pictures.record_youth_answers",
        "decisions.undo_window.make_pending_decision",
        "actions.expiry.end_restriction",
        "decisions.preservation.lapse",
        "operators.notices.notice_for",
        "operators.notices.record_delivery",
        "operators.answers.take_answer",
        "referrals.replies.send_referral",
        "referrals.replies.note_sent",
        "decisions.hearings.retry_hearing",
    ),
    "The case is judged: no lease can be held of it, and its row or its own state is asked.": (
        "actions.attempts.retry_stuck",
        "actions.attempts.end_stuck",
        "decisions.preservation.agree_to_preserve",
        "decisions.undo_window.undo_decision",
        "decisions.undo_window.resume_decision",
        "appeals.appeals.decide_appeal",
        "appeals.appeals.ask_holder",
        "appeals.appeals.answer_again",
        "appeals.pictures.answer_check",
        "appeals.pictures.open_appeal_picture",
        "appeals.suspension.decide_rest",
        "actions.statement_pickup.hand_over_statement",
        "appeals.reasons_in_person.check_holder",
        "appeals.reasons_in_person.release_reasons",
        "appeals.reasons_in_person.refuse_reasons",
        "appeals.reasons_in_person.hand_over_reasons",
        "referrals.referrals.address_referral",
        "referrals.referrals.review_referral",
        "authorities.disclosures.make_export",
        "operators.data_requests.ask_for_data",
    ),
    "The dialogue with an operator or a receiver, which has turns of its own.": (
        "operators.answers.answer_notice",
        "operators.notices.open_notice",
        "operators.notices.clarify_notice",
        "operators.notices.ask_again",
        "operators.notices.withdraw_notice",
        "operators.objections.decide_objection",
        "operators.escalation.prepare_letter",
        "operators.escalation.release_letter",
        "operators.escalation.drop_letter",
        "operators.escalation.record_service",
        "referrals.replies.acknowledge_by_link",
        "referrals.replies.record_acknowledgement",
        "referrals.replies.end_by_link",
        "referrals.replies.record_outcome",
        "referrals.replies.record_mistake_told",
    ),
    "Judged once more, blind, for the quality alone: the case is not touched.": (
        "quality.blind_review.leave",
        "quality.blind_review.record_blind_review",
        "quality.blind_review.note_difference",
        "quality.blind_review.mark_golden",
        "quality.blind_review.withdraw_golden",
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
    assert set(_refused(at, at.me)) == ASK_THE_LEASE - {"queue.assignment.hand_back_case"}
    Case.objects.filter(pk=at.waiting).update(escalated_at=now())
    assert "queue.assignment.hand_back_case" in set(_refused(at, at.me))


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
