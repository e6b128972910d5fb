"""Client reports: on messages (event reports) and on accounts (user reports).

Synapse numbers both separately and lists the newest first; purging a room removes its reports. The cursor holds the
highest number of each that was read, and every read goes back that far.
"""

import re
from collections.abc import Mapping
from typing import Any

from jaga.core.platforms import InAppFeed, InAppReport, PlatformFault
from jaga.core.terms.actions import SetAsideKind
from jaga.platforms.kit.foreign import Sorted, moment_of_ms, number, without_reporter
from jaga.platforms.synapse.api import PAGE, SynapseApi, not_understood, text_of

MOST_PAGES = 50  # Of 100 reports: with more new ones the oldest come at the next read.
_CURSOR = re.compile(r"event:([0-9]{1,19}) user:([0-9]{1,19})")


class Reports:
    """The reports as the administrator sees them. Read-only."""

    def __init__(self, api: SynapseApi) -> None:
        self._api = api

    def read(self, cursor: str | None) -> InAppFeed:
        """See `jaga.core.platforms.PassesReports`."""
        position = _CURSOR.fullmatch(cursor or "event:0 user:0")
        if position is None:
            raise PlatformFault(why="the cursor of its reports is damaged")
        found = Sorted[InAppReport](SetAsideKind.REPORT)
        on_messages = self._new("/v1/event_reports", "event_reports", int(position[1]), found)
        on_accounts = self._new("/v1/user_reports", "user_reports", int(position[2]), found)
        for row in on_messages:
            found.take(without_reporter(row, "user_id"), self._on_message, row)
        for row in on_accounts:
            found.take(without_reporter(row, "user_id"), _on_account, row)
        last = (
            max([int(position[at]), *(row["id"] for row in rows)]) for at, rows in ((1, on_messages), (2, on_accounts))
        )
        reports = sorted(found.kept, key=lambda one: one.at)
        return InAppFeed(tuple(reports), "event:{} user:{}".format(*last), tuple(found.aside))

    def _new(self, path: str, name: str, after: int, found: Sorted[InAppReport]) -> list[Mapping[str, Any]]:
        """The new rows with a valid number; the others are set aside and do not move the cursor."""
        new: list[Mapping[str, Any]] = []
        start = 0
        for _ in range(MOST_PAGES):
            answer = self._api.admin("GET", path, params={"dir": "b", "limit": str(PAGE), "from": str(start)})
            if answer.status == 404 and name == "user_reports":
                return new  # Older versions have none.
            rows = answer.body.get(name)
            if answer.status != 200 or not isinstance(rows, list):
                raise not_understood(f"{name}: HTTP {answer.status} {answer.code}")
            for row in rows:
                if not found.take(without_reporter(row, "user_id"), _numbered, row):
                    continue
                if row["id"] <= after:
                    return new
                new.append(row)
            if len(rows) < PAGE:
                return new
            start += PAGE
        return new

    def _on_message(self, row: Mapping[str, Any]) -> InAppReport | None:
        """The report with the reported message, or None if that was purged."""
        whole = self._api.look_up(f"/v1/event_reports/{row['id']}")
        if whole is None:
            return None
        event = whole.get("event_json")
        text = text_of(event) if isinstance(event, dict) else ""
        return InAppReport(
            f"event:{row['id']}",
            row["sender"],
            row["user_id"],
            moment_of_ms(row.get("received_ts")),
            words=_words(row),
            text=text,
            place=f"{row.get('room_id')} {row.get('event_id')}",
        )


def _on_account(row: Mapping[str, Any]) -> InAppReport:
    return InAppReport(
        f"user:{row['id']}",
        row["target_user_id"],
        row["user_id"],
        moment_of_ms(row.get("received_ts")),
        words=_words(row),
    )


def _numbered(row: Mapping[str, Any]) -> None:
    """Raises what `Sorted.take` handles for a row without its own number."""
    number(row["id"], "id")


def _words(row: Mapping[str, Any]) -> str:
    reason = row.get("reason")
    return reason if isinstance(reason, str) else ""
