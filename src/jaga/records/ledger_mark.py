"""A small file outside the database that says how far the ledger went: it shows when the database was put back.

The worker writes it after each entry that it links (`JAGA_MARK`, else `ledger-mark` in the home folder). Where it is
ahead of the database, or belongs to another one, nothing is served before an administrator says `jaga restored`
(ADR 0069). Whoever puts back this file together with the database sees nothing: keep it out of backups.
"""

import json
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Mark:
    """`home`: which installation. `size`, `hash` and `checkpoint` (signed): the newest head of its ledger. `numbers`:
    the highest number of each table of `NUMBERED`."""

    home: str
    epoch: int
    size: int
    hash: str
    checkpoint: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)


NUMBERED = ("report", "case", "decision", "statement", "appeal", "order", "notice", "referral", "hearing",
            "ledgerentry", "webhookdelivery", "letter")
"""Tables whose numbers people and programs outside know, without `records_`."""


def read_mark(path: Path) -> Mark | None:
    """What the file says; None where there is none, or something else. Raises PermissionError."""
    try:
        said = json.loads(path.read_bytes())
        numbers = {str(name): int(number) for name, number in dict(said["numbers"]).items()}
        return Mark(str(said["home"]), int(said["epoch"]), int(said["size"]), str(said["hash"]),
                    str(said["checkpoint"]), numbers)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def write_mark(path: Path, mark: Mark) -> None:
    """Replace the file, durably and as a whole. Raises OSError; then the old one stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(json.dumps(asdict(mark), indent=1).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        with suppress(FileNotFoundError):
            draft.unlink()
