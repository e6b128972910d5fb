"""A small file outside the database that says how far the ledger went: it shows when the database was put back.

The worker writes it after each entry that it links (`JAGA_MARK`, else `ledger-mark` in the home folder). Where it is
ahead of the database, or belongs to another one, nothing is served before an administrator says `jaga restored`
(ADR 0069). Whoever puts back this file together with the database sees nothing: keep it out of backups.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jaga.core.private_files import replace_private


@dataclass(frozen=True)
class LedgerMark:
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


def read_mark(path: Path) -> LedgerMark | None:
    """What the file says; None where there is none, or something else. Raises PermissionError."""
    try:
        said = json.loads(path.read_bytes())
        numbers = {str(name): int(number) for name, number in dict(said["numbers"]).items()}
        return LedgerMark(str(said["home"]), int(said["epoch"]), int(said["size"]), str(said["hash"]),
                          str(said["checkpoint"]), numbers)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def write_mark(path: Path, mark: LedgerMark) -> None:
    """Replace the file, durably and as a whole. Raises OSError; then the old one stays."""
    replace_private(path, json.dumps(asdict(mark), indent=1).encode() + b"\n")
