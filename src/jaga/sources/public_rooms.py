"""Converts a platform's public feed to texts that screening can read. Pure."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.platforms import PublicFeed


@dataclass(frozen=True)
class WatchedText:
    """A publicly posted text. `handle` is the account name as written on that platform."""

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
    """The texts of `feed` in order, each message once.

    Left out are messages of accounts in `ours` (the watcher's, the operator's own), those without text, and system
    messages without a sender.
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
    """The name without its server: `ani` for `@ani:server` (Matrix) and `ani@server` (XMPP)."""
    if account_id.startswith("@"):
        return account_id[1:].partition(":")[0]
    return account_id.partition("@")[0]
