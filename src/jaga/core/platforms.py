"""The platform port: the interface between Jaga and a chat platform's adapter, and the values that cross it.

An adapter (`jaga.platforms`) offers primitive, idempotent steps that each express a *desired state*. Jaga orders the
steps of an action: `STEPS`. Rules learnt from real servers:

* an answer is a claim, not a proof: `observe` must not rely on the answer to an earlier call;
* servers answer repeats differently: adapters normalise them to `OutcomeKind.ALREADY`;
* some servers create the account they are asked to close: an adapter observes first;
* a reason given to a platform may be public, so it contains no case data;
* an answer may contain anything: it enters as a `PortValue`, whose texts are cleaned and whose identifiers are never
  altered (`jaga.core.foreign`).
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
from jaga.core.terms.cases import AccountState, ActionKind, HelpReach, OutcomeKind, SetAsideKind, Step
from jaga.core.terms.outside import AnswerKind

STEPS: MappingProxyType[ActionKind, tuple[Step, ...]] = MappingProxyType(
    {
        ActionKind.PRESERVE: (Step.OBSERVE, Step.PRESERVE),
        ActionKind.RESTRICT: (Step.OBSERVE, Step.PRESERVE, Step.DELIVER, Step.RESTRICT),
        # The holder gets the reasons first: a redaction belongs to a measure, whose statement it delivers.
        ActionKind.REDACT: (Step.OBSERVE, Step.PRESERVE, Step.RESTRICT, Step.DELIVER, Step.REDACT),
        # The holder reads the statement while the account is restricted; a closed account cannot.
        ActionKind.CLOSE: (Step.OBSERVE, Step.PRESERVE, Step.RESTRICT, Step.DELIVER, Step.CLOSE),
        ActionKind.RESTORE: (Step.OBSERVE, Step.RESTORE, Step.DELIVER),
    }
)

WANTED: MappingProxyType[ActionKind, AccountState | None] = MappingProxyType(
    {
        ActionKind.PRESERVE: None,  # changes nothing on the platform
        ActionKind.REDACT: None,  # verified by the content of the rooms
        ActionKind.RESTRICT: AccountState.RESTRICTED,
        ActionKind.CLOSE: AccountState.CLOSED,
        ActionKind.RESTORE: AccountState.ACTIVE,
    }
)
"""The account state that an independent observation must show for an action to be verified."""


@dataclass(frozen=True)
class Account:
    """An account on a platform.

    `account_id` is the platform's stable id (on Matrix `@name:server`).

    `since` is when it was created, if the platform told so in `Identifies.identify`. Used in both directions, so its
    ids are checked at each adapter call (`jaga.platforms.kit.guard`) and not here.
    """

    platform: str
    account_id: str
    handle: str = ""
    since: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True)
class RouteObservation(PortValue):
    """What one independent route showed: e.g. route `admin`, `profile` or `token`, with the answer in a few words."""

    route: Line
    answer: Paragraph


@dataclass(frozen=True)
class AccountObservation(PortValue):
    """An account's state by several routes. `readings` is kept as evidence."""

    state: AccountState
    readings: tuple[RouteObservation, ...]
    at: Moment


@dataclass(frozen=True)
class StepResult(PortValue):
    """The outcome of a step.

    `detail` is for the console and contains no case data or secret.

    `observation` is the observation right after the step, if the step has used all routes; it then also serves as
    verification. `secret` is the new password that `restore` had to set. It is for the account holder alone: show it
    only on the page of the appeal code, and never log it or put it in the ledger.
    """

    kind: OutcomeKind
    detail: Words
    readings: tuple[RouteObservation, ...] = ()
    secret: OurText = field(default="", repr=False)
    observation: AccountObservation | None = None


@dataclass(frozen=True)
class Material(PortValue):
    """A preserved original as JSON bytes, to be sealed by the caller: profile, public messages or a list of media.

    `name` is a file name without folders, `media_type` an IANA type, `media_hashes` the SHA-256 (hex) of the public
    media listed.
    """

    name: Line
    media_type: Line
    content: bytes
    media_hashes: tuple[Digest, ...] = ()


@dataclass(frozen=True)
class SetAside(PortValue):
    """A value from a platform that cannot be kept unchanged, with its raw bytes. `why` does not repeat it."""

    kind: SetAsideKind
    why: Line
    raw: bytes = field(repr=False)


@dataclass(frozen=True)
class PublicMessage(PortValue):
    """A message readable by anyone in a public room. Adapters never return private rooms.

    `edits` holds the id of the message that this one replaces, if any; `text` is then the new text. `media` are the
    addresses of pictures that it shows (`ServesPictures`).
    """

    room_id: Identifier
    room_name: Line
    message_id: Identifier
    account_id: Identifier
    text: Words
    sent_at: Moment
    edits: tuple[Identifier, ...] = ()
    media: tuple[Identifier, ...] = ()


@dataclass(frozen=True)
class PublicFeed(PortValue):
    """What was new in public rooms since the last cursor.

    `cursor` is opaque; pass it to the next read.

    `set_aside` holds unusable values, to be stored in the same commit as the cursor. `deleted` are the ids of messages
    that were deleted there, whether or not they were ever passed on.
    """

    messages: tuple[PublicMessage, ...]
    cursor: Cursor
    set_aside: tuple[SetAside, ...] = ()
    deleted: tuple[Identifier, ...] = ()


LONGEST_LAG = 30.0
"""Seconds. If a platform's state lags longer, it cannot be observed within one attempt."""


class DeclarationInvalid(ValueError):
    """An adapter's declaration is invalid."""


@dataclass(frozen=True)
class Capability:
    """Whether an adapter supports a step, whether it can be undone, and what undoing does not bring back.

    `help` says, for a restriction, whether the account can still reach help. Voters see it.
    """

    supported: bool
    reversible: bool = True
    lost_on_undo: tuple[str, ...] = ()
    note: str = ""
    help: HelpReach = HelpReach.UNKNOWN


@dataclass(frozen=True)
class Capabilities:
    """An adapter's declaration, stored on the platform's row so that nobody else imports the adapter.

    `stable_id` is a regular expression that matches every stable id entirely and no handle; the adapter then offers
    `Identifies` too. "" means that the visible name is the id and is never reassigned. `named_like` is an adapter with
    the same kind of names (`jaga.core.locators.FAMILIES`). `lag` is how many seconds an observation may trail behind an
    action (a replica, a cache), at most `LONGEST_LAG`. Raises DeclarationInvalid.
    """

    adapter: str
    steps: Mapping[Step, Capability] = field(default_factory=dict)
    by_notice: bool = False  # no API adapter: the operator's people are asked (`NoticePort`)
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
        """Whether the step is supported."""
        capability = self.steps.get(step)
        return capability is not None and capability.supported


class PlatformUnreachable(JagaError):
    """The platform gave no usable answer, so the effect is unknown: observe before retrying.

    Params: `why` in a few words; `retry_after` in seconds (float) if the platform named a pause; `set_aside`, values to
    be stored with their raw bytes.
    """

    code = "platform_unreachable"
    status = 503
    sentence = N_("The chat platform did not answer.")
    remedy = N_("It is tried again automatically. If it keeps failing, see the runbook for stuck actions.")

    def __init__(
        self, sentence: str | None = None, remedy: str | None = None, *, code: str | None = None, **params: object
    ) -> None:
        cleaned = {name: shown(value, 200) if isinstance(value, str) else value for name, value in params.items()}
        super().__init__(sentence, remedy, code=code, **cleaned)

    @property
    def retry_after(self) -> float | None:
        """The pause in seconds that the platform asked for, from 0 to a day; None if it did not."""
        asked = self.params.get("retry_after")
        if isinstance(asked, bool) or not isinstance(asked, int | float) or asked != asked:
            return None
        return float(min(max(asked, 0), 86_400))

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Values to be stored with their raw bytes."""
        found = self.params.get("set_aside")
        return tuple(one for one in found if isinstance(one, SetAside)) if isinstance(found, tuple) else ()


class PlatformFault(PlatformUnreachable):
    """The platform's answer is unusable: a wrong type, number, encoding or identifier.

    Only this platform is affected: callers go on with the next one and pause this one.
    """

    code = "platform_fault"
    sentence = N_("The chat platform answered with something that cannot be used.")
    remedy = N_("It is tried again automatically. If it keeps failing, tell the platform's operator.")


class NotReadable(PlatformUnreachable):
    """The platform offers nothing to read, now or later; no fault of the platform."""

    code = "platform_not_readable"


class FeedWentBack(PlatformUnreachable):
    """The platform does not know the cursor of its public feed, or is behind it: it was restored or replaced."""

    code = "platform_feed_went_back"


class PlatformPort(Protocol):
    """The interface of every API adapter.

    Methods raise PlatformUnreachable and no other network error.

    Anything an adapter cannot interpret becomes a PlatformFault (`jaga.platforms.kit.guard`). Every step is idempotent.
    A step on a missing account returns REFUSED and creates nothing.
    """

    def capabilities(self) -> Capabilities:
        """The adapter's steps, and which of them can be undone."""

    def observe(self, account: Account) -> AccountObservation:
        """Observe the account by routes that do not depend on the answer to any action."""

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Profile and public messages, before anything changes. Reads only public content and the profile."""

    def restrict(self, account: Account) -> StepResult:
        """Restrict the account reversibly, so that it can read but not send."""

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        """Deliver `text` to the holder on the platform.

        `key` identifies it, so that a repeat sends nothing twice.

        A process killed between sending and recording has sent it: search for the key first, for as long as
        observations may lag (`Capabilities.lag`). `jaga.platforms.kit.steps.send_once` does so.
        """

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        """Remove the account's messages in the named public rooms. Irreversible; a private room is REFUSED."""

    def close(self, account: Account) -> StepResult:
        """Close the account without erasing it."""

    def restore(self, account: Account) -> StepResult:
        """Undo `restrict` and `close` as far as the platform allows."""

    def read_public(self, cursor: str | None) -> PublicFeed:
        """New messages of public rooms only, oldest first. None starts at the present.

        Raises FeedWentBack for a cursor that the platform does not know, where it can tell.
        """


@runtime_checkable
class Identifies(Protocol):
    """Additional interface for platforms whose names can be reassigned. Changes nothing."""

    def identify(self, account: Account) -> Account | None:
        """The account that has this name or id now: its stable id and current handle.

        None if nobody has it. Raises PlatformUnreachable.
        """


@runtime_checkable
class ServesPictures(Protocol):
    """Additional interface for platforms whose public messages show pictures. Changes nothing."""

    def read_picture(self, address: str, largest: int) -> bytes | None:
        """The file at an address of `PublicMessage.media`; None if this server does not have it or does not give it.

        Raises PlatformUnreachable, also for more than `largest` bytes.
        """


@dataclass(frozen=True)
class InAppReport(PortValue):
    """A report made with the app's report button.

    `own_id` is the platform's unique number of it.

    `account_id` is the reported account's stable id. `text` is the platform's own copy of the reported message, and
    counts as published by the account. `words` are what the reporter typed, pasted or claims; `reason` is the app's
    term for the reason, if any. `reporter` serves only to count one person once; a keyed hash of it is stored.
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
    """What was reported since the last cursor, oldest first.

    `cursor` is opaque; pass it to the next read.

    `set_aside` holds unusable values, to be stored in the same commit as the cursor.
    """

    reports: tuple[InAppReport, ...]
    cursor: Cursor
    set_aside: tuple[SetAside, ...] = ()


@runtime_checkable
class PassesReports(Protocol):
    """Additional interface for apps with a report button. Has no visible effect on the platform."""

    def read_reports(self, cursor: str | None) -> InAppFeed:
        """What was reported since `cursor`, or everything the platform still has for None.

        Raises PlatformUnreachable.

        Reports may repeat but none is left out: the caller remembers the numbers it has seen.
        """


@dataclass(frozen=True)
class NoticeToOperator:
    """What an operator's people are asked to do about one account.

    It contains no reporter.

    `facts` is empty in victim-first cases. `statement` is the holder's letter with the appeal code, to be handed over
    before a closure; `corrects` says what was wrong with an earlier version of the notice.
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
    """An operator's answer to a notice: a claim, to be verified independently."""

    number: OwnNumber
    kind: AnswerKind
    text: Words = ""


@dataclass(frozen=True)
class Handover(PortValue):
    """The result of sending a notice.

    `received` means proven receipt; `answer` is set if the platform answered at once.
    """

    received: bool
    answer: OperatorAnswer | None = None
    readings: tuple[RouteObservation, ...] = ()


class NoticePort(Protocol):
    """The interface of an adapter without API access. May raise PlatformUnreachable."""

    def capabilities(self) -> Capabilities:
        """`by_notice` is true. A step is supported if the operator's people can be asked for it."""

    def send(self, notice: NoticeToOperator) -> Handover:
        """Send the notice. Idempotent: the receiver recognises it by its number."""

    def observe(self, account: Account) -> AccountObservation:
        """Observe independently of the operator's answer. UNKNOWN if a person has to check."""
