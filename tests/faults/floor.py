"""Where the storm's people work: what was acknowledged, by operation, and how they repeat lost calls."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from random import Random
from typing import TypeVar

import httpx
from tests.faults.rig import Rig

from jaga_practice.reviewers import Reviewer
from jaga_practice.visitor import PageRefused, Visitor

NO_ANSWER = (httpx.TransportError, PageRefused, ValueError)  # the last: a page without what it should hold
PATIENCE = 400.0
SIGN_IN = "/console/sign-in/"
Value = TypeVar("Value")


@dataclass(frozen=True)
class Account:
    """An account on one of the platforms, and the names that Jaga may know."""

    platform: str
    name: str
    known_as: tuple[str, ...]


@dataclass(frozen=True)
class Matter:
    """Something that was acknowledged as done or to be done: its operation, and the words by which it is found."""

    operation: str
    words: tuple[str, ...]


class GaveUp(Exception):
    """Somebody tried for as long as people do, in vain."""


class Left(Exception):
    """The run ended before this was done."""


@dataclass
class Floor:
    """One run. Every acknowledgement goes through `accept`; the killer waits for them."""

    rig: Rig
    name: str
    chance: Random
    ending: threading.Event = field(default_factory=threading.Event)  # nobody begins anything more
    leaving: threading.Event = field(default_factory=threading.Event)  # and nobody finishes what they began
    matters: dict[Matter, Account | None] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)  # how often each report's form was sent
    failures: list[str] = field(default_factory=list)
    seen: list[tuple[str, Matter, str]] = field(default_factory=list)  # faults seen while working: kind, matter, what
    closing: ExitStack = field(default_factory=ExitStack)  # what is open as long as the run
    _count: int = 0
    _windows: dict[str, Visitor] = field(default_factory=dict)
    _doors: threading.Lock = field(default_factory=threading.Lock)
    _heard: threading.Condition = field(default_factory=threading.Condition)

    def accept(self, operation: str, *words: object, account: Account | None = None) -> None:
        """Record an acknowledgement, once for each matter."""
        matter = Matter(operation, tuple(str(word) for word in words))
        with self._heard:
            if matter not in self.matters:
                self.matters[matter] = account
                self._heard.notify_all()

    def fault(self, kind: str, operation: str, what: str, *words: object) -> None:
        """Record `lost`, `double` or `silent` seen during the run."""
        self.seen.append((kind, Matter(operation, tuple(str(word) for word in words)), what))

    def accepted(self, operation: str = "") -> int:
        """How many matters, all or of one operation."""
        with self._heard:
            return sum(matter.operation == operation for matter in self.matters) if operation else len(self.matters)

    def wait_for(self, accepted: int, seconds: float) -> bool:
        """Wait until this many matters are accepted; returns whether they are."""
        with self._heard:
            return self._heard.wait_for(lambda: len(self.matters) >= accepted, seconds)

    def account(self) -> Account:
        """A new account, on the toy or in the app, at random."""
        with self._heard:
            self._count += 1
            number, in_app = self._count, self.rig.app is not None and self.chance.random() < 0.5
        # letters alone, and unlike each other, or accounts would be tied to each other by their names
        name = self.name + "".join(chr(ord("a") + int(digit)) for digit in f"{number * 7919 % 100000:05d}{number}")
        if in_app and self.rig.app is not None:
            return Account("obrol", name, (name, self.rig.app.newcomer(name)))
        return Account("toy", self.rig.newcomer(name), (name,))

    def inbox(self, account: Account) -> list[str]:
        """What the holder reads on the platform."""
        if account.platform == "obrol" and self.rig.app is not None:
            return self.rig.app.inbox(account.name)
        found: list[str] = httpx.get(f"{self.rig.toy}/inbox/{account.name}", timeout=30).json()["notices"]
        return found

    def effects(self, account: Account) -> dict[str, int]:
        """How often each order had an effect."""
        if account.platform == "obrol" and self.rig.app is not None:
            return self.rig.app.effects(account.name)
        found: dict[str, dict[str, int]] = httpx.get(f"{self.rig.toy}/effects", timeout=30).json()
        return found.get(account.name, {})

    def state(self, account: Account) -> str:
        """open, held or closed."""
        if account.platform == "obrol" and self.rig.app is not None:
            return self.rig.app.state(account.name)
        return str(httpx.get(f"{self.rig.toy}/accounts/{account.name}", timeout=30).json()["state"])

    def insist(self, what: str, attempt: Callable[[], Value | None]) -> Value:
        """Repeat like a person until there is a result. Raises GaveUp, Left."""
        end, last = time.monotonic() + PATIENCE, "nothing came of it"
        while time.monotonic() < end:
            if self.leaving.is_set():
                raise Left
            with suppress(*NO_ANSWER):
                try:
                    if found := attempt():
                        return found
                except NO_ANSWER as lost:
                    last = f"{type(lost).__name__}: {lost}"[:600]
            time.sleep(0.25)
        raise GaveUp(f"{what}: {last}")

    def sign_in(self, name: str) -> Visitor:
        """A browser window with a signed-in member of staff. Each signs in once, since Jaga slows down frequent
        sign-ins.
        """
        visitor = Visitor(self.rig.base_url)
        self.closing.callback(visitor.close)

        def try_it() -> bool:
            page = visitor.open("/console/")
            if SIGN_IN in page.url:
                visitor.send(page, SIGN_IN, {"username": name, "password": self.rig.held["passwords"][name]})
            return True  # else it was taken before, only the answer was lost

        with self._doors:
            if first := self._windows.get(name):
                visitor._client.cookies.update(first._client.cookies)
            else:
                self.insist(f"sign in {name}", try_it)
                self._windows[name] = visitor
        return visitor

    def reviewer(self, name: str) -> Reviewer:
        return Reviewer(self.sign_in(name))

    def work(self, turn: Callable[[], None]) -> None:
        """Take turns until the end; work that was begun is finished."""
        try:
            while not self.ending.is_set():
                turn()
        except Left:
            return
        except GaveUp as failure:
            self.failures.append(str(failure))
        except Exception as failure:  # noqa: BLE001 - a worker of the storm that dies must be seen, whatever it died of
            self.failures.append(f"{type(failure).__name__}: {failure}"[:600])
