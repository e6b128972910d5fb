"""Witnesses: which must be asked for a cosignature of the newest head, and what they answered (ADR 0091).

The requests themselves are sent by `proofs.jobs`, outside any transaction.

Time stamps of published heads: once a day an authority outside signs when a head existed (RFC 3161).

The request is sent by `proofs.jobs`, outside any transaction. An entry says which head was stamped, so that
a stamp that is removed later is missed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.x509 import Certificate
from django.conf import settings
from django.db import transaction

from jaga.core.actors import SYSTEM
from jaga.core.canonical import rfc3339
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.ledger.keys import BadSignature
from jaga.ledger.timestamps import BadTimestamp, BadTimestampRoots, check_stamp, read_certificates
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.notes import BadFormat, NoteVerifier, parse_note
from jaga.ledger.tlog.policy import open_checkpoint
from jaga.ledger.tlog.tree import TreeReader
from jaga.ledger.tlog.witness import format_request
from jaga.ledger.verify import LedgerProblem
from jaga.proofs.verbs.publishing import checkpoint_of, current_log, log_folder, own_policy
from jaga.store.kernel.ledger import append
from jaga.store.models import HeadCosignature, HeadTimestamp, LedgerEntry, PublishedHead
from jaga.store.reads import newest_head, newest_stamp

EVERY = timedelta(hours=23)
CLOCKS_DIFFER = timedelta(minutes=10)
"""How far the authority's clock may be from ours. A stamp of a head that did not exist yet would be a forgery."""
_ASK = N_("Compare with a copy held elsewhere and with the authority, and find out who could write here.")


def head_to_stamp() -> PublishedHead | None:
    """The newest head, if an authority is configured and no head was stamped within `EVERY`."""
    last = newest_stamp()
    if not settings.JAGA_TIMESTAMP_URL or (last is not None and last.received_at > now() - EVERY):
        return None
    head = newest_head()
    return None if head is None or HeadTimestamp.objects.filter(head=head).exists() else head


def certificates() -> tuple[Certificate, ...]:
    """The certificates by which stamps are checked. Raises BadTimestampRoots."""
    try:
        return read_certificates(Path(settings.JAGA_TIMESTAMP_ROOTS).read_bytes())
    except OSError as missing:
        raise BadTimestampRoots(why=f"{settings.JAGA_TIMESTAMP_ROOTS} cannot be read") from missing


@transaction.atomic
def take_stamp(head: PublishedHead, stamp: bytes, nonce: int) -> HeadTimestamp:
    """Keep the stamp of a head, if it is valid and of now. Raises BadTimestamp, BadTimestampRoots."""
    at, moment = check_stamp(stamp, stamped_bytes(head), certificates(), nonce), now()
    if abs(at - moment) > CLOCKS_DIFFER:
        raise BadTimestamp(why=f"it is of {at:%Y-%m-%d %H:%M} UTC, and our clock says {moment:%Y-%m-%d %H:%M}")
    row = HeadTimestamp.objects.create(head=head, stamp=stamp, stamped_at=at, received_at=moment)
    append(
        "stamp_head",
        {"log": head.log.origin, "size": head.size, "at": rfc3339(at), "stamp": sha256(stamp).hexdigest()},
        actor=SYSTEM,
        case_id=None,
    )
    return row


def stamped_bytes(head: PublishedHead) -> bytes:
    """What is stamped: the checkpoint with the log's own signature, without cosignatures, which come later."""
    return head.note.encode()


def stamp_problems() -> Iterator[LedgerProblem]:
    """What is wrong with the stamps that are stored."""
    rows = HeadTimestamp.objects.select_related("head__log").order_by("pk")
    recorded = {
        (one.payload.get("log"), one.payload.get("size")): one
        for one in LedgerEntry.objects.filter(verb="stamp_head").order_by("pk")
    }
    try:
        trusted = certificates() if rows or recorded else ()
    except BadTimestampRoots as wrong:
        yield LedgerProblem(0, N_("Time stamps cannot be checked: %(why)s"), wrong.remedy, {"why": wrong.english()})
        return
    for row in rows:
        params: dict[str, object] = {"log": row.head.log.origin, "size": row.head.size}
        entry = recorded.pop((row.head.log.origin, row.head.size), None)
        try:
            at = check_stamp(bytes(row.stamp), stamped_bytes(row.head), trusted)
        except BadTimestamp as wrong:
            yield LedgerProblem(
                0,
                N_("The time stamp of %(log)s at %(size)d leaves is wrong: %(why)s"),
                _ASK,
                {**params, "why": wrong.english()},
            )
            continue
        if (
            entry is None
            or entry.payload.get("stamp") != sha256(bytes(row.stamp)).hexdigest()
            or at != row.stamped_at
            or at < row.head.signed_at - CLOCKS_DIFFER
        ):
            yield LedgerProblem(
                0, N_("The time stamp of %(log)s at %(size)d leaves is not the one that was recorded."), _ASK, params
            )
    for log, size in recorded:
        yield LedgerProblem(
            0, N_("The time stamp of %(log)s at %(size)d leaves is missing."), _ASK, {"log": log, "size": size}
        )


_ADD = "/add-checkpoint"


@dataclass(frozen=True)
class WitnessToAsk:
    """A witness that has not cosigned the newest head, and the size of the head that it cosigned last (0: none)."""

    head_id: int
    witness: NoteVerifier
    url: str
    old: int


def witnesses_to_ask() -> list[WitnessToAsk]:
    """The witnesses of the policy that have an address and have not cosigned the newest head. Raises BadFormat."""
    log = current_log()
    newest = log.heads.order_by("-size").first() if log is not None else None
    if log is None or newest is None or LogFolder(log_folder() / str(log.number)).read("checkpoint") is None:
        return []
    policy = own_policy()
    found = []
    for witness in policy.witnesses.values():
        sizes = HeadCosignature.objects.filter(head__log=log, witness=witness.vkey).values_list("head__size", flat=True)
        last = max(sizes, default=0)
        if witness in policy.urls and last < newest.size:
            found.append(WitnessToAsk(newest.pk, witness, policy.urls[witness].rstrip("/") + _ADD, last))
    return found


def request_of(asked: WitnessToAsk, old: int) -> bytes | None:
    """The body of the request, with the proof that the log grew from the size `old`; None if it never had that size.

    Raises MissingTile, DamagedTile if the folder is not the published one.
    """
    head = PublishedHead.objects.select_related("log").get(pk=asked.head_id)
    if old > head.size:
        return None
    tree = TreeReader(head.size, LogFolder(log_folder() / str(head.log.number)).read, bytes.fromhex(head.root))
    return format_request(old, tree.consistency_proof(old), head.note.encode())


@transaction.atomic
def take_cosignature(asked: WitnessToAsk, answer: bytes) -> bool:
    """Keep a witness's answer if it is a valid cosignature, and mark the head as witnessed once the quorum is reached.

    False for anything else; then nothing is kept.
    """
    head = PublishedHead.objects.select_for_update(of=("self",)).select_related("log").get(pk=asked.head_id)
    text = parse_note(head.note.encode()).text
    try:
        lines = parse_note(f"{text}\n".encode() + answer).signatures
        wanted = (asked.witness.name, asked.witness.key_id)
        line = next((one for one in lines if (one.name, one.key_id) == wanted), None)
        seconds = asked.witness.check(text, line.signature) if line is not None else None
    except (BadFormat, BadSignature):
        return False
    if line is None or seconds is None or seconds > 2**37:
        return False
    HeadCosignature.objects.get_or_create(
        head=head,
        witness=asked.witness.vkey,
        defaults={"line": str(line), "cosigned_at": datetime.fromtimestamp(seconds, UTC), "received_at": now()},
    )
    policy = own_policy()
    opened = open_checkpoint(checkpoint_of(head), *policy.logs, witnesses=policy.witnesses.values())
    if head.witnessed_at is None and policy.has_quorum(opened):
        head.witnessed_at = now()
        head.save(update_fields=["witnessed_at"])
    return True
