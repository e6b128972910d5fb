"""Server notices: a text for the account holder that stays readable in Synapse's notice room.

The server must join the holder automatically (`server_notices.auto_join`): a suspended account can read its rooms but
not accept an invitation.
"""

import hashlib
from collections.abc import Mapping

from jaga.core.errors import N_
from jaga.core.platforms import RouteObservation, StepResult
from jaga.core.terms.actions import OutcomeKind
from jaga.platforms.kit.steps import NOT_SEEN, impossible
from jaga.platforms.synapse.accounts import Accounts
from jaga.platforms.synapse.api import SynapseApi, content_of

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
