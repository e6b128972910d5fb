"""A full disk ends no worker, and nothing new is accepted."""

import asyncio
import errno
from typing import Any

import pytest

from jaga.app.periodic import every
from jaga.app.worker import _with_room
from jaga.reporting.models import PeriodicTaskFault


def _rounds(fault: Exception) -> int:
    """How often a periodic task is started whose first call meets this fault, until its second one has ended."""
    calls = []

    async def task() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise fault
        raise asyncio.CancelledError

    async def main() -> None:
        await every(0, "test", task)

    with pytest.raises((asyncio.CancelledError, type(fault))):
        asyncio.run(main())
    return len(calls)


@pytest.mark.django_db(transaction=True)
def test_a_periodic_task_on_a_full_disk_is_begun_again() -> None:
    """With space it continues where it was, and it is not a bug; any other system fault is one, and visible."""
    assert _rounds(OSError(errno.ENOSPC, "No space left on device")) == 2
    assert _rounds(OSError(errno.EDQUOT, "Disk quota exceeded")) == 2
    assert not PeriodicTaskFault.objects.exists()
    assert _rounds(OSError(errno.EIO, "Input/output error")) == 2
    assert PeriodicTaskFault.objects.get().why == "OSError"


def test_what_can_wait_outside_waits_while_room_is_short(settings: Any) -> None:
    """Public rooms, reports in apps and batches are not read."""
    read = _with_room(lambda: 7)
    settings.JAGA_LEAST_FREE = 10**18
    assert read() == 0
    settings.JAGA_LEAST_FREE = 1
    assert read() == 7
