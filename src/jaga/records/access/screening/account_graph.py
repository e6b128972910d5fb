"""The graph of accounts that share traces with a case's account, up to two steps away, with the evidence for each edge.

It is only displayed: it links and moves nothing and accuses nobody. Traces shared by too many accounts are left out,
and so is what one reporter says about two accounts. Hidden accounts stay hidden.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q

from jaga.core.actors import Actor
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.reports import ReportForm
from jaga.core.terms.screening import IndicatorKind, Likelihood
from jaga.policy import load_release
from jaga.records.access.base.access_log import log_access_to_all
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.case_view import CaseView, row_of
from jaga.records.access.cases.earlier import is_open
from jaga.records.access.cases.gate import access_case
from jaga.records.access.cases.in_force import decisions_in_force
from jaga.records.access.cases.kept_back import kept_back
from jaga.records.access.screening.warning_list import never_keys
from jaga.records.models import AccountIndicator, Case, LshBand, Report, Subject
from jaga.screening.copies.linking_indicators import likelihood

MOST_NODES = 60
MOST_SHARING = 30
"""From this many accounts on a shared trace means nothing: a taxi's number, a chain letter, a stock picture."""
MOST_TRACES = 600  # Per step.
MOST_TIES = 100  # Edges shown; accounts sharing one number are all connected to each other.
SHARED_BANDS = 3  # Of twelve; from here on two texts count as near-duplicates.
EVIDENCE_SHOWN = 4  # Per edge.
_SHARING = """
SELECT k.key, t.id FROM unnest(%s::bytea[]) AS k(key)
CROSS JOIN LATERAL (SELECT id FROM records_accountindicator WHERE key = k.key LIMIT %s) t
"""
_BANDS = """
SELECT k.key, b.indicator_id FROM unnest(%s::bytea[]) AS k(key)
CROSS JOIN LATERAL (SELECT indicator_id FROM records_lshband WHERE key = k.key LIMIT %s) b
"""


@dataclass(frozen=True)
class GraphNodeView:
    """One account. `account` and the case are empty where either protects a possible victim."""

    subject_id: int
    step: int  # 0 is the case's own account.
    account: str
    platform: str
    case_id: int | None
    reference: str
    category: str
    held: DecisionKind | None  # The decision in force on the account.
    hidden: bool


@dataclass(frozen=True)
class GraphEdgeView:
    """What two accounts share.

    `evidence` holds each kind with what may be shown; values of hidden accounts are omitted.
    """

    one: int
    other: int
    likelihood: Likelihood
    kinds: tuple[IndicatorKind, ...]
    evidence: tuple[tuple[IndicatorKind, str], ...]


@dataclass(frozen=True)
class GraphView:
    """The graph. `common` counts traces left out because too many accounts share them.

    `judged_apart`: decisions are left out of some nodes, so that they prejudge no vote of the actor's.
    """

    case: CaseView
    nodes: tuple[GraphNodeView, ...]
    ties: tuple[GraphEdgeView, ...]
    common: int
    cut: bool  # There are more accounts than shown.
    more_ties: int  # Edges between shown accounts that are not shown.
    judged_apart: bool


@dataclass
class _Tie:
    strong: set[IndicatorKind] = field(default_factory=set)
    weak: set[IndicatorKind] = field(default_factory=set)
    evidence: dict[tuple[IndicatorKind, str], None] = field(default_factory=dict)


@dataclass
class _Found:
    """Intermediate results: accounts by step, edges between them, and traces that were too common."""

    steps: dict[int, int]
    ties: dict[tuple[int, int], _Tie] = field(default_factory=lambda: defaultdict(_Tie))
    common: set[bytes] = field(default_factory=set)
    cut: bool = False


def access_graph(case_id: int, *, steps: int, actor: Actor) -> GraphView:
    """The graph around a case the actor may see. Raises NotPermitted, NotFound."""
    opened = access_case(case_id, actor=actor)
    case = row_of(opened)
    found = _Found({case.subject_id: 0})
    for step in range(1, steps + 1):
        frontier = [subject for subject, own in found.steps.items() if own == step - 1]
        if frontier:
            _widen(found, frontier, step, actor)
    _forget_unseen(found, actor)
    closed = kept_back(found.steps, actor=actor) if is_open(case, actor=actor) else frozenset(found.steps)
    nodes = _nodes(case, found.steps, closed, actor)
    log_access_to_all([node.case_id for node in nodes if node.case_id], AccessKind.GRAPH, actor=actor)
    hidden = {node.subject_id for node in nodes if node.hidden}
    edges = (_visible(pair, tie, bool(hidden.intersection(pair))) for pair, tie in found.ties.items())
    ties = _strongest([tie for tie in edges if tie], found.steps)
    return GraphView(opened, nodes, ties[:MOST_TIES], len(found.common), found.cut, max(0, len(ties) - MOST_TIES),
                     bool(closed))


def _strongest(ties: Collection[GraphEdgeView], steps: dict[int, int]) -> tuple[GraphEdgeView, ...]:
    """First one inward edge per account, so that no node is isolated, then strong edges near the centre."""
    ordered = sorted(ties, key=lambda tie: (
        min(steps[tie.one], steps[tie.other]), tie.likelihood is not Likelihood.LIKELY, tie.one, tie.other))
    inwards: dict[int, GraphEdgeView] = {}
    for tie in ordered:
        near, far = sorted((tie.one, tie.other), key=lambda subject: steps[subject])
        if steps[near] < steps[far]:
            inwards.setdefault(far, tie)
    first = list(inwards.values())
    return (*first, *(tie for tie in ordered if tie not in first))


def _visible(pair: tuple[int, int], tie: _Tie, hidden: bool) -> GraphEdgeView | None:
    strength = likelihood(tie.strong, tie.weak)
    if strength is None:
        return None
    kinds = tuple(sorted(tie.strong | tie.weak))
    shown = () if hidden else tuple(tie.evidence)[:EVIDENCE_SHOWN]
    return GraphEdgeView(*pair, strength, kinds, shown)


def _widen(found: _Found, frontier: Collection[int], step: int, actor: Actor) -> None:
    """Add accounts that share a trace with the frontier, the strongest edges first if there are too many."""
    indicators = (AccountIndicator.objects.filter(Q(report__isnull=True) | visible_to(actor, path="report__case__"))
                  .exclude(key__in=never_keys(load_release())))
    mine = list(indicators.filter(subject__in=frontier).order_by("-pk")[:MOST_TRACES])
    pairs = [*_equal(found, mine), *_worded_alike(found, mine)]
    numbers = {other for _, other in pairs}
    others = {indicator.pk: indicator for indicator in indicators.filter(pk__in=numbers)}
    sources = _sources(own for own in (*mine, *others.values()))
    ties: dict[tuple[int, int], _Tie] = defaultdict(_Tie)
    for own, number in pairs:
        other = others.get(number)
        if other is not None and other.subject_id != own.subject_id:
            one, two = sorted((own.subject_id, other.subject_id))
            _add(ties[one, two], own, other, sources)
    for pair, tie in sorted(ties.items(), key=lambda found: (not found[1].strong, -len(found[1].weak), found[0])):
        if not tie.strong and not tie.weak:
            continue
        new = [subject for subject in pair if subject not in found.steps]
        if new and len(found.steps) >= MOST_NODES:
            found.cut = True
            continue
        for subject in new:
            found.steps[subject] = step
        found.ties[pair] = tie


def _add(tie: _Tie, own: AccountIndicator, other: AccountIndicator, sources: dict[int, bytes | None]) -> None:
    """Add an edge by the same rules as a ban evasion match: one source speaking of two accounts makes a weak edge, and
    its own text and pictures none.
    """
    kind = IndicatorKind(own.kind)
    source = sources.get(own.report_id or 0)
    same_source = source is not None and source == sources.get(other.report_id or 0)
    if same_source and kind in (IndicatorKind.TEXT, IndicatorKind.IMAGE):
        return
    (tie.strong if kind is IndicatorKind.CONTACT and not same_source else tie.weak).add(kind)
    tie.evidence[kind, own.masked] = None


def _sources(indicators: Iterable[AccountIndicator]) -> dict[int, bytes | None]:
    """The source of each trace's report; None for monitoring observations, which are the accounts' own text."""
    reports = {indicator.report_id for indicator in indicators if indicator.report_id}
    rows = Report.objects.filter(pk__in=reports).values_list("pk", "form", "source_key")
    return {number: None if form == ReportForm.OBSERVATION else bytes(key) for number, form, key in rows}


def _equal(found: _Found, mine: Collection[AccountIndicator]) -> list[tuple[AccountIndicator, int]]:
    keys: dict[bytes, list[AccountIndicator]] = defaultdict(list)
    for indicator in mine:
        if indicator.kind != IndicatorKind.TEXT:
            keys[bytes(indicator.key)].append(indicator)
    sharing = _looked_up(_SHARING, found, keys)
    return [(own, number) for key, numbers in sharing.items() for own in keys[key] for number in numbers]


def _worded_alike(found: _Found, mine: Collection[AccountIndicator]) -> list[tuple[AccountIndicator, int]]:
    texts = {indicator.pk: indicator for indicator in mine if indicator.kind == IndicatorKind.TEXT}
    keys: dict[bytes, list[int]] = defaultdict(list)
    for indicator_id, key in LshBand.objects.filter(indicator__in=texts).values_list("indicator_id", "key"):
        keys[bytes(key)].append(indicator_id)
    shared: dict[tuple[int, int], int] = defaultdict(int)
    for key, numbers in _looked_up(_BANDS, found, keys).items():
        for own in keys[key]:
            for number in set(numbers) - {own}:
                shared[own, number] += 1
    return [(texts[own], number) for (own, number), bands in shared.items() if bands >= SHARED_BANDS]


def _looked_up(query: str, found: _Found, keys: Collection[bytes]) -> dict[bytes, list[int]]:
    """Traces per key, read by index and bounded; keys shared by too many are set aside."""
    if not keys:
        return {}
    rows: dict[bytes, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(query, [list(keys), MOST_SHARING + 1])
        for key, number in cursor.fetchall():
            rows[bytes(key)].append(number)
    common = {key for key, numbers in rows.items() if len(numbers) > MOST_SHARING}
    found.common |= common
    return {key: numbers for key, numbers in rows.items() if key not in common}


def _forget_unseen(found: _Found, actor: Actor) -> None:
    """Remove accounts of cases the actor may not see, and accounts reachable only through them."""
    others = [subject for subject, step in found.steps.items() if step]
    closed = Case.objects.filter(subject__in=others).exclude(visible_to(actor))
    unseen = set(closed.values_list("subject_id", flat=True))
    kept = {subject for subject, step in found.steps.items() if step == 0}
    for step in range(1, max(found.steps.values()) + 1):
        tied = {subject for pair in found.ties if kept.intersection(pair) for subject in pair}
        kept |= {subject for subject in tied - unseen if found.steps[subject] == step}
    found.steps = {subject: step for subject, step in found.steps.items() if subject in kept}
    found.ties = {pair: tie for pair, tie in found.ties.items() if kept.issuperset(pair)}


def _nodes(case: Case, steps: dict[int, int], closed: frozenset[int], actor: Actor) -> tuple[GraphNodeView, ...]:
    subjects = Subject.objects.filter(pk__in=steps).select_related("platform").in_bulk()
    latest: dict[int, Case] = {}
    protecting: set[int] = set()
    for row in Case.objects.filter(subject__in=steps).order_by("pk"):
        latest[row.subject_id] = row
        if row.victim_first:
            protecting.add(row.subject_id)
    held = dict(decisions_in_force().filter(visible_to(actor, path="case__"), subject__in=steps).exclude(
        subject__in=closed).order_by("pk").values_list("subject_id", "kind"))
    nodes = []
    for subject_id, step in steps.items():
        subject, own = subjects[subject_id], case if step == 0 else latest.get(subject_id)
        hidden = step > 0 and (case.victim_first or subject_id in protecting)
        named = own is not None and not hidden
        nodes.append(GraphNodeView(
            subject_id, step, "" if hidden else subject.account_id, subject.platform.display_name,
            own.pk if own and named else None, own.reference if own and named else "",
            own.category if own and named else "",
            DecisionKind(held[subject_id]) if subject_id in held else None, hidden))
    return tuple(nodes)
