"""Periodic tasks of the ledger: link and sign what was committed, and publish every hour."""

import structlog

from jaga.casework.kernel.epochs import keep_mark
from jaga.casework.kernel.sequencer import LINKED_AT_ONCE, entries_wait, link_entries
from jaga.casework.ledger.publishing import head_is_due, publish
from jaga.records.access.base.epochs import is_put_back

log = structlog.get_logger("jaga.ledger")


def link_all() -> int:
    """Link all waiting ledger entries; none in a database that was restored without a declared epoch."""
    if is_put_back():
        log.error("database_put_back")
        return 0
    if not entries_wait():  # asked twice a second, and in a quiet hour nothing waits
        return 0
    linked = link_entries()
    while linked and linked % LINKED_AT_ONCE == 0 and (more := link_entries()):
        linked += more
    if linked:
        keep_mark()
    return linked


def publish_ledger() -> int:
    """Publish what is due; returns the heads written. Nothing in a database restored without a declared epoch."""
    if is_put_back():
        return 0
    if head_is_due():
        link_all()  # what was committed before the full hour is in its head
    return publish()
