"""What is said of each row, and its sentences."""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from babel.messages.pofile import read_po

from jaga.app.translations import catalogue
from jaga.policy import PolicyRelease
from jaga.screening.engine import Engine, screen_table
from jaga.screening.released import engine_of
from jaga.screening.row_errors import codes_of, sentences
from jaga.screening.spoken import spoken_signals

_SIGNAL = pa.struct([("source", pa.string()), ("version", pa.string()), ("category", pa.string()),
                     ("key", pa.string()), ("weight", pa.float64()), ("start", pa.int32()), ("end", pa.int32())])


def screened(rows: pa.Table, release: PolicyRelease, language: str | None) -> pa.Table:
    """What the engine sees in each of the `rows.ROWS`, in their order; with sentences where a language is given."""
    engine = engine_of(release)
    seen = screen_table(rows.select(["text"]), engine)
    errors = codes_of(np.asarray(rows["error"]))
    columns = {
        "id": rows["id"], "error": pa.array(errors, pa.string()), "score": seen["score"],
        "victim_first": seen["victim_first"], "category": pc.cast(seen["category"], pa.string()),
        "signals": _plain(seen["signals"]), "contacts": seen["contacts"], "signature": seen["signature"],
    }
    if language is not None:
        say = _translations(language)
        columns["reasons"] = pa.array([_reasons(text, signals, engine, say) for text, signals in zip(
            rows["text"].to_pylist(), seen["signals"].to_pylist(), strict=True)], pa.list_(pa.string()))
        columns["remark"] = pa.array([codes and " ".join(say.get(one, one) for one in sentences(codes))
                                      for codes in errors], pa.string())
    return pa.table(columns)


def _plain(signals: pa.ChunkedArray) -> pa.ChunkedArray:
    """With names as strings: a result's bytes must not depend on which names were met before."""
    plain = [pa.ListArray.from_arrays(one.offsets, _plain_struct(one.values)) for one in signals.chunks]
    return pa.chunked_array(plain, pa.list_(_SIGNAL))


def _plain_struct(signals: pa.StructArray) -> pa.StructArray:
    fields = [signals.field(field.name) for field in _SIGNAL]
    return pa.StructArray.from_arrays([pc.cast(one, field.type) for one, field in zip(fields, _SIGNAL, strict=True)],
                                      fields=list(_SIGNAL))


def _reasons(text: str, signals: list[dict[str, Any]], engine: Engine, say: dict[str, str]) -> list[str]:
    return [say.get(signal.msgid, signal.msgid) % signal.params for signal in spoken_signals(text, signals, engine)]


@cache
def _translations(language: str) -> dict[str, str]:
    """What our sentences are in that language, from the catalogue itself: a worker's machine need not compile it."""
    if language == "en":
        return {}
    with catalogue(language).open("rb") as file:
        return {message.id: message.string for message in read_po(file)
                if isinstance(message.id, str) and isinstance(message.string, str) and message.string}
