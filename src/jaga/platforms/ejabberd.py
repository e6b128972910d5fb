"""Adapter for ejabberd (XMPP) through its HTTP API.

Tested with ejabberd 24.12.

Closing is a *ban*: sessions end, sign-in answers `account-disabled`, and the password is kept until the ban is lifted.
Known pitfalls of the server's answers:

* A ban creates an account that does not exist, so two routes must have seen it first.
* Repeating an interrupted ban leaves sessions alone, so they are ended here.
* Version 1 of the command replaces the password permanently, so every call names version 2.
* The reason is shown at sign-in and must hold no case data.
* A ban is detected at sign-in: `get_ban_details` always answers 400, and the ban's record can be forged by the holder
  and contains their password.
"""

import re
import time
from dataclasses import dataclass

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    Material,
    NotReadable,
    PlatformFault,
    PlatformUnreachable,
    PublicFeed,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration, credential
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import SECONDS, CredentialsRefused, Http
from jaga.platforms.kit.steps import LOST_DEVICES, NO_SUCH_ACCOUNT, RUNS_THE_SERVER, bring_to, impossible
from jaga.platforms.xmpp.notices import CAN_DELIVER, NoticesAccount, notices_account
from jaga.platforms.xmpp.streams import DISABLED, OPEN, REFUSED, local_part, sign_in_state

OLDEST = (24, 6)  # The first with reversible bans.
NOBODY = "jaga.check.nobody"
NOWHERE = "jaga-check.invalid"  # No server can have this name (RFC 2606), so a command for it has no effect.
PUBLIC_REASON = "Akun ini ditutup oleh penyelenggara. This account was closed by its operator."
KICKED_WITHIN = 2.0
_MODULES = (
    ("mod_private", "<query xmlns='jabber:iq:private'><jaga xmlns='urn:jaga:check'/></query>"),
    ("mod_last", "<query xmlns='jabber:iq:last'/>"),  # Without it a ban answers 500 and has no effect.
)
_COMMANDS = ("check_account", "user_sessions_info", "ban_account/v2", "unban_account/v2", "kick_user")

NOT_WATCHED = N_("Public rooms of this platform cannot be read.")

CAPABILITIES = Capabilities(
    "ejabberd",
    {
        Step.OBSERVE: Capability(True),
        Step.PRESERVE: Capability(False, note=N_("The server keeps nothing public of an account.")),
        Step.RESTRICT: Capability(False, note=N_("The server cannot hold an account that still reads.")),
        Step.DELIVER: CAN_DELIVER,
        Step.REDACT: Capability(False),
        Step.CLOSE: Capability(True, lost_on_undo=(LOST_DEVICES,)),
        Step.RESTORE: Capability(True),
    },
)


@dataclass(frozen=True)
class _Inspection:
    exists: bool
    sessions: int
    sign_in: str

    @property
    def state(self) -> AccountState:
        if not self.exists:
            return AccountState.MISSING if self.sign_in == REFUSED else AccountState.UNKNOWN
        if self.sign_in == DISABLED:
            return AccountState.UNKNOWN if self.sessions else AccountState.CLOSED
        return AccountState.ACTIVE if self.sign_in == OPEN else AccountState.UNKNOWN

    @property
    def half_closed(self) -> bool:
        return self.exists and self.sign_in == DISABLED and self.sessions > 0

    def observation(self) -> AccountObservation:
        readings = (
            RouteObservation("account", "exists" if self.exists else "missing"),
            RouteObservation("sessions", str(self.sessions)),
            RouteObservation("sign-in", self.sign_in),
        )
        return AccountObservation(self.state, readings, now())


class EjabberdAdapter:
    """The platform interface for ejabberd. See `jaga.core.platforms.PlatformPort`."""

    def __init__(
        self,
        *,
        base_url: str,
        xmpp_url: str,
        server_name: str,
        notices: NoticesAccount,
        password: str,
        administrators: frozenset[str] = frozenset(),
        seconds: float = SECONDS,
    ) -> None:
        # ejabberd serves only its own host, and its API's address is often 127.0.0.1.
        self._http = Http(base_url, auth=(notices.account_id, password), headers={"Host": server_name}, seconds=seconds)
        self._xmpp_url = xmpp_url
        self._server_name = server_name
        self._notices = notices
        self._untouchable = administrators | {notices.account_id}

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self) -> tuple[Check, ...]:
        """Check credentials, version, each command's permission, modules and administrators. Read-only."""
        try:
            version = self._version()
            rights = tuple(self._right(command) for command in _COMMANDS)
        except CredentialsRefused as error:
            return (
                Check(
                    "credentials",
                    False,
                    f"The server refuses {self._notices.account_id}: {error.params['why']}."
                    " See the password, and api_permissions in ejabberd.yml.",
                ),
            )
        if not all(right.ok for right in rights):
            return version, *rights
        state = sign_in_state(self._xmpp_url, self._server_name, NOBODY)
        here = [
            name
            for name, _, server in (each.partition("@") for each in self._untouchable)
            if server == self._server_name
        ]
        missing = sorted(name for name in here if not self._exists(name))
        return (
            version,
            *rights,
            Check("sign-in", state == REFUSED, f"Signing in as nobody is answered by: {state}."),
            *self._notices.check(*_MODULES),
            Check(
                "administrators",
                not missing,
                f"There is no account {', '.join(missing)}."
                if missing
                else f"Never touched: {', '.join(sorted(self._untouchable))}.",
            ),
        )

    def observe(self, account: Account) -> AccountObservation:
        """The API's view, live sessions, and the answer to a sign-in; UNKNOWN if they contradict each other."""
        name = local_part(account.account_id, self._server_name)
        if name is None:
            return AccountObservation(AccountState.MISSING, (RouteObservation("address", "not of this server"),), now())
        return self._settled(name, kick=False).observation()

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Empty: the API can read no public profile or room."""
        return ()

    def restrict(self, account: Account) -> StepResult:
        return impossible()

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        """A message from the notices account; offline storage keeps it for an absent holder."""
        return self._notices.deliver(self.observe(account), account.account_id, text, key)

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        return impossible()

    def close(self, account: Account) -> StepResult:
        """Ban the account and end its sessions. `restore` undoes it and brings the password back."""
        return self._order(account, AccountState.CLOSED, "ban_account/v2", reason=PUBLIC_REASON)

    def restore(self, account: Account) -> StepResult:
        """Lift the ban; the holder signs in with the old password."""
        return self._order(account, AccountState.ACTIVE, "unban_account/v2")

    def read_public(self, cursor: str | None) -> PublicFeed:
        """Always raises NotReadable: an empty feed would look like silence."""
        raise NotReadable(NOT_WATCHED, why="no reader for rooms")

    def _order(self, account: Account, wanted: AccountState, command: str, **arguments: str) -> StepResult:
        name = local_part(account.account_id, self._server_name)
        if name is None:
            return StepResult(OutcomeKind.REFUSED, NO_SUCH_ACCOUNT, self.observe(account).readings)
        if f"{name}@{self._server_name}" in self._untouchable:
            return StepResult(OutcomeKind.REFUSED, RUNS_THE_SERVER, (RouteObservation("account", "runs the server"),))

        def act() -> StepResult | None:
            # 0 is done; 1 is "already so" or a missing module, which the second observation distinguishes.
            self._number(command, user=name, host=self._server_name, **arguments)
            return None

        return bring_to(wanted, lambda: self._settled(name, kick=True).observation(), act)

    def _settled(self, name: str, *, kick: bool) -> _Inspection:
        """Observe once a banned account's sessions are gone, which takes a moment.

        An interrupted ban and its repeat leave sessions alone; `kick` ends them.
        """
        until = time.monotonic() + KICKED_WITHIN
        while (inspected := self._inspect(name)).half_closed and time.monotonic() < until:
            if kick:
                self._ask("kick_user", user=name, host=self._server_name)
            time.sleep(0.05)
        return inspected

    def _inspect(self, name: str) -> _Inspection:
        sessions = self._ask("user_sessions_info", user=name, host=self._server_name)
        if not isinstance(sessions, list):
            raise PlatformFault(why="user_sessions_info: answer not understood")
        return _Inspection(self._exists(name), len(sessions), sign_in_state(self._xmpp_url, self._server_name, name))

    def _exists(self, name: str) -> bool:
        return self._number("check_account", user=name, host=self._server_name) == 0

    def _version(self) -> Check:
        version = re.search(r"ejabberd (\d+)\.(\d+)", str(self._ask("status")))
        if version is None:
            return Check("version", False, "The server does not say which version it is. Is base_url its HTTP API?")
        new_enough = (int(version[1]), int(version[2])) >= OLDEST
        return Check(
            "version",
            new_enough,
            f"{version[0]}."
            if new_enough
            else f"{version[0]} is too old: a closure could not be undone before {OLDEST[0]}.{OLDEST[1]:02}.",
        )

    def _right(self, command: str) -> Check:
        reason = {"reason": PUBLIC_REASON} if command.startswith("ban") else {}
        try:
            self._ask(command, user=NOBODY, host=NOWHERE, **reason)
        except CredentialsRefused:
            return Check(
                command,
                False,
                f"{self._notices.account_id} may not call {command.partition('/')[0]}. Add it "
                "to api_permissions in ejabberd.yml.",
            )
        return Check(command, True, f"{self._notices.account_id} may call {command.partition('/')[0]}.")

    def _number(self, command: str, **arguments: str) -> int:
        value = self._ask(command, **arguments)
        if not isinstance(value, int) or isinstance(value, bool):
            raise PlatformFault(why=f"{command}: answer not understood")
        return value

    def _ask(self, command: str, **arguments: str) -> object:
        """The answer's JSON. Raises CredentialsRefused, or PlatformUnreachable for any other status than 200."""
        answer = self._http.call("POST", f"/api/{command}", json_body=arguments, any_json=True)
        if answer.status in (401, 403):
            raise CredentialsRefused(why=f"{command}: HTTP {answer.status}")
        if not answer.ok:
            raise PlatformUnreachable(why=f"{command}: HTTP {answer.status}")
        return answer.value


CREDENTIALS = {"notices_password": "Of the account that writes to holders and calls the API."}
OPTIONS = {
    "xmpp": "The address for sign-in, such as xmpp://127.0.0.1:5222.",
    "notices_account": "The account that writes to holders and calls the API.",
    "administrators": "The accounts in the ACL admin of ejabberd.yml, with commas between, or nothing.",
}


def from_configuration(configuration: PlatformConfiguration) -> EjabberdAdapter:
    """`base_url` is the address of `mod_http_api`.

    Options: `xmpp`, `notices_account`, `administrators`.

    Credential: `notices_password` of the account that calls the API and writes to holders. Raises BlockIncomplete.
    """
    options = configuration.options
    for name, why in (
        ("xmpp", "the address for sign-in, e.g. xmpp://127.0.0.1:5222"),
        ("notices_account", f"an account for Jaga, e.g. notices@{configuration.server_name}"),
        ("administrators", "the accounts in the ACL admin of ejabberd.yml with commas, or an empty text"),
    ):
        if name not in options:
            raise BlockIncomplete(platform=configuration.name, field=f"options.{name}", why=why)
    xmpp, account = options["xmpp"], options["notices_account"]
    password = credential(configuration, "notices_password")
    return EjabberdAdapter(
        base_url=configuration.base_url,
        xmpp_url=xmpp,
        server_name=configuration.server_name,
        notices=notices_account(configuration, xmpp, account, "notices_password"),
        password=password,
        administrators=frozenset(options["administrators"].lower().replace(",", " ").split()),
    )
