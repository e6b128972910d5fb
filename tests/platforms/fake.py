"""A platform in memory that works correctly, and that fails on purpose if a test asks for it.

Faults strike the next orders (changing calls), in the requested order:

* `TIMEOUT_AFTER_EFFECT`: the order is carried out, the answer is lost;
* `ERROR_BEFORE_EFFECT`: the server fails and does nothing (HTTP 500);
* `LIE`: the server says yes and does nothing (HTTP 200);
* `NONSENSE`: the order is carried out, the answer cannot be understood;
* `DROP`: the connection ends before anything was done;
* `HALF_OPEN`: the connection is accepted and nothing ever comes back; nothing is done;
* `SLOW`: the order is carried out, the answer comes after the time limit;
* `CUT`: the order is carried out, the answer ends in its middle;
* `RATE_LIMITED`: the server does nothing and asks for a pause of `RETRY_AFTER` seconds (HTTP 429).
"""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum, auto

from tests.platforms.stage import Person

from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    Material,
    PlatformUnreachable,
    PublicFeed,
    PublicMessage,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.http import RateLimited
from jaga.platforms.kit.steps import LOST_DEVICES, LOST_PASSWORD, bring_to, cannot_start, impossible, send_once


class Fault(Enum):
    """How the next order fails."""

    TIMEOUT_AFTER_EFFECT = auto()
    ERROR_BEFORE_EFFECT = auto()
    LIE = auto()
    NONSENSE = auto()
    DROP = auto()
    HALF_OPEN = auto()
    SLOW = auto()
    CUT = auto()
    RATE_LIMITED = auto()


AFTER_EFFECT = (Fault.TIMEOUT_AFTER_EFFECT, Fault.NONSENSE, Fault.SLOW, Fault.CUT)
BEFORE_EFFECT = (Fault.ERROR_BEFORE_EFFECT, Fault.DROP, Fault.HALF_OPEN, Fault.RATE_LIMITED)
RETRY_AFTER = 7.0

_WHY = {
    Fault.TIMEOUT_AFTER_EFFECT: "POST: ReadTimeout",
    Fault.NONSENSE: "POST: the answer is no JSON",
    Fault.SLOW: "POST: ReadTimeout",
    Fault.CUT: "POST: RemoteProtocolError",
    Fault.ERROR_BEFORE_EFFECT: "POST: HTTP 500",
    Fault.DROP: "POST: RemoteProtocolError",
    Fault.HALF_OPEN: "POST: ReadTimeout",
}


@dataclass
class FakeAccount:
    """One account as the fake server stores it."""

    password: str
    state: AccountState = AccountState.ACTIVE
    sessions: set[str] = field(default_factory=set)
    notices: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class FakeRoom:
    """One room; `public` decides who may read it."""

    name: str
    public: bool


class FakePlatform:
    """`PlatformPort` on accounts in memory. `orders` counts the effects, so that a test can detect double ones."""

    def __init__(self) -> None:
        self.accounts: dict[str, FakeAccount] = {}
        self.rooms: dict[str, FakeRoom] = {}
        self.faults: list[Fault] = []
        self.down = False
        self.contradicting = False
        self.orders: list[str] = []
        self.lag = 0.0  # how late looks show what was done
        self._before: list[tuple[float, dict[str, FakeAccount]]] = []
        self._said: list[tuple[str, PublicMessage]] = []

    def capabilities(self) -> Capabilities:
        lost = {Step.CLOSE: (LOST_DEVICES, LOST_PASSWORD)}
        return Capabilities(
            "fake",
            {
                step: Capability(True, reversible=step is not Step.REDACT, lost_on_undo=lost.get(step, ()))
                for step in Step
                if step is not Step.ASK
            },
            named_like="synapse",
            lag=self.lag,
        )

    def observe(self, account: Account) -> AccountObservation:
        self._reach()
        known = self._shown().get(account.account_id)
        state = AccountState.MISSING if known is None else known.state
        sessions = 0 if known is None else len(known.sessions)
        readings = (RouteObservation("admin", state.value), RouteObservation("devices", str(sessions)))
        if self.contradicting:
            state = AccountState.UNKNOWN
        return AccountObservation(state, readings, now())

    def preserve(self, account: Account) -> tuple[Material, ...]:
        self._reach()
        if account.account_id not in self.accounts:
            return ()
        files = [
            {"message_id": message.message_id, "room_id": room_id, "sent_at": message.sent_at, "text": message.text}
            for room_id, message in self._said
            if message.account_id == account.account_id and self.rooms[room_id].public
        ]
        return (
            Material("profile.json", "application/json", canonical_json({"account_id": account.account_id})),
            Material("messages.json", "application/json", canonical_json({"messages": files})),
        )

    def restrict(self, account: Account) -> StepResult:
        def effect() -> None:
            self.accounts[account.account_id].state = AccountState.RESTRICTED

        return bring_to(
            AccountState.RESTRICTED,
            lambda: self.observe(account),
            lambda: self._order("restrict", effect),
            enough=frozenset({AccountState.CLOSED}),
            lag=self.lag,
        )

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        if obstacle := cannot_start(seen := self.observe(account)):
            return obstacle
        if seen.state is AccountState.CLOSED:
            return impossible()

        def send() -> None:
            # As on most servers: nothing but a look beforehand keeps the same text from going out twice.
            self._order("deliver", lambda: self.accounts[account.account_id].notices.append((key, text)))

        def is_there() -> bool:
            return any(marked == key for marked, _ in self._shown()[account.account_id].notices)

        return send_once(is_there, send, lag=self.lag)

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        if obstacle := cannot_start(self.observe(account)):
            return obstacle
        if not rooms or not all(room in self.rooms and self.rooms[room].public for room in rooms):
            return StepResult(OutcomeKind.REFUSED, "Public rooms only.")

        def left() -> list[tuple[str, PublicMessage]]:
            return [(room, m) for room, m in self._said if room in rooms and m.account_id == account.account_id]

        def effect() -> None:
            gone = left()
            self._said = [entry for entry in self._said if entry not in gone]

        if not left():
            return StepResult(OutcomeKind.ALREADY, "Nothing is left.")
        self._order("redact", effect)
        return StepResult(OutcomeKind.UNKNOWN if left() else OutcomeKind.DONE, "Looked for in the rooms.")

    def close(self, account: Account) -> StepResult:
        def effect() -> None:
            known = self.accounts[account.account_id]
            known.state = AccountState.CLOSED
            known.sessions.clear()
            known.password = ""

        return bring_to(
            AccountState.CLOSED, lambda: self.observe(account), lambda: self._order("close", effect), lag=self.lag
        )

    def restore(self, account: Account) -> StepResult:
        def effect() -> None:
            known = self.accounts[account.account_id]
            if known.state is AccountState.CLOSED:
                known.password = secret
            known.state = AccountState.ACTIVE

        secret = f"invented-{account.account_id}"
        result = bring_to(
            AccountState.ACTIVE, lambda: self.observe(account), lambda: self._order("restore", effect), lag=self.lag
        )
        known = self.accounts.get(account.account_id)
        if known is not None and known.password == secret:
            return StepResult(result.kind, result.detail, result.readings, secret=secret)
        return result

    def read_public(self, cursor: str | None) -> PublicFeed:
        self._reach()
        start = len(self._said) if cursor is None else int(cursor)
        new = tuple(message for room, message in self._said[start:] if self.rooms[room].public)
        return PublicFeed(new, str(len(self._said)))

    def say(self, room: str, account_id: str, text: str) -> str:
        """Write in a room."""
        message = PublicMessage(room, self.rooms[room].name, f"${len(self._said)}", account_id, text, now())
        self._said.append((room, message))
        return message.message_id

    def shows(self, room: str, text: str) -> bool:
        """Whether the room still shows the text."""
        return any(message.text == text for where, message in self._said if where == room)

    def _shown(self) -> dict[str, FakeAccount]:
        """The accounts as observations show them: as they were `lag` seconds ago."""
        late = time.monotonic() - self.lag
        return next((before for at, before in self._before if at > late), self.accounts)

    def _reach(self) -> None:
        if self.down:
            raise PlatformUnreachable(why="the fake is down")

    def _order(self, name: str, effect: Callable[[], None]) -> None:
        self._reach()
        fault = self.faults.pop(0) if self.faults else None
        if fault is Fault.RATE_LIMITED:
            raise RateLimited(why="POST: HTTP 429", retry_after=RETRY_AFTER)
        if fault in BEFORE_EFFECT:
            raise PlatformUnreachable(why=_WHY[fault])
        if fault is Fault.LIE:
            return
        if self.lag:
            self._before.append((time.monotonic(), deepcopy(self.accounts)))
        effect()
        self.orders.append(name)
        if fault in AFTER_EFFECT:
            raise PlatformUnreachable(why=_WHY[fault])


class FakeStage:
    """People on the fake platform."""

    has_rooms = True
    server_name = "localhost"

    def __init__(self) -> None:
        self.adapter = FakePlatform()
        self._numbers = itertools.count()

    def person(self) -> Person:
        account = Account("fake", f"@orang{next(self._numbers)}:localhost")
        self.adapter.accounts[account.account_id] = FakeAccount("rahasia", sessions={"session"})
        return Person(account, "rahasia", "session")

    def called(self, person: Person) -> str:
        return person.account.account_id

    def nobody(self) -> Account:
        return Account("fake", "@tiada:localhost")

    def exists(self, account: Account) -> bool:
        return account.account_id in self.adapter.accounts

    def others_close(self, person: Person) -> None:
        known = self.adapter.accounts[person.account.account_id]
        known.state, known.sessions = AccountState.CLOSED, set()

    def erase(self, person: Person) -> None:
        del self.adapter.accounts[person.account.account_id]

    def can_sign_in(self, person: Person, password: str) -> bool:
        known = self.adapter.accounts.get(person.account.account_id)
        return known is not None and known.state is not AccountState.CLOSED and known.password == password

    def session_works(self, person: Person) -> bool:
        return person.session in self.adapter.accounts[person.account.account_id].sessions

    def can_send(self, person: Person, room: str) -> bool:
        return self.adapter.accounts[person.account.account_id].state is AccountState.ACTIVE

    def received(self, person: Person) -> list[str]:
        return [text for _, text in self.adapter.accounts[person.account.account_id].notices]

    def public_room(self, name: str) -> str:
        return self._room(name, public=True)

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        return self._room(name, public=False)

    def say(self, person: Person, room: str, text: str) -> str:
        return self.adapter.say(room, person.account.account_id, text)

    def shows(self, room: str, text: str) -> bool:
        return self.adapter.shows(room, text)

    def watcher_rooms(self) -> set[str]:
        return {room for room, known in self.adapter.rooms.items() if known.public}

    def invite_watcher(self, room: str) -> None:
        """The fake's watcher gets invitations and cannot accept one."""

    @contextmanager
    def behind(self, step: Step, fault: Fault) -> Iterator[FakePlatform]:
        self.adapter.faults = [fault]
        yield self.adapter

    @contextmanager
    def lagging(self, seconds: float) -> Iterator[FakePlatform]:
        self.adapter.lag = seconds
        yield self.adapter

    def _room(self, name: str, *, public: bool) -> str:
        room = f"!kamar{next(self._numbers)}:localhost"
        self.adapter.rooms[room] = FakeRoom(name, public)
        return room
