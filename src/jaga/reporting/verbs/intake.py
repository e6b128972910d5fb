"""Intake of reports: a report is *accepted* in one short commit and *filed* into its case by the worker (ADR 0022).

The receipt is returned only after the commit of report and ledger entry. Requests and observations are filed at once,
by the same functions (`reporting.verbs.merging`).

Receipts as files: proof of a report that its sender can keep and show to anybody (docs/verify-receipt.md).
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from jaga.cases.models.cases import Platform
from jaga.cases.models.reports import Report
from jaga.cases.verbs.accounts import AcceptedReport, FiledReport, NewReport, platforms_of
from jaga.cases.verbs.evidence import media_type, seal
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import ReportRoute
from jaga.exchange.package import fingerprint
from jaga.ledger.checkpoints import read_checkpoint, read_promise
from jaga.ledger.extract import write_extract
from jaga.ledger.receipt import write_receipt
from jaga.policy.in_force import ReleaseNotInForce
from jaga.policy.release import load_release
from jaga.proofs.verbs.publishing import head_with, log_of, proof_of
from jaga.reporting.verbs.filing import (
    AcceptedNumbers,
    as_stored,
    draw_numbers,
    draw_with_platforms,
    names_itself,
    seal_words,
    store_reports,
)
from jaga.reporting.verbs.merging import filed, join_cases
from jaga.reporting.verbs.validation import ValidatedReport, check_report
from jaga.store.codes import new_receipt
from jaga.store.kernel.ledger import ORIGIN, GroupCommit, as_linked, macs, promise_note, signing_key, unlinked
from jaga.store.kernel.row_bindings import bound_row
from jaga.store.models import LedgerCheckpoint, LedgerEntry
from jaga.store.reads import published_state


def accept_report(new: NewReport, *, actor: Actor) -> AcceptedReport:
    """Accept a report: report, ledger entry and receipt are one commit.

    The worker files it afterwards.

    A report with files is filed in the same commit. Concurrent reports share a commit. Raises InvalidInput with an
    error for each field; then nothing is stored.
    """
    if new.has_files:
        accepted = _take_in([(new, actor)])[0]
    else:
        accepted = (_URGENT if _is_first(new) else _ORDINARY).do((new, actor))
    if isinstance(accepted, InvalidInput):
        raise accepted
    return accepted


def accept_together(sent: Sequence[tuple[NewReport, Actor]]) -> list[AcceptedReport | BaseException]:
    """`accept_report` for several reports, each of its own sender; those without files share a commit with others.

    Returns for each the answer, or the error that `accept_report` would raise.
    """
    try:
        first = [_is_first(new) for new, _ in sent]
    except ReleaseNotInForce as refused:
        return [refused] * len(sent)
    outcomes: dict[int, AcceptedReport | BaseException] = {}
    for group, urgent in ((_URGENT, True), (_ORDINARY, False)):
        if places := [place for place, one in enumerate(first) if one is urgent and not sent[place][0].has_files]:
            outcomes.update(zip(places, group.do_all([sent[place] for place in places]), strict=True))
    # These lock their cases: in one commit they would hold up the others, and two such commits each other for ever.
    return [outcomes[place] if place in outcomes else _outcome(one) for place, one in enumerate(sent)]


def _outcome(sent: tuple[NewReport, Actor]) -> AcceptedReport | BaseException:
    try:
        return _take_in([sent])[0]
    except Exception as failure:  # noqa: BLE001 - told to its sender
        return failure


def accept_reports(news: Sequence[NewReport], *, actor: Actor) -> list[AcceptedReport | InvalidInput]:
    """Accept up to some thousands of reports in one commit; returns the answer to each in order."""
    return _take_in([(new, actor) for new in news])


def _take_in(sent: Sequence[tuple[NewReport, Actor]]) -> list[AcceptedReport | InvalidInput]:
    # The numbers of refused reports are lost: asking for the platforms alone would be one more round trip.
    numbers, platforms = draw_with_platforms(len(sent), (new.platform for new, _ in sent))
    validated = _validate([new for new, _ in sent], platforms)
    good = [(one, actor) for one, (_, actor) in zip(validated, sent, strict=True) if isinstance(one, ValidatedReport)]
    # Usually a single statement, which commits by itself; a transaction would add two round trips.
    more = any(one.new.has_files or names_itself(one) for one, _ in good)
    with transaction.atomic() if more else nullcontext():
        accepted = iter(_accept(good, numbers) if good else ())
    return [next(accepted) if isinstance(one, ValidatedReport) else one for one in validated]


_URGENT, _ORDINARY = GroupCommit(_take_in), GroupCommit(_take_in)
"""Separate batches, so that an urgent report never waits for an ordinary one."""


def _is_first(new: NewReport) -> bool:
    return new.route is ReportRoute.VICTIM or new.category in load_release().first_categories


def validate(news: Sequence[NewReport]) -> list[ValidatedReport | InvalidInput]:
    """Validate each report, or return its errors."""
    return _validate(news, platforms_of(new.platform for new in news))


def _validate(news: Sequence[NewReport], platforms: Mapping[str, Platform]) -> list[ValidatedReport | InvalidInput]:
    release = load_release()
    validated: list[ValidatedReport | InvalidInput] = []
    for new in news:
        try:
            validated.append(check_report(new, platforms.get(new.platform), release))
        except InvalidInput as refused:
            validated.append(refused)
    return validated


def _accept(
    checked: Sequence[tuple[ValidatedReport, Actor]], drawn_numbers: Sequence[AcceptedNumbers]
) -> list[AcceptedReport]:
    release, reports = load_release(), [one for one, _ in checked]
    numbers = drawn_numbers[: len(checked)]
    receipts = [new_receipt(drawn.report) for drawn in numbers]
    rows = [
        as_stored(drawn.report, one, receipt, release)
        for drawn, one, receipt in zip(numbers, reports, receipts, strict=True)
    ]
    bound = [bound_row("report", row.id, row._asdict()) for row in rows]
    ours = macs()
    entries = [
        unlinked(
            drawn.entry,
            "accept_report",
            {"report": drawn.report, "channel": one.new.channel, "form": one.form, "category": one.new.category},
            actor,
            None,
            [its],
            ours=ours,
        )
        for drawn, (one, actor), its in zip(numbers, checked, bound, strict=True)
    ]
    store_reports(rows, reports, entries, bound)
    filed_now = [
        (one, drawn.report, actor) for drawn, (one, actor) in zip(numbers, checked, strict=True) if one.new.has_files
    ]
    # Locks their cases one by one: in the same order everywhere, so that no two transactions wait for each other.
    for one, number, actor in sorted(
        filed_now, key=lambda those: (those[0].platform.pk, those[0].account_id, those[0].new.category)
    ):
        _file_now(number, one.new, actor)
    return [
        AcceptedReport(drawn.report, one.form, row.due_at, receipt, entry.pk, entry.entry_hash, entry.at)
        for drawn, one, row, receipt, entry in zip(numbers, reports, rows, receipts, entries, strict=True)
    ]


def file_report(new: NewReport, *, actor: Actor) -> FiledReport:
    """Accept a report, merge it into the open case of its account and category, and defer triage, in one commit.

    Raises InvalidInput with an error for each field; then nothing is stored.
    """
    (validated,) = validate([new])
    if isinstance(validated, InvalidInput):
        raise validated
    with transaction.atomic():
        (drawn,) = draw_numbers(1)
        receipt = new_receipt(drawn.report)
        store_reports([as_stored(drawn.report, validated, receipt, load_release())], [validated])
        return _file_now(drawn.report, new, actor, receipt)


def _file_now(number: int, new: NewReport, actor: Actor, receipt: str = "") -> FiledReport:
    report = Report.objects.select_related("subject__platform").get(pk=number)
    (case,) = join_cases([report], load_release(), settle=not new.has_files).values()
    seal_words([report], actor=actor)
    for number, upload in enumerate(new.screenshots, 1):
        media = media_type(upload.content) or "application/octet-stream"
        seal(
            case,
            report,
            EvidenceKind.SCREENSHOT,
            f"report-{report.pk}-screenshot-{number}",
            upload.content,
            media=media,
            actor=actor,
        )
    for kind, name, lines in (
        (EvidenceKind.MESSAGES, "picked", new.picked),
        (EvidenceKind.MEDIA, "device-hashes", new.device_hashes),
    ):
        if lines:
            seal(
                case,
                report,
                kind,
                f"report-{report.pk}-{name}.txt",
                "\n".join(lines).encode(),
                media="text/plain",
                actor=actor,
            )
    return filed(report, case, receipt, actor)


_FILING = ("accept_report", "file_report")
_WITHIN = timedelta(minutes=3)  # the entry ends its transaction, which takes a while with pictures


@dataclass(frozen=True)
class ReceiptFile:
    """A receipt file. `proves` is true if it shows the entry in the ledger, not only the promise of it."""

    content: bytes
    proves: bool


@dataclass(frozen=True)
class PublishedKey:
    """The key that signs receipts, checkpoints and exports, in three formats, with the newest published head.

    Nothing newer is shown: the chain's own checkpoints tell when something happened.
    """

    name: str
    line: str
    pem: str
    fingerprint: str
    size: int
    signed_at: datetime | None


def promise_file(note: str) -> ReceiptFile:
    """The file of a signed promise. Raises BadNote for any other text."""
    return ReceiptFile(write_receipt(read_promise(note), signing_key().public), proves=False)


def receipt_file(report_id: int) -> ReceiptFile:
    """The signed promise that a report was received.

    Of an entry from before the published log: the path to a signed checkpoint, once linked. Of other entries it
    contains only hashes. Raises NotFound if the report has no entry of its own.
    """
    entry = _entry_of(report_id)
    promise, key = read_promise(promise_note(entry)), signing_key().public
    if log_of(entry) is not None:
        return ReceiptFile(write_receipt(promise, key), proves=False)
    checkpoint = (
        LedgerCheckpoint.objects.filter(size__gte=entry.seq).order_by("size").first() if entry.seq is not None else None
    )
    if checkpoint is None:
        return ReceiptFile(write_receipt(promise, key), proves=False)
    rows = LedgerEntry.objects.filter(seq__gte=entry.seq, seq__lte=checkpoint.size).order_by("seq")
    extract = write_extract([as_linked(entry)], [as_linked(row).link for row in rows], read_checkpoint(checkpoint.note))
    return ReceiptFile(write_receipt(promise, key, extract), proves=True)


def receipt_proof(report_id: int) -> bytes:
    """The proof that a report's entry is in the published log.

    Raises NotPublishedYet until the head of its hour is out, NotFound if the report has no entry of its own.
    """
    return proof_of(_entry_of(report_id))


def proof_is_ready(report_id: int) -> bool:
    """Whether `receipt_proof` can be made now."""
    try:
        return head_with(_entry_of(report_id)) is not None
    except NotFound:
        return False


def public_key() -> PublishedKey:
    """What the public key page shows."""
    key = signing_key().public
    newest = published_state()
    return PublishedKey(ORIGIN, key.text(), key.pem().decode(), fingerprint(key.pem()), newest.size, newest.due_at)


def _entry_of(report_id: int) -> LedgerEntry:
    report = Report.objects.filter(pk=report_id).only("received_at").first()
    if report is None:
        raise NotFound
    # Filter by time first: entries are indexed by time, not by content.
    entry = (
        LedgerEntry.objects.filter(
            at__gte=report.received_at - timedelta(seconds=5),
            at__lte=report.received_at + _WITHIN,
            verb__in=_FILING,
            payload__report=report_id,
        )
        .order_by("pk")
        .first()
    )
    if entry is None:
        raise NotFound
    return entry
