"""Reads lists of PDQ hashes from child-protection bodies, other platforms or ThreatExchange's tools.

Accepts lines as PDQ tools and `threatexchange` use them (`HASH`, `HASH,anything`, `hash=HASH,…`, `pdq HASH`), CSV with
a header (such as `threatexchange dataset -P --csv`), and JSON: a list, JSON lines, or the `data` of ThreatExchange
descriptors. Rows of other signal types are skipped and counted. State files of `threatexchange` are pickles, i.e.
executable, and are never opened.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from jaga.core.errors import N_, JagaError

MOST = 5_000_000
BITS = 256
_FEWEST, _MOST_SET = 96, 160  # Bits set: PDQ sets half of them, and only ties change that by a few.
_PLAIN = 50  # The quality below which ThreatExchange does not match.
_LONGEST_QUALITY = 9  # Digits of a quality; a longer one is ignored.
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_KINDS = ("pdq", "hash_pdq", "photo_pdq")
_NAMED = (
    *_KINDS,
    "pdq_ocr",
    "vpdq",
    "clip",
    "md5",
    "photo_md5",
    "video_md5",
    "sha256",
    "url",
    "url_md5",
    "raw_text",
    "text_md5",
    "text_tlsh",
    "trend_query",
    "tlsh_pdf",
)
"""Signal types a line of `threatexchange` may start with."""
_COLUMNS = ("pdq", "pdq_hash", "hash_pdq", "signal_str", "indicator", "signal", "hash", "value")
_KIND_COLUMNS = ("signal_type", "type", "indicator_type", "hash_type", "algorithm")
_LISTS = ("data", "hashes", "signals", "items")
NO_HASH = N_("This is not a PDQ hash: 64 digits from 0 to 9 and a to f.")
NOT_HALF = N_("This is not a PDQ hash: %(set)s of its 256 bits are set, and PDQ sets half of them.")
NO_COLUMN = N_("This row names no hash.")
SHOWN = 60  # Characters of a line that are shown.


class HashFileUnusable(JagaError):
    """The file as a whole is not a hash list."""

    code = "hash_file_unusable"
    sentence = N_("This file cannot be read as a list of PDQ hashes: %(why)s.")
    remedy = N_(
        "Give a text file with one hash a line, CSV with a column “hash”, or JSON. From ThreatExchange's "
        "tools: threatexchange dataset -P -s pdq --csv."
    )


@dataclass(frozen=True)
class HashFault:
    """A line (or JSON element, from 1) without a usable hash."""

    number: int
    text: str
    sentence: str
    set: int = 0

    def english(self) -> str:
        return self.sentence % {"set": self.set}


@dataclass(frozen=True)
class HashFile:
    """`hashes`: 32 bytes each, sorted and unique. `ignored`: rows of other types. `plain`: hashes of pictures too plain
    to match.
    """

    hashes: bytes
    faults: tuple[HashFault, ...]
    repeated: int = 0
    ignored: int = 0
    plain: int = 0

    @property
    def size(self) -> int:
        return len(self.hashes) // 32


def read_hash_list(path: Path) -> HashFile:
    """All hashes of the file, and faults by line. Raises HashFileUnusable if it is not a hash list at all."""
    with path.open("rb") as file:
        start = file.read(2)
    if start[:1] == b"\x80":
        raise HashFileUnusable(why="it is a pickle, which is a program and is never opened")
    if start in (b"\x1f\x8b", b"PK"):
        raise HashFileUnusable(why="it is packed; unpack it first")
    try:
        return _collected(_elements(path))
    except UnicodeDecodeError:
        raise HashFileUnusable(why="it is not text in UTF-8") from None
    except (csv.Error, json.JSONDecodeError, RecursionError) as error:
        raise HashFileUnusable(why=str(error)) from None
    except ValueError:  # Python rejects integers with thousands of digits.
        raise HashFileUnusable(why="one of its numbers is too long") from None


@dataclass(frozen=True)
class _Element:
    """One element: the hash as written, and its type and quality if given."""

    number: int
    text: str
    hash: str | None
    kind: str = ""
    quality: str = ""


def _elements(path: Path) -> Iterator[_Element]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next((line for line in file if line.strip()), "")
        file.seek(0)
        if first.lstrip()[:1] in ("[", "{"):
            yield from _of_json(file.read())
        elif _is_header(first):
            yield from _of_csv(file, _delimiter(first))
        else:
            for number, line in enumerate(file, 1):
                if line.strip() and not line.startswith("#"):
                    yield _of_line(number, line.strip())


def _is_header(line: str) -> bool:
    names = [name.strip().strip('"').lower() for name in re.split(r"[,;\t]", line)]
    return any(name in _COLUMNS for name in names)


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


def _of_line(number: int, line: str) -> _Element:
    kind, _, rest = line.partition(" ")
    if kind in _NAMED:
        return _Element(number, line, rest.split(" ")[0], kind)
    return _Element(number, line, re.split(r"[,\s]", line.removeprefix("hash="))[0])


def _of_csv(file: Iterable[str], delimiter: str) -> Iterator[_Element]:
    reader = csv.DictReader(file, delimiter=delimiter)
    for row in reader:
        yield _of_mapping(reader.line_num, {key: value for key, value in row.items() if isinstance(key, str)})


def _of_json(text: str) -> Iterator[_Element]:
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError:
        value = [json.loads(line) for line in text.splitlines() if line.strip()]
    if isinstance(value, Mapping):
        value = next((value[name] for name in _LISTS if isinstance(value.get(name), list)), None)
    if not isinstance(value, list):
        raise HashFileUnusable(why="its JSON is neither a list nor has one under “data” or “hashes”")
    for number, one in enumerate(value, 1):
        if isinstance(one, Mapping):
            yield _of_mapping(number, one)
        else:
            yield _Element(number, str(one), one if isinstance(one, str) else "")


def _of_mapping(number: int, row: Mapping[str, object]) -> _Element:
    values = {key.strip().lower(): str(value).strip() for key, value in row.items() if value is not None}
    found = next((values[name] for name in _COLUMNS if values.get(name)), None)
    kind = next((values[name] for name in _KIND_COLUMNS if values.get(name)), "")
    return _Element(number, found or str(dict(row)), found, kind, values.get("quality", ""))


def _collected(elements: Iterable[_Element]) -> HashFile:
    hashes, faults = set[bytes](), list[HashFault]()
    repeated = ignored = plain = usual = 0
    for one in elements:
        if one.kind and one.kind.lower() not in _KINDS:
            ignored += 1
        elif fault := _fault(one):
            faults.append(fault)
        elif _is_plain(one.quality):
            plain += 1
        else:
            made = bytes.fromhex(one.hash or "")
            usual += abs(_set(made) - BITS // 2) <= 2
            repeated += made in hashes
            hashes.add(made)
        if len(hashes) > MOST:
            raise HashFileUnusable(why=f"it has more than {MOST} hashes")
    if len(hashes) >= 20 and usual < (len(hashes) + repeated) // 2:
        raise HashFileUnusable(why="most of its hashes are of another kind: SHA-256, perhaps")
    return HashFile(b"".join(sorted(hashes)), tuple(faults), repeated, ignored, plain)


def _is_plain(quality: str) -> bool:
    return len(quality) <= _LONGEST_QUALITY and quality.isdecimal() and int(quality) < _PLAIN


def _fault(one: _Element) -> HashFault | None:
    shown = one.text[:SHOWN]
    if one.hash is None:
        return HashFault(one.number, shown, NO_COLUMN)
    if not _HASH.fullmatch(one.hash):
        return HashFault(one.number, shown, NO_HASH)
    bits = _set(bytes.fromhex(one.hash))
    return None if _FEWEST <= bits <= _MOST_SET else HashFault(one.number, shown, NOT_HALF, bits)


def _set(made: bytes) -> int:
    return int.from_bytes(made, "big").bit_count()
