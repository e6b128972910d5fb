"""The false-alarm filter of a release: a learnt model that reads each flagged text as a whole.

Rules look at words and their neighbours. The filter compares the whole text with the labelled texts of its release
(`texts/`), from which it was learnt, and takes the flag away where it reads like the harmless ones. It never flags
anything, never touches a text that proposes the victim-first procedure, scores `filter_up_to` or more, or is flagged
for a category in `filter_spares`, and leaves all signals in place.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jaga.core.canonical import canonical_json
from jaga.policy import PolicyRelease
from jaga.policy.labelled_texts import LabelledText
from jaga.screening.models.classifier import BadModel, Classifier, Model, unpacked
from jaga.screening.models.grams import SLOTS
from jaga.screening.models.learning import TrainingExample, learn
from jaga.screening.text.fold import fold_block

CATEGORY = "offence"
"""The one category of the model: any offence, since a harmless text is harmless whatever it was flagged for."""
_LARGEST = 1 << 20


class FalseAlarmFilter:
    """Stateless after construction; thread-safe."""

    def __init__(self, model: Model, *, flagged_from: float, below: float, up_to: float,
                 spares: frozenset[str] = frozenset()) -> None:
        """Texts with a score in [`flagged_from`, `up_to`) and a probability of an offence less than `below` lose their
        flag, except where the strongest signal's category is in `spares`.
        """
        self.spares = spares
        self._classifier = Classifier([model], threshold=0.5)
        self._flagged_from, self._below, self._up_to = flagged_from, below, up_to

    def lowered(self, source: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], score: npt.NDArray[np.float64],
                spared: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """The scores of these texts (`fold_block`'s `source` and `starts`), and which of them were filtered; none of
        those in `spared`.

        A filtered score is less than `flagged_from`, in proportion to the probability. A text of which the model knows
        nothing keeps its score.
        """
        filtered = np.zeros(len(score), np.bool_)
        rows = np.flatnonzero((score >= self._flagged_from) & (score < self._up_to) & ~spared)
        if not len(rows):
            return score, filtered
        parts = [source[starts[row]:starts[row + 1]] for row in rows]
        block, _ = fold_block(np.concatenate(parts), np.cumsum([0, *map(len, parts)], dtype=np.int64))
        odds = self._classifier.log_odds(block)[:, 0]
        probability = 1.0 / (1.0 + np.exp(-np.clip(odds, -30, 30)))
        low = (probability < self._below) & np.isfinite(odds)
        score = score.copy()
        score[rows[low]] = self._flagged_from * probability[low] / self._below
        filtered[rows[low]] = True
        return score, filtered


def filter_of(release: PolicyRelease) -> FalseAlarmFilter | None:
    """The filter of a release; None if it has none. Raises BadModel."""
    if release.filter_model is None:
        return None
    screening = release.screening
    return FalseAlarmFilter(decoded(release.filter_model), flagged_from=screening.flagged_from,
                            below=screening.filter_below, up_to=screening.filter_up_to,
                            spares=frozenset(screening.filter_spares))


def learnt_from(texts: Sequence[LabelledText]) -> Model:
    """The model that a release's texts teach: the same texts always give the same one. Raises ValueError for fewer than
    two of a kind.
    """
    return learn([TrainingExample(one.text, one.category is not None) for one in texts], CATEGORY)


def encoded(model: Model) -> str:
    """The model as the text of `filter.yaml`."""
    known = np.flatnonzero(model.weights)
    head = canonical_json({"intercept": repr(model.intercept), "known": len(known), "slope": repr(model.slope)})
    steps = np.diff(known, prepend=0).astype("<u4").tobytes()
    return base64.b64encode(zlib.compress(head + b"\n" + steps + model.weights[known].astype("<i2").tobytes(),
                                          9)).decode()


def decoded(text: str) -> Model:
    """The model in that text. Raises BadModel for anything else."""
    try:
        reader = zlib.decompressobj()
        content = reader.decompress(base64.b64decode(text, validate=True), _LARGEST)
        head, _, arrays = content.partition(b"\n")
        header = json.loads(head)
        count = int(header["known"])
        if not reader.eof or len(arrays) != 6 * count:
            raise BadModel
        known = np.cumsum(np.frombuffer(arrays[:4 * count], "<u4").astype(np.int64))
        weights = np.zeros(SLOTS, np.int16)
        weights[known] = np.frombuffer(arrays[4 * count:], "<i2")
        return unpacked(Model(CATEGORY, weights, float(header["slope"]), float(header["intercept"])).packed())
    except (KeyError, TypeError, ValueError, IndexError, binascii.Error, zlib.error):
        raise BadModel from None

