"""The engine's results as signals with sentences, as `screen` and `ruled.screen_texts` return them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from jaga.policy.models import LexiconEntry
from jaga.screening.engine.engine import Engine, screen_table
from jaga.screening.engine.lexicon import Lexicon
from jaga.screening.text.fold import storable_utf8
from jaga.screening.text.signals import Place, Screened, TextSignal


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
