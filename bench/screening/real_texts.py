"""Speed of the shipped release's engine on texts as people write them; part of `bench.screening.engine`.

The texts come from a folder (`text/*.jsonl.gz` or `*.jsonl` in it, one object with `text` a line), or else they are
those that ship with the release, of which there are few: they are repeated.
"""

import gzip
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa

from bench.harness import Bench, Yardstick
from jaga.policy.letters import read_texts
from jaga.policy.release import load_release, shipped_folder
from jaga.screening.engine.engine import screen_table
from jaga.screening.engine.released import engine_of
from jaga.screening.text.block import TEXTS

_FEWEST = 4 * TEXTS
_GOAL_PER_SECOND, _GOAL_OF_SHA256 = 200_000, 0.15
_THOUSAND = 1e3


def measure(bench: Bench, folder: Path | None) -> None:
    """Print texts a second of processor time beside a loop of sha256 over the same texts, block by block."""
    texts, name = (of_folder(folder), "texts of the folder") if folder else (shipped(), "shipped texts")
    parts = [texts[first : first + TEXTS] for first in range(0, len(texts), TEXTS)]
    tables = [pa.table({"text": pa.array(part, pa.large_string())}) for part in parts]
    encoded = [[text.encode() for text in part] for part in parts]
    size = sum(len(text) for part in encoded for text in part) / len(texts)
    beyond = sum(not text.isascii() for text in texts) / len(texts)
    print(f"{name}: {len(texts)} texts of {size:.1f} bytes, {beyond:.0%} beyond ASCII", flush=True)
    engine = engine_of(load_release())
    screen_table(tables[0], engine)
    screened = hashed = 0.0  # In turns, so that other work on the machine slows both.
    for table, part in zip(tables, encoded, strict=True):
        screened += _seconds(partial(screen_table, table, engine))
        hashed += _seconds(partial(_hash_each, part))
    rate, sha = len(texts) / screened, len(texts) / hashed
    bench.add(
        f"{name}: whole, shipped release",
        rate / _THOUSAND,
        "k/s",
        Yardstick("sha256 of each text, in a loop", sha / _THOUSAND),
        len(texts),
    )
    met = rate >= _GOAL_PER_SECOND and rate / sha >= _GOAL_OF_SHA256
    bench.notes[name] = (
        f"{rate:.0f} texts a second, {rate / sha:.3f} of the loop; goal {_GOAL_PER_SECOND} and "
        f"{_GOAL_OF_SHA256}: {'met' if met else 'not met'}"
    )
    print(f"  {bench.notes[name]}")


def _hash_each(texts: list[bytes]) -> None:
    for text in texts:
        hashlib.sha256(text).digest()


def _seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def shipped() -> list[str]:
    """The labelled texts of the release in use, repeated until there are enough."""
    places = sorted((shipped_folder() / "texts").iterdir(), key=lambda place: place.name)
    texts = [text.text for place in places for _, text in read_texts(place.name, place.read_bytes())[0].texts]
    return (texts * (_FEWEST // len(texts) + 1))[:_FEWEST]


def of_folder(folder: Path) -> list[str]:
    """The texts of the folder's files. Raises SystemExit if there are none."""
    places = [
        *sorted(folder.glob("text/*.jsonl.gz")),
        *sorted(folder.glob("*.jsonl.gz")),
        *sorted(folder.glob("*.jsonl")),
    ]
    found = [text for place in places for text in _lines(place)]
    if not found:
        raise SystemExit(
            f"no texts in {folder}: put files named *.jsonl or *.jsonl.gz there, an object with `text` on each line"
        )
    return found


def _lines(place: Path) -> Iterator[str]:
    with gzip.open(place, "rt") if place.suffix == ".gz" else place.open() as lines:
        for line in lines:
            yield json.loads(line)["text"]
