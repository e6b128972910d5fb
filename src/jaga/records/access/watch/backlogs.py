"""The files of a watch that are taken in at once, with what became of their blocks."""

from dataclasses import dataclass

from django.db.models import Count, Q, Sum

from jaga.core.actors import Actor
from jaga.records.access.watch.watches import SEES
from jaga.records.models import Backlog


@dataclass(frozen=True)
class BacklogView:
    """One file: its blocks, how many are done, and how many are left alone because they ended their worker too often.

    `unusable`: flagged rows without an account of the platform that may be read. They open no case.
    """

    name: str
    blocks: int
    done: int
    left_alone: int
    unusable: int
    finished: bool


def backlogs_of(watch_id: int, *, actor: Actor) -> list[BacklogView]:
    """The files of the watch that were begun, oldest first. Raises NotPermitted."""
    actor.require(*SEES)
    rows = (
        Backlog.objects.filter(watch=watch_id)
        .order_by("pk")
        .annotate(
            all=Count("blocks"),
            done=Count("blocks", filter=Q(blocks__done_at__isnull=False)),
            left=Count("blocks", filter=Q(blocks__poisoned_at__isnull=False)),
            unusable=Sum("blocks__unusable", default=0),
        )
    )
    return [
        BacklogView(row.name, row.all, row.done, row.left, row.unusable, row.finished_at is not None) for row in rows
    ]
