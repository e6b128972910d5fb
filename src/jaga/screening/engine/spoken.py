"""The engine's results as signals with sentences, as `screen` and `ruled.screen_texts` return them.

Output columns of the engine beside the signals: contacts and near-duplicate signature of each text.

Maps an in-app report's reason to a category.

Pure.

Reasons are defined by the apps' protocols. For an unlisted one the text decides, as in monitoring.
"""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from jaga.policy.models import LexiconEntry
from jaga.screening.copies.nearness import BINS, FEWEST_LETTERS
from jaga.screening.copies.nearness_kernel import marks_of_block
from jaga.screening.engine.engine import Engine, StageInput, screen_table
from jaga.screening.engine.lexicon import Lexicon
from jaga.screening.text.fold import storable_utf8
from jaga.screening.text.signals import Place, Screened, TextSignal


class ContactColumn:
    """`contacts`: the canonical form of every distinct contact of a text, by place."""

    field = pa.field("contacts", pa.list_(pa.string()))

    def values(self, given: StageInput) -> pa.Array:
        """One list per text, empty for most."""
        found = given.contacts
        texts = len(given.block.folds) - 1
        written, counts = list[str](), np.zeros(texts, np.int32)
        of_row, row = dict[str, None](), -1
        for hit in np.lexsort((found.hits.start, found.hits.row)).tolist():
            text = int(found.hits.row[hit])
            if text != row:
                of_row, row = {}, text
            value = found.value(hit)
            if value not in of_row:
                of_row[value] = None
                written.append(value)
                counts[text] += 1
        return pa.ListArray.from_arrays(
            pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)), pa.array(written, pa.string())
        )


class SignatureColumn:
    """`signature`: the text's one-permutation MinHash (`screening.copies.nearness`), 16 bits per bin in native byte
    order; null for texts too short to have copies.
    """

    field = pa.field("signature", pa.binary(2 * BINS))

    def values(self, given: StageInput) -> pa.Array:
        """One value per text."""
        letters, bins = marks_of_block(given.block)
        there = pa.array(letters >= FEWEST_LETTERS).buffers()[1]
        return pa.FixedSizeBinaryArray.from_buffers(self.field.type, len(letters), [there, pa.py_buffer(bins)])


_ATPROTO = "com.atproto.moderation.defs#reason"
_OZONE = "tools.ozone.report.defs#reason"

CATEGORY_OF_REASON = {
    f"{_ATPROTO}Sexual": "pornography",
    f"{_ATPROTO}Misleading": "fraud",
    f"{_OZONE}SexualUnlabeled": "pornography",
    f"{_OZONE}SexualSextortion": "extortion",
    f"{_OZONE}ViolenceTrafficking": "trafficking",
    f"{_OZONE}ViolenceThreats": "violence",
    f"{_OZONE}ViolenceExtremistContent": "terrorism",
    f"{_OZONE}MisleadingScam": "fraud",
    f"{_OZONE}MisleadingImpersonation": "fraud",
    f"{_OZONE}ChildSafetyCSAM": "child_protection",
    f"{_OZONE}ChildSafetyGroom": "child_protection",
    f"{_OZONE}ChildSafetyPrivacy": "child_protection",
    f"{_OZONE}ChildSafetyHarassment": "child_protection",
    f"{_OZONE}ChildSafetyOther": "child_protection",
}
OTHERWISE = "other"


def category_of(reason: str, signalled: str | None, categories: Collection[str]) -> str:
    """The report's category: by the app's reason, else by the strongest signal in its text, else `other`.

    A reason that only names a label (pornography) yields to a signal, which is more specific.
    """
    by_reason = CATEGORY_OF_REASON.get(reason)
    if by_reason == "pornography" and signalled:
        by_reason = signalled
    return next((one for one in (by_reason, signalled) if one and one in categories), OTHERWISE)


def spoken(texts: Sequence[str], engine: Engine, **context: pa.Array) -> list[Screened]:
    """Screen the texts; `context` are further table columns."""
    table = screen_table(pa.table({"text": pa.array(map(storable_utf8, texts), pa.large_binary()), **context}), engine)
    answers = zip(
        table["signals"].to_pylist(),
        table["score"].to_pylist(),
        table["victim_first"].to_pylist(),
        table["filtered"].to_pylist(),
        strict=True,
    )
    return [
        Screened(spoken_signals(text, signals, engine), score, victim_first, filtered)
        for text, (signals, score, victim_first, filtered) in zip(texts, answers, strict=True)
    ]


@lru_cache(maxsize=8)
def engine_of(lexicon: tuple[LexiconEntry, ...], version: str) -> Engine:
    """The engine for a release's lexicon alone."""
    stage = Lexicon(lexicon, version)
    return Engine(phrases=stage.phrases, stages=(stage,))


def spoken_signals(text: str, signals: Sequence[dict[str, Any]], engine: Engine) -> tuple[TextSignal, ...]:
    """One text's signals by place. Several places of one kind become one signal again."""
    groups: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for one in signals:
        groups.setdefault((one["source"], one["version"], one["category"], one["key"]), []).append(one)
    found = [
        _signal(text, name, [(one["start"], one["end"]) for one in group], group[0]["weight"], engine)
        for name, group in groups.items()
    ]
    return tuple(sorted(found, key=lambda signal: (signal.start, signal.end, signal.category)))


def _signal(
    text: str, name: tuple[str, str, str, str], places: Sequence[Place], weight: float, engine: Engine
) -> TextSignal:
    source, version, category, _ = name
    stage, kind = engine.spoken[name]
    msgid, params = stage.sentence(kind, text, places)
    return TextSignal(source, version, category, weight, msgid, *places[0], params)
