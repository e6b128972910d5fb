"""How each verb that acts on an id is called on a restricted case, and why the others need no probe.

With the clearance it may refuse for any reason except NotFound; without the clearance it must raise NotFound.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.factories import FACTS, observed

from jaga.actions.verbs import attempts, circuit_breaker, verification
from jaga.actions.verbs import verification as expiry
from jaga.actions.verbs import verification as statement_pickup
from jaga.appeals.verbs import appeals, suspension
from jaga.appeals.verbs import appeals as appeal_pictures
from jaga.appeals.verbs import reasons as reasons_in_person
from jaga.appeals.verbs import suspension as eligible_people
from jaga.authorities.verbs import disclosures
from jaga.authorities.verbs import orders as clarifications
from jaga.cases.verbs import letters_again, notice_dialogue, state
from jaga.cases.verbs import state as labels
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.platforms import Account, Handover, OperatorAnswer, StepResult
from jaga.core.terms.cases import AccountState, DecisionKind, HolderCheckKind, OutcomeKind, Step
from jaga.core.terms.outside import AnswerKind, EscalationStage
from jaga.core.terms.people import Language
from jaga.core.terms.reports import IdentityReason, MessageKind, ReferralOutcome, YouthAnswer
from jaga.decisions.verbs import consequences as taking_back
from jaga.decisions.verbs import hearings, preservation, undo_window, voting
from jaga.operators.verbs import answers, escalation, notices
from jaga.operators.verbs import escalation as data_requests
from jaga.operators.verbs import notices as manual_checks
from jaga.operators.verbs import notices as objections
from jaga.policy.local_time import today
from jaga.privacy.verbs import erasure as postponement
from jaga.privacy.verbs import holds
from jaga.quality.verbs import blind_review
from jaga.queue.verbs import assignment, leases, linked_accounts, policy_questions
from jaga.queue.verbs import assignment as case_access
from jaga.queue.verbs import assignment as queue_rules
from jaga.queue.verbs import leases as drafts
from jaga.referrals.verbs import referrals, replies
from jaga.reporting.verbs import handle_resolution, mailbox, quotable_text, setting_aside
from jaga.reporting.verbs import independent_sources as abusive_reports
from jaga.reporting.verbs import mailbox as quote_consents
from jaga.reporting.verbs import mailbox as reporter_identity
from jaga.signals.verbs import ban_evasion as ban_evasion_reviews
from jaga.signals.verbs import pictures, triage
from jaga.watch.verbs import media

Verb = Callable[[Any, Actor], Any]
WHY = "Sebab itu sudah diperiksa."
_REFERRAL = referrals.NewReferral("", None, "")
_BALLOT = voting.Ballot(DecisionKind.DISMISS, facts=FACTS)
_DATA = data_requests.DataRequest("Polisi Contoh", "Penyidikan", "Data pemilik akun", "Penipuan")


VERB_PROBES: dict[str, Verb] = {
    "cases.verbs.state.locked_case": lambda at, me: state.locked_case(at.waiting, actor=me),
    "cases.verbs.letters_again.acknowledge_held_letters": lambda at, me: letters_again.acknowledge_held_letters(
        at.held_letters, actor=me
    ),
    "actions.verbs.attempts.locked_action": lambda at, me: attempts.locked_action(at.stuck, actor=me),
    "cases.verbs.notice_dialogue.locked_notice": lambda at, me: notice_dialogue.locked_notice(at.notice, actor=me),
    "queue.verbs.assignment.visible_case": lambda at, me: case_access.visible_case(at.waiting, actor=me),
    "queue.verbs.assignment.open_case": lambda at, me: case_access.open_case(at.waiting, actor=me),
    "queue.verbs.linked_accounts.link_account": lambda at, me: linked_accounts.link_account(
        at.waiting, at.platform, "@lain:localhost", WHY, actor=me
    ),
    "queue.verbs.linked_accounts.unlink_account": lambda at, me: linked_accounts.unlink_account(
        at.linked, at.link, actor=me
    ),
    "actions.verbs.attempts.start_attempt": lambda at, me: attempts.start_attempt(at.stuck, actor=me),
    "actions.verbs.attempts.record_step": lambda at, me: attempts.record_step(
        at.stuck, Step.CLOSE, StepResult(OutcomeKind.DONE, "seen"), actor=me
    ),
    "actions.verbs.attempts.record_material": lambda at, me: attempts.record_material(at.stuck, (), actor=me),
    "actions.verbs.attempts.attempt_failed": lambda at, me: attempts.attempt_failed(
        at.stuck, OutcomeKind.UNKNOWN, actor=me
    ),
    "actions.verbs.attempts.mark_stuck": lambda at, me: attempts.mark_stuck(at.stuck, OutcomeKind.UNKNOWN, actor=me),
    "actions.verbs.attempts.retry_stuck": lambda at, me: attempts.retry_stuck(at.stuck, actor=me),
    "actions.verbs.attempts.end_stuck": lambda at, me: attempts.end_stuck(at.stuck, WHY, actor=me),
    "privacy.verbs.holds.confirm_hold": lambda at, me: holds.confirm_hold(at.hold, actor=me),
    "privacy.verbs.holds.end_hold": lambda at, me: holds.end_hold(at.hold, WHY, actor=me),
    "privacy.verbs.erasure.postpone_deletions": lambda at, me: postponement.postpone_deletions(
        at.resolved, WHY, today(), actor=me
    ),
    "decisions.verbs.preservation.agree_to_preserve": lambda at, me: preservation.agree_to_preserve(
        at.preserving, actor=me
    ),
    "decisions.verbs.preservation.lapse": lambda at, me: preservation.lapse(at.preserving, actor=me),
    "actions.verbs.attempts.finish_announcement": lambda at, me: attempts.finish_announcement(at.stuck, actor=me),
    "actions.verbs.attempts.superseded": lambda at, me: attempts.superseded(at.stuck, actor=me),
    "operators.verbs.answers.take_answer": lambda at, me: answers.take_answer(
        at.notice, OperatorAnswer(at.number, AnswerKind.DONE), proof="x", actor=me
    ),
    "appeals.verbs.suspension.locked_appeal": lambda at, me: eligible_people.locked_appeal(at.appeal, actor=me),
    "appeals.verbs.appeals.decide_appeal": lambda at, me: appeals.decide_appeal(
        at.appeal, overturn=True, reasons=WHY, actor=me
    ),
    "appeals.verbs.appeals.ask_holder": lambda at, me: appeals.ask_holder(at.appeal, WHY, actor=me),
    "appeals.verbs.appeals.answer_again": lambda at, me: appeals.answer_again(
        at.appeal, overturn=False, reasons=WHY, actor=me
    ),
    "appeals.verbs.appeals.answer_check": lambda at, me: appeal_pictures.answer_check(
        at.appeal, YouthAnswer.NO_SIGN, actor=me
    ),
    "appeals.verbs.appeals.open_appeal_picture": lambda at, me: appeal_pictures.open_appeal_picture(
        at.appeal, 1, actor=me
    ),
    "appeals.verbs.suspension.decide_rest": lambda at, me: suspension.decide_rest(
        at.appeal, rests=True, reasons=WHY, actor=me
    ),
    "queue.verbs.assignment.assign_case": lambda at, me: assignment.assign_case(
        at.waiting, me.person_id or 0, actor=me
    ),
    "queue.verbs.assignment.unassign_case": lambda at, me: assignment.unassign_case(at.waiting, actor=me),
    "queue.verbs.assignment.snooze_case": lambda at, me: assignment.snooze_case(
        at.waiting, now() + timedelta(hours=1), WHY, actor=me
    ),
    "queue.verbs.assignment.unsnooze_case": lambda at, me: assignment.unsnooze_case(at.waiting, actor=me),
    "queue.verbs.assignment.escalate_case": lambda at, me: assignment.escalate_case(at.waiting, WHY, actor=me),
    "queue.verbs.assignment.hand_back_case": lambda at, me: assignment.hand_back_case(at.waiting, WHY, actor=me),
    "queue.verbs.assignment.skip_case": lambda at, me: assignment.skip_case(at.waiting, actor=me),
    "queue.verbs.policy_questions.ask_policy_question": lambda at, me: policy_questions.ask_policy_question(
        at.waiting, WHY, actor=me
    ),
    "queue.verbs.policy_questions.answer_policy_question": lambda at, me: policy_questions.answer_policy_question(
        at.question, WHY, actor=me
    ),
    "queue.verbs.assignment.add_note": lambda at, me: assignment.add_note(at.waiting, WHY, actor=me),
    "reporting.verbs.setting_aside.set_reports_aside": lambda at, me: setting_aside.set_reports_aside(
        at.report, WHY, actor=me
    ),
    "reporting.verbs.setting_aside.undo_set_aside": lambda at, me: setting_aside.undo_set_aside(at.set_aside, actor=me),
    "reporting.verbs.independent_sources.mark_bad_faith": lambda at, me: abusive_reports.mark_bad_faith(
        at.report, WHY, actor=me
    ),
    "reporting.verbs.independent_sources.withdraw_bad_faith": lambda at, me: abusive_reports.withdraw_bad_faith(
        at.mark, actor=me
    ),
    "authorities.verbs.orders.ask_officer": lambda at, me: clarifications.ask_officer(
        at.request_report, MessageKind.QUESTION, WHY, actor=me
    ),
    "decisions.verbs.undo_window.make_pending_decision": lambda at, me: undo_window.make_pending_decision(
        at.commit, actor=me
    ),
    "decisions.verbs.consequences.take_back_vote": lambda at, me: taking_back.take_back_vote(at.waiting, actor=me),
    "decisions.verbs.undo_window.undo_decision": lambda at, me: undo_window.undo_decision(at.committing, actor=me),
    "decisions.verbs.undo_window.resume_decision": lambda at, me: undo_window.resume_decision(
        at.committing, shown=1, why=WHY, actor=me
    ),
    "operators.verbs.escalation.ask_for_data": lambda at, me: data_requests.ask_for_data(
        at.notice_case, _DATA, actor=me
    ),
    "decisions.verbs.voting.cast_vote": lambda at, me: voting.cast_vote(at.waiting, 1, _BALLOT, actor=me),
    "decisions.verbs.voting.restrict_at_once": lambda at, me: voting.restrict_at_once(at.waiting, 1, _BALLOT, actor=me),
    "authorities.verbs.disclosures.make_export": lambda at, me: disclosures.make_export(at.request, actor=me),
    "queue.verbs.leases.save_draft": lambda at, me: drafts.save_draft(at.waiting, {"facts": ["x"]}, actor=me),
    "actions.verbs.verification.end_restriction": lambda at, me: expiry.end_restriction(at.restriction, actor=me),
    "actions.verbs.verification.hand_over_statement": lambda at, me: statement_pickup.hand_over_statement(
        at.notice_case, at.notice_decision, actor=me
    ),
    "actions.verbs.circuit_breaker.put_off": lambda at, me: circuit_breaker.put_off(
        at.stuck, now() + timedelta(hours=1), actor=me
    ),
    "reporting.verbs.mailbox.open_identity": lambda at, me: reporter_identity.open_identity(
        at.report, IdentityReason.DANGER, actor=me
    ),
    "reporting.verbs.handle_resolution.record_identity": lambda at, me: handle_resolution.record_identity(
        at.waiting, Account(at.platform, "@mawar:localhost"), None, actor=me
    ),
    "appeals.verbs.reasons.check_holder": lambda at, me: reasons_in_person.check_holder(
        at.restriction, reasons_in_person.NewCheck(HolderCheckKind.IN_PERSON, WHY, WHY), actor=me
    ),
    "appeals.verbs.reasons.release_reasons": lambda at, me: reasons_in_person.release_reasons(at.check, actor=me),
    "appeals.verbs.reasons.refuse_reasons": lambda at, me: reasons_in_person.refuse_reasons(at.check, WHY, actor=me),
    "appeals.verbs.reasons.hand_over_reasons": lambda at, me: reasons_in_person.hand_over_reasons(
        at.my_check, Language.INDONESIAN, actor=me
    ),
    "cases.verbs.state.label_case": lambda at, me: labels.label_case(at.waiting, "kampanye-x", actor=me),
    "cases.verbs.state.unlabel_case": lambda at, me: labels.unlabel_case(at.waiting, at.label, actor=me),
    "operators.verbs.escalation.prepare_letter": lambda at, me: escalation.prepare_letter(
        at.notice, EscalationStage.WARNING_1, actor=me
    ),
    "operators.verbs.escalation.release_letter": lambda at, me: escalation.release_letter(at.letter, actor=me),
    "operators.verbs.escalation.drop_letter": lambda at, me: escalation.drop_letter(at.letter, actor=me),
    "operators.verbs.escalation.record_service": lambda at, me: escalation.record_service(at.released, WHY, actor=me),
    "decisions.verbs.hearings.ask_holder": lambda at, me: hearings.ask_holder(at.waiting, actor=me),
    "decisions.verbs.hearings.retry_hearing": lambda at, me: hearings.retry_hearing(at.waiting, actor=me),
    "queue.verbs.leases.take_lease": lambda at, me: leases.take_lease(at.waiting, actor=me),
    "queue.verbs.leases.take_over_lease": lambda at, me: leases.take_over_lease(at.waiting, WHY, actor=me),
    "operators.verbs.notices.tick": lambda at, me: manual_checks.tick(at.hand_notice, Step.CLOSE, actor=me),
    "operators.verbs.notices.record_manual_check": lambda at, me: manual_checks.record_manual_check(
        at.notice_action, AccountState.CLOSED, WHY, actor=me
    ),
    "operators.verbs.answers.answer_notice": lambda at, me: answers.answer_notice(
        at.hand_notice, AnswerKind.REFUSED, WHY, actor=me
    ),
    "reporting.verbs.mailbox.ask_consent": lambda at, me: quote_consents.ask_consent(at.report, WHY, actor=me),
    "reporting.verbs.mailbox.open_report": lambda at, me: mailbox.open_report(at.report, actor=me),
    "reporting.verbs.mailbox.write_to_reporter": lambda at, me: mailbox.write_to_reporter(at.report, WHY, actor=me),
    "reporting.verbs.mailbox.mark_read": lambda at, me: mailbox.mark_read(at.waiting, 9, actor=me),
    "operators.verbs.notices.notice_for": lambda at, me: notices.notice_for(at.notice_action, actor=me),
    "operators.verbs.notices.record_delivery": lambda at, me: notices.record_delivery(
        at.notice, Handover(False), actor=me
    ),
    "operators.verbs.notices.open_notice": lambda at, me: notices.open_notice(at.hand_notice, actor=me),
    "operators.verbs.notices.clarify_notice": lambda at, me: notices.clarify_notice(at.notice, WHY, actor=me),
    "operators.verbs.notices.ask_again": lambda at, me: notices.ask_again(at.notice, WHY, actor=me),
    "operators.verbs.notices.withdraw_notice": lambda at, me: notices.withdraw_notice(at.notice, WHY, actor=me),
    "operators.verbs.notices.decide_objection": lambda at, me: objections.decide_objection(
        at.objection, accept=True, reasons=WHY, actor=me
    ),
    "signals.verbs.pictures.answer_youth_check": lambda at, me: pictures.answer_youth_check(
        at.waiting, 1, YouthAnswer.NO_SIGN, actor=me
    ),
    "watch.verbs.media.request_media": lambda at, me: media.request_media(
        at.waiting, 1, 1, WHY, no_sign=True, actor=me
    ),
    "signals.verbs.pictures.undo_youth_check": lambda at, me: pictures.undo_youth_check(at.waiting, actor=me),
    "signals.verbs.pictures.record_youth_answers": lambda at, me: pictures.record_youth_answers(at.waiting, actor=me),
    "signals.verbs.pictures.open_picture": lambda at, me: pictures.open_picture(
        at.waiting, at.pictures[0].evidence_id, actor=me
    ),
    "signals.verbs.pictures.open_request_letter": lambda at, me: pictures.open_request_letter(
        at.request_case, at.request_letter, actor=me
    ),
    "quality.verbs.blind_review.leave": lambda at, me: blind_review.leave(at.task, actor=me),
    "quality.verbs.blind_review.record_blind_review": lambda at, me: blind_review.record_blind_review(
        at.task, blind_review.BlindJudgement(DecisionKind.DISMISS, WHY), actor=me
    ),
    "quality.verbs.blind_review.note_difference": lambda at, me: blind_review.note_difference(
        at.difference, WHY, actor=me
    ),
    "quality.verbs.blind_review.mark_golden": lambda at, me: blind_review.mark_golden(
        at.dismissed, DecisionKind.DISMISS, WHY, actor=me
    ),
    "quality.verbs.blind_review.withdraw_golden": lambda at, me: blind_review.withdraw_golden(at.golden, actor=me),
    "referrals.verbs.referrals.locked_referral": lambda at, me: referrals.locked_referral(at.referral, actor=me),
    "referrals.verbs.referrals.address_referral": lambda at, me: referrals.address_referral(
        at.referral, _REFERRAL, actor=me
    ),
    "referrals.verbs.referrals.refer_at_once": lambda at, me: referrals.refer_at_once(at.skipped, _REFERRAL, actor=me),
    "referrals.verbs.referrals.review_referral": lambda at, me: referrals.review_referral(
        at.at_once, rightly=True, actor=me
    ),
    "referrals.verbs.replies.send_referral": lambda at, me: replies.send_referral(at.referral, actor=me),
    "referrals.verbs.replies.note_sent": lambda at, me: replies.note_sent(at.referral, actor=me),
    "referrals.verbs.replies.acknowledge_by_link": lambda at, me: replies.acknowledge_by_link(
        at.at_once, replies.Taken(WHY), actor=me
    ),
    "referrals.verbs.replies.record_acknowledgement": lambda at, me: replies.record_acknowledgement(
        at.at_once, replies.Taken(WHY), actor=me
    ),
    "referrals.verbs.replies.end_by_link": lambda at, me: replies.end_by_link(
        at.at_once, ReferralOutcome.NOT_THEIRS, actor=me
    ),
    "referrals.verbs.replies.record_outcome": lambda at, me: replies.record_outcome(
        at.at_once, ReferralOutcome.NOT_THEIRS, actor=me
    ),
    "referrals.verbs.replies.record_mistake_told": lambda at, me: replies.record_mistake_told(at.at_once, actor=me),
    "signals.verbs.ban_evasion.decide_ban_evasion_match": lambda at, me: ban_evasion_reviews.decide_ban_evasion_match(
        at.match, same_holder=True, actor=me
    ),
    "reporting.verbs.quotable_text.record_public_words": lambda at, me: quotable_text.record_public_words(
        at.waiting, WHY, WHY, actor=me
    ),
    "queue.verbs.assignment.reroute_case": lambda at, me: queue_rules.reroute_case(
        at.waiting, "general", WHY, actor=me
    ),
    "signals.verbs.triage.triage_case": lambda at, me: triage.triage_case(at.waiting, actor=me),
    "actions.verbs.verification.record_verification": lambda at, me: verification.record_verification(
        at.notice_action, observed(AccountState.ACTIVE), actor=me
    ),
}

_REASONS: dict[str, tuple[str, ...]] = {
    "A watch belongs to no case; supervisors and administrators propose, start and stop it.": (
        "watch.verbs.watches.start_watch",
        "watch.verbs.watches.stop_watch",
        "watch.verbs.reading.take_in",
        "watch.verbs.reading.record_failure",
        "watch.verbs.reading.go_on_from_present",
        "watch.verbs.media.record_media",
    ),
    "A text of the sample has no case and no account; a rule has neither.": (
        "watch.verbs.people_sample.leave_text",
        "watch.verbs.people_sample.judge_text",
        "watch.verbs.people_sample.switch_rule_on",
    ),
    "A look-up is of accounts without a case; two people start it, on record.": (
        "watch.verbs.lookups.permit_account_lookup",
        "watch.verbs.lookups.look_up_account",
    ),
    "A request about one's own data: whoever lacks the clearance of a case behind it is refused (its tests).": (
        "privacy.verbs.person_requests.locked_request",
        "privacy.verbs.person_requests.take_request",
        "privacy.verbs.person_answers.check_person",
        "privacy.verbs.person_answers.draft_answer",
        "privacy.verbs.person_answers.release_answer",
        "privacy.verbs.person_answers.return_answer",
        "privacy.verbs.person_answers.hand_over_answer",
    ),
    "A search for a person names tables and numbers and never a word; two people start it, on record.": (
        "privacy.verbs.person_search.permit_person_search",
        "privacy.verbs.person_search.carry_out_person_search",
    ),
    "A breach has no case of its own; its list asks the clearance of each case in it (test_breaches).": (
        "privacy.verbs.breaches.add_scope",
        "privacy.verbs.breaches.list_people_concerned",
        "privacy.verbs.breaches.record_notice",
        "privacy.verbs.breaches.close_breach",
        "privacy.verbs.breaches.breach_letters",
    ),
    "Their own: a notice's operator, a report's sender, a letter's officer. What is whose the verb checks itself.": (
        "operators.verbs.escalation.open_letter",
        "operators.verbs.notices.object_to",
        "operators.verbs.notices.open_notice_picture",
        "authorities.verbs.orders.answer_clarification",
        "reporting.verbs.mailbox.write_back",
        "reporting.verbs.mailbox.add_evidence",
        "reporting.verbs.mailbox.withdraw_report",
        "reporting.verbs.mailbox.answer_consent",
        "reporting.verbs.mailbox.withdraw_consent",
        "authorities.verbs.orders.withdraw_order",
        "referrals.verbs.replies.acknowledge_as_officer",
        "referrals.verbs.replies.end_as_officer",
        "batches.verbs.batches.start_batch",
        "batches.verbs.batches.cancel_batch",
        "batches.verbs.batches.refused_with_cells",
    ),
    "Gives up, or prolongs, what one holds: without the clearance the database lets nobody hold it.": (
        "queue.verbs.leases.release_lease",
        "queue.verbs.leases.prolong_lease",
        "queue.verbs.assignment.unskip_case",
    ),
    "People, organisations, platforms, keys, settings, models, lists: there is no case in them.": (
        "people.verbs.api_keys.issue_officer_key",
        "people.verbs.api_keys.revoke_officer_key",
        "people.verbs.trusted_flaggers.describe_flagger",
        "people.verbs.trusted_flaggers.suspend_flagger",
        "people.verbs.trusted_flaggers.end_flagger_suspension",
        "reporting.verbs.handle_resolution.name_subject",
        "adoption.verbs.confirm_release",
        "adoption.verbs.refuse_release",
        "adoption.verbs.confirm_going_back",
        "signals.verbs.model_registry.approve_model",
        "signals.verbs.model_registry.reinstate_model",
        "signals.verbs.model_registry.reject_model",
        "signals.verbs.model_registry.retire_model",
        "people.verbs.officers.register_officer",
        "people.verbs.officers.invite_again",
        "people.verbs.officers.record_call_back",
        "people.verbs.officers.renew",
        "people.verbs.officers.suspend",
        "people.verbs.officers.lift_suspension",
        "people.verbs.officers.remove",
        "people.verbs.officers.appoint_keeper",
        "people.verbs.officers.end_keeper",
        "operators.verbs.register.describe_operator",
        "operators.verbs.register.end_pledge",
        "operators.verbs.register.dismiss_contact",
        "store.kernel.row_verification.acknowledge_fault",
        "reporting.verbs.backlogs.finish_backlog",
        "people.verbs.people.end_role",
        "people.verbs.people.deactivate_person",
        "people.verbs.people.end_access",
        "people.verbs.people.change_password",
        "people.verbs.second_factor.demand_factor",
        "people.verbs.second_factor.demand_no_factor",
        "people.verbs.second_factor.forget_factors",
        "people.verbs.api_keys.register_key_by_call_back",
        "people.verbs.api_keys.revoke_signing_key",
        "people.verbs.trusted_flaggers.set_skills",
        "people.verbs.trusted_flaggers.give_clearance",
        "webhooks.verbs.endpoint_gone",
        "webhooks.verbs.disable_endpoint",
        "webhooks.verbs.test_endpoint",
        "webhooks.verbs.redeliver",
        "webhooks.verbs.end_webhooks",
    ),
    "Only cases that need no clearance are used for training.": ("quality.verbs.blind_review.answer_training",),
    "An alarm must be acknowledged by whoever watches; it shows a number and no more.": (
        "quality.verbs.canary_cases.acknowledge_alarm",
    ),
    "What was held is in no case; a case of the same account is named only to whoever may see it.": (
        "authorities.verbs.held_requests.record_held_call",
        "authorities.verbs.held_requests.release",
        "authorities.verbs.held_requests.reject",
        "authorities.verbs.held_requests.preserve_only",
    ),
    "Takes a right away, so that it must reach every case of theirs; it shows none.": (
        "decisions.verbs.votes.withdraw_from_work",
    ),
    "Called by the worker alone, on what the verb before it locked.": (
        "reporting.verbs.handle_resolution.record_sought",
        "actions.verbs.authorisation.refuse_action",
        "cases.verbs.held_letters.note_refusal",
        "cases.verbs.held_letters.refusals_noted",
        "batches.verbs.rows.finish_batch",
        "batches.verbs.rows.finish_validation",
        "batches.verbs.rows.fail_batch",
        "signals.verbs.image_hashes.record_hash",
        "decisions.verbs.hearings.record_delivery",
        "decisions.verbs.hearings.record_no_delivery",
        "signals.verbs.image_hashes.compare_with_list",
        "signals.verbs.pictures.record_copy",
        "watch.verbs.media.record_capture",
    ),
}
NO_VERB_PROBE = {name: why for why, names in _REASONS.items() for name in names}
