"""Bulk insertion of accepted reports: many reports and their ledger entries in one statement, which is one commit.

Each further statement costs a round trip. So one statement draws all ids, and a second inserts new accounts, reports
and entries.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import connection

from jaga.casework.cases.accounts import (
    ACCOUNTS,
    PLATFORMS_JSON,
    Named,
    accounts_of,
    as_platforms,
    find_subjects,
    possible_names,
)
from jaga.casework.kernel.ledger import INSERT_ENTRIES, entry_arrays
from jaga.casework.kernel.row_bindings import INSERT_BINDINGS, BoundRow, binding_arrays
from jaga.casework.reporting.merging import start_clock
from jaga.casework.reporting.validation import ValidatedReport
from jaga.core.locators import is_stable
from jaga.core.terms.privacy import KeyOwner
from jaga.policy import PolicyRelease
from jaga.policy.local_time import today
from jaga.records.bulk import as_array, ask_prepared
from jaga.records.codes import contact_key, network_key, receipt_hash, seal_identity, source_key
from jaga.records.key_numbers import next_report_number
from jaga.records.key_store.store import Owner
from jaga.records.models import LedgerEntry, Platform, Report, ReporterIdentity
from jaga.records.sealed_text import sealed_field

_COLUMNS = {
    "id": "bigint",
    "key_number": "bigint",
    "channel": "text",
    "form": "text",
    "category": "text",
    "text": "text",
    "excerpt": "text",
    "published": "text",
    "place": "text",
    "language": "text",
    "conduct_on": "date",
    "received_at": "timestamptz",
    "due_at": "timestamptz",
    "urgent": "boolean",
    "priority": "smallint",
    "source_key": "bytea",
    "network_key": "bytea",
    "contact_key": "bytea",
    "organisation_id": "bigint",
    "officer_id": "bigint",
    "receipt_hash": "bytea",
    "route": "text",
    "reference": "text",
    "called_as": "text",
    "capacity": "text",
}
_OTHERS = [
    str(field.column)
    for field in Report._meta.concrete_fields
    if field.column not in _COLUMNS and field.column != "subject_id" and not field.null
]
"""Columns that no sender sets; all of them are texts and stored empty."""
SEALED = {name: sealed_field(Report, name) for name in ("text", "excerpt", "published", "place")}
_NUMBERS = (
    "SELECT nextval('records_report_id_seq'), nextval('records_ledgerentry_id_seq') FROM generate_series(1, %s::int)"
)
# PostgreSQL does not estimate a number within a subquery, so that it keeps the plan: planning takes ten times as long.
_NUMBERS_AND_PLATFORMS = f"""
SELECT ARRAY(SELECT nextval('records_report_id_seq') FROM generate_series(1, (SELECT %s::int))),
    ARRAY(SELECT nextval('records_ledgerentry_id_seq') FROM generate_series(1, (SELECT %s::int))),
    ({PLATFORMS_JSON})"""  # noqa: S608 - our own
# If an account is missing (see `ACCOUNTS`), nothing is stored. A constraint would do, but its violation would write the
# reporter's words into the log of the database server, which may not be ours.
_STORE = f"""
WITH {ACCOUNTS}, whole AS (
    SELECT (SELECT count(*) FROM accounts) = (SELECT count(*) FROM named) AS known
), stored AS (
    INSERT INTO records_report (subject_id, {", ".join([*_COLUMNS, *_OTHERS])})
    SELECT a.number, {", ".join([f"r.{name}" for name in _COLUMNS] + ["''"] * len(_OTHERS))}
    FROM unnest(%(account)s::integer[], {", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())})
        AS r(account, {", ".join(_COLUMNS)})
    JOIN accounts a ON a.place = r.account
    WHERE (SELECT known FROM whole)
    ORDER BY r.id
), entered AS ({INSERT_ENTRIES}
    WHERE (SELECT known FROM whole)
), bound AS ({INSERT_BINDINGS}
    WHERE (SELECT known FROM whole)
)
SELECT known FROM whole
"""  # noqa: S608 - our own


class AcceptedNumbers(NamedTuple):
    """The ids of a report and of its ledger entry."""

    report: int
    entry: int


class ReportRow(NamedTuple):
    """A report as stored, see `_COLUMNS`."""

    id: int
    key_number: int
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
    priority: int
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

    @property
    def owner(self) -> Owner:
        """Whose key seals its texts."""
        return Owner(KeyOwner.REPORT, self.key_number)


def draw_numbers(count: int) -> list[AcceptedNumbers]:
    """Draw ids for `count` reports and their entries. An unused id leaves a gap."""
    return [AcceptedNumbers(*row) for row in ask_prepared(_NUMBERS, [count])]


def draw_with_platforms(count: int, names: Iterable[str]) -> tuple[list[AcceptedNumbers], dict[str, Platform]]:
    """`draw_numbers` and the platforms of these names by one statement: a report alone takes two then, this one and the
    one that stores it."""
    ((reports, entries, platforms),) = ask_prepared(_NUMBERS_AND_PLATFORMS, [count, count, possible_names(names)])
    return list(map(AcceptedNumbers, reports, entries)), as_platforms(platforms)


def store_reports(
    rows: Sequence[ReportRow],
    checked: Sequence[ValidatedReport],
    entries: Sequence[LedgerEntry] = (),
    bound: Sequence[BoundRow] = (),
) -> None:
    """Insert the rows that `as_stored` made of these reports, with unlinked entries that bind one row each (`bound`):
    all or none.

    It is one statement, and a commit of its own outside a transaction. Reports that name their sender (`names_itself`)
    need a second statement, and so a transaction. The reports have no case yet.
    """
    if not rows:
        return
    accounts = [Named(one.platform, one.account_id, one.new.account.strip()) for one in checked]
    if connection.in_atomic_block:
        find_subjects(accounts)  # otherwise a missing account could stay missing until this transaction ends
    asked, places = accounts_of(accounts)
    bindings = binding_arrays((entry.pk, [row]) for entry, row in zip(entries, bound, strict=True))
    reports = dict(zip(_COLUMNS, map(as_array, zip(*rows, strict=True)), strict=True))
    values = {**asked, "account": as_array(places), **reports, **entry_arrays(entries), **bindings}
    while ask_prepared(_STORE, values) != [(True,)]:
        pass  # another transaction inserted an account meanwhile; it is visible now
    if named := [(row, one.new) for row, one in zip(rows, checked, strict=True) if names_itself(one)]:
        ReporterIdentity.objects.bulk_create(
            ReporterIdentity(
                report_id=row.id, sealed=seal_identity(new.name, new.contact, row.owner), shared=new.share_identity
            )
            for row, new in named
        )


def names_itself(checked: ValidatedReport) -> bool:
    """Whether the reporter gave a name or contact."""
    return bool(checked.new.name or checked.new.contact)


def as_stored(number: int, checked: ValidatedReport, receipt: str, release: PolicyRelease) -> ReportRow:
    """The row of a report received now, with this id and receipt."""
    new, stable = checked.new, is_stable(checked.platform.stable_id, checked.account_id)
    clock = start_clock(release, new.channel, new.category, route=new.route, lets_pass=new.lets_pass)
    owner = Owner(KeyOwner.REPORT, next_report_number())
    sealed = {
        name: SEALED[name].sealed_for(owner, text)
        for name, text in (
            ("text", new.text),
            ("excerpt", new.excerpt),
            ("published", new.published),
            ("place", "\n".join(new.links)),
        )
    }
    return ReportRow(
        number,
        owner.number,
        new.channel,
        checked.form,
        new.category,
        sealed["text"],
        sealed["excerpt"],
        sealed["published"],
        sealed["place"],
        new.language,
        new.conduct_on or today(),
        clock.received_at,
        clock.due_at,
        clock.urgent,
        clock.priority,
        source_key(new.source),
        network_key(new.network) if new.network else None,
        contact_key(new.contact) if new.contact else None,
        new.organisation_id,
        new.officer_id,
        receipt_hash(receipt),
        new.route,
        new.reference,
        "" if stable else checked.account_id,
        checked.capacity or "",
    )
