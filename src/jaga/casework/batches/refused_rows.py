"""Refused rows with what stands in them, so that they can be mended and sent again. They are read from the sealed file;
the database keeps reasons only.
"""

from collections.abc import Iterator, Mapping

from jaga.core.actors import Actor
from jaga.core.errors import FieldError
from jaga.exchange.batch_in import read_batch
from jaga.records import vault
from jaga.records.access.batches import own_batch, refused_rows

Mended = tuple[int, Mapping[str, str], tuple[FieldError, ...]]


def refused_with_cells(batch_id: int, *, actor: Actor) -> Iterator[Mended]:
    """Number, cells and reasons of each refused row, in the file's order. Cells that the file leaves to the batch's own
    platform and category are filled in, so that what is sent again says the same.

    Raises NotPermitted, NotFound at once; EvidenceDamaged where the file is lost.
    """
    batch = own_batch(batch_id, actor=actor)
    refused = refused_rows(batch_id, actor=actor)
    if not batch.refused:
        return iter(())
    path = vault.sealed_file(batch.sha256)
    left_out = {name: value for name, value in (("platform", batch.platform), ("category", batch.category)) if value}

    def joined() -> Iterator[Mended]:
        waiting = next(refused, None)
        for row in read_batch(path).rows:
            if waiting is None:
                return
            if row.number == waiting.number:
                yield row.number, {**left_out, **row.cells}, waiting.errors
                waiting = next(refused, None)

    return joined()
