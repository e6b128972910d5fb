"""Giving the holder of an account a text that stays readable in Synapse's own room for notices.

The server must join the holder by itself (`server_notices.auto_join`): a suspended account may read the room that it is
in, and may not accept an invitation to it.
"""

import hashlib

from jaga.core.errors import N_
from jaga.core.platforms import Reading, StepResult
from jaga.core.terms import OutcomeKind
from jaga.platforms.steps import NOT_SEEN, impossible
from jaga.platforms.synapse.accounts import Accounts
from jaga.platforms.synapse.api import SynapseApi, content_of

MARK = "id.jaga.mark"
PAGES = 5

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

    def deliver(self, account_id: str, text: str, key: str) -> StepResult:
        """Send `text`, unless the room already shows it under `key`; then look whether the holder can read it.

        The caller has made sure that the account exists and is neither closed nor locked: Synapse takes a notice to a
        closed account with a 200, and nobody can read it.
        """
        mark = hashlib.sha256(key.encode()).hexdigest()[:32]  # the key may name a case; the room need not
        if membership := self._shown(account_id, mark):
            return _judged(membership, OutcomeKind.ALREADY, DELIVERED_BEFORE)
        body = {"user_id": account_id, "content": {"msgtype": "m.text", "body": text, MARK: mark}}
        answer = self._api.admin("PUT", f"/v1/send_server_notice/{mark}", body=body)
        if answer.status == 400 and "not enabled" in str(answer.body.get("error")):
            return impossible(NO_NOTICES)
        if not answer.ok:
            readings = (Reading("notice", f"HTTP {answer.status} {answer.code}".strip()),)
            return StepResult(OutcomeKind.REFUSED, REFUSED_TEXT, readings)
        if membership := self._shown(account_id, mark):
            return _judged(membership, OutcomeKind.DONE, DELIVERED)
        return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN, (Reading("notices room", "does not show it"),))

    def _shown(self, account_id: str, mark: str) -> str:
        """The holder's membership in the room that shows the mark; empty where none does.

        Only rooms that the notices account made are opened: nothing else of the holder's is read.
        """
        ours = self._accounts.memberships(self._sender)
        theirs = self._accounts.memberships(account_id)
        for room_id in sorted(set(ours) & set(theirs)):
            if theirs[room_id] not in {"join", "invite"}:
                continue
            room = self._api.room(room_id)
            if room is None or room.get("creator") != self._sender:
                continue
            notices = self._api.room_events(room_id, types=("m.room.message",), sender=self._sender, pages=PAGES)
            if any(event is not None and content_of(event).get(MARK) == mark for event in notices):
                return theirs[room_id]
        return ""


def _judged(membership: str, kind: OutcomeKind, detail: str) -> StepResult:
    readings = (Reading("notices room", membership),)
    if membership == "join":
        return StepResult(kind, detail, readings)
    return StepResult(OutcomeKind.REFUSED, ONLY_INVITED, readings)
