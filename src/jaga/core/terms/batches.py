"""Terms of files of many reports."""

from enum import StrEnum


class BatchState(StrEnum):
    """State of a batch."""

    RECEIVED = "received"  # sealed, waiting for validation
    READY = "ready"  # validated; nothing filed yet
    RUNNING = "running"  # its valid rows are being filed, some thousands per commit
    DONE = "done"  # every valid row is a report
    CANCELLED = "cancelled"  # stopped by a person; filed rows stay, and it can be started again
    FAILED = "failed"  # unreadable, with the reason; validated again if resubmitted

    @property
    def is_open(self) -> bool:
        """Whether the worker has something to do."""
        return self in (BatchState.RECEIVED, BatchState.RUNNING)


class BatchFormat(StrEnum):
    """File format of a batch, detected by content, never by name."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"
    XARF = "xarf"
