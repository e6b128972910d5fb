"""The ledger in words: one sentence for each verb. A verb that this version does not know stands by its own name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext, ngettext

from jaga.core.errors import N_
from jaga.policy import load_release
from jaga.records.access.console_ledger import SeenEntry
from jaga.web.console.words import basis_label, category_label, word

Payload = Mapping[str, object]


@dataclass(frozen=True)
class Told:
    """An entry as people read it."""

    number: int
    at: datetime
    who: str
    sentence: str
    case_id: int | None
    linked: bool
    account: str


_PLAIN = {
    "cast_vote": N_("A vote was cast and sealed."),
    "find_resemblance": N_("A machine found that the account resembles one that was decided against. A person judges."),
    "judge_resemblance": N_("A person said whether the two accounts have the same holder."),
    "withdraw_resemblance": N_("A resemblance was withdrawn: the decision that it rested on was overturned."),
    "forget_traces": N_("What could tie the account to others was deleted."),
    "hand_over_statement": N_("A supervisor opened the statement of reasons to send it to the holder."),
    "look_up_name": N_("The platform was asked whose the reported name is. The stable id is on the case."),
    "nobody_has_name": N_("The platform was asked whose the name is: nobody has it."),
    "name_subject": N_("An account that was known by its name alone got its stable id."),
    "name_case": N_("The case is about an account that was known before; it goes by its stable id now."),
    "name_link": N_("An added account that was known by its name alone got its stable id."),
    "move_reports": N_("Reports went to another case: they are about the account there."),
    "take_reports": N_("Reports came from another case: they are about this account."),
    "link_account": N_("Another account of the same holder was added to the case."),
    "unlink_account": N_("An added account was taken out of the case."),
    "make_notice": N_("A notice to the operator was made."),
    "send_notice": N_("The notice was handed over to the operator."),
    "receive_notice": N_("The operator has received the notice; its clock runs."),
    "answer_notice": N_("The operator answered the notice."),
    "take_hook": N_("A signed message of the platform was taken."),
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
    "look_at_account": N_("A person looked at the account."),
    "finish_case": N_("Every promised step is done; the case is finished."),
    "retry_stuck": N_("A stuck action is tried again."),
    "end_stuck": N_("A stuck action was ended without its effect."),
    "tell_ended": N_("Everybody who reported was told that it could not be carried out."),
    "file_appeal": N_("The account holder appealed."),
    "overturn_decision": N_("The decision was overturned; the account is to be restored."),
    "take_access": N_("The account holder took the new password."),
    "account_reopened": N_("A later look found the account open again; the matter is a case once more."),
    "give_strike": N_("A strike was counted against the account. It expires by itself."),
    "withdraw_strike": N_("The strike was taken back: the decision that it rested on was overturned."),
    "begin_export": N_("An export for the police was begun."),
    "claim_installation": N_("The installation was set up."),
    "create_organisation": N_("An organisation was entered."),
    "create_person": N_("A person was entered."),
    "deactivate_person": N_("A person can no longer sign in."),
    "change_password": N_("A person got a new password."),
    "issue_officer_key": N_("A key was issued to an officer."),
    "revoke_officer_key": N_("An officer's key was taken back."),
    "register_platform": N_("A chat platform was entered."),
    "describe_operator": N_("An operator was described in the register."),
    "record_commitment": N_("An operator's promise was recorded."),
    "end_commitment": N_("An operator's promise got its last day."),
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
    said = ngettext("The texts were screened: %(count)s new signal.", "The texts were screened: %(count)s new signals.",
                    count) % {"count": count}
    return " ".join([said, gettext("Victim first.")]) if payload.get("victim_first") else said


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
    return gettext("An independent look: the account is %(observed)s; %(result)s.") % {
        "observed": word(payload.get("observed"), "observed"), "result": word(payload.get("result"), "result")}


def _failed(payload: Payload) -> str:
    return gettext("Attempt %(attempt)s did not succeed (%(why)s); it is tried again.") % {
        "attempt": payload.get("attempt"), "why": word(payload.get("why"), "outcome")}


def _stuck(payload: Payload) -> str:
    return gettext("The action is stuck (%(why)s); a person must look.") % {"why": word(payload.get("why"), "outcome")}


def _told_reporters(payload: Payload) -> str:
    count = _number(payload, "reports")
    return ngettext("%(count)s reporter was told the outcome.", "%(count)s reporters were told the outcome.",
                    count) % {"count": count}


def _told_restored(payload: Payload) -> str:
    count = _number(payload, "reports")
    return ngettext("%(count)s reporter was told of the restoration.",
                    "%(count)s reporters were told of the restoration.", count) % {"count": count}


def _appealed(payload: Payload) -> str:
    return gettext("The appeal was decided: %(result)s.") % {"result": word(payload.get("result"), "appeal")}


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


def _exported(payload: Payload) -> str:
    count = _number(payload, "withheld")
    return ngettext("An export for the police was sealed; %(count)s original was withheld.",
                    "An export for the police was sealed; %(count)s originals were withheld.", count) % {"count": count}


_FILLED: dict[str, Callable[[Payload], str]] = {
    "file_report": _filed, "file_request": _requested, "triage_case": _triaged, "decide_case": _decided,
    "start_attempt": _attempted, "record_step": _stepped, "preserve_evidence": _preserved, "verify_action": _verified,
    "attempt_failed": _failed, "mark_stuck": _stuck, "tell_reporters": _told_reporters,
    "tell_restored": _told_restored, "decide_appeal": _appealed, "make_export": _exported,
    "restriction_over": _over, "undo_what_followed": _undone,
}


def told(entries: Iterable[SeenEntry]) -> tuple[Told, ...]:
    """The entries as people read them, in the reader's language."""
    return tuple(Told(entry.number, entry.at, word(entry.actor, "actor"), sentence(entry), entry.case_id,
                      entry.seq is not None, entry.account) for entry in entries)


def sentence(entry: SeenEntry) -> str:
    """What happened, in one sentence."""
    if entry.verb in _FILLED:
        return _FILLED[entry.verb](entry.payload)
    return gettext(_PLAIN[entry.verb]) if entry.verb in _PLAIN else entry.verb


def _number(payload: Payload, name: str) -> int:
    value = payload.get(name)
    return value if isinstance(value, int) else 0


def _category(payload: Payload) -> str:
    return category_label(str(payload.get("category", "")), load_release())


def _basis(payload: Payload) -> str:
    return basis_label(str(payload.get("legal_basis", "")), load_release()) or "–"
