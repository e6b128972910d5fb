"""The queue's rank: legal deadline × severity × independent sources, with the screening score as a smaller factor.

Urgency doubles every six hours towards the deadline and beyond. The product is stored as a timestamp: each doubling of
severity × sources × (1 + score) ranks a case as if due six hours earlier, so ranks need no recomputation as time passes
and an index can serve them. The score at most doubles the product, i.e. software alone moves a case by six hours. The
caller counts independent sources, not reports; above `MOST_SOURCES` more add nothing.
"""

from datetime import datetime, timedelta
from math import log2

from jaga.core.errors import N_
from jaga.core.terms.cases import Severity

DUE = N_(
    "Due in %(hours)d h %(minutes)d min; severity %(severity)d of 4; independent sources: %(sources)d. Worse harm and "
    "more sources move a case up, this one by %(earlier)d h.")
OVERDUE = N_(
    "Overdue by %(hours)d h %(minutes)d min; severity %(severity)d of 4; independent sources: %(sources)d. Worse harm "
    "and more sources move a case up, this one by %(earlier)d h.")
TURN = N_("Taking turns: %(before)d of the same network, or with the same words, come before it.")
WORDLESS = N_("It has no words of its own, so it comes after cases that have some.")
FLAGGED = N_("A trusted flagger reported it in its own field: another %(flagged)s h.")
DOUBLING = timedelta(hours=6)
TRUST = 1.5
"""Factor for a trusted flagger's report, applied once: three and a half hours."""
MOST_SOURCES = 12
MOST_TURNS = 7
A_TURN, WORDS = timedelta(hours=24), timedelta(hours=12)
"""How much later an urgent case ranks per earlier waiting case of the same author, and how much earlier if it has
wording of its own. It never falls behind cases that are not urgent; the legal deadline is unaffected."""


def rank(due_at: datetime, severity: Severity, independent_sources: int, score: float, *,
         flagged: bool = False, turn: int = 0, own_words: bool = False) -> datetime:
    """The timestamp by which a case is ranked, earliest first.

    Strictly monotonic in each argument, in the sources up to `MOST_SOURCES`.

    `score` is 0 to 1, from `screen`; zero sources (an observation by monitoring) counts as one. `flagged`: by a trusted
    flagger in its own field (DSA art. 22). `turn`: earlier waiting urgent cases of the same network or text, of which
    `MOST_TURNS` count. `own_words`: an urgent case with wording of its own. Raises ValueError for a score outside 0..1
    or a negative number of sources.
    """
    if not 0.0 <= score <= 1.0 or independent_sources < 0:
        raise ValueError(f"score {score}, sources {independent_sources}")
    trust = TRUST if flagged else 1.0
    earlier = DOUBLING * log2(int(severity) * _counted(independent_sources) * (1.0 + score) * trust)
    return due_at - earlier + A_TURN * min(turn, MOST_TURNS) - WORDS * own_words


def flagged_hours() -> str:
    """The parameter of `FLAGGED`."""
    return f"{DOUBLING / timedelta(hours=1) * log2(TRUST):.1f}"


def _counted(sources: int) -> int:
    return min(MOST_SOURCES, max(1, sources))


def reason(due_at: datetime, at: datetime, severity: Severity, independent_sources: int) -> tuple[str, dict[str, int]]:
    """The sentence explaining a case's rank, as a msgid and its params."""
    left, sources = due_at - at, max(1, independent_sources)
    earlier = due_at - rank(due_at, severity, sources, 0.0)  # The score's contribution is not a fact to state.
    minutes = int(abs(left) / timedelta(minutes=1))
    params = {"hours": minutes // 60, "minutes": minutes % 60, "severity": int(severity),
              "sources": sources, "earlier": round(earlier / timedelta(hours=1))}
    return (DUE if left >= timedelta() else OVERDUE), params
