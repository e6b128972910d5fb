"""Account state on Synapse: the admin's view, devices, public profile and rooms."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from jaga.core.clock import now
from jaga.core.platforms import AccountObservation, RouteObservation
from jaga.core.terms.cases import AccountState
from jaga.platforms.synapse.api import CLIENT, SynapseApi, not_understood, part

ACCEPTED = "accepted"


@dataclass(frozen=True)
class AdminView:
    """Synapse's flags of an account. Suspension and lock survive deactivation and reactivation."""

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
    """One observation of an account: the admin's view and all routes together.

    `body` is the complete admin view; `rooms` the memberships, if queried.
    """

    view: AdminView | None
    observation: AccountObservation
    body: Mapping[str, Any] | None = None
    rooms: Mapping[str, str] | None = None


class Accounts:
    """Observes accounts of one server. Read-only."""

    def __init__(self, api: SynapseApi, server_name: str) -> None:
        self._api = api
        self._server_name = server_name

    def is_ours(self, account_id: str) -> bool:
        """Whether the id belongs to this server; other accounts cannot be observed or acted on."""
        name, colon, server = account_id.partition(":")
        return bool(colon) and name.startswith("@") and len(name) > 1 and server == self._server_name

    def admin_view(self, account_id: str) -> AdminView | None:
        """The account's flags, or None if it does not exist."""
        if not self.is_ours(account_id):
            return None
        body = self.body(account_id)
        return None if body is None else _admin_view(body, account_id)

    def body(self, account_id: str) -> Mapping[str, Any] | None:
        """The complete admin view of an account of this server, or None if it does not exist."""
        return self._api.look_up(f"/v2/users/{part(account_id)}")

    def flags(self, account_id: str, before: Inspection) -> Inspection:
        """The admin's view alone, after a change that affects nothing else; the rest is taken from `before`."""
        view = self.admin_view(account_id)
        readings = (RouteObservation("admin", "missing" if view is None else view.words),)
        state = AccountState.UNKNOWN if view is None else AccountState.RESTRICTED if view.held else view.state
        return replace(before, view=view, observation=AccountObservation(state, readings, now()))

    def observe(self, account_id: str, probe_token: str = "") -> Inspection:
        """The account by all routes; UNKNOWN with the readings if they contradict each other.

        `probe_token` is an existing session of the account (a test's, or a consenting holder's). Jaga never creates
        one: Synapse lets an administrator do so, but that would be impersonation.
        """
        inspected = self.inspect(account_id, probe_token)
        if inspected.observation.state is AccountState.MISSING:
            return inspected
        rooms = self.memberships(account_id)
        joined = RouteObservation("rooms", str(sum(membership == "join" for membership in rooms.values())))
        return replace(
            inspected,
            rooms=rooms,
            observation=replace(inspected.observation, readings=(*inspected.observation.readings, joined)),
        )

    def inspect(self, account_id: str, probe_token: str = "") -> Inspection:
        """The account by every route that determines its state; the number of rooms is not one."""
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
        observation = AccountObservation(_judge(view, devices, profile, token), tuple(readings), now())
        return Inspection(view, observation, body)

    def memberships(self, account_id: str) -> Mapping[str, str]:
        """Room ids with the account's membership, including rooms it left."""
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
        return "missing" if answer.status == 404 else "withheld"  # Servers may hide profiles from strangers.

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
        deactivated=bool(flags["deactivated"]),
        locked=bool(flags["locked"]),
        suspended=bool(flags["suspended"]),
        erased=bool(flags["erased"]),
        administrator=bool(flags["admin"]),
        named=bool(body.get("displayname")),
    )


def _judge(view: AdminView | None, devices: int | None, profile: str, token: str) -> AccountState:
    if view is None:
        gone = devices is None and profile != "shown" and token != ACCEPTED
        return AccountState.MISSING if gone else AccountState.UNKNOWN
    if view.deactivated:
        # A sign-in racing the deactivation leaves a working device: the account is not shut and may be closed again.
        # Rooms are left in the background, so their number contradicts nothing.
        if devices:
            return AccountState.ACTIVE
        shut = devices == 0 and token != ACCEPTED
        return AccountState.CLOSED if shut else AccountState.UNKNOWN
    # An account erased and then reactivated has no profile until its holder sets a name.
    nameless = profile == "missing" and view.named
    if devices is None or nameless or (view.locked and token == ACCEPTED):
        return AccountState.UNKNOWN
    return view.state
