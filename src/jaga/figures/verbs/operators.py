"""Exact current score cards of operators: what was requested and what came of it.

Claims and verifications are kept apart.

For the installation's staff (`jaga figures --operators`); public figures are in `published`. Each request has exactly
one result, so the results add up to the total. Nothing is counted by category, so a card does not reveal accounts or
reasons. Times are shown only from enough cases on, as in the figures.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from jaga.core.clock import now
from jaga.core.terms.outside import EscalationStage, ObjectionState
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.figures.reads import operator_counts as counted
from jaga.figures.reads.operator_counts import AskFacts, PublicOperator
from jaga.figures.reads.work_counts import Spread
from jaga.figures.verbs.figures import enough, seconds

CSV_HEADER = ("operator", "figure", "key", "value", "unit")
LADDER = (EscalationStage.ORDER, EscalationStage.WARNING_1, EscalationStage.WARNING_2, EscalationStage.WARNING_3)
"""The stages in order, without clarifications, which correct one of our notices."""


class NoticeResult(StrEnum):
    """The result of one request about an account; exactly one applies."""

    KEPT = "kept"  # Done in time and verified.
    LATE = "late"  # Verified, but late or only after a repeated request.
    UNTIMED = "untimed"  # Verified; no clock ran, as nothing was pledged or receipt cannot be proved.
    CLAIMED = "claimed"  # Claimed done, not yet verified.
    CONTRADICTED = "contradicted"  # Claimed done, and a verification contradicted it.
    REFUSED = "refused"
    ASKED_BACK = "asked_back"  # Waiting for our correction; the clock is paused.
    OPEN = "open"
    OVERDUE = "overdue"  # Provably received (or pledged), past the deadline, and no answer.
    WITHDRAWN = "withdrawn"  # No longer requested, or ended without effect.


class DataRequestResult(StrEnum):
    """The result of one data request. Delivery of data cannot be verified, so there is only the claim."""

    ANSWERED = "answered"
    ANSWERED_LATE = "answered_late"
    REFUSED = "refused"
    ASKED_BACK = "asked_back"
    OPEN = "open"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class ScoreCard:
    """One operator's figures.

    `claimed` and `verified` both count requests; those in both were claimed and verified.

    `highest` is the highest stage with a released letter.
    """

    operator: PublicOperator
    asked: int
    results: tuple[tuple[NoticeResult, int], ...]
    claimed: int
    verified: int
    data_asked: int
    data: tuple[tuple[DataRequestResult, int], ...]
    objections: tuple[tuple[ObjectionState, int], ...]
    restored: int
    reopened: int
    letters: tuple[tuple[EscalationStage, int], ...]
    highest: EscalationStage | None
    to_claim: Spread
    to_verified: Spread

    @property
    def silent(self) -> bool:
        """Whether nothing was ever requested of it."""
        return not (self.asked or self.data_asked)

    def count(self, result: NoticeResult) -> int:
        """How many requests have this result."""
        return dict(self.results)[result]


@dataclass(frozen=True)
class ScoreCards:
    """All cards at one moment."""

    at: datetime
    cards: tuple[ScoreCard, ...]


def notice_result(facts: AskFacts) -> NoticeResult:
    """The result of a request about an account. Without a running clock nothing is late."""
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


def data_request_result(facts: AskFacts) -> DataRequestResult:
    """The result of a data request."""
    if facts.withdrawn:
        return DataRequestResult.WITHDRAWN
    if facts.refused:
        return DataRequestResult.REFUSED
    if facts.claimed:
        on_time = facts.in_time is not False and not facts.again
        return DataRequestResult.ANSWERED if on_time else DataRequestResult.ANSWERED_LATE
    if facts.asked_back:
        return DataRequestResult.ASKED_BACK
    return DataRequestResult.OVERDUE if facts.in_time is False else DataRequestResult.OPEN


def compute_cards(slug: str | None = None) -> ScoreCards:
    """The cards of all registered operators by name, or of the one with this slug, in a fixed number of queries."""
    operators = counted.public_operators(slug)
    ids = tuple(operator.operator_id for operator in operators)
    facts, took = counted.ask_facts(ids), counted.times(ids)
    objections, letters = counted.objections(ids), counted.letters(ids)
    restored, reopened = counted.restored(ids), counted.reopened_by_operator(ids)
    return ScoreCards(
        now(),
        tuple(
            score(
                operator,
                facts[operator.operator_id],
                objections={state: objections.get((operator.operator_id, state), 0) for state in ObjectionState},
                letters={stage: letters.get((operator.operator_id, stage), 0) for stage in EscalationStage},
                restored=restored.get(operator.operator_id, 0),
                reopened=reopened.get(operator.operator_id, 0),
                took=took[operator.operator_id],
            )
            for operator in operators
        ),
    )


def score(
    operator: PublicOperator,
    facts: Counter[AskFacts],
    *,
    objections: Mapping[ObjectionState, int],
    letters: Mapping[EscalationStage, int],
    restored: int,
    reopened: int,
    took: tuple[Spread, Spread],
) -> ScoreCard:
    """The card computed from the counts."""
    results: Counter[NoticeResult] = Counter()
    data: Counter[DataRequestResult] = Counter()
    claimed = verified = 0
    for fact, count in facts.items():
        if fact.data:
            data[data_request_result(fact)] += count
            continue
        results[notice_result(fact)] += count
        claimed += count if fact.claimed and not fact.withdrawn else 0
        verified += count if fact.verified and not fact.withdrawn else 0
    return ScoreCard(
        operator,
        results.total(),
        tuple((one, results[one]) for one in NoticeResult),
        claimed,
        verified,
        data.total(),
        tuple((one, data[one]) for one in DataRequestResult),
        tuple((state, objections[state]) for state in ObjectionState),
        restored,
        reopened,
        tuple((stage, letters[stage]) for stage in EscalationStage),
        next((stage for stage in reversed(LADDER) if letters[stage]), None),
        enough(took[0]),
        enough(took[1]),
    )


def csv(cards: ScoreCards) -> Iterator[bytes]:
    """The cards as CSV lines with one header: operator (slug), figure, key, value, unit.

    Keys are stable and English.
    """
    return csv_rows(CSV_HEADER, (row for card in cards.cards for row in _rows(card, cards.at)))


def _rows(card: ScoreCard, at: datetime) -> Iterator[tuple[Cell, ...]]:
    slug = card.operator.slug
    yield slug, "computed_at", "", at, "time"
    yield slug, "asked", "", card.asked, "askings"
    for one, count in card.results:
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
    for stage, count in card.letters:
        yield slug, "letters", stage, count, "letters"
    yield slug, "highest_stage", "", card.highest or "", "stage"
    for name, spread in (("time_to_said_done", card.to_claim), ("time_to_seen_done", card.to_verified)):
        yield slug, name, "askings", spread.count, "askings"
        yield slug, name, "median", seconds(spread.median), "seconds"
        yield slug, name, "p90", seconds(spread.p90), "seconds"
