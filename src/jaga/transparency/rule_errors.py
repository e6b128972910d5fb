"""How right the rules are, for everybody: only final weeks, and only what enough people's judgements carry.

Nobody is counted here: the judged texts have no account. Numbers of texts are rounded down to tens all the same, shares
are whole percents, and rules about possible victims are not listed.
"""

from dataclasses import dataclass

from jaga.core.shares import Estimate
from jaga.policy.limits import LEAST_JUDGED, VICTIM_FIRST_CATEGORIES
from jaga.records.access.watch.rule_measures import RuleMeasure, closed_parts, measures_of
from jaga.transparency.rounding import floored

PUBLIC_WEEKS = 26


@dataclass(frozen=True)
class PublicMeasure:
    """Precision and recall of one rule, source or week (`key`), or of all (""); `judged` in tens."""

    key: str
    category: str
    judged: int
    precision: Estimate
    recall: Estimate | None


@dataclass(frozen=True)
class PublicMeasures:
    """Everything that may be shown; empty until `limits.LEAST_JUDGED` flagged texts were judged."""

    total: PublicMeasure | None
    rules: tuple[PublicMeasure, ...]
    sources: tuple[PublicMeasure, ...]
    weeks: tuple[PublicMeasure, ...]


def public_measures() -> PublicMeasures:
    """The measures of the last half year."""
    found = measures_of(closed_parts(weeks=PUBLIC_WEEKS))
    return PublicMeasures(
        _public(found.total),
        tuple(one for row in found.rules if row.category not in VICTIM_FIRST_CATEGORIES and (one := _public(row))),
        tuple(one for row in found.sources if (one := _public(row))),
        tuple(one for row in found.weeks if (one := _public(row))),
    )


def _public(row: RuleMeasure) -> PublicMeasure | None:
    if row.precision is None or row.precision.judged < LEAST_JUDGED:
        return None
    return PublicMeasure(row.key, row.category, floored(row.precision.judged), row.precision, row.recall)
