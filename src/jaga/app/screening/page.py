"""The highest-scoring rows as one HTML file for people, without scripts or external resources."""

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import pyarrow as pa

from jaga.app.screening.screened import translated
from jaga.core.errors import N_
from jaga.policy import load_release

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
