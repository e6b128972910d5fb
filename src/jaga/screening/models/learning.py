"""Training: logistic regression on hashed letter groups, with cross-validated calibration.

Pure.

Deterministic: the same examples in any order give the same model, byte for byte.

Correction of a model's probabilities by decisions of the place where it is used.

Pure.

A model learnt from one mixture of cases says too much or too little about another: the share of offences is different
(the prior shifts), or the texts are harder (the slope does). Both are corrected on the log odds, `slope` × log odds +
`shift`, which never changes the order of two texts. Which of the two is corrected is chosen by a closed test procedure
(Vergouwe et al., Statistics in Medicine 36, 2017): nothing, unless decided cases contradict the model; then the shift
alone, unless they contradict that too. With the shift alone, the mean probability equals the place's own rate.

`rate_shifted` needs no decisions (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002). It is here to be
compared with: it is right if only the rate differs, and wrong without a sign of it if the texts differ too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numba
import numpy as np
import numpy.typing as npt

from jaga.screening.copies.copies import clusters
from jaga.screening.models.classifier import DAMPING, FEWEST, Model, block_of
from jaga.screening.models.grams import SLOTS
from jaga.screening.models.grams_kernel import features

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
PENALTY = 0.02
"""L2 penalty relative to the sum of losses; chosen on one half of the open data, see docs/classifier.md."""
LEAST_SEEN = 2  # Texts that must contain a feature before it gets a weight: no single text teaches a word.
FOLDS = 5  # Calibration folds.
_MEMORY, _STEPS, _LEARNING_CLOSE = 10, 300, 1e-4  # L-BFGS: gradients kept, maximum steps, tolerance.
_LARGEST = 32767


@dataclass(frozen=True)
class TrainingExample:
    """One labelled text. `group` (the case) is never split; all texts of a group weigh 1 together."""

    text: str = field(repr=False)
    positive: bool
    group: str = ""

    @property
    def of(self) -> str:
        """Its group; without one, its own."""
        return self.group or self.text


@dataclass(frozen=True)
class Lesson:
    """One decided case: texts, label, account and time of the decision."""

    case: int
    subject: int
    positive: bool
    decided_at: datetime
    texts: tuple[str, ...] = field(repr=False)


def divided(
    lessons: Sequence[Lesson], *, held: float, after: datetime | None = None
) -> tuple[list[Lesson], list[Lesson]]:
    """The training set, and the newest share `held` as test set: only what was decided later.

    `after`: nothing decided up to then is held back, since the baseline model has seen it. Test cases on an account in
    the training set, or with a near-duplicate of a training text, are dropped.
    """
    ordered = sorted(lessons, key=lambda one: (one.decided_at, one.case))
    if not ordered:
        return [], []
    moment = max(filter(None, [ordered[int(len(ordered) * (1 - held))].decided_at, after]))
    learnt = [one for one in ordered if one.decided_at < moment]
    later = [one for one in ordered if one.decided_at >= moment and (after is None or one.decided_at > after)]
    accounts = {one.subject for one in learnt}
    later = [one for one in later if one.subject not in accounts]
    texts = [text for one in (*learnt, *later) for text in one.texts]
    first, slots = features(block_of(texts))
    alike = iter(clusters([slots[first[at] : first[at + 1]].tolist() for at in range(len(texts))]))
    learnt_clusters = {next(alike) for one in learnt for _ in one.texts}
    return learnt, [one for one in later if learnt_clusters.isdisjoint([next(alike) for _ in one.texts])]


def examples_of(lessons: Sequence[Lesson]) -> list[TrainingExample]:
    """Each text of each case, grouped by case."""
    return [TrainingExample(text, one.positive, str(one.case)) for one in lessons for text in one.texts]


@dataclass(frozen=True)
class _Texts:
    """Training data: features and labels of all texts."""

    first: Ints
    slots: npt.NDArray[np.uint32]
    signs: Floats
    """1 for a positive text, -1 for a negative one."""
    weights: Floats


def learn(examples: Sequence[TrainingExample], category: str, *, penalty: float = PENALTY) -> Model:
    """Train a model on these examples.

    A text with both labels is ignored; copies of a text count once.

    Raises ValueError with fewer than two groups of each label.
    """
    kept = settled(examples)
    if min(len({one.of for one in kept if one.positive is kind}) for kind in (True, False)) < 2:
        raise ValueError("at least two groups of each kind are needed")
    first, slots = features(block_of([one.text for one in kept]))
    lessons = _lessons(kept, clusters([slots[first[at] : first[at + 1]].tolist() for at in range(len(kept))]))
    texts = _Texts(first, slots, np.where([one.positive for one in kept], 1.0, -1.0), _shares(lessons))
    folds, unseen = _folds(lessons, [one.positive for one in kept]), np.full(len(kept), -np.inf)
    for fold in range(FOLDS):
        weights, intercept = _fitted_of_learning(texts, np.flatnonzero(folds != fold), penalty)
        out = np.flatnonzero(folds == fold)
        unseen[out] = _margins(texts.first, texts.slots, out, weights, FEWEST) + intercept
    weights, intercept = _fitted_of_learning(texts, np.arange(len(kept)), penalty)
    held_out = np.isfinite(unseen)
    slope, offset = platt(unseen[held_out], texts.signs[held_out] > 0, texts.weights[held_out])
    step = np.nanmax(np.abs(weights)) / _LARGEST or 1.0
    return Model(
        category, _whole(weights / step), float(round(slope * step, 12)), float(round(slope * intercept + offset, 9))
    )


def learn_categories(texts: Mapping[str, str | None], together: str, *, penalty: float, largest: int) -> list[Model]:
    """Models from texts with their category (None: of no category): `together` for any, then one for each category.

    Not calibrated: the raw margins of the regression. Integer weights lie between -`largest` and `largest`. The same
    texts in any order give the same models. Raises ValueError with fewer than two texts of each kind.
    """
    ordered = sorted(texts)
    labels = [texts[text] for text in ordered]
    names = sorted({label for label in labels if label is not None})
    kept = [TrainingExample(text, label is not None) for text, label in zip(ordered, labels, strict=True)]
    if min(sum(label == name for label in labels) for name in (None, *(names or ("",)))) < 2:
        raise ValueError("at least two texts of each kind are needed")
    first, slots = features(block_of(ordered))
    shares = _shares(_lessons(kept, clusters([slots[first[at] : first[at + 1]].tolist() for at in range(len(kept))])))
    models = []
    for name in (together, *names):
        positive = [label is not None if name == together else label == name for label in labels]
        weights, intercept = _fitted_of_learning(
            _Texts(first, slots, np.where(positive, 1.0, -1.0), shares), np.arange(len(kept)), penalty
        )
        step = np.nanmax(np.abs(weights)) / largest or 1.0
        models.append(Model(name, _whole(weights / step), float(round(step, 12)), float(round(intercept, 9))))
    return models


def settled(examples: Sequence[TrainingExample]) -> list[TrainingExample]:
    """Each text once, in an order independent of the input; texts with both labels are dropped."""
    by_text = dict[str, TrainingExample]()
    contested = set[str]()
    for one in sorted(examples, key=lambda one: (one.text, one.group)):
        if by_text.setdefault(one.text, one).positive is not one.positive:
            contested.add(one.text)
    return [one for text, one in by_text.items() if text not in contested]


def _whole(weights: Floats) -> npt.NDArray[np.int16]:
    """Integer weights; 0 only where nothing is known (NaN), since a model counts its known features."""
    whole = np.rint(weights)
    whole[whole == 0] = np.where(weights[whole == 0] < 0, -1, 1)
    return np.nan_to_num(whole).astype(np.int16)


def _lessons(examples: Sequence[TrainingExample], alike: Sequence[int]) -> list[int]:
    """Lesson numbers: texts of one group and near-duplicates share one."""
    leader = list(alike)
    by_group = dict[str, int]()
    for text, one in enumerate(examples):
        other = _first(leader, by_group.setdefault(one.of, text))
        mine = _first(leader, text)
        leader[max(mine, other)] = min(mine, other)
    return [_first(leader, text) for text in range(len(leader))]


def _first(leader: list[int], text: int) -> int:
    while leader[text] != text:
        text = leader[text]
    return text


def _shares(lessons: Sequence[int]) -> Floats:
    """Each text's weight: a case with a hundred reports or a template with a hundred copies counts as one."""
    return 1.0 / np.bincount(lessons)[lessons]


def _folds(lessons: Sequence[int], positive: Sequence[bool]) -> Ints:
    """A fold per text, the same for all texts of a lesson; labels are spread evenly."""
    places: dict[bool, dict[int, int]] = {True: {}, False: {}}
    numbers = dict[int, int]()
    for lesson, kind in zip(lessons, positive, strict=True):
        if lesson not in numbers:
            numbers[lesson] = places[kind].setdefault(lesson, len(places[kind])) % FOLDS
    return np.array([numbers[lesson] for lesson in lessons])


def _fitted_of_learning(texts: _Texts, rows: Ints, penalty: float) -> tuple[Floats, float]:
    """One weight per slot (NaN: unknown) and the intercept, trained on these rows only."""
    frequency = _seen(texts.first, texts.slots, rows)
    frequent = frequency >= LEAST_SEEN
    column = np.where(frequent, np.cumsum(frequent) - 1, -1)[texts.slots]
    scale = np.log((1 + len(rows)) / (1 + frequency[frequent])) + 1  # Rare features may weigh more.
    damped = 1.0 / (_known(texts.first, column, rows) + DAMPING)

    def loss(place: Floats) -> tuple[float, Floats]:
        gradient = np.zeros_like(place)
        value = _loss(texts.first, column, rows, damped, texts.signs, texts.weights, place, scale, penalty, gradient)
        return value, gradient

    found = minimum(loss, np.zeros(len(scale) + 1))
    weights = np.full(SLOTS, np.nan)
    weights[frequent] = found[:-1] * scale
    return weights, float(found[-1])


@numba.njit(cache=True)
def _seen(first, slots, rows):  # type: ignore[no-untyped-def]
    """In how many of these texts each slot occurs."""
    frequency, last = np.zeros(SLOTS, np.int64), np.full(SLOTS, -1, np.int64)
    for row in rows:
        for at in range(first[row], first[row + 1]):
            if last[slots[at]] != row:
                frequency[slots[at]] += 1
                last[slots[at]] = row
    return frequency


@numba.njit(cache=True)
def _known(first, column, rows):  # type: ignore[no-untyped-def]
    """How many features of each of these texts are known."""
    counts = np.zeros(rows.size, np.int64)
    for place, row in enumerate(rows):
        for at in range(first[row], first[row + 1]):
            counts[place] += column[at] >= 0
    return counts


@numba.njit(cache=True)
def _margins(first, slots, rows, weights, fewest):  # type: ignore[no-untyped-def]
    """`margins_kernel.margins` for weights not yet rounded."""
    found = np.full(rows.size, -np.inf)
    for place, row in enumerate(rows):
        total, used = 0.0, 0
        for at in range(first[row], first[row + 1]):
            weight = weights[slots[at]]
            if not np.isnan(weight):
                total += weight
                used += 1
        if used >= fewest:
            found[place] = total / (used + DAMPING)
    return found


@numba.njit(cache=True)
def _loss(first, column, rows, damped, signs, weights, place, scale, penalty, gradient):  # type: ignore[no-untyped-def]
    """The loss at `place` (unscaled weights and intercept) and its gradient, in a fixed summation order."""
    raised, intercept, loss = place[:-1] * scale, place[-1], 0.0
    for at_row, row in enumerate(rows):
        total = 0.0
        for at in range(first[row], first[row + 1]):
            if column[at] >= 0:
                total += raised[column[at]]
        margin = signs[row] * (total * damped[at_row] + intercept)
        loss += weights[row] * (np.log1p(np.exp(-abs(margin))) + max(0.0, -margin))
        slope = -weights[row] * signs[row] / (1.0 + np.exp(min(margin, 700.0)))
        gradient[-1] += slope
        for at in range(first[row], first[row + 1]):
            if column[at] >= 0:
                gradient[column[at]] += slope * damped[at_row]
    for at in range(scale.size):
        gradient[at] = gradient[at] * scale[at] + penalty * place[at]
        loss += 0.5 * penalty * place[at] * place[at]
    return loss


@numba.njit(cache=True)
def _dot(one, other):  # type: ignore[no-untyped-def]
    """Dot product in a fixed order, so results do not depend on the number of cores."""
    total = 0.0
    for at in range(one.size):
        total += one[at] * other[at]
    return total


def minimum(loss: Callable[[Floats], tuple[float, Floats]], place: Floats) -> Floats:
    """The minimum of a smooth convex function by L-BFGS (Nocedal, Updating Quasi-Newton Matrices, 1980)."""
    value, gradient = loss(place)
    start, steps = _dot(gradient, gradient) ** 0.5, list[tuple[Floats, Floats, float]]()
    for _ in range(_STEPS):
        if _dot(gradient, gradient) ** 0.5 <= _LEARNING_CLOSE * start:
            break
        direction = -_curved(gradient, steps)
        descent, length = _dot(gradient, direction), 1.0 if steps else 1.0 / max(start, 1.0)
        while True:
            there = place + length * direction
            value_there, gradient_there = loss(there)
            if value_there <= value + 1e-4 * length * descent:
                break
            length /= 2
            if length < 1e-12:
                return place
        step, change = there - place, gradient_there - gradient
        if (along := _dot(step, change)) > 0:
            steps = [*steps[1 - _MEMORY :], (step, change, along)]
        place, value, gradient = there, value_there, gradient_there
    return place


def _curved(gradient: Floats, steps: Sequence[tuple[Floats, Floats, float]]) -> Floats:
    """The gradient times the approximate inverse Hessian: the two-loop recursion."""
    vector, shares = gradient.copy(), list[float]()
    for step, change, along in reversed(steps):
        shares.append(_dot(step, vector) / along)
        vector -= shares[-1] * change
    if steps:
        _, change, along = steps[-1]
        vector *= along / _dot(change, change)
    for (step, change, along), share in zip(steps, reversed(shares), strict=True):
        vector += (share - _dot(change, vector) / along) * step
    return vector


def platt(margins: Floats, truth: npt.NDArray[np.bool_], weights: Floats) -> tuple[float, float]:
    """Slope and intercept that map margins to probabilities (Platt 1999, with his softened targets).

    The slope is never negative: a model with inverted order becomes indifferent instead.
    """
    positive = float(weights[truth].sum())
    negative = float(weights.sum()) - positive
    target = np.where(truth, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(place: Floats) -> tuple[float, Floats]:
        raised = margins * place[0] + place[1]
        likely = 1 / (1 + np.exp(-np.clip(raised, -700, 700)))
        value = np.logaddexp(0, raised) - target * raised
        slope = weights * (likely - target)
        return float((weights * value).sum()), np.array([float((slope * margins).sum()), float(slope.sum())])

    slope, intercept = minimum(loss, np.array([1.0, 0.0]))
    if slope <= 0:
        slope, intercept = 0.0, np.log((positive + 1) / (negative + 1))
    return float(slope), float(intercept)


Bools = npt.NDArray[np.bool_]
LEAST_DECIDED = 50
"""Decided cases below which nothing is corrected."""
LEAST_OF_EACH = 10
"""... and of each kind, acted on and dismissed: ten for each parameter, so twice as many for the slope."""
NARROWEST, STEEPEST = 0.1, 4.0
"""Bounds of the slope. Below, the order would hardly count; above, a few cases would make everything certain."""
_ONE, _TWO = 3.841, 5.991  # 95 % of chi-squared with one and two degrees of freedom.
_ROUNDS, _RECALIBRATION_CLOSE = 100, 1e-10


@dataclass(frozen=True)
class Correction:
    """What becomes of a model's log odds."""

    slope: float = 1.0
    shift: float = 0.0

    @property
    def nothing(self) -> bool:
        """Whether the model stays as it is."""
        return self == Correction()

    def of(self, log_odds: Floats) -> Floats:
        """Probabilities."""
        return chances(self.slope * log_odds + self.shift)

    def of_model(self, model: Model) -> Model:
        """The model with other parameters of its calibration; its weights are the same."""
        return replace(
            model,
            slope=float(round(self.slope * model.slope, 12)),
            intercept=float(round(self.slope * model.intercept + self.shift, 9)),
        )


def chances(log_odds: Floats) -> Floats:
    """The logistic function; 0 for -inf."""
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -700, 30)))


def correction_for(log_odds: Floats, truth: Bools) -> Correction:
    """The correction that these decided cases call for; none if they are too few or do not contradict the model.

    `log_odds` are the model's; cases of which it knows nothing (-inf) are left out.
    """
    known = np.isfinite(log_odds)
    log_odds, truth = log_odds[known], truth[known]
    of_each = min(int(truth.sum()), int((~truth).sum()))
    if len(truth) < LEAST_DECIDED or of_each < LEAST_OF_EACH:
        return Correction()
    shifted = _fitted_of_recalibration(log_odds, truth, with_slope=False)
    as_it_is, with_shift = _deviance(log_odds, truth, Correction()), _deviance(log_odds, truth, shifted)
    if of_each < 2 * LEAST_OF_EACH:
        return shifted if as_it_is - with_shift > _ONE else Correction()
    both = _fitted_of_recalibration(log_odds, truth, with_slope=True)
    with_both = _deviance(log_odds, truth, both)
    if as_it_is - with_both <= _TWO:
        return Correction()
    return both if with_shift - with_both > _ONE else shifted


def _deviance(log_odds: Floats, truth: Bools, correction: Correction) -> float:
    """Twice the negative log likelihood."""
    raised = correction.slope * log_odds + correction.shift
    return float(2 * (np.logaddexp(0, raised) - truth * raised).sum())


def _fitted_of_recalibration(log_odds: Floats, truth: Bools, *, with_slope: bool) -> Correction:
    """The most likely shift, or slope and shift, by Newton's method with halved steps; both kinds are needed."""
    found, least = Correction(), _deviance(log_odds, truth, Correction())
    for _ in range(_ROUNDS):
        likely = found.of(log_odds)
        given = np.column_stack((log_odds, np.ones(len(truth)))) if with_slope else np.ones((len(truth), 1))
        gradient = given.T @ (likely - truth)
        curvature = (given * (likely * (1 - likely))[:, None]).T @ given + 1e-9 * np.eye(given.shape[1])
        step, length = np.linalg.solve(curvature, gradient), 1.0
        while length > 1e-6:
            slope = found.slope - length * float(step[0]) if with_slope else 1.0
            tried = Correction(min(STEEPEST, max(NARROWEST, slope)), found.shift - length * float(step[-1]))
            if (reached := _deviance(log_odds, truth, tried)) < least:
                break
            length /= 2
        if length <= 1e-6 or least - reached < _RECALIBRATION_CLOSE:
            break
        found, least = tried, reached
    return Correction(float(round(found.slope, 6)), float(round(found.shift, 6)))


def rate_shifted(log_odds: Floats, rate: float) -> Correction:
    """The shift to the rate that undecided cases most likely have, by expectation and maximisation from the `rate` of
    the training set; it supposes that texts of each kind are the same as there.
    """
    known, own = log_odds[np.isfinite(log_odds)], rate
    for _ in range(10 * _ROUNDS):
        before, own = own, float(np.clip(chances(known + _logit(own) - _logit(rate)).mean(), 1e-6, 1 - 1e-6))
        if abs(own - before) < 1e-9:
            break
    return Correction(1.0, _logit(own) - _logit(rate))


def _logit(rate: float) -> float:
    return float(np.log(rate / (1 - rate)))
