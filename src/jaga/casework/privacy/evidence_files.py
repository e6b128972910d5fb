"""Files of the evidence store outside the verbs that write them: plain ones of older versions, and what was erased."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path

import structlog
from django.db import connection, transaction

from jaga.records import vault
from jaga.records.key_store.errors import Erased
from jaga.records.key_store.store import Owner
from jaga.records.models import (
    Batch,
    Evidence,
    HeldRequest,
    LearntModel,
    OperatorLetter,
    Order,
    WorkingCopy,
)

log = structlog.get_logger("jaga.evidence")
_AT_ONCE = 200
_LOCK = 0x6A65766964
_SLICE = 30.0  # Seconds, so that a worker which is told to stop need not wait long.
_WITHOUT_OWNER = ((Batch, "sha256"), (LearntModel, "sha256"), (HeldRequest, "body_sha256"), (Order, "letter_sha256"),
                  (Order, "body_sha256"))


@transaction.atomic
def encrypt_plain_files() -> int:
    """Encrypt originals that an older version stored as plain files, and delete those; returns how many.

    Each is stored for every case and report whose rows name it, then its plain file goes: a kill in between leaves
    both, and the next call ends it. A file that no row names, or only rows whose keys were destroyed, is deleted:
    nothing leads to it any more. A damaged one stays as it is, for a copy from the backup, and is logged.
    """
    done, until, waiting = 0, time.monotonic() + _SLICE, vault.plain_files()
    while (files := list(islice(waiting, _AT_ONCE))) and _alone():
        owners = _owners([file.name for file in files])
        done += sum(_encrypt(file, owners[file.name]) for file in files)
        if time.monotonic() > until:
            break
    if done:
        log.info("originals_encrypted", files=done)
    return done


def _alone() -> bool:
    """Whether no other worker does this; until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool((cursor.fetchone() or (False,))[0])


def _encrypt(file: Path, owners: Iterable[Owner | None]) -> bool:
    for owner in owners:
        try:
            vault.seal_plain(file.name, owner)
        except Erased:
            continue
        except vault.EvidenceDamaged:
            log.error("original_damaged", file=file.name)
            return False
    file.unlink()
    with suppress(OSError):  # There are others in it.
        file.parent.rmdir()
    return True


def _owners(hashes: list[str]) -> dict[str, set[Owner | None]]:
    found: dict[str, set[Owner | None]] = defaultdict(set)
    for sha256, owner in _rows(hashes):
        found[sha256].add(owner)
    return found


def _rows(hashes: list[str]) -> Iterator[tuple[str, Owner | None]]:
    for row in Evidence.objects.filter(sha256__in=hashes).select_related("report", "case"):
        yield row.sha256, row.key_owner()
    copies = WorkingCopy.objects.filter(sha256__in=hashes)
    for copy in copies.select_related("evidence__report", "evidence__case"):
        yield copy.sha256, copy.key_owner()
    for letter in OperatorLetter.objects.filter(pdf_sha256__in=hashes).select_related("notice__case"):
        yield letter.pdf_sha256, letter.notice.case.key_owner()
    for model, column in _WITHOUT_OWNER:
        for sha256 in model._default_manager.filter(**{f"{column}__in": hashes}).values_list(column, flat=True):
            yield sha256, None
