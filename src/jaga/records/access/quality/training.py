"""Training on golden cases: decided cases that a supervisor chose for it, shown without the account's name.

No case that needs a clearance or whose holder may be a victim is used: nobody has to see those to learn the rules.
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import READERS
from jaga.records.access.base.current_user import number_of
from jaga.records.access.cases.case_view import CaseView, view_of
from jaga.records.access.cases.report_lines import REPORTS_SHOWN, lines_of
from jaga.records.access.cases.reports import ReportView, reports_of
from jaga.records.access.quality.blind_review import has_lost_texts
from jaga.records.models import BlindReview, GoldenCase, TrainingAnswer, Vote


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
