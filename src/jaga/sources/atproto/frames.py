"""The frames of `com.atproto.sync.subscribeRepos` (https://atproto.com/specs/sync): two DAG-CBOR values each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jaga.core.foreign import ForeignValueInvalid
from jaga.platforms.atproto.car import BlockLink, Malformed, blocks_in, record_in, values_in
from jaga.platforms.kit.foreign import moment_of_text
from jaga.sources.atproto.records import RecordChange, RepositoryScope

GONE = frozenset({"deleted", "deactivated"})
"""States of an account that its holder chose; its texts are not read and copies are deleted."""


@dataclass(frozen=True)
class Frame:
    """A frame: its type (`#commit`, `#account`, `#info`, …), or the name of an error."""

    kind: str
    error: str
    body: Mapping[str, Any]

    @property
    def seq(self) -> int | None:
        """The event's number; None for a message that is no event."""
        found = self.body.get("seq")
        return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else None


def frame_in(message: object) -> Frame:
    """The frame in a message. Raises Malformed."""
    if not isinstance(message, bytes):
        raise Malformed("no bytes")
    values = values_in(message, 2)
    if len(values) != 2 or not all(isinstance(one, dict) for one in values):
        raise Malformed("no header and body")
    header, body = values
    assert isinstance(header, dict)
    assert isinstance(body, dict)
    if header.get("op") == -1:
        return Frame("", str(body.get("error"))[:100], body)
    return Frame(str(header.get("t"))[:100], "", body)


def operations_in(body: Mapping[str, Any], scope: RepositoryScope) -> tuple[RecordChange, ...]:
    """The changes of a commit that are in scope. Raises ForeignValueInvalid and Malformed."""
    account, at = body["repo"], moment_of_text(body["time"])
    if not isinstance(account, str) or at is None or not isinstance(body["ops"], list):
        raise ForeignValueInvalid("commit", "no account, time or changes")
    found, blocks = [], None
    for change in body["ops"]:
        collection, _, key = str(change["path"]).partition("/")
        if not scope.covers(account, collection):
            continue
        record, link = None, change.get("cid")
        if change["action"] != "delete" and isinstance(link, BlockLink):
            blocks = blocks_in(body["blocks"]) if blocks is None else blocks
            record = _record(blocks.get(link.cid))
        found.append(RecordChange(account, str(change["action"]), collection, key, record, at))
    return tuple(found)


def _record(block: bytes | None) -> object:
    """The record; None if its block is missing or unreadable, which costs only this record."""
    try:
        return None if block is None else record_in(block)
    except Malformed:
        return None
