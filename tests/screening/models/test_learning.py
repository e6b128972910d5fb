"""What the classifier learns from judged texts, and what it does not."""

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count

from jaga.screening.copies.copies import clusters
from jaga.screening.models.classifier import BadModel, Classifier, Model, unpacked, version_of
from jaga.screening.models.learning import TrainingExample, learn, minimum, platt, settled
from jaga.screening.text.block import slow_block

GOOD = ["rumah", "makan", "siang", "kota", "hujan", "kakak", "belajar", "jalan", "pasar", "ikan", "sepeda", "kebun"]
BAD = ["gacor", "maxwin", "scatter", "depo", "slot", "jp", "wd", "zeus", "rtp", "bonus", "spin", "cuan"]


def examples(count: int = 60, seed: int = 1) -> list[TrainingExample]:
    """Invented texts, half of them about gambling."""
    random = Random(seed)
    made = []
    for number in range(count):
        words = random.sample(BAD, 4) + random.sample(GOOD, 2) if number % 2 else random.sample(GOOD, 6)
        made.append(TrainingExample(" ".join(words), bool(number % 2), f"case {number}"))
    return made


def scores(model: Model, *texts: str) -> list[float]:
    return Classifier([model], 0.5).scores(slow_block(texts))[:, 0].tolist()


def test_it_learns_what_people_decided_and_reads_through_disguise() -> None:
    """Unseen texts of both kinds are told apart, also in styled letters."""
    bad, good, fancy = scores(
        learn(examples(), "gambling"), "scatter gacor wd terus", "makan ikan di kebun siang", "𝐬𝐜𝐚𝐭𝐭𝐞𝐫 𝐠𝐚𝐜𝐨𝐫 𝐰𝐝 𝐭𝐞𝐫𝐮𝐬"
    )
    assert bad > 0.7
    assert good < 0.3
    assert fancy > 0.7


def test_equal_decisions_give_an_equal_model() -> None:
    """The same decisions give the same model, in any order."""
    shuffled = examples()
    Random(3).shuffle(shuffled)
    assert learn(examples(), "gambling").sha256 == learn(shuffled, "gambling").sha256
    assert learn(examples(seed=2), "gambling").sha256 != learn(examples(), "gambling").sha256


def test_a_model_survives_its_file_and_nothing_else_does() -> None:
    """A stored model is read back unchanged; a changed or foreign file is refused."""
    model = learn(examples(), "gambling")
    again = unpacked(model.packed())
    assert again.sha256 == model.sha256
    assert scores(again, "gacor maxwin wd depo") == scores(model, "gacor maxwin wd depo")
    assert version_of(model) == f"gambling:{model.sha256[:16]}"
    for broken in (
        b"",
        b"PK\x03\x04",
        model.packed()[:-1],
        model.packed().replace(b"grams-1", b"grams-9"),
        model.packed().replace(b'"intercept":"', b'"intercept":"nan'),
    ):
        with pytest.raises(BadModel):
            unpacked(broken)


def test_copies_teach_once_and_contested_texts_teach_nothing() -> None:
    """A thousand copies of a text count once, and texts with contradicting decisions count for nothing."""
    one = examples()
    flooded = [*one, *[TrainingExample(one[1].text, True, f"copy {number}") for number in range(500)]]
    assert learn(flooded, "gambling").sha256 == learn(one, "gambling").sha256
    both = [
        TrainingExample("sama saja", True, "a"),
        TrainingExample("sama saja", False, "b"),
        TrainingExample("lain", True, "c"),
    ]
    assert [example.text for example in settled(both)] == ["lain"]


def test_words_of_one_text_alone_are_not_learnt() -> None:
    """A word of a single text is not learnt, so no single report can teach a name."""
    poisoned = [*examples(), TrainingExample("xqzwvj xqzwvj kplmtr", True, "poison")]
    assert scores(learn(poisoned, "gambling"), "xqzwvj kplmtr xqzwvj") == [0.0]


def test_a_flood_near_alike_moves_little() -> None:
    """A hundred variants of one template weigh as much as one text."""
    flood = [
        TrainingExample(
            f"selamat pagi tetangga semua kebun ikan pasar {'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10]}",
            True,
            f"flood {n}",
        )
        for n in range(100)
    ]
    (honest,) = scores(learn(examples(), "gambling"), "belajar di rumah kakak")
    (after,) = scores(learn([*examples(), *flood], "gambling"), "belajar di rumah kakak")
    assert after < max(0.35, honest + 0.2)


@pytest.mark.parametrize(
    "texts",
    [
        [],
        [TrainingExample("a", True)],
        [TrainingExample("a", True), TrainingExample("b", True)],
        [TrainingExample("a", True, "x"), TrainingExample("b", False, "x"), TrainingExample("c", False, "y")],
    ],
)
def test_nothing_to_tell_apart_is_said(texts: list[TrainingExample]) -> None:
    """Too few examples raise an error and do not give a meaningless model."""
    with pytest.raises(ValueError, match="groups"):
        learn(texts, "gambling")


def test_absurd_texts_teach_without_harm() -> None:
    """Empty, broken and huge texts may be among the examples."""
    odd = [
        TrainingExample(text, kind, f"odd {number}")
        for number, (text, kind) in enumerate(
            [("", True), ("\0\0\0", False), ("\ud800", True), ("x" * 50_000, False), ("💋" * 900, True), ("!!!", False)]
        )
    ]
    model = learn([*examples(), *odd], "gambling")
    assert np.isfinite([model.slope, model.intercept]).all()
    assert scores(model, "", "!!!") == [0.0, 0.0]


@settings(max_examples=example_count(8))
@given(st.floats(0.5, 3), st.floats(-2, 2), st.integers(0, 10_000))
def test_the_calibration_finds_the_curve_that_made_the_labels(slope: float, intercept: float, seed: int) -> None:
    """On data that follow a known curve, the calibrated probabilities match it."""
    random = np.random.default_rng(seed)
    margins = random.normal(size=4000) * 2
    truth = random.random(4000) < 1 / (1 + np.exp(-(slope * margins + intercept)))
    found = platt(margins, truth, np.ones(4000))
    assert found[0] == pytest.approx(slope, abs=0.4)
    assert found[1] == pytest.approx(intercept, abs=0.4)


def test_a_model_that_orders_wrongly_becomes_indifferent() -> None:
    """Calibration never inverts a model; one that orders wrongly becomes indifferent."""
    truth = np.array([False, False, True, True])
    assert platt(np.array([3.0, 2.0, -2.0, -3.0]), truth, np.ones(4)) == (0.0, 0.0)


def test_the_search_finds_the_least() -> None:
    """The search finds the minimum of a stretched paraboloid."""
    scale = np.array([1.0, 10.0, 100.0])
    found = minimum(lambda at: (float((scale * (at - 3) ** 2).sum()), 2 * scale * (at - 3)), np.zeros(3))
    assert found == pytest.approx([3, 3, 3], abs=1e-2)


def test_near_copies_are_found_and_others_are_not() -> None:
    """Texts that share most of their features are found, in any order."""
    base = list(range(0, 4000, 40))
    assert clusters([base, base[5:], list(range(1, 4000, 41)), base[:-8][::-1], []]) == [0, 0, 2, 0, 4]
