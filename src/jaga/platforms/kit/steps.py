"""The pattern of every step that changes an account: observe, act only if needed, observe again.

The answer to an action proves nothing; the second observation does. A retry after an unknown outcome therefore finds
the effect at its first observation and returns `ALREADY`, even without idempotency keys.

Caches an account's observation within one attempt, so the next step need not observe again.

An attempt starts with an observation by all routes (`Step.OBSERVE`), on one account by one worker in one thread. Each
thread therefore caches its latest observation for some seconds, until something is changed. Effects of a change are
always observed afresh.

Dry runs: what an adapter would do to an account, without doing it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import local
from typing import Generic, Protocol, TypeVar, runtime_checkable

from jaga.core.errors import N_
from jaga.core.platforms import Account, AccountObservation, StepResult
from jaga.core.terms.cases import AccountState, OutcomeKind

SECONDS = 5.0

Observed = TypeVar("Observed")


class LastObservation(Generic[Observed]):
    """One observation per thread. Each adapter has its own cache."""

    def __init__(self) -> None:
        self._mine = local()

    def keep(self, account_id: str, observation: Observed) -> Observed:
        """Cache this observation."""
        self._mine.observed = account_id, time.monotonic(), observation
        return observation

    def of(self, account_id: str) -> Observed | None:
        """This thread's latest observation, if it is recent and of this account."""
        whose, when, observation = getattr(self._mine, "observed", ("", 0.0, None))
        return observation if whose == account_id and time.monotonic() - when < SECONDS else None

    def forget(self) -> None:
        """Clear the cache before a change."""
        self._mine.observed = "", 0.0, None


@dataclass(frozen=True)
class Rehearsed:
    """One line: the step, what would be sent, and the result without any effect."""

    step: str
    what: str
    result: str


@runtime_checkable
class Rehearses(Protocol):
    """The additional interface of an adapter that supports dry runs."""

    def rehearse(self, account: Account) -> tuple[Rehearsed, ...]:
        """Everything the steps would send. Changes nothing on the platform. Raises PlatformUnreachable."""


NO_SUCH_ACCOUNT = N_("There is no such account on the platform. Nothing was created.")
CONTRADICTION = N_("The platform's routes contradict each other. Nothing was changed.")
NOTHING_TO_DO = N_("The account is already so.")
SEEN = N_("It was done, and a second check confirmed it.")
SENT_BEFORE = N_("It was sent before. It was not sent again.")
NOT_SEEN = N_("The platform reported success, but a second check does not confirm it.")
RUNS_THE_SERVER = N_("This account runs the server. Nothing was changed.")
UNSUPPORTED = N_("This platform has no such step.")

# What undoing loses, in wording shared by all adapters; the contract suite checks it.
LOST_DEVICES = N_("signed-in devices")
LOST_PASSWORD = N_("password")

AccessEvent = Callable[[], AccountObservation]
Act = Callable[[], StepResult | None]
_LOOKS = 8  # Within the observation's lag.
_SHORTEST_PAUSE = 0.05


def impossible(detail: str = UNSUPPORTED) -> StepResult:
    """The result of a step the platform does not support. Nothing was changed."""
    return StepResult(OutcomeKind.IMPOSSIBLE, detail)


def cannot_start(observation: AccountObservation) -> StepResult | None:
    """Why no step may start from this observation: a missing account (REFUSED) or contradicting routes (UNKNOWN)."""
    if observation.state is AccountState.MISSING:
        return StepResult(OutcomeKind.REFUSED, NO_SUCH_ACCOUNT, observation.readings)
    if observation.state is AccountState.UNKNOWN:
        return StepResult(OutcomeKind.UNKNOWN, CONTRADICTION, observation.readings)
    return None


def bring_to(
    wanted: AccountState,
    observe: AccessEvent,
    act: Act,
    *,
    enough: frozenset[AccountState] = frozenset(),
    before: AccountObservation | None = None,
    by_all_routes: bool = False,
    lag: float = 0.0,
) -> StepResult:
    """Bring an account to `wanted`; states in `enough` count as reached.

    `before` is a recent observation within this step; without it one is made first.

    `by_all_routes`: `observe` queries all that `observe` does, so its second result goes into `StepResult.observation`.

    `lag` is the delay of the platform's observations (`Capabilities.lag`); the second one is repeated that long.

    `act` returns None if the platform accepted the change, otherwise a result that says why not. Raises what `observe`
    and `act` raise: after PlatformUnreachable the effect is unknown, and calling again is safe.
    """
    before = before or observe()
    if obstacle := cannot_start(before):
        return obstacle
    if before.state is wanted or before.state in enough:
        return StepResult(OutcomeKind.ALREADY, NOTHING_TO_DO, before.readings)
    if refusal := act():
        return refusal
    after = observe_within(lag, observe, lambda observation: observation.state is wanted)
    if after.state is wanted:
        return StepResult(OutcomeKind.DONE, SEEN, after.readings, observation=after if by_all_routes else None)
    return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN, after.readings)


def send_once(is_there: Callable[[], bool], send: Act, *, lag: float = 0.0) -> StepResult:
    """Send a message marked with one key unless it is already there, then check.

    It is never sent twice.

    With a `lag` in seconds an earlier message may not be visible yet, sent by a worker that was killed before recording
    it; so the check is repeated that long before and after sending.

    `send` returns None if the platform accepted it, otherwise a result that says why not. Raises what the two raise.
    """
    if observe_within(lag, is_there, bool):
        return StepResult(OutcomeKind.ALREADY, SENT_BEFORE)
    if refusal := send():
        return refusal
    if observe_within(lag, is_there, bool):
        return StepResult(OutcomeKind.DONE, SEEN)
    return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN)


def observe_within(lag: float, observe: Callable[[], Observed], enough: Callable[[Observed], bool]) -> Observed:
    """The first observation that is enough, or the last one started within `lag` seconds; a single one without lag."""
    until = time.monotonic() + lag
    while True:
        begun = time.monotonic()
        observation = observe()
        if enough(observation) or begun >= until:
            return observation
        time.sleep(max(min(lag / _LOOKS, until - time.monotonic()), _SHORTEST_PAUSE))
