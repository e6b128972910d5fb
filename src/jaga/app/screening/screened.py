"""What is said of each row, and its sentences."""

from functools import cache, lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
from babel.messages.pofile import read_po

from jaga.app.translations import catalogue
from jaga.policy import PolicyRelease
from jaga.screening.columns import ContactColumn, SignatureColumn
from jaga.screening.engine import Engine, screen_table
from jaga.screening.lexicon import Lexicon
from jaga.screening.row_errors import codes_of, sentences

_SIGNALS = pa.list_(pa.struct([("source", pa.string()), ("version", pa.string()), ("category", pa.string()),
                               ("key", pa.string()), ("weight", pa.float64()), ("start", pa.int32()),
                               ("end", pa.int32())]))


def screened(rows: pa.Table, release: PolicyRelease, language: str | None) -> pa.Table:
    """What the engine sees in each of the `rows.ROWS`, in their order; with sentences where a language is given."""
    engine = _engine(release)
    seen = screen_table(rows.select(["text"]), engine)
    errors = codes_of(np.asarray(rows["error"]))
    columns = {"id": rows["id"].cast(pa.string()), "error": pa.array(errors, pa.string()), "score": seen["score"],
               "victim_first": seen["victim_first"], "category": seen["category"].cast(pa.string()),
               "signals": seen["signals"].cast(_SIGNALS),
               **{column.field.name: seen[column.field.name] for column in engine.columns}}
    if language is not None:
        say = _translations(language)
        columns["reasons"] = pa.array(
            [[_sentence(signal, str(text), engine, say) for signal in signals.as_py()]
             for text, signals in zip(rows["text"], columns["signals"], strict=True)], pa.list_(pa.string()))
        columns["remark"] = pa.array([codes and " ".join(say.get(one, one) for one in sentences(codes))
                                      for codes in errors], pa.string())
    return pa.table(columns)


@lru_cache(maxsize=2)
def _engine(release: PolicyRelease) -> Engine:
    stage = Lexicon(release.lexicon, release.hash)
    return Engine(phrases=stage.phrases, stages=(stage,), columns=(ContactColumn(), SignatureColumn()))


def _sentence(signal: dict[str, Any], text: str, engine: Engine, say: dict[str, str]) -> str:
    stage, kind = engine.spoken[signal["source"], signal["version"], signal["category"], signal["key"]]
    msgid, params = stage.sentence(kind, text, signal["start"], signal["end"])
    return say.get(msgid, msgid) % params


@cache
def _translations(language: str) -> dict[str, str]:
    """What our sentences are in that language, from the catalogue itself: a worker's machine need not compile it."""
    if language == "en":
        return {}
    with catalogue(language).open("rb") as file:
        return {message.id: message.string for message in read_po(file)
                if isinstance(message.id, str) and isinstance(message.string, str) and message.string}
