"""The adapter of the toy platform, as an example for a platform without idempotency keys.

Tests put this folder on the path of `jaga.platforms` (`tests.faults.processes`), so that the registry finds it by its
name like a shipped one. It is not part of Jaga.
"""

from urllib.parse import quote

from jaga.core.clock import now
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    Material,
    PlatformUnreachable,
    PublicFeed,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import CredentialsRefused, Http
from jaga.platforms.kit.steps import SEEN, bring_to, cannot_start, impossible, send_once

_STATES = {"open": AccountState.ACTIVE, "held": AccountState.RESTRICTED, "closed": AccountState.CLOSED}
LAG = 0.3  # seconds; an order whose caller was killed is carried out all the same, and shows only then
_ABLE = (Step.OBSERVE, Step.PRESERVE, Step.RESTRICT, Step.DELIVER, Step.CLOSE, Step.RESTORE)


class ToyAdapter:
    """`PlatformPort` over the toy's HTTP."""

    def __init__(self, base_url: str, token: str) -> None:
        self._http = Http(base_url, token, seconds=5)

    def capabilities(self) -> Capabilities:
        return Capabilities("toy", {step: Capability(step in _ABLE) for step in Step if step is not Step.ASK}, lag=LAG)

    def check(self) -> tuple[Check, ...]:
        return (Check("reachable", self._http.call("GET", "/effects").ok, "It answers."),)

    def observe(self, account: Account) -> AccountObservation:
        return self.look(account)

    def look(self, account: Account) -> AccountObservation:
        """Two routes; if they differ, the state is unknown."""
        shown = self._http.call("GET", f"/accounts/{quote(account.account_id, safe='')}")
        sign_in = self._http.call("GET", f"/sign-in/{quote(account.account_id, safe='')}")
        readings = (
            RouteObservation("account", str(shown.body.get("state"))),
            RouteObservation("sign-in", str(sign_in.body.get("answer"))),
        )
        if shown.status == sign_in.status == 404:
            return AccountObservation(AccountState.MISSING, readings, now())
        same = shown.body.get("state") == sign_in.body.get("answer")
        state = _STATES.get(str(shown.body.get("state")), AccountState.UNKNOWN) if same else AccountState.UNKNOWN
        return AccountObservation(state, readings, now())

    def preserve(self, account: Account) -> tuple[Material, ...]:
        return (Material("profile.json", "application/json", account.account_id.encode()),)

    def restrict(self, account: Account) -> StepResult:
        return bring_to(
            AccountState.RESTRICTED,
            lambda: self.look(account),
            lambda: self.order(account, "hold"),
            enough=frozenset({AccountState.CLOSED}),
        )

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        """The platform has no keys, so the text itself is searched; it contains the unique appeal code."""
        seen = self.look(account)
        if obstacle := cannot_start(seen):
            return obstacle
        if seen.state is AccountState.CLOSED:
            return StepResult(OutcomeKind.ALREADY, SEEN) if text in self._inbox(account) else impossible()
        return send_once(lambda: text in self._inbox(account), lambda: self.order(account, "notice", text), lag=LAG)

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        return impossible()

    def close(self, account: Account) -> StepResult:
        return bring_to(AccountState.CLOSED, lambda: self.look(account), lambda: self.order(account, "close"))

    def restore(self, account: Account) -> StepResult:
        return bring_to(AccountState.ACTIVE, lambda: self.look(account), lambda: self.order(account, "reopen"))

    def read_public(self, cursor: str | None) -> PublicFeed:
        raise PlatformUnreachable(why="it has no public rooms")

    def order(self, account: Account, order: str, text: str = "") -> StepResult | None:
        """A changing call. Calling it twice has two effects."""
        path = f"/accounts/{quote(account.account_id, safe='')}/{order}"
        answer = self._http.call("POST", path, json_body={"text": text})
        if answer.status == 401:
            raise CredentialsRefused(why="HTTP 401")
        if not answer.ok:
            raise PlatformUnreachable(why=f"{order} was not taken")
        return None

    def _inbox(self, account: Account) -> list[str]:
        found = self._http.call("GET", f"/inbox/{quote(account.account_id, safe='')}").body.get("notices")
        return found if isinstance(found, list) else []


def from_configuration(configuration: PlatformConfiguration) -> ToyAdapter:
    """Needs the address and a token."""
    return ToyAdapter(configuration.base_url, configuration.credentials["token"])
