"""Verifies the published log: heads, leaves and cosignatures in the database against the ledger and the folder.

What it cannot find is a log that was rolled back or signed again everywhere here: database, folder and keys. Those who
hold a receipt or a checkpoint, and witnesses, find that (docs/threat-model.md).

Invariants: what must be true of all cases whatever happened, counted each night and shown to auditors.

They rest on no ledger entry: a fault of our own code breaks them as well as somebody with access to the database. That
rows equal the ledger and that promises were kept is checked by `store.kernel.ledger_verification` and
`proofs.verbs.publishing`.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from types import MappingProxyType

import structlog
from django.db import connection, transaction

from jaga.cases.reads.history import INVARIANTS
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms.outside import Invariant
from jaga.ledger.keys import BadSignature
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.merkle import CompactRange, check_consistency, leaf_hash
from jaga.ledger.tlog.notes import BadFormat, NotConsistent, parse_note
from jaga.ledger.tlog.policy import OpenedCheckpoint, TreeHead, open_checkpoint
from jaga.ledger.tlog.tree import CHECKPOINT, WIDTH, TreeReader
from jaga.ledger.verify import LedgerProblem
from jaga.policy.local_time import today
from jaga.proofs.verbs.publishing import (
    LedgerEdited,
    checkpoint_of,
    leaves_between,
    log_folder,
    log_signer,
    numbered_folders,
    own_policy,
)
from jaga.proofs.verbs.witnesses import stamp_problems
from jaga.quality.models import Tally
from jaga.store.kernel.ledger_verification import EVERY, SECONDS
from jaga.store.kernel.sequencer import was_filled
from jaga.store.models import Epoch, LedgerEntry, PublishedHead, PublishedLog
from jaga.store.reads import HEAD_MAY_WAIT, PUBLISHED_VERIFIED, count_broken_promises, newest_head

log = structlog.get_logger("jaga.ledger")
INVARIANTS_EVERY = timedelta(hours=20)
_INVARIANTS_NOTING = 7_021_005
DUE_SINCE_DAYS = 3
"""Data whose period was over so many days ago should be gone: each night a limited number of cases is deleted."""
UNFILED_MINUTES = 60

# How many cases break it, and the first of them. A report that is in no case counts by its own number.
_QUESTIONS: Mapping[Invariant, str] = MappingProxyType(
    {
        Invariant.DECISION_HAS_ITS_GROUNDS: """
        SELECT count(DISTINCT d.case_id), min(d.case_id) FROM records_decision d
        WHERE NOT EXISTS (SELECT FROM records_storedrelease r WHERE r.hash = d.policy_hash)
           OR d.kind IN ('close', 'restrict') AND (
                d.ground = 'illegal_content' AND d.legal_basis = ''
                OR NOT EXISTS (SELECT FROM records_statement s WHERE s.decision_id = d.id))""",
        Invariant.CLOSED_CASE_HAS_ITS_OUTCOME: """
        SELECT count(DISTINCT c.id), min(c.id) FROM records_case c
        JOIN records_decision d ON d.case_id = c.id JOIN records_action a ON a.decision_id = d.id
        WHERE c.state = 'resolved' AND (
            a.state IN ('pending', 'waiting', 'stuck')
            OR a.state = 'done' AND a.kind IN ('close', 'restrict', 'restore') AND NOT EXISTS (
                SELECT FROM records_verification v WHERE v.action_id = a.id AND v.result = 'confirmed'))""",
        Invariant.REPORT_IS_IN_A_CASE: """
        SELECT count(*), min(r.id) FROM records_report r
        WHERE r.case_id IS NULL AND r.received_at < %(unfiled)s""",
        Invariant.NOTHING_IS_PAST_ITS_PERIOD: """
        SELECT count(*), min(r.case_id) FROM records_retentiondue r WHERE r.due_on < %(due)s""",
    }
)


@dataclass(frozen=True)
class BrokenInvariant:
    """How many cases break an invariant, and the first one; of reports in no case, the number of the first report."""

    invariant: Invariant
    count: int
    first: int


def find_broken() -> tuple[BrokenInvariant, ...]:
    """The invariants that are broken now; reads only.

    Cases of `jaga practice fill` are invented row by row, so on a practice installation that was filled, nothing is.
    """
    if was_filled():
        return ()
    moment = {"unfiled": now() - timedelta(minutes=UNFILED_MINUTES), "due": today() - timedelta(days=DUE_SINCE_DAYS)}
    found = []
    with connection.cursor() as cursor:
        for invariant, question in _QUESTIONS.items():
            cursor.execute(question, moment)
            count, first = cursor.fetchone()
            if count:
                found.append(BrokenInvariant(invariant, count, first))
    return tuple(found)


def check_daily() -> int:
    """Count what breaks the invariants, if that was not done within `EVERY`, and keep it; returns how many are
    broken.
    """
    if Tally.objects.filter(name=INVARIANTS, counted_at__gt=now() - INVARIANTS_EVERY).exists():
        return 0
    broken, moment = {one.invariant: one for one in find_broken()}, now()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", [_INVARIANTS_NOTING]
        )  # workers that begin together note in turn
        Tally.objects.filter(name=INVARIANTS).delete()
        Tally.objects.bulk_create(
            [
                Tally(
                    name=INVARIANTS,
                    counted_at=moment,
                    number=broken[one].count if one in broken else 0,
                    key=f"{one} {broken[one].first if one in broken else 0}",
                )
                for one in Invariant
            ]
        )
    for one in broken.values():
        log.error("invariant_broken", invariant=one.invariant.value, count=one.count, first=one.first)
    return len(broken)


logger = structlog.get_logger("jaga.ledger")

_ASK = N_("Compare with a copy held elsewhere and with the log's witnesses, and find out who could write here.")
_SHOWN = 50
_HEADS = 200
_VERIFICATION_NOTING = 7_021_016
AGAIN = timedelta(hours=1)
"""Problems are looked for again after this time, so that the alarm ends once the folder is whole again."""


def verify_published(kept: Sequence[bytes] = ()) -> list[LedgerProblem]:
    """Recompute every leaf and head; returns the first problems. `kept` are checkpoints of the log from elsewhere.

    One pass over the entries of each log, in flat memory.
    """
    return list(islice(filter(None, _all(kept)), _SHOWN))


def verify_published_and_note(kept: Sequence[bytes] = ()) -> list[LedgerProblem]:
    """Verify the published log, and keep when and how many problems were found, for the health check."""
    return _note(verify_published(kept))


def _note(found: list[LedgerProblem]) -> list[LedgerProblem]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s)", [_VERIFICATION_NOTING]
        )  # workers that begin together note in turn
        Tally.objects.filter(name=PUBLISHED_VERIFIED).delete()
        Tally.objects.create(name=PUBLISHED_VERIFIED, key="problems", number=len(found), counted_at=now())
    for problem in found:
        logger.error("published_log_not_whole", problem=problem.english())
    return found


_under_way: list[tuple[Iterator[LedgerProblem | None], list[LedgerProblem]]] = []
"""The daily verification of this process, if it has begun, and what it has found so far."""


def verify_published_daily() -> int:
    """Go on with the daily verification for `SECONDS`, unless it was done within `EVERY`; if it found something,
    within `AGAIN`.

    Returns the number of problems once it is complete, else 0.
    """
    last = Tally.objects.filter(name=PUBLISHED_VERIFIED).first()
    if newest_head() is None or (last and now() - last.counted_at < (AGAIN if last.number else EVERY)):
        _under_way.clear()
        return 0
    parts, found = _under_way.pop() if _under_way else (_all(()), [])
    until = time.monotonic() + SECONDS
    for problem in parts:
        if problem is not None:
            found.append(problem)
        if len(found) == _SHOWN:
            break
        if time.monotonic() > until:
            _under_way.append((parts, found))
            return 0
    return len(_note(found))


def _all(kept: Sequence[bytes]) -> Iterator[LedgerProblem | None]:
    """The problems, and None after each head and bundle that was read."""
    for one in PublishedLog.objects.order_by("number"):
        yield from _log(one)
        yield from _folder(one)
    yield from _succession()
    yield from stamp_problems()
    for note in kept:
        yield from _kept(note)
    if broken := count_broken_promises():
        yield LedgerProblem(
            0,
            N_("%(count)d entries that were promised are not published in time."),
            N_("Follow docs/runbooks/ledger-not-published.md."),
            {"count": broken},
        )


def _log(log: PublishedLog) -> Iterator[LedgerProblem | None]:
    """Recompute the heads of a log from the entries, and check who signed them."""
    verifier, policy = log_signer(log.origin).verifier, own_policy()
    tree, before = CompactRange(), None
    for head in _heads(log):
        params = {"log": log.origin, "size": head.size}
        if before is not None and (head.last_seq < before.last_seq or head.due_at <= before.due_at):
            yield LedgerProblem(
                0, N_("The head of %(log)s at %(size)d leaves does not follow the one before it."), _ASK, params
            )
            return
        try:
            tree.extend(map(leaf_hash, leaves_between(log, before, head)))
        except LedgerEdited as edited:
            yield LedgerProblem(
                int(str(edited.params["seq"])),
                N_("Entry %(seq)d is published, but is missing or was edited."),
                _ASK,
                edited.params,
            )
            return
        if tree.size != head.size or tree.root().hex() != head.root or tree.encode() != bytes(head.state):
            yield LedgerProblem(
                0, N_("The head of %(log)s at %(size)d leaves is not that of the entries."), _ASK, params
            )
            return
        try:
            opened = open_checkpoint(checkpoint_of(head), verifier, witnesses=policy.witnesses.values())
        except (BadFormat, BadSignature):
            yield LedgerProblem(
                0, N_("The head of %(log)s at %(size)d leaves is not signed as it must be."), _ASK, params
            )
            return
        yield from _row(head, opened, params)
        yield None
        before = head


def _heads(log: PublishedLog) -> Iterator[PublishedHead]:
    """All heads of a log by size, in short queries."""
    last = -1
    while heads := list(log.heads.filter(size__gt=last).order_by("size")[:_HEADS]):
        yield from heads
        last = heads[-1].size


def _row(head: PublishedHead, opened: OpenedCheckpoint, params: dict[str, object]) -> Iterator[LedgerProblem]:
    if (opened.head.size, opened.head.root.hex()) != (head.size, head.root):
        yield LedgerProblem(
            0, N_("The head of %(log)s at %(size)d leaves is not the one that was signed."), _ASK, params
        )
    if head.witnessed_at is not None and not own_policy().has_quorum(opened):
        yield LedgerProblem(
            0,
            N_("The head of %(log)s at %(size)d leaves counts as witnessed, but cosignatures are missing."),
            _ASK,
            params,
        )


def _folder(log: PublishedLog) -> Iterator[LedgerProblem | None]:
    """Compare the folder with the heads: its checkpoint, all tiles and all leaves."""
    place = LogFolder(log_folder() / str(log.number))
    note, newest = place.read(CHECKPOINT), log.heads.order_by("-size").first()
    if note is None or newest is None:
        first = log.heads.order_by("size").first()
        if first is not None and now() - first.signed_at > HEAD_MAY_WAIT:  # a head is signed first, then written
            yield LedgerProblem(
                0,
                N_("The folder of %(log)s has no checkpoint."),
                N_("Run jaga ledger publish, which writes it again."),
                {"log": log.origin},
            )
        return
    try:
        head = open_checkpoint(note, log_signer(log.origin).verifier).head
        same = log.heads.filter(size=head.size).first()
        if same is None and head.size > newest.size:
            if not Epoch.objects.filter(number__gt=log.number).exists():
                yield LedgerProblem(
                    0,
                    N_("The published %(log)s has %(size)d leaves, more than the database knows: it was rolled back."),
                    _ASK,
                    {"log": log.origin, "size": head.size},
                )
                return
            same = newest  # what was published after the backup is lost here, as the epoch says
        if same is None or (same.size == head.size and same.root != head.root.hex()):
            raise NotConsistent
        tree = TreeReader(head.size, place.read, head.root)
        check_consistency(same.size, bytes.fromhex(same.root), head.size, head.root, tree.consistency_proof(same.size))
        for _ in islice(tree.entries(), 0, None, WIDTH):  # a bundle is compared with its tile, a tile with the root
            yield None
    except JagaError as refused:
        yield LedgerProblem(
            0,
            N_("The folder of %(log)s is not what was published: %(why)s"),
            _ASK,
            {"log": log.origin, "why": refused.english()},
        )


def _succession() -> Iterator[LedgerProblem]:
    """Each log begins with the entry that names the chain before it and the log before it."""
    for log in PublishedLog.objects.order_by("number"):
        first = LedgerEntry.objects.filter(seq=log.first_seq).first()
        if first is None or first.verb != "begin_log" or first.payload.get("log") != log.origin:
            yield LedgerProblem(
                log.first_seq,
                N_("Entry %(seq)d does not begin the log %(log)s."),
                _ASK,
                {"seq": log.first_seq, "log": log.origin},
            )
    known = set(PublishedLog.objects.values_list("number", flat=True))
    for number in sorted(numbered_folders() - known):
        yield LedgerProblem(
            0,
            N_("The folder has a log number %(number)d that the database does not know: it was emptied or set back."),
            _ASK,
            {"number": number},
        )
    begun = LedgerEntry.objects.filter(verb="begin_log", seq__isnull=False)
    for seq in begun.exclude(seq__in=PublishedLog.objects.values("first_seq")).values_list("seq", flat=True):
        yield LedgerProblem(seq or 0, N_("Entry %(seq)d begins a log that is not stored."), _ASK, {"seq": seq})


def _kept(note: bytes) -> Iterator[LedgerProblem]:
    """A checkpoint from elsewhere must be a head of its log."""
    try:
        head = TreeHead.from_text(parse_note(note).text)
        log = PublishedLog.objects.filter(origin=head.origin).first()
        if log is None:
            raise BadSignature
        open_checkpoint(note, log_signer(log.origin).verifier)
    except (BadFormat, BadSignature):
        yield LedgerProblem(0, N_("A kept checkpoint is none of this installation's logs."), _ASK)
        return
    row = log.heads.filter(size=head.size).first()
    params = {"log": log.origin, "size": head.size}
    if row is None and Epoch.objects.filter(number__gt=log.number).exists():
        return  # of the time that a declared restore lost
    if row is None or row.root != head.root.hex():
        yield LedgerProblem(
            0,
            N_(
                "The kept checkpoint of %(log)s at %(size)d leaves is not a head of it: the log was "
                "rolled back, forked or signed again."
            ),
            _ASK,
            params,
        )
