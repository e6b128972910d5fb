"""Extracts: some ledger entries with everything needed to verify them offline against a signed checkpoint.

`chain` holds the entry hashes of *every* link from the first extracted entry to the checkpoint, since a hash chain has
no shorter proof. Use the earliest checkpoint after the last entry. Other entries appear only as hashes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jaga.core.canonical import SHA256, NotCanonical, canonical_json
from jaga.core.errors import N_, JagaError
from jaga.ledger.checkpoints import BadNote, Checkpoint, check_checkpoint, read_checkpoint, write_checkpoint
from jaga.ledger.entries import ChainLink, document_hash, entry_document, entry_hash, link_hash
from jaga.ledger.keys import BadKey, BadSignature, VerifyKey
from jaga.ledger.verify import LedgerProblem, LedgerRow

FORMAT = "jaga-ledger-extract/1"
_ASK = N_("Ask whoever made the extract for a new one, and keep this one as it is.")


class BadExtract(JagaError):
    """The given rows cannot form a verifiable extract; nothing was written."""

    code = "bad_extract"
    status = 409
    sentence = N_("These ledger entries cannot be proved yet.")
    remedy = N_("Wait until the sequencer has linked them and the next checkpoint is signed, then try again.")


class BadForm(JagaError):
    """The bytes are not an extract in Jaga's format."""

    code = "bad_extract_form"
    status = 422
    sentence = N_("The ledger extract is not in the form that Jaga writes.")
    remedy = _ASK


@dataclass(frozen=True)
class Extract:
    """A parsed extract. Untrusted until `check_extract` finds no problem."""

    entries: tuple[tuple[int, Mapping[str, object]], ...]
    first: int
    previous: str
    chain: tuple[str, ...]
    checkpoint: Checkpoint


def write_extract(rows: Sequence[LedgerRow], links: Sequence[ChainLink], checkpoint: Checkpoint) -> bytes:
    """Write the extract as canonical JSON.

    `links` are all links from the first row's to the checkpoint's.

    Raises BadExtract if a row has no entry or the links have gaps.
    """
    seqs = [link.seq for link in links]
    inside = {link.seq: link for link in links}
    if not rows or not links or seqs != list(range(seqs[0], checkpoint.size + 1)) or links[-1].hash != checkpoint.hash:
        raise BadExtract
    entries = []
    for row in sorted(rows, key=lambda row: row.link.seq):
        if row.entry is None or inside.get(row.link.seq) != row.link or entry_hash(row.entry) != row.link.entry_hash:
            raise BadExtract
        entries.append({"seq": row.link.seq, "entry": entry_document(row.entry)})
    return canonical_json(
        {
            "format": FORMAT,
            "entries": entries,
            "first": seqs[0],
            "previous": links[0].previous,
            "chain": [link.entry_hash for link in links],
            "checkpoint": write_checkpoint(checkpoint),
        }
    )


def check_extract(data: bytes, public_pem: bytes) -> list[LedgerProblem]:
    """Verify an extract offline: entries, chain, checkpoint and signature.

    Returns the problems, never raises.

    `public_pem` must come from the installation itself, not with the extract.
    """
    try:
        extract = read_extract(data)
    except BadForm:
        return [LedgerProblem(0, N_("The ledger extract is not in the form that Jaga writes."), _ASK)]
    return [*whole(extract), *_signature(extract, public_pem)]


def read_extract(data: bytes) -> Extract:
    """Parse an extract without verifying it. Raises BadForm."""
    try:
        return _read(data)
    except (ValueError, KeyError, TypeError, RecursionError, BadNote):
        raise BadForm from None


def whole(extract: Extract) -> Iterator[LedgerProblem]:
    """The inconsistencies of an extract, except for its checkpoint's signature."""
    yield from _entries(extract)
    yield from _chain(extract)


def _read(data: bytes) -> Extract:
    document = json.loads(data)
    entries = tuple((_seq(item["seq"]), dict(item["entry"])) for item in document["entries"])
    chain = tuple(document["chain"])
    if document["format"] != FORMAT or not isinstance(document["checkpoint"], str):
        raise ValueError(document["format"])
    if not all(SHA256.fullmatch(text) for text in (document["previous"], *chain)):
        raise ValueError("not a sha256")
    return Extract(
        entries, _seq(document["first"]), document["previous"], chain, read_checkpoint(document["checkpoint"])
    )


def _seq(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(value)
    return value


def _entries(extract: Extract) -> Iterator[LedgerProblem]:
    before = 0
    for seq, document in extract.entries:
        if seq <= before:
            yield LedgerProblem(seq, N_("Entry %(seq)d stands out of order or twice."), _ASK, {"seq": seq})
        before = seq
        place = seq - extract.first
        try:
            hashed = document_hash(document)
        except NotCanonical:
            hashed = ""
        if not 0 <= place < len(extract.chain) or hashed != extract.chain[place]:
            yield LedgerProblem(seq, N_("Entry %(seq)d is not the one in the ledger."), _ASK, {"seq": seq})


def _chain(extract: Extract) -> Iterator[LedgerProblem]:
    previous = extract.previous
    for seq, hashed in enumerate(extract.chain, extract.first):
        previous = link_hash(seq, previous, hashed)
    size = extract.first + len(extract.chain) - 1
    if (size, previous) != (extract.checkpoint.size, extract.checkpoint.hash):
        yield LedgerProblem(size, N_("The chain of hashes does not lead to the signed checkpoint."), _ASK)


def _signature(extract: Extract, public_pem: bytes) -> Iterator[LedgerProblem]:
    try:
        check_checkpoint(extract.checkpoint, VerifyKey.from_pem(extract.checkpoint.origin, public_pem))
    except (BadKey, BadSignature):
        yield LedgerProblem(
            extract.checkpoint.size,
            N_("The checkpoint was not signed with the key that you trust."),
            N_(
                "Get the public key again from the installation's own site; "
                "if it still does not fit, the extract is forged."
            ),
        )
