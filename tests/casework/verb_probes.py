"""How each verb that acts by a number is called on a closed case, and why the others need not be.

Called by somebody with the clearance it may refuse for whatever reason but that there is no such thing; without the
clearance it must say just that.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from tests.factories import FACTS, observed

from jaga.casework import (
    accounts,
    act,
    answers,
    appeal_people,
    appeal_pictures,
    appeal_rest,
    appeals,
    assigning,
    bad_faith,
    clarify,
    commit,
    consents,
    data_requests,
    decide,
    desk,
    disclose,
    drafts,
    ends,
    handover,
    health,
    hearings,
    identify,
    identities,
    in_person,
    labels,
    ladder,
    leases,
    looks,
    mailbox,
    notice_turns,
    notices,
    objections,
    pictures,
    presence,
    preserving,
    quality,
    quotes,
    referral_replies,
    referrals,
    resemblances,
    routing,
    state,
    triage,
    verification,
)
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.platforms import Account, Handover, OperatorAnswer, StepResult
from jaga.core.terms import (
    AccountState,
    AnswerKind,
    DecisionKind,
    HolderCheckKind,
    IdentityReason,
    Language,
    MessageKind,
    OutcomeKind,
    ReferralOutcome,
    Rung,
    Step,
    YouthAnswer,
)

Verb = Callable[[Any, Actor], Any]
WHY = "Sebab itu sudah diperiksa."
_REFERRAL = referrals.NewReferral("", None, "")
_BALLOT = decide.Ballot(DecisionKind.DISMISS, facts=FACTS)
_DATA = data_requests.DataRequest("Polisi Contoh", "Penyidikan", "Data pemilik akun", "Penipuan")


VERB_PROBES: dict[str, Verb] = {
    "state.locked_case": lambda at, me: state.locked_case(at.waiting, actor=me),
    "act.locked_action": lambda at, me: act.locked_action(at.stuck, actor=me),
    "notice_turns.locked_notice": lambda at, me: notice_turns.locked_notice(at.notice, actor=me),
    "desk.seen_case": lambda at, me: desk.seen_case(at.waiting, actor=me),
    "desk.waiting_case": lambda at, me: desk.waiting_case(at.waiting, actor=me),
    "accounts.link_account": lambda at, me: accounts.link_account(
        at.waiting, at.platform, "@lain:localhost", WHY, actor=me),
    "accounts.unlink_account": lambda at, me: accounts.unlink_account(at.linked, at.link, actor=me),
    "act.start_attempt": lambda at, me: act.start_attempt(at.stuck, actor=me),
    "act.record_step": lambda at, me: act.record_step(
        at.stuck, Step.CLOSE, StepResult(OutcomeKind.DONE, "seen"), actor=me),
    "act.record_material": lambda at, me: act.record_material(at.stuck, (), actor=me),
    "act.attempt_failed": lambda at, me: act.attempt_failed(at.stuck, OutcomeKind.UNKNOWN, actor=me),
    "act.mark_stuck": lambda at, me: act.mark_stuck(at.stuck, OutcomeKind.UNKNOWN, actor=me),
    "act.retry_stuck": lambda at, me: act.retry_stuck(at.stuck, actor=me),
    "act.end_stuck": lambda at, me: act.end_stuck(at.stuck, WHY, actor=me),
    "preserving.agree_to_preserve": lambda at, me: preserving.agree_to_preserve(at.preserving, actor=me),
    "preserving.lapse": lambda at, me: preserving.lapse(at.preserving, actor=me),
    "act.finish_telling": lambda at, me: act.finish_telling(at.stuck, actor=me),
    "act.superseded": lambda at, me: act.superseded(at.stuck, actor=me),
    "answers.take_answer": lambda at, me: answers.take_answer(
        at.notice, OperatorAnswer(at.number, AnswerKind.DONE), proof="x", actor=me),
    "appeal_people.locked_appeal": lambda at, me: appeal_people.locked_appeal(at.appeal, actor=me),
    "appeals.decide_appeal": lambda at, me: appeals.decide_appeal(at.appeal, overturn=True, reasons=WHY, actor=me),
    "appeals.ask_holder": lambda at, me: appeals.ask_holder(at.appeal, WHY, actor=me),
    "appeals.answer_again": lambda at, me: appeals.answer_again(at.appeal, overturn=False, reasons=WHY, actor=me),
    "appeal_pictures.answer_check": lambda at, me: appeal_pictures.answer_check(
        at.appeal, YouthAnswer.NO_SIGN, actor=me),
    "appeal_pictures.open_appeal_picture": lambda at, me: appeal_pictures.open_appeal_picture(at.appeal, 1, actor=me),
    "appeal_rest.decide_rest": lambda at, me: appeal_rest.decide_rest(at.appeal, rests=True, reasons=WHY, actor=me),
    "assigning.assign_case": lambda at, me: assigning.assign_case(at.waiting, me.person_id or 0, actor=me),
    "assigning.unassign_case": lambda at, me: assigning.unassign_case(at.waiting, actor=me),
    "assigning.hold_case": lambda at, me: assigning.hold_case(at.waiting, now() + timedelta(hours=1), WHY, actor=me),
    "assigning.lift_hold": lambda at, me: assigning.lift_hold(at.waiting, actor=me),
    "assigning.escalate_case": lambda at, me: assigning.escalate_case(at.waiting, WHY, actor=me),
    "assigning.hand_back_case": lambda at, me: assigning.hand_back_case(at.waiting, WHY, actor=me),
    "assigning.skip_case": lambda at, me: assigning.skip_case(at.waiting, actor=me),
    "assigning.add_note": lambda at, me: assigning.add_note(at.waiting, WHY, actor=me),
    "bad_faith.mark_bad_faith": lambda at, me: bad_faith.mark_bad_faith(at.report, WHY, actor=me),
    "bad_faith.withdraw_bad_faith": lambda at, me: bad_faith.withdraw_bad_faith(at.mark, actor=me),
    "clarify.ask_officer": lambda at, me: clarify.ask_officer(
        at.request_report, MessageKind.QUESTION, WHY, actor=me),
    "commit.commit_decision": lambda at, me: commit.commit_decision(at.commit, actor=me),
    "commit.undo_decision": lambda at, me: commit.undo_decision(at.committing, actor=me),
    "commit.let_decision_go_on": lambda at, me: commit.let_decision_go_on(
        at.committing, shown=1, why=WHY, actor=me),
    "data_requests.ask_for_data": lambda at, me: data_requests.ask_for_data(at.notice_case, _DATA, actor=me),
    "decide.cast_vote": lambda at, me: decide.cast_vote(at.waiting, 1, _BALLOT, actor=me),
    "decide.restrict_at_once": lambda at, me: decide.restrict_at_once(at.waiting, 1, _BALLOT, actor=me),
    "disclose.make_export": lambda at, me: disclose.make_export(at.request, actor=me),
    "drafts.save_draft": lambda at, me: drafts.save_draft(at.waiting, {"facts": ["x"]}, actor=me),
    "ends.end_restriction": lambda at, me: ends.end_restriction(at.restriction, actor=me),
    "handover.hand_over_statement": lambda at, me: handover.hand_over_statement(
        at.notice_case, at.notice_decision, actor=me),
    "health.put_off": lambda at, me: health.put_off(at.stuck, now() + timedelta(hours=1), actor=me),
    "identities.look_at_identity": lambda at, me: identities.look_at_identity(
        at.report, IdentityReason.DANGER, actor=me),
    "identify.record_identity": lambda at, me: identify.record_identity(
        at.waiting, Account(at.platform, "@mawar:localhost"), None, actor=me),
    "in_person.check_holder": lambda at, me: in_person.check_holder(
        at.restriction, in_person.NewCheck(HolderCheckKind.IN_PERSON, WHY, WHY), actor=me),
    "in_person.release_reasons": lambda at, me: in_person.release_reasons(at.check, actor=me),
    "in_person.refuse_reasons": lambda at, me: in_person.refuse_reasons(at.check, WHY, actor=me),
    "in_person.hand_over_reasons": lambda at, me: in_person.hand_over_reasons(
        at.my_check, Language.INDONESIAN, actor=me),
    "labels.label_case": lambda at, me: labels.label_case(at.waiting, "kampanye-x", actor=me),
    "labels.unlabel_case": lambda at, me: labels.unlabel_case(at.waiting, at.label, actor=me),
    "ladder.prepare_letter": lambda at, me: ladder.prepare_letter(at.notice, Rung.WARNING_1, actor=me),
    "ladder.release_letter": lambda at, me: ladder.release_letter(at.letter, actor=me),
    "ladder.drop_letter": lambda at, me: ladder.drop_letter(at.letter, actor=me),
    "ladder.record_service": lambda at, me: ladder.record_service(at.released, WHY, actor=me),
    "hearings.ask_holder": lambda at, me: hearings.ask_holder(at.waiting, actor=me),
    "hearings.retry_hearing": lambda at, me: hearings.retry_hearing(at.waiting, actor=me),
    "leases.take_lease": lambda at, me: leases.take_lease(at.waiting, actor=me),
    "leases.take_over_lease": lambda at, me: leases.take_over_lease(at.waiting, WHY, actor=me),
    "looks.tick": lambda at, me: looks.tick(at.hand_notice, Step.CLOSE, actor=me),
    "looks.record_look": lambda at, me: looks.record_look(at.notice_action, AccountState.CLOSED, WHY, actor=me),
    "answers.answer_notice": lambda at, me: answers.answer_notice(
        at.hand_notice, AnswerKind.REFUSED, WHY, actor=me),
    "consents.ask_consent": lambda at, me: consents.ask_consent(at.report, WHY, actor=me),
    "mailbox.open_report": lambda at, me: mailbox.open_report(at.report, actor=me),
    "mailbox.write_to_reporter": lambda at, me: mailbox.write_to_reporter(at.report, WHY, actor=me),
    "mailbox.mark_read": lambda at, me: mailbox.mark_read(at.waiting, 9, actor=me),
    "notices.notice_for": lambda at, me: notices.notice_for(at.notice_action, actor=me),
    "notices.record_handover": lambda at, me: notices.record_handover(at.notice, Handover(False), actor=me),
    "notices.open_notice": lambda at, me: notices.open_notice(at.hand_notice, actor=me),
    "notices.clarify_notice": lambda at, me: notices.clarify_notice(at.notice, WHY, actor=me),
    "notices.ask_again": lambda at, me: notices.ask_again(at.notice, WHY, actor=me),
    "notices.withdraw_notice": lambda at, me: notices.withdraw_notice(at.notice, WHY, actor=me),
    "objections.decide_objection": lambda at, me: objections.decide_objection(
        at.objection, accept=True, reasons=WHY, actor=me),
    "pictures.answer_youth_check": lambda at, me: pictures.answer_youth_check(
        at.waiting, 1, YouthAnswer.NO_SIGN, actor=me),
    "pictures.open_picture": lambda at, me: pictures.open_picture(
        at.waiting, at.pictures[0].evidence_id, actor=me),
    "pictures.open_request_letter": lambda at, me: pictures.open_request_letter(
        at.request_case, at.request_letter, actor=me),
    "presence.be_present": lambda at, me: presence.be_present(at.waiting, actor=me),
    "quality.leave": lambda at, me: quality.leave(at.task, actor=me),
    "quality.judge_again": lambda at, me: quality.judge_again(
        at.task, quality.Judgement(DecisionKind.DISMISS, WHY), actor=me),
    "quality.note_difference": lambda at, me: quality.note_difference(at.difference, WHY, actor=me),
    "quality.mark_golden": lambda at, me: quality.mark_golden(at.dismissed, DecisionKind.DISMISS, WHY, actor=me),
    "quality.withdraw_golden": lambda at, me: quality.withdraw_golden(at.golden, actor=me),
    "referrals.locked_referral": lambda at, me: referrals.locked_referral(at.referral, actor=me),
    "referrals.address_referral": lambda at, me: referrals.address_referral(at.referral, _REFERRAL, actor=me),
    "referrals.refer_at_once": lambda at, me: referrals.refer_at_once(at.skipped, _REFERRAL, actor=me),
    "referrals.review_referral": lambda at, me: referrals.review_referral(at.at_once, rightly=True, actor=me),
    "referral_replies.send_referral": lambda at, me: referral_replies.send_referral(at.referral, actor=me),
    "referral_replies.note_sent": lambda at, me: referral_replies.note_sent(at.referral, actor=me),
    "referral_replies.acknowledge_by_link": lambda at, me: referral_replies.acknowledge_by_link(
        at.at_once, referral_replies.Taken(WHY), actor=me),
    "referral_replies.record_acknowledgement": lambda at, me: referral_replies.record_acknowledgement(
        at.at_once, referral_replies.Taken(WHY), actor=me),
    "referral_replies.end_by_link": lambda at, me: referral_replies.end_by_link(
        at.at_once, ReferralOutcome.NOT_THEIRS, actor=me),
    "referral_replies.record_outcome": lambda at, me: referral_replies.record_outcome(
        at.at_once, ReferralOutcome.NOT_THEIRS, actor=me),
    "referral_replies.record_told_wrong": lambda at, me: referral_replies.record_told_wrong(at.at_once, actor=me),
    "resemblances.judge_resemblance": lambda at, me: resemblances.judge_resemblance(
        at.resemblance, same_holder=True, actor=me),
    "quotes.record_public_words": lambda at, me: quotes.record_public_words(at.waiting, WHY, WHY, actor=me),
    "routing.reroute_case": lambda at, me: routing.reroute_case(at.waiting, "general", WHY, actor=me),
    "triage.triage_case": lambda at, me: triage.triage_case(at.waiting, actor=me),
    "verification.record_verification": lambda at, me: verification.record_verification(
        at.notice_action, observed(AccountState.ACTIVE), actor=me),
}

_REASONS: dict[str, tuple[str, ...]] = {
    "Their own: a notice's operator, a report's sender, a letter's officer. What is whose the verb checks itself.": (
        "ladder.open_letter", "objections.object_to", "clarify.answer_clarification", "mailbox.write_back",
        "mailbox.add_evidence", "mailbox.withdraw_report", "consents.answer_consent",
        "consents.withdraw_consent", "orders.withdraw_order",
        "referral_replies.acknowledge_as_officer", "referral_replies.end_as_officer",
        "batches.start_batch", "batches.cancel_batch", "batch_refused.refused_with_cells"),
    "Gives up, or prolongs, what one holds: without the clearance the database lets nobody hold it.": (
        "leases.release_lease", "leases.prolong_lease", "assigning.unskip_case"),
    "People, organisations, platforms, keys, settings, models, lists: there is no case in them.": (
        "api_keys.issue_officer_key", "api_keys.revoke_officer_key", "flaggers.describe_flagger",
        "flaggers.suspend_flagger", "flaggers.end_flagger_suspension", "identify.name_subject", "learnt.approve_model",
        "learnt.reinstate_model", "learnt.reject_model", "learnt.retire_model", "officers.register_officer",
        "officers.invite_again", "officers.record_call_back", "officers.renew", "officers.suspend",
        "officers.lift_suspension", "officers.remove", "officers.appoint_keeper", "officers.end_keeper",
        "operators.describe_operator", "operators.end_commitment", "operators.dismiss_contact",
        "ledger_faults.acknowledge_fault", "people.end_role",
        "people.deactivate_person", "people.end_access", "people.change_password", "second_factor.demand_factor",
        "second_factor.demand_no_factor", "second_factor.forget_factors", "signatures.register_key_by_call_back",
        "signatures.revoke_signing_key", "team.set_skills", "team.give_clearance", "views.delete_view",
        "webhook_deliveries.endpoint_gone", "webhooks_out.disable_endpoint", "webhooks_out.test_endpoint",
        "webhooks_out.redeliver", "webhooks_out.end_webhooks"),
    "A shift's card: taking it up opens no case.": ("shifts.take_handover",),
    "An alarm must be acknowledged by whoever watches; it shows a number and no more.": ("decoys.acknowledge_alarm",),
    "What was held is in no case; a case of the same account is named only to whoever may see it.": (
        "quarantine.record_held_call", "quarantine.release", "quarantine.reject", "quarantine.preserve_only"),
    "Takes a right away, so that it must reach every case of theirs; it shows none.": (
        "withdrawal.withdraw_from_work",),
    "Called by the worker alone, on what the verb before it locked.": (
        "absent.record_sought", "authorisation.refuse_action",
        "batch_filing.finish_batch", "batch_look.end_look", "batch_look.fail_batch", "hashing.record_hash",
        "hearings.record_delivery", "hearings.record_no_delivery", "hashing.compare_with_list", "pictures.record_copy"),
}
NO_VERB_PROBE = {name: why for why, names in _REASONS.items() for name in names}
