"""The false-alarm filter of a release: trained models that read a text as a whole where the rules leave room for doubt.

Rules look at words and their neighbours. The filter compares the whole text with the labelled texts of its release
(`texts/`), from which it was learnt. It takes the flag away where a flagged text reads like the harmless ones, and it
confirms what *nearly* fulfils a rule where the text reads like the offences; without a rule's words it flags nothing.
It takes no flag from a text that proposes the victim-first procedure, scores `filter_up_to` or more, or is flagged for
a category in `filter_spares`, and leaves all signals in place.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from jaga.core.canonical import canonical_json
from jaga.policy.letters import LabelledText
from jaga.policy.release import PolicyRelease
from jaga.screening.models.classifier import BadModel, Classifier, Model, unpacked
from jaga.screening.models.grams import SLOTS
from jaga.screening.models.learning import learn_categories
from jaga.screening.text.fold import fold_block

OFFENCE = "offence"
"""The first model: any offence, since a harmless text is harmless whatever it was flagged for. Each category has
another one."""
PENALTY = 0.005  # Chosen with each author's texts judged by models that had learnt none of them.
_LARGEST_WEIGHT = 127
_LARGEST = 1 << 21


class FalseAlarmFilter:
    """Stateless after construction; thread-safe."""

    def __init__(
        self,
        models: Sequence[Model],
        *,
        flagged_from: float,
        below: float,
        up_to: float,
        nearly_from: float = 1.0,
        spares: frozenset[str] = frozenset(),
    ) -> None:
        """Texts with a score in [`flagged_from`, `up_to`) and a probability of an offence less than `below` lose their
        flag, except where the strongest signal's category is in `spares`. What nearly fulfils a rule is confirmed from
        a probability of `nearly_from` on.
        """
        self.spares, self.flagged_from = spares, flagged_from
        self._classifier = Classifier(list(models), threshold=0.5)
        self._below, self._up_to, self._nearly_from = below, up_to, nearly_from

    def lowered(
        self,
        source: npt.NDArray[np.uint8],
        starts: npt.NDArray[np.int64],
        score: npt.NDArray[np.float64],
        spared: npt.NDArray[np.bool_],
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """The scores of these texts (`fold_block`'s `source` and `starts`), and which of them were filtered; none of
        those in `spared`.

        A filtered score is less than `flagged_from`, in proportion to the probability. A text of which the models know
        nothing keeps its score.
        """
        filtered = np.zeros(len(score), np.bool_)
        rows = np.flatnonzero((score >= self.flagged_from) & (score < self._up_to) & ~spared)
        if not len(rows):
            return score, filtered
        probability = self.probability(source, starts, rows)
        low = probability < self._below
        score = score.copy()
        score[rows[low]] = self.flagged_from * probability[low] / self._below
        filtered[rows[low]] = True
        return score, filtered

    def confirmed(
        self, source: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Which of these rows, where something nearly fulfils a rule, read like an offence."""
        return self.probability(source, starts, rows) >= self._nearly_from if len(rows) else np.zeros(0, np.bool_)

    def probability(
        self, source: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float64]:
        """How likely each of these rows is an offence; NaN where the models know nothing of the text.

        From the mean of two log odds: that it is any offence, and that it is one of the likeliest category. Each alone
        errs more often on authors that it has not learnt.
        """
        parts = [source[starts[row] : starts[row + 1]] for row in rows]
        block, _ = fold_block(np.concatenate(parts), np.cumsum([0, *map(len, parts)], dtype=np.int64))
        odds = self._classifier.log_odds(block)
        both = (odds[:, 0] + odds[:, 1:].max(axis=1)) / 2
        known = np.isfinite(both)
        return np.where(known, 1.0 / (1.0 + np.exp(-np.clip(np.where(known, both, 0), -30, 30))), np.nan)


def filter_of(release: PolicyRelease) -> FalseAlarmFilter | None:
    """The filter of a release; None if it has none. Raises BadModel."""
    if release.filter_model is None:
        return None
    screening = release.screening
    return FalseAlarmFilter(
        decoded(release.filter_model),
        flagged_from=screening.flagged_from,
        below=screening.filter_below,
        up_to=screening.filter_up_to,
        nearly_from=screening.nearly_from,
        spares=frozenset(screening.filter_spares),
    )


def learnt_from(texts: Sequence[LabelledText]) -> list[Model]:
    """The models that a release's texts teach, `OFFENCE` first: the same texts always give the same ones. A text with
    two labels teaches nothing. Raises ValueError for fewer than two of a kind.
    """
    labels: dict[str, set[str | None]] = {}
    for one in texts:
        labels.setdefault(one.text, set()).add(one.category)
    return learn_categories(
        {text: next(iter(own)) for text, own in labels.items() if len(own) == 1},
        OFFENCE,
        penalty=PENALTY,
        largest=_LARGEST_WEIGHT,
    )


def encoded(models: Sequence[Model]) -> str:
    """The models as the text of `filter.yaml`. All know the same features."""
    known = np.flatnonzero(models[0].weights)
    head = canonical_json(
        {
            "known": len(known),
            "models": [
                {"category": one.category, "intercept": repr(one.intercept), "slope": repr(one.slope)} for one in models
            ],
        }
    )
    steps = np.diff(known, prepend=0).astype("<u4").tobytes()
    weights = b"".join(one.weights[known].astype("i1").tobytes() for one in models)
    return base64.b64encode(zlib.compress(head + b"\n" + steps + weights, 9)).decode()


def decoded(text: str) -> list[Model]:
    """The models in that text. Raises BadModel for anything else."""
    try:
        reader = zlib.decompressobj()
        content = reader.decompress(base64.b64decode(text, validate=True), _LARGEST)
        head, _, arrays = content.partition(b"\n")
        header = json.loads(head)
        count, written = int(header["known"]), header["models"]
        if not reader.eof or len(written) < 2 or len(arrays) != (4 + len(written)) * count:
            raise BadModel
        known = np.cumsum(np.frombuffer(arrays[: 4 * count], "<u4").astype(np.int64))
        rows = np.frombuffer(arrays[4 * count :], "i1").reshape(len(written), count)
        return [_model(one, known, row) for one, row in zip(written, rows, strict=True)]
    except (KeyError, TypeError, ValueError, IndexError, binascii.Error, zlib.error):
        raise BadModel from None


def _model(header: dict[str, str], known: npt.NDArray[np.int64], row: npt.NDArray[np.int8]) -> Model:
    weights = np.zeros(SLOTS, np.int16)
    weights[known] = row
    return unpacked(Model(header["category"], weights, float(header["slope"]), float(header["intercept"])).packed())
