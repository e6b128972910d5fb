"""Inserts the cases that reports open, many in one statement, with the counts of those that have a single report."""

from collections.abc import Mapping, Sequence
from functools import cache

from jaga.casework.screening.victim_protection import VictimFinding, first_state
from jaga.core.cases import CaseState
from jaga.policy import PolicyRelease
from jaga.policy.routing import RoutingFacts
from jaga.records.bulk import as_array, ask_prepared
from jaga.records.key_numbers import next_case_number
from jaga.records.models import Case, Report

Key = tuple[int, str]
"""An account and a category."""
_COLUMNS = {
    "key_number": "bigint",
    "subject_id": "bigint",
    "category": "text",
    "state": "text",
    "channel": "text",
    "severity": "smallint",
    "victim_first": "boolean",
    "victim_state": "text",
    "urgent": "boolean",
    "conduct_on": "date",
    "opened_at": "timestamptz",
    "due_at": "timestamptz",
    "repeats_id": "bigint",
    "reports_count": "integer",
    "sources_count": "integer",
    "score": "float8",
    "flagged": "boolean",
    "rank_at": "timestamptz",
    "queue": "text",
    "clearance": "text",
    "language": "text",
}
_INSERT = f"""
INSERT INTO records_case ({", ".join(_COLUMNS)})
SELECT {", ".join(f"c.{name}" for name in _COLUMNS)}
FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())}) AS c({", ".join(_COLUMNS)})
ON CONFLICT DO NOTHING RETURNING id, subject_id, category"""  # noqa: S608 - our own


def open_cases(
    missing: Mapping[Key, Report],
    release: PolicyRelease,
    dismissed: Mapping[Key, Sequence[Case]],
    found: Mapping[int, VictimFinding],
    counted: Mapping[Key, int],
) -> dict[Key, Case]:
    """Insert a case for each of these first reports; returns those that are ours, by account and category.

    Nobody else sees them before the commit. One that another transaction opens at the same time is left out: this waits
    for its commit. `counted` has the independent sources of cases that have one report, which then count already.
    """
    cases = {
        key: _new_case(report, release, next(iter(dismissed.get(key, ())), None), found)
        for key, report in sorted(missing.items())
    }
    for key, sources in counted.items():
        if key in cases:
            cases[key].reports_count, cases[key].sources_count = 1, sources
            cases[key].urgent = missing[key].urgent
    values = [as_array(getattr(case, name) for case in cases.values()) for name in _COLUMNS]
    ours = {}
    for number, subject, category in ask_prepared(_INSERT, values):
        case = ours[subject, category] = cases[subject, category]
        case.pk, case.subject = number, missing[subject, category].subject
        case._state.adding, case._state.db = False, "default"
    return ours


def _new_case(
    report: Report, release: PolicyRelease, dismissed: Case | None, found: Mapping[int, VictimFinding]
) -> Case:
    category, state = release.category(report.category), first_state(report, release, found)
    # The queue by the present facts, so that a case is never shown to people without its clearance; triage corrects it
    # when platform or flagger count.
    queue = release.routing.place(
        RoutingFacts(category.key, report.channel, report.language, category.severity, state.protects)
    ).queue
    # a handle may have a new owner by now, so such a report is not a repeat
    repeats = None if report.called_as else dismissed
    given: dict[str, object] = {
        "key_number": next_case_number(),
        "subject_id": report.subject_id,
        "category": report.category,
        "channel": report.channel,
        "severity": category.severity,
        "victim_first": state.protects,
        "victim_state": state,
        "conduct_on": report.conduct_on,
        "opened_at": report.received_at,
        "due_at": report.due_at,
        "rank_at": report.due_at,
        "state": CaseState.RECEIVED,
        "language": report.language,
        "queue": queue.key,
        "clearance": queue.clearance or "",
        "repeats_id": repeats and repeats.pk,
    }
    case = Case(*({**_defaults(), **given}.values()))  # by place: by name it takes three times as long
    if repeats is not None:
        case.repeats = repeats
    return case


@cache
def _defaults() -> dict[str, object]:
    """All columns of a case in their order, with the model's defaults; the number of its key is drawn for each case."""
    return {
        str(field.attname): None if field.name in ("id", "key_number") else field.get_default()
        for field in Case._meta.concrete_fields
    }
