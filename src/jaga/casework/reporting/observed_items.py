"""Files many observations of public content at once: accounts, reports, cases and triage jobs in few statements.

What `monitoring.take_in` does for one message of a public room, this does for the flagged rows of a block. No original
is sealed beside the case: the text is in the report, and the block's Merkle root proves where it stood.
"""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from jaga.casework.cases.accounts import Named, find_subjects, share_platforms
from jaga.casework.kernel.validation import MAX_TEXT
from jaga.casework.reporting.bulk_insert import SEALED
from jaga.casework.reporting.merging import announce, join_cases, start_clock
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import Channel, ReportForm
from jaga.policy import PolicyRelease
from jaga.policy.jurisdiction import default_language
from jaga.policy.local_time import day_of
from jaga.records.bulk import as_json, ask_prepared
from jaga.records.codes import source_key, source_mark
from jaga.records.key_numbers import next_report_number
from jaga.records.key_store.store import Owner
from jaga.records.models import Decision, Platform, Report

_COLUMNS = {
    "key_number": "bigint",
    "subject_id": "bigint",
    "channel": "text",
    "form": "text",
    "category": "text",
    "published": "text",
    "place": "text",
    "language": "text",
    "conduct_on": "date",
    "received_at": "timestamptz",
    "due_at": "timestamptz",
    "urgent": "boolean",
    "priority": "smallint",
    "source_key": "bytea",
    "origin_ref": "text",
    "route": "text",
    "reference": "text",
}
_EMPTY = [
    str(field.column)
    for field in Report._meta.concrete_fields
    if field.column not in _COLUMNS and not field.null and field.column != "id"
]
"""Columns that an observation leaves empty; all of them are texts."""
# One that the account published before, word for word, is the same observation.
_STORE = f"""
INSERT INTO records_report ({", ".join([*_COLUMNS, *_EMPTY])})
SELECT {", ".join([f"r.{name}" for name in _COLUMNS] + ["''"] * len(_EMPTY))}
FROM json_to_recordset(%s::json) AS r({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
ORDER BY r.subject_id, r.origin_ref
ON CONFLICT (subject_id, origin_ref) WHERE form = 'observation' DO NOTHING RETURNING id
"""  # noqa: S608 - our own
_LONGEST_REFERENCE = 120


class ObservedItem(NamedTuple):
    """A flagged text with its account, its own number at the source, and when it was published (None: unknown)."""

    account_id: str
    handle: str
    text: str
    category: str
    reference: str
    sent_at: datetime | None


def file_observed(
    platform: Platform,
    items: Sequence[ObservedItem],
    source: str,
    place: str,
    release: PolicyRelease,
) -> list[Report]:
    """File these items in the caller's transaction; returns the reports that were new, with their cases.

    An item is left out if its account published the same text before, or if a decision in force restricted or closed
    the account in this category since it was published (or ever, if that is unknown). The triage of the cases is
    deferred. The caller writes the ledger entry.
    """
    if not items:
        return []
    subjects = find_subjects([Named(platform, item.account_id, item.handle) for item in items])
    decided = _decided(set(subjects))
    rows: dict[tuple[int, str], dict[str, object]] = {}
    for subject_id, item in zip(subjects, items, strict=True):
        acted = decided.get((subject_id, item.category))
        if acted is not None and (item.sent_at is None or acted >= item.sent_at):
            continue
        origin = origin_of(item.text)
        if (subject_id, origin) not in rows:
            rows[subject_id, origin] = _row(subject_id, origin, item, source, place, release)
    numbers = [number for (number,) in ask_prepared(_STORE, [as_json(list(rows.values()))])] if rows else []
    reports = list(Report.objects.filter(pk__in=numbers).select_related("subject").order_by("pk"))
    if reports:
        share_platforms(report.subject for report in reports)
        announce(reports, join_cases(reports, release, settle=True))
    return reports


def origin_of(text: str) -> str:
    """What makes an observation of a file unique for its account: a keyed number of the text."""
    return f"text:{source_mark('observed:' + sha256(text.encode()).hexdigest()).hex()}"


def _row(
    subject_id: int, origin: str, item: ObservedItem, source: str, place: str, release: PolicyRelease
) -> dict[str, object]:
    owner, clock = Owner(KeyOwner.REPORT, next_report_number()), start_clock(release, Channel.WATCH, item.category)
    return {
        "key_number": owner.number,
        "subject_id": subject_id,
        "channel": Channel.WATCH,
        "form": ReportForm.OBSERVATION,
        "category": item.category,
        "published": SEALED["published"].sealed_for(owner, item.text[:MAX_TEXT]),
        "place": SEALED["place"].sealed_for(owner, place),
        "language": default_language(),
        "conduct_on": day_of(item.sent_at or clock.received_at),
        "received_at": clock.received_at,
        "due_at": clock.due_at,
        "urgent": clock.urgent,
        "priority": clock.priority,
        "source_key": source_key(source),
        "origin_ref": origin,
        "route": "ordinary",
        "reference": item.reference[:_LONGEST_REFERENCE],
    }


def _decided(subjects: set[int]) -> dict[tuple[int, str], datetime]:
    """When these accounts were last restricted or closed in a category, by decisions in force."""
    rows = Decision.objects.filter(
        subject__in=subjects, kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE), overturned_by__isnull=True
    ).order_by("decided_at")
    return {
        (subject, category): at
        for subject, category, at in rows.values_list("subject_id", "case__category", "decided_at")
    }
