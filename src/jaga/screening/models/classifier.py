"""Trained models: how likely it is that people, given this text, would act under a category.

Pure.

A model is a table of integer weights and four parameters, trained on an installation's own decisions (`learning`). It
decides nothing and names the words behind its score (`explained`). Imports numba: for workers and the command line,
never for a web process.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from jaga.core.canonical import canonical_json
from jaga.core.errors import N_, JagaError
from jaga.screening.models.grams import SLOTS, VERSION
from jaga.screening.models.grams_kernel import weightiest
from jaga.screening.models.margins_kernel import margins, table_of
from jaga.screening.text.block import TextBlock
from jaga.screening.text.findings import Findings, Kind, in_code_points
from jaga.screening.text.fold import fold_block
from jaga.screening.text.signals import quote

SOURCE = "model"
LEARNT = N_(
    "A model that learnt from decisions here finds this likely (%(percent)s %%). What weighed most: %(found)s. "
    "Model %(model)s."
)
DAMPING = 40
"""Added to the feature count that divides a sum, so that a few striking words in a short text do not give certainty."""
FEWEST = 4  # Features of a text a model must know; below that it gives no score.
WORDS = 3  # Words an explanation names.
MOST_WEIGHT = 0.7
"""The maximum weight of a model's signal, however confident it is. A lexicon entry may count for more."""
_MAGIC = b"jaga-model 1\n"


class BadModel(JagaError):
    """A file that is not a model, or uses another feature version."""

    code = "bad_model"
    status = 500
    sentence = N_("The model's file cannot be used: it is damaged, or was made by another version.")
    remedy = N_("Retire the model, and learn a new one with `jaga screening train`.")


@dataclass(frozen=True)
class Model:
    """A trained model for one category. Equal decisions give an equal `sha256`."""

    category: str
    weights: npt.NDArray[np.int16]
    """One per slot; 0 where the model knows nothing."""
    slope: float
    intercept: float
    """Calibration: the probability is the logistic function at slope × margin + intercept."""

    def packed(self) -> bytes:
        """The file: an identifying line, a line of JSON, and the weights in little-endian order."""
        head = canonical_json(
            {
                "category": self.category,
                "features": VERSION,
                "slope": repr(self.slope),
                "intercept": repr(self.intercept),
            }
        )
        return _MAGIC + head + b"\n" + self.weights.astype("<i2").tobytes()

    @cached_property
    def sha256(self) -> str:
        """The hash of the file, used as the model's version."""
        return hashlib.sha256(self.packed()).hexdigest()


def unpacked(content: bytes) -> Model:
    """The model in a file. Raises BadModel for anything else."""
    magic, head, weights = content[: len(_MAGIC)], *content[len(_MAGIC) :].partition(b"\n")[::2]
    try:
        header = json.loads(head)
        if magic != _MAGIC or header["features"] != VERSION or len(weights) != 2 * SLOTS:
            raise BadModel
        model = Model(
            str(header["category"]),
            np.frombuffer(weights, "<i2").astype(np.int16),
            float(header["slope"]),
            float(header["intercept"]),
        )
    except (KeyError, TypeError, ValueError):
        raise BadModel from None
    if not np.isfinite([model.slope, model.intercept]).all():
        raise BadModel
    return model


class ModelLikelihoods(NamedTuple):
    """Model scores above threshold, by text and then model. All arrays have the same length."""

    row: npt.NDArray[np.int32]
    model: npt.NDArray[np.int32]
    probability: npt.NDArray[np.float32]
    spans: npt.NDArray[np.int32]
    """[findings, WORDS, 2]: the words with the most weight, heaviest first, as half-open byte spans in
    `TextBlock.folded` relative to the text; -1 beyond the last word."""


class HasBlock(Protocol):
    """What a stage of the engine gets: of it the classifier reads the texts only."""

    @property
    def block(self) -> TextBlock: ...


class Classifier:
    """Several models that read a block together; a stage of the engine. Immutable and thread-safe."""

    def __init__(self, models: Sequence[Model], threshold: float) -> None:
        self.models = tuple(models)
        self.threshold = threshold
        self._table = table_of([model.weights for model in models])
        self._slope = np.array([model.slope for model in models])
        self._intercept = np.array([model.intercept for model in models])

    @property
    def kinds(self) -> Sequence[Kind]:
        """One per model."""
        return [Kind(SOURCE, version_of(model), model.category, model.category) for model in self.models]

    def signals(self, given: HasBlock) -> Findings:
        """One finding per text and model at or above the threshold, at the word with the most weight."""
        found = self.judged(given.block)
        return Findings(
            found.row,
            found.model,
            np.minimum(found.probability.astype(np.float64), MOST_WEIGHT),
            found.spans[:, 0, 0].copy(),
            found.spans[:, 0, 1].copy(),
        )

    def scores(self, block: TextBlock) -> npt.NDArray[np.float32]:
        """float32[texts, models]: calibrated probabilities; 0 where a model knows nothing of a text."""
        return self._scored(block)[0]

    def log_odds(self, block: TextBlock) -> npt.NDArray[np.float64]:
        """float64[texts, models]: the logarithm of the odds; -inf where a model knows nothing."""
        found, _ = margins(block, self._table, len(self.models), DAMPING, FEWEST)
        known = ~np.isneginf(found)
        return np.where(known, np.where(known, found, 0) * self._slope + self._intercept, -np.inf)

    def judged(self, block: TextBlock) -> ModelLikelihoods:
        """Scores at or above the threshold with their heaviest words.

        If no word has weight (only disguise and emoji), there is no finding: a signal must be able to show its reason.
        """
        scores, where = self._scored(block)
        rows, models = np.nonzero(scores >= self.threshold)
        spans = np.full((len(rows), WORDS, 2), -1, np.int32)
        for place, (row, model) in enumerate(zip(rows, models, strict=True)):
            found = weightiest(block, row, where[row, model], self.models[model].weights, WORDS)
            spans[place, : len(found)] = found
        judged = spans[:, 0, 0] >= 0
        rows, models = rows[judged], models[judged]
        return ModelLikelihoods(rows.astype(np.int32), models.astype(np.int32), scores[rows, models], spans[judged])

    def _scored(self, block: TextBlock) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        found, where = margins(block, self._table, len(self.models), DAMPING, FEWEST)
        raised = np.clip(np.where(np.isneginf(found), 0, found) * self._slope + self._intercept, -30, 30)
        return np.where(np.isneginf(found), 0.0, 1.0 / (1.0 + np.exp(-raised))).astype(np.float32), where


@dataclass(frozen=True)
class Explained:
    """A model's result for one text: probability, and the decisive words as code point spans."""

    model: Model
    probability: float
    words: tuple[tuple[int, int], ...]

    @property
    def weight(self) -> float:
        """The weight as a signal."""
        return min(MOST_WEIGHT, self.probability)

    def params(self, text: str) -> dict[str, str]:
        """The parameters of `LEARNT`."""
        return {
            "percent": str(int(100 * self.probability)),
            "model": version_of(self.model),
            "found": ", ".join(quote(text, *word) for word in self.words),
        }


def explained(texts: Sequence[str], classifier: Classifier) -> list[list[Explained]]:
    """Each text's model results with words; for the few texts people look at."""
    block = block_of(texts)
    found = classifier.judged(block)
    explanations: list[list[Explained]] = [[] for _ in texts]
    for at, row in enumerate(found.row):
        spans = [span for span in found.spans[at] if span[0] >= 0]
        start, end = in_code_points(_as_findings(int(row), sorted(map(tuple, spans))), block)
        places = dict(zip(sorted(map(tuple, spans)), zip(start.tolist(), end.tolist(), strict=True), strict=True))
        explanations[row].append(
            Explained(
                classifier.models[found.model[at]],
                float(found.probability[at]),
                tuple(places[tuple(span)] for span in spans),
            )
        )
    return explanations


def _as_findings(row: int, spans: Sequence[tuple[int, int]]) -> Findings:
    rows = np.full(len(spans), row, np.int32)
    start, end = np.array(spans, np.int32).reshape(-1, 2).T
    return Findings(rows, rows, np.zeros(len(spans)), start.copy(), end.copy())


def block_of(texts: Sequence[str]) -> TextBlock:
    """The block of these strings. Lone surrogates are read as spaces."""
    raw = [re.sub("[\ud800-\udfff]", " ", text).encode() for text in texts]
    starts = np.cumsum([0, *map(len, raw)]).astype(np.int64)
    return fold_block(np.frombuffer(b"".join(raw), np.uint8), starts)[0]


def version_of(model: Model) -> str:
    """How a signal names the model: category and a distinctive prefix of the hash."""
    return f"{model.category}:{model.sha256[:16]}"
