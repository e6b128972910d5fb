"""Adapter for Prosody (XMPP) through its admin shell on the same machine.

Tested with Prosody 13.0.

Closing *disables* the account: every session ends at once, and sign-in answers `account-disabled`. Nothing is deleted,
since anyone could register a deleted name again. Statements are sent from the operator's notices account; without one
they are not delivered.
"""

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    InAppFeed,
    Material,
    NotReadable,
    PlatformUnreachable,
    PublicFeed,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.configuration import PlatformConfiguration, run
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.steps import LOST_DEVICES, RUNS_THE_SERVER, LastObservation, bring_to, cannot_start, impossible
from jaga.platforms.xmpp import notices as prosody_reports
from jaga.platforms.xmpp.notices import CAN_DELIVER, CANNOT_DELIVER, NO_NOTICES, NoticesAccount, notices_account
from jaga.platforms.xmpp.streams import DISABLED, OPEN, REFUSED, local_part, sign_in_state

SECONDS = 20.0
LARGEST_ANSWER = 16 * 1024 * 1024
MISSING = "missing"
_RUNNERS = frozenset({"prosody:admin", "prosody:operator"})

DROPS_IN_SILENCE = N_("The server would not say whether the holder blocks the sender. Nothing was sent.")
NOT_WATCHED = N_("Public rooms of this platform cannot be read.")

STEPS = {
    Step.OBSERVE: Capability(True),
    Step.PRESERVE: Capability(False, note=N_("The server keeps nothing public of an account.")),
    Step.RESTRICT: Capability(False, note=N_("The server cannot hold an account that still reads.")),
    Step.REDACT: Capability(False),
    Step.CLOSE: Capability(True, lost_on_undo=(LOST_DEVICES,)),
    Step.RESTORE: Capability(True),
}


class ProsodyAdapter:
    """The platform interface for Prosody. See `jaga.core.platforms.PlatformPort`."""

    def __init__(
        self,
        *,
        url: str,
        server_name: str,
        command: tuple[str, ...],
        notices: NoticesAccount | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._notices = notices
        self._url = url
        self._server_name = server_name
        self._command = command
        self._seconds = seconds
        self._last = LastObservation[AccountObservation]()

    def capabilities(self) -> Capabilities:
        return Capabilities("prosody", {**STEPS, Step.DELIVER: CAN_DELIVER if self._notices else CANNOT_DELIVER})

    def check(self) -> tuple[Check, ...]:
        """Check the shell's version, the sign-in of a nonexistent name, and the notices account. Read-only."""
        version = self._shell("server", "version")
        shell = Check("shell", version.startswith("OK: "), f"prosodyctl shell answers: {version}")
        state = sign_in_state(self._url, self._server_name, "jaga.check.nobody")
        nobody = Check("sign-in", state == REFUSED, f"Signing in as nobody is answered by: {state}.")
        passes = self._shell("jaga", "reports", self._server_name, "0").startswith("OK: ")
        button = Check(
            "reports",
            True,
            "What people report in their app is passed on."
            if passes
            else "The module jaga_reports is not loaded, so what people report in their app stays there.",
        )
        if self._notices is None:
            return (
                shell,
                nobody,
                button,
                Check("notices", True, "No options.notices_account, so no statement is delivered."),
            )
        returned = self._sends_back()
        bounces = Check(
            "blocklist",
            returned,
            "A message to a holder who blocks its sender comes back."
            if returned
            else "Set bounce_blocked_messages = true in Prosody's configuration: without it a blocked statement "
            "vanishes in silence, so none is sent.",
        )
        return shell, nobody, button, bounces, *self._notices.check()

    def observe(self, account: Account) -> AccountObservation:
        """The shell's view and the answer to a sign-in; UNKNOWN if they contradict each other."""
        name = local_part(account.account_id, self._server_name)
        if name is None:
            return AccountObservation(AccountState.MISSING, (RouteObservation("address", "not of this server"),), now())
        role = self._role(f"{name}@{self._server_name}")
        sign_in = sign_in_state(self._url, self._server_name, name)
        readings = (RouteObservation("shell", role), RouteObservation("sign-in", sign_in))
        return self._last.keep(account.account_id, AccountObservation(_judge(role, sign_in), readings, now()))

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Empty: the shell can read no public profile or room."""
        return ()

    def restrict(self, account: Account) -> StepResult:
        return impossible()

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        """A message from the notices account; offline storage keeps it for an absent holder."""
        if self._notices is None:
            return impossible(NO_NOTICES)
        if not self._sends_back():
            return impossible(DROPS_IN_SILENCE)
        return self._notices.deliver(self._before(account), account.account_id, text, key)

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        return impossible()

    def close(self, account: Account) -> StepResult:
        """Disable the account and end all its sessions. `restore` undoes it; the password is kept."""
        return self._order(account, AccountState.CLOSED, "disable")

    def restore(self, account: Account) -> StepResult:
        """Enable the account; the holder signs in with the old password."""
        return self._order(account, AccountState.ACTIVE, "enable")

    def read_reports(self, cursor: str | None) -> InAppFeed:
        """Reports stored by Jaga's module on the server. See `jaga.core.platforms.PassesReports`."""
        lines = self._ask("jaga", "reports", self._server_name, str(prosody_reports.after(cursor)))
        if lines[-1].startswith("Error: Command not found"):
            return InAppFeed((), cursor or "0")  # The module is not loaded: no reports are passed on.
        if not lines[-1].startswith("OK: "):
            raise PlatformUnreachable(why="shell: its reports were not handed over")
        return prosody_reports.feed(lines, cursor)

    def read_public(self, cursor: str | None) -> PublicFeed:
        """Always raises NotReadable: an empty feed would look like silence."""
        raise NotReadable(NOT_WATCHED, why="no reader for rooms")

    def _order(self, account: Account, wanted: AccountState, verb: str) -> StepResult:
        before = self._before(account)
        if obstacle := cannot_start(before):
            return obstacle
        address = f"{local_part(account.account_id, self._server_name)}@{self._server_name}"
        sender = self._notices is not None and address == self._notices.account_id
        if sender or before.readings[0].answer in _RUNNERS:
            runner = "notices account" if sender else "administrator"
            return StepResult(OutcomeKind.REFUSED, RUNS_THE_SERVER, (RouteObservation("shell", runner),))

        def act() -> StepResult | None:
            self._last.forget()
            answer = self._shell("user", verb, address)
            if answer.startswith("OK: "):
                return None
            raise PlatformUnreachable(why="shell: the order was not taken")

        return bring_to(wanted, lambda: self.observe(account), act, before=before, by_all_routes=True)

    def _before(self, account: Account) -> AccountObservation:
        return self._last.of(account.account_id) or self.observe(account)

    def _sends_back(self) -> bool:
        """Whether a message bounces from a holder who blocks its sender. Prosody drops it by default."""
        return self._shell("config", "get", self._server_name, "bounce_blocked_messages") == "OK: true"

    def _role(self, address: str) -> str:
        answer = self._shell("user", "role", address)
        if answer == "Error: No such user":
            return MISSING
        if not answer.startswith("OK: "):
            raise PlatformUnreachable(why="shell: answer not understood")
        return answer.removeprefix("OK: ")

    def _shell(self, *words: str) -> str:
        """The last line of the shell's answer, which starts with `OK:` or `Error:`."""
        return self._ask(*words)[-1]

    def _ask(self, *words: str) -> list[str]:
        """The lines of the shell's answer up to the last one starting with `OK:` or `Error:`."""
        output = run([*self._command, "shell", *words], self._seconds, LARGEST_ANSWER)
        # Not `splitlines`: user text may contain other line separators.
        lines = [line.strip(" \t\r") for line in output.split("\n")]
        ends = [number for number, line in enumerate(lines) if line.startswith(("OK: ", "Error: "))]
        if not ends:
            raise PlatformUnreachable(why="shell: no answer; does the server run, with the module admin_shell?")
        # The shell prints unrelated output before the answer, in a separate margin.
        return [line.removeprefix("| ") for line in lines[: ends[-1] + 1]]


def _judge(role: str, sign_in: str) -> AccountState:
    if role == MISSING:
        return AccountState.MISSING if sign_in == REFUSED else AccountState.UNKNOWN
    return {OPEN: AccountState.ACTIVE, DISABLED: AccountState.CLOSED}.get(sign_in, AccountState.UNKNOWN)


CREDENTIALS = {"notices_password": "Of the account that writes to holders."}
OPTIONS = {
    "prosodyctl": "The program, where it is not in the path.",
    "config": "Its file, where that is not the usual one.",
    "root": "yes: prosodyctl runs as root.",
    "notices_account": "The account that writes to holders.",
}


def from_configuration(configuration: PlatformConfiguration) -> ProsodyAdapter:
    """`base_url` is `xmpp://host:5222`.

    Options: `prosodyctl` (the program), `config` (its file), `root` (`yes`).

    `notices_account` with the credential `notices_password` delivers statements. Raises BlockIncomplete without the
    password, or if the account is on another server.
    """
    command = [configuration.options.get("prosodyctl", "prosodyctl")]
    if configuration.options.get("root") == "yes":
        command.append("--root")
    if config := configuration.options.get("config"):
        command += ["--config", config]
    notices = None
    if account := configuration.options.get("notices_account"):
        notices = notices_account(configuration, configuration.base_url, account, "notices_password")
    return ProsodyAdapter(
        url=configuration.base_url, server_name=configuration.server_name, command=tuple(command), notices=notices
    )
