"""Correction of a model's probabilities by decisions of the place where it is used.

Pure.

A model learnt from one mixture of cases says too much or too little about another: the share of offences is different
(the prior shifts), or the texts are harder (the slope does). Both are corrected on the log odds, `slope` × log odds +
`shift`, which never changes the order of two texts. Which of the two is corrected is chosen by a closed test procedure
(Vergouwe et al., Statistics in Medicine 36, 2017): nothing, unless decided cases contradict the model; then the shift
alone, unless they contradict that too. With the shift alone, the mean probability equals the place's own rate.

`rate_shifted` needs no decisions (Saerens, Latinne and Decaestecker, Neural Computation 14, 2002). It is here to be
compared with: it is right if only the rate differs, and wrong without a sign of it if the texts differ too.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from jaga.screening.models.classifier import Model

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
LEAST_DECIDED = 50
"""Decided cases below which nothing is corrected."""
LEAST_OF_EACH = 10
"""... and of each kind, acted on and dismissed: ten for each parameter, so twice as many for the slope."""
NARROWEST, STEEPEST = 0.1, 4.0
"""Bounds of the slope. Below, the order would hardly count; above, a few cases would make everything certain."""
_ONE, _TWO = 3.841, 5.991  # 95 % of chi-squared with one and two degrees of freedom.
_ROUNDS, _CLOSE = 100, 1e-10


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
    shifted = _fitted(log_odds, truth, with_slope=False)
    as_it_is, with_shift = _deviance(log_odds, truth, Correction()), _deviance(log_odds, truth, shifted)
    if of_each < 2 * LEAST_OF_EACH:
        return shifted if as_it_is - with_shift > _ONE else Correction()
    both = _fitted(log_odds, truth, with_slope=True)
    with_both = _deviance(log_odds, truth, both)
    if as_it_is - with_both <= _TWO:
        return Correction()
    return both if with_shift - with_both > _ONE else shifted


def _deviance(log_odds: Floats, truth: Bools, correction: Correction) -> float:
    """Twice the negative log likelihood."""
    raised = correction.slope * log_odds + correction.shift
    return float(2 * (np.logaddexp(0, raised) - truth * raised).sum())


def _fitted(log_odds: Floats, truth: Bools, *, with_slope: bool) -> Correction:
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
        if length <= 1e-6 or least - reached < _CLOSE:
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
