"""How right the rules are: precision and recall from the sample that people judged, with 95 % intervals.

A text is an **offence** if people settled on a category for it. Precision of a rule: offences of any category among the
texts that it flagged. Recall of a rule: among all offences of its category, flagged by whatever rule or by none, those
that it flagged. Recall of a source or week: offences that any rule flagged among all offences. The estimators are those
of `core.shares`; strata are week, kind of source and rule.

A text belongs to the rule with the strongest signal alone. A text that its source deleted before it was judged is
missing, as if it had not been drawn.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q

from jaga.core.actors import Actor
from jaga.core.shares import Estimate, Stratum, recall, weighted_share, without_gaps
from jaga.core.terms.people import Role
from jaga.core.terms.watch import SourceKind
from jaga.policy.local_time import today, week_of
from jaga.records.access.watch.people_sample import AUDIENCE, WEEKS_SHOWN
from jaga.records.models import RuleSuspension, SampledText, ScreenedCount

MAY_SWITCH_ON = (Role.SUPERVISOR, Role.POLICY)
SUSPENSIONS_SHOWN = 50
Outcomes = Mapping[str, int]


@dataclass(frozen=True)
class SamplePart:
    """A part of what was screened: texts of one week and kind of source that one rule flagged, or none ("").

    `outcomes` counts the judged ones by what people settled on; "" is no offence.
    """

    week: date
    kind: SourceKind
    rule: str
    category: str
    size: int
    outcomes: Outcomes

    @property
    def judged(self) -> int:
        """How many were judged."""
        return sum(self.outcomes.values())

    @property
    def offences(self) -> int:
        """How many of these are an offence of any category."""
        return self.judged - self.outcomes.get("", 0)


@dataclass(frozen=True)
class RuleMeasure:
    """Measured errors of one rule, source or week, or of all (`key` is ""). None: not measured yet."""

    key: str
    category: str
    flagged: int
    precision: Estimate | None
    recall: Estimate | None

    @property
    def judged(self) -> int:
        """Judged texts that were flagged."""
        return self.precision.judged if self.precision else 0


@dataclass(frozen=True)
class RuleMeasures:
    """All measures of some weeks."""

    total: RuleMeasure
    rules: tuple[RuleMeasure, ...]
    sources: tuple[RuleMeasure, ...]
    weeks: tuple[RuleMeasure, ...]


@dataclass(frozen=True)
class RuleSuspensionView:
    """A rule that was found wrong too often, and whether and why a person switched it on again."""

    suspension_id: int
    rule: str
    category: str
    alarm_only: bool
    judged: int
    right: int
    upper: float
    line: float
    suspended_at: datetime
    ended_by: str
    ended_at: datetime | None
    why: str


def rule_measures(*, actor: Actor) -> RuleMeasures:
    """The measures of the last weeks. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    return measures_of(judged_parts())


def judged_parts(
    *, weeks: int = WEEKS_SHOWN, rule: str | None = None, drawn_after: datetime | None = None
) -> list[SamplePart]:
    """The parts of the last whole weeks. With `drawn_after` only what was drawn since then counts as judged."""
    until = week_of(today())
    within = Q(week__gte=until - timedelta(weeks=weeks), week__lt=until)
    if rule is not None:
        within &= Q(rule=rule)
    outcomes: dict[tuple[date, str, str, str], dict[str, int]] = defaultdict(dict)
    settled = SampledText.objects.filter(within, settled_at__isnull=False)
    if drawn_after is not None:
        settled = settled.filter(drawn_at__gt=drawn_after)
    for week, kind, name, category, outcome, number in settled.values_list(
        "week", "kind", "rule", "category", "outcome"
    ).annotate(number=Count("pk")):
        outcomes[week, kind, name, category][outcome or ""] = number
    return [
        SamplePart(
            one.week,
            SourceKind(one.kind),
            one.rule,
            one.category,
            one.number,
            outcomes.get((one.week, one.kind, one.rule, one.category), {}),
        )
        for one in ScreenedCount.objects.filter(within).order_by("week", "kind", "rule", "category")
    ]


def closed_parts(*, weeks: int) -> list[SamplePart]:
    """The parts of the last weeks in which nothing waits to be judged any more, so that their figures are final."""
    open_weeks = set(
        SampledText.objects.filter(settled_at__isnull=True, words__isnull=False).values_list("week", flat=True)
    )
    drawn = set(SampledText.objects.values_list("week", flat=True))
    return [part for part in judged_parts(weeks=weeks) if part.week in drawn - open_weeks]


def measures_of(parts: Sequence[SamplePart]) -> RuleMeasures:
    """Everything, by rule, by source and by week."""
    rules = dict.fromkeys((part.rule, part.category) for part in parts if part.rule)
    return RuleMeasures(
        _measure("", parts),
        tuple(_of_rule(rule, category, parts) for rule, category in sorted(rules)),
        tuple(
            _measure(kind.value, [part for part in parts if part.kind is kind])
            for kind in sorted({part.kind for part in parts})
        ),
        tuple(
            _measure(str(week), [part for part in parts if part.week == week])
            for week in sorted({part.week for part in parts}, reverse=True)
        ),
    )


def precision_of(parts: Iterable[SamplePart]) -> Estimate | None:
    """The share of offences among what was flagged; None if nothing of it was judged."""
    return weighted_share(_strata([part for part in parts if part.rule], lambda part: part.offences))


def _measure(key: str, parts: Sequence[SamplePart]) -> RuleMeasure:
    flagged = [part for part in parts if part.rule]
    return RuleMeasure(
        key,
        "",
        sum(part.size for part in flagged),
        precision_of(parts),
        _recall(flagged, [part for part in parts if not part.rule], lambda part: part.offences),
    )


def _of_rule(rule: str, category: str, parts: Sequence[SamplePart]) -> RuleMeasure:
    own = [part for part in parts if (part.rule, part.category) == (rule, category)]
    others = [part for part in parts if (part.rule, part.category) != (rule, category)]
    return RuleMeasure(
        rule,
        category,
        sum(part.size for part in own),
        precision_of(own),
        _recall(own, others, lambda part: part.outcomes.get(category, 0)),
    )


def _recall(
    caught: Sequence[SamplePart], others: Sequence[SamplePart], hits: Callable[[SamplePart], int]
) -> Estimate | None:
    """None too if of one source nothing that was not flagged has been judged: all that was missed may be there."""
    unflagged = [part for part in others if not part.rule]
    sources = {part.kind for part in (*caught, *others)}
    if {part.kind for part in unflagged if part.judged} != sources:
        return None
    return recall(_strata(caught, hits), _strata(others, hits))


def _strata(parts: Iterable[SamplePart], hits: Callable[[SamplePart], int]) -> list[Stratum]:
    """One stratum for each week, source and rule, for the estimators of `core.shares`.

    A week of which nothing was judged gets the share that the other weeks of its source and rule have. `hits` says how
    many of a part's judged texts count.
    """
    groups: dict[tuple[str, str, str], list[Stratum]] = defaultdict(list)
    for part in parts:
        groups[part.kind, part.rule, part.category].append(Stratum(part.size, part.judged, hits(part)))
    return [one for group in groups.values() for one in without_gaps(group)]


def open_suspensions() -> dict[str, bool]:
    """Rules that are off (False) or on with an alarm (True). For the health check, which names no case."""
    return dict(RuleSuspension.objects.filter(ended_at__isnull=True).order_by("rule").values_list("rule", "alarm_only"))


def list_suspensions(*, actor: Actor) -> tuple[RuleSuspensionView, ...]:
    """The newest suspensions, those not answered first. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    rows = RuleSuspension.objects.select_related("ended_by").order_by("-pk")[:SUSPENSIONS_SHOWN]
    views = [
        RuleSuspensionView(
            row.pk,
            row.rule,
            row.category,
            row.alarm_only,
            row.judged,
            row.right,
            row.upper,
            row.line,
            row.suspended_at,
            row.ended_by.display_name if row.ended_by else "",
            row.ended_at,
            row.why,
        )
        for row in rows
    ]
    return tuple(sorted(views, key=lambda view: view.ended_at is not None))
