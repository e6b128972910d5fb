"""The port of platforms: what Jaga asks of a chat platform, and the values that cross it.

An adapter (`jaga.platforms`) offers primitive, idempotent steps that each express a *desired state*. The order of the
steps of an action is Jaga's, not the adapter's: `STEPS`. Rules learnt from real servers:

* an answer is a claim, not a proof: `observe` must not rely on the answer to any earlier call;
* repeats answer differently on every server: adapters normalise them to `OutcomeKind.ALREADY`;
* some servers create the account that one asks them to close: an adapter looks first;
* a reason given to a platform may be public: no case data in it;
* an answer may hold anything: what crosses the port is a `PortValue`, whose texts are cleaned and whose identifiers are
  never altered (`jaga.core.foreign`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from jaga.core.errors import N_, JagaError
from jaga.core.foreign import (
    Cursor,
    Digest,
    Identifier,
    Line,
    Moment,
    OurText,
    OwnNumber,
    Paragraph,
    PortValue,
    Words,
    shown,
)
from jaga.core.locators import FAMILIES, usable_pattern
from jaga.core.terms import AccountState, ActionKind, AnswerKind, HelpReach, OutcomeKind, SetAsideKind, Step

STEPS: MappingProxyType[ActionKind, tuple[Step, ...]] = MappingProxyType({
    ActionKind.PRESERVE: (Step.OBSERVE, Step.PRESERVE),
    ActionKind.RESTRICT: (Step.OBSERVE, Step.PRESERVE, Step.DELIVER, Step.RESTRICT),
    # The reasons come before the first message disappears: a redaction stands beside a measure, whose statement it is.
    ActionKind.REDACT: (Step.OBSERVE, Step.PRESERVE, Step.RESTRICT, Step.DELIVER, Step.REDACT),
    # The holder reads the statement while the account is held and before the door closes; a closed account cannot.
    ActionKind.CLOSE: (Step.OBSERVE, Step.PRESERVE, Step.RESTRICT, Step.DELIVER, Step.CLOSE),
    ActionKind.RESTORE: (Step.OBSERVE, Step.RESTORE, Step.DELIVER),
})

WANTED: MappingProxyType[ActionKind, AccountState | None] = MappingProxyType({
    ActionKind.PRESERVE: None,  # nothing changes on the platform
    ActionKind.REDACT: None,  # judged by what the rooms show, not by the account's state
    ActionKind.RESTRICT: AccountState.RESTRICTED,
    ActionKind.CLOSE: AccountState.CLOSED,
    ActionKind.RESTORE: AccountState.ACTIVE,
})
"""The account state that an independent observation must see for an action to count as verified."""


@dataclass(frozen=True)
class Account:
    """One account on one platform. `account_id` is the platform's own stable id (on Matrix `@name:server`).

    `since`: when it was opened, where the platform said so in answer to `Identifies.identify`.

    It goes both ways, so the ids are checked at each call of an adapter (`jaga.platforms.kit.guard`), not here.
    """

    platform: str
    account_id: str
    handle: str = ""
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class RouteObservation(PortValue):
    """What one independent route answered: e.g. route `admin`, `profile`, `token`; answer in a few plain words."""

    route: Line
    answer: Paragraph


@dataclass(frozen=True)
class AccountObservation(PortValue):
    """An account's state as several routes show it. `readings` is kept as evidence of the claim."""

    state: AccountState
    readings: tuple[RouteObservation, ...]
    at: Moment


@dataclass(frozen=True)
class StepResult(PortValue):
    """What a step was seen to do. `detail` is for the console and holds no case data and no secret.

    `seen` is what `observe` would have shown right after the step, where the step has looked by all of its routes: that
    one look then serves as the verification too.

    `secret` is for the account holder alone: the password of an account that `restore` had to give a new one. Show it
    on the page that the appeal code opens and nowhere else; never log it, and never put it in the ledger.
    """

    kind: OutcomeKind
    detail: Words
    readings: tuple[RouteObservation, ...] = ()
    secret: OurText = field(default="", repr=False)
    seen: AccountObservation | None = None


@dataclass(frozen=True)
class Material(PortValue):
    """One preserved original: profile, public messages or a list of media, as JSON bytes, to be sealed by the caller.

    `name` is a file name without folders; `media_type` an IANA type; `media_hashes` the SHA-256 (hex) of the public
    media that a list of media names.
    """

    name: Line
    media_type: Line
    content: bytes
    media_hashes: tuple[Digest, ...] = ()


@dataclass(frozen=True)
class SetAside(PortValue):
    """Something that a platform sent and that cannot be kept as it is, with its raw bytes. `why` repeats none of it."""

    kind: SetAsideKind
    why: Line
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class PublicMessage(PortValue):
    """A message that anyone could read in a public room. `rooms` of an adapter never include a private one."""

    room_id: Identifier
    room_name: Line
    message_id: Identifier
    account_id: Identifier
    text: Words
    sent_at: Moment


@dataclass(frozen=True)
class PublicFeed(PortValue):
    """What was new in the public rooms since the last cursor. `cursor` is opaque; give it back at the next read.

    `set_aside` is what came and nothing can be decided on: to be kept in the same commit as the cursor.
    """

    messages: tuple[PublicMessage, ...]
    cursor: Cursor
    set_aside: tuple[SetAside, ...] = ()


LONGEST_LAG = 30.0
"""Seconds. A platform that shows later what it did cannot be looked at within one attempt."""


class DeclarationInvalid(ValueError):
    """What an adapter declares of itself cannot be true."""


@dataclass(frozen=True)
class Capability:
    """Whether an adapter can do a step, whether it can be undone, and what an undo does not bring back.

    `help`: of a restriction, whether the account can still reach help meanwhile. People are told before they vote.
    """

    supported: bool
    reversible: bool = True
    lost_on_undo: tuple[str, ...] = ()
    note: str = ""
    help: HelpReach = HelpReach.UNKNOWN


@dataclass(frozen=True)
class Capabilities:
    """What an adapter declares; stored on the platform's row so that nobody else needs to import the adapter.

    `stable_id` is a regular expression that every stable id fits as a whole and no handle ever does; then the adapter
    offers `Identifies` too. Empty: the name that people know is the id and never passes to another account.
    `named_like` is an adapter whose names look alike (`jaga.core.locators.FAMILIES`), for what people paste.
    `lag` is how many seconds a look may trail behind what was done (a replica, a cache): at most `LONGEST_LAG`.

    Raises DeclarationInvalid.
    """

    adapter: str
    steps: Mapping[Step, Capability] = field(default_factory=dict)
    by_notice: bool = False  # Jaga has no hands there: it asks the operator's people (`NoticePort`)
    stable_id: str = ""
    named_like: str = ""
    lag: float = 0.0

    def __post_init__(self) -> None:
        if not usable_pattern(self.stable_id):
            raise DeclarationInvalid("stable_id is no regular expression, too long, or fits an empty text")
        if self.named_like and self.named_like not in FAMILIES:
            raise DeclarationInvalid(f"named_like is none of {', '.join(sorted(FAMILIES))}")
        if not 0 <= self.lag <= LONGEST_LAG:
            raise DeclarationInvalid(f"lag is not between 0 and {LONGEST_LAG:.0f} seconds")

    def can(self, step: Step) -> bool:
        """Whether the step is supported at all."""
        capability = self.steps.get(step)
        return capability is not None and capability.supported


class PlatformUnreachable(JagaError):
    """The platform gave no usable answer, so the effect is unknown: observe before trying again.

    Params: `why` in a few words; `retry_after` in seconds (float) where the platform said how long to stay away;
    `set_aside`, what came and is to be kept with its raw bytes.
    """

    code = "platform_unreachable"
    status = 503
    sentence = N_("The chat platform did not answer.")
    remedy = N_("It is tried again by itself; if it stays so, see the runbook for stuck actions.")

    def __init__(self, sentence: str | None = None, remedy: str | None = None, *, code: str | None = None,
                 **params: object) -> None:
        cleaned = {name: shown(value, 200) if isinstance(value, str) else value for name, value in params.items()}
        super().__init__(sentence, remedy, code=code, **cleaned)

    @property
    def retry_after(self) -> float | None:
        """How many seconds the platform asks us to stay away, from 0 to a day; None where it does not say."""
        asked = self.params.get("retry_after")
        if isinstance(asked, bool) or not isinstance(asked, int | float) or asked != asked:
            return None
        return float(min(max(asked, 0), 86_400))

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """What came and is to be kept with its raw bytes."""
        found = self.params.get("set_aside")
        return tuple(one for one in found if isinstance(one, SetAside)) if isinstance(found, tuple) else ()


class PlatformFault(PlatformUnreachable):
    """The platform answered, and with something that cannot be used: a wrong type, number, encoding or identifier.

    It belongs to this platform alone: whoever reads from it goes on with the next one and leaves this one for a while.
    """

    code = "platform_fault"
    sentence = N_("The chat platform answered with something that cannot be used.")
    remedy = N_("It is tried again by itself; if it stays so, tell the platform's operator.")


class NotReadable(PlatformUnreachable):
    """There is nothing to be read on this platform, now or later. It is no fault of the platform."""

    code = "platform_not_readable"


class PlatformPort(Protocol):
    """What every adapter implements. All methods may raise PlatformUnreachable and nothing else of the network.

    What an adapter cannot make sense of becomes a PlatformFault (`jaga.platforms.kit.guard`).

    Each step is safe to repeat. A step on an account that does not exist returns REFUSED and creates nothing.
    """

    def capabilities(self) -> Capabilities:
        """Which steps this adapter has, and which can be undone."""

    def observe(self, account: Account) -> AccountObservation:
        """Look at the account by routes that do not depend on the answer to any action."""

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Profile and public messages, before anything changes. Reads only what is public or the account's profile."""

    def restrict(self, account: Account) -> StepResult:
        """Hold the account so that it can read but not send, reversibly."""

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        """Give the holder `text` on the platform itself. `key` marks it, so that a repeat does not send it twice.

        Whoever was killed between sending and recording has sent it: look for the key first, for as long as a look may
        trail (`Capabilities.lag`). `jaga.platforms.kit.steps.send_once` does so.
        """

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        """Remove the account's messages in the named public rooms. Irreversible; a private room is REFUSED."""

    def close(self, account: Account) -> StepResult:
        """Close the account without erasing it."""

    def restore(self, account: Account) -> StepResult:
        """Undo `restrict` and `close` as far as the platform allows."""

    def read_public(self, cursor: str | None) -> PublicFeed:
        """New messages of public rooms only, oldest first. `None` starts at the present."""


@runtime_checkable
class Identifies(Protocol):
    """What an adapter offers besides its port where a name can pass to another account. Changes nothing."""

    def identify(self, account: Account) -> Account | None:
        """The account that has this name (or this id) now: its stable id, and the handle that it has at the moment.

        None where nobody on the platform has it. Raises PlatformUnreachable.
        """


@dataclass(frozen=True)
class InAppReport(PortValue):
    """What somebody reported by the app's own button. `own_id` is the platform's number of it, never used twice.

    `account_id` is who was reported, by the platform's stable id. `text` is the platform's own copy of the
    message that the reporter handed over, and nothing more: it counts as what the account published. What the reporter
    typed, pasted or claims are `words`; `reason` is the app's term for why, if it has terms.
    `reporter` only serves to hear one person once: of it a keyed hash is kept.
    """

    own_id: OwnNumber
    account_id: Identifier
    reporter: Identifier = field(repr=False)
    at: Moment
    reason: Line = ""
    words: Words = ""
    text: Words = ""
    place: Words = ""


@dataclass(frozen=True)
class InAppFeed(PortValue):
    """What was reported since the last cursor, oldest first. `cursor` is opaque; give it back at the next read.

    `set_aside` is what came and nothing can be decided on: to be kept in the same commit as the cursor.
    """

    reports: tuple[InAppReport, ...]
    cursor: Cursor
    set_aside: tuple[SetAside, ...] = ()


@runtime_checkable
class PassesReports(Protocol):
    """What an adapter offers besides its port where the app has a button to report. Changes nothing that people see."""

    def read_reports(self, cursor: str | None) -> InAppFeed:
        """What was reported since `cursor`; with None, all that the platform still keeps. Raises PlatformUnreachable.

        Some may come twice, none is left out: whoever takes them in keeps the numbers that were seen.
        """


@dataclass(frozen=True)
class NoticeToOperator:
    """What an operator's people are asked to do about one account. It names no reporter.

    `facts` is empty in victim-first cases. `statement` is the holder's letter with the appeal code, to be handed over
    before the account is closed; `corrects` says what was wrong with an earlier notice of the same number.
    """

    number: str
    action: ActionKind
    account: Account
    category: str
    legal_basis: str
    facts: str
    urgent: bool
    sent_at: datetime
    statement: str
    corrects: str = ""


@dataclass(frozen=True)
class OperatorAnswer(PortValue):
    """What the operator answered to a notice: a claim, to be looked at by another way."""

    number: OwnNumber
    kind: AnswerKind
    text: Words = ""


@dataclass(frozen=True)
class Handover(PortValue):
    """What became of sending a notice. `received` means provably; `answer` came at once where the platform does so."""

    received: bool
    answer: OperatorAnswer | None = None
    readings: tuple[RouteObservation, ...] = ()


class NoticePort(Protocol):
    """What the adapter of a platform implements where Jaga has no hands. May raise PlatformUnreachable."""

    def capabilities(self) -> Capabilities:
        """`by_notice` is true. A step counts as supported where the operator's people can be asked for it."""

    def send(self, notice: NoticeToOperator) -> Handover:
        """Hand the notice over. Safe to repeat: the receiver tells a repeat by the notice's number."""

    def observe(self, account: Account) -> AccountObservation:
        """Look by a route that does not depend on the operator's answer. UNKNOWN where a person has to look."""
