"""Filing: the worker puts accepted reports into their cases, many at a time, urgent ones first.

No accepted report is lost: it waits in its own row until the commit that files it. One that cannot be filed is retried
later and delays no other.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Mod
from psycopg.errors import LockNotAvailable

from jaga.casework.cases.accounts import share_platforms
from jaga.casework.cases.handles import handle_file
from jaga.casework.kernel.jobs import defer_triages
from jaga.casework.kernel.ledger import actor_name, append_many
from jaga.casework.reporting.merging import join_cases, need_triage
from jaga.casework.webhooks.endpoints import queue_events
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import FilingPriority
from jaga.core.terms.webhooks import HookEvent
from jaga.policy import PolicyRelease, load_release
from jaga.records import vault
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case, Evidence, Report

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
(`jobs.screening.triage.triage_filed`). Passed in, because a web process never loads the screening."""


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
