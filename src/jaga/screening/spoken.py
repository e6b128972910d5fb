"""The engine's answers for people: each signal with its sentence, as `screen` promises them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from jaga.policy.models import LexiconEntry
from jaga.screening.engine import Engine, screen_table
from jaga.screening.fold import storable_utf8
from jaga.screening.lexicon import Lexicon
from jaga.screening.screen import Screened, Signal, combined


def spoken(texts: Sequence[str], lexicon: tuple[LexiconEntry, ...], version: str) -> list[Screened]:
    """See `screen.screen`."""
    engine = engine_of(lexicon, version)
    table = screen_table(pa.table({"text": pa.array(map(storable_utf8, texts), pa.large_binary())}), engine)
    return [_spoken(text, signals, engine) for text, signals in zip(texts, table["signals"].to_pylist(), strict=True)]


@lru_cache(maxsize=8)
def engine_of(lexicon: tuple[LexiconEntry, ...], version: str) -> Engine:
    """The engine for a release's lexicon alone."""
    stage = Lexicon(lexicon, version)
    return Engine(phrases=stage.phrases, stages=(stage,))


def _spoken(text: str, signals: Sequence[dict[str, Any]], engine: Engine) -> Screened:
    return combined(_signal(text, engine, **signal) for signal in signals)


def _signal(text: str, engine: Engine, *, source: str, version: str, category: str, key: str, weight: float,
            start: int, end: int) -> tuple[Signal, bool]:
    stage, kind = engine.spoken[source, version, category, key]
    msgid, params = stage.sentence(kind, text, start, end)
    return (Signal(source, version, category, weight, msgid, start, end, params), stage.kinds[kind].victim_first)
