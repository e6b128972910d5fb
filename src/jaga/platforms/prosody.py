"""The adapter for Prosody (XMPP), through its admin shell on the same machine. Seen on Prosody 13.0.

Closing *disables*: the session ends at once, and sign-in answers `account-disabled`. Nothing is deleted, on purpose: a
deleted name could be registered again by anybody.
"""

import re
import subprocess

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    Material,
    PlatformUnreachable,
    PublicFeed,
    Reading,
    StepResult,
)
from jaga.core.terms import AccountState, OutcomeKind, Step
from jaga.platforms.checks import Check
from jaga.platforms.configuration import PlatformConfiguration
from jaga.platforms.steps import RUNS_THE_SERVER, bring_to, cannot_start, impossible
from jaga.platforms.xmpp import DISABLED, OPEN, REFUSED, sign_in_state

SECONDS = 20.0
MISSING = "missing"
_NAME = re.compile(r"[^\s\"&'/:<>@\x00-\x1f\x7f,=\\-][^\s\"&'/:<>@\x00-\x1f\x7f,=\\]{0,255}")
_RUNNERS = frozenset({"prosody:admin", "prosody:operator"})

NOT_WATCHED = N_("Public rooms of this platform cannot be read.")

CAPABILITIES = Capabilities("prosody", {
    Step.OBSERVE: Capability(True),
    Step.PRESERVE: Capability(False, note=N_("The server keeps nothing public of an account.")),
    Step.RESTRICT: Capability(False, note=N_("The server cannot hold an account that still reads.")),
    Step.DELIVER: Capability(False, note=N_("The statement waits behind the code for the appeal.")),
    Step.REDACT: Capability(False),
    Step.CLOSE: Capability(True, lost_on_undo=(N_("signed-in devices"),)),
    Step.RESTORE: Capability(True),
})


class ProsodyAdapter:
    """The port of platforms on Prosody. See `jaga.core.platforms.PlatformPort`."""

    def __init__(self, *, url: str, server_name: str, command: tuple[str, ...], seconds: float = SECONDS) -> None:
        self._url = url
        self._server_name = server_name
        self._command = command
        self._seconds = seconds

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self) -> tuple[Check, ...]:
        """The shell's version, and the sign-in of a name that nobody has. Changes nothing."""
        version = self._shell("server", "version")
        shell = Check("shell", version.startswith("OK: "), f"prosodyctl shell answers: {version}")
        state = sign_in_state(self._url, self._server_name, "jaga.check.nobody")
        return shell, Check("sign-in", state == REFUSED, f"Signing in as nobody is answered by: {state}.")

    def observe(self, account: Account) -> AccountObservation:
        """The shell's view, and what the server answers to a sign-in. Where they contradict: UNKNOWN."""
        name = self._name(account)
        if name is None:
            return AccountObservation(AccountState.MISSING, (Reading("address", "not of this server"),), now())
        role = self._role(account)
        sign_in = sign_in_state(self._url, self._server_name, name)
        readings = (Reading("shell", role), Reading("sign-in", sign_in))
        return AccountObservation(_judge(role, sign_in), readings, now())

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Nothing: there is no public profile or room that the shell could read."""
        return ()

    def restrict(self, account: Account) -> StepResult:
        return impossible()

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        return impossible()

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        return impossible()

    def close(self, account: Account) -> StepResult:
        """Disable the account. Undone by `restore`; the password stays."""
        return self._order(account, AccountState.CLOSED, "disable")

    def restore(self, account: Account) -> StepResult:
        """Enable the account; the holder signs in with the old password."""
        return self._order(account, AccountState.ACTIVE, "enable")

    def read_public(self, cursor: str | None) -> PublicFeed:
        """Always raises PlatformUnreachable: an empty feed would look like silence."""
        raise PlatformUnreachable(NOT_WATCHED, why="no reader for rooms")

    def _order(self, account: Account, wanted: AccountState, verb: str) -> StepResult:
        if obstacle := cannot_start(self.observe(account)):
            return obstacle
        if self._role(account) in _RUNNERS:
            return StepResult(OutcomeKind.REFUSED, RUNS_THE_SERVER, (Reading("shell", "administrator"),))

        def act() -> StepResult | None:
            answer = self._shell("user", verb, account.account_id)
            if answer.startswith("OK: "):
                return None
            raise PlatformUnreachable(why="shell: the order was not taken")

        return bring_to(wanted, lambda: self.observe(account), act)

    def _name(self, account: Account) -> str | None:
        name, _, server = account.account_id.partition("@")
        return name if server == self._server_name and _NAME.fullmatch(name) else None

    def _role(self, account: Account) -> str:
        answer = self._shell("user", "role", account.account_id)
        if answer == "Error: No such user":
            return MISSING
        if not answer.startswith("OK: "):
            raise PlatformUnreachable(why="shell: answer not understood")
        return answer.removeprefix("OK: ")

    def _shell(self, *words: str) -> str:
        """The last line of the shell's answer, which begins with `OK:` or `Error:`."""
        try:
            done = subprocess.run(
                [*self._command, "shell", *words], capture_output=True, text=True, errors="replace",
                timeout=self._seconds, check=False, stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise PlatformUnreachable(why=f"shell: {type(error).__name__}") from error
        lines = [line.strip() for line in (done.stdout + "\n" + done.stderr).splitlines()]
        answers = [line for line in lines if line.startswith(("OK: ", "Error: "))]
        if not answers:
            raise PlatformUnreachable(why="shell: no answer; does the server run, with the module admin_shell?")
        return answers[-1]


def _judge(role: str, sign_in: str) -> AccountState:
    if role == MISSING:
        return AccountState.MISSING if sign_in == REFUSED else AccountState.UNKNOWN
    return {OPEN: AccountState.ACTIVE, DISABLED: AccountState.CLOSED}.get(sign_in, AccountState.UNKNOWN)


def from_configuration(configuration: PlatformConfiguration) -> ProsodyAdapter:
    """`base_url` is `xmpp://host:5222`. Options: `prosodyctl` (the program), `config` (its file), `root` (`yes`)."""
    command = [configuration.options.get("prosodyctl", "prosodyctl")]
    if configuration.options.get("root") == "yes":
        command.append("--root")
    if config := configuration.options.get("config"):
        command += ["--config", config]
    return ProsodyAdapter(
        url=configuration.base_url, server_name=configuration.server_name, command=tuple(command))
