"""A case's place in the queue in words: how far it stands from its legal deadline, and every term that moved it."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext

from jaga.core.errors import N_
from jaga.records.access.queue.queue import QueueRow
from jaga.screening.engine.priority import MOST_SOURCES, RankPart, RankTerm, rank_parts
from jaga.web.errors import fill

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
