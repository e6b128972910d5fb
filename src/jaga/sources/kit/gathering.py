"""Gathers a batch item by item: a bad item is set aside with its place and reason and does not stop the others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from jaga.core.foreign import ForeignValueInvalid, is_identifier
from jaga.core.observations.values import Deletion, Observation, ObservedBatch
from jaga.core.platforms import SetAside
from jaga.core.terms.actions import SetAsideKind
from jaga.platforms.kit.foreign import MISREAD, raw

LONGEST_RAW = 10_000
MOST_SET_ASIDE = 200
"""In one batch. What comes after it waits for the next, so that a file of nothing but errors stays readable."""


@dataclass(frozen=True)
class OptedOut:
    """The account asks not to be found, indexed or read."""

    account_id: str


@dataclass(frozen=True)
class OptedIn:
    """The account says that it does not ask for that, or not any more."""

    account_id: str


Found = Observation | Deletion | OptedOut | OptedIn


@dataclass
class Gathering:
    """One batch in the making."""

    found: list[Found] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)

    observed: int = 0
    """How many observations there are so far."""

    def add(self, found: Iterable[Found]) -> None:
        """What was built without an error."""
        for one in found:
            self.found.append(one)
            self.observed += isinstance(one, Observation)

    def full(self, limit: int) -> bool:
        """Whether a next item might be one too many."""
        return self.observed >= limit or len(self.aside) >= MOST_SET_ASIDE

    def take(self, place: str, item: object, build: Callable[..., Iterable[Found]], *given: object) -> bool:
        """Add what `build` makes of `given`, or set `item` aside. `place` says where, for instance `line 17`."""
        try:
            self.add(tuple(build(*given)))
        except MISREAD as error:
            self.refuse(place, error, item)
            return False
        return True

    def refuse(self, place: str, why: str | BaseException, item: object) -> None:
        """Set the item aside, at most its first `LONGEST_RAW` bytes. An error's own message is not repeated."""
        if isinstance(why, BaseException):
            why = str(why) if isinstance(why, ForeignValueInvalid) else type(why).__name__
        kept = item if isinstance(item, bytes) else raw(item)
        self.aside.append(SetAside(SetAsideKind.MESSAGE, f"{place}: {why}", kept[:LONGEST_RAW]))

    def batch(self, cursor: str, *, more: bool = False, lag: timedelta | None = None) -> ObservedBatch:
        """The batch, without observations of those who opted out. Of two versions of a text both stay, in order."""
        out = {one.account_id for one in self.found if isinstance(one, OptedOut) and is_identifier(one.account_id)}
        back = {one.account_id for one in self.found if isinstance(one, OptedIn) and is_identifier(one.account_id)}
        return ObservedBatch(
            tuple(one for one in self.found if isinstance(one, Observation) and one.account_id not in out),
            cursor,
            tuple(one for one in self.found if isinstance(one, Deletion)),
            tuple(sorted(out)),
            lag,
            more,
            tuple(self.aside),
            tuple(sorted(back - out)),
        )
