"""Receipt files: a report's proof that anybody can verify offline.

A first file contains the signed promise that the entry will be linked. A later one adds that entry and the hashes of
those after it, up to the next signed checkpoint; other entries appear only as hashes. The last line is the SHA-256 of
everything before it, which tells a damaged file from a forged one and proves nothing else.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from jaga.core.canonical import SHA256
from jaga.core.errors import N_
from jaga.ledger.checkpoints import BadNote, SignedPromise, check_checkpoint, check_promise, read_promise, write_promise
from jaga.ledger.entries import document_hash
from jaga.ledger.extract import BadForm, Extract, read_extract, whole
from jaga.ledger.keys import BadKey, BadSignature, VerifyKey

MOST_BYTES = 2_000_000  # a proof spans at most some thousand hashes
_HEAD = """jaga-receipt/1
Bukti bahwa sebuah laporan diterima, tanpa akun, tulisan, atau nama. Simpan berkas ini tanpa mengubahnya.
Proof that a report was received, without an account, words or a name. Keep this file unchanged.
jaga receipt verify FILE --key KEY

key
"""
_PROMISE, _LEDGER, _SUM = "\n\npromise\n", "\nledger\n", "\nsha256 "
_LAST_LINE = re.compile(rf"\nsha256 ({SHA256.pattern})\n\Z")


class ReceiptResult(IntEnum):
    """The result of a check; also the exit status of `jaga receipt verify`."""

    VALID = 0  # the report is in the signed ledger
    PROMISED = 3  # the promise is genuine; the file does not yet prove the entry
    FORGED = 4  # a signature does not match the key
    CHANGED = 5  # the file is damaged, or its parts do not belong together


@dataclass(frozen=True)
class ReceiptCheck:
    """The result, its sentences (msgids), and what was checked; `seq` is the entry's position."""

    verdict: ReceiptResult
    sentence: str
    remedy: str
    promise: SignedPromise | None = None
    seq: int | None = None
    key: VerifyKey | None = None


def write_receipt(promise: SignedPromise, key: VerifyKey, extract: bytes | None = None) -> bytes:
    """Write the file.

    With `extract` (`ledger.extract.write_extract` of only the promised entry) it is the full proof.
    """
    ledger = f"{_LEDGER}{extract.decode()}\n" if extract is not None else ""
    text = f"{_HEAD}{key.text()}{_PROMISE}{write_promise(promise)}{ledger}"
    return f"{text}{_SUM}{sha256(text.encode()).hexdigest()}\n".encode()


def check_receipt(data: bytes, key: VerifyKey | None = None) -> ReceiptCheck:
    """Verify a file offline.

    Never raises.

    `key` must come from the installation itself. Without it the key in the file is used, which proves integrity but not
    origin.
    """
    try:
        inside, promise, extract = _read(data)
    except (ValueError, BadNote, BadKey, BadForm):
        return _changed(N_("The file is not as Jaga wrote it: something in it was changed, or is missing."))
    if extract is not None and not _belongs(promise, extract):
        return _changed(
            N_(
                "The parts of the file do not belong together: this entry is not the promised one, or the "
                "hashes do not lead to the checkpoint."
            )
        )
    trusted = key or inside
    try:
        check_promise(promise, trusted)
        if extract is not None:
            check_checkpoint(extract.checkpoint, trusted)
    except BadSignature:
        return ReceiptCheck(
            ReceiptResult.FORGED,
            N_("The signature does not fit the key."),
            N_(
                "Get the public key again from the installation's own page, and the file from the page "
                "of the report. If it still does not fit, the file is forged: do not rely on it."
            ),
            promise,
            key=trusted,
        )
    if extract is None:
        return ReceiptCheck(
            ReceiptResult.PROMISED,
            N_("The promise is real: this report was received at that moment."),
            N_(
                "Whether it stands in the ledger is not shown by this file. Get the full proof with the "
                "receipt, after the next full hour."
            ),
            promise,
            key=trusted,
        )
    return ReceiptCheck(
        ReceiptResult.VALID,
        N_("The report was received at that moment and is in the signed ledger."),
        N_("Keep the file. If the ledger is ever rewritten, it shows that."),
        promise,
        extract.entries[0][0],
        trusted,
    )


def _changed(sentence: str) -> ReceiptCheck:
    return ReceiptCheck(
        ReceiptResult.CHANGED,
        sentence,
        N_("Get the file again from the page of the report, and do not open it in a program that saves it."),
    )


def _read(data: bytes) -> tuple[VerifyKey, SignedPromise, Extract | None]:
    if len(data) > MOST_BYTES:
        raise ValueError("too long")
    whole_text = data.decode("utf-8")
    last = _LAST_LINE.search(whole_text)
    if last is None or not whole_text.startswith(_HEAD):
        raise ValueError("not the form")
    text = whole_text[: last.start()]
    if sha256(text.encode()).hexdigest() != last.group(1):
        raise ValueError("damaged")
    key_text, found, rest = text[len(_HEAD) :].partition(_PROMISE)
    note, has_ledger, ledger = rest.partition(_LEDGER)
    key, promise = VerifyKey.from_text(key_text), read_promise(note)
    extract = read_extract(ledger.encode()) if has_ledger else None
    if not found or write_receipt(promise, key, ledger.removesuffix("\n").encode() if has_ledger else None) != data:
        raise ValueError("another spelling")
    return key, promise, extract


def _belongs(promise: SignedPromise, extract: Extract) -> bool:
    """Whether the extract proves exactly this promise."""
    if len(extract.entries) != 1 or any(whole(extract)):
        return False
    ((seq, document),) = extract.entries
    return (
        seq == extract.first
        and document.get("id") == promise.entry_id
        and document_hash(document) == promise.entry_hash
        and extract.checkpoint.origin == promise.origin
    )
