"""Webhook messages for receivers: verified first, then parsed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jaga.core.standard_webhooks import MalformedHook, verify, verifying_key


@dataclass(frozen=True)
class News:
    """A genuine, fresh message.

    Store `id`: a repeated one contains nothing new.

    `data` holds the report's number, your reference, its state and decision; query details with your key.
    """

    id: str
    event: str
    at: datetime
    data: Mapping[str, Any]


def read_news(public_key: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> News:
    """The message in the exact bytes of the body.

    Respond 2xx once stored, 410 to unsubscribe.

    Raises a `jaga.core.errors.JagaError` if it is not genuine, fresh or readable: respond 400 then.
    """
    hook = verify(verifying_key(public_key), headers, body, now=now or datetime.now(UTC))
    try:
        data = json.loads(hook.body)
        return News(hook.id, str(data["type"]), datetime.fromisoformat(data["timestamp"]), dict(data["data"]))
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedHook(why="it is no message of this kind") from error
