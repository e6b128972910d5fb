"""Trains models on the installation's own decisions.

CPU-intensive: for the command line, never a web process.

Training data are texts that accounts published, in decided cases of one category, acted on or dismissed. Excluded are
reporters' words, decisions overturned or under appeal, pending decisions, interim measures, withdrawn reports, canary
cases and victim-first cases, where a dismissal may protect a person.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.errors import N_, JagaError, NotFound
from jaga.core.terms.cases import AppealState, DecisionKind
from jaga.core.terms.reports import ModelState
from jaga.decisions.models import PendingDecision
from jaga.policy.limits import CLEARED_CATEGORIES, UNSOUGHT_CATEGORIES, VICTIM_FIRST_CATEGORIES
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.models.classifier import (
    Classifier,
    Model,
    block_of,
    unpacked,
)
from jaga.screening.models.grams import VERSION
from jaga.screening.models.learning import Lesson, divided, examples_of, learn
from jaga.screening.models.measures import ModelMeasures, measured, without_model
from jaga.signals.models import LearntModel
from jaga.signals.verbs.model_registry import NewModel, propose_model
from jaga.store.vault import unseal

HELD = 0.2  # share of the decided cases, the newest, kept for measuring


MOST_CASES = 50_000  # the newest


MOST_TEXTS = 20  # the first of each case


_ACTED = (DecisionKind.RESTRICT, DecisionKind.CLOSE)


class NoModelHere(JagaError):
    """No model may be trained for this category."""

    code = "no_model_here"
    status = 422
    sentence = N_(
        "Nothing is learnt for this category: its cases go the victim-first way, and a machine that guesses "
        "wrongly there costs a person who needs help."
    )
    remedy = N_("The word list and the rules of the policy release work there.")


class TooFewDecisions(JagaError):
    """There are too few decisions for training or measuring."""

    code = "too_few_decisions"
    status = 409
    sentence = N_(
        "Too few decided cases under “%(category)s”. To learn from: %(positives)s acted on and %(negatives)s "
        "dismissed, %(needed)s of each are needed. Newer ones, to measure it on: %(held_positives)s and "
        "%(held_negatives)s, %(held_needed)s of each are needed."
    )
    remedy = N_("Learn again when more cases are decided. Until then the word list and the rules work alone.")


@dataclass(frozen=True)
class Proposed:
    """The proposed model's row, its measures, and those of what it was compared with."""

    row: LearntModel
    own: ModelMeasures
    other: ModelMeasures


def learn_from_decisions(category: str, *, actor: Actor) -> Proposed:
    """Train a model on the older decisions, measure it on the newest, and propose it.

    The proposed model is exactly the measured one. Raises NotFound for an unknown category, NotPermitted, NoModelHere,
    TooFewDecisions, AlreadyLearnt.
    """
    release = load_release()
    if category not in release.by_key:
        raise NotFound
    closed = VICTIM_FIRST_CATEGORIES | CLEARED_CATEGORIES | UNSOUGHT_CATEGORIES
    if category in closed or release.by_key[category].victim_first:
        raise NoModelHere
    current = LearntModel.objects.filter(category=category, state=ModelState.APPROVED).first()
    learnt, held = divided(lessons_of(category), held=HELD, after=current.learnt_until if current else None)
    _require_enough(category, learnt, held, release)
    model = learn(examples_of(learnt), category)
    truth = [lesson.positive for lesson in held]
    threshold = release.screening.model_from
    share = sum(lesson.positive for lesson in learnt) / len(learnt)
    own = measured(_scores(model, held), truth, threshold)
    other = (
        without_model(truth, share, threshold)
        if current is None
        else measured(_scores(unpacked(unseal(current.sha256, None)), held), truth, threshold)
    )
    row = propose_model(
        NewModel(
            category,
            model.packed(),
            model.sha256,
            VERSION,
            max(lesson.decided_at for lesson in learnt),
            sum(lesson.positive for lesson in learnt),
            sum(not lesson.positive for lesson in learnt),
            own,
            other,
            current.pk if current else None,
        ),
        actor=actor,
    )
    return Proposed(row, own, other)


def lessons_of(category: str) -> list[Lesson]:
    """The decided cases of a category with their texts, as described in the module; the newest `MOST_CASES`."""
    made = Decision.objects.filter(case=OuterRef("pk"))
    acted = made.filter(subject=OuterRef("subject"), kind__in=_ACTED, provisional=False)
    unsettled = (
        Exists(made.filter(overturned_by__isnull=False)),
        Exists(made.filter(kind=DecisionKind.RESTORE)),
        Exists(Appeal.objects.filter(decision__case=OuterRef("pk"), state=AppealState.OPEN)),
        Exists(PendingDecision.objects.filter(case=OuterRef("pk"), ended_at__isnull=True)),
    )
    cases = Case.objects.filter(category=category, decided_at__isnull=False, canary=False, victim_first=False)
    for doubt in unsettled:
        cases = cases.exclude(doubt)
    positive = dict(cases.filter(Exists(acted)).order_by("-decided_at").values_list("pk", "decided_at")[:MOST_CASES])
    dismissed = cases.filter(Exists(made.filter(kind=DecisionKind.DISMISS))).exclude(
        Exists(made.exclude(kind=DecisionKind.DISMISS))
    )
    negative = dict(dismissed.order_by("-decided_at").values_list("pk", "decided_at")[:MOST_CASES])
    texts, subjects = _texts([*positive, *negative])
    return [
        Lesson(case, subjects[case], case in positive, moment, tuple(texts[case]))
        for case, moment in (*positive.items(), *negative.items())
        if case in texts and moment is not None
    ]


def _texts(cases: list[int]) -> tuple[dict[int, list[str]], dict[int, int]]:
    """The distinct published texts of each case, and the account of each case."""
    texts, subjects = defaultdict[int, list[str]](list), dict[int, int]()
    rows = (
        Report.objects.filter(case__in=cases, withdrawn_at__isnull=True)
        .exclude(published="")
        .order_by("pk")
        .values_list("case_id", "case__subject_id", "published")
    )
    for case, subject, text in rows.iterator(chunk_size=2000):
        assert case is not None
        assert subject is not None
        subjects[case] = subject
        if len(texts[case]) < MOST_TEXTS and text not in texts[case]:
            texts[case].append(text)
    return texts, subjects


def _require_enough(category: str, learnt: list[Lesson], held: list[Lesson], release: PolicyRelease) -> None:
    needed = release.screening.model_cases
    held_needed = max(5, int(needed * HELD))
    counts = [sum(lesson.positive is kind for lesson in part) for part in (learnt, held) for kind in (True, False)]
    if min(counts[:2]) < needed or min(counts[2:]) < held_needed:
        raise TooFewDecisions(
            category=category,
            positives=counts[0],
            negatives=counts[1],
            held_positives=counts[2],
            held_negatives=counts[3],
            needed=needed,
            held_needed=held_needed,
        )


def _scores(model: Model, lessons: list[Lesson]) -> list[float]:
    """The highest score among each case's texts, as it would appear in the queue."""
    found = iter(Classifier([model], 0.5).scores(block_of([text for one in lessons for text in one.texts]))[:, 0])
    return [max(float(next(found)) for _ in one.texts) for one in lessons]
