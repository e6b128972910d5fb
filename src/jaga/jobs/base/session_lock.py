"""A lock that one worker holds at a time, for as long as its database session lives."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def session_lock(key: int | str) -> Iterator[bool]:
    """Whether this process holds the advisory lock of this number or name. Nobody waits for it.

    It ends with the session, at once if the process is killed.
    """
    number = "%s" if isinstance(key, int) else "hashtextextended(%s, 0)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_try_advisory_lock({number})", [key])
        (ours,) = cursor.fetchone()
    try:
        yield bool(ours)
    finally:
        if ours and connection.connection is not None and not connection.connection.closed:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_unlock({number})", [key])
