"""Reports that people sent by their client's button: on messages (event reports) and on accounts (user reports).

Synapse numbers both, each by itself, and lists the newest first; a purged room takes its reports along. So the cursor
holds the highest number of each that was read, and every read goes back as far as that.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from jaga.core.platforms import InAppFeed, InAppReport, PlatformUnreachable
from jaga.platforms.foreign import clean, moment
from jaga.platforms.synapse.api import PAGE, SynapseApi, not_understood, text_of

MOST_PAGES = 50  # of 100 reports: where more are new, the oldest of them come at the next read
_CURSOR = re.compile(r"event:(\d{1,18}) user:(\d{1,18})")


class Reports:
    """What the administrator sees of them. Nothing is changed or removed there."""

    def __init__(self, api: SynapseApi) -> None:
        self._api = api

    def read(self, cursor: str | None) -> InAppFeed:
        """As `jaga.core.platforms.PassesReports` says."""
        known = _CURSOR.fullmatch(cursor or "event:0 user:0")
        if known is None:
            raise PlatformUnreachable(why="the cursor of its reports is damaged")
        on_messages = list(self._new("/v1/event_reports", "event_reports", int(known[1])))
        on_accounts = list(self._new("/v1/user_reports", "user_reports", int(known[2])))
        reports = [one for row in on_messages if (one := self._on_message(row))]
        reports += [_on_account(row) for row in on_accounts]
        last = (max([int(known[at]), *(row["id"] for row in rows)])
                for at, rows in ((1, on_messages), (2, on_accounts)))
        return InAppFeed(tuple(sorted(reports, key=lambda one: one.at)), "event:{} user:{}".format(*last))

    def _new(self, path: str, name: str, after: int) -> Iterator[Mapping[str, Any]]:
        start = 0
        for _ in range(MOST_PAGES):
            answer = self._api.admin("GET", path, params={"dir": "b", "limit": str(PAGE), "from": str(start)})
            if answer.status == 404 and name == "user_reports":
                return  # older versions have none
            rows = answer.body.get(name)
            if answer.status != 200 or not isinstance(rows, list):
                raise not_understood(f"{name}: HTTP {answer.status} {answer.code}")
            for row in rows:
                if not isinstance(row, dict) or not isinstance(row.get("id"), int):
                    raise not_understood(f"{name}: a report without a number")
                if row["id"] <= after:
                    return
                yield row
            if len(rows) < PAGE:
                return
            start += PAGE

    def _on_message(self, row: Mapping[str, Any]) -> InAppReport | None:
        """The report with the message that its sender handed over; None where it was purged meanwhile."""
        whole = self._api.look_up(f"/v1/event_reports/{row['id']}")
        if whole is None:
            return None
        event = whole.get("event_json")
        text = text_of(event) if isinstance(event, dict) else ""
        return InAppReport(f"event:{row['id']}", str(row.get("sender")), str(row.get("user_id")), _at(row),
                           words=_words(row), text=text, place=f"{row.get('room_id')} {row.get('event_id')}")


def _on_account(row: Mapping[str, Any]) -> InAppReport:
    return InAppReport(f"user:{row['id']}", str(row.get("target_user_id")), str(row.get("user_id")), _at(row),
                       words=_words(row))


def _words(row: Mapping[str, Any]) -> str:
    reason = row.get("reason")
    return clean(reason) if isinstance(reason, str) else ""


def _at(row: Mapping[str, Any]) -> datetime:
    stamp = row.get("received_ts")
    return moment(stamp / 1000) if isinstance(stamp, int) else moment(0)
