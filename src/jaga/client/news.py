"""Webhooks as their receiver reads them: verified first, believed afterwards."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from jaga.core.standard_webhooks import MalformedHook, verify, verifying_key


@dataclass(frozen=True)
class News:
    """A message that is genuine and fresh. Remember `id`: the same one may come again, and means nothing new then.

    `data` holds the report's number, your reference, its state and what was decided; look the rest up with your key.
    """

    id: str
    event: str
    at: datetime
    data: Mapping[str, Any]


def read_news(public_key: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> News:
    """The message in the exact bytes of the body. Answer 2xx once you have it, 410 if you want no more.

    Raises a `jaga.core.errors.JagaError` for whatever is not genuine, not fresh or not readable: answer 400 then.
    """
    hook = verify(verifying_key(public_key), headers, body, now=now or datetime.now(UTC))
    try:
        told = json.loads(hook.body)
        return News(hook.id, str(told["type"]), datetime.fromisoformat(told["timestamp"]), dict(told["data"]))
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedHook(why="it is no message of this kind") from error
