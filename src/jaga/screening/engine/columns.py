"""What the engine says of each text beside its signals: whom one could reach by it, and what its copies would share."""

import numpy as np
import pyarrow as pa

from jaga.screening.copies.nearness import BINS, FEWEST_LETTERS
from jaga.screening.copies.nearness_kernel import marks_of_block
from jaga.screening.engine.engine import StageInput


class ContactColumn:
    """`contacts`: the canonical form of every contact of a text, each once, by place."""

    field = pa.field("contacts", pa.list_(pa.string()))

    def values(self, seen: StageInput) -> pa.Array:
        """One list for each text, empty for most."""
        found = seen.contacts
        texts = len(seen.block.folds) - 1
        written, counts = list[str](), np.zeros(texts, np.int32)
        of_row, row = dict[str, None](), -1
        for hit in np.lexsort((found.hits.start, found.hits.row)).tolist():
            text = int(found.hits.row[hit])
            if text != row:
                of_row, row = {}, text
            value = found.value(hit)
            if value not in of_row:
                of_row[value] = None
                written.append(value)
                counts[text] += 1
        return pa.ListArray.from_arrays(pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)),
                                        pa.array(written, pa.string()))


class SignatureColumn:
    """`signature`: the text's one-permutation minhash (`screening.copies.nearness`), 16 bits a bin in the processor's
    order of bytes; null for what is too short to have copies.
    """

    field = pa.field("signature", pa.binary(2 * BINS))

    def values(self, seen: StageInput) -> pa.Array:
        """One for each text."""
        letters, bins = marks_of_block(seen.block)
        there = pa.array(letters >= FEWEST_LETTERS).buffers()[1]
        return pa.FixedSizeBinaryArray.from_buffers(self.field.type, len(letters), [there, pa.py_buffer(bins)])
