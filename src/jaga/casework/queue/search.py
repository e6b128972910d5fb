"""Keeps the search index of cases up to date (`guards/search.sql`, `records.models.cases.search`)."""

from django.db import connection, transaction

READ_AT_ONCE = 500
_READER_LOCK = 0x6A63617269  # one indexer at a time, so that an older text never replaces a newer one
_TAKE = ("DELETE FROM records_searchstale WHERE id IN (SELECT id FROM records_searchstale ORDER BY id LIMIT %s)"
         " RETURNING number")
_READ = ("INSERT INTO records_searchtext (case_id, words) SELECT number, words FROM records_read_for_search(%s)"
         " ON CONFLICT (case_id) DO UPDATE SET words = excluded.words WHERE records_searchtext.words <> excluded.words")


@transaction.atomic
def read_stale(most: int = READ_AT_ONCE) -> int:
    """Index changed cases again, longest waiting first; returns how many changes were processed.

    Returns 0 while another indexer works.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_READER_LOCK])
        if not (cursor.fetchone() or (False,))[0]:
            return 0
        cursor.execute(_TAKE, [most])
        taken = [number for (number,) in cursor.fetchall()]
        if taken:
            cursor.execute(_READ, [sorted(set(taken))])
    return len(taken)


def read_all_stale() -> int:
    """Index all changed cases, in as many transactions as needed; returns how many changes were processed."""
    read = 0
    while done := read_stale():
        read += done
    return read
