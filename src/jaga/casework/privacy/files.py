"""Files that are deleted after the commit that says so. A killed process leaves a row, and the next sweep goes on."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from jaga.casework.kernel.failed_deletions import note_file, reason_of
from jaga.core.clock import now
from jaga.core.terms.retention import DataKind
from jaga.records import vault
from jaga.records.access.cases.originals import is_deleted, is_lapsed
from jaga.records.key_store.errors import Erased
from jaga.records.models import Disclosure, Evidence, FileToDelete, RetentionErasure

log = structlog.get_logger("jaga.retention")
MOST_AT_ONCE = 200
_TRY_AGAIN = timedelta(hours=1)
UNRECORDED_KEPT = timedelta(days=7)
"""An export that no record names was never handed over: whoever made it did not get that far. After a restore there is
this much time to copy those that are newer than the backup."""
_EXPORT = re.compile(r"K\d+-\d+-\d{8}T\d{12}")  # as `casework.authorities.disclosures` names them


def delete_files(most: int = MOST_AT_ONCE) -> int:
    """Delete the files that erasure left for after its commit (`FileToDelete`); returns how many are done with.

    A file that something else of the same case or report still needs stays. One that cannot be deleted is noted, and
    tried again an hour later; the others go on.
    """
    waiting = FileToDelete.objects.filter(Q(failed_at__isnull=True) | Q(failed_at__lte=now() - _TRY_AGAIN))
    done = 0
    for row in waiting.select_related("erasure__case").order_by(F("failed_at").asc(nulls_first=True), "pk")[:most]:
        try:
            with transaction.atomic():
                if row.folder:
                    delete_export(row.folder)
                else:
                    _delete_original(row)
                FileToDelete.objects.filter(pk=row.pk).delete()
        except Exception as fault:  # noqa: BLE001 - noted and shown; whatever it is, the other files do not wait
            note_file(row, fault)
        else:
            done += 1
    return done


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


def unrecorded_exports() -> Iterator[str]:
    """Folders of exports that no record names, when they have lain long enough: a kill before the record was made."""
    exports = Path(settings.HOME) / "exports"
    before = (now() - UNRECORDED_KEPT).timestamp()
    names = {
        path.name
        for path in exports.glob("K*")
        if _EXPORT.fullmatch(path.name) and not path.is_symlink() and path.stat().st_mtime < before
    }
    yield from sorted(names - set(Disclosure.objects.filter(folder__in=names).values_list("folder", flat=True)))


def delete_unrecorded_exports() -> int:
    """Delete those; returns how many. One that cannot be deleted is logged, and tried again the next day."""
    done = 0
    for name in unrecorded_exports():
        try:
            delete_export(name)
        except OSError as fault:
            log.error("export_not_deleted", folder=name, reason=reason_of(fault))
        else:
            log.warning("unrecorded_export_deleted", folder=name)
            done += 1
    return done


def exports_after_erasure() -> Iterator[tuple[Disclosure, RetentionErasure]]:
    """Exports whose folders are still there and that were made after those of their case were deleted."""
    here = {path.name for path in (Path(settings.HOME) / "exports").glob("K*")}
    here -= set(FileToDelete.objects.filter(folder__in=here).values_list("folder", flat=True))
    gone = {
        row.case_id: row
        for row in RetentionErasure.objects.filter(kind=DataKind.EXPORTS, case__disclosures__folder__in=here).distinct()
    }
    for made in Disclosure.objects.filter(folder__in=here, case__in=gone).order_by("pk"):
        yield made, gone[made.case_id]
