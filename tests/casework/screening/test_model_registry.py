"""Trained models: training data, split, and who may put a model into use."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.factories import CATEGORY, World, in_review, vote

from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ModelState
from jaga.people.models import Person
from jaga.people.verbs.people import NewPerson, actor_for, create_person
from jaga.policy.release import load_release
from jaga.screening.models.learning import Lesson, divided
from jaga.screening.models.measures import from_stored, is_better, measured, without_model
from jaga.signals.models import LearntModel
from jaga.signals.verbs import model_registry, model_training
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

START = datetime(2026, 1, 1, tzinfo=UTC)
ADS = ["ready", "include", "room", "nego", "avail", "vip", "booking", "area"]
OTHER = ["kerja", "bakti", "panen", "warga", "rapat", "sekolah", "resep", "kopi"]
AD, TALK = "ready include room nego avail vip booking", "kerja bakti panen warga rapat kopi"


def lesson(number: int, **changes: Any) -> Lesson:
    """An invented decided case; odd ones were acted on."""
    random = Random(number)
    words = random.sample(ADS if number % 2 else OTHER, 3) + [
        "".join(random.choices("bdgklmnprstaiueo", k=6)) for _ in range(6)
    ]
    made = Lesson(number, number, bool(number % 2), START + timedelta(hours=number), (" ".join(words),))
    return replace(made, **changes)


LESSONS = [lesson(number) for number in range(200)]


@pytest.fixture
def lessons(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred invented decided cases; real ones are tested below."""
    monkeypatch.setattr(model_training, "lessons_of", lambda category: LESSONS)


@pytest.fixture
def proposed(world: World, lessons: None) -> LearntModel:
    return model_training.learn_from_decisions(CATEGORY, actor=second(world)).row


def second(world: World) -> Actor:
    """Another supervisor."""
    known = Person.objects.filter(username="ratna").first()
    house = world.supervisor.organisation_id or 0
    return actor_for(known or create_person(NewPerson("ratna", "Ratna", house, (Role.SUPERVISOR,)), actor=CLI))


def test_what_is_measured_was_decided_after_what_is_learnt_from() -> None:
    """No time, account or near copy is on both sides."""
    copied = [
        *LESSONS,
        lesson(301, decided_at=START + timedelta(hours=250), texts=LESSONS[11].texts),
        lesson(303, decided_at=START + timedelta(hours=251), subject=11),
        lesson(305, decided_at=START + timedelta(hours=252), texts=(f"{LESSONS[13].texts[0]} ya!!",)),
    ]
    learnt_from, held = divided(copied, held=0.2)
    assert max(one.decided_at for one in learnt_from) < min(one.decided_at for one in held)
    assert not {one.subject for one in learnt_from} & {one.subject for one in held}
    assert {301, 303, 305}.isdisjoint(one.case for one in held)
    assert (len(learnt_from), len(held)) == (162, 38)


def test_the_model_in_use_is_compared_on_what_it_has_not_seen_either() -> None:
    """Cases decided before its training are not used again for the comparison."""
    moment = LESSONS[190].decided_at
    learnt_from, held = divided(LESSONS, held=0.2, after=moment)
    assert all(one.decided_at > moment for one in held)
    assert len(learnt_from) == 190


@pytest.mark.django_db
def test_a_model_is_proposed_with_its_measures_and_used_by_nobody(proposed: LearntModel) -> None:
    """It is better than no model; the ledger says so; triage does not use it."""
    assert (proposed.state, proposed.better) == (ModelState.PROPOSED, True)
    own, other = from_stored(proposed.metrics["own"]), from_stored(proposed.metrics["other"])
    assert is_better(own, other)
    assert own.average_precision > 0.9
    entry = LedgerEntry.objects.get(verb="propose_model")
    assert entry.payload["sha256"] == proposed.sha256
    case_id = in_review(published=AD)
    assert not Signal.objects.filter(case_id=case_id, source="model").exists()


@pytest.mark.django_db
def test_an_approved_model_speaks_in_triage_with_its_words(world: World, proposed: LearntModel) -> None:
    """Its sentence names words of the text; its effect is capped; the legal deadline stays first."""
    model_registry.approve_model(proposed.pk, actor=world.supervisor)
    text = f"halo semua, {AD}"
    case_id = in_review(published=text)
    signal = Signal.objects.get(case_id=case_id, source="model")
    assert signal.weight <= 0.7
    assert signal.params["found"].split(", ")[0] == text[signal.start : signal.end]
    assert signal.version == f"{CATEGORY}:{proposed.sha256[:16]}"
    assert set(signal.params["found"].split(", ")) <= set(text.split())
    case = Case.objects.get(pk=case_id)
    assert case.score < 1
    assert case.due_at - case.rank_at < timedelta(hours=24)
    assert not Signal.objects.filter(
        case_id=in_review(account="@lain:localhost", published=TALK), source="model"
    ).exists()


@pytest.mark.django_db
def test_a_model_speaks_in_its_own_category_alone(world: World, proposed: LearntModel) -> None:
    """It was trained for that category; elsewhere its probability means nothing."""
    model_registry.approve_model(proposed.pk, actor=world.supervisor)
    case_id = in_review(category="fraud", published=AD)
    assert not Signal.objects.filter(case_id=case_id, source="model").exists()


@pytest.mark.django_db
def test_whoever_had_it_learnt_does_not_approve_it(world: World, lessons: None) -> None:
    """Another supervisor does; the database enforces it too."""
    row = model_training.learn_from_decisions(CATEGORY, actor=world.supervisor).row
    with pytest.raises(model_registry.OwnModel):
        model_registry.approve_model(row.pk, actor=world.supervisor)
    with pytest.raises(DatabaseError, match="records_model_approved_by_another"), transaction.atomic():
        LearntModel.objects.filter(pk=row.pk).update(
            state=ModelState.APPROVED, decided_by=world.supervisor.person_id, decided_at=START
        )
    assert model_registry.approve_model(row.pk, actor=second(world)).state == ModelState.APPROVED


@pytest.mark.django_db
def test_a_model_that_nobody_had_learnt_is_put_into_use_by_nobody(world: World, proposed: LearntModel) -> None:
    """The shell proposes none; one from before that rule is refused with a reason, by the database too."""
    good = from_stored(proposed.metrics["own"])
    new = model_registry.NewModel(
        CATEGORY, b"invented", "0" * 64, "grams-1", START, 60, 60, good, from_stored(proposed.metrics["other"]), None
    )
    for nobody in (CLI, SYSTEM):
        with pytest.raises(NotPermitted):
            model_registry.propose_model(new, actor=nobody)
    row = LearntModel.objects.get(pk=proposed.pk)
    row.pk, row.sha256, row.proposed_by_id = None, "1" * 64, None
    row.save(force_insert=True)
    with pytest.raises(model_registry.NobodysModel):
        model_registry.approve_model(row.pk, actor=world.supervisor)
    with pytest.raises(DatabaseError, match="nobody had learnt"), transaction.atomic():
        LearntModel.objects.filter(pk=row.pk).update(
            state=ModelState.APPROVED, decided_by=world.supervisor.person_id, decided_at=START
        )
    model_registry.reject_model(row.pk, "Tidak jelas siapa yang membuatnya.", actor=world.supervisor)


@pytest.mark.django_db
@pytest.mark.parametrize("verb", ["approve", "reject", "retire", "reinstate"])
def test_only_supervisors_and_administrators_decide(world: World, proposed: LearntModel, verb: str) -> None:
    """Not reviewers, not officers, and nobody without a name."""
    steps = {
        "approve": lambda who: model_registry.approve_model(proposed.pk, actor=who),
        "reject": lambda who: model_registry.reject_model(proposed.pk, "Terlalu sedikit kasus.", actor=who),
        "retire": lambda who: model_registry.retire_model(proposed.pk, "Terlalu sedikit kasus.", actor=who),
        "reinstate": lambda who: model_registry.reinstate_model(proposed.pk, actor=who),
    }
    for who in (world.reviewers[0], world.officer, CLI, SYSTEM):
        with pytest.raises(NotPermitted):
            steps[verb](who)
    with pytest.raises(NotPermitted):
        model_training.learn_from_decisions(CATEGORY, actor=world.reviewers[0])


@pytest.mark.django_db
def test_a_rejected_model_needs_a_reason_and_is_never_used(world: World, proposed: LearntModel) -> None:
    """The rejection is final."""
    with pytest.raises(InvalidInput):
        model_registry.reject_model(proposed.pk, "  ", actor=world.supervisor)
    model_registry.reject_model(proposed.pk, "Belajar dari terlalu sedikit kasus.", actor=world.supervisor)
    for verb in (model_registry.approve_model, model_registry.reinstate_model):
        with pytest.raises(NotFound):
            verb(proposed.pk, actor=world.supervisor)


@pytest.mark.django_db
def test_a_model_can_be_taken_out_of_use_and_put_back(world: World, proposed: LearntModel) -> None:
    """Each step is in the ledger, and one model is in use at a time."""
    model_registry.approve_model(proposed.pk, actor=world.supervisor)
    model_registry.retire_model(proposed.pk, "Terlalu banyak salah sangka.", actor=world.supervisor)
    assert not Signal.objects.filter(case_id=in_review(published=AD), source="model").exists()
    model_registry.reinstate_model(proposed.pk, actor=world.supervisor)
    assert LearntModel.objects.get(pk=proposed.pk).state == ModelState.APPROVED
    verbs = list(LedgerEntry.objects.filter(verb__endswith="_model").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["propose_model", "approve_model", "retire_model", "reinstate_model"]


@pytest.mark.django_db
def test_equal_decisions_are_not_proposed_twice(world: World, proposed: LearntModel) -> None:
    """The same decisions give the same bytes."""
    with pytest.raises(model_registry.AlreadyLearnt):
        model_training.learn_from_decisions(CATEGORY, actor=second(world))


@pytest.mark.django_db
def test_a_model_that_is_not_better_is_not_put_into_use(world: World, proposed: LearntModel) -> None:
    """The database refuses it too."""
    poor = without_model([True, False, True, False], 0.5, 0.8)
    row = model_registry.propose_model(
        model_registry.NewModel(CATEGORY, b"invented", "0" * 64, "grams-1", START, 60, 60, poor, poor, None),
        actor=second(world),
    )
    with pytest.raises(model_registry.NotBetter):
        model_registry.approve_model(row.pk, actor=world.supervisor)
    with pytest.raises(DatabaseError, match="not better"), transaction.atomic():
        LearntModel.objects.filter(pk=row.pk).update(
            state=ModelState.APPROVED, decided_by=world.supervisor.person_id, decided_at=START
        )


@pytest.mark.django_db
def test_a_proposal_measured_against_another_model_is_outdated(world: World, proposed: LearntModel) -> None:
    """It was compared with no model, but meanwhile one is in use."""
    good, poor = from_stored(proposed.metrics["own"]), from_stored(proposed.metrics["other"])
    rival = model_registry.propose_model(
        model_registry.NewModel(CATEGORY, b"invented", "0" * 64, "grams-1", START, 60, 60, good, poor, None),
        actor=second(world),
    )
    model_registry.approve_model(proposed.pk, actor=world.supervisor)
    with pytest.raises(model_registry.Outdated):
        model_registry.approve_model(rival.pk, actor=world.supervisor)


@pytest.mark.django_db
def test_what_was_learnt_and_measured_is_never_edited_or_deleted(proposed: LearntModel) -> None:
    """The database enforces it."""
    for change in ({"better": False}, {"sha256": "1" * 64}, {"metrics": {}}, {"proposed_by": 1}):
        with pytest.raises(DatabaseError), transaction.atomic():
            LearntModel.objects.filter(pk=proposed.pk).update(**change)
    with pytest.raises(DatabaseError, match="never deleted"), transaction.atomic():
        LearntModel.objects.filter(pk=proposed.pk).delete()


@pytest.mark.django_db
def test_too_few_decisions_are_said_with_what_is_missing(world: World) -> None:
    """With the numbers that are missing."""
    with pytest.raises(model_training.TooFewDecisions) as refused:
        model_training.learn_from_decisions(CATEGORY, actor=CLI)
    assert refused.value.params["needed"] == load_release().screening.model_cases
    assert "0 acted on and 0 dismissed" in refused.value.english()


@pytest.mark.django_db
@pytest.mark.parametrize("category", ["child_protection", "trafficking"])
def test_nothing_is_learnt_on_the_victim_first_way(world: World, category: str) -> None:
    """However many decisions there are."""
    with pytest.raises(model_training.NoModelHere):
        model_training.learn_from_decisions(category, actor=CLI)


@pytest.mark.django_db
def test_only_settled_decisions_teach(world: World) -> None:
    """Restricted and dismissed cases count; appealed, overturned, undecided, withdrawn and invented ones do not."""
    taught = {"@satu:localhost": DecisionKind.RESTRICT, "@dua:localhost": DecisionKind.DISMISS}
    for account, kind in taught.items():
        vote(in_review(account=account, published=f"open BO nego {account}"), kind, world.reviewers[0])
    in_review(account="@tiga:localhost")
    appealed = in_review(account="@empat:localhost", published="open BO nego malam")
    vote(appealed, DecisionKind.RESTRICT, world.reviewers[0])
    decision = Decision.objects.get(case_id=appealed)
    appeals.file_appeal(appeal_code(decision.pk), "Itu bukan saya, tolong dilihat lagi.", actor=HOLDER)
    lessons = {Case.objects.get(pk=one.case).subject.account_id: one for one in model_training.lessons_of(CATEGORY)}
    assert {account: one.positive for account, one in lessons.items()} == {
        "@satu:localhost": True,
        "@dua:localhost": False,
    }
    assert lessons["@satu:localhost"].texts == ("open BO nego @satu:localhost",)
    Report.objects.filter(case_id=lessons["@satu:localhost"].case).update(withdrawn_at=START)
    assert [one.positive for one in model_training.lessons_of(CATEGORY)] == [False]
    Case.objects.filter(pk=lessons["@dua:localhost"].case).update(victim_first=True, victim_state="proposed")
    assert model_training.lessons_of(CATEGORY) == []


def test_measures_on_a_hand_counted_example() -> None:
    """Precision, recall, Brier score, the curve and the calibration table."""
    found = measured([0.9, 0.8, 0.7, 0.2], [True, False, True, False], 0.75)
    assert (found.precision, found.recall) == (0.5, 0.5)
    assert found.brier == pytest.approx((0.01 + 0.64 + 0.09 + 0.04) / 4, abs=1e-4)
    assert [(point.precision, point.recall) for point in found.curve] == [
        (1.0, 0.5),
        (0.5, 0.5),
        (0.6667, 1.0),
        (0.5, 1.0),
    ]
    assert found.average_precision == pytest.approx(0.5 + 0.6667 * 0.5, abs=1e-3)
    assert [(one.count, one.predicted, one.was) for one in found.bins] == [
        (1, 0.2, 0.0),
        (1, 0.7, 1.0),
        (1, 0.8, 0.0),
        (1, 0.9, 1.0),
    ]
    with pytest.raises(ValueError, match="both kinds"):
        measured([0.5], [True], 0.5)
