"""Ledger entries as sentences: one per verb. A verb unknown to this version is shown by its name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from jaga.core.errors import N_
from jaga.core.terms.screening import CopyState, YouthAnswer
from jaga.ledger.verbs import VERBS
from jaga.policy import load_release
from jaga.records.access.cases.history import LedgerEntryView
from jaga.web.console.frame.words import basis_label, category_label, word

Payload = Mapping[str, object]


@dataclass(frozen=True)
class RenderedEntry:
    """An entry as people read it."""

    number: int
    at: datetime
    who: str
    sentence: str
    case_id: int | None
    linked: bool
    account: str


_PLAIN = {
    "ask_legal_hold": N_("A person asked for a legal hold: nothing of the case is deleted. A second one confirms it."),
    "confirm_legal_hold": N_("A second person confirmed the legal hold."),
    "refuse_legal_hold": N_("A person refused the legal hold, with a reason."),
    "end_legal_hold": N_("A person ended the legal hold before its day, with a reason."),
    "propose_watch": N_("A person proposed to watch public content. A second one starts it."),
    "start_watch": N_("A second person started the watch of public content."),
    "withdraw_watch": N_("A person withdrew the proposal of a watch, with a reason."),
    "lapse_watch": N_("Nobody started the proposed watch in time, so it lapsed."),
    "stop_watch": N_("A person stopped the watch, with a reason."),
    "end_watch": N_("The watch ended by itself: its last day is over."),
    "restart_watch_reading": N_("A person let the watch go on from the present. What came in between is not read."),
    "draw_people_sample": N_("The week's sample of watched texts was drawn, for people to judge."),
    "judge_sampled_text": N_("A person judged a text of the sample without knowing where it came from."),
    "suspend_rule": N_("A rule was wrong too often by what people judged, so that it makes no more cases or gave an"
                       " alarm."),
    "switch_rule_on": N_("A person switched the rule on again or answered its alarm, with a reason."),
    "capture_page": N_("A program captured a public page that was flagged, without pictures."),
    "request_media": N_("A person asked for a file that a flagged text names, with a reason, and saw no sign of a"
                        " minor."),
    "copy_media": N_("A program fetched the file that was asked for, or found that it cannot be had."),
    "take_push": N_("A platform sent a signed batch of public texts to a running watch."),
    "take_opt_out_back": N_("A person let watches read an account again, because its holder asked for it."),
    "ask_account_lookup": N_("A person asked to look up an account without a case. A second one permits it."),
    "permit_account_lookup": N_("A second person permitted the look-up of an account without a case."),
    "look_up_account": N_("An account without a case was looked up."),
    "postpone_retention": N_("A person postponed what is deleted of the case, with a reason and an end."),
    "doubt_clock": N_("The clock differs too much from when data was last deleted. Nothing is deleted until a "
                      "supervisor confirms it."),
    "confirm_clock": N_("A supervisor confirmed that the clock is right. Deletions go on."),
    "set_aside_entry": N_("An entry that does not fit itself was found, and set aside."),
    "note_unsigned_head": N_("The ledger and its newest checkpoint did not end at the same place."),
    "accept_row": N_("A row that was changed past Jaga was recorded as it is, after somebody had looked into it."),
    "acknowledge_ledger_fault": N_("Somebody looked into a fault of the ledger and said what came of it."),
    "backtest_rules": N_("An administrator tried a changed rule or phrase on past cases. No case was changed."),
    "count_shadow_rules": N_("An administrator counted what shadow rules would have found. No case was changed."),
    "seal_access_log": N_("The access log so far was sealed: its count and hash stand here."),
    "make_canary": N_("An administrator made a canary case: an invented case that nobody has a reason to open."),
    "acknowledge_alarm": N_("Somebody looked into an alarm about a canary case and said what came of it."),
    "set_aside": N_("A platform sent a value that cannot be used. It was set aside as it came."),
    "settle_set_aside": N_("A supervisor looked at what a platform had sent and could not be used. It was erased."),
    "read_anew": N_("A supervisor had a platform read anew, since the place up to which it was read was lost."),
    "begin_epoch": N_("The system was restored from a backup. What was recorded after it is lost; numbers go on "
                      "further up."),
    "begin_log": N_("The published log of the ledger begins here."),
    "acknowledge_held_letters": N_("A supervisor wants the letters sent although a row was changed past Jaga."),
    "send_held_letters": N_("The letters that had been held were sent."),
    "refuse_rows": N_("An export or a letter was refused: a row that it rests on was changed past Jaga."),
    "end_refusal": N_("A row that was refused earlier is again as the ledger recorded it."),
    "hold_figures": N_("The public figures wait: data was changed past Jaga."),
    "release_figures": N_("The public figures go on: nothing differs from the ledger any more."),
    "hold_letters": N_("Nobody was told of the decision: a row that it rests on was changed past Jaga."),
    "stamp_head": N_("An authority outside stamped the published log with the time."),
    "record_keys": N_("The fingerprints of the installation's keys were recorded."),
    "replace_key": N_("Whoever runs the installation replaced a key. What was kept under the old one is lost."),
    "accept_report": N_("A report was accepted and its receipt given. It waits for its case."),
    "begin_backlog": N_("A file of public content was begun."),
    "take_in_block": N_("Part of a file of public content was screened, and what was flagged was put into cases."),
    "finish_backlog": N_("A file of public content was read to its end."),
    "cast_vote": N_("A vote was cast and sealed."),
    "take_over_lease": N_("A supervisor took the case over from whoever held it."),
    "agree_to_preserve": N_("A second person agreed to keep what was preserved."),
    "preservation_lapsed": N_("Nobody agreed in time to keep what was preserved. It was erased."),
    "restrict_first": N_("The account was restricted before the closure that two people agreed on. Its holder can read "
                         "the letter until then."),
    "announce_closure": N_("The holder was told of the closure to come. The platform cannot restrict the "
                           "account before."),
    "draft_referral": N_("The case waits for somebody to choose to whom it is referred."),
    "address_referral": N_("A person chose to whom the case is referred. What they wrote is sealed."),
    "refer_at_once": N_("One person referred the case at once, in danger to life or of a child. A second reviews it."),
    "send_referral": N_("The referral was sent. Nobody has confirmed it yet."),
    "acknowledge_referral": N_("The receiver has confirmed the referral, or a person recorded that they have it."),
    "end_referral": N_("It was said what came of the referral."),
    "review_referral": N_("A second person reviewed what one person had referred at once."),
    "retract_referral": N_("A referral was taken back, since the review found it wrong."),
    "tell_referral_wrong": N_("The receiver of a referral was told that it was a mistake."),
    "shut_referral_link": N_("The link of a referral was shut after ten wrong codes."),
    "tell_passed_on": N_("Whoever reported was told whether the receiver has confirmed the referral."),
    "restrict_at_once": N_("A person restricted the account at once, while people judge. It ends by itself."),
    "agree_decision": N_("Two people agree on something that cannot be undone later. It waits for its moment."),
    "make_pending_decision": N_("The moment of the waiting decision came, and it was made."),
    "undo_decision": N_("A person took the waiting decision back. People judge anew."),
    "answer_youth_check": N_(
        "A person answered that a minor could be in a picture. For some seconds they can undo it."),
    "undo_youth_check": N_(
        "The person took the answer about minors in the pictures back. The question is asked again."),
    "withdraw_vote": N_("A sealed vote was withdrawn: it no longer counts, or was taken back. People judge again."),
    "acknowledge_case_alarm": N_("A supervisor looks after the case, since somebody who worked on it no longer may."),
    "end_role": N_("A role was taken from a person."),
    "halt_decision": N_("The waiting decision was stopped, since something has changed. People judge anew."),
    "propose_victim_first": N_("What came in speaks of a possible victim. People will confirm or lift it."),
    "confirm_victim_first": N_("Two people found that somebody here may be a victim."),
    "lift_victim_first": N_("Two people found that nobody here is a victim."),
    "ask_for_reasons": N_("Whoever has the code asked for the reasons."),
    "keep_reasons_off": N_("Whoever has the code wants the reasons from a person, not on the page."),
    "check_holder": N_("A person checked who asks for the reasons, and wrote down what is to be given."),
    "release_reasons": N_("A second person released what is to be given to the holder."),
    "refuse_reasons": N_("A second person refused to give the reasons to whoever asked."),
    "hand_over_reasons": N_("What was released for the holder was opened, once, to be handed over."),
    "find_on_list": N_("A picture was found on a list of known pictures that came later. A person judges."),
    "import_hash_list": N_("A list of hashes of known pictures was brought in."),
    "remove_hash_list": N_("A list of hashes of known pictures was taken out of use, and its hashes erased."),
    "open_picture": N_("A person opened a picture of the case."),
    "open_request_letter": N_("A person downloaded the letter of a request."),
    "route_case": N_("The rules put the case into another queue."),
    "reroute_case": N_("A person put the case into another queue."),
    "assign_case": N_("The case was assigned to a person."),
    "unassign_case": N_("The case is no longer assigned to anyone."),
    "snooze_case": N_("A person set the case aside till later."),
    "unsnooze_case": N_("The case is back in its queue."),
    "escalate_case": N_("A person asked the supervisors to take the case."),
    "hand_back_case": N_("A supervisor handed the case back to its queue."),
    "record_public_words": N_("Somebody recorded words of the account that everybody can read."),
    "add_note": N_("Somebody of the team wrote a note."),
    "give_skill": N_("A person's skill was recorded."),
    "take_skill": N_("A person's skill was struck out."),
    "give_clearance": N_("A person was cleared for cases that are closed to others."),
    "end_clearance": N_("A person's clearance was ended."),
    "make_handover": N_("A person left a card for the next shift."),
    "take_handover": N_("A person took over the handover card of the previous shift."),
    "find_ban_evasion_match": N_(
        "A machine found that the account resembles one that was decided against. A person judges."),
    "answer_training": N_("A person answered a training case."),
    "mark_bad_faith": N_("A person judged that a report was made in bad faith."),
    "record_blind_review": N_("A person judged the case again without knowing what was decided."),
    "note_changes": N_("The state or the account was recorded again after a change."),
    "note_difference": N_("A supervisor looked at a judgement that differs from the decision."),
    "mark_golden": N_("A supervisor wrote down the right answer of a decided case."),
    "withdraw_golden": N_("A supervisor took a golden case back."),
    "set_reports_aside": N_("A supervisor set the reports of one sender aside."),
    "undo_set_aside": N_("A supervisor gave the reports of one sender their place again."),
    "withdraw_bad_faith": N_("A supervisor took back the judgement that a report was made in bad faith."),
    "tell_settled": N_("Reporters of copies were told that people had dismissed the same words before."),
    "space_repeat": N_("The matter was dismissed before; what is new waits for its day in the queue."),
    "start_undo_window": N_("The decision waits on: somebody spoke whom no voter has heard. A supervisor reads it."),
    "resume_decision": N_("A supervisor without a vote read what was said, and let the decision go on."),
    "decide_ban_evasion_match": N_("A person said whether the two accounts have the same holder."),
    "withdraw_ban_evasion_match": N_(
        "A possible ban evasion was withdrawn: the decision that it rested on was overturned."),
    "delete_indicators": N_("What could tie the account to others was deleted."),
    "hand_over_statement": N_("A supervisor opened the statement of reasons to send it to the holder."),
    "resolve_handle": N_("The platform was asked whose the reported name is. The stable id is on the case."),
    "ask_consent": N_("A reporter was asked whether a sentence of theirs may be quoted."),
    "answer_consent": N_("A reporter said whether a sentence of theirs may be quoted."),
    "withdraw_consent": N_("A reporter took a consent to a quotation back."),
    "use_consent": N_("A sentence was quoted with its reporter's consent."),
    "seek_account": N_("The platform was asked whether it knows the account of an urgent case."),
    "nobody_has_name": N_("The platform was asked whose the name is: nobody has it."),
    "name_subject": N_("An account that was known by its name alone got its stable id."),
    "name_case": N_("The case is about an account that was known before; it goes by its stable id now."),
    "name_link": N_("An added account that was known by its name alone got its stable id."),
    "move_reports": N_("Reports went to another case: they are about the account there."),
    "take_reports": N_("Reports came from another case: they are about this account."),
    "add_phrase": N_("A supervisor added a phrase to those of the team."),
    "remove_phrase": N_("A supervisor removed a phrase from those of the team."),
    "label_case": N_("A label was put on the case."),
    "unlabel_case": N_("A label was taken off the case."),
    "bootstrap_release": N_("The first start put the policy release of its folder into force."),
    "propose_release": N_("A policy release was proposed. Nothing uses it yet."),
    "adopt_release": N_("A second person confirmed the proposed policy release. It is in force."),
    "refuse_release": N_("A person refused the proposed policy release."),
    "release_lapsed": N_("Nobody confirmed the proposed policy release in time."),
    "go_back_to_release": N_("A supervisor went back to a policy release that was in force before. Another one "
                             "confirms it."),
    "replace_unreadable_release": N_("The policy release in force could not be loaded, and one person put another into "
                                     "force on the server. Another one confirms it."),
    "confirm_going_back": N_("A second person confirmed the policy release that one person had put into force."),
    "propose_model": N_("A model was trained on decisions and proposed. It is not in use yet."),
    "approve_model": N_("A person put a trained model into use."),
    "reject_model": N_("A person refused a trained model."),
    "retire_model": N_("A person took a trained model out of use."),
    "replace_model": N_("A trained model was replaced by a newer one."),
    "reinstate_model": N_("A person put an earlier trained model back into use."),
    "link_account": N_("Another account of the same holder was added to the case."),
    "unlink_account": N_("An added account was taken out of the case."),
    "ask_reporter": N_("Whoever reported was asked something."),
    "ask_policy_question": N_("Somebody asked a policy officer about the rule."),
    "answer_policy_question": N_("A policy officer answered the question about the rule."),
    "answer_question": N_("Whoever reported answered."),
    "add_evidence": N_("Whoever reported added something to the report."),
    "withdraw_report": N_("A report was withdrawn by whoever sent it. It no longer counts as a source."),
    "read_messages": N_("A person read what reporters wrote."),
    "make_notice": N_("A notice to the operator was made."),
    "send_notice": N_("The notice was handed over to the operator."),
    "receive_notice": N_("The operator has received the notice; its clock runs."),
    "answer_notice": N_("The operator answered the notice."),
    "receive_hook": N_("A signed message of the platform was taken."),
    "clarify_notice": N_("A question of the operator was answered."),
    "ask_again": N_("A supervisor asked the operator again."),
    "withdraw_notice": N_("A notice to the operator was withdrawn."),
    "object_to_notice": N_("The operator objected to a notice."),
    "decide_objection": N_("The operator's objection was decided."),
    "ask_for_data": N_("The operator was asked for data."),
    "prepare_letter": N_("A letter to the operator was prepared; nobody has got it."),
    "release_letter": N_("A person released a letter to the operator."),
    "drop_letter": N_("A prepared letter was dropped."),
    "open_letter": N_("The operator has opened a letter."),
    "record_service": N_("A letter was served by other means; the proof is recorded."),
    "record_manual_check": N_("A person looked at the account."),
    "finish_case": N_("Every promised step is done; the case is finished."),
    "refuse_action": N_("An action was not carried out, since no decision of people permits it."),
    "retry_stuck": N_("A stuck action is tried again."),
    "end_stuck": N_("A stuck action was ended without its effect."),
    "tell_ended": N_("Everybody who reported was told that it could not be carried out."),
    "file_appeal": N_("The account holder appealed."),
    "write_again": N_("The account holder wrote once more."),
    "ask_about_appeal": N_("A person asked the account holder a question."),
    "open_statement": N_("Somebody opened the page of the holder's code for the first time."),
    "overturn_decision": N_("The decision was overturned; the account is to be restored."),
    "ask_holder": N_("The holder is asked before anything is done."),
    "deliver_hearing": N_("The letter to the holder was delivered; the days to answer have begun."),
    "hearing_not_delivered": N_("The letter to the holder could not be delivered; the days have not begun."),
    "retry_hearing": N_("The letter to the holder is tried again."),
    "answer_hearing": N_("The account holder answered."),
    "take_access": N_("The account holder took the new password."),
    "account_reopened": N_("A later check found the account open again; the case was reopened."),
    "give_strike": N_("A strike was counted against the account. It expires automatically."),
    "withdraw_strike": N_("The strike was taken back: the decision that it rested on was overturned."),
    "submit_batch": N_("A file with many reports was sent; nothing of it was filed."),
    "validate_batch": N_("An uploaded file was checked row by row."),
    "start_batch": N_("A person started the filing of a sent file."),
    "cancel_batch": N_("A person stopped the filing of a sent file."),
    "finish_batch": N_("Every good row of a sent file is a report now."),
    "fail_batch": N_("A sent file cannot be worked on; the reason is on its page."),
    "begin_export": N_("An export for the police was begun."),
    "claim_installation": N_("The installation was set up."),
    "fill_practice": N_("Cases were invented in this practice installation."),
    "create_organisation": N_("An organisation was entered."),
    "create_person": N_("A person was entered."),
    "deactivate_person": N_("A person can no longer sign in."),
    "change_password": N_("A person got a new password."),
    "issue_officer_key": N_("A key was issued to an officer."),
    "revoke_officer_key": N_("An officer's key was taken back."),
    "register_webhook": N_("Somebody registered an address to which news about their own reports is sent."),
    "disable_webhook": N_("A program's address for news was put out of use."),
    "redeliver_webhook": N_("News that had not reached a program is sent again."),
    "register_officer": N_("An officer was entered in the roster."),
    "invite_officer": N_("Somebody was invited to the roster by a one-time link."),
    "invite_officer_again": N_("A new one-time link was made; the old one ended."),
    "accept_invitation": N_("An invitation was accepted: password and second factor are set."),
    "record_call_back": N_("One of us telephoned an officer's agency."),
    "renew_officer": N_("An officer's registration was renewed."),
    "suspend_officer": N_("An officer was suspended."),
    "lift_officers_suspension": N_("An officer's suspension was ended."),
    "remove_officer": N_("An officer was removed from the roster."),
    "appoint_keeper": N_("An officer became keeper of the own roster."),
    "end_keeper": N_("An officer is no longer keeper of the roster."),
    "add_second_factor": N_("A person set up a second factor."),
    "remove_second_factor": N_("A person removed a second factor."),
    "make_recovery_codes": N_("A person made a new list of codes on paper."),
    "use_recovery_code": N_("A person used a code of the list on paper."),
    "demand_second_factor": N_("A person must have a second factor again."),
    "end_own_sessions": N_("A person ended their other sessions."),
    "demand_no_second_factor": N_("A person was exempted from the second factor."),
    "forget_second_factors": N_("A person's second factors were deleted, so that they set up new ones."),
    "describe_flagger": N_("A trusted flagger was described."),
    "suspend_flagger": N_("A trusted flagger was suspended: its reports count as ordinary ones."),
    "end_flagger_suspension": N_("A trusted flagger's suspension was ended."),
    "file_order": N_("An authority's letter was filed with its accounts."),
    "withdraw_order": N_("An authority took its letter back."),
    "correct_locator": N_("The officer corrected where the content is."),
    "hold_request": N_("A request that does not prove its sender was held. Nothing follows from it."),
    "call_back_held": N_("A supervisor telephoned the authority about a held request."),
    "release_held": N_("A held request was released after a call-back."),
    "reject_held": N_("A held request was rejected."),
    "preserve_only": N_("An unverified emergency: a case was opened in which nothing but preserving can be decided."),
    "register_signing_key": N_("An officer's key for signing was registered."),
    "revoke_signing_key": N_("An officer's key for signing was taken back."),
    "ask_for_own_data": N_("Somebody asked about their own data. The clock runs."),
    "take_person_request": N_("A person took on a request about somebody's own data."),
    "check_person": N_("A person checked who asks about their own data."),
    "draft_person_answer": N_("An answer about somebody's own data was written. It waits for a second person."),
    "return_person_answer": N_("A second person sent an answer about somebody's own data back."),
    "release_person_answer": N_("A second person released the answer to a request about somebody's own data."),
    "hand_over_person_answer": N_("The answer to a request about somebody's own data was opened, to be handed over."),
    "clear_erased": N_("What stood in the open beside erased words was deleted with them."),
    "forget_person_requests": N_("What people wrote in requests about their own data was deleted: its time was over."),
    "declare_breach": N_("A person declared a breach of personal data. The clock runs from its discovery."),
    "add_breach_scope": N_("A person added something that a breach concerns."),
    "list_breach_concerned": N_("A supervisor opened the list of those concerned by a breach."),
    "record_breach_notice": N_("A person recorded whether a group concerned by a breach was told."),
    "close_breach": N_("A person closed a breach, with what was learnt."),
    "register_platform": N_("A chat platform was entered."),
    "describe_operator": N_("An operator was described in the register."),
    "record_pledge": N_("An operator's pledge was recorded."),
    "end_pledge": N_("An operator's pledge got its last day."),
    "appoint_contact": N_("A contact person of an operator was appointed."),
    "dismiss_contact": N_("A contact person of an operator was dismissed."),
}


def _filed(payload: Payload) -> str:
    return gettext("A report came in: %(form)s, channel %(channel)s, category %(category)s.") % {
        "form": word(payload.get("form"), "form"), "channel": word(payload.get("channel"), "channel"),
        "category": _category(payload),
    }


def _requested(payload: Payload) -> str:
    return gettext("An authority asked: %(form)s, category %(category)s, legal basis %(basis)s.") % {
        "form": word(payload.get("form"), "form"), "category": _category(payload), "basis": _basis(payload),
    }


def _triaged(payload: Payload) -> str:
    count = _number(payload, "signals")
    sentence = ngettext("The texts were screened: %(count)s new signal.",
                        "The texts were screened: %(count)s new signals.",
                        count) % {"count": count}
    return " ".join([sentence, gettext("Victim first.")]) if payload.get("victim_first") else sentence


def _decided(payload: Payload) -> str:
    params = {"decision": word(payload.get("kind"), "decision"), "basis": _basis(payload)}
    if payload.get("adjudicated"):
        return gettext("A supervisor settled it: %(decision)s. Legal basis: %(basis)s.") % params
    if payload.get("two_people"):
        return gettext("Two people decided alike: %(decision)s. Legal basis: %(basis)s.") % params
    return gettext("One person decided: %(decision)s. Legal basis: %(basis)s.") % params


def _attempted(payload: Payload) -> str:
    return gettext("Attempt %(attempt)s begins: %(action)s.") % {
        "attempt": payload.get("attempt"), "action": word(payload.get("kind"), "action")}


def _stepped(payload: Payload) -> str:
    return gettext("Step “%(step)s”: %(outcome)s.") % {
        "step": word(payload.get("step"), "step"), "outcome": word(payload.get("outcome"), "outcome")}


def _preserved(payload: Payload) -> str:
    hashes = payload.get("sha256")
    count = len(hashes) if isinstance(hashes, list) else 0
    return ngettext("%(count)s original was sealed.", "%(count)s originals were sealed.", count) % {"count": count}


def _verified(payload: Payload) -> str:
    return gettext("Independent check: the account is %(observed)s; %(result)s.") % {
        "observed": word(payload.get("observed"), "observed"), "result": word(payload.get("result"), "result")}


def _failed(payload: Payload) -> str:
    return gettext("Attempt %(attempt)s did not succeed (%(why)s); it is tried again.") % {
        "attempt": payload.get("attempt"), "why": word(payload.get("why"), "outcome")}


def _stuck(payload: Payload) -> str:
    return gettext("The action is stuck (%(why)s); a person must check it.") % {
        "why": word(payload.get("why"), "outcome")}


def _reporters_informed(payload: Payload) -> str:
    count = _number(payload, "reports")
    return ngettext("%(count)s reporter was told the outcome.", "%(count)s reporters were told the outcome.",
                    count) % {"count": count}


def _restoration_informed(payload: Payload) -> str:
    count = _number(payload, "reports")
    return ngettext("%(count)s reporter was told of the restoration.",
                    "%(count)s reporters were told of the restoration.", count) % {"count": count}


def _appealed(payload: Payload) -> str:
    return gettext("The appeal was decided: %(result)s.") % {"result": word(payload.get("result"), "appeal")}


def _answered_again(payload: Payload) -> str:
    return gettext("The holder's second message was answered: %(result)s.") % {
        "result": word(payload.get("result"), "appeal")}


def _rest(payload: Payload) -> str:
    if payload.get("rests"):
        return gettext("A supervisor decided that the measure rests until the appeal is answered.")
    return gettext("A supervisor decided that the measure stays in force until the appeal is answered.")


def _rest_ended(payload: Payload) -> str:
    if payload.get("continues"):
        return gettext("The appeal was answered; the measure goes on after its rest.")
    return gettext("The appeal was answered; the measure does not go on after its rest.")


def _upheld(payload: Payload) -> str:
    if payload.get("delivered"):
        return gettext("The holder was told on the platform that the decision stands.")
    return gettext("The holder could not be told on the platform that the decision stands; the code's page says it.")


def _over(payload: Payload) -> str:
    if payload.get("carried_out"):
        return gettext("The restriction's time is over; it is lifted, as was decided.")
    return gettext("The restriction's time was over before it was carried out; nothing is done any more.")


def _undone(payload: Payload) -> str:
    recalled = payload.get("recalled")
    count = len(recalled) if isinstance(recalled, list) else 0
    if not count:
        return gettext("What followed from the overturned decision was undone; no export had been made.")
    return ngettext("What followed from the overturned decision was undone; %(count)s export was recalled.",
                    "What followed from the overturned decision was undone; %(count)s exports were recalled.",
                    count) % {"count": count}


def _put_in(payload: Payload) -> str:
    reports = payload.get("reports")
    count = len(reports) if isinstance(reports, list) else 0
    return ngettext("%(count)s accepted report was put into this case.",
                    "%(count)s accepted reports were put into this case.", count) % {"count": count}


def _deleted(payload: Payload) -> str:
    count = _number(payload, "cases")
    return ngettext("Data of %(count)s case was deleted: its period was over (rule %(rule)s).",
                    "Data of %(count)s cases was deleted: its period was over (rule %(rule)s).", count) % {
        "count": count, "rule": payload.get("rule", "")}


def _access_log_deleted(payload: Payload) -> str:
    count = _number(payload, "entries")
    return ngettext("%(count)s entry of the access log was deleted: its period was over. Its seal stays.",
                    "%(count)s entries of the access log were deleted: their period was over. Their seal stays.",
                    count) % {"count": count}


def _exported(payload: Payload) -> str:
    count = _number(payload, "withheld")
    return ngettext("An export for the police was sealed; %(count)s original was withheld.",
                    "An export for the police was sealed; %(count)s originals were withheld.", count) % {"count": count}


def _looked_at_identity(payload: Payload) -> str:
    return gettext("A supervisor looked at who reported. Reason: %(why)s.") % {
        "why": word(payload.get("why"), "identity_reason")}


def _erased(payload: Payload) -> str:
    return gettext("The texts of %(cases)s cases and %(reports)s reports were erased. Rule: %(rule)s.") % {
        "cases": payload.get("cases"), "reports": payload.get("reports"), "rule": payload.get("rule")}


def _searched_person(payload: Payload) -> str:
    return gettext("All data was searched for a person (search %(search)s): %(found)s places.") % {
        "search": payload.get("search"), "found": payload.get("found")}


def _asked_person_search(payload: Payload) -> str:
    return gettext("A person asked for a search of all data (search %(search)s).") % {"search": payload.get("search")}


def _permitted_person_search(payload: Payload) -> str:
    return gettext("Another person permitted the search of all data (search %(search)s).") % {
        "search": payload.get("search")}


def _erased_again(payload: Payload) -> str:
    return gettext("Earlier erasures were applied again after a restore: %(destroyed)s in the key store, %(recorded)s "
                   "in the database.") % {"destroyed": payload.get("destroyed"), "recorded": payload.get("recorded")}


def _checked_youth(payload: Payload) -> str:
    if payload.get("answer") == YouthAnswer.MAY_BE_MINOR:
        return gettext("A person answered that a minor could be in a picture. The pictures stay closed to everyone.")
    return gettext("A person answered that nothing suggests a minor in the pictures. They may be opened.")


def _drew(payload: Payload) -> str:
    if payload.get("state") == CopyState.NOT_DRAWN:
        return gettext("A picture could not be drawn. Its original stays sealed.")
    return gettext("A small copy of a picture was drawn, without its metadata.")


def _hashed(payload: Payload) -> str:
    if payload.get("problem"):
        return gettext("A picture could not be hashed: %(why)s. Its original stays sealed.") % {
            "why": word(payload.get("problem"), "picture_problem")}
    lists = payload.get("lists")
    if isinstance(lists, list) and lists:
        return gettext("A picture was hashed, and found on a list of known pictures. A person judges.")
    if _number(payload, "same"):  # Not how many: some may be of cases the reader may not see.
        return gettext("A picture was hashed. It is the same as pictures of other cases.")
    return gettext("A picture was hashed. It is the same as none that is known.")


_FILLED: dict[str, Callable[[Payload], str]] = {
    "search_person": _searched_person, "ask_person_search": _asked_person_search,
    "permit_person_search": _permitted_person_search, "erase": _erased, "apply_erasures_again": _erased_again,
    "open_identity": _looked_at_identity, "check_youth": _checked_youth, "draw_picture": _drew,
    "hash_picture": _hashed,
    "file_reports": _put_in,
    "file_report": _filed, "file_request": _requested, "triage_case": _triaged, "decide_case": _decided,
    "start_attempt": _attempted, "record_step": _stepped, "preserve_evidence": _preserved, "verify_action": _verified,
    "attempt_failed": _failed, "mark_stuck": _stuck, "tell_reporters": _reporters_informed,
    "tell_restored": _restoration_informed, "decide_appeal": _appealed, "answer_again": _answered_again,
    "decide_rest": _rest, "end_rest": _rest_ended, "tell_upheld": _upheld, "make_export": _exported,
    "delete_expired": _deleted, "forget_access_log": _access_log_deleted,
    "restriction_over": _over, "undo_what_followed": _undone,
}


def rendered(entries: Iterable[LedgerEntryView]) -> tuple[RenderedEntry, ...]:
    """The entries in the reader's language."""
    return tuple(RenderedEntry(entry.number, entry.at, word(entry.actor, "actor"), sentence(entry), entry.case_id,
                               entry.seq is not None, entry.account) for entry in entries)


def sentence(entry: LedgerEntryView) -> str:
    """What happened, in one sentence."""
    if entry.verb in _FILLED:
        return _FILLED[entry.verb](entry.payload)
    return gettext(_PLAIN[entry.verb]) if entry.verb in _PLAIN else entry.verb


def verbs_that_say(words: str) -> frozenset[str]:
    """The verbs whose name or sentence, in the reader's language, contains these words."""
    wanted = words.casefold()
    return frozenset(verb for verb in VERBS if wanted in verb or wanted in _template(verb).casefold())


def _template(verb: str) -> str:
    """The sentence of a verb without its details."""
    return _FILLED[verb]({}) if verb in _FILLED else gettext(_PLAIN.get(verb, ""))


def _number(payload: Payload, name: str) -> int:
    value = payload.get(name)
    return value if isinstance(value, int) else 0


def _category(payload: Payload) -> str:
    return category_label(str(payload.get("category", "")), load_release())


def _basis(payload: Payload) -> str:
    return basis_label(str(payload.get("legal_basis", "")), load_release()) or "–"
