"""A model in use is corrected by the installation's own decisions, as a model that people approve."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.utils import timezone
from tests.casework.screening.test_model_registry import AD, ADS, LESSONS, OTHER, START, second
from tests.factories import CATEGORY, World, in_review, vote

from jaga.cases.models.cases import Case, Signal
from jaga.core.actors import CLI
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import ModelState
from jaga.quality.models import BlindReview
from jaga.screening.models.classifier import unpacked
from jaga.screening.models.learning import Lesson
from jaga.screening.models.measures import from_stored
from jaga.signals.models import LearntModel
from jaga.signals.verbs import model_correction, model_registry, model_training
from jaga.signals.verbs.model_correction import Cohort
from jaga.store.models import LedgerEntry
from jaga.store.vault import unseal


def later(number: int, rate: float = 0.25) -> Lesson:
    """An invented case that came after the training: in the words of advertisements, of which `rate` are acted on."""
    random = Random(1000 + number)
    words = (
        random.sample(ADS, random.randint(0, 3))
        + random.sample(OTHER, 2)
        + ["".join(random.choices("bdgklmnprstaiueo", k=6)) for _ in range(6)]
    )
    shown = sum(word in ADS for word in words)
    return Lesson(
        10_000 + number,
        10_000 + number,
        random.random() < rate * shown / 1.5,
        START + timedelta(days=30, hours=number),
        (" ".join(words),),
    )


def cohort(*lessons: Lesson) -> Cohort:
    return Cohort(lessons, START, START + timedelta(days=60), 0)


LATER = [later(number) for number in range(400)]


@pytest.fixture
def in_use(world: World, monkeypatch: pytest.MonkeyPatch) -> LearntModel:
    """A model in use, and four hundred cases since, a quarter as often acted on."""
    monkeypatch.setattr(model_training, "lessons_of", lambda category: LESSONS)
    monkeypatch.setattr(model_correction, "cohort_of", lambda category, after: cohort(*LATER))
    row = model_training.learn_from_decisions(CATEGORY, actor=second(world)).row
    return model_registry.approve_model(row.pk, actor=world.supervisor)


@pytest.mark.django_db
def test_a_correction_is_a_model_that_another_person_approves(world: World, in_use: LearntModel) -> None:
    """It has the same weights, is better calibrated on later cases in the same order, and can be taken back; each step
    is in the ledger with the model that it corrects.
    """
    found = model_correction.correct_model(CATEGORY, actor=second(world))
    row = found.row
    assert row is not None
    assert (row.state, row.better, row.compared_with_id) == (ModelState.PROPOSED, True, in_use.pk)
    assert (row.positives, row.negatives) == (in_use.positives, in_use.negatives)
    made, before = unpacked(unseal(row.sha256, None)), unpacked(unseal(in_use.sha256, None))
    assert (made.weights == before.weights).all()
    assert (made.slope, made.intercept) != (before.slope, before.intercept)
    own, other = from_stored(row.metrics["own"]), from_stored(row.metrics["other"])
    assert own.ece_by_chance is not None
    assert other.ece_by_chance is not None
    assert own.ece < own.ece_by_chance
    assert other.ece > other.ece_by_chance
    assert own.average_precision == other.average_precision
    about = row.metrics["correction"]
    assert (about["of"], about["cases"], about["copies"]) == (in_use.pk, 200, 0)
    assert about["acted_on"] == sum(one.positive for one in LATER[:200])
    assert row.learnt_until == max(one.decided_at for one in LATER[:200])
    assert LedgerEntry.objects.filter(verb="propose_model").last().payload["corrects"] == in_use.pk  # type: ignore[union-attr]
    with pytest.raises(model_registry.OwnModel):
        model_registry.approve_model(row.pk, actor=second(world))
    loud = Signal.objects.get(case_id=in_review(published=f"halo semua, {AD}"), source="model")
    model_registry.approve_model(row.pk, actor=world.supervisor)
    in_use.refresh_from_db()
    assert in_use.state == ModelState.RETIRED
    quiet = Signal.objects.filter(
        case_id=in_review(account="@lain:localhost", published=f"halo warga, {AD}"), source="model"
    ).first()
    assert quiet is None or quiet.params["percent"] < loud.params["percent"]
    model_registry.reinstate_model(
        in_use.pk, actor=second(world) if in_use.proposed_by_id != second(world).person_id else world.supervisor
    )
    in_use.refresh_from_db()
    assert in_use.state == ModelState.APPROVED
    assert [
        entry.payload.get("corrects") for entry in LedgerEntry.objects.filter(verb="replace_model").order_by("pk")
    ] == [None, in_use.pk]


@pytest.mark.django_db
def test_cases_that_do_not_contradict_correct_nothing(
    world: World, in_use: LearntModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The corrected model is left alone by the cases that it was corrected by, so nothing is proposed again."""
    row = model_correction.correct_model(CATEGORY, actor=second(world)).row
    assert row is not None
    model_registry.approve_model(row.pk, actor=world.supervisor)
    again = model_correction.correct_model(CATEGORY, actor=second(world))
    assert again.row is None
    assert (again.about["slope"], again.about["shift"]) == (1, 0)
    assert again.own == again.other
    assert LearntModel.objects.count() == 2


@pytest.mark.django_db
def test_below_the_floor_nothing_is_corrected(
    world: World, in_use: LearntModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Too few cases in all, or of one kind, and too many of them copies of one: each is said with its numbers."""
    copies = [replace(one, texts=(f"{LATER[0].texts[0]}!",)) for one in LATER]
    dismissed = [replace(one, positive=number % 40 == 0) for number, one in enumerate(LATER)]
    for lessons in (LATER[:90], copies, dismissed, []):
        monkeypatch.setattr(model_correction, "cohort_of", lambda category, after, own=lessons: cohort(*own))
        with pytest.raises(model_correction.TooFewSettled) as refused:
            model_correction.correct_model(CATEGORY, actor=second(world))
        assert "50 in all and 10 of each" in refused.value.english()
    assert LearntModel.objects.count() == 1


@pytest.mark.django_db
def test_what_cannot_be_corrected_is_refused(world: World, in_use: LearntModel) -> None:
    """An unknown category, a category without a model, and people who decide on no models."""
    with pytest.raises(NotFound):
        model_correction.correct_model("dancing", actor=second(world))
    with pytest.raises(model_correction.NoModelInUse):
        model_correction.correct_model("gambling", actor=second(world))
    for who in (world.reviewers[0], world.officer, CLI):
        with pytest.raises(NotPermitted):
            model_correction.correct_model(CATEGORY, actor=who)


@pytest.mark.django_db
def test_a_blind_sample_that_contradicts_the_decisions_corrects_nothing(
    world: World, in_use: LearntModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of thirty cases drawn at random, reviewers who did not see the decision would have acted on all; ten say
    nothing.
    """
    numbers = [
        in_review(account=f"@a{number}:localhost", published=f"{LATER[number].texts[0]} {number}")
        for number in range(30)
    ]
    moment = datetime(2026, 3, 1, tzinfo=UTC)
    known = [replace(one, case=numbers[place]) if place < 30 else one for place, one in enumerate(LATER)]
    monkeypatch.setattr(model_correction, "cohort_of", lambda category, after: cohort(*known))

    def judge(case: int) -> None:
        BlindReview.objects.create(
            case_id=case,
            drawn_at=moment,
            taken_at=moment,
            judged_at=moment,
            agrees=False,
            kind=DecisionKind.CLOSE,
            reasons="Menawarkan.",
            person_id=world.supervisor.person_id,
        )

    for case in numbers[:10]:
        judge(case)
    found = model_correction.correct_model(CATEGORY, actor=second(world))
    assert found.about["blind"] == {"judged": 10, "again": 10, "first": sum(one.positive for one in LATER[:10])}
    for case in numbers[10:]:
        judge(case)
    with pytest.raises(model_correction.DecisionsDoubted, match="30 would be acted on"):
        model_correction.correct_model(CATEGORY, actor=second(world))


@pytest.mark.django_db
def test_cases_are_taken_as_they_came_up_to_where_too_many_wait(world: World) -> None:
    """Not the ones decided first: behind a case that waits none counts, until few enough of all wait. Invented cases,
    victims' cases and cases without a published text do not count at all.
    """
    start = timezone.now() - timedelta(hours=1)
    cases = [in_review(account=f"@b{number}:localhost", published=f"open BO nego {number}") for number in range(4)]
    for place in (0, 1, 3):
        vote(cases[place], DecisionKind.DISMISS if place else DecisionKind.RESTRICT, world.reviewers[0])
    in_review(account="@wordless:localhost", published="")
    found = model_correction.cohort_of(CATEGORY, start)
    assert [(one.case, one.positive) for one in found.lessons] == [(cases[0], True), (cases[1], False)]
    assert (found.waiting, found.opened_until) == (0, Case.objects.get(pk=cases[1]).opened_at)
    vote(cases[2], DecisionKind.DISMISS, world.reviewers[0])
    found = model_correction.cohort_of(CATEGORY, start)
    assert [one.case for one in found.lessons] == cases
    assert model_correction.cohort_of(CATEGORY, Case.objects.get(pk=cases[2]).opened_at).lessons[0].case == cases[3]
    assert model_correction.cohort_of("gambling", start) == Cohort((), None, None, 0)
