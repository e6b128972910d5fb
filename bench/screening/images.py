"""How fast pictures are hashed and found again: JPEGs in a column, decoded by the limited process, and exact search of
near hashes among a million.

The pictures are drawn (waves, discs, noise), 640 by 480 and 1600 by 1000 pixels, saved at quality 75. Run it on
one core, as the figures in docs/benchmarks.md were: `taskset -c 1 python -m bench.screening.images`.
"""

import hashlib
import io
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from PIL import Image

from bench.harness import Bench, Yardstick, benchmark, options
from jaga.exchange.pictures import PictureReader
from jaga.screening.images.images import hash_images
from jaga.screening.images.nearest import brute_force, index

SIZES = ((640, 480), (1600, 1000))
Pixels = npt.NDArray[np.uint8]


def drawn(number: int, width: int, height: int) -> Pixels:
    """A picture generated from its number: waves and discs in three colours, and some noise."""
    chance = np.random.default_rng(number)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32) / [[[height]], [[width]]]
    shown = np.zeros((height, width, 3), np.float32)
    for colour in range(3):
        for _ in range(6):
            right, down = chance.normal(0, 6, 2)
            shown[..., colour] += chance.random() * np.sin(2 * np.pi * (right * x + down * y + chance.random()))
        for _ in range(8):
            left, top, size = chance.random(3)
            shown[..., colour] += chance.normal() * ((x - left) ** 2 + (y - top) ** 2 < (size / 4) ** 2)
    shown = (shown - shown.min()) / np.ptp(shown) * 255 + chance.normal(0, 4, shown.shape)
    return np.clip(shown, 0, 255).astype(np.uint8)


def jpeg(shown: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(shown).save(file, "JPEG", quality=75)
    return file.getvalue()


def rate(call: Callable[[], object], what: int, times: int) -> float:
    """How many a second: the median of several runs without the first."""
    took = []
    for _ in range(times + 1):
        start = time.perf_counter()
        call()
        took.append(time.perf_counter() - start)
    return what / median(took[1:])


def decoded_whole(files: list[bytes]) -> None:
    for file in files:
        with Image.open(io.BytesIO(file)) as picture:
            picture.load()


def hashing(bench: Bench, pictures: int, times: int) -> None:
    """Hash a column of JPEGs in the limited process."""
    for width, height in SIZES:
        kinds = [jpeg(drawn(number, width, height)) for number in range(24)]
        files = [kinds[number % len(kinds)] for number in range(pictures)]
        table = pa.table({"image": pa.array(files, pa.binary())})
        with PictureReader() as read:
            hashes = rate(lambda table=table, read=read: hash_images(table, read), pictures, times)
        whole = rate(lambda files=files: decoded_whole(files), pictures, times)
        digests = rate(lambda files=files: [hashlib.sha256(file).digest() for file in files], pictures, times)
        name = f"hashes of {width} by {height} JPEGs, per second"
        bench.notes[name] = {"bytes on average": sum(map(len, files)) // len(files)}
        bench.add(name, hashes, "/s", Yardstick("decoding them whole (Pillow)", whole), times)
        bench.add(name, hashes, "/s", Yardstick("SHA-256 of the same bytes", digests), times)


def searching(bench: Bench, listed: int, times: int) -> None:
    """Exact search for hashes that are 0 to 40 bits from a known one, and for as many that are near none."""
    chance = np.random.default_rng(1)
    hashes = chance.integers(0, 256, (listed, 32), dtype=np.uint8)
    start = time.perf_counter()
    made = index(hashes)
    bench.notes[f"index of {listed} hashes"] = {
        "seconds to make": round(time.perf_counter() - start, 2),
        "MB": round(sum(part.nbytes for part in made) / 1e6),
    }
    start = time.perf_counter()
    made.search(hashes[:1])
    bench.notes["seconds to the first answer (numba's cache, or its compiler)"] = round(time.perf_counter() - start, 2)
    asked = chance.integers(0, 256, (4000, 32), dtype=np.uint8)
    for row in range(0, 4000, 2):
        asked[row] = hashes[chance.integers(listed)]
        for bit in chance.permutation(256)[: row // 2 % 41]:
            asked[row, bit // 8] ^= 1 << (bit % 8)
    queries = rate(lambda: made.search(asked), len(asked), times)
    few = asked[:40]
    compared = rate(lambda: brute_force(few, hashes), len(few), times)
    found, expected = made.search(few), brute_force(few, hashes)
    if sorted(zip(*found, strict=True)) != sorted(zip(*expected, strict=True)):
        raise SystemExit("the index and comparing each with each differ")
    digests = rate(lambda: [hashlib.sha256(row.tobytes()).digest() for row in asked], len(asked), times)
    name = f"exact queries at 31 bits among {listed}, per second"
    bench.add(name, queries, "/s", Yardstick("comparing with each (numpy)", compared), times)
    bench.add(name, queries, "/s", Yardstick("SHA-256 of a hash", digests), times)


def main() -> None:
    """Measure everything on this machine."""
    parser = options(__doc__ or "")
    parser.add_argument("--pictures", type=int, default=1000, help="of each size, in a run (default 1000)")
    parser.add_argument("--known", type=int, default=1_000_000, help="hashes in the index (default 1,000,000)")
    parser.add_argument("--times", type=int, default=5, help="runs, of which the median counts (default 5)")
    given = parser.parse_args()
    with benchmark("images", None, given.json) as bench:
        hashing(bench, given.pictures, given.times)
        searching(bench, given.known, given.times)
        for name, note in bench.notes.items():
            print(f"  {name}: {note}")


if __name__ == "__main__":
    main()
