"""Client reports: on messages (event reports) and on accounts (user reports).

Synapse numbers both separately and lists the newest first; purging a room removes its reports. The cursor holds the
highest number of each that was read, and every read goes back that far.

Server notices: a text for the account holder that stays readable in Synapse's notice room.

The server must join the holder automatically (`server_notices.auto_join`): a suspended account can read its rooms but
not accept an invitation.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from jaga.core.errors import N_
from jaga.core.platforms import InAppFeed, InAppReport, PlatformFault, RouteObservation, StepResult
from jaga.core.terms.cases import OutcomeKind, SetAsideKind
from jaga.platforms.kit.guard import Sorted, moment_of_ms, number, without_reporter
from jaga.platforms.kit.steps import NOT_SEEN, impossible
from jaga.platforms.synapse.accounts import Accounts
from jaga.platforms.synapse.api import PAGE, SynapseApi, content_of, not_understood, text_of

MARK = "id.jaga.mark"
PAGES = 5
ASKED_ROOMS = 20  # Rooms per holder whose creator is queried individually.

DELIVERED = N_("The holder can read it in the room for notices.")
DELIVERED_BEFORE = N_("It was delivered before. It was not sent again.")
ONLY_INVITED = N_("It was sent, but the holder has not joined the room for notices and may not be able to read it.")
CLOSED_CANNOT_READ = N_("A closed account cannot read anything. Nothing was sent.")
LOCKED_CANNOT_READ = N_("A locked account cannot read anything. Nothing was sent.")
NO_NOTICES = N_("This server has no server notices. Nothing was sent.")
REFUSED_TEXT = N_("The platform did not take the text; it may be too long.")


class Notices:
    """Sends server notices, each at most once per key."""

    def __init__(self, api: SynapseApi, accounts: Accounts, notices_account: str) -> None:
        self._api = api
        self._accounts = accounts
        self._sender = notices_account

    def deliver(self, account_id: str, text: str, key: str, rooms: Mapping[str, str] | None = None) -> StepResult:
        """Send `text` unless the room already shows it under `key`, then verify that the holder can read it.

        `rooms` are the holder's memberships if observed recently. The account must exist and be neither closed nor
        locked: Synapse answers 200 for a closed account although nobody can read the notice.
        """
        mark = hashlib.sha256(key.encode()).hexdigest()[:32]  # The key may name a case, which the room need not show.
        if membership := self._shown(account_id, mark, rooms):
            return _judged(membership, OutcomeKind.ALREADY, DELIVERED_BEFORE)
        body = {"user_id": account_id, "content": {"msgtype": "m.text", "body": text, MARK: mark}}
        # Synapse answers a known transaction id from its cache whoever the notice is for, so ids are per holder.
        number = hashlib.sha256(f"{key}\0{account_id}".encode()).hexdigest()[:32]
        answer = self._api.admin("PUT", f"/v1/send_server_notice/{number}", body=body)
        if answer.status == 400 and "not enabled" in str(answer.body.get("error")):
            return impossible(NO_NOTICES)
        if not answer.ok:
            readings = (RouteObservation("notice", f"HTTP {answer.status} {answer.code}".strip()),)
            return StepResult(OutcomeKind.REFUSED, REFUSED_TEXT, readings)
        if membership := self._shown(account_id, mark):
            return _judged(membership, OutcomeKind.DONE, DELIVERED)
        return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN, (RouteObservation("notices room", "does not show it"),))

    def _shown(self, account_id: str, mark: str, rooms: Mapping[str, str] | None = None) -> str:
        """The holder's membership in the room showing the mark; empty if none does.

        Only rooms created by the notices account are opened; nothing else of the holder's is read.
        """
        theirs = self._accounts.memberships(account_id) if rooms is None else rooms
        for room_id in self._made_by_sender([room for room in sorted(theirs) if theirs[room] in {"join", "invite"}]):
            notices = self._api.room_events(room_id, types=("m.room.message",), sender=self._sender, pages=PAGES)
            if any(event is not None and content_of(event).get(MARK) == mark for event in notices):
                return theirs[room_id]
        return ""

    def _made_by_sender(self, room_ids: list[str]) -> list[str]:
        creators = self._api.makers
        makers = {room_id: creators[room_id] for room_id in room_ids if room_id in creators}
        new = [room_id for room_id in room_ids if room_id not in makers]
        if len(new) > ASKED_ROOMS:
            # The sender is in a room with every holder ever written to, so its list is the more expensive one.
            ours = self._accounts.memberships(self._sender)
            new = [room_id for room_id in new if room_id in ours]
        for room_id in new:
            room = self._api.room(room_id)
            if room is not None:
                makers[room_id] = str(room.get("creator"))
        return [room_id for room_id in room_ids if makers.get(room_id) == self._sender]


def _judged(membership: str, kind: OutcomeKind, detail: str) -> StepResult:
    readings = (RouteObservation("notices room", membership),)
    if membership == "join":
        return StepResult(kind, detail, readings)
    return StepResult(OutcomeKind.REFUSED, ONLY_INVITED, readings)


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
