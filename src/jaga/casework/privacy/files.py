"""Files that are deleted after the commit that says so. A killed process leaves a row, and the next sweep goes on."""

import shutil
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from jaga.records import vault
from jaga.records.access.cases.originals import is_deleted, is_lapsed
from jaga.records.key_store.errors import Erased
from jaga.records.models import Evidence, FileToDelete

MOST_AT_ONCE = 200


def delete_files(most: int = MOST_AT_ONCE) -> int:
    """Delete files whose rows say that they are deleted; returns how many rows are done with.

    A file that something else of the same case or report still needs stays.
    """
    rows = list(FileToDelete.objects.select_related("erasure__case").order_by("pk")[:most])
    for row in rows:
        with transaction.atomic():
            if row.folder:
                delete_export(row.folder)
            else:
                _delete_original(row)
            FileToDelete.objects.filter(pk=row.pk).delete()
    return len(rows)


def _delete_original(row: FileToDelete) -> None:
    """Delete a content of this case for each owner of whom no row of the case still needs it."""
    case = row.erasure.case
    here = Evidence.objects.filter(Q(report__case=case) | Q(report__isnull=True, case=case))
    named = here.filter(Q(sha256=row.sha256) | Q(working_copy__sha256=row.sha256)).select_related("report", "case")
    needed = {one.key_owner() for one in named.exclude(is_deleted()).exclude(is_lapsed())}
    for owner in {one.key_owner() for one in named} - needed:
        with suppress(Erased):  # Then no copy of it can be read, and `vault.sweep_erased` deletes this one.
            vault.erase(row.sha256, owner)


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
