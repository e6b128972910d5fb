"""Filing: the worker puts accepted reports into their cases, many at a time, urgent ones first.

No accepted report is lost: it waits in its own row until the commit that files it. One that cannot be filed is retried
later and delays no other.

Bulk insertion of accepted reports: many reports and their ledger entries in one statement, which is one commit.

Each further statement costs a round trip. So one statement draws all ids, and a second inserts new accounts, reports
and entries.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Mod
from psycopg.errors import LockNotAvailable

from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.reports import Evidence, Report, ReporterIdentity
from jaga.cases.verbs.accounts import (
    ACCOUNTS,
    PLATFORMS_JSON,
    Named,
    accounts_of,
    as_platforms,
    find_subjects,
    handle_file,
    possible_names,
    share_platforms,
)
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.locators import is_stable
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.outside import HookEvent
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import FilingPriority
from jaga.policy.local_time import today
from jaga.policy.release import PolicyRelease, load_release
from jaga.reporting.verbs.merging import join_cases, need_triage, start_clock
from jaga.reporting.verbs.validation import ValidatedReport
from jaga.store import vault
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.codes import contact_key, network_key, receipt_hash, seal_identity, source_key
from jaga.store.kernel.jobs import defer_triages
from jaga.store.kernel.ledger import INSERT_ENTRIES, actor_name, append_many, entry_arrays
from jaga.store.kernel.row_bindings import INSERT_BINDINGS, BoundRow, binding_arrays
from jaga.store.key_numbers import next_report_number
from jaga.store.key_store.store import Owner
from jaga.store.models import LedgerEntry
from jaga.store.sealed_text import sealed_field
from jaga.webhooks.verbs import queue_events

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


log = structlog.get_logger("jaga.filing")
_AGAIN = timedelta(seconds=30)
# Shorter than PostgreSQL's deadlock timeout, so that filing yields to a person's verb on the same cases.
_PATIENCE = "SET LOCAL lock_timeout = '500ms'"
_WAITING = (
    "SELECT EXISTS (SELECT FROM records_report WHERE case_id IS NULL AND priority = ANY(%s)"
    " AND (file_after IS NULL OR file_after <= %s))"
)
FAILS = (DatabaseError, JagaError, OSError)
"""What the filing of a single report may fail with, so that it is put aside and the others go on."""
Triage = Callable[[Sequence[Case], Sequence[Report]], Collection[int]]
"""Triages cases in the transaction that files these reports into them, and returns the ids of those that it triaged
(`signals.jobs.triage_filed`). Passed in, because a web process never loads the screening."""


def file_waiting(
    most: int = 500,
    *,
    priority: FilingPriority | None = None,
    but: FilingPriority | None = None,
    triage: Triage | None = None,
    accounts: tuple[int, int] | None = None,
) -> int:
    """File waiting reports of one priority (`priority`), or of all except `but`; returns how many.

    Periodic task; several may run concurrently, best each for its own `accounts`: (1, 2) are those whose number leaves
    1 if divided by 2. Cases that `triage` has not triaged in the same transaction have their jobs for it.
    """
    wanted = [one.value for one in ([priority] if priority is not None else set(FilingPriority) - {but})]
    if ask_prepared(_WAITING, [wanted, now()]) == [(False,)]:  # asked ten times a second, and mostly nothing waits
        return 0
    waiting = Report.objects.filter(case__isnull=True, priority__in=wanted)
    if accounts is not None:
        share, shares = accounts
        waiting = waiting.annotate(share=Mod("subject_id", shares)).filter(share=share)
    try:
        with transaction.atomic():
            filed = _file(waiting.filter(file_after__isnull=True), most, triage)
    except FAILS as refused:
        log.warning("filed_one_by_one", why=type(refused).__name__)
        filed = _one_by_one(waiting.filter(file_after__isnull=True), most)
    return filed + _one_by_one(waiting.filter(file_after__lte=now()), most)


def _one_by_one(waiting: QuerySet[Report], most: int) -> int:
    filed = 0
    for number in list(waiting.order_by("priority", "pk").values_list("pk", flat=True)[:most]):
        try:
            with transaction.atomic():
                filed += _file(waiting.filter(pk=number), 1)
        except FAILS as refused:
            if connection.connection is None or not connection.is_usable():
                raise  # the database is unavailable, which is not this report's fault
            # somebody else has its case locked; the next run files it
            if isinstance(refused.__cause__, LockNotAvailable):
                continue
            log.error("report_not_filed", report=number, why=type(refused).__name__)
            Report.objects.filter(pk=number, case__isnull=True).update(file_after=now() + _AGAIN)
    return filed


def _file(waiting: QuerySet[Report], most: int, triage: Triage | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_PATIENCE)
    reports = list(
        waiting.select_for_update(skip_locked=True, of=("self",))
        .select_related("subject")
        .order_by("priority", "pk")[:most]
    )
    if reports:
        share_platforms(report.subject for report in reports)
        file_reports(reports, load_release(), actor=SYSTEM, triage=triage)
    return len(reports)


def file_reports(
    reports: Sequence[Report], release: PolicyRelease, *, actor: Actor, triage: Triage | None = None
) -> None:
    """File these accepted reports, seal the handles and links they contain, and triage their cases or defer that."""
    cases = join_cases(reports, release, settle=True, screened=triage is not None)
    seal_words(reports, actor=actor)
    queue_events(HookEvent.REPORT_FILED, reports)
    inside: dict[int, list[int]] = {number: [] for number in cases}
    for report in reports:
        assert report.case_id
        inside[report.case_id].append(report.id)
    append_many([("file_reports", {"reports": numbers}, actor, case) for case, numbers in inside.items()])
    wanted = need_triage(reports, cases)
    done = triage([cases[number] for number in wanted], reports) if triage else ()
    left = {number: priority for number, priority in wanted.items() if number not in done}
    if triage and left:
        Report.objects.filter(case__in=left).filter(pk__in=[report.id for report in reports]).update(screened_by="")
    defer_triages(left)


def seal_words(reports: Sequence[Report], *, actor: Actor) -> None:
    """Seal the handles of filed reports, if these can be reassigned, and the links."""
    words = [(report, handle_file(report.id), report.called_as) for report in reports if report.called_as]
    words += [(report, f"report-{report.id}-links.txt", report.place) for report in reports if report.place]
    moment = now()
    Evidence.objects.bulk_create(
        Evidence(
            case=report.case,
            report=report,
            kind=EvidenceKind.LINK,
            name=name,
            media_type="text/plain",
            sha256=vault.seal(content, report.key_owner()),
            size=len(content),
            sealed_at=moment,
            sealed_by=actor_name(actor),
        )
        for report, name, content in ((report, name, word.encode()) for report, name, word in words)
    )
