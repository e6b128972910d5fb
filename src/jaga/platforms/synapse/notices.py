"""Giving the holder of an account a text that stays readable in Synapse's own room for notices.

The server must join the holder by itself (`server_notices.auto_join`): a suspended account may read the room that it is
in, and may not accept an invitation to it.
"""

import hashlib
from collections.abc import Mapping

from jaga.core.errors import N_
from jaga.core.platforms import RouteObservation, StepResult
from jaga.core.terms import OutcomeKind
from jaga.platforms.kit.steps import NOT_SEEN, impossible
from jaga.platforms.synapse.accounts import Accounts
from jaga.platforms.synapse.api import SynapseApi, content_of

MARK = "id.jaga.mark"
PAGES = 5
ASKED_ROOMS = 20  # rooms of one holder whose maker is asked for one by one

DELIVERED = N_("The holder can read it in the room for notices.")
DELIVERED_BEFORE = N_("It was delivered before. It was not sent again.")
ONLY_INVITED = N_("It was sent, but the holder has not joined the room for notices and may not be able to read it.")
CLOSED_CANNOT_READ = N_("A closed account cannot read anything. Nothing was sent.")
LOCKED_CANNOT_READ = N_("A locked account cannot read anything. Nothing was sent.")
NO_NOTICES = N_("This server has no server notices. Nothing was sent.")
REFUSED_TEXT = N_("The platform did not take the text; it may be too long.")


class Notices:
    """Sends server notices, each at most once for its key."""

    def __init__(self, api: SynapseApi, accounts: Accounts, notices_account: str) -> None:
        self._api = api
        self._accounts = accounts
        self._sender = notices_account

    def deliver(self, account_id: str, text: str, key: str, rooms: Mapping[str, str] | None = None) -> StepResult:
        """Send `text`, unless the room already shows it under `key`; then look whether the holder can read it.

        `rooms` are the holder's memberships, where they were seen a moment ago.

        The caller has made sure that the account exists and is neither closed nor locked: Synapse takes a notice to a
        closed account with a 200, and nobody can read it.
        """
        mark = hashlib.sha256(key.encode()).hexdigest()[:32]  # the key may name a case; the room need not
        if membership := self._shown(account_id, mark, rooms):
            return _judged(membership, OutcomeKind.ALREADY, DELIVERED_BEFORE)
        body = {"user_id": account_id, "content": {"msgtype": "m.text", "body": text, MARK: mark}}
        # Synapse answers a number that it knows from its memory, whoever the notice is for: one number per holder.
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
        """The holder's membership in the room that shows the mark; empty where none does.

        Only rooms that the notices account made are opened: nothing else of the holder's is read.
        """
        theirs = self._accounts.memberships(account_id) if rooms is None else rooms
        for room_id in self._made_by_sender([room for room in sorted(theirs) if theirs[room] in {"join", "invite"}]):
            notices = self._api.room_events(room_id, types=("m.room.message",), sender=self._sender, pages=PAGES)
            if any(event is not None and content_of(event).get(MARK) == mark for event in notices):
                return theirs[room_id]
        return ""

    def _made_by_sender(self, room_ids: list[str]) -> list[str]:
        known = self._api.makers
        makers = {room_id: known[room_id] for room_id in room_ids if room_id in known}
        new = [room_id for room_id in room_ids if room_id not in makers]
        if len(new) > ASKED_ROOMS:
            # The sender is in a room for every holder who was ever written to, so its long list is the dearer one.
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
