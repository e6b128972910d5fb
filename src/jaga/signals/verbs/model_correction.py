"""Corrects the probabilities of a model in use by the installation's own decisions, and proposes the corrected model.

CPU-intensive: for the command line, never a web process.

The correction is learnt from the older half of the cases that were *opened* since the model's training, and measured on
the newer half. Cases are taken by when they came, not by when they were decided: a case with a higher score is decided
earlier, so the latest decisions have more offences than the cases behind them. The newest are left out from where on
more than `MOST_WAITING` of all cases since then are not settled. Near copies count once, and invented (canary) and
victim-first cases do not count. Only what was reported or watched is decided at all: the correction holds for the cases
of its category, as the model does, and for nothing else. Where a random sample of these cases was judged again blind,
decisions that it contradicts correct nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from django.db.models import Exists, OuterRef, Q

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.statistics import share
from jaga.core.terms.cases import AppealState, DecisionKind
from jaga.core.terms.reports import ModelState
from jaga.decisions.models import PendingDecision
from jaga.policy.release import load_release
from jaga.quality.models import BlindReview
from jaga.screening.copies.copies import clusters
from jaga.screening.models.classifier import Classifier, Model, block_of, unpacked
from jaga.screening.models.grams_kernel import features
from jaga.screening.models.learning import LEAST_DECIDED, LEAST_OF_EACH, Lesson, chances, correction_for
from jaga.screening.models.measures import ModelMeasures, measured
from jaga.signals.models import LearntModel
from jaga.signals.verbs.model_registry import NewModel, propose_model
from jaga.signals.verbs.model_training import lessons_of
from jaga.store.vault import unseal

MOST_WAITING = 0.05  # of the cases opened up to a moment; later ones are not used
LEAST_BLIND = 20  # cases judged again before their judgement can contradict the decisions
HELD_OF_EACH = 5  # of the newer half, to measure on
_ACTED = (DecisionKind.RESTRICT, DecisionKind.CLOSE)


class NoModelInUse(Conflict):
    """There is nothing to correct."""

    code = "no_model_in_use"
    sentence = N_("No trained model is in use for “%(category)s”, so there is nothing to correct.")
    remedy = N_("Learn one with `jaga screening train`.")


class TooFewSettled(Conflict):
    """Too few cases since the model's training are settled."""

    code = "too_few_settled"
    sentence = N_(
        "Too few cases that came since the model was learnt are decided. To correct by: %(positives)s acted "
        "on and %(negatives)s dismissed; %(needed)s in all and %(of_each)s of each are needed. Newer ones, "
        "to measure it on: %(held_positives)s and %(held_negatives)s; %(needed)s in all and "
        "%(held_of_each)s of each are needed."
    )
    remedy = N_("Nothing is corrected until then. Cases that wait hold back those that came after them.")


class DecisionsDoubted(Conflict):
    """A random sample judged again blind contradicts the decisions."""

    code = "decisions_doubted"
    sentence = N_(
        "Of %(judged)s of these cases that were drawn at random and judged again without seeing the "
        "decision, %(again)s would be acted on; %(first)s were. A model is not corrected towards decisions "
        "in doubt."
    )
    remedy = N_("Look at the page *Quality* first.")


@dataclass(frozen=True)
class Cohort:
    """The settled cases of a category that came after a moment, in the order in which they came."""

    lessons: tuple[Lesson, ...]
    opened_from: datetime | None
    opened_until: datetime | None
    waiting: int
    """Of the cases that came in this time, those not settled."""


@dataclass(frozen=True)
class Corrected:
    """What was proposed, if anything, with its measures and those of the model in use on the same cases."""

    row: LearntModel | None
    own: ModelMeasures
    other: ModelMeasures
    about: dict[str, object]
    """As stored with the model: see `_about`."""


def correct_model(category: str, *, actor: Actor) -> Corrected:
    """Correct the category's model in use, measure the correction on newer cases, and propose it as a model.

    Proposes nothing if the cases do not contradict the model. What is proposed is approved, replaced and put back like
    any model, and is exactly what was measured. Raises NotFound for an unknown category, NotPermitted, NoModelInUse,
    TooFewSettled, DecisionsDoubted, AlreadyLearnt.
    """
    release = load_release()
    if category not in release.by_key:
        raise NotFound
    current = LearntModel.objects.filter(category=category, state=ModelState.APPROVED).first()
    if current is None:
        raise NoModelInUse(category=category)
    cohort = cohort_of(category, current.learnt_until)
    lessons = without_copies(cohort.lessons)
    older, newer = lessons[: len(lessons) // 2], lessons[len(lessons) // 2 :]
    _require_enough(older, newer)
    judged = _judged_again(lessons)
    model = unpacked(unseal(current.sha256, None))
    correction = correction_for(_log_odds(model, older), np.array([one.positive for one in older]))
    before, truth = _log_odds(model, newer), [one.positive for one in newer]
    threshold = release.screening.model_from
    own = measured(_scores(correction.of(before)), truth, threshold)
    other = measured(_scores(chances(before)), truth, threshold)
    about = _about(current, cohort, lessons, older, judged) | {"slope": correction.slope, "shift": correction.shift}
    if correction.nothing:
        return Corrected(None, own, other, about)
    made = correction.of_model(model)
    row = propose_model(
        NewModel(
            category,
            made.packed(),
            made.sha256,
            current.features,
            max(one.decided_at for one in older),
            current.positives,
            current.negatives,
            own,
            other,
            current.pk,
            about,
        ),
        actor=actor,
    )
    return Corrected(row, own, other, about)


def cohort_of(category: str, after: datetime) -> Cohort:
    """The settled cases opened after a moment, up to where too many wait.

    A case is settled if it was decided and neither the undo window nor an appeal is open; what of these teaches is as
    in training. Cases without a published text do not count.
    """
    published = Report.objects.filter(case=OuterRef("pk"), withdrawn_at__isnull=True).exclude(published="")
    unsettled = (
        (Q(decided_at__isnull=True) & ~Q(state=CaseState.RESOLVED))
        | Exists(PendingDecision.objects.filter(case=OuterRef("pk"), ended_at__isnull=True))
        | Exists(Appeal.objects.filter(decision__case=OuterRef("pk"), state=AppealState.OPEN))
    )
    cases = (
        Case.objects.filter(category=category, opened_at__gt=after, canary=False, victim_first=False)
        .filter(Exists(published))
        .order_by("opened_at", "pk")
    )
    waits = set(cases.filter(unsettled).values_list("pk", flat=True))
    opened = list(cases.values_list("pk", "opened_at"))
    used, waiting = 0, 0
    for place, (case, _) in enumerate(opened, 1):
        waiting += case in waits
        if waiting <= MOST_WAITING * place:
            used = place
    by_case = {one.case: one for one in lessons_of(category)}
    taken = opened[:used]
    return Cohort(
        tuple(by_case[case] for case, _ in taken if case in by_case and case not in waits),
        taken[0][1] if taken else None,
        taken[-1][1] if taken else None,
        sum(case in waits for case, _ in taken),
    )


def without_copies(lessons: Sequence[Lesson]) -> list[Lesson]:
    """The cases of which no text nearly copies one of an earlier case: a flood of copies is one thing, not many."""
    texts = [text for one in lessons for text in one.texts]
    first, slots = features(block_of(texts))
    alike = iter(clusters([slots[first[at] : first[at + 1]].tolist() for at in range(len(texts))]))
    seen, kept = set[int](), list[Lesson]()
    for one in lessons:
        own = {next(alike) for _ in one.texts}
        if seen.isdisjoint(own):
            kept.append(one)
        seen |= own
    return kept


def _require_enough(older: Sequence[Lesson], newer: Sequence[Lesson]) -> None:
    counts = [sum(one.positive is kind for one in part) for part in (older, newer) for kind in (True, False)]
    if min(len(older), len(newer)) < LEAST_DECIDED or min(counts[:2]) < LEAST_OF_EACH or min(counts[2:]) < HELD_OF_EACH:
        raise TooFewSettled(
            positives=counts[0],
            negatives=counts[1],
            held_positives=counts[2],
            held_negatives=counts[3],
            needed=LEAST_DECIDED,
            of_each=LEAST_OF_EACH,
            held_of_each=HELD_OF_EACH,
        )


def _judged_again(lessons: Sequence[Lesson]) -> dict[str, int]:
    """Of cases drawn at random and judged blind: how many, how many acted on then, and at first.

    Raises DecisionsDoubted if the first decisions' rate is outside the 95 % interval of the blind ones'.
    """
    first = {one.case: one.positive for one in lessons}
    rows = BlindReview.objects.filter(golden__isnull=True, judged_at__isnull=False, case__in=first)
    again = {case: kind in _ACTED for case, kind in rows.values_list("case_id", "kind")}
    judged = {"judged": len(again), "again": sum(again.values()), "first": sum(first[case] for case in again)}
    blind = share(judged["again"], judged["judged"])
    if blind and blind.whole >= LEAST_BLIND and not blind.low <= judged["first"] / blind.whole <= blind.high:
        raise DecisionsDoubted(judged=judged["judged"], again=judged["again"], first=judged["first"])
    return judged


def _log_odds(model: Model, lessons: Sequence[Lesson]) -> npt.NDArray[np.float64]:
    """The highest of each case's texts."""
    found = iter(Classifier([model], 0.5).log_odds(block_of([text for one in lessons for text in one.texts]))[:, 0])
    return np.array([max(float(next(found)) for _ in one.texts) for one in lessons])


def _scores(probabilities: npt.NDArray[np.float64]) -> list[float]:
    scores: list[float] = probabilities.tolist()
    return scores


def _about(
    current: LearntModel, cohort: Cohort, lessons: Sequence[Lesson], older: Sequence[Lesson], judged: dict[str, int]
) -> dict[str, object]:
    """What the correction was made of: the model that it corrects, the cases and their rate, and the blind sample."""
    return {
        "of": current.pk,
        "cases": len(older),
        "acted_on": sum(one.positive for one in older),
        "opened_from": cohort.opened_from.isoformat() if cohort.opened_from else "",
        "opened_until": cohort.opened_until.isoformat() if cohort.opened_until else "",
        "waiting": cohort.waiting,
        "copies": len(cohort.lessons) - len(lessons),
        "blind": judged,
    }
