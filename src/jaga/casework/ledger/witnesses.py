"""Witnesses: which must be asked for a cosignature of the newest head, and what they answered (ADR 0091).

The requests themselves are sent by `jobs.ledger_witnesses`, outside any transaction.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from jaga.casework.ledger.policy import own_policy
from jaga.casework.ledger.publishing import checkpoint_of, current_log, log_folder
from jaga.core.clock import now
from jaga.ledger.keys import BadSignature
from jaga.ledger.tlog.errors import BadFormat
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.heads import open_checkpoint
from jaga.ledger.tlog.notes import NoteVerifier, parse_note
from jaga.ledger.tlog.tree import TreeReader
from jaga.ledger.tlog.witness import format_request
from jaga.records.models import HeadCosignature, PublishedHead

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
