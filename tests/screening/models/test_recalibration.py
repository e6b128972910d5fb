"""Correction of probabilities where the mixture of cases is another than in training."""

from functools import cache

import numpy as np
import pytest
from bench.calibration import invented
from hypothesis import given, settings
from hypothesis import strategies as st

from jaga.screening.models.classifier import Classifier, Model, block_of, unpacked
from jaga.screening.models.learning import (
    LEAST_DECIDED,
    LEAST_OF_EACH,
    NARROWEST,
    STEEPEST,
    Correction,
    TrainingExample,
    chances,
    correction_for,
    learn,
    rate_shifted,
)
from jaga.screening.models.measures import measured

ODDS = np.linspace(-3, 3, 400)


def truth_of(log_odds: np.ndarray, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random(len(log_odds)) < chances(log_odds)


@cache
def _taught_by_easy_texts() -> Model:
    return learn(
        [
            TrainingExample(text, kind, str(place))
            for place, (text, kind) in enumerate(invented(400, rate=0.5, easy=True, seed=1))
        ],
        "gambling",
    )


@pytest.mark.parametrize("rate", [0.04, 0.15, 0.6])
def test_a_shifted_mixture_is_calibrated_again_and_keeps_its_order(rate: float) -> None:
    """Taught by easy texts, half of them offences; asked about hard ones at another rate. Corrected by the older ones,
    the newer ones' probabilities are as close to the truth as chance allows, in the same order.
    """
    asked = invented(3000, rate=rate, easy=False, seed=2)
    odds = Classifier([_taught_by_easy_texts()], 0.5).log_odds(block_of([text for text, _ in asked]))[:, 0]
    truth = np.array([kind for _, kind in asked])
    correction = correction_for(odds[:1500], truth[:1500])
    before, after = (
        measured(scores.tolist(), truth[1500:].tolist(), 0.8)
        for scores in (chances(odds[1500:]), correction.of(odds[1500:]))
    )
    assert before.ece_by_chance is not None
    assert after.ece_by_chance is not None
    assert before.ece > 3 * before.ece_by_chance
    assert after.ece < 2 * after.ece_by_chance
    assert after.brier < before.brier - 0.01
    assert after.average_precision == before.average_precision
    known = np.isfinite(odds)
    assert np.all(np.diff(correction.of(np.sort(odds[known]))) >= 0)
    assert abs(correction.of(odds[:1500]).mean() - truth[:1500].mean()) < 0.02


def test_the_corrected_model_is_a_model_with_the_same_weights() -> None:
    """A file of its own, which survives being stored, says what the correction says, and weighs the same words."""
    model = learn(
        [
            TrainingExample(text, kind, str(place))
            for place, (text, kind) in enumerate(invented(200, rate=0.5, easy=True, seed=1))
        ],
        "gambling",
    )
    correction = Correction(0.7, -1.5)
    made = unpacked(correction.of_model(model).packed())
    block = block_of([text for text, _ in invented(50, rate=0.5, easy=True, seed=3)])
    assert made.sha256 != model.sha256
    assert np.array_equal(made.weights, model.weights)
    wanted = correction.of(Classifier([model], 0.5).log_odds(block)[:, 0])
    assert Classifier([made], 0.5).scores(block)[:, 0] == pytest.approx(wanted, abs=1e-5)


def test_probabilities_are_those_of_the_log_odds() -> None:
    """Both ways to ask a model agree, also about a text of which it knows nothing."""
    model = learn(
        [
            TrainingExample(text, kind, str(place))
            for place, (text, kind) in enumerate(invented(200, rate=0.5, easy=True, seed=1))
        ],
        "gambling",
    )
    block, asked = block_of(["gacor maxwin depo", "", "qqq www", "rumah makan siang"]), Classifier([model], 0.5)
    assert chances(asked.log_odds(block)) == pytest.approx(asked.scores(block), abs=1e-6)
    assert asked.log_odds(block)[1, 0] == -np.inf


def test_a_calibrated_model_is_left_alone() -> None:
    """Chance contradicts it in one of twenty samples, and in no more."""
    assert sum(not correction_for(ODDS, truth_of(ODDS, seed)).nothing for seed in range(200)) <= 20


def test_too_few_cases_correct_nothing() -> None:
    """However wrong the model seems: below the floor, in all or of one kind, nothing happens."""
    wrong = np.full(LEAST_DECIDED - 1, 3.0)
    half = np.arange(LEAST_DECIDED - 1) % 2 == 0
    assert correction_for(wrong, half).nothing
    odds, truth = np.full(500, 3.0), np.zeros(500, np.bool_)
    truth[: LEAST_OF_EACH - 1] = True
    assert correction_for(odds, truth).nothing
    truth[LEAST_OF_EACH] = True
    assert correction_for(odds, truth).slope == 1
    assert correction_for(odds, truth).shift < -5
    assert correction_for(np.full(500, -np.inf), truth).nothing


@pytest.mark.parametrize(("slope", "shift"), [(1.0, -2.5), (1.0, 1.5), (0.4, 0.0), (0.5, -1.5), (2.0, 1.0)])
def test_the_correction_finds_what_was_done(slope: float, shift: float) -> None:
    """The shift alone where only the rate differs; slope and shift where both do."""
    odds = np.random.default_rng(5).normal(size=8000) * 2
    found = correction_for(odds, truth_of(slope * odds + shift, 6))
    assert found.slope == pytest.approx(slope, abs=0.1)
    assert found.shift == pytest.approx(shift, abs=0.15)
    assert (found.slope == 1) is (slope == 1)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.floats(-40, 40), st.booleans()), min_size=0, max_size=200))
def test_any_decisions_give_a_correction_that_keeps_the_order(cases: list[tuple[float, bool]]) -> None:
    """Also separated, equal and inverted ones; and never a worse fit than none."""
    odds, truth = np.array([odd for odd, _ in cases]), np.array([kind for _, kind in cases], np.bool_)
    found = correction_for(odds, truth)
    assert NARROWEST <= found.slope <= STEEPEST
    assert np.isfinite(found.shift)


def test_a_rate_without_decisions_is_right_only_if_nothing_else_differs() -> None:
    """Expectation and maximisation finds the rate of texts like those of the training, and misleads about others."""
    random = np.random.default_rng(8)
    kind = random.random(20_000) < 0.1
    alike = random.normal(size=20_000) + np.where(kind, 1.0, -1.0)  # of two equal normal distributions, so that
    found = rate_shifted(2 * alike, 0.5)  # the log odds at equal rates are twice the value
    assert found.shift == pytest.approx(np.log(0.1 / 0.9), abs=0.1)
    harder = random.normal(size=20_000) + np.where(kind, 0.2, -1.0)
    assert abs(rate_shifted(2 * harder, 0.5).of(2 * harder).mean() - 0.1) > 0.02


def test_the_intervals_hold_the_value_and_shrink_with_the_cases() -> None:
    """A calibrated model is within chance, another is not."""
    few, many = ((chances(odds).tolist(), truth_of(odds, 3).tolist()) for odds in (ODDS, np.tile(ODDS, 20)))
    small, large = measured(*few, 0.8), measured(*many, 0.8)
    for one in (small, large):
        assert one.brier_interval is not None
        assert one.ece_by_chance is not None
        assert one.brier_interval[0] <= one.brier <= one.brier_interval[1]
        assert one.ece <= one.ece_by_chance
    assert small.brier_interval is not None
    assert large.brier_interval is not None
    assert np.diff(large.brier_interval) < np.diff(small.brier_interval) / 3
    off = measured(chances(ODDS + 2).tolist(), truth_of(ODDS, 3).tolist(), 0.8)
    assert off.ece_by_chance is not None
    assert off.ece > off.ece_by_chance
    assert measured(*few, 0.8) == small
