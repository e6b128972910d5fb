"""The rail beside a case: the first cases due for this person, in queue order."""

from dataclasses import dataclass

from django.utils.translation import gettext

from jaga.core.actors import Actor
from jaga.records.access.queue.queue import QueuePage, QueueRow, list_queue
from jaga.records.access.queue.waiting import QueueFilter
from jaga.web.console.frame.clocks import clock_at
from jaga.web.console.frame.queue_order import order_of

SHOWN = 8
LOOKED_AT = 12  # At first.


@dataclass(frozen=True)
class RailRow:
    """One due case in short: its deadline style and rank reason."""

    row: QueueRow
    clock: str
    why: str


def rail_of(*, actor: Actor) -> tuple[RailRow, ...]:
    """What this person could do next, without cases others are working on."""
    page = list_queue(QueueFilter(), most=LOOKED_AT, actor=actor)
    if page.after and len(_free(page)) < SHOWN:  # Colleagues hold many of the first ones.
        page = list_queue(QueueFilter(), actor=actor)
    return tuple(RailRow(row, clock_at(row.due_at), _why(row)) for row in _free(page)[:SHOWN])


def _free(page: QueuePage) -> list[QueueRow]:
    return [row for row in page.rows if row.mine or not row.holder]


def _why(row: QueueRow) -> str:
    """The rank reason in a few words; the queue page gives each term's hours."""
    more = [gettext("assigned to you")] if row.assigned_to_me else []
    more += [gettext("two votes differ")] if row.differing else []
    more += [gettext("a new answer")] if row.answered else []
    return "; ".join([order_of(row).short, *more])
