"""Pictures in a column: each row has a hash or the reason for having none."""

import pyarrow as pa
import pytest
from tests.screening.drawn import grey, pixels

from jaga.core.files import Grey, PictureProblem
from jaga.screening.images.images import HASHES, hash_images
from jaga.screening.images.pdq import hash_image, pdq


def read(content: bytes) -> Grey | PictureProblem:
    """Read one-byte files: each except the last is a picture."""
    return PictureProblem.BROKEN if content == b"\xff" else grey(pixels(content[0], 120, 90))


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_each_row_has_a_hash_or_an_error(kind: pa.DataType) -> None:
    """Rows keep their order over several chunks, and the hash equals the one computed for a single report."""
    column = pa.chunked_array([pa.array([b"\1", None, b"\2"], kind), pa.array([b"\xff"], kind)])
    hashed = hash_images(pa.table({"number": [1, 2, 3, 4], "image": column}), read)
    assert hashed.schema == HASHES
    expected = [pdq(grey(pixels(number, 120, 90))) for number in (1, 2)]
    assert hashed.column("hash").to_pylist() == [
        expected[0].hashes[0].tobytes(),
        None,
        expected[1].hashes[0].tobytes(),
        None,
    ]
    assert hashed.column("quality").to_pylist() == [expected[0].quality, None, expected[1].quality, None]
    assert hashed.column("error").to_pylist() == [None, "no_picture", None, "broken"]
    live = hash_image(b"\1", read)
    assert not isinstance(live, PictureProblem)
    assert live.hashes.tolist() == expected[0].hashes.tolist()


def test_an_empty_table_stays_empty_and_a_wrong_column_is_refused() -> None:
    """A column of texts is refused."""
    assert hash_images(pa.table({"image": pa.array([], pa.binary())}), read).num_rows == 0
    with pytest.raises(KeyError):
        hash_images(pa.table({"text": ["a"]}), read)
    with pytest.raises(TypeError, match="string"):
        hash_images(pa.table({"image": ["a"]}), read)
