"""Files of the evidence store outside the verbs that write them: plain ones of older versions, and what was erased."""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import structlog
from django.db import connection, models, transaction

from jaga.casework.privacy.erasure import require_own_store
from jaga.records import vault
from jaga.records.access.base.epochs import is_put_back
from jaga.records.access.cases.originals import is_deleted, is_lapsed
from jaga.records.inventory.outside import BACKUP_DAYS
from jaga.records.key_store.errors import Erased
from jaga.records.key_store.store import Owner
from jaga.records.models import (
    Batch,
    Evidence,
    HeldRequest,
    Installation,
    LearntModel,
    OperatorLetter,
    Order,
    WorkingCopy,
)

log = structlog.get_logger("jaga.evidence")
_AT_ONCE = 200
_LOCK = 0x6A65766964
_SLICE = 30.0  # Seconds, so that a worker which is told to stop need not wait long.
_WITHOUT_OWNER = ((LearntModel, "sha256"), (HeldRequest, "body_sha256"), (Order, "letter_sha256"),
                  (Order, "body_sha256"))


class _Row(NamedTuple):
    sha256: str
    owner: Owner | None
    belongs_to: str


@dataclass(frozen=True)
class DamagedOriginal:
    """An original that cannot be read: where its file is or belongs, and what it is of, such as `K000123`."""

    sha256: str
    path: Path
    belongs_to: str


@transaction.atomic
def encrypt_plain_files() -> int:
    """Encrypt originals that an older version stored as plain files, and delete those; returns how many.

    Each is stored for every case and report whose rows name it, then its plain file goes: a kill in between leaves
    both, and the next call ends it. One whose rows' keys were destroyed or whose period was over is deleted: nothing
    leads to it any more. So is one that no row names, once it is older than any backup: its row may have been lost in a
    restore that is not the last. A damaged one stays as it is, for a copy from the backup, and is logged. Does nothing
    while the database is empty, or was set back or replaced without a declared epoch. Raises KeyStoreDiffers.
    """
    if is_put_back() or not Installation.objects.exists():
        return 0
    require_own_store()
    done, until, waiting = 0, time.monotonic() + _SLICE, vault.plain_files()
    while (files := list(islice(waiting, _AT_ONCE))) and _alone():
        names = [file.name for file in files]
        owners, named = _owners(names), _named(names)
        done += sum(_encrypt(file, owners[file.name]) for file in files if file.name in named or _is_old(file))
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


def _is_old(file: Path) -> bool:
    """Whether it is older than any backup."""
    return file.stat().st_mtime < time.time() - BACKUP_DAYS * 86_400


def _named(hashes: list[str]) -> set[str]:
    """Those that any row names, also of files that are kept no longer."""
    columns = ((Evidence, "sha256"), (WorkingCopy, "sha256"), (OperatorLetter, "pdf_sha256"), (Batch, "sha256"),
               *_WITHOUT_OWNER)
    return {name for model, column in columns
            for name in model._default_manager.filter(**{f"{column}__in": hashes}).values_list(column, flat=True)}


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
    for row in _rows(hashes):
        found[row.sha256].add(row.owner)
    return found


def damaged_originals() -> Iterator[DamagedOriginal]:
    """Read every original that a row names, and yield those that are missing or changed. Erased ones are passed over.

    Reads the whole evidence store, so it takes long.
    """
    for row in _rows(None):
        with suppress(Erased):
            if not vault.is_whole(row.sha256, row.owner):
                yield DamagedOriginal(row.sha256, vault.path_of(row.sha256, row.owner), row.belongs_to)


def _rows(hashes: list[str] | None) -> Iterator[_Row]:
    """The rows that name these contents, or any, and whose files are kept."""
    def of(rows: models.QuerySet[Any], column: str, *related: str) -> Iterator[Any]:
        wanted = {f"{column}__gt": ""} if hashes is None else {f"{column}__in": hashes}
        return rows.filter(**wanted).select_related(*related).order_by("pk").iterator(chunk_size=_AT_ONCE)

    kept = Evidence.objects.exclude(is_deleted()).exclude(is_lapsed())
    for row in of(kept, "sha256", "report", "case"):
        yield _Row(row.sha256, row.key_owner(), row.case.reference)
    for copy in of(WorkingCopy.objects.filter(evidence__in=kept), "sha256", "evidence__report", "evidence__case"):
        yield _Row(copy.sha256, copy.key_owner(), copy.evidence.case.reference)
    for letter in of(OperatorLetter.objects.all(), "pdf_sha256", "notice__case"):
        yield _Row(letter.pdf_sha256, letter.notice.case.key_owner(), f"letter {letter.number}")
    for batch in of(Batch.objects.filter(file_deleted_at__isnull=True), "sha256"):
        yield _Row(batch.sha256, None, f"batch {batch.pk}")
    for model, column in _WITHOUT_OWNER:
        for one in of(model._default_manager.all(), column):
            yield _Row(getattr(one, column), None, f"{model._meta.verbose_name} {one.pk}")
