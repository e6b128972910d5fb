"""Perceptual hashes for a column of pictures, one row each; a picture without a hash gets an error.

For commands: it imports pyarrow, which the web server does not.
"""

import pyarrow as pa

from jaga.core.files import PictureProblem
from jaga.screening.images.pdq import Read, hash_image

HASHES = pa.schema([("hash", pa.binary(32)), ("quality", pa.uint8()), ("error", pa.string())])


def hash_images(table: pa.Table, read: Read, column: str = "image") -> pa.Table:
    """`hash` (32 bytes), `quality` (0 to 100) and `error` (of PictureProblem) for each row of a binary column, in
    order.

    Either hash and quality or error is null; a null row is not a picture. Raises KeyError for a missing column,
    TypeError
    if it is not binary.
    """
    pictures = table.column(column)
    if not (pa.types.is_binary(pictures.type) or pa.types.is_large_binary(pictures.type)):
        raise TypeError(f"column {column!r} holds {pictures.type}: pictures are bytes")
    hashes, qualities, errors = list[bytes | None](), list[int | None](), list[str | None]()
    for cell in pictures:
        content = cell.as_buffer()
        found = PictureProblem.NO_PICTURE if content is None else hash_image(content.to_pybytes(), read)
        hashed = None if isinstance(found, PictureProblem) else found
        hashes.append(hashed and hashed.hashes[0].tobytes())
        qualities.append(hashed and hashed.quality)
        errors.append(found.value if isinstance(found, PictureProblem) else None)
    return pa.table(
        [pa.array(hashes, pa.binary(32)), pa.array(qualities, pa.uint8()), pa.array(errors, pa.string())], schema=HASHES
    )
