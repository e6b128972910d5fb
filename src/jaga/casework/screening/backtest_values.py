"""What a backtest found. Without the screening engine, so that the web server can read it."""

from dataclasses import dataclass, replace

from jaga.core.shares import Share


@dataclass(frozen=True)
class ChangedCase:
    """A case whose flag changes. `words` are the matches; empty if its texts are restricted.

    `closed`: only people with a clearance may know of it.
    """

    reference: str
    before: float
    after: float
    judged: bool | None
    words: tuple[str, ...] = ()
    closed: bool = False


@dataclass(frozen=True)
class FlagQuality:
    """How the flags of one release agree with people's decisions. None if nothing was flagged or judged."""

    flagged: int
    precision: Share | None
    recall: Share | None


@dataclass(frozen=True)
class Backtest:
    """The effect of a change on the cases of a period."""

    cases: int
    texts: int
    judged_for: int
    judged_against: int
    before: FlagQuality
    after: FlagQuality
    newly_flagged: int
    no_longer_flagged: int
    newly: tuple[ChangedCase, ...]
    no_longer: tuple[ChangedCase, ...]

    def without_words(self) -> "Backtest":
        """The same without matched words and without closed cases among the examples, to be stored."""
        return replace(self, newly=_without_words(self.newly), no_longer=_without_words(self.no_longer))


def _without_words(cases: tuple[ChangedCase, ...]) -> tuple[ChangedCase, ...]:
    return tuple(replace(one, words=()) for one in cases if not one.closed)
