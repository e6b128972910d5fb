"""A model's quality on held-back decisions. Pure arithmetic, without the kernels."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

BINS = 10
POINTS = 60  # Maximum points of the curve.
MARGIN = 0.002  # Brier score differences below this do not count.


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
    `average_precision` the area under the precision–recall curve.
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


def measured(scores: Sequence[float], truth: Sequence[bool], threshold: float) -> ModelMeasures:
    """Compute the metrics. Raises ValueError unless both labels occur."""
    positives, count = sum(truth), len(truth)
    if not 0 < positives < count:
        raise ValueError("texts of both kinds are needed to measure anything")
    found = [kind for score, kind in zip(scores, truth, strict=True) if score >= threshold]
    steps = list(_steps(scores, truth))
    bins = _bins(scores, truth)
    return ModelMeasures(
        positives, count - positives, threshold, round(sum(found) / len(found), 4) if found else None,
        round(sum(found) / positives, 4),
        round(sum(point.precision * (point.recall - before.recall) for before, point in
                  zip([Point(1.0, 1.0, 0.0), *steps], steps, strict=False)), 4),
        round(sum((score - kind) ** 2 for score, kind in zip(scores, truth, strict=True)) / count, 4),
        round(sum(one.count * abs(one.predicted - one.was) for one in bins) / count, 4),
        tuple(steps[at * len(steps) // POINTS] for at in range(POINTS)) if len(steps) > POINTS else tuple(steps), bins)


def _steps(scores: Sequence[float], truth: Sequence[bool]) -> list[Point]:
    """The whole curve, highest threshold first; texts with equal scores form one step."""
    ordered = sorted(zip(scores, truth, strict=True), key=lambda pair: -pair[0])
    positives, hits, points = sum(truth), 0, list[Point]()
    for place, (score, kind) in enumerate(ordered, 1):
        hits += kind
        if place == len(ordered) or ordered[place][0] != score:
            points.append(Point(round(float(score), 4), round(hits / place, 4), round(hits / positives, 4)))
    return points


def _bins(scores: Sequence[float], truth: Sequence[bool]) -> tuple[Bin, ...]:
    parts: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, kind in zip(scores, truth, strict=True):
        parts[min(BINS - 1, int(score * BINS))].append((score, kind))
    return tuple(Bin(len(part), round(float(sum(score for score, _ in part) / len(part)), 4),
                     round(sum(kind for _, kind in part) / len(part), 4)) for part in parts if part)


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
    assert isinstance(curve, list | tuple)
    assert isinstance(bins, list | tuple)
    return ModelMeasures(**kept, curve=tuple(Point(**point) for point in curve),  # type: ignore[arg-type]
                         bins=tuple(Bin(**one) for one in bins))
