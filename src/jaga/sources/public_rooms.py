"""From a platform's public feed to observations that triage can screen. Pure: reads nothing, keeps nothing."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.platforms import PublicFeed


@dataclass(frozen=True)
class WatchedText:
    """What somebody said where anyone could read it. `handle` is the name as people write it on that platform."""

    platform: str
    account_id: str
    handle: str
    room_id: str
    room_name: str
    message_id: str
    text: str
    sent_at: datetime


def watched_texts(
    platform: str, feed: PublicFeed, *, ours: frozenset[str] = frozenset(),
) -> tuple[WatchedText, ...]:
    """The texts of `feed` in its order, each message once.

    Left out: what accounts in `ours` said (the watcher's, the operator's own), messages without text, and messages
    without a sender, which the system wrote.
    """
    found: dict[tuple[str, str], WatchedText] = {}
    for message in feed.messages:
        if not message.account_id or message.account_id in ours or not message.text.strip():
            continue
        found.setdefault((message.room_id, message.message_id), WatchedText(
            platform=platform, account_id=message.account_id, handle=_handle(message.account_id),
            room_id=message.room_id, room_name=message.room_name, message_id=message.message_id,
            text=message.text, sent_at=message.sent_at,
        ))
    return tuple(found.values())


def _handle(account_id: str) -> str:
    """The name without its server: `ani` of `@ani:server` (Matrix) and of `ani@server` (XMPP)."""
    if account_id.startswith("@"):
        return account_id[1:].partition(":")[0]
    return account_id.partition("@")[0]
