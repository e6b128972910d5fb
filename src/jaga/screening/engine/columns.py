"""Output columns of the engine beside the signals: contacts and near-duplicate signature of each text."""

import numpy as np
import pyarrow as pa

from jaga.screening.copies.nearness import BINS, FEWEST_LETTERS
from jaga.screening.copies.nearness_kernel import marks_of_block
from jaga.screening.engine.engine import StageInput


class ContactColumn:
    """`contacts`: the canonical form of every distinct contact of a text, by place."""

    field = pa.field("contacts", pa.list_(pa.string()))

    def values(self, given: StageInput) -> pa.Array:
        """One list per text, empty for most."""
        found = given.contacts
        texts = len(given.block.folds) - 1
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
        return pa.ListArray.from_arrays(
            pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)), pa.array(written, pa.string())
        )


class SignatureColumn:
    """`signature`: the text's one-permutation MinHash (`screening.copies.nearness`), 16 bits per bin in native byte
    order; null for texts too short to have copies.
    """

    field = pa.field("signature", pa.binary(2 * BINS))

    def values(self, given: StageInput) -> pa.Array:
        """One value per text."""
        letters, bins = marks_of_block(given.block)
        there = pa.array(letters >= FEWEST_LETTERS).buffers()[1]
        return pa.FixedSizeBinaryArray.from_buffers(self.field.type, len(letters), [there, pa.py_buffer(bins)])
