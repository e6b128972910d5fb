"""Reads XARF v4: one report of the eXtended Abuse Reporting Format becomes one row. docs/batches.md has the mapping.

The account is `source_identifier`. XARF has no field for the app or most categories: the tags `jaga:platform:NAME` and
`jaga:category:KEY` give them, otherwise XARF's own category and type if mapped, otherwise the sender's choice for the
whole file; else the row is rejected by its type's name. Text evidence is used; pictures stay unopened in the sealed
file.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jaga.core.errors import N_, FieldError
from jaga.exchange.rows import SheetRow, row_fault
from jaga.policy.local_time import day_of

MAX_TEXT = 5000
_CATEGORIES = {  # (XARF category, type) → Jaga's category; anything else needs a tag or the sender's choice.
    ("content", "csam"): "child_protection",
    ("content", "csem"): "child_protection",
    ("content", "fraud"): "fraud",
    ("content", "phishing"): "fraud",
}
_LINKS = ("url", "content_url", "target_url")
_TAGS = {"jaga:category": "category", "jaga:platform": "platform"}
_TYPE = N_("This value has the wrong type; docs/batches.md shows the right one.")


def is_xarf(item: Mapping[str, object]) -> bool:
    """Whether it declares itself as XARF, in any version."""
    return "xarf_version" in item


def xarf_row(number: int, item: dict[str, Any]) -> SheetRow:
    """The report as a row; faults name the XARF field."""
    faults: list[FieldError] = []
    if not str(item.get("xarf_version", "")).startswith("4."):
        return SheetRow(number, {}, (row_fault("not_xarf_4", N_("Only XARF version 4 is read.")),))

    def text(name: str, column: str) -> str:
        value = item.get(name)
        if value is not None and not isinstance(value, str):
            faults.append(FieldError(column, "wrong_type", _TYPE))
            return ""
        return value or ""

    cells = {
        "account": text("source_identifier", "account"),
        "reference": text("report_id", "reference"),
        "conduct_on": _day(text("timestamp", "conduct_on"), faults),
        "category": _category(text("category", "category"), text("type", "category")),
        "text": "\n".join(part for part in (text("description", "text"), *_words(item)) if part)[:MAX_TEXT],
        "links": "\n".join(link for link in (text(name, "links") for name in _LINKS) if link),
        **_tagged(item),
    }
    return SheetRow(number, {column: cell for column, cell in cells.items() if cell}, tuple(faults))


def _category(category: str, type_: str) -> str:
    """Jaga's category if mapped; else XARF's own terms, which match no category: the row is then rejected with them
    unless one was chosen for the whole file.
    """
    return _CATEGORIES.get((category, type_)) or "/".join(part for part in (category, type_) if part)


def _day(timestamp: str, faults: list[FieldError]) -> str:
    """The Jakarta date of an RFC 3339 timestamp."""
    if not timestamp:
        return ""
    try:
        return day_of(datetime.fromisoformat(timestamp)).isoformat()
    except (ValueError, OverflowError):
        faults.append(FieldError("conduct_on", "not_a_moment", N_("Write the moment as 2026-01-31T08:30:00Z.")))
        return ""


def _tagged(item: dict[str, Any]) -> dict[str, str]:
    tags = item.get("tags")
    parts = [tag.rpartition(":") for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    return {_TAGS[name]: value for name, _, value in parts if name in _TAGS and value}


def _words(item: dict[str, Any]) -> list[str]:
    """Text evidence and the description of each piece."""
    found: list[str] = []
    evidence = item.get("evidence")
    for piece in evidence[:50] if isinstance(evidence, list) else ():
        if not isinstance(piece, dict):
            continue
        about, kind, payload = piece.get("description"), piece.get("content_type"), piece.get("payload")
        if isinstance(about, str):
            found.append(about)
        if isinstance(kind, str) and kind.startswith("text/plain") and isinstance(payload, str):
            found.append(_decoded(payload))
    return found


def _decoded(payload: str) -> str:
    try:
        return base64.b64decode(payload[: MAX_TEXT * 8 // 4 * 4], validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
