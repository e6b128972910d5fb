"""Reads a batch in any supported format, detected by content: names and types are only the sender's claim."""

from pathlib import Path

from jaga.exchange.csv_in import read_csv
from jaga.exchange.jsonl_in import read_json
from jaga.exchange.rows import MAX_FILE, NO_ROWS, NOT_A_TABLE, TOO_LARGE, Table, not_usable
from jaga.exchange.xlsx_in import read_xlsx

_OTHERS = (b"\xd0\xcf\x11\xe0", b"%PDF-", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"<")


def read_batch(path: Path) -> Table:
    """The rows of the file. Raises FileNotUsable at once, or during iteration where the file is damaged."""
    if path.stat().st_size > MAX_FILE:
        raise not_usable(TOO_LARGE)
    with path.open("rb") as file:
        start = file.read(4096)
    bare = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if not bare:
        raise not_usable(NO_ROWS)
    if bare.startswith(_OTHERS):
        raise not_usable(NOT_A_TABLE)
    if start.startswith(b"PK"):
        return read_xlsx(path)
    return read_json(path) if bare.startswith((b"{", b"[")) else read_csv(path)
