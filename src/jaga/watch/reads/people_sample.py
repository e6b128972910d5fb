"""The sample that people judge: which texts wait for whom, one text without its origin, and progress by week.

Nobody who may judge learns here whether a text was flagged, by which rule, and what others said.

What people decided about accounts that published the same words, and what of such words waits for a decision.

How right the rules are: precision and recall from the sample that people judged, with 95 % intervals.

A text is an **offence** if people settled on a category for it. Precision of a rule: offences of any category among the
texts that it flagged. Recall of a rule: among all offences of its category, flagged by whatever rule or by none, those
that it flagged. Recall of a source or week: offences that any rule flagged among all offences. The estimators are those
of `core.shares`; strata are week, kind of source and rule.

A text belongs to the rule with the strongest signal alone. A text that its source deleted before it was judged is
missing, as if it had not been drawn.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from jaga.cases.models.cases import Case, Platform
from jaga.cases.reads.case_view import takes_case
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.statistics import Estimate, Stratum, recall, weighted_share, without_gaps
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.core.terms.people import Clearance, Role
from jaga.core.terms.reports import SourceKind
from jaga.policy.limits import CLEARED_CATEGORIES, UNSOUGHT_CATEGORIES
from jaga.policy.local_time import today, week_of
from jaga.policy.release import PolicyRelease
from jaga.store.bulk import ask_prepared
from jaga.store.codes import open_observed
from jaga.store.reads import READERS, clearances_of, log_access, number_of
from jaga.watch.models.kept import WatchFinding, WatchSample
from jaga.watch.models.watches import RuleSuspension, SampledText, SampleJudgement, ScreenedCount

HELD = timedelta(hours=24)
"""How long a person may hold a text before it goes to somebody else."""
JUDGED_BY = 2
"""People who judge each text; if they differ, a third one does."""
AUDIENCE = (*READERS, Role.AUDITOR, Role.ADMINISTRATOR, Role.POLICY)
WEEKS_SHOWN = 13


@dataclass(frozen=True)
class SampledTextView:
    """A text to judge: its words alone, and until when the reader holds it."""

    judgement_id: int
    words: str
    until: datetime


@dataclass(frozen=True)
class SampleWeek:
    """One week's draw. `lapsed`: texts deleted before enough people had judged them."""

    week: date
    drawn: int
    settled: int
    waiting: int

    @property
    def lapsed(self) -> int:
        """Texts that nobody can judge any more."""
        return self.drawn - self.settled - self.waiting


def texts_open_to(actor: Actor) -> QuerySet[SampledText]:
    """Drawn texts that need one more judgement, and that this person has neither judged nor left.

    A text that a rule flagged in a category with a clearance is only for people who hold it.
    """
    person, moment = number_of(actor), now()
    own = SampleJudgement.objects.filter(text=OuterRef("pk"), person_id=person).exclude(
        answer__isnull=True, left_at__isnull=True
    )
    rows = SampledText.objects.filter(settled_at__isnull=True, words__isnull=False).filter(~Exists(own))
    if Clearance.CHILD_SAFETY not in clearances_of(actor):
        rows = rows.exclude(category__in=CLEARED_CATEGORIES)
    judged = Q(judgements__answer__isnull=False)
    held = Q(
        judgements__answer__isnull=True, judgements__left_at__isnull=True, judgements__taken_at__gt=moment - HELD
    ) & ~Q(judgements__person_id=person)
    return rows.annotate(
        busy=Count("judgements", filter=judged | held, distinct=True),
        said=Count("judgements", filter=judged),
        kinds=Count("judgements__answer", filter=judged, distinct=True),
    ).filter(Q(busy__lt=JUDGED_BY) | Q(said=JUDGED_BY, kinds=JUDGED_BY, busy=JUDGED_BY))


def held_judgements(actor: Actor) -> QuerySet[SampleJudgement]:
    """The texts the actor has taken and not answered, for as long as they may be held."""
    return SampleJudgement.objects.filter(
        person_id=number_of(actor),
        answer__isnull=True,
        left_at__isnull=True,
        taken_at__gt=now() - HELD,
        text__settled_at__isnull=True,
        text__words__isnull=False,
    )


def access_sampled_text(judgement_id: int, *, actor: Actor) -> SampledTextView:
    """The text that the actor holds. In the access log. Raises NotPermitted, NotFound for any other."""
    actor.require(*READERS)
    row = held_judgements(actor).select_related("text__words").filter(pk=judgement_id).first()
    words = words_of(row.text.words) if row else None
    if row is None or words is None:
        raise NotFound
    log_access(None, AccessKind.SAMPLE, actor=actor)
    return SampledTextView(row.pk, words, row.taken_at + HELD)


def words_of(sample: WatchSample) -> str | None:
    """The text; None if its key was replaced, so that nobody can read it any more."""
    try:
        return open_observed(bytes(sample.sealed))["text"]
    except InvalidToken:
        return None


def answers(release: PolicyRelease) -> tuple[str, ...]:
    """The categories that people can see in a text: those that programs look for."""
    sought = {entry.category for entry in release.lexicon} | {rule.category for rule in release.screening_rules}
    return tuple(
        category.key
        for category in sorted(release.categories, key=lambda one: one.order)
        if category.key in sought and category.key not in UNSOUGHT_CATEGORIES
    )


def sample_weeks(*, actor: Actor) -> tuple[SampleWeek, ...]:
    """The newest weeks that were drawn. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    rows = (
        SampledText.objects.values("week")
        .order_by("-week")
        .annotate(
            drawn=Count("pk"),
            settled=Count("pk", filter=Q(settled_at__isnull=False)),
            waiting=Count("pk", filter=Q(settled_at__isnull=True, words__isnull=False)),
        )[:WEEKS_SHOWN]
    )
    return tuple(SampleWeek(row["week"], row["drawn"], row["settled"], row["waiting"]) for row in rows)


def count_texts_for(actor: Actor) -> int:
    """How many texts the actor can judge now."""
    return texts_open_to(actor).count()


def own_judged_since(moment: datetime, *, actor: Actor) -> int:
    """How many texts the actor has judged since then. Raises NotPermitted."""
    actor.require(*READERS)
    return SampleJudgement.objects.filter(person_id=number_of(actor), judged_at__gte=moment).count()


_NOT_ACTED = (DecisionKind.DISMISS.value, DecisionKind.RESTORE.value)
# A case in which somebody may be a victim says that the words matter.
_CASES = """
SELECT f.same_words, count(*),
       count(*) FILTER (WHERE c.victim_first OR d.acted), count(*) FILTER (WHERE d.judged AND NOT d.acted)
FROM (SELECT DISTINCT same_words, case_id FROM records_flaggedtext WHERE same_words = ANY(%s::bigint[])) f
JOIN records_case c ON c.id = f.case_id
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS judged, coalesce(bool_or(d.kind <> ALL(%s::text[])), false) AS acted
    FROM records_decision d WHERE d.case_id = c.id AND NOT d.provisional
    AND NOT EXISTS (SELECT FROM records_decision o WHERE o.overturns_id = d.id)) d
GROUP BY f.same_words
"""

_WAIT = """
SELECT EXISTS (
    SELECT FROM records_flaggedtext f JOIN records_watchfinding waits ON waits.same_words = f.same_words
    WHERE f.case_id = %s AND f.same_words IS NOT NULL)
"""


@dataclass(frozen=True)
class JudgedWords:
    """How many cases the same words have, in how many people acted (or may have found a victim), and how many they
    dismissed. Decisions that were overturned do not count.
    """

    cases: int = 0
    acted: int = 0
    dismissed: int = 0

    def harmless(self, least: int) -> bool:
        """Whether people dismissed every case of these words, and at least so many."""
        return self.dismissed == self.cases >= least


@dataclass(frozen=True)
class WaitingText:
    """A flagged text that waits, with what was kept of it."""

    finding_id: int
    same_words: int
    category: str
    kept: dict[str, str]
    seen_at: datetime


def judged_words(numbers: Collection[int]) -> dict[int, JudgedWords]:
    """By `watch_codes.same_words_number`, the cases that took such words of late; those without are left out."""
    if not numbers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_CASES, [sorted(numbers), list(_NOT_ACTED)])
        return {number: JudgedWords(*counts) for number, *counts in cursor.fetchall()}


@takes_case
def others_wait(case: Case) -> bool:
    """Whether other accounts that published words of this case wait for what people decide about it and its like."""
    return ask_prepared(_WAIT, [case.pk]) == [(True,)]


def accounts_with_cases(platform: Platform, accounts: Collection[str]) -> set[tuple[str, str]]:
    """Which of these accounts have an open case, with its category."""
    return set(
        Case.objects.filter(
            subject__platform=platform, subject__account_id__in=accounts, state__in=JOINABLE_STATES
        ).values_list("subject__account_id", "category")
    )


def opened(row: WatchFinding) -> WaitingText | None:
    """What waits, to be filed as it was seen; None if its key was replaced. Nobody is shown it here."""
    assert row.sealed is not None
    assert row.same_words is not None
    try:
        kept = open_observed(bytes(row.sealed))
    except InvalidToken:
        return None
    return WaitingText(row.pk, row.same_words, row.category, kept, row.seen_at)


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
