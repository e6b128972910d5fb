"""The numbers under which cases and reports have their keys: drawn in blocks, so that they are known before the row."""

import os
import threading
from collections import deque

from django.db import connection

from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store.store import Owner, is_destroyed

BLOCK = 64
"""The step of the sequences (`guards/privacy.sql`); the rest of a block is lost when its process ends."""
SEQUENCES = {KeyOwner.CASE: "records_case_key_numbers", KeyOwner.REPORT: "records_report_key_numbers"}

_left: dict[tuple[int, str, KeyOwner], deque[int]] = {}
_drawing = threading.Lock()


def next_number(kind: KeyOwner) -> int:
    """A number that no other owner of this kind has. One of 64 asks the database.

    After a restore the sequences may return to numbers that were used and destroyed since: those are passed over.
    """
    connection.ensure_connection()  # Whoever waits for one must not hold up the others.
    with _drawing:
        here = _left.setdefault((os.getpid(), str(connection.settings_dict["NAME"]), kind), deque())
        while True:
            if not here:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT nextval(%s::regclass)", [SEQUENCES[kind]])
                    first = int(cursor.fetchone()[0])
                here.extend(number for number in range(first, first + BLOCK) if not is_destroyed(Owner(kind, number)))
            if here:
                return here.popleft()


def next_case_number() -> int:
    """A number for a new case's key."""
    return next_number(KeyOwner.CASE)


def next_report_number() -> int:
    """A number for a new report's key."""
    return next_number(KeyOwner.REPORT)
