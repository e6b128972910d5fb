"""Accepted reports as rows: many in one statement with their ledger entries, which is their whole commit.

Each statement more is a turn of the server, of the interpreter and of the network; so numbers are drawn by one, and a
second one makes the accounts that are new, the reports and the entries.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from jaga.casework.cases.accounts import ACCOUNTS, Named, accounts_of, find_subjects
from jaga.casework.kernel.ledger import INSERT_ENTRIES, entries_json
from jaga.casework.reporting.merging import start_clock
from jaga.casework.reporting.validation import ValidatedReport
from jaga.core.clock import today
from jaga.core.locators import is_stable
from jaga.policy import PolicyRelease
from jaga.records.bulk import as_json, ask_prepared
from jaga.records.codes import contact_key, network_key, receipt_hash, seal_identity, source_key
from jaga.records.models import LedgerEntry, Report, ReporterIdentity

_COLUMNS = {
    "id": "bigint", "channel": "text", "form": "text", "category": "text", "text": "text", "excerpt": "text",
    "published": "text", "place": "text", "language": "text",
    "conduct_on": "date", "received_at": "timestamptz", "due_at": "timestamptz",
    "urgent": "boolean", "lane": "smallint", "source_key": "bytea", "network_key": "bytea", "contact_key": "bytea",
    "organisation_id": "bigint", "officer_id": "bigint", "receipt_hash": "bytea", "route": "text",
    "reference": "text", "called_as": "text", "capacity": "text",
}
_OTHERS = [str(field.column) for field in Report._meta.concrete_fields
           if field.column not in _COLUMNS and field.column != "subject_id" and not field.null]
"""What no sender gives has its usual value; all of them are texts without one."""
_NUMBERS = ("SELECT nextval('records_report_id_seq'), nextval('records_ledgerentry_id_seq')"
            " FROM generate_series(1, %s::int)")
# Where an account is missing (`ACCOUNTS`) nothing of it is stored. No constraint says so: what breaks one is written
# into the log of a server that is not ours, with the reporter's words.
_STORE = f"""
WITH {ACCOUNTS}, whole AS (
    SELECT (SELECT count(*) FROM accounts) = (SELECT count(*) FROM named) AS known
), stored AS (
    INSERT INTO records_report (subject_id, {", ".join([*_COLUMNS, *_OTHERS])})
    SELECT a.number, {", ".join([f"r.{name}" for name in _COLUMNS] + ["''"] * len(_OTHERS))}
    FROM json_to_recordset(%(reports)s::json)
        AS r(account integer, {", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
    JOIN accounts a ON a.place = r.account
    WHERE (SELECT known FROM whole)
    ORDER BY r.id
), entered AS ({INSERT_ENTRIES}
    WHERE (SELECT known FROM whole)
)
SELECT known FROM whole
"""  # noqa: S608 - our own


class AcceptedNumbers(NamedTuple):
    """Of a report, and of the ledger's entry that says so."""

    report: int
    entry: int


class ReportRow(NamedTuple):
    """A report as it is stored: `_COLUMNS`."""

    id: int
    channel: str
    form: str
    category: str
    text: str
    excerpt: str
    published: str
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
    capacity: str


def draw_numbers(count: int) -> list[AcceptedNumbers]:
    """Numbers for so many reports and their entries. One that is not used is a gap."""
    return [AcceptedNumbers(*row) for row in ask_prepared(_NUMBERS, [count])]


def store_reports(rows: Sequence[ReportRow], checked: Sequence[ValidatedReport],
                  entries: Sequence[LedgerEntry] = ()) -> None:
    """Insert what `as_stored` made of these checked reports, and unlinked entries: all of them or none.

    One statement, which is a commit of its own where no transaction is open. Only those who name themselves
    (`names_itself`) take another one, so that they need a transaction. Their case is still to be found.
    """
    if not rows:
        return
    accounts = [Named(one.platform, one.account_id, one.new.account.strip()) for one in checked]
    if connection.in_atomic_block:
        find_subjects(accounts)  # what is missing below could stay so until this transaction ends
    asked, places = accounts_of(accounts)
    reports = as_json([{"account": place, **row._asdict()} for place, row in zip(places, rows, strict=True)])
    values = {**asked, "reports": reports, "entries": entries_json(entries)}
    while ask_prepared(_STORE, values) != [(True,)]:
        pass  # somebody else made an account at that moment: it is there now
    if named := [(row, one.new) for row, one in zip(rows, checked, strict=True) if names_itself(one)]:
        ReporterIdentity.objects.bulk_create(
            ReporterIdentity(report_id=row.id, sealed=seal_identity(new.name, new.contact),
                             shared=new.share_identity) for row, new in named)


def names_itself(checked: ValidatedReport) -> bool:
    """Whether the reporter said who they are."""
    return bool(checked.new.name or checked.new.contact)


def as_stored(number: int, checked: ValidatedReport, receipt: str, release: PolicyRelease) -> ReportRow:
    """The row of a report that comes now, under this number and receipt."""
    new, stable = checked.new, is_stable(checked.platform.stable_id, checked.account_id)
    clock = start_clock(release, new.channel, new.category, route=new.route, lets_pass=new.lets_pass)
    return ReportRow(
        number, new.channel, checked.form, new.category, new.text, new.excerpt,
        new.published, "\n".join(new.links), new.language,
        new.conduct_on or today(), clock.received_at, clock.due_at, clock.urgent, clock.lane, source_key(new.source),
        network_key(new.network) if new.network else None, contact_key(new.contact) if new.contact else None,
        new.organisation_id, new.officer_id, receipt_hash(receipt), new.route, new.reference,
        "" if stable else checked.account_id, checked.capacity or "",
    )
