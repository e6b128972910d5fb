"""The exact score card of an operator at this moment: what was asked of it, and what became of it. Claims and looks
are never mixed. For the people of the installation (`jaga figures --operators`); what is public is `published`.

Each asking has exactly one standing, so that the standings add up to what was asked. Nothing is counted by category: a
card says nothing of which accounts, or of why. Times are shown from enough cases on, as in the figures.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jaga.core.clock import now
from jaga.core.terms import ObjectionState, Rung
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.records.access.operations import operator_counts as counted
from jaga.records.access.operations.figures import Spread
from jaga.records.access.operations.operator_counts import AskFacts, PublicOperator
from jaga.transparency.figures import enough, seconds

CSV_HEADER = ("operator", "figure", "key", "value", "unit")
LADDER = (Rung.ORDER, Rung.WARNING_1, Rung.WARNING_2, Rung.WARNING_3)
"""The rungs in their order. A clarification stands beside them: it corrects a notice of ours."""


class NoticeResult(StrEnum):
    """What became of one asking about an account. Exactly one holds."""

    KEPT = "kept"  # done in time, and seen by our own look
    LATE = "late"  # seen, but after the time, or only after it had to be asked again
    UNTIMED = "untimed"  # seen; no clock ran, as nothing was promised or no receipt can be proved
    CLAIMED = "claimed"  # said to be done; nobody has seen it yet
    CONTRADICTED = "contradicted"  # said to be done, and our own look saw that it was not
    REFUSED = "refused"
    ASKED_BACK = "asked_back"  # we owe a correction; the clock rests
    OPEN = "open"
    OVERDUE = "overdue"  # provably received (or promised), the time is over, and nothing was said
    WITHDRAWN = "withdrawn"  # we no longer ask, or it ended without effect


class DataStanding(StrEnum):
    """What became of one request for data. Nobody can look whether data were given, so there is only the claim."""

    ANSWERED = "answered"
    ANSWERED_LATE = "answered_late"
    REFUSED = "refused"
    ASKED_BACK = "asked_back"
    OPEN = "open"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ScoreCard:
    """One operator's figures. `claimed` and `verified` each count askings; those in both were said and seen.

    `highest` is the last rung of the ladder on which a letter was released.
    """

    operator: PublicOperator
    asked: int
    standings: tuple[tuple[NoticeResult, int], ...]
    claimed: int
    verified: int
    data_asked: int
    data: tuple[tuple[DataStanding, int], ...]
    objections: tuple[tuple[ObjectionState, int], ...]
    restored: int
    reopened: int
    letters: tuple[tuple[Rung, int], ...]
    highest: Rung | None
    to_claim: Spread
    to_verified: Spread

    @property
    def silent(self) -> bool:
        """Whether nothing was ever asked of it."""
        return not (self.asked or self.data_asked)

    def count(self, standing: NoticeResult) -> int:
        """How many have this standing."""
        return dict(self.standings)[standing]


@dataclass(frozen=True)
class ScoreCards:
    """All cards at one moment."""

    at: datetime
    cards: tuple[ScoreCard, ...]


def standing(facts: AskFacts) -> NoticeResult:
    """The one standing of an asking about an account. A clock that did not run makes nobody late."""
    if facts.withdrawn:
        return NoticeResult.WITHDRAWN
    if facts.verified:
        return _done(facts)
    if facts.refused:
        return NoticeResult.REFUSED
    if facts.claimed:
        return NoticeResult.CONTRADICTED if facts.contradicted else NoticeResult.CLAIMED
    if facts.asked_back:
        return NoticeResult.ASKED_BACK
    return NoticeResult.OVERDUE if facts.in_time is False else NoticeResult.OPEN


def _done(facts: AskFacts) -> NoticeResult:
    if facts.in_time is None:
        return NoticeResult.UNTIMED
    return NoticeResult.KEPT if facts.in_time and not facts.again else NoticeResult.LATE


def data_standing(facts: AskFacts) -> DataStanding:
    """The one standing of a request for data."""
    if facts.withdrawn:
        return DataStanding.WITHDRAWN
    if facts.refused:
        return DataStanding.REFUSED
    if facts.claimed:
        on_time = facts.in_time is not False and not facts.again
        return DataStanding.ANSWERED if on_time else DataStanding.ANSWERED_LATE
    if facts.asked_back:
        return DataStanding.ASKED_BACK
    return DataStanding.OVERDUE if facts.in_time is False else DataStanding.OPEN


def compute_cards(slug: str | None = None) -> ScoreCards:
    """The cards of all operators of the register by name, or the one under a slug; a fixed number of queries."""
    operators = counted.public_operators(slug)
    ids = tuple(operator.operator_id for operator in operators)
    facts, took = counted.ask_facts(ids), counted.times(ids)
    objections, letters = counted.objections(ids), counted.letters(ids)
    restored, reopened = counted.restored(ids), counted.reopened_by_operator(ids)
    return ScoreCards(now(), tuple(
        score(
            operator, facts[operator.operator_id],
            objections={state: objections.get((operator.operator_id, state), 0) for state in ObjectionState},
            letters={rung: letters.get((operator.operator_id, rung), 0) for rung in Rung},
            restored=restored.get(operator.operator_id, 0), reopened=reopened.get(operator.operator_id, 0),
            took=took[operator.operator_id],
        )
        for operator in operators
    ))


def score(operator: PublicOperator, facts: Counter[AskFacts], *, objections: Mapping[ObjectionState, int],
          letters: Mapping[Rung, int], restored: int, reopened: int, took: tuple[Spread, Spread]) -> ScoreCard:
    """The card from the counts."""
    standings: Counter[NoticeResult] = Counter()
    data: Counter[DataStanding] = Counter()
    claimed = verified = 0
    for fact, count in facts.items():
        if fact.data:
            data[data_standing(fact)] += count
            continue
        standings[standing(fact)] += count
        claimed += count if fact.claimed and not fact.withdrawn else 0
        verified += count if fact.verified and not fact.withdrawn else 0
    return ScoreCard(
        operator, standings.total(), tuple((one, standings[one]) for one in NoticeResult), claimed, verified,
        data.total(), tuple((one, data[one]) for one in DataStanding),
        tuple((state, objections[state]) for state in ObjectionState), restored, reopened,
        tuple((rung, letters[rung]) for rung in Rung),
        next((rung for rung in reversed(LADDER) if letters[rung]), None), enough(took[0]), enough(took[1]),
    )


def csv(cards: ScoreCards) -> Iterator[bytes]:
    """The cards as CSV lines with one header: operator (its slug), figure, key, value, unit. Stable keys, English."""
    return csv_rows(CSV_HEADER, (row for card in cards.cards for row in _rows(card, cards.at)))


def _rows(card: ScoreCard, at: datetime) -> Iterator[tuple[Cell, ...]]:
    slug = card.operator.slug
    yield slug, "computed_at", "", at, "time"
    yield slug, "asked", "", card.asked, "askings"
    for one, count in card.standings:
        yield slug, "standing", one, count, "askings"
    yield slug, "said_done", "", card.claimed, "askings"
    yield slug, "seen_done", "", card.verified, "askings"
    yield slug, "data_asked", "", card.data_asked, "requests"
    for data, count in card.data:
        yield slug, "data_standing", data, count, "requests"
    for state, count in card.objections:
        yield slug, "objections", state, count, "objections"
    yield slug, "restored", "", card.restored, "accounts"
    yield slug, "reopened", "", card.reopened, "accounts"
    for rung, count in card.letters:
        yield slug, "letters", rung, count, "letters"
    yield slug, "highest_rung", "", card.highest or "", "rung"
    for name, spread in (("time_to_said_done", card.to_claim), ("time_to_seen_done", card.to_verified)):
        yield slug, name, "askings", spread.count, "askings"
        yield slug, name, "median", seconds(spread.median), "seconds"
        yield slug, name, "p90", seconds(spread.p90), "seconds"
