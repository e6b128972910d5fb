"""Detects a database restored to an earlier state without `jaga restored` (ADR 0069)."""

from typing import Any

import psycopg

from jaga.app import config
from jaga.core.errors import N_, JagaError
from jaga.store.ledger_mark import LedgerMark, read_mark

_KNOWN = """
SELECT coalesce(to_jsonb(i)->>'mark', ''), coalesce((SELECT max(seq) FROM records_ledgerentry), 0)
FROM records_installation i"""
_FITS = "SELECT EXISTS (SELECT FROM records_ledgerentry WHERE seq = %s AND hash = %s)"


class DatabasePutBack(JagaError):
    """The database is older than numbers already issued, or not the one of this folder, and nobody declared a
    restore.
    """

    code = "database_put_back"
    status = 503
    sentence = N_("This database was put back to an earlier state, or is not the one of this folder: %(why)s.")
    remedy = N_(
        "If it was restored, say so before a number is given twice: jaga restored --by NAME --reason WHY "
        "(docs/runbooks/restore.md). If the wrong database or folder was taken, correct that. Nothing was "
        "changed."
    )


def check(url: str) -> None:
    """Check that the database and the ledger mark belong together and the database is not older.

    They are bound to each other at the first start; before that nothing is checked.
    Raises DatabasePutBack; psycopg.Error.
    """
    path = config.mark_path()
    mark = read_mark(path)
    with psycopg.connect(url, connect_timeout=5) as connection:
        why = _why(connection, mark)
    if why:
        raise DatabasePutBack(why=why % {"mark": path})


def _why(connection: psycopg.Connection[tuple[Any, ...]], mark: LedgerMark | None) -> str:
    there = connection.execute("SELECT to_regclass('records_installation') IS NOT NULL").fetchone() == (True,)
    row = connection.execute(_KNOWN).fetchone() if there else None
    if row is None:
        return "it is empty, but %(mark)s says that a ledger was here" if mark and mark.size else ""
    home, size = row
    if mark is None:
        return "%(mark)s, which says how far its ledger went, is missing" if home else ""
    if home and mark.home != home:
        return "%(mark)s belongs to another database, or to this one before it was restored"
    if mark.size and connection.execute(_FITS, [mark.size, mark.hash]).fetchone() != (True,):
        return (
            f"its ledger ends at entry {size}, and %(mark)s knows entry {mark.size}"
            if size < mark.size
            else f"entry {mark.size} of its ledger is another than the one in %(mark)s"
        )
    return ""
