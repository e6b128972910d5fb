"""Wording of notices to operators: requests, states, answers, dialogue entries.

A case's place in the queue in words: how far it stands from its legal deadline, and every term that moved it.

References to cases, notices and referrals in URLs as people write them: K000123, P000123, R000123.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext

from jaga.core.errors import N_, NotFound
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState, ObjectionState
from jaga.queue.reads.queue import QueueRow
from jaga.screening.engine.priority import MOST_SOURCES, RankPart, RankTerm, rank_parts
from jaga.web.errors import fill

ASKS = {
    "preserve": N_("Preserve evidence"),
    "restrict": N_("Restrict the account"),
    "redact": N_("Remove messages in public rooms"),
    "close": N_("Close the account"),
    "restore": N_("Restore the account"),
    "data": N_("Give data"),
}
STATES = {
    NoticeState.SENT: N_("not opened yet"),
    NoticeState.RECEIVED: N_("received"),
    NoticeState.ASKED_BACK: N_("question to us"),
    NoticeState.ANSWERED: N_("answered"),
    NoticeState.WITHDRAWN: N_("withdrawn"),
}
ANSWERS = {
    AnswerKind.DONE: N_("Done"),
    AnswerKind.ALREADY: N_("It was so already"),
    AnswerKind.REFUSED: N_("Refused"),
    AnswerKind.INVALID_LOCATOR: N_("The account cannot be found"),
    AnswerKind.WRONG_SCREENSHOT: N_("The picture shows another account"),
}
ANSWER_HINTS = {
    AnswerKind.DONE: N_("You did what was asked. We check the result afterwards."),
    AnswerKind.ALREADY: N_("Nothing was left to do."),
    AnswerKind.REFUSED: N_("You will not do it. Say why; a supervisor reads it."),
    AnswerKind.INVALID_LOCATOR: N_("Say what you looked for. The clock rests until we have corrected it."),
    AnswerKind.WRONG_SCREENSHOT: N_("Say what does not fit. The clock rests until we have corrected it."),
}
_TURNS = {
    "sent": N_("Sent"),
    "received": N_("Received"),
    "correction": N_("Correction"),
    "asked_again": N_("Asked again"),
    "withdrawn": N_("Withdrawn"),
    "objection": N_("Objection"),
    "objection_accepted": N_("Objection accepted"),
    "objection_rejected": N_("Objection rejected"),
    "did_observe": N_("Found the account"),
    "did_deliver": N_("Gave the holder the letter"),
    "did_restrict": N_("Restricted the account"),
    "did_redact": N_("Removed the messages"),
    "did_close": N_("Closed the account"),
    "letter_released": N_("Letter released"),
    "letter_opened": N_("Letter opened"),
    "letter_served": N_("Letter served on paper"),
    "did_restore": N_("Restored the account"),
    "did_preserve": N_("Preserved what is public"),
}
TICKS = {
    "observe": N_("Find the account in the app, by the exact name above."),
    "deliver": N_("Give the holder the letter below, and wait until it is delivered."),
    "restrict": N_("Restrict the account, so that the holder can read but not send."),
    "redact": N_("Remove the account's messages in the rooms named above, and only there."),
    "close": N_("Close the account. Delete nothing."),
    "restore": N_("Open the account again."),
    "preserve": N_("Save what is public of the account."),
}
OBJECTIONS = {
    ObjectionState.OPEN: N_("open"),
    ObjectionState.ACCEPTED: N_("accepted"),
    ObjectionState.REJECTED: N_("rejected"),
}
ACCOUNT_STATES = {
    "closed": N_("It is closed: it cannot be found or opened"),
    "restricted": N_("It is restricted: it is there, and cannot send"),
    "active": N_("It is active"),
    "missing": N_("There has never been such an account"),
    "unknown": N_("I could not see it"),
}
STAGES = {
    EscalationStage.CLARIFICATION: N_("Clarification"),
    EscalationStage.ORDER: N_("Order"),
    EscalationStage.WARNING_1: N_("First warning"),
    EscalationStage.WARNING_2: N_("Second warning"),
    EscalationStage.WARNING_3: N_("Third warning, the last"),
}
LADDER = {
    "possible": N_("may be prepared"),
    "not_yet": N_("not yet"),
    "prepared": N_("prepared, not released"),
    "released": N_("released, not opened yet"),
    "received": N_("received"),
}
NOTICE_WORDS: dict[str, dict[str, str]] = {
    "asks": ASKS,
    "notice_state": {term.value: msgid for term, msgid in STATES.items()},
    "answer": {term.value: msgid for term, msgid in ANSWERS.items()},
    "turn": {**{term.value: msgid for term, msgid in ANSWERS.items()}, **_TURNS},
    "escalation_stage": {term.value: msgid for term, msgid in STAGES.items()},
    "escalation_state": LADDER,
    "tick": TICKS,
    "objection": {term.value: msgid for term, msgid in OBJECTIONS.items()},
}


_HOUR = timedelta(hours=1)
TURN = N_("Taking turns: %(before)d of the same network, or with the same words, come before it.")
WORDLESS = N_("It has no words of its own, so it comes after cases that have some.")
_SHORT = {
    RankTerm.SEVERITY: N_("harm"),
    RankTerm.SOURCES: N_("number of sources"),
    RankTerm.SCORE: N_("the program's signs"),
    RankTerm.EVASION: N_("shares traces with another account"),
    RankTerm.FLAGGED: N_("a trusted flagger"),
    RankTerm.TURN: N_("taking turns"),
    RankTerm.OWN_WORDS: N_("words of its own"),
    RankTerm.CHANGED: N_("changed since"),
}


@dataclass(frozen=True)
class OrderPart:
    """One term in words, and its hours; empty where it moves nothing."""

    words: str
    hours: str


@dataclass(frozen=True)
class QueueOrder:
    """The distance of a case's place from its deadline, e.g. `−12 h`, its terms, and these in a few words."""

    total: str
    parts: tuple[OrderPart, ...]
    short: str


def order_of(row: QueueRow) -> QueueOrder:
    """The place of a row, as it was used to sort the list."""
    pressing = row.urgent or row.victim_first
    parts = rank_parts(
        row.rank_at,
        row.due_at,
        row.severity,
        row.sources,
        row.score,
        resembles=row.resembles,
        flagged=row.flagged,
        turn=row.turn,
        own_words=pressing and row.own_words,
    )
    shown = [OrderPart(_words(one, row), moved(one.by, places=1)) for one in parts]
    if pressing and not row.own_words:
        shown.append(OrderPart(gettext(WORDLESS), ""))
    total = moved(row.rank_at - row.due_at)
    names = ", ".join(gettext(_SHORT[one.term]) for one in parts)
    return QueueOrder(total, tuple(shown), f"{total}: {names}" if names else gettext("in the order of its deadline"))


def moved(by: timedelta, *, places: int = 0) -> str:
    """A span in hours with its sign: `−12 h` is towards the front."""
    hours = round(by / _HOUR, places)
    shown = number_format(abs(hours), places).removesuffix("0").rstrip(".,") if places else number_format(abs(hours), 0)
    sign = "−" if hours < 0 else "+" if hours > 0 else "±"
    return pgettext("hours that a case moves in the queue", "%(sign)s%(hours)s h") % {"sign": sign, "hours": shown}


def _words(part: RankPart, row: QueueRow) -> str:
    match part.term:
        case RankTerm.SEVERITY:
            return gettext("Severity %(severity)d of 4") % {"severity": row.severity}
        case RankTerm.SOURCES:
            if row.sources > MOST_SOURCES:
                return gettext("%(sources)d independent sources; more than %(most)d move nothing further") % {
                    "sources": row.sources,
                    "most": MOST_SOURCES,
                }
            return ngettext("%(sources)d independent source", "%(sources)d independent sources", row.sources) % {
                "sources": row.sources
            }
        case RankTerm.SCORE:
            return gettext("The program's signs: %(score)s of 1") % {"score": number_format(row.score, 2)}
        case RankTerm.EVASION:
            return gettext("It shares traces with another account")
        case RankTerm.FLAGGED:
            return gettext("A trusted flagger reported it in its own field")
        case RankTerm.TURN:
            return fill(TURN, {"before": row.turn})
        case RankTerm.OWN_WORDS:
            return gettext("A report has words of its own")
        case RankTerm.CHANGED:
            return gettext("Changed since it was placed here; it is placed anew within moments")


class CaseReference:
    """A path converter between `K000123` and the case id."""

    regex = r"K[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The case id."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a case id."""
        return f"K{value:06d}"


class NoticeReference:
    """A path converter between `P000123` and the notice id."""

    regex = r"P[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The notice id."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a notice id."""
        return f"P{value:06d}"


class ReferralReference:
    """A path converter between `R000123` and the referral id."""

    regex = r"R[0-9]{6,18}"

    def to_python(self, value: str) -> int:
        """The referral id."""
        return int(value[1:])

    def to_url(self, value: int) -> str:
        """The reference of a referral id."""
        return f"R{value:06d}"


def read_reference(typed: str) -> int:
    """The case id from user input (`k 123`, `K000123`, `123`). Raises NotFound."""
    digits = typed.strip().upper().removeprefix("K").strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise NotFound
    return int(digits)
