"""A model's quality on held-back decisions. Pure arithmetic, without the kernels."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from random import Random

BINS = 10
POINTS = 60  # Maximum points of the curve.
MARGIN = 0.002  # Brier score differences below this do not count.
_Interval = tuple[float, float]
_DRAWN, _WORK, _FEWEST_DRAWN = 1000, 1_000_000, 100


@dataclass(frozen=True)
class Point:
    """A point of the precision–recall curve at this threshold."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Bin:
    """Texts with similar predicted probability: its mean, and the share that people acted on."""

    count: int
    predicted: float
    was: float


@dataclass(frozen=True)
class ModelMeasures:
    """Metrics on `positives` and `negatives` held-back texts.

    Precision and recall are None where undefined.

    `brier` is the mean squared error of the probabilities, `ece` the expected calibration error (ten bins),
    `average_precision` the area under the precision–recall curve. The intervals hold 95 % of samples drawn from the
    same texts; `ece_by_chance` is what a perfectly calibrated model would stay under in 95 % of samples of this size
    (Bröcker and Smith, Weather and Forecasting 22, 2007). All three are None in older measurements.
    """

    positives: int
    negatives: int
    threshold: float
    precision: float | None
    recall: float | None
    average_precision: float
    brier: float
    ece: float
    curve: tuple[Point, ...]
    bins: tuple[Bin, ...]
    brier_interval: _Interval | None = None
    ece_interval: _Interval | None = None
    ece_by_chance: float | None = None


def measured(scores: Sequence[float], truth: Sequence[bool], threshold: float) -> ModelMeasures:
    """Compute the metrics. Raises ValueError unless both labels occur."""
    positives, count = sum(truth), len(truth)
    if not 0 < positives < count:
        raise ValueError("texts of both kinds are needed to measure anything")
    found = [kind for score, kind in zip(scores, truth, strict=True) if score >= threshold]
    steps = list(_steps(scores, truth))
    bins = _bins(scores, truth)
    brier_interval, ece_interval, by_chance = _intervals(scores, truth)
    return ModelMeasures(
        positives,
        count - positives,
        threshold,
        round(sum(found) / len(found), 4) if found else None,
        round(sum(found) / positives, 4),
        round(
            sum(
                point.precision * (point.recall - before.recall)
                for before, point in zip([Point(1.0, 1.0, 0.0), *steps], steps, strict=False)
            ),
            4,
        ),
        round(sum((score - kind) ** 2 for score, kind in zip(scores, truth, strict=True)) / count, 4),
        round(sum(one.count * abs(one.predicted - one.was) for one in bins) / count, 4),
        tuple(steps[at * len(steps) // POINTS] for at in range(POINTS)) if len(steps) > POINTS else tuple(steps),
        bins,
        brier_interval,
        ece_interval,
        by_chance,
    )


def _steps(scores: Sequence[float], truth: Sequence[bool]) -> list[Point]:
    """The whole curve, highest threshold first; texts with equal scores form one step."""
    ordered = sorted(zip(scores, truth, strict=True), key=lambda pair: -pair[0])
    positives, hits, points = sum(truth), 0, list[Point]()
    for place, (score, kind) in enumerate(ordered, 1):
        hits += kind
        if place == len(ordered) or ordered[place][0] != score:
            points.append(Point(round(float(score), 4), round(hits / place, 4), round(hits / positives, 4)))
    return points


def _intervals(scores: Sequence[float], truth: Sequence[bool]) -> tuple[_Interval, _Interval, float]:
    """The 95 % intervals of Brier score and calibration error, and the calibration error by chance; the same each
    time.
    """
    random, count = Random(17), len(truth)  # noqa: S311 - a sample, not a secret
    cases = [(_bin(score), float(score), float(kind)) for score, kind in zip(scores, truth, strict=True)]
    briers, errors, chances = list[float](), list[float](), list[float]()
    for _ in range(max(_FEWEST_DRAWN, min(_DRAWN, _WORK // count))):
        drawn = random.choices(cases, k=count)
        briers.append(sum((score - kind) ** 2 for _, score, kind in drawn) / count)
        errors.append(_error(drawn))
        chances.append(_error([(place, score, float(random.random() < score)) for place, score, _ in cases]))
    return _middle(briers), _middle(errors), round(sorted(chances)[int(len(chances) * 0.95)], 4)


def _error(cases: Sequence[tuple[int, float, float]]) -> float:
    """The expected calibration error of cases as bin, probability and truth."""
    apart = [0.0] * BINS
    for place, score, kind in cases:
        apart[place] += score - kind
    return sum(map(abs, apart)) / len(cases)


def _middle(found: list[float]) -> _Interval:
    found.sort()
    return round(found[int(len(found) * 0.025)], 4), round(found[int(len(found) * 0.975)], 4)


def _bin(score: float) -> int:
    return min(BINS - 1, int(score * BINS))


def _bins(scores: Sequence[float], truth: Sequence[bool]) -> tuple[Bin, ...]:
    parts: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, kind in zip(scores, truth, strict=True):
        parts[_bin(score)].append((score, kind))
    return tuple(
        Bin(
            len(part),
            round(float(sum(score for score, _ in part) / len(part)), 4),
            round(sum(kind for _, kind in part) / len(part), 4),
        )
        for part in parts
        if part
    )


def without_model(truth: Sequence[bool], share: float, threshold: float) -> ModelMeasures:
    """The metrics of a constant prediction: the positive share of the training set."""
    return measured([share] * len(truth), truth, threshold)


def is_better(new: ModelMeasures, other: ModelMeasures) -> bool:
    """Whether its probabilities are closer to people's decisions by a margin and its ranking is no worse."""
    return new.brier < other.brier - MARGIN and new.average_precision >= other.average_precision


def as_stored(measures: ModelMeasures) -> dict[str, object]:
    """The form for a JSON column."""
    return asdict(measures)


def from_stored(stored: Mapping[str, object]) -> ModelMeasures:
    """The inverse of `as_stored`."""
    kept = dict(stored)
    curve, bins = kept.pop("curve"), kept.pop("bins")
    for name in ("brier_interval", "ece_interval"):
        if isinstance(found := kept.get(name), list):
            kept[name] = tuple(found)
    assert isinstance(curve, list | tuple)
    assert isinstance(bins, list | tuple)
    return ModelMeasures(
        **kept,  # type: ignore[arg-type]
        curve=tuple(Point(**point) for point in curve),
        bins=tuple(Bin(**one) for one in bins),
    )
