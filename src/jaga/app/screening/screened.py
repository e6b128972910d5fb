"""What is said of each row, and its sentences."""

from functools import cache

import numpy as np
import pyarrow as pa
from babel.messages.pofile import read_po

from jaga.app.translations import catalogue
from jaga.policy import PolicyRelease
from jaga.screening.contacts import contacts_in
from jaga.screening.row_errors import codes_of, sentences
from jaga.screening.screen import Screened, screen

_SIGNAL = pa.struct([("source", pa.string()), ("version", pa.string()), ("category", pa.string()),
                     ("key", pa.string()), ("weight", pa.float64()), ("start", pa.int32()), ("end", pa.int32())])


def screened(rows: pa.Table, release: PolicyRelease, language: str | None) -> pa.Table:
    """What the engine sees in each of the `rows.ROWS`, in their order; with sentences where a language is given."""
    texts = rows["text"].to_pylist()
    seen = screen(texts, release.lexicon, version=release.hash)
    errors = codes_of(np.asarray(rows["error"]))
    strongest = [max(one.signals, key=lambda signal: signal.weight).category if one.signals else None for one in seen]
    columns = {
        "id": rows["id"],
        "error": pa.array(errors, pa.string()),
        "score": pa.array([one.score for one in seen], pa.float64()),
        "victim_first": pa.array([one.victim_first for one in seen], pa.bool_()),
        "category": pa.array(strongest, pa.string()),
        "signals": pa.array([_signals(one) for one in seen], pa.list_(_SIGNAL)),
        "contacts": pa.array([[contact.value for contact in contacts_in(text)] for text in texts],
                             pa.list_(pa.string())),
    }
    if language is not None:
        say = _translations(language)
        columns["reasons"] = pa.array([[say.get(signal.msgid, signal.msgid) % signal.params for signal in one.signals]
                                       for one in seen], pa.list_(pa.string()))
        columns["remark"] = pa.array([codes and " ".join(say.get(one, one) for one in sentences(codes))
                                      for codes in errors], pa.string())
    return pa.table(columns)


def _signals(one: Screened) -> list[dict[str, object]]:
    return [{"source": signal.source, "version": signal.version, "category": signal.category,
             "key": signal.params["phrase"], "weight": signal.weight, "start": signal.start, "end": signal.end}
            for signal in one.signals]


@cache
def _translations(language: str) -> dict[str, str]:
    """What our sentences are in that language, from the catalogue itself: a worker's machine need not compile it."""
    if language == "en":
        return {}
    with catalogue(language).open("rb") as file:
        return {message.id: message.string for message in read_po(file)
                if isinstance(message.id, str) and isinstance(message.string, str) and message.string}
