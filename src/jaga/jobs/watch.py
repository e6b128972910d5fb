"""Reading the public rooms of watched platforms as a member account. Private rooms are never joined nor read."""

import structlog

from jaga.casework.health import left_alone
from jaga.casework.watching import SeenText, read_from, take_in
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.jobs.adapters import adapter_for
from jaga.platforms.registry import has_hands
from jaga.records.models import Platform
from jaga.sources.public_rooms import watched_texts

log = structlog.get_logger("jaga.watch")


def read_public_rooms() -> int:
    """One round over all watched platforms; returns how many observations became reports.

    A platform that does not answer is left for the next round: its cursor stays, so nothing is missed.
    """
    filed = 0
    for name in Platform.objects.filter(watched=True).values_list("name", flat=True):
        if left_alone(name):
            continue
        try:
            adapter = adapter_for(name)
            if not has_hands(adapter):  # watched once, and by notice since: nothing of it can be read
                continue
            feed = adapter.read_public(read_from(name))
        except JagaError as failed:
            log.warning("watch_failed", platform=name, code=failed.code)
            continue
        seen = tuple(
            SeenText(text.account_id, text.handle, text.room_name, text.message_id, text.text, text.sent_at)
            for text in watched_texts(name, feed)
        )
        filed += len(take_in(name, seen, feed.cursor, actor=SYSTEM))
    return filed
