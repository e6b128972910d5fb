"""Accepted reports as rows: many in a few statements, so that what arrives together shares them and their commit."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from jaga.casework.checking import Checked
from jaga.casework.joining import start_clock
from jaga.casework.subjects import Named, find_subjects
from jaga.core.clock import today
from jaga.core.locators import is_stable
from jaga.policy import PolicyRelease
from jaga.records.bulk import ask_prepared, insert_rows
from jaga.records.codes import contact_key, network_key, receipt_hash, seal_identity, source_key
from jaga.records.models import Report, ReporterIdentity

_COLUMNS = {
    "id": "bigint", "subject_id": "bigint", "channel": "text", "form": "text", "category": "text", "text": "text",
    "place": "text", "language": "text", "conduct_on": "date", "received_at": "timestamptz", "due_at": "timestamptz",
    "urgent": "boolean", "lane": "smallint", "source_key": "bytea", "network_key": "bytea", "contact_key": "bytea",
    "organisation_id": "bigint", "officer_id": "bigint", "receipt_hash": "bytea", "route": "text",
    "reference": "text", "called_as": "text",
}
_OTHERS = {str(field.column): field.get_default() for field in Report._meta.concrete_fields
           if field.column not in _COLUMNS and not field.null}
"""What no sender gives has its usual value; all of them are texts."""
_NUMBERS = "SELECT nextval(pg_get_serial_sequence('records_report', 'id')) FROM generate_series(1, %s::int)"


class Row(NamedTuple):
    """A report as it is stored, in the order of `_COLUMNS`."""

    id: int
    subject_id: int
    channel: str
    form: str
    category: str
    text: str
    place: str
    language: str
    conduct_on: date
    received_at: datetime
    due_at: datetime
    urgent: bool
    lane: int
    source_key: bytes
    network_key: bytes | None
    contact_key: bytes | None
    organisation_id: int | None
    officer_id: int | None
    receipt_hash: bytes
    route: str
    reference: str
    called_as: str


def store_reports(accepted: Sequence[tuple[Checked, str]], release: PolicyRelease) -> list[Row]:
    """Insert checked reports, each with its receipt, and who sent them. Their case is still to be found."""
    if not accepted:
        return []
    subjects = find_subjects([Named(one.platform, one.account_id, one.new.account.strip()) for one, _ in accepted])
    numbers = ask_prepared(_NUMBERS, [len(accepted)])
    rows = [_row(number, subject, checked, receipt, release)
            for (number,), subject, (checked, receipt) in zip(numbers, subjects, accepted, strict=True)]
    others = tuple(_OTHERS.values())
    insert_rows("records_report", _COLUMNS | dict.fromkeys(_OTHERS, "text"), [row + others for row in rows])
    ReporterIdentity.objects.bulk_create(
        ReporterIdentity(report_id=row.id, sealed=seal_identity(one.new.name, one.new.contact),
                         shared=one.new.share_identity)
        for row, (one, _) in zip(rows, accepted, strict=True) if one.new.name or one.new.contact
    )
    return rows


def _row(number: int, subject: int, checked: Checked, receipt: str, release: PolicyRelease) -> Row:
    new, stable = checked.new, is_stable(checked.platform.adapter, checked.account_id)
    clock = start_clock(release, new.channel, new.category, route=new.route, unproven=new.unproven)
    return Row(
        number, subject, new.channel.value, checked.form.value, new.category, new.text, "\n".join(new.links),
        new.language.value, new.conduct_on or today(), clock.received_at, clock.due_at, clock.urgent, clock.lane.value,
        source_key(new.source), network_key(new.network) if new.network else None,
        contact_key(new.contact) if new.contact else None, new.organisation_id, new.officer_id, receipt_hash(receipt),
        new.route.value, new.reference, "" if stable else checked.account_id,
    )
