"""How an account stands on Synapse: the admin's view, its devices, its public profile and its rooms, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jaga.core.clock import now
from jaga.core.platforms import AccountObservation, RouteObservation
from jaga.core.terms import AccountState
from jaga.platforms.synapse.api import CLIENT, SynapseApi, not_understood, part

ACCEPTED = "accepted"


@dataclass(frozen=True)
class AdminView:
    """The flags that Synapse keeps of an account. Suspension and lock survive a deactivation and its undo."""

    deactivated: bool
    locked: bool
    suspended: bool
    erased: bool
    administrator: bool
    named: bool

    @property
    def state(self) -> AccountState:
        if self.deactivated:
            return AccountState.CLOSED
        return AccountState.RESTRICTED if self.held else AccountState.ACTIVE

    @property
    def held(self) -> bool:
        return self.locked or self.suspended

    @property
    def words(self) -> str:
        flags = ("deactivated", "locked", "suspended", "erased")
        return ", ".join(flag for flag in flags if getattr(self, flag)) or "active"


@dataclass(frozen=True)
class Inspection:
    """One look at an account: what the admin's view said, and what all routes together show.

    `body` is all that the admin's view held, `rooms` the memberships where the look asked for them.
    """

    view: AdminView | None
    seen: AccountObservation
    body: Mapping[str, Any] | None = None
    rooms: Mapping[str, str] | None = None


class Accounts:
    """Looks at accounts of one server. Never changes anything."""

    def __init__(self, api: SynapseApi, server_name: str) -> None:
        self._api = api
        self._server_name = server_name

    def is_ours(self, account_id: str) -> bool:
        """Whether the id is one of this server's; others can neither be seen nor acted on here."""
        name, colon, server = account_id.partition(":")
        return bool(colon) and name.startswith("@") and len(name) > 1 and server == self._server_name

    def admin_view(self, account_id: str) -> AdminView | None:
        """The account's flags, or None where there is no such account."""
        if not self.is_ours(account_id):
            return None
        body = self.body(account_id)
        return None if body is None else _admin_view(body, account_id)

    def body(self, account_id: str) -> Mapping[str, Any] | None:
        """All that the admin's view holds of an account of this server, or None where there is no such account."""
        return self._api.look_up(f"/v2/users/{part(account_id)}")

    def flags(self, account_id: str, before: Inspection) -> Inspection:
        """The admin's view alone, after an order that changes nothing else; for the rest, what was seen `before`."""
        view = self.admin_view(account_id)
        readings = (RouteObservation("admin", "missing" if view is None else view.words),)
        state = AccountState.UNKNOWN if view is None else AccountState.RESTRICTED if view.held else view.state
        return replace(before, view=view, seen=AccountObservation(state, readings, now()))

    def observe(self, account_id: str, probe_token: str = "") -> Inspection:
        """The account by all routes. Contradicting ones make it UNKNOWN; the readings then say how.

        `probe_token` is a session of the account's that is known from before (a test's, a consenting holder's). Jaga
        never makes one for itself: Synapse lets an administrator do so, and that would be to enter as somebody else.
        """
        look = self.look(account_id, probe_token)
        if look.seen.state is AccountState.MISSING:
            return look
        rooms = self.memberships(account_id)
        joined = RouteObservation("rooms", str(sum(membership == "join" for membership in rooms.values())))
        return replace(look, rooms=rooms, seen=replace(look.seen, readings=(*look.seen.readings, joined)))

    def look(self, account_id: str, probe_token: str = "") -> Inspection:
        """The account by every route that decides about its state; the number of its rooms is none of them."""
        if not self.is_ours(account_id):
            elsewhere = (RouteObservation("address", "not of this server"),)
            return Inspection(None, AccountObservation(AccountState.MISSING, elsewhere, now()))
        body = self.body(account_id)
        view = None if body is None else _admin_view(body, account_id)
        devices = self._devices(account_id)
        profile = self._profile(account_id)
        readings = [
            RouteObservation("admin", "missing" if view is None else view.words),
            RouteObservation("devices", "missing" if devices is None else str(devices)),
            RouteObservation("profile", profile),
        ]
        token = self._token(probe_token) if probe_token else ""
        if token:
            readings.append(RouteObservation("token", token))
        seen = AccountObservation(_judge(view, devices, profile, token), tuple(readings), now())
        return Inspection(view, seen, body)

    def memberships(self, account_id: str) -> Mapping[str, str]:
        """Room ids with the account's membership in each, rooms that it left included."""
        body = self._api.look_up(f"/v1/users/{part(account_id)}/memberships")
        found = {} if body is None else body.get("memberships")
        if not isinstance(found, dict):
            raise not_understood("no memberships")
        return {str(room): str(membership) for room, membership in found.items()}

    def _devices(self, account_id: str) -> int | None:
        body = self._api.look_up(f"/v2/users/{part(account_id)}/devices")
        if body is None:
            return None
        devices = body.get("devices")
        if not isinstance(devices, list):
            raise not_understood("no list of devices")
        return len(devices)

    def _profile(self, account_id: str) -> str:
        answer = self._api.http.call("GET", f"{CLIENT}/profile/{part(account_id)}")
        if answer.ok:
            return "shown"
        return "missing" if answer.status == 404 else "withheld"  # servers may hide profiles from strangers

    def _token(self, token: str) -> str:
        answer = self._api.http.call("GET", f"{CLIENT}/account/whoami", token=token)
        if answer.ok:
            return ACCEPTED
        return "locked" if answer.code == "M_USER_LOCKED" else "refused"


def _admin_view(body: Mapping[str, Any], account_id: str) -> AdminView:
    flags = {name: body.get(name) for name in ("deactivated", "locked", "suspended", "erased", "admin")}
    if body.get("name") != account_id or not all(isinstance(flag, bool) for flag in flags.values()):
        raise not_understood("the admin's view of the account lacks its flags")
    return AdminView(
        deactivated=bool(flags["deactivated"]), locked=bool(flags["locked"]), suspended=bool(flags["suspended"]),
        erased=bool(flags["erased"]), administrator=bool(flags["admin"]),
        named=bool(body.get("displayname")),
    )


def _judge(view: AdminView | None, devices: int | None, profile: str, token: str) -> AccountState:
    if view is None:
        gone = devices is None and profile != "shown" and token != ACCEPTED
        return AccountState.MISSING if gone else AccountState.UNKNOWN
    if view.deactivated:
        # A sign-in that raced the deactivation leaves a device that works on: the account is not shut, and may be
        # closed once more. The rooms are left in the background, so a count of them contradicts nothing.
        if devices:
            return AccountState.ACTIVE
        shut = devices == 0 and token != ACCEPTED
        return AccountState.CLOSED if shut else AccountState.UNKNOWN
    # An account that was erased and then reopened has no profile until its holder gives it a name.
    nameless = profile == "missing" and view.named
    if devices is None or nameless or (view.locked and token == ACCEPTED):
        return AccountState.UNKNOWN
    return view.state
