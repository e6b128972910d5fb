"""Files that are deleted after the commit that says so. A killed process leaves a row, and the next sweep goes on."""

import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction

from jaga.records import vault
from jaga.records.access.cases.originals import is_deleted, is_lapsed
from jaga.records.models import (
    Batch,
    Evidence,
    FileToDelete,
    HeldRequest,
    LearntModel,
    OperatorLetter,
    Order,
    WorkingCopy,
)

MOST_AT_ONCE = 200


def delete_files(most: int = MOST_AT_ONCE) -> int:
    """Delete files whose rows say that they are deleted; returns how many rows are done with.

    A file that something else still needs stays: originals are stored once for each content.
    """
    rows = list(FileToDelete.objects.order_by("pk")[:most])
    for row in rows:
        with transaction.atomic():
            if row.folder:
                delete_export(row.folder)
            elif not _is_needed(row.sha256):
                vault.erase(row.sha256)
            FileToDelete.objects.filter(pk=row.pk).delete()
    return len(rows)


def _is_needed(sha256: str) -> bool:
    kept = Evidence.objects.exclude(is_deleted()).exclude(is_lapsed())
    return (kept.filter(sha256=sha256).exists()
            or WorkingCopy.objects.filter(sha256=sha256, evidence__in=kept).exists()
            or LearntModel.objects.filter(sha256=sha256).exists()
            or Batch.objects.filter(sha256=sha256).exists()
            or HeldRequest.objects.filter(body_sha256=sha256).exists()
            or OperatorLetter.objects.filter(pdf_sha256=sha256).exists()
            or Order.objects.filter(letter_sha256=sha256).exists()
            or Order.objects.filter(body_sha256=sha256).exists())


def delete_export(folder: str) -> None:
    """Delete the folder of an export. Renamed first, so that a half-deleted one is never taken for an export; what a
    kill left is swept as `exchange.package.sweep_partial` sweeps half-written ones.
    """
    exports = Path(settings.HOME) / "exports"
    name = Path(folder).name  # Never a path.
    if not name or name != folder:
        return
    going = exports / f".{name}.deleted"
    with suppress(FileNotFoundError):
        (exports / name).rename(going)
    if going.exists():
        shutil.rmtree(going)
