"""The ledger for auditors, and the history of one case. Read only.

Ledger entries as sentences: one per verb. A verb unknown to this version is shown by its name.

Sentences without values are in `fixed_sentences`.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_safe

from jaga.cases.reads.gate import access_case_history
from jaga.cases.reads.history import (
    LOOKED_THROUGH,
    LedgerEntryView,
    LedgerFilter,
    LedgerStatus,
    history_of,
    list_entries,
    people_called,
    see_ledger_status,
)
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.reports import CopyState, YouthAnswer
from jaga.ledger.verbs import VERBS
from jaga.policy.local_time import end_of_day_of_local_time, start_of_day
from jaga.policy.release import load_release
from jaga.proofs.console.fixed_sentences import FIXED
from jaga.proofs.reads import see_published_ledger
from jaga.web.frame.forms import calendar_day, whole_number
from jaga.web.frame.notice_words import read_reference
from jaga.web.frame.pages import page, signed_in
from jaga.web.frame.words import basis_label, category_label, word

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


def _filed(payload: Payload) -> str:
    return gettext("A report came in: %(form)s, channel %(channel)s, category %(category)s.") % {
        "form": word(payload.get("form"), "form"),
        "channel": word(payload.get("channel"), "channel"),
        "category": _category(payload),
    }


def _requested(payload: Payload) -> str:
    return gettext("An authority asked: %(form)s, category %(category)s, legal basis %(basis)s.") % {
        "form": word(payload.get("form"), "form"),
        "category": _category(payload),
        "basis": _basis(payload),
    }


def _triaged(payload: Payload) -> str:
    count = _number(payload, "signals")
    sentence = ngettext(
        "The texts were screened: %(count)s new signal.", "The texts were screened: %(count)s new signals.", count
    ) % {"count": count}
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
        "attempt": payload.get("attempt"),
        "action": word(payload.get("kind"), "action"),
    }


def _stepped(payload: Payload) -> str:
    return gettext("Step “%(step)s”: %(outcome)s.") % {
        "step": word(payload.get("step"), "step"),
        "outcome": word(payload.get("outcome"), "outcome"),
    }


def _preserved(payload: Payload) -> str:
    hashes = payload.get("sha256")
    count = len(hashes) if isinstance(hashes, list) else 0
    return ngettext("%(count)s original was sealed.", "%(count)s originals were sealed.", count) % {"count": count}


def _verified(payload: Payload) -> str:
    return gettext("Independent check: the account is %(observed)s; %(result)s.") % {
        "observed": word(payload.get("observed"), "observed"),
        "result": word(payload.get("result"), "result"),
    }


def _failed(payload: Payload) -> str:
    return gettext("Attempt %(attempt)s did not succeed (%(why)s); it is tried again.") % {
        "attempt": payload.get("attempt"),
        "why": word(payload.get("why"), "outcome"),
    }


def _stuck(payload: Payload) -> str:
    return gettext("The action is stuck (%(why)s); a person must check it.") % {
        "why": word(payload.get("why"), "outcome")
    }


def _reporters_informed(payload: Payload) -> str:
    count = _number(payload, "reports")
    return ngettext("%(count)s reporter was told the outcome.", "%(count)s reporters were told the outcome.", count) % {
        "count": count
    }


def _restoration_informed(payload: Payload) -> str:
    count = _number(payload, "reports")
    return ngettext(
        "%(count)s reporter was told of the restoration.", "%(count)s reporters were told of the restoration.", count
    ) % {"count": count}


def _appealed(payload: Payload) -> str:
    return gettext("The appeal was decided: %(result)s.") % {"result": word(payload.get("result"), "appeal")}


def _answered_again(payload: Payload) -> str:
    return gettext("The holder's second message was answered: %(result)s.") % {
        "result": word(payload.get("result"), "appeal")
    }


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
    return ngettext(
        "What followed from the overturned decision was undone; %(count)s export was recalled.",
        "What followed from the overturned decision was undone; %(count)s exports were recalled.",
        count,
    ) % {"count": count}


def _put_in(payload: Payload) -> str:
    reports = payload.get("reports")
    count = len(reports) if isinstance(reports, list) else 0
    return ngettext(
        "%(count)s accepted report was put into this case.",
        "%(count)s accepted reports were put into this case.",
        count,
    ) % {"count": count}


def _deleted(payload: Payload) -> str:
    count = _number(payload, "cases")
    return ngettext(
        "Data of %(count)s case was deleted: its period was over (rule %(rule)s).",
        "Data of %(count)s cases was deleted: its period was over (rule %(rule)s).",
        count,
    ) % {"count": count, "rule": payload.get("rule", "")}


def _access_log_deleted(payload: Payload) -> str:
    count = _number(payload, "entries")
    return ngettext(
        "%(count)s entry of the access log was deleted: its period was over. Its seal stays.",
        "%(count)s entries of the access log were deleted: their period was over. Their seal stays.",
        count,
    ) % {"count": count}


def _exported(payload: Payload) -> str:
    count = _number(payload, "withheld")
    return ngettext(
        "An export for the police was sealed; %(count)s original was withheld.",
        "An export for the police was sealed; %(count)s originals were withheld.",
        count,
    ) % {"count": count}


def _looked_at_identity(payload: Payload) -> str:
    return gettext("A supervisor looked at who reported. Reason: %(why)s.") % {
        "why": word(payload.get("why"), "identity_reason")
    }


def _erased(payload: Payload) -> str:
    return gettext("The texts of %(cases)s cases and %(reports)s reports were erased. Rule: %(rule)s.") % {
        "cases": payload.get("cases"),
        "reports": payload.get("reports"),
        "rule": payload.get("rule"),
    }


def _searched_person(payload: Payload) -> str:
    return gettext("All data was searched for a person (search %(search)s): %(found)s places.") % {
        "search": payload.get("search"),
        "found": payload.get("found"),
    }


def _asked_person_search(payload: Payload) -> str:
    return gettext("A person asked for a search of all data (search %(search)s).") % {"search": payload.get("search")}


def _permitted_person_search(payload: Payload) -> str:
    return gettext("Another person permitted the search of all data (search %(search)s).") % {
        "search": payload.get("search")
    }


def _erased_again(payload: Payload) -> str:
    return gettext(
        "Earlier erasures were applied again after a restore: %(destroyed)s in the key store, %(recorded)s "
        "in the database."
    ) % {"destroyed": payload.get("destroyed"), "recorded": payload.get("recorded")}


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
            "why": word(payload.get("problem"), "picture_problem")
        }
    lists = payload.get("lists")
    if isinstance(lists, list) and lists:
        return gettext("A picture was hashed, and found on a list of known pictures. A person judges.")
    if _number(payload, "same"):  # Not how many: some may be of cases the reader may not see.
        return gettext("A picture was hashed. It is the same as pictures of other cases.")
    return gettext("A picture was hashed. It is the same as none that is known.")


_FILLED: dict[str, Callable[[Payload], str]] = {
    "search_person": _searched_person,
    "ask_person_search": _asked_person_search,
    "permit_person_search": _permitted_person_search,
    "erase": _erased,
    "apply_erasures_again": _erased_again,
    "open_identity": _looked_at_identity,
    "check_youth": _checked_youth,
    "draw_picture": _drew,
    "hash_picture": _hashed,
    "file_reports": _put_in,
    "file_report": _filed,
    "file_request": _requested,
    "triage_case": _triaged,
    "decide_case": _decided,
    "start_attempt": _attempted,
    "record_step": _stepped,
    "preserve_evidence": _preserved,
    "verify_action": _verified,
    "attempt_failed": _failed,
    "mark_stuck": _stuck,
    "tell_reporters": _reporters_informed,
    "tell_restored": _restoration_informed,
    "decide_appeal": _appealed,
    "answer_again": _answered_again,
    "decide_rest": _rest,
    "end_rest": _rest_ended,
    "tell_upheld": _upheld,
    "make_export": _exported,
    "delete_expired": _deleted,
    "forget_access_log": _access_log_deleted,
    "restriction_over": _over,
    "undo_what_followed": _undone,
}


def rendered(entries: Iterable[LedgerEntryView]) -> tuple[RenderedEntry, ...]:
    """The entries in the reader's language."""
    return tuple(
        RenderedEntry(
            entry.number,
            entry.at,
            word(entry.actor, "actor"),
            sentence(entry),
            entry.case_id,
            entry.seq is not None,
            entry.account,
        )
        for entry in entries
    )


def sentence(entry: LedgerEntryView) -> str:
    """What happened, in one sentence."""
    if entry.verb in _FILLED:
        return _FILLED[entry.verb](entry.payload)
    return gettext(FIXED[entry.verb]) if entry.verb in FIXED else entry.verb


def verbs_that_say(words: str) -> frozenset[str]:
    """The verbs whose name or sentence, in the reader's language, contains these words."""
    wanted = words.casefold()
    return frozenset(verb for verb in VERBS if wanted in verb or wanted in _template(verb).casefold())


def _template(verb: str) -> str:
    """The sentence of a verb without its details."""
    return _FILLED[verb]({}) if verb in _FILLED else gettext(FIXED.get(verb, ""))


def _number(payload: Payload, name: str) -> int:
    value = payload.get(name)
    return value if isinstance(value, int) else 0


def _category(payload: Payload) -> str:
    return category_label(str(payload.get("category", "")), load_release())


def _basis(payload: Payload) -> str:
    return basis_label(str(payload.get("legal_basis", "")), load_release()) or "–"


@require_safe
@signed_in
def history(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A case's history, without content or accounts."""
    row = access_case_history(case_id, actor=actor)
    return page(
        request,
        actor,
        "ledger/history.html",
        {
            "case": row,
            "stage": row.stage,
            "entries": rendered(history_of(row, actor=actor)),
        },
        open_link="ledger",
    )


@require_safe
@signed_in
def ledger(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The ledger's status, and its entries, newest first: all, or those that the auditor looks for."""
    typed = {name: request.GET.get(name, "").strip()[:200] for name in FIELDS}
    wanted, errors = _read(typed, actor)
    status = see_ledger_status(actor=actor)
    shown = list_entries(wanted, before=whole_number(request.GET.get("before", "")), actor=actor)
    searched = {name: value for name, value in typed.items() if value}
    return page(
        request,
        actor,
        "ledger/ledger.html",
        {
            "status": status,
            "entries": rendered(shown.entries),
            "typed": typed,
            "errors": errors,
            "searched": bool(searched),
            "older": urlencode({**searched, "before": shown.older}) if shown.older else "",
            "published": see_published_ledger(actor=actor),
            "verified_old": _is_old(status),
            "looked_through": LOOKED_THROUGH,
        },
        open_link="ledger",
        status=422 if errors else 200,
    )


FIELDS = ("what", "who", "case", "since", "until")
_VERIFIED_WITHIN = timedelta(days=2)


def _read(typed: Mapping[str, str], actor: Actor) -> tuple[LedgerFilter, dict[str, list[str]]]:
    """The filter, and what could not be read; an unreadable part filters nothing."""
    errors: dict[str, list[str]] = {}
    case_id = None
    if typed["case"]:
        try:
            case_id = read_reference(typed["case"])
        except NotFound:
            errors["case"] = [gettext("Write a case number such as K000123.")]
    days: dict[str, datetime | None] = {}
    for name, moment in (("since", start_of_day), ("until", end_of_day_of_local_time)):
        day = calendar_day(typed[name])
        days[name] = moment(day) if day else None
        if typed[name] and not day:
            errors[name] = [gettext("Write a day such as 2026-03-20.")]
    return LedgerFilter(
        verbs_that_say(typed["what"]) if typed["what"] else None,
        _actors(typed["who"], actor) if typed["who"] else None,
        case_id,
        **days,
    ), errors


def _actors(name: str, actor: Actor) -> frozenset[str]:
    """People called so, and those who are no person (`system`, `public`), by their names in the reader's language."""
    wanted = name.casefold()
    others = {one for one in NO_PERSON if wanted in one or wanted in word(one, "actor").casefold()}
    return people_called(name, actor=actor) | others


NO_PERSON = ("public", "system", "holder", "cli")


def _is_old(status: LedgerStatus) -> bool:
    return status.verified_at is None or now() - status.verified_at > _VERIFIED_WITHIN
