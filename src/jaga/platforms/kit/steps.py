"""How every step that changes an account goes: look, act only if needed, look again.

An answer to the action is never the proof of it; the second look is. A repeat after an unknown outcome therefore finds
the effect at its first look and answers `ALREADY`, also on servers that know no idempotency keys.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from jaga.core.errors import N_
from jaga.core.platforms import AccountObservation, StepResult
from jaga.core.terms import AccountState, OutcomeKind

NO_SUCH_ACCOUNT = N_("There is no such account on the platform. Nothing was created.")
CONTRADICTION = N_("The platform's routes contradict each other. Nothing was changed.")
NOTHING_TO_DO = N_("The account is already so.")
SEEN = N_("It was done, and a second check confirmed it.")
SENT_BEFORE = N_("It was sent before. It was not sent again.")
NOT_SEEN = N_("The platform reported success, but a second check does not confirm it.")
RUNS_THE_SERVER = N_("This account runs the server. Nothing was changed.")
UNSUPPORTED = N_("This platform has no such step.")

# What an undo loses, in the words that every adapter uses; the contract suite looks whether they were said.
LOST_DEVICES = N_("signed-in devices")
LOST_PASSWORD = N_("password")

Seen = TypeVar("Seen")
Look = Callable[[], AccountObservation]
Act = Callable[[], StepResult | None]
_LOOKS = 8  # within the time that a look may trail
_SHORTEST_PAUSE = 0.05


def impossible(detail: str = UNSUPPORTED) -> StepResult:
    """The answer of a step that the platform does not have. Nothing was changed."""
    return StepResult(OutcomeKind.IMPOSSIBLE, detail)


def cannot_start(seen: AccountObservation) -> StepResult | None:
    """Why no step may begin on what was seen: a missing account (REFUSED) or contradicting routes (UNKNOWN)."""
    if seen.state is AccountState.MISSING:
        return StepResult(OutcomeKind.REFUSED, NO_SUCH_ACCOUNT, seen.readings)
    if seen.state is AccountState.UNKNOWN:
        return StepResult(OutcomeKind.UNKNOWN, CONTRADICTION, seen.readings)
    return None


def bring_to(
    wanted: AccountState, look: Look, act: Act, *, enough: frozenset[AccountState] = frozenset(),
    before: AccountObservation | None = None, by_all_routes: bool = False, lag: float = 0.0,
) -> StepResult:
    """Bring an account to `wanted`; states in `enough` count as being there already.

    `before` is what the caller saw a moment ago within this very step; without it the first look is taken here.

    `by_all_routes` says that `look` asks all that `observe` asks; then its second look is in `StepResult.seen`.

    `lag` is how long the platform's looks may trail behind (`Capabilities.lag`): so long the second look is repeated.

    `act` returns None when the platform took the order, or a result that says why it did not. Raises what `look` and
    `act` raise: after PlatformUnreachable the effect is unknown, and calling again is safe.
    """
    before = before or look()
    if obstacle := cannot_start(before):
        return obstacle
    if before.state is wanted or before.state in enough:
        return StepResult(OutcomeKind.ALREADY, NOTHING_TO_DO, before.readings)
    if refusal := act():
        return refusal
    after = seen_within(lag, look, lambda seen: seen.state is wanted)
    if after.state is wanted:
        return StepResult(OutcomeKind.DONE, SEEN, after.readings, seen=after if by_all_routes else None)
    return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN, after.readings)


def send_once(is_there: Callable[[], bool], send: Act, *, lag: float = 0.0) -> StepResult:
    """Send what one key marks, unless it is there; then look again. Nothing of it goes out twice.

    Where looks trail by `lag` seconds, an earlier sending may not be seen yet: whoever did it may have been killed a
    moment ago and have recorded nothing. So it is looked for that long before anything is sent, and afterwards again.

    `send` returns None when the platform took it, or a result that says why it did not. Raises what the two raise.
    """
    if seen_within(lag, is_there, bool):
        return StepResult(OutcomeKind.ALREADY, SENT_BEFORE)
    if refusal := send():
        return refusal
    if seen_within(lag, is_there, bool):
        return StepResult(OutcomeKind.DONE, SEEN)
    return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN)


def seen_within(lag: float, look: Callable[[], Seen], enough: Callable[[Seen], bool]) -> Seen:
    """The first look that is enough, or the last one that began `lag` seconds from now. Without a lag it is one look.
    """
    until = time.monotonic() + lag
    while True:
        begun = time.monotonic()
        seen = look()
        if enough(seen) or begun >= until:
            return seen
        time.sleep(max(min(lag / _LOOKS, until - time.monotonic()), _SHORTEST_PAUSE))
