"""SynapseAdapter: the platform steps on a Synapse homeserver.

* restrict *suspends*: the account can sign in and read, including the statement, but not send or join. A locked one
  cannot even read; `hold = "lock"` is for operators who accept that.
* close deactivates without erasing. Suspension and lock survive that and its undo, so restore lifts them too.
* Synapse accepts some requests for nonexistent accounts (`PUT v2/users` creates them, a redaction answers 200), so
  every step observes first.
"""

import base64
import hashlib
import hmac
from dataclasses import replace

from jaga.core.errors import N_
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    InAppFeed,
    Material,
    NotReadable,
    PublicFeed,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, HelpReach, OutcomeKind, Step
from jaga.platforms.kit.configuration import PlatformConfiguration, credential, option
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import SECONDS, Http, JsonReply
from jaga.platforms.kit.steps import (
    LOST_DEVICES,
    LOST_PASSWORD,
    RUNS_THE_SERVER,
    LastObservation,
    bring_to,
    cannot_start,
    impossible,
)
from jaga.platforms.synapse.accounts import Accounts, Inspection
from jaga.platforms.synapse.api import CLIENT, SynapseApi, part
from jaga.platforms.synapse.checks import check
from jaga.platforms.synapse.feed import PublicRooms
from jaga.platforms.synapse.media import Media
from jaga.platforms.synapse.reports import CLOSED_CANNOT_READ, LOCKED_CANNOT_READ, Notices, Reports
from jaga.platforms.synapse.rooms import Rooms

NO_WATCHER = N_("No member account for reading public rooms is configured.")
NOT_TAKEN = N_("The platform refused the step. Nothing was changed.")
WAS_ERASED = N_("It was opened again. Its name and picture had been erased before and are lost.")
MEDIA_RELEASED = N_("The account was open already; its quarantined media were released.")
MEDIA_HELD = N_("Not all quarantined media of the account could be released.")

CAPABILITIES = Capabilities(
    "synapse",
    {
        Step.OBSERVE: Capability(True),
        Step.PRESERVE: Capability(
            True, note=N_("Public rooms only; of each the newest 500 messages. Of pictures and files only the hashes.")
        ),
        Step.RESTRICT: Capability(True, help=HelpReach.READS),
        Step.DELIVER: Capability(True, reversible=False, note=N_("Before the closure: a closed account cannot read.")),
        Step.REDACT: Capability(
            True,
            reversible=False,
            lost_on_undo=(N_("removed messages"),),
            note=N_(
                "Stickers and reactions stay. The media of the messages are quarantined, and with them every copy of "
                "the same "
                "file on the server; a restoration releases them."
            ),
        ),
        Step.CLOSE: Capability(
            True,
            lost_on_undo=(
                N_("membership in all rooms"),
                LOST_DEVICES,
                LOST_PASSWORD,
                N_("e-mail address"),
                N_("telephone number"),
                N_("settings and key backup"),
            ),
        ),
        Step.RESTORE: Capability(True),
    },
)


class SynapseAdapter:
    """The platform interface for Synapse, with an administrator's token. See `jaga.core.platforms.PlatformPort`."""

    def __init__(
        self,
        *,
        base_url: str,
        server_name: str,
        admin_token: str,
        watcher_token: str = "",
        hold: str = "suspend",
        notices_account: str = "",
        seconds: float = SECONDS,
    ) -> None:
        self._api = SynapseApi(Http(base_url, admin_token, seconds=seconds))
        self._accounts = Accounts(self._api, server_name)
        self._media = Media(self._api, server_name)
        self._rooms = Rooms(self._api, self._accounts, self._media)
        self._notices_account = notices_account or f"@notices:{server_name}"
        self._notices = Notices(self._api, self._accounts, self._notices_account)
        self._reports = Reports(self._api)
        self._feed = PublicRooms(self._api.http, watcher_token, self._notices_account) if watcher_token else None
        self._hold = hold
        self._last = LastObservation[Inspection]()
        self._password_key = hashlib.sha256(b"jaga restored password\0" + admin_token.encode()).digest()

    def capabilities(self) -> Capabilities:
        if self._hold != "lock":
            return CAPABILITIES
        held = replace(CAPABILITIES.steps[Step.RESTRICT], help=HelpReach.NOTHING)
        return replace(CAPABILITIES, steps={**CAPABILITIES.steps, Step.RESTRICT: held})

    def check(self) -> tuple[Check, ...]:
        """Check version, permissions, notices and watcher without any effect."""
        return check(self._api, self._notices_account, self._feed)

    def observe(self, account: Account, probe_token: str = "") -> AccountObservation:
        """See the interface; `probe_token` is an existing session to test for validity."""
        return self._last.keep(account.account_id, self._accounts.observe(account.account_id, probe_token)).observation

    def preserve(self, account: Account) -> tuple[Material, ...]:
        return self._rooms.preserve(account.account_id, self._last.of(account.account_id))

    def restrict(self, account: Account) -> StepResult:
        """Suspend (or lock) the account. `restore` fully undoes it. A closed account counts as already held."""

        def act() -> StepResult | None:
            if self._hold == "lock":
                return self._taken(self._change(account, locked=True))
            return self._taken(self._suspend(account, True))

        before = self._before(account)

        def held() -> AccountObservation:
            return self._last.keep(account.account_id, self._accounts.flags(account.account_id, before)).observation

        return self._guarded(account, before) or bring_to(
            AccountState.RESTRICTED, held, act, enough=frozenset({AccountState.CLOSED}), before=before.observation
        )

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        """Send a server notice once per key. IMPOSSIBLE for accounts that could not read it: closed or locked ones."""
        before = self._before(account)
        if obstacle := cannot_start(before.observation):
            return obstacle
        if before.observation.state is AccountState.CLOSED or (before.view is not None and before.view.deactivated):
            return impossible(CLOSED_CANNOT_READ)
        if before.view is not None and before.view.locked:
            return impossible(LOCKED_CANNOT_READ)
        self._last.keep(account.account_id, replace(before, rooms=None))  # A notice may add one.
        return self._notices.deliver(account.account_id, text, key, before.rooms)

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        """Redact messages in these rooms; irreversible except for media.

        Works on held and closed accounts too, since rooms are always named.
        """
        before = self._accounts.inspect(account.account_id)
        return (
            cannot_start(before.observation)
            or self._guarded(account, before)
            or self._rooms.redact(account.account_id, rooms)
        )

    def close(self, account: Account) -> StepResult:
        """Deactivate without erasing: all sessions end, the account leaves its rooms, its messages stay."""

        def act() -> StepResult | None:
            self._last.forget()
            path = f"/v1/deactivate/{part(account.account_id)}"
            return self._taken(self._api.admin("POST", path, body={"erase": False}))

        before = self._before(account)
        return self._guarded(account, before) or bring_to(
            AccountState.CLOSED, lambda: self.observe(account), act, before=before.observation, by_all_routes=True
        )

    def restore(self, account: Account) -> StepResult:
        """Lift suspension and lock, reactivate, and set a new password, since deactivation destroys the old one.

        `secret` holds the password, also on a retry, until the holder changes it. It is derived from the admin token,
        so a worker killed right after the change can still return it.
        """
        password = self._password(account)

        def act() -> StepResult | None:
            # Reactivation comes last: after a crash before it, the retry starts from a closed account.
            refusal = self._taken(self._suspend(account, False)) or self._taken(self._change(account, locked=False))
            view = self._accounts.admin_view(account.account_id)
            if refusal or view is None or not view.deactivated:
                return refusal
            secret = {"password": password} if self._has_passwords() else {}
            return self._taken(self._change(account, deactivated=False, **secret))

        before = self._accounts.inspect(account.account_id)
        result = bring_to(AccountState.ACTIVE, lambda: self._seen(account), act, before=before.observation)
        if before.view is not None and before.view.erased and result.kind is OutcomeKind.DONE:
            result = replace(result, detail=WAS_ERASED)
        if result.kind not in {OutcomeKind.DONE, OutcomeKind.ALREADY}:
            return result
        if self._opens_with(account, password):
            result = replace(result, secret=password)
        return self._released(account, result)

    def read_reports(self, cursor: str | None) -> InAppFeed:
        """Event reports and user reports. See `jaga.core.platforms.PassesReports`."""
        return self._reports.read(cursor)

    def read_public(self, cursor: str | None) -> PublicFeed:
        """Read as the watcher, an ordinary member. Raises NotReadable if none is configured."""
        if self._feed is None:
            raise NotReadable(NO_WATCHER, why="no watcher_token")
        return self._feed.read(cursor)

    def read_picture(self, address: str, largest: int) -> bytes | None:
        """A file of this server, read as the watcher. See `jaga.core.platforms.ServesPictures`."""
        if self._feed is None:
            raise NotReadable(NO_WATCHER, why="no watcher_token")
        return self._feed.picture(address, largest)

    def _before(self, account: Account) -> Inspection:
        return self._last.of(account.account_id) or self._accounts.inspect(account.account_id)

    def _seen(self, account: Account) -> AccountObservation:
        return self._accounts.inspect(account.account_id).observation

    def _guarded(self, account: Account, before: Inspection) -> StepResult | None:
        runs_it = before.view is not None and before.view.administrator
        if runs_it or account.account_id == self._notices_account:
            return StepResult(OutcomeKind.REFUSED, RUNS_THE_SERVER, (RouteObservation("admin", "administrator"),))
        return None

    def _released(self, account: Account, result: StepResult) -> StepResult:
        """`result`, after releasing media that a redaction quarantined; the messages stay deleted."""
        released, left = self._media.release(account.account_id)
        if not released and not left:
            return result
        readings = (*result.readings, RouteObservation("media", f"{released} released, {left} left"))
        if left:
            return replace(result, kind=OutcomeKind.UNKNOWN, detail=MEDIA_HELD, readings=readings)
        if result.kind is OutcomeKind.ALREADY:
            return replace(result, kind=OutcomeKind.DONE, detail=MEDIA_RELEASED, readings=readings)
        return replace(result, readings=readings)

    def _suspend(self, account: Account, held: bool) -> JsonReply:
        self._last.forget()
        return self._api.admin("PUT", f"/v1/suspend/{part(account.account_id)}", body={"suspend": held})

    def _change(self, account: Account, **fields: object) -> JsonReply:
        self._last.forget()
        return self._api.admin("PUT", f"/v2/users/{part(account.account_id)}", body=fields)

    def _taken(self, answer: JsonReply) -> StepResult | None:
        if answer.ok:
            return None
        readings = (RouteObservation("step", f"HTTP {answer.status} {answer.code}".strip()),)
        return StepResult(OutcomeKind.REFUSED, NOT_TAKEN, readings)

    def _has_passwords(self) -> bool:
        flows = self._api.http.call("GET", f"{CLIENT}/login").body.get("flows")
        return isinstance(flows, list) and {"type": "m.login.password"} in flows

    def _password(self, account: Account) -> str:
        digest = hmac.digest(self._password_key, account.account_id.encode(), "sha256")
        text = base64.b32encode(digest).decode()[:25].lower()
        return "Jaga-" + "-".join(text[start : start + 5] for start in range(0, 25, 5)) + "-7"

    def _opens_with(self, account: Account, password: str) -> bool:
        """Whether the account accepts Jaga's own password; the resulting session is ended at once."""
        body = {
            "type": "m.login.password",
            "password": password,
            "identifier": {"type": "m.id.user", "user": account.account_id},
        }
        answer = self._api.http.call("POST", f"{CLIENT}/login", json_body=body, token="")
        token = answer.body.get("access_token")
        if not answer.ok or not isinstance(token, str):
            return False
        self._api.http.call("POST", f"{CLIENT}/logout", json_body={}, token=token)
        return True


CREDENTIALS = {
    "admin_token": "Of a server administrator that is Jaga's alone.",
    "watcher_token": "Of an ordinary account that reads public rooms.",
}
OPTIONS = {"hold": "suspend or lock.", "notices_account": "server_notices.system_mxid_localpart, as a whole account."}


def from_configuration(configuration: PlatformConfiguration) -> SynapseAdapter:
    """Credentials: `admin_token`, and `watcher_token` for reading public rooms. Options: `hold`, `notices_account`."""
    return SynapseAdapter(
        base_url=configuration.base_url,
        server_name=configuration.server_name,
        admin_token=credential(configuration, "admin_token"),
        watcher_token=configuration.credentials.get("watcher_token", ""),
        hold=option(configuration, "hold", ("suspend", "lock")),
        notices_account=configuration.options.get("notices_account", ""),
    )
