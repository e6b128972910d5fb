"""How each verb that acts on an id is called on a restricted case, and why the others need no probe.

With the clearance it may refuse for any reason except NotFound; without the clearance it must raise NotFound.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.factories import FACTS, observed

from jaga.casework.actions import attempts, circuit_breaker, expiry, statement_pickup, verification
from jaga.casework.appeals import appeals, eligible_people, reasons_in_person, suspension
from jaga.casework.appeals import pictures as appeal_pictures
from jaga.casework.authorities import clarifications, disclosures
from jaga.casework.cases import labels, letters_again, notice_dialogue, state
from jaga.casework.decisions import hearings, preservation, taking_back, undo_window, voting
from jaga.casework.operators import answers, data_requests, escalation, manual_checks, notices, objections
from jaga.casework.privacy import holds, postponement
from jaga.casework.quality import blind_review
from jaga.casework.queue import (
    assignment,
    case_access,
    drafts,
    leases,
    linked_accounts,
    policy_questions,
    presence,
    queue_rules,
)
from jaga.casework.referrals import referrals, replies
from jaga.casework.reporting import (
    abusive_reports,
    handle_resolution,
    mailbox,
    quotable_text,
    quote_consents,
    reporter_identity,
    setting_aside,
)
from jaga.casework.screening import ban_evasion_reviews, pictures, triage
from jaga.casework.watch import media
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.platforms import Account, Handover, OperatorAnswer, StepResult
from jaga.core.terms.actions import AccountState, OutcomeKind, Step
from jaga.core.terms.appeals import HolderCheckKind
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.operators import AnswerKind, EscalationStage
from jaga.core.terms.people import Language
from jaga.core.terms.referrals import ReferralOutcome
from jaga.core.terms.reports import IdentityReason, MessageKind
from jaga.core.terms.screening import YouthAnswer
from jaga.policy.local_time import today

Verb = Callable[[Any, Actor], Any]
WHY = "Sebab itu sudah diperiksa."
_REFERRAL = referrals.NewReferral("", None, "")
_BALLOT = voting.Ballot(DecisionKind.DISMISS, facts=FACTS)
_DATA = data_requests.DataRequest("Polisi Contoh", "Penyidikan", "Data pemilik akun", "Penipuan")


VERB_PROBES: dict[str, Verb] = {
    "cases.state.locked_case": lambda at, me: state.locked_case(at.waiting, actor=me),
    "cases.letters_again.acknowledge_held_letters": lambda at, me: letters_again.acknowledge_held_letters(
        at.held_letters, actor=me
    ),
    "actions.attempts.locked_action": lambda at, me: attempts.locked_action(at.stuck, actor=me),
    "cases.notice_dialogue.locked_notice": lambda at, me: notice_dialogue.locked_notice(at.notice, actor=me),
    "queue.case_access.visible_case": lambda at, me: case_access.visible_case(at.waiting, actor=me),
    "queue.case_access.open_case": lambda at, me: case_access.open_case(at.waiting, actor=me),
    "queue.linked_accounts.link_account": lambda at, me: linked_accounts.link_account(
        at.waiting, at.platform, "@lain:localhost", WHY, actor=me
    ),
    "queue.linked_accounts.unlink_account": lambda at, me: linked_accounts.unlink_account(at.linked, at.link, actor=me),
    "actions.attempts.start_attempt": lambda at, me: attempts.start_attempt(at.stuck, actor=me),
    "actions.attempts.record_step": lambda at, me: attempts.record_step(
        at.stuck, Step.CLOSE, StepResult(OutcomeKind.DONE, "seen"), actor=me
    ),
    "actions.attempts.record_material": lambda at, me: attempts.record_material(at.stuck, (), actor=me),
    "actions.attempts.attempt_failed": lambda at, me: attempts.attempt_failed(at.stuck, OutcomeKind.UNKNOWN, actor=me),
    "actions.attempts.mark_stuck": lambda at, me: attempts.mark_stuck(at.stuck, OutcomeKind.UNKNOWN, actor=me),
    "actions.attempts.retry_stuck": lambda at, me: attempts.retry_stuck(at.stuck, actor=me),
    "actions.attempts.end_stuck": lambda at, me: attempts.end_stuck(at.stuck, WHY, actor=me),
    "privacy.holds.confirm_hold": lambda at, me: holds.confirm_hold(at.hold, actor=me),
    "privacy.holds.end_hold": lambda at, me: holds.end_hold(at.hold, WHY, actor=me),
    "privacy.postponement.postpone_deletions": lambda at, me: postponement.postpone_deletions(
        at.resolved, WHY, today(), actor=me
    ),
    "decisions.preservation.agree_to_preserve": lambda at, me: preservation.agree_to_preserve(at.preserving, actor=me),
    "decisions.preservation.lapse": lambda at, me: preservation.lapse(at.preserving, actor=me),
    "actions.attempts.finish_announcement": lambda at, me: attempts.finish_announcement(at.stuck, actor=me),
    "actions.attempts.superseded": lambda at, me: attempts.superseded(at.stuck, actor=me),
    "operators.answers.take_answer": lambda at, me: answers.take_answer(
        at.notice, OperatorAnswer(at.number, AnswerKind.DONE), proof="x", actor=me
    ),
    "appeals.eligible_people.locked_appeal": lambda at, me: eligible_people.locked_appeal(at.appeal, actor=me),
    "appeals.appeals.decide_appeal": lambda at, me: appeals.decide_appeal(
        at.appeal, overturn=True, reasons=WHY, actor=me
    ),
    "appeals.appeals.ask_holder": lambda at, me: appeals.ask_holder(at.appeal, WHY, actor=me),
    "appeals.appeals.answer_again": lambda at, me: appeals.answer_again(
        at.appeal, overturn=False, reasons=WHY, actor=me
    ),
    "appeals.pictures.answer_check": lambda at, me: appeal_pictures.answer_check(
        at.appeal, YouthAnswer.NO_SIGN, actor=me
    ),
    "appeals.pictures.open_appeal_picture": lambda at, me: appeal_pictures.open_appeal_picture(at.appeal, 1, actor=me),
    "appeals.suspension.decide_rest": lambda at, me: suspension.decide_rest(
        at.appeal, rests=True, reasons=WHY, actor=me
    ),
    "queue.assignment.assign_case": lambda at, me: assignment.assign_case(at.waiting, me.person_id or 0, actor=me),
    "queue.assignment.unassign_case": lambda at, me: assignment.unassign_case(at.waiting, actor=me),
    "queue.assignment.snooze_case": lambda at, me: assignment.snooze_case(
        at.waiting, now() + timedelta(hours=1), WHY, actor=me
    ),
    "queue.assignment.unsnooze_case": lambda at, me: assignment.unsnooze_case(at.waiting, actor=me),
    "queue.assignment.escalate_case": lambda at, me: assignment.escalate_case(at.waiting, WHY, actor=me),
    "queue.assignment.hand_back_case": lambda at, me: assignment.hand_back_case(at.waiting, WHY, actor=me),
    "queue.assignment.skip_case": lambda at, me: assignment.skip_case(at.waiting, actor=me),
    "queue.policy_questions.ask_policy_question": lambda at, me: policy_questions.ask_policy_question(
        at.waiting, WHY, actor=me
    ),
    "queue.policy_questions.answer_policy_question": lambda at, me: policy_questions.answer_policy_question(
        at.question, WHY, actor=me
    ),
    "queue.assignment.add_note": lambda at, me: assignment.add_note(at.waiting, WHY, actor=me),
    "reporting.setting_aside.set_reports_aside": lambda at, me: setting_aside.set_reports_aside(
        at.report, WHY, actor=me
    ),
    "reporting.setting_aside.undo_set_aside": lambda at, me: setting_aside.undo_set_aside(at.set_aside, actor=me),
    "reporting.abusive_reports.mark_bad_faith": lambda at, me: abusive_reports.mark_bad_faith(at.report, WHY, actor=me),
    "reporting.abusive_reports.withdraw_bad_faith": lambda at, me: abusive_reports.withdraw_bad_faith(
        at.mark, actor=me
    ),
    "authorities.clarifications.ask_officer": lambda at, me: clarifications.ask_officer(
        at.request_report, MessageKind.QUESTION, WHY, actor=me
    ),
    "decisions.undo_window.make_pending_decision": lambda at, me: undo_window.make_pending_decision(
        at.commit, actor=me
    ),
    "decisions.taking_back.take_back_vote": lambda at, me: taking_back.take_back_vote(at.waiting, actor=me),
    "decisions.undo_window.undo_decision": lambda at, me: undo_window.undo_decision(at.committing, actor=me),
    "decisions.undo_window.resume_decision": lambda at, me: undo_window.resume_decision(
        at.committing, shown=1, why=WHY, actor=me
    ),
    "operators.data_requests.ask_for_data": lambda at, me: data_requests.ask_for_data(at.notice_case, _DATA, actor=me),
    "decisions.voting.cast_vote": lambda at, me: voting.cast_vote(at.waiting, 1, _BALLOT, actor=me),
    "decisions.voting.restrict_at_once": lambda at, me: voting.restrict_at_once(at.waiting, 1, _BALLOT, actor=me),
    "authorities.disclosures.make_export": lambda at, me: disclosures.make_export(at.request, actor=me),
    "queue.drafts.save_draft": lambda at, me: drafts.save_draft(at.waiting, {"facts": ["x"]}, actor=me),
    "actions.expiry.end_restriction": lambda at, me: expiry.end_restriction(at.restriction, actor=me),
    "actions.statement_pickup.hand_over_statement": lambda at, me: statement_pickup.hand_over_statement(
        at.notice_case, at.notice_decision, actor=me
    ),
    "actions.circuit_breaker.put_off": lambda at, me: circuit_breaker.put_off(
        at.stuck, now() + timedelta(hours=1), actor=me
    ),
    "reporting.reporter_identity.open_identity": lambda at, me: reporter_identity.open_identity(
        at.report, IdentityReason.DANGER, actor=me
    ),
    "reporting.handle_resolution.record_identity": lambda at, me: handle_resolution.record_identity(
        at.waiting, Account(at.platform, "@mawar:localhost"), None, actor=me
    ),
    "appeals.reasons_in_person.check_holder": lambda at, me: reasons_in_person.check_holder(
        at.restriction, reasons_in_person.NewCheck(HolderCheckKind.IN_PERSON, WHY, WHY), actor=me
    ),
    "appeals.reasons_in_person.release_reasons": lambda at, me: reasons_in_person.release_reasons(at.check, actor=me),
    "appeals.reasons_in_person.refuse_reasons": lambda at, me: reasons_in_person.refuse_reasons(
        at.check, WHY, actor=me
    ),
    "appeals.reasons_in_person.hand_over_reasons": lambda at, me: reasons_in_person.hand_over_reasons(
        at.my_check, Language.INDONESIAN, actor=me
    ),
    "cases.labels.label_case": lambda at, me: labels.label_case(at.waiting, "kampanye-x", actor=me),
    "cases.labels.unlabel_case": lambda at, me: labels.unlabel_case(at.waiting, at.label, actor=me),
    "operators.escalation.prepare_letter": lambda at, me: escalation.prepare_letter(
        at.notice, EscalationStage.WARNING_1, actor=me
    ),
    "operators.escalation.release_letter": lambda at, me: escalation.release_letter(at.letter, actor=me),
    "operators.escalation.drop_letter": lambda at, me: escalation.drop_letter(at.letter, actor=me),
    "operators.escalation.record_service": lambda at, me: escalation.record_service(at.released, WHY, actor=me),
    "decisions.hearings.ask_holder": lambda at, me: hearings.ask_holder(at.waiting, actor=me),
    "decisions.hearings.retry_hearing": lambda at, me: hearings.retry_hearing(at.waiting, actor=me),
    "queue.leases.take_lease": lambda at, me: leases.take_lease(at.waiting, actor=me),
    "queue.leases.take_over_lease": lambda at, me: leases.take_over_lease(at.waiting, WHY, actor=me),
    "operators.manual_checks.tick": lambda at, me: manual_checks.tick(at.hand_notice, Step.CLOSE, actor=me),
    "operators.manual_checks.record_manual_check": lambda at, me: manual_checks.record_manual_check(
        at.notice_action, AccountState.CLOSED, WHY, actor=me
    ),
    "operators.answers.answer_notice": lambda at, me: answers.answer_notice(
        at.hand_notice, AnswerKind.REFUSED, WHY, actor=me
    ),
    "reporting.quote_consents.ask_consent": lambda at, me: quote_consents.ask_consent(at.report, WHY, actor=me),
    "reporting.mailbox.open_report": lambda at, me: mailbox.open_report(at.report, actor=me),
    "reporting.mailbox.write_to_reporter": lambda at, me: mailbox.write_to_reporter(at.report, WHY, actor=me),
    "reporting.mailbox.mark_read": lambda at, me: mailbox.mark_read(at.waiting, 9, actor=me),
    "operators.notices.notice_for": lambda at, me: notices.notice_for(at.notice_action, actor=me),
    "operators.notices.record_delivery": lambda at, me: notices.record_delivery(at.notice, Handover(False), actor=me),
    "operators.notices.open_notice": lambda at, me: notices.open_notice(at.hand_notice, actor=me),
    "operators.notices.clarify_notice": lambda at, me: notices.clarify_notice(at.notice, WHY, actor=me),
    "operators.notices.ask_again": lambda at, me: notices.ask_again(at.notice, WHY, actor=me),
    "operators.notices.withdraw_notice": lambda at, me: notices.withdraw_notice(at.notice, WHY, actor=me),
    "operators.objections.decide_objection": lambda at, me: objections.decide_objection(
        at.objection, accept=True, reasons=WHY, actor=me
    ),
    "screening.pictures.answer_youth_check": lambda at, me: pictures.answer_youth_check(
        at.waiting, 1, YouthAnswer.NO_SIGN, actor=me
    ),
    "watch.media.request_media": lambda at, me: media.request_media(at.waiting, 1, 1, WHY, no_sign=True, actor=me),
    "screening.pictures.undo_youth_check": lambda at, me: pictures.undo_youth_check(at.waiting, actor=me),
    "screening.pictures.record_youth_answers": lambda at, me: pictures.record_youth_answers(at.waiting, actor=me),
    "screening.pictures.open_picture": lambda at, me: pictures.open_picture(
        at.waiting, at.pictures[0].evidence_id, actor=me
    ),
    "screening.pictures.open_request_letter": lambda at, me: pictures.open_request_letter(
        at.request_case, at.request_letter, actor=me
    ),
    "queue.presence.be_present": lambda at, me: presence.be_present(at.waiting, actor=me),
    "quality.blind_review.leave": lambda at, me: blind_review.leave(at.task, actor=me),
    "quality.blind_review.record_blind_review": lambda at, me: blind_review.record_blind_review(
        at.task, blind_review.BlindJudgement(DecisionKind.DISMISS, WHY), actor=me
    ),
    "quality.blind_review.note_difference": lambda at, me: blind_review.note_difference(at.difference, WHY, actor=me),
    "quality.blind_review.mark_golden": lambda at, me: blind_review.mark_golden(
        at.dismissed, DecisionKind.DISMISS, WHY, actor=me
    ),
    "quality.blind_review.withdraw_golden": lambda at, me: blind_review.withdraw_golden(at.golden, actor=me),
    "referrals.referrals.locked_referral": lambda at, me: referrals.locked_referral(at.referral, actor=me),
    "referrals.referrals.address_referral": lambda at, me: referrals.address_referral(at.referral, _REFERRAL, actor=me),
    "referrals.referrals.refer_at_once": lambda at, me: referrals.refer_at_once(at.skipped, _REFERRAL, actor=me),
    "referrals.referrals.review_referral": lambda at, me: referrals.review_referral(at.at_once, rightly=True, actor=me),
    "referrals.replies.send_referral": lambda at, me: replies.send_referral(at.referral, actor=me),
    "referrals.replies.note_sent": lambda at, me: replies.note_sent(at.referral, actor=me),
    "referrals.replies.acknowledge_by_link": lambda at, me: replies.acknowledge_by_link(
        at.at_once, replies.Taken(WHY), actor=me
    ),
    "referrals.replies.record_acknowledgement": lambda at, me: replies.record_acknowledgement(
        at.at_once, replies.Taken(WHY), actor=me
    ),
    "referrals.replies.end_by_link": lambda at, me: replies.end_by_link(
        at.at_once, ReferralOutcome.NOT_THEIRS, actor=me
    ),
    "referrals.replies.record_outcome": lambda at, me: replies.record_outcome(
        at.at_once, ReferralOutcome.NOT_THEIRS, actor=me
    ),
    "referrals.replies.record_mistake_told": lambda at, me: replies.record_mistake_told(at.at_once, actor=me),
    "screening.ban_evasion_reviews.decide_ban_evasion_match": lambda at, me: (
        ban_evasion_reviews.decide_ban_evasion_match(at.match, same_holder=True, actor=me)
    ),
    "reporting.quotable_text.record_public_words": lambda at, me: quotable_text.record_public_words(
        at.waiting, WHY, WHY, actor=me
    ),
    "queue.queue_rules.reroute_case": lambda at, me: queue_rules.reroute_case(at.waiting, "general", WHY, actor=me),
    "screening.triage.triage_case": lambda at, me: triage.triage_case(at.waiting, actor=me),
    "actions.verification.record_verification": lambda at, me: verification.record_verification(
        at.notice_action, observed(AccountState.ACTIVE), actor=me
    ),
}

_REASONS: dict[str, tuple[str, ...]] = {
    "A watch belongs to no case; supervisors and administrators propose, start and stop it.": (
        "watch.watches.start_watch",
        "watch.watches.stop_watch",
        "watch.reading.take_in",
        "watch.reading.record_failure",
        "watch.reading.go_on_from_present",
        "watch.media.record_media",
    ),
    "A text of the sample has no case and no account; a rule has neither.": (
        "watch.people_sample.leave_text",
        "watch.people_sample.judge_text",
        "watch.rule_suspensions.switch_rule_on",
    ),
    "A look-up is of accounts without a case; two people start it, on record.": (
        "watch.lookups.permit_account_lookup",
        "watch.lookups.look_up_account",
    ),
    "A request about one's own data: whoever lacks the clearance of a case behind it is refused (its tests).": (
        "privacy.person_requests.locked_request",
        "privacy.person_requests.take_request",
        "privacy.person_answers.check_person",
        "privacy.person_answers.draft_answer",
        "privacy.person_answers.release_answer",
        "privacy.person_answers.return_answer",
        "privacy.person_answers.hand_over_answer",
    ),
    "A search for a person names tables and numbers and never a word; two people start it, on record.": (
        "privacy.person_search.permit_person_search",
        "privacy.person_search.carry_out_person_search",
    ),
    "A breach has no case of its own; its list asks the clearance of each case in it (test_breaches).": (
        "privacy.breaches.add_scope",
        "privacy.breaches.list_people_concerned",
        "privacy.breaches.record_notice",
        "privacy.breaches.close_breach",
        "privacy.breach_letters.breach_letters",
    ),
    "Their own: a notice's operator, a report's sender, a letter's officer. What is whose the verb checks itself.": (
        "operators.escalation.open_letter",
        "operators.objections.object_to",
        "operators.notice_pictures.open_notice_picture",
        "authorities.clarifications.answer_clarification",
        "reporting.mailbox.write_back",
        "reporting.mailbox.add_evidence",
        "reporting.mailbox.withdraw_report",
        "reporting.quote_consents.answer_consent",
        "reporting.quote_consents.withdraw_consent",
        "authorities.orders.withdraw_order",
        "referrals.replies.acknowledge_as_officer",
        "referrals.replies.end_as_officer",
        "batches.batches.start_batch",
        "batches.batches.cancel_batch",
        "batches.refused_rows.refused_with_cells",
    ),
    "Gives up, or prolongs, what one holds: without the clearance the database lets nobody hold it.": (
        "queue.leases.release_lease",
        "queue.leases.prolong_lease",
        "queue.assignment.unskip_case",
    ),
    "People, organisations, platforms, keys, settings, models, lists: there is no case in them.": (
        "people.api_keys.issue_officer_key",
        "people.api_keys.revoke_officer_key",
        "people.trusted_flaggers.describe_flagger",
        "people.trusted_flaggers.suspend_flagger",
        "people.trusted_flaggers.end_flagger_suspension",
        "reporting.handle_resolution.name_subject",
        "kernel.policy_adoption.confirm_release",
        "kernel.policy_adoption.refuse_release",
        "kernel.policy_adoption.confirm_going_back",
        "screening.model_registry.approve_model",
        "screening.model_registry.reinstate_model",
        "screening.model_registry.reject_model",
        "screening.model_registry.retire_model",
        "people.officers.register_officer",
        "people.officers.invite_again",
        "people.officers.record_call_back",
        "people.officers.renew",
        "people.officers.suspend",
        "people.officers.lift_suspension",
        "people.officers.remove",
        "people.officers.appoint_keeper",
        "people.officers.end_keeper",
        "operators.register.describe_operator",
        "operators.register.end_pledge",
        "operators.register.dismiss_contact",
        "kernel.ledger_faults.acknowledge_fault",
        "reporting.backlogs.finish_backlog",
        "people.people.end_role",
        "people.people.deactivate_person",
        "people.people.end_access",
        "people.people.change_password",
        "people.second_factor.demand_factor",
        "people.second_factor.demand_no_factor",
        "people.second_factor.forget_factors",
        "people.request_signing.register_key_by_call_back",
        "people.request_signing.revoke_signing_key",
        "people.skills_and_clearances.set_skills",
        "people.skills_and_clearances.give_clearance",
        "queue.saved_views.delete_view",
        "webhooks.deliveries.endpoint_gone",
        "webhooks.endpoints.disable_endpoint",
        "webhooks.endpoints.test_endpoint",
        "webhooks.endpoints.redeliver",
        "webhooks.endpoints.end_webhooks",
    ),
    "Only cases that need no clearance are used for training.": ("quality.training.answer_training",),
    "A shift's card: taking it up opens no case.": ("queue.shift_handover.take_handover",),
    "An alarm must be acknowledged by whoever watches; it shows a number and no more.": (
        "quality.canary_cases.acknowledge_alarm",
    ),
    "What was held is in no case; a case of the same account is named only to whoever may see it.": (
        "authorities.held_requests.record_held_call",
        "authorities.held_requests.release",
        "authorities.held_requests.reject",
        "authorities.held_requests.preserve_only",
    ),
    "Takes a right away, so that it must reach every case of theirs; it shows none.": (
        "withdrawals.votes.withdraw_from_work",
    ),
    "Called by the worker alone, on what the verb before it locked.": (
        "reporting.unknown_accounts.record_sought",
        "actions.authorisation.refuse_action",
        "cases.row_refusals.note_refusal",
        "cases.row_refusals.refusals_noted",
        "batches.filing.finish_batch",
        "batches.validation.finish_validation",
        "batches.validation.fail_batch",
        "screening.image_hashes.record_hash",
        "decisions.hearings.record_delivery",
        "decisions.hearings.record_no_delivery",
        "screening.image_hashes.compare_with_list",
        "screening.pictures.record_copy",
        "watch.captures.record_capture",
    ),
}
NO_VERB_PROBE = {name: why for why, names in _REASONS.items() for name in names}
