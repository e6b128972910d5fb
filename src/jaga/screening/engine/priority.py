"""The queue's rank: legal deadline × severity × independent sources, with the screening score as a smaller factor.

Urgency doubles every six hours towards the deadline and beyond. The product is stored as a timestamp: each doubling of
severity × sources × (1 + score) ranks a case as if due six hours earlier, so ranks need no recomputation as time passes
and an index can serve them. The score at most doubles the product, i.e. software alone moves a case by six hours. The
caller counts independent sources, not reports; above `MOST_SOURCES` more add nothing.

`rank_parts` says by how much each term moved a case. Its parts add up to the stored rank, so that what people read is
what was used.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import log2

from jaga.core.terms.cases import Severity

DOUBLING = timedelta(hours=6)
TRUST = 1.5
"""Factor for a trusted flagger's report, applied once: three and a half hours."""
MOST_SOURCES = 12
MOST_TURNS = 7
A_TURN, WORDS = timedelta(hours=24), timedelta(hours=12)
"""How much later an urgent case ranks per earlier waiting case of the same author, and how much earlier if it has
wording of its own: without, it is not put behind cases that are not urgent, but with many turns it may be. The legal
deadline is unaffected (ADR 0064)."""


def rank(
    due_at: datetime,
    severity: Severity,
    independent_sources: int,
    score: float,
    *,
    flagged: bool = False,
    turn: int = 0,
    own_words: bool = False,
) -> datetime:
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


def _counted(sources: int) -> int:
    return min(MOST_SOURCES, max(1, sources))


class RankTerm(StrEnum):
    """What moves a case in the queue, away from its legal deadline."""

    SEVERITY = "severity"
    SOURCES = "sources"
    SCORE = "score"
    EVASION = "ban_evasion"  # A match with a restricted or closed account: as a score, by what exceeds the score.
    FLAGGED = "flagged"
    TURN = "turn"
    OWN_WORDS = "own_words"
    CHANGED = "changed"  # The facts are newer than the rank; triage will rank the case again.


@dataclass(frozen=True)
class RankPart:
    """How far one term moves a case; negative: towards the front."""

    term: RankTerm
    by: timedelta


_SAME = timedelta(minutes=1)  # less is rounding


def rank_parts(
    rank_at: datetime,
    due_at: datetime,
    severity: Severity,
    independent_sources: int,
    score: float,
    *,
    resembles: bool,
    flagged: bool,
    turn: int,
    own_words: bool,
) -> tuple[RankPart, ...]:
    """The terms that moved a case from `due_at` to its stored `rank_at`. They add up to the difference.

    The arguments are those of `rank`. `resembles`: a ban evasion match may have counted as a score; by how much is not
    stored, so it is what the other terms leave.
    """
    moved = [
        (RankTerm.SEVERITY, -DOUBLING * log2(int(severity))),
        (RankTerm.SOURCES, -DOUBLING * log2(_counted(independent_sources))),
        (RankTerm.SCORE, -DOUBLING * log2(1.0 + score)),
        (RankTerm.FLAGGED, -DOUBLING * log2(TRUST) if flagged else timedelta()),
        (RankTerm.TURN, A_TURN * min(turn, MOST_TURNS)),
        (RankTerm.OWN_WORDS, -WORDS * own_words),
    ]
    rest = rank_at - due_at - sum((by for _, by in moved), timedelta())
    if abs(rest) >= _SAME:
        moved.append((RankTerm.EVASION if resembles and -DOUBLING <= rest < timedelta() else RankTerm.CHANGED, rest))
    return tuple(RankPart(term, by) for term, by in moved if by)
