"""Blind reviews without their answers, and measured agreement.

Reviewers see their agreement with the others but not which colleague differs; supervisors see everything.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.figures import MeasuredBy
from jaga.core.terms.people import Role
from jaga.core.terms.retention import DataKind
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import READERS, visible_to
from jaga.records.access.base.current_user import number_of
from jaga.records.access.cases.blind import KEPT
from jaga.records.access.cases.case_view import CaseView, view_of
from jaga.records.access.cases.evidence import EvidenceView, evidence_of
from jaga.records.access.cases.report_lines import REPORTS_SHOWN, lines_of
from jaga.records.access.cases.reports import ReportView, reports_of
from jaga.records.models import (
    AccessEvent,
    Appeal,
    BlindReview,
    Case,
    Decision,
    GoldenCase,
    Measured,
    Person,
    RetentionErasure,
    TrainingAnswer,
    Vote,
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
    """Whether `casework.quality.blind_review.take_next` would give the actor a case."""
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
