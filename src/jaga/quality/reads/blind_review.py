"""Blind reviews without their answers, and measured agreement.

Reviewers see their agreement with the others but not which colleague differs; supervisors see everything.

Rows for measuring agreement and for the error audit; used by the worker only.

How often each person sent the prepared sentence unchanged (`Vote.as_prepared`).

Training on golden cases: decided cases that a supervisor chose for it, shown without the account's name.

No case that needs a clearance or whose holder may be a victim is used: nobody has to see those to learn the rules.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import KEPT, CaseView, view_of
from jaga.cases.reads.gate import REPORTS_SHOWN, lines_of
from jaga.cases.reads.reports import EvidenceView, ReportView, evidence_of, reports_of
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.core.terms.outside import MeasuredBy
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import DataKind
from jaga.people.models import Person
from jaga.policy.release import load_release
from jaga.privacy.models import RetentionErasure
from jaga.quality.models import AccessEvent, BlindReview, GoldenCase, Measured, TrainingAnswer
from jaga.store.reads import READERS, log_access, number_of, visible_to

NEWEST = 200_000  # Most votes one measurement reads.
AUDITED = 20_000  # Most reviewed and appealed cases one audit reads.
_AT_ONCE, _READ_OF_EACH = 500, 2000  # Cases, and code points of a report.

# Adjudicators saw both votes, so theirs is not independent. Sealed votes are excluded: the case must be decided.
_JUDGEMENTS = """
WITH newest AS (
    SELECT case_id, person_id, kind FROM records_vote v WHERE cast_at >= %(since)s
        AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)
    ORDER BY id DESC LIMIT %(newest)s
), judged AS (
    SELECT case_id, person_id, kind FROM newest v WHERE NOT EXISTS (
        SELECT 1 FROM records_decision d
        WHERE d.case_id = v.case_id AND d.adjudicated AND d.decided_by_id = v.person_id)
    UNION ALL
    SELECT case_id, person_id, kind FROM records_blindreview WHERE golden_id IS NULL AND judged_at >= %(since)s
), paired AS (SELECT case_id FROM judged GROUP BY case_id HAVING count(*) > 1)
SELECT j.case_id, c.category, c.language, j.person_id, j.kind
FROM judged j JOIN paired USING (case_id) JOIN records_case c ON c.id = j.case_id
WHERE c.decided_at IS NOT NULL AND NOT c.canary ORDER BY j.case_id, j.person_id
"""

_CHECKED = """
WITH checked AS (
    (SELECT case_id, NOT agrees AS wrong FROM records_blindreview
     WHERE golden_id IS NULL AND judged_at >= %(since)s ORDER BY judged_at DESC LIMIT %(most)s)
    UNION ALL
    (SELECT d.case_id, a.state = 'overturned' FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id
     WHERE a.state <> 'open' AND a.decided_at >= %(since)s ORDER BY a.decided_at DESC LIMIT %(most)s)
)
SELECT p.display_name, c.language, checked.wrong, c.id
FROM checked JOIN records_case c ON c.id = checked.case_id JOIN records_subject s ON s.id = c.subject_id
JOIN records_platform p ON p.id = s.platform_id
"""


@dataclass(frozen=True)
class IndependentJudgement:
    """One independent judgement of a case judged by at least two people."""

    case_id: int
    category: str
    language: str
    person_id: int
    kind: str


@dataclass(frozen=True)
class RecheckedDecision:
    """A decided case that was reviewed again, and whether it was wrong. `text` is what was reported."""

    platform: str
    language: str
    wrong: bool
    text: str


def judgements(since: datetime) -> Iterator[IndependentJudgement]:
    """Independent judgements of decided cases, grouped by case."""
    with connection.cursor() as cursor:
        cursor.execute(_JUDGEMENTS, {"since": since, "newest": NEWEST})
        yield from (IndependentJudgement(*row) for row in cursor.fetchall())


def checked_cases(since: datetime) -> Iterator[RecheckedDecision]:
    """Cases with a completed blind review or appeal."""
    with connection.cursor() as cursor:
        cursor.execute(_CHECKED, {"since": since, "most": AUDITED})
        rows = cursor.fetchall()
    for some in (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)):
        texts: dict[int, list[str]] = defaultdict(list)
        for report in (
            Report.objects.filter(case__in={case for *_, case in some})
            .order_by("pk")
            .only("case_id", "text", "excerpt", "published")
        ):
            texts[report.case_id or 0].append(
                " ".join(part for part in (report.text, report.excerpt, report.published) if part)[:_READ_OF_EACH]
            )
        yield from (
            RecheckedDecision(platform, language, wrong, " ".join(texts[case]))
            for platform, language, wrong, case in some
        )


SHOWN = 50
AUDIENCE = (*READERS, Role.AUDITOR)


def decided_kind(case: Case) -> DecisionKind | None:
    """The decision on the reported account, ignoring appeals; None while undecided."""
    if case.decided_at is None:
        return None
    kind = (
        Decision.objects.filter(case=case, subject_id=case.subject_id)
        .exclude(kind__in=(DecisionKind.RESTORE, DecisionKind.REDACT))
        .order_by("-pk")
        .values_list("kind", flat=True)
        .first()
    )
    return DecisionKind(kind) if kind else None


def open_to(actor: Actor) -> QuerySet[BlindReview]:
    """Blind reviews the actor may take: cleared for the case, no vote on it, no appeal of it decided, no earlier blind
    review of it, and not opened since it was drawn.
    """
    person = number_of(actor)
    again = BlindReview.objects.filter(case=OuterRef("case"), person_id=person)
    opened = AccessEvent.objects.filter(case=OuterRef("case"), person_id=person, at__gte=OuterRef("drawn_at"))
    rows = BlindReview.objects.filter(
        ~has_lost_texts(), judged_at__isnull=True, case__decided_at__isnull=False, case__canary=False
    )
    return (
        rows.filter(*_had_no_part(person), visible_to(actor, path="case__"))
        .filter(~Exists(again) | Q(person_id=person))
        .exclude(Exists(opened))
    )


def untaken(actor: Actor) -> QuerySet[BlindReview]:
    """Those of `open_to` that nobody has, or has had for too long."""
    return open_to(actor).filter(Q(person__isnull=True) | Q(taken_at__lte=now() - KEPT))


def begun_by(actor: Actor) -> QuerySet[BlindReview]:
    """The blind review that the actor has taken and not answered yet."""
    return BlindReview.objects.filter(
        visible_to(actor, path="case__"),
        person_id=number_of(actor),
        judged_at__isnull=True,
        taken_at__gt=now() - KEPT,
        case__decided_at__isnull=False,
    )


def has_next(actor: Actor) -> bool:
    """Whether `quality.verbs.blind_review.take_next` would give the actor a case."""
    return begun_by(actor).exists() or untaken(actor).exists() or golden_for(actor).exists()


def has_lost_texts() -> Exists:
    """Whether what reporters wrote in the row's case was deleted, so that nobody can judge it again."""
    return Exists(RetentionErasure.objects.filter(case=OuterRef("case"), kind=DataKind.REPORT_TEXTS))


def golden_for(actor: Actor) -> QuerySet[GoldenCase]:
    """Golden cases the actor has never met: not marked, voted on, reviewed or trained on by them."""
    person = number_of(actor)
    again = BlindReview.objects.filter(case=OuterRef("case"), person_id=person)
    trained = TrainingAnswer.objects.filter(golden__case=OuterRef("case"), person_id=person)
    rows = GoldenCase.objects.filter(
        ~has_lost_texts(), withdrawn_at__isnull=True, training=False, case__decided_at__isnull=False
    )
    return rows.exclude(marked_by_id=person).filter(
        ~Exists(again), ~Exists(trained), *_had_no_part(person), visible_to(actor, path="case__")
    )


def _had_no_part(person: int) -> tuple[Q, Q]:
    voted = Vote.objects.filter(case=OuterRef("case"), person_id=person)
    answered = Appeal.objects.filter(decision__case=OuterRef("case"), decided_by_id=person)
    return Q(~Exists(voted)), Q(~Exists(answered))


@dataclass(frozen=True)
class BlindReviewTask:
    """A case for blind review: what was reported, without others' judgements."""

    blind_review_id: int
    case: CaseView
    until: datetime
    reports: tuple[ReportView, ...]
    evidence: tuple[EvidenceView, ...]


def access_task(blind_review_id: int, *, actor: Actor) -> BlindReviewTask:
    """The actor's current blind review. Raises NotPermitted; NotFound for any other."""
    actor.require(*READERS)
    row = (
        BlindReview.objects.select_related("case__subject__platform")
        .filter(
            visible_to(actor, path="case__"),
            pk=blind_review_id,
            person_id=number_of(actor),
            judged_at__isnull=True,
            taken_at__gt=now() - KEPT,
        )
        .first()
    )
    if row is None or row.taken_at is None:
        raise NotFound
    log_access(row.case, AccessKind.CASE, actor=actor)
    numbers = [line.report_id for line in lines_of(row.case)[:REPORTS_SHOWN]]
    return BlindReviewTask(
        row.pk, view_of(row.case), row.taken_at + KEPT, reports_of(row.case, numbers), evidence_of(row.case)
    )


def access_quality(*, actor: Actor) -> None:
    """Check access to the quality page. Raises NotPermitted."""
    actor.require(*AUDIENCE)


LEAST_NAMED = 10
"""Nobody is named with fewer pairs: one differing judgement would look like a habit, and point at a case."""


def _unnamed() -> Q:
    return Q(dimension=MeasuredBy.REVIEWER, pairs__lt=LEAST_NAMED)


def people_not_named(*, actor: Actor) -> int:
    """How many people have been measured with too few pairs to be named; for supervisors. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR)
    return Measured.objects.filter(_unnamed()).count()


@dataclass(frozen=True)
class AgreementView:
    """One measured agreement. `name` is a person's display name if the row is about one person."""

    dimension: MeasuredBy
    key: str
    name: str
    units: int
    pairs: int
    alike: int
    alpha: float | None
    low: float | None
    high: float | None
    counted_at: datetime

    @property
    def share_alike(self) -> float:
        """The share of pairs that agree, not corrected for chance."""
        return self.alike / self.pairs if self.pairs else 0.0


def agreements(*, actor: Actor) -> tuple[AgreementView, ...]:
    """Agreement as last measured: supervisors see everyone's, others only their own, and nobody sees a person's below
    `LEAST_NAMED` pairs. Raises NotPermitted.
    """
    actor.require(*AUDIENCE, Role.ADMINISTRATOR)  # Administrators see it on the dashboard.
    others = Q(dimension=MeasuredBy.REVIEWER) & ~Q(key=str(number_of(actor)))
    rows = Measured.objects.all() if Role.SUPERVISOR in actor.roles else Measured.objects.exclude(others)
    found = list(rows.exclude(_unnamed()).order_by("dimension", "key"))
    people = {
        str(pk): name
        for pk, name in Person.objects.filter(
            pk__in=[int(row.key) for row in found if row.dimension == MeasuredBy.REVIEWER]
        ).values_list("pk", "display_name")
    }
    return tuple(
        AgreementView(
            MeasuredBy(row.dimension),
            row.key,
            people.get(row.key, "") if row.dimension == MeasuredBy.REVIEWER else "",
            row.units,
            row.pairs,
            row.alike,
            row.alpha,
            row.low,
            row.high,
            row.counted_at,
        )
        for row in found
    )


@dataclass(frozen=True)
class DifferenceView:
    """A judgement that differs from the decision or the golden answer."""

    blind_review_id: int
    case_id: int
    reference: str
    category: str
    golden: bool
    expected: DecisionKind
    judged: DecisionKind
    judged_by: str
    reasons: str
    judged_at: datetime
    seen_by: str
    note: str
    own: bool


def list_differences(*, actor: Actor) -> tuple[DifferenceView, ...]:
    """Differences, unreviewed ones first. Raises NotPermitted for anyone but a supervisor."""
    person = actor.require(Role.SUPERVISOR)
    newest = (
        Decision.objects.filter(case=OuterRef("case"), subject=OuterRef("case__subject"))
        .exclude(kind__in=(DecisionKind.RESTORE, DecisionKind.REDACT))
        .order_by("-pk")
        .values("kind")[:1]
    )
    rows = (
        BlindReview.objects.filter(visible_to(actor, path="case__"), agrees=False)
        .select_related("case", "golden", "person", "seen_by")
        .annotate(decided=Subquery(newest))
        .order_by(F("seen_at").desc(nulls_first=True), "-judged_at")[:SHOWN]
    )
    return tuple(
        DifferenceView(
            row.pk,
            row.case_id,
            row.case.reference,
            row.case.category,
            row.golden is not None,
            DecisionKind(row.golden.kind if row.golden else row.decided),
            DecisionKind(row.kind or ""),
            row.person.display_name if row.person else "",
            row.reasons,
            row.judged_at,
            row.seen_by.display_name if row.seen_by else "",
            row.note,
            row.person_id == person,
        )
        for row in rows
        if row.judged_at is not None
    )


@dataclass(frozen=True)
class GoldenCaseView:
    """A golden case with its answer and how often it was judged."""

    golden_id: int
    case_id: int
    reference: str
    category: str
    kind: DecisionKind
    reasons: str
    marked_by: str
    marked_at: datetime
    right: int
    wrong: int
    training: bool


def list_golden(*, actor: Actor) -> tuple[GoldenCaseView, ...]:
    """Golden cases in use, newest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        GoldenCase.objects.filter(visible_to(actor, path="case__"), withdrawn_at__isnull=True)
        .select_related("case", "marked_by")
        .annotate(
            right=Count("blind_reviews", filter=Q(blind_reviews__agrees=True)),
            wrong=Count("blind_reviews", filter=Q(blind_reviews__agrees=False)),
        )
        .order_by("-pk")[:SHOWN]
    )
    return tuple(
        GoldenCaseView(
            row.pk,
            row.case_id,
            row.case.reference,
            row.case.category,
            DecisionKind(row.kind),
            row.reasons,
            row.marked_by.display_name,
            row.marked_at,
            row.right,
            row.wrong,
            row.training,
        )
        for row in rows
    )


LEAST_VOTES = 10


@dataclass(frozen=True)
class UnchangedShare:
    """One person's votes with facts in the quality window, and how many of them hold the prepared sentence."""

    name: str
    votes: int
    unchanged: int

    @property
    def percent(self) -> float:
        """The share sent unchanged, in percent."""
        return 100 * self.unchanged / self.votes


def unchanged_shares(*, actor: Actor) -> tuple[UnchangedShare, ...]:
    """Each person with at least `LEAST_VOTES` votes with facts, the highest share first. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR)
    since = now() - timedelta(days=load_release().quality.window_days)
    rows = (
        Vote.objects.filter(cast_at__gt=since)
        .exclude(facts="")
        .values("person_id", "person__display_name")
        .annotate(votes=Count("pk"), unchanged=Count("pk", filter=Q(as_prepared=True)))
        .filter(votes__gte=LEAST_VOTES)
    )
    found = [UnchangedShare(row["person__display_name"], row["votes"], row["unchanged"]) for row in rows]
    return tuple(sorted(found, key=lambda one: (-one.percent, one.name)))


@dataclass(frozen=True)
class TrainingProgress:
    """How many training cases there are for this person, how many they answered, and how many of these alike."""

    cases: int
    answered: int
    alike: int
    next_id: int | None


@dataclass(frozen=True)
class TrainingFeedback:
    """One's own answer beside the supervisor's."""

    kind: DecisionKind
    reasons: str
    agrees: bool
    right_kind: DecisionKind
    right_reasons: str


@dataclass(frozen=True)
class TrainingTask:
    """A training case; with `feedback` once it is answered."""

    golden_id: int
    case: CaseView
    reports: tuple[ReportView, ...]
    feedback: TrainingFeedback | None


def training_for(actor: Actor) -> QuerySet[GoldenCase]:
    """Training cases of this person: in none of them have they voted, and none have they judged blind."""
    person = number_of(actor)
    voted = Vote.objects.filter(case=OuterRef("case"), person_id=person)
    blind = BlindReview.objects.filter(case=OuterRef("case"), person_id=person)
    rows = GoldenCase.objects.filter(
        training=True,
        withdrawn_at__isnull=True,
        case__decided_at__isnull=False,
        case__clearance="",
        case__victim_first=False,
    )
    return rows.filter(~Exists(voted), ~Exists(blind), ~has_lost_texts()).exclude(marked_by_id=person)


def training_progress(*, actor: Actor) -> TrainingProgress:
    """The actor's own progress. Raises NotPermitted for anyone who does not judge cases."""
    actor.require(*READERS)
    rows = training_for(actor)
    answered = dict(
        TrainingAnswer.objects.filter(person_id=number_of(actor), golden__in=rows).values_list("golden", "agrees")
    )
    numbers = list(rows.order_by("pk").values_list("pk", flat=True))
    return TrainingProgress(
        len(numbers),
        len(answered),
        sum(answered.values()),
        next((number for number in numbers if number not in answered), None),
    )


def access_training(golden_id: int, *, actor: Actor) -> TrainingTask:
    """One training case. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    row = training_for(actor).filter(pk=golden_id).select_related("case__subject__platform").first()
    if row is None:
        raise NotFound
    log_access(row.case, AccessKind.CASE, actor=actor)
    answer = TrainingAnswer.objects.filter(golden=row, person_id=number_of(actor)).first()
    feedback = (
        TrainingFeedback(DecisionKind(answer.kind), answer.reasons, answer.agrees, DecisionKind(row.kind), row.reasons)
        if answer
        else None
    )
    numbers = [line.report_id for line in lines_of(row.case)[:REPORTS_SHOWN]]
    return TrainingTask(row.pk, view_of(row.case), reports_of(row.case, numbers), feedback)
