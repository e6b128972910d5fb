"""The ledger mark: a file outside the database with the ledger's position, which reveals a restored database.

The worker writes it after each linked entry (`JAGA_MARK`, by default `ledger-mark` in the home directory). If it is
ahead of the database or belongs to another one, Jaga serves nothing until an administrator runs `jaga restored` (ADR
0069). Restoring this file together with the database defeats it: exclude it from backups.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jaga.core.files import replace_private


@dataclass(frozen=True)
class LedgerMark:
    """`home`: the installation.

    `size`, `hash` and `checkpoint` (signed): the latest ledger head. `numbers`: the highest id of each table in
    `NUMBERED`.
    """

    home: str
    epoch: int
    size: int
    hash: str
    checkpoint: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)


NUMBERED = (
    "report",
    "case",
    "decision",
    "statement",
    "appeal",
    "order",
    "notice",
    "referral",
    "hearing",
    "ledgerentry",
    "webhookdelivery",
    "letter",
)
"""Tables whose ids are known outside, without `records_`."""


def read_mark(path: Path) -> LedgerMark | None:
    """The file's content, or None if it is missing or invalid. Raises PermissionError."""
    try:
        content = json.loads(path.read_bytes())
        numbers = {str(name): int(number) for name, number in dict(content["numbers"]).items()}
        return LedgerMark(
            str(content["home"]),
            int(content["epoch"]),
            int(content["size"]),
            str(content["hash"]),
            str(content["checkpoint"]),
            numbers,
        )
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError, KeyError, TypeError):
        return None


def write_mark(path: Path, mark: LedgerMark) -> None:
    """Replace the file atomically and durably. Raises OSError, leaving the old one in place."""
    replace_private(path, json.dumps(asdict(mark), indent=1).encode() + b"\n")
