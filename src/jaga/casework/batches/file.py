"""The file of a batch, and that it is deleted when its days are over."""

from jaga.core.errors import N_, Conflict
from jaga.records.models import Batch


class BatchFileDeleted(Conflict):
    """The file's days are over."""

    code = "batch_file_deleted"
    status = 410
    sentence = N_("The file of this batch was deleted, since its days were over.")
    remedy = N_("If rows of it are still to be filed, send the file again.")


def require_file(batch: Batch) -> None:
    """Raises BatchFileDeleted."""
    if batch.file_deleted_at is not None:
        raise BatchFileDeleted
