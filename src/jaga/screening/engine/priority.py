"""The queue's order: legal deadline × severity × independent sources, with the machine's score as a smaller factor.

Urgency doubles every six hours towards the deadline and beyond it. Of the product only its logarithm is kept, as a
moment: a case ranks as if it were due six hours earlier for each doubling of severity × sources × (1 + score). So the
order needs no recomputing while time passes, and an index serves it. The score can at most double the product: a
machine alone moves a case by six hours and never outweighs the law's clock. Reports are not sources: the caller counts
each independent reporter once. And beyond a dozen more sources say nothing new: a crowd is not ten times as right.
"""

from datetime import datetime, timedelta
from math import log2

from jaga.core.errors import N_
from jaga.core.terms import Severity

DUE = N_(
    "Due in %(hours)d h %(minutes)d min; severity %(severity)d of 4; independent sources: %(sources)d. Worse harm and "
    "more sources move a case up, this one by %(earlier)d h.")
OVERDUE = N_(
    "Overdue by %(hours)d h %(minutes)d min; severity %(severity)d of 4; independent sources: %(sources)d. Worse harm "
    "and more sources move a case up, this one by %(earlier)d h.")
TURN = N_("Turns: %(before)d of the same network, or with the same words, wait before it.")
WORDLESS = N_("Without words of its own: after those that have some.")
FLAGGED = N_("A trusted flagger reported it in its own field: another %(flagged)s h.")
DOUBLING = timedelta(hours=6)
TRUST = 1.5
"""What a trusted flagger's report multiplies the product by, once, however many it sent: three hours and a half."""
MOST_SOURCES = 12
MOST_TURNS = 7
A_TURN, WORDS = timedelta(hours=24), timedelta(hours=12)
"""How much later an urgent case comes for each of the same hand that waits before it, and how much earlier with words
of
its own: none is put behind what is not urgent for having no words. The legal clock stays as it is."""


def rank(due_at: datetime, severity: Severity, independent_sources: int, score: float, *,
         flagged: bool = False, turn: int = 0, own_words: bool = False) -> datetime:
    """The moment by which a case is ordered, the earliest first. Strictly monotone in each argument,
    in the sources up to `MOST_SOURCES`.

    `score` is 0 to 1, of `screen`; no sources (a machine's own observation) counts as one. Raises ValueError for a
    score outside 0..1 or a negative number of sources. `flagged`: by a trusted flagger in its own field (DSA art. 22).
    `turn`: urgent cases of the same network or words that wait before it, of which `MOST_TURNS` count; `own_words`: an
    urgent one in which somebody speaks in words of their own.
    """
    if not 0.0 <= score <= 1.0 or independent_sources < 0:
        raise ValueError(f"score {score}, sources {independent_sources}")
    trust = TRUST if flagged else 1.0
    earlier = DOUBLING * log2(int(severity) * _counted(independent_sources) * (1.0 + score) * trust)
    return due_at - earlier + A_TURN * min(turn, MOST_TURNS) - WORDS * own_words


def flagged_hours() -> str:
    """What fills `FLAGGED`."""
    return f"{DOUBLING / timedelta(hours=1) * log2(TRUST):.1f}"


def _counted(sources: int) -> int:
    return min(MOST_SOURCES, max(1, sources))


def reason(due_at: datetime, at: datetime, severity: Severity, independent_sources: int) -> tuple[str, dict[str, int]]:
    """The sentence that says why a case stands where it stands, as a msgid and what fills it."""
    left, sources = due_at - at, max(1, independent_sources)
    earlier = due_at - rank(due_at, severity, sources, 0.0)  # what the score adds is no fact to be told
    minutes = int(abs(left) / timedelta(minutes=1))
    params = {"hours": minutes // 60, "minutes": minutes % 60, "severity": int(severity),
              "sources": sources, "earlier": round(earlier / timedelta(hours=1))}
    return (DUE if left >= timedelta() else OVERDUE), params
