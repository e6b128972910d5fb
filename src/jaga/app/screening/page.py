"""The highest-scoring rows as one HTML file for people, without scripts or external resources.

Trained models in addition to a release's engine, for screening files on request.

The result columns of each row, and explaining sentences.
"""

import heapq
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa
from babel.messages.pofile import read_po

from jaga.app.screening.context import CONTEXT
from jaga.app.translations import catalogue
from jaga.core.errors import N_
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.base.row_errors import codes_of, sentences
from jaga.screening.engine.engine import Engine, screen_table
from jaga.screening.engine.released import engine_of
from jaga.screening.engine.spoken import spoken_signals
from jaga.screening.models.classifier import LEARNT, Classifier, Model, explained, unpacked
from jaga.screening.text.signals import Place


class ModelStage(Classifier):
    """A stage of models that apply to every text, each under its own category."""

    @cached_property
    def _alone(self) -> list[Classifier]:
        """A classifier per model for explanations; cached, since weight tables are large."""
        return [Classifier([model], self.threshold) for model in self.models]

    def sentence(self, kind: int, text: str, places: Sequence[Place]) -> tuple[str, Mapping[str, str]]:
        """The model's probability and its decisive words."""
        (explanations,) = explained([text], self._alone[kind])
        return LEARNT, explanations[0].params(text)


def packed_small(contents: Iterable[bytes]) -> tuple[bytes, ...]:
    """Model files in the compressed form that `Settings` carries: each once, in a fixed order.

    Raises BadModel for an invalid file.
    """
    models = {model.sha256: model for model in map(unpacked, contents)}
    return tuple(zlib.compress(model.packed()) for model in sorted(models.values(), key=_order))


@lru_cache(maxsize=4)
def engine_with(release: PolicyRelease, models: tuple[bytes, ...]) -> Engine:
    """The release's engine plus these models (from `packed_small`)."""
    engine = engine_of(release)
    if not models:
        return engine
    read = [unpacked(zlib.decompress(one)) for one in models]
    return replace(engine, stages=(*engine.stages, ModelStage(read, release.screening.model_from)))


def _order(model: Model) -> tuple[str, str]:
    return model.category, model.sha256


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


MOST = 100
_LONGEST = 600  # Characters of a text.
_TITLE = N_("Texts with the highest scores")
_ABOUT = N_(
    "Of %(rows)s rows of “%(name)s”, %(signalled)s have signals, %(victims)s are victim-first. A score "
    "sorts; it is not a verdict. People decide."
)
_HEADS = (N_("Row"), N_("Score"), N_("Category"), N_("Text"), N_("Why"))
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:72rem;padding:0 1rem;color:#1b1b1b;background:#fff}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.5rem;border-bottom:1px solid #ccc}
td{overflow-wrap:anywhere}.t{white-space:pre-wrap}ul{margin:0;padding-left:1.1rem}
@media(max-width:40rem){thead{display:none}tr{display:block;padding:.5rem 0}td{display:block;border:0;padding:.1rem 0}}
"""


@dataclass(frozen=True)
class PageSummary:
    """The summary above the rows."""

    name: str
    rows: int
    with_signals: int
    victim_first: int
    categories: Mapping[str, int]


class Highest:
    """The highest-scoring rows seen; of equal ones the earliest."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._heap: list[tuple[float, int, dict[str, Any]]] = []

    def see(self, table: pa.Table, before: int) -> None:
        """Add a block; `before` is the number of rows before it in the file."""
        scores = table["score"].to_pylist()
        lowest = self._heap[0][0] if len(self._heap) == self._most else 0.0
        for place, score in enumerate(scores):
            if score <= lowest:
                continue
            (row,) = table.slice(place, 1).to_pylist()
            one = (score, -(before + place + 1), row)
            if len(self._heap) < self._most:
                heapq.heappush(self._heap, one)
            else:
                heapq.heappushpop(self._heap, one)
            lowest = self._heap[0][0] if len(self._heap) == self._most else 0.0

    def rows(self) -> list[tuple[int, dict[str, Any]]]:
        """The rows, highest first, each with its number in the file."""
        return [(-place, row) for _, place, row in sorted(self._heap, key=lambda one: one[:2], reverse=True)]


def page_of(rows: Sequence[tuple[int, Mapping[str, Any]]], about: PageSummary, language: str) -> str:
    """The whole page in that language."""
    say = translated(language)
    labels = {one.key: one.label.say(language) for one in load_release().categories}

    def text_of(msgid: str, **params: object) -> str:
        return escape(say.get(msgid, msgid) % params)

    counts = "".join(
        f"<li>{escape(labels.get(key, key))}: {count:,}</li>"
        for key, count in sorted(about.categories.items(), key=lambda one: (-one[1], one[0]))
    )
    summary = text_of(
        _ABOUT,
        name=about.name,
        rows=f"{about.rows:,}",
        signalled=f"{about.with_signals:,}",
        victims=f"{about.victim_first:,}",
    )
    lines = "".join(_line(number, row, labels) for number, row in rows)
    heads = "".join(f'<th scope="col">{text_of(head)}</th>' for head in _HEADS)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'\"><title>{text_of(_TITLE)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{text_of(_TITLE)}</h1><p>{summary}</p><ul>{counts}</ul><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></main></body></html>\n"
    )


def _line(number: int, row: Mapping[str, Any], labels: Mapping[str, str]) -> str:
    text = str(row["text"] or "")
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
    why = "".join(f"<li>{escape(reason)}</li>" for reason in row.get("reasons") or ())
    called = f"{number} ({escape(str(row['id']))})" if row["id"] is not None else str(number)
    category = escape(labels.get(row["category"], row["category"] or ""))
    return (
        f"<tr><td>{called}</td><td>{row['score']:.2f}</td><td>{category}</td>"
        f'<td class="t">{escape(shown)}</td><td><ul>{why}</ul></td></tr>'
    )
