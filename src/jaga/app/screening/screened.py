"""The result columns of each row, and explaining sentences."""

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from babel.messages.pofile import read_po

from jaga.app.screening.context import CONTEXT
from jaga.app.screening.models import engine_with
from jaga.app.translations import catalogue
from jaga.policy import PolicyRelease
from jaga.screening.base.row_errors import codes_of, sentences
from jaga.screening.engine.engine import Engine, screen_table
from jaga.screening.engine.spoken import spoken_signals

_SIGNALS = pa.list_(
    pa.struct(
        [
            ("source", pa.string()),
            ("version", pa.string()),
            ("category", pa.string()),
            ("key", pa.string()),
            ("weight", pa.float64()),
            ("start", pa.int32()),
            ("end", pa.int32()),
        ]
    )
)
"""Names are plain strings: dictionary encoding would make the bytes depend on earlier names."""


def screened(
    rows: pa.Table,
    release: PolicyRelease,
    language: str | None,
    models: tuple[bytes, ...] = (),
    *,
    text: bool = False,
    signature: bool = False,
) -> pa.Table:
    """The result of engine and `models` for `rows.ROWS`, in order; with sentences if a language is given, and with text
    and signature on request.
    """
    engine = engine_with(release, models)
    found = screen_table(asked_of(rows, release), engine)
    errors = codes_of(np.asarray(rows["error"]))
    columns = {
        "id": rows["id"].cast(pa.string()),
        "error": pa.array(errors, pa.string()),
        "score": found["score"],
        "victim_first": found["victim_first"],
        "category": found["category"].cast(pa.string()),
        "signals": found["signals"].cast(_SIGNALS),
        "contacts": found["contacts"],
        "filtered": found["filtered"],
        **({"signature": found["signature"]} if signature else {}),
        **({"text": rows["text"].cast(pa.string())} if text else {}),
    }
    if language is not None:
        say = translated(language)
        columns["reasons"] = pa.array(
            [
                _reasons(text, signals, engine, say)
                for text, signals in zip(rows["text"].to_pylist(), found["signals"].to_pylist(), strict=True)
            ],
            pa.list_(pa.string()),
        )
        columns["remark"] = pa.array(
            [codes and " ".join(say.get(one, one) for one in sentences(codes)) for codes in errors], pa.string()
        )
    return pa.table(columns)


def asked_of(rows: pa.Table, release: PolicyRelease) -> pa.Table:
    """The texts with their context, without columns that are entirely unknown and lists the release does not use."""
    columns = [name for name in CONTEXT if name in rows.column_names and rows[name].null_count < len(rows)]
    asked = rows.select(["text", *columns])
    if "lists" not in columns:
        return asked
    named = {one.key for one in release.screening.account_lists}
    lists = [[name for name in one or () if name in named] for one in rows["lists"].to_pylist()]
    return asked.set_column(asked.column_names.index("lists"), "lists", pa.array(lists, CONTEXT["lists"]))


def _reasons(text: str, signals: list[dict[str, Any]], engine: Engine, say: dict[str, str]) -> list[str]:
    return [say.get(signal.msgid, signal.msgid) % signal.params for signal in spoken_signals(text, signals, engine)]


@cache
def translated(language: str) -> dict[str, str]:
    """The translations of Jaga's sentences, read from the catalogue itself, so that workers need not compile it."""
    if language == "en":
        return {}
    with catalogue(language).open("rb") as file:
        return {
            message.id: message.string
            for message in read_po(file)
            if isinstance(message.id, str) and isinstance(message.string, str) and message.string
        }
