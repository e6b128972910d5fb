"""Deletions that failed: noted, so that a supervisor and `/health/ready` show them, while all others go on."""

from datetime import timedelta
from pathlib import Path
from traceback import extract_tb

import structlog
from django.db import DatabaseError

from jaga.casework.kernel.unusable_values import record_task_fault
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.policy.local_time import today
from jaga.records.models import FileToDelete, RetentionDue
from jaga.records.room import says_full

log = structlog.get_logger("jaga.retention")
_LONGEST = 200
_AGAIN = timedelta(days=1)


def reason_of(fault: Exception) -> str:
    """The fault in a line, with the line of our code that it passed last. Values of rows, which a database adds to its
    errors, stay out of logs and pages.
    """
    detail = ""
    if isinstance(fault, JagaError):
        detail = fault.sentence
    elif isinstance(fault, OSError):
        detail = fault.strerror or ""
    elif isinstance(fault, DatabaseError):
        detail = getattr(getattr(fault.__cause__, "diag", None), "message_primary", None) or ""
    lines = [
        f"{Path(one.filename).name}:{one.lineno}" for one in extract_tb(fault.__traceback__) if "/jaga/" in one.filename
    ]
    words = [type(fault).__name__, *(f"({one})" for one in lines[-1:]), detail]
    return " ".join(words).strip()[:_LONGEST]


def note_case(case_id: int, fault: Exception) -> None:
    """Note that something of this case could not be deleted; it is looked at again the next day.

    A full disk is raised again: no case is to blame for it.
    """
    if says_full(fault):
        raise fault
    reason = reason_of(fault)
    log.error("retention_case_failed", case=case_id, reason=reason)
    RetentionDue.objects.filter(case=case_id).update(failed_at=now(), failure=reason, look_on=today() + _AGAIN)
    record_task_fault("retention", reason)


def note_file(row: FileToDelete, fault: Exception) -> None:
    """Note that this file could not be deleted. A full disk is raised again."""
    if says_full(fault):
        raise fault
    reason = reason_of(fault)
    log.error("retention_file_failed", case=row.erasure.case_id, reason=reason)
    FileToDelete.objects.filter(pk=row.pk).update(failed_at=now(), failure=reason)
    record_task_fault("retention", reason)
