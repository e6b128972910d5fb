"""Refused rows with their cells, for correction and resubmission.

Cells are read from the sealed file; the database stores errors only.
"""

from collections.abc import Iterator, Mapping

from jaga.casework.batches.file import require_file
from jaga.core.actors import Actor
from jaga.core.errors import FieldError
from jaga.exchange.batch_in import read_batch
from jaga.records import vault
from jaga.records.access.batches import own_batch, refused_rows

Mended = tuple[int, Mapping[str, str], tuple[FieldError, ...]]


def refused_with_cells(batch_id: int, *, actor: Actor) -> Iterator[Mended]:
    """Number, cells and errors of each refused row, in file order.

    Empty platform and category cells are filled with the batch's defaults, so that a resubmitted row means the same.
    Raises NotPermitted, NotFound, BatchFileDeleted immediately; EvidenceDamaged if the file is lost.
    """
    batch = own_batch(batch_id, actor=actor)
    require_file(batch)
    refused = refused_rows(batch_id, actor=actor)
    if not batch.refused:
        return iter(())
    file = vault.open_original(batch.sha256, None)
    left_out = {name: value for name, value in (("platform", batch.platform), ("category", batch.category)) if value}

    def joined() -> Iterator[Mended]:
        waiting = next(refused, None)
        with file:
            for row in read_batch(file.path).rows:
                if waiting is None:
                    return
                if row.number == waiting.number:
                    yield row.number, {**left_out, **row.cells}, waiting.errors
                    waiting = next(refused, None)

    return joined()
