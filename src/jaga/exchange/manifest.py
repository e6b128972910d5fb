"""The manifest of a sealed export: its content, recipient, legal basis and each file's origin."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime

from jaga.core.canonical import canonical_json

FORMAT = "jaga-package/1"


@dataclass(frozen=True)
class RequestReference:
    """The formal request the export answers: number, date, legal basis and authority."""

    number: str
    date: date
    legal_basis: str
    organisation: str


@dataclass(frozen=True)
class FileRecord:
    """One file in the folder. `source` is its origin; hashes are lower-case hexadecimal SHA-256."""

    path: str
    media_type: str
    size: int
    sha256: str
    source: str


@dataclass(frozen=True)
class Withheld:
    """Evidence disclosed only by its hash (victim-first cases), and why."""

    media_type: str
    size: int
    sha256: str
    source: str
    reason: str


@dataclass(frozen=True)
class Heading:
    """The manifest without its files. `made_by_role` and `made_by_reference` name no person to outsiders."""

    case_reference: str
    request: RequestReference
    made_by_role: str
    made_by_reference: str
    made_at: datetime
    withheld: tuple[Withheld, ...] = ()


def write_manifest(heading: Heading, files: tuple[FileRecord, ...], key_fingerprint: str) -> bytes:
    """The manifest as canonical JSON, files sorted by path. Raises NotCanonical for text with lone surrogates."""
    return canonical_json(
        {
            "format": FORMAT,
            "case": heading.case_reference,
            "request": asdict(heading.request),
            "made_by": {"role": heading.made_by_role, "reference": heading.made_by_reference},
            "made_at": heading.made_at,
            "key_fingerprint": key_fingerprint,
            "files": [asdict(file) for file in sorted(files, key=lambda file: file.path)],
            "withheld": [asdict(item) for item in heading.withheld],
        }
    )


def read_files(manifest: bytes) -> tuple[FileRecord, ...]:
    """The files a manifest lists, with types checked but nothing else trusted. Raises ValueError."""
    try:
        document = json.loads(manifest)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError("not a manifest")
    files = document.get("files")
    if not isinstance(files, list):
        raise ValueError("a manifest without files")
    return tuple(_record(item) for item in files)


def _record(item: object) -> FileRecord:
    if not isinstance(item, Mapping) or item.keys() != set(FileRecord.__dataclass_fields__):
        raise ValueError("not a file's record")
    record = FileRecord(**item)
    texts = (record.path, record.media_type, record.sha256, record.source)
    if not all(isinstance(text, str) for text in texts) or type(record.size) is not int:
        raise ValueError("not a file's record")
    return record
