"""Ban evasion matches: which earlier accounts a case's account resembles, and how.

Hidden content stays hidden on both sides.
"""

from dataclasses import dataclass
from datetime import datetime

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.reads.case_view import takes_case
from jaga.cases.reads.decisions import decisions_in_force, matches_in_force
from jaga.cases.reads.gate import access_case
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.errors import NotFound
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import IndicatorKind, Likelihood
from jaga.signals.models import AccountIndicator, BanEvasionMatch, BanEvasionVerdict
from jaga.store.reads import number_of, visible_to

AROUND = 60  # Characters of context on each side of an indicator.
LONGEST_QUOTE = 240
TIES_SHOWN = 8


@dataclass(frozen=True)
class IndicatorQuote:
    """The text around an indicator; empty if it was not in a text. A name pattern is quoted by the name itself."""

    before: str = ""
    found: str = ""
    after: str = ""


@dataclass(frozen=True)
class SharedIndicatorView:
    """One indicator both accounts share, with its place in each one's text."""

    kind: IndicatorKind
    masked: str
    here: IndicatorQuote
    earlier: IndicatorQuote


@dataclass(frozen=True)
class MatchJudgementView:
    """A person's judgement of the match. Until the case is decided everyone sees only their own."""

    person: str
    same_holder: bool
    at: datetime
    mine: bool


@dataclass(frozen=True)
class BanEvasionMatchView:
    """An earlier account, the measure against it and its reason, and the shared indicators.

    `hidden`: only kind and likelihood are shown.
    """

    match_id: int
    likelihood: Likelihood
    kinds: tuple[IndicatorKind, ...]
    case_id: int
    reference: str
    platform: str
    account: str
    category: str
    decision: DecisionKind
    decided_at: datetime
    hidden: bool
    ties: tuple[SharedIndicatorView, ...]
    judgements: tuple[MatchJudgementView, ...]
    mine: bool | None


def access_ban_evasion_match(match_id: int, *, case_id: int, actor: Actor) -> int:
    """The match id, if it belongs to the case. Raises NotPermitted, NotFound."""
    access_case(case_id, actor=actor)
    if not BanEvasionMatch.objects.filter(pk=match_id, case_id=case_id).exists():
        raise NotFound
    return match_id


@takes_case
def matches_of(case: Case, *, actor: Actor) -> tuple[BanEvasionMatchView, ...]:
    """The matches of a case already fetched with a permission check, most likely first, without withdrawn ones.

    Where either case protects a possible victim, neither values nor text of either are included.
    """
    rows = list(
        matches_in_force()
        .filter(visible_to(actor, path="earlier_case__"), case=case)
        .select_related("earlier_case", "earlier_subject__platform")
        .prefetch_related("judgements__person")
    )
    # Rows of indicators may be gone; evidence that was deleted before `NO_INDICATORS` has empty words for numbers.
    ids = {indicator for row in rows for pair in row.evidence for indicator in pair if isinstance(indicator, int)}
    indicators = AccountIndicator.objects.select_related("report", "subject").in_bulk(ids)
    rows.sort(key=lambda row: (row.likelihood != Likelihood.LIKELY, -row.pk))
    held = (
        decisions_in_force().filter(
            visible_to(actor, path="case__"), subject__in=[row.earlier_subject_id for row in rows]
        )
        if rows
        else ()
    )
    decisions = {decision.subject_id: decision for decision in sorted(held, key=lambda decision: decision.pk)}
    return tuple(match for row in rows if (match := _match_view(row, case, indicators, decisions, actor)))


def _match_view(
    row: BanEvasionMatch,
    case: Case,
    indicators: dict[int, AccountIndicator],
    decisions: dict[int, Decision],
    actor: Actor,
) -> BanEvasionMatchView | None:
    decision = decisions.get(row.earlier_subject_id)  # The newest decision that holds the earlier account.
    if decision is None:  # It ended just now.
        return None
    earlier, hidden = row.earlier_case, case.victim_first or row.earlier_case.victim_first
    pairs = [
        (indicators[one], indicators[other]) for one, other in row.evidence if one in indicators and other in indicators
    ]
    judgements = _judgements(row, case, actor)
    return BanEvasionMatchView(
        row.pk,
        Likelihood(row.likelihood),
        tuple(IndicatorKind(kind) for kind in row.kinds),
        earlier.pk,
        earlier.reference,
        row.earlier_subject.platform.display_name,
        row.earlier_subject.account_id,
        earlier.category,
        DecisionKind(decision.kind),
        decision.decided_at,
        hidden,
        () if hidden else tuple(_tie(one, other) for one, other in pairs[:TIES_SHOWN]),
        judgements,
        next((judgement.same_holder for judgement in judgements if judgement.mine), None),
    )


def _tie(one: AccountIndicator, other: AccountIndicator) -> SharedIndicatorView:
    return SharedIndicatorView(IndicatorKind(one.kind), one.masked, _quote(one), _quote(other))


def _quote(indicator: AccountIndicator) -> IndicatorQuote:
    if indicator.kind == IndicatorKind.HANDLE:
        return IndicatorQuote(found=indicator.subject.account_id)
    if indicator.report is None or indicator.end == 0:
        return IndicatorQuote()
    text = indicator.report.published
    found = text[indicator.start : indicator.end]
    if indicator.kind == IndicatorKind.TEXT:
        return IndicatorQuote(found=found[:LONGEST_QUOTE], after="…" if len(found) > LONGEST_QUOTE else "")
    begin, end = max(0, indicator.start - AROUND), indicator.end + AROUND
    return IndicatorQuote(
        ("…" if begin else "") + text[begin : indicator.start],
        found[:LONGEST_QUOTE],
        text[indicator.end : end] + ("…" if end < len(text) else ""),
    )


def _judgements(row: BanEvasionMatch, case: Case, actor: Actor) -> tuple[MatchJudgementView, ...]:
    """Judgements the actor may see.

    Another person's judgement could influence the actor's vote, so it is sealed like a first vote.
    """
    sealed = CaseState(case.state) in SEALED_STATES
    rows: list[BanEvasionVerdict] = sorted(row.judgements.all(), key=lambda judgement: judgement.at)
    return tuple(
        MatchJudgementView(
            judgement.person.display_name, judgement.same_holder, judgement.at, judgement.person_id == number_of(actor)
        )
        for judgement in rows
        if not sealed or judgement.person_id == actor.person_id
    )
