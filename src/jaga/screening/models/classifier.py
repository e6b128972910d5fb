"""Learnt models: how likely is it that people, with this text before them, would act under a category? Pure.

A model is a table of whole numbers and four numbers beside it. It is learnt from an installation's own decisions
(`learning`), judges nothing, and says which words made its score (`explained`). Imports numba: for workers and the
command line, never for a web process.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jaga.core.canonical import canonical_json
from jaga.core.errors import N_, JagaError
from jaga.screening.engine.engine import StageInput
from jaga.screening.engine.findings import Findings, Kind, in_code_points
from jaga.screening.models.grams import SLOTS, VERSION
from jaga.screening.models.grams_kernel import weightiest
from jaga.screening.models.margins_kernel import margins, table_of
from jaga.screening.text.block import TextBlock
from jaga.screening.text.fold import fold_block
from jaga.screening.text.signals import quote

SOURCE = "model"
LEARNT = N_("A model that learnt from decisions here finds this likely (%(percent)s %%). What weighed most: %(found)s. "
            "Model %(model)s.")
DAMPING = 40
"""Added to the number of features by which a sum is divided: a few striking words in a short text are no certainty."""
FEWEST = 4  # features that a model must know of a text, or it says nothing
WORDS = 3  # that an explanation names
MOST_WEIGHT = 0.7
"""What a model's signal counts for at the most, however sure it is. An entry of the word list can count for more."""
_MAGIC = b"jaga-model 1\n"


class BadModel(JagaError):
    """A file that is no model, or one of another version of the features."""

    code = "bad_model"
    status = 500
    sentence = N_("The model's file cannot be used: it is damaged, or was made by another version.")
    remedy = N_("Retire the model, and learn a new one with `jaga screening train`.")


@dataclass(frozen=True)
class Model:
    """What was learnt for one category. Equal decisions give an equal `sha256`."""

    category: str
    weights: npt.NDArray[np.int16]
    """One for each slot; 0 where the model knows nothing."""
    slope: float
    intercept: float
    """The calibration: the probability is that of the logistic curve at slope × margin + intercept."""

    def packed(self) -> bytes:
        """The file: a line that says what it is, a line of JSON, and the weights in little-endian order."""
        head = canonical_json({"category": self.category, "features": VERSION, "slope": repr(self.slope),
                               "intercept": repr(self.intercept)})
        return _MAGIC + head + b"\n" + self.weights.astype("<i2").tobytes()

    @cached_property
    def sha256(self) -> str:
        """Of the file; it is the model's version."""
        return hashlib.sha256(self.packed()).hexdigest()


def unpacked(content: bytes) -> Model:
    """The model of a file. Raises BadModel for anything else."""
    magic, head, weights = content[:len(_MAGIC)], *content[len(_MAGIC):].partition(b"\n")[::2]
    try:
        said = json.loads(head)
        if magic != _MAGIC or said["features"] != VERSION or len(weights) != 2 * SLOTS:
            raise BadModel
        model = Model(str(said["category"]), np.frombuffer(weights, "<i2").astype(np.int16), float(said["slope"]),
                      float(said["intercept"]))
    except (KeyError, TypeError, ValueError):
        raise BadModel from None
    if not np.isfinite([model.slope, model.intercept]).all():
        raise BadModel
    return model


class ModelLikelihoods(NamedTuple):
    """What models found likely, by text and then by model. All arrays have one length."""

    row: npt.NDArray[np.int32]
    model: npt.NDArray[np.int32]
    probability: npt.NDArray[np.float32]
    spans: npt.NDArray[np.int32]
    """[findings, WORDS, 2]: the words that weighed most, the weightiest first, in bytes of `TextBlock.folded` from the
    beginning of the text, half-open; -1 beyond the last word.
    """


class Classifier:
    """Several models that read a block together; a stage of the engine. Immutable, so that threads may share it."""

    def __init__(self, models: Sequence[Model], threshold: float) -> None:
        self.models = tuple(models)
        self.threshold = threshold
        self._table = table_of([model.weights for model in models])
        self._slope = np.array([model.slope for model in models])
        self._intercept = np.array([model.intercept for model in models])

    @property
    def kinds(self) -> Sequence[Kind]:
        """One a model."""
        return [Kind(SOURCE, version_of(model), model.category, model.category) for model in self.models]

    def signals(self, seen: StageInput) -> Findings:
        """One finding for each text and model at or above the threshold, at the word that weighed most."""
        found = self.judged(seen.block)
        return Findings(found.row, found.model, np.minimum(found.probability.astype(np.float64), MOST_WEIGHT),
                        found.spans[:, 0, 0].copy(), found.spans[:, 0, 1].copy())

    def scores(self, block: TextBlock) -> npt.NDArray[np.float32]:
        """float32[texts, models]: calibrated probabilities; 0 where a model knows nothing of a text."""
        return self._scored(block)[0]

    def judged(self, block: TextBlock) -> ModelLikelihoods:
        """What is at or above the threshold, with the words that weighed most. Where none did (disguise and emoji
        alone spoke), nothing is said: a signal must be able to point at its reason.
        """
        scores, where = self._scored(block)
        rows, models = np.nonzero(scores >= self.threshold)
        spans = np.full((len(rows), WORDS, 2), -1, np.int32)
        for place, (row, model) in enumerate(zip(rows, models, strict=True)):
            found = weightiest(block, row, where[row, model], self.models[model].weights, WORDS)
            spans[place, :len(found)] = found
        said = spans[:, 0, 0] >= 0
        rows, models = rows[said], models[said]
        return ModelLikelihoods(rows.astype(np.int32), models.astype(np.int32), scores[rows, models], spans[said])

    def _scored(self, block: TextBlock) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        found, where = margins(block, self._table, len(self.models), DAMPING, FEWEST)
        raised = np.clip(np.where(np.isneginf(found), 0, found) * self._slope + self._intercept, -30, 30)
        return np.where(np.isneginf(found), 0.0, 1.0 / (1.0 + np.exp(-raised))).astype(np.float32), where


@dataclass(frozen=True)
class Explained:
    """What a model says of one text: how likely, and the words that made it so, in code points of the text."""

    model: Model
    probability: float
    words: tuple[tuple[int, int], ...]

    @property
    def weight(self) -> float:
        """What it counts for as a signal."""
        return min(MOST_WEIGHT, self.probability)

    def params(self, text: str) -> dict[str, str]:
        """What fills `LEARNT`."""
        return {"percent": str(int(100 * self.probability)), "model": version_of(self.model),
                "found": ", ".join(quote(text, *word) for word in self.words)}


def explained(texts: Sequence[str], classifier: Classifier) -> list[list[Explained]]:
    """For each text what its models say, with their words: for the few texts that people look at."""
    block = block_of(texts)
    found = classifier.judged(block)
    said: list[list[Explained]] = [[] for _ in texts]
    for at, row in enumerate(found.row):
        spans = [span for span in found.spans[at] if span[0] >= 0]
        start, end = in_code_points(_as_findings(int(row), sorted(map(tuple, spans))), block)
        places = dict(zip(sorted(map(tuple, spans)), zip(start.tolist(), end.tolist(), strict=True), strict=True))
        said[row].append(Explained(classifier.models[found.model[at]], float(found.probability[at]),
                                   tuple(places[tuple(span)] for span in spans)))
    return said


def _as_findings(row: int, spans: Sequence[tuple[int, int]]) -> Findings:
    rows = np.full(len(spans), row, np.int32)
    start, end = np.array(spans, np.int32).reshape(-1, 2).T
    return Findings(rows, rows, np.zeros(len(spans)), start.copy(), end.copy())


def block_of(texts: Sequence[str]) -> TextBlock:
    """The block of texts that are strings. Lone surrogates are read as spaces."""
    raw = [re.sub("[\ud800-\udfff]", " ", text).encode() for text in texts]
    starts = np.cumsum([0, *map(len, raw)]).astype(np.int64)
    return fold_block(np.frombuffer(b"".join(raw), np.uint8), starts)[0]


def version_of(model: Model) -> str:
    """How a signal names the model: the category, and enough of the hash to tell it from any other."""
    return f"{model.category}:{model.sha256[:16]}"
