"""What the contract needs of a platform besides its adapter: to be an ordinary user there."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from jaga.core.platforms import Account, Material, PlatformPort
from jaga.core.terms.cases import Step

if TYPE_CHECKING:
    from tests.platforms.fake import Fault


@dataclass
class Person:
    """An invented account with what its holder knows: the password and an earlier session."""

    account: Account
    password: str
    session: str


class Stage(Protocol):
    """One platform with an adapter on it. Every method acts like people, never through the adapter."""

    adapter: PlatformPort
    has_rooms: bool
    server_name: str

    def person(self) -> Person:
        """A new account, signed in."""

    def called(self, person: Person) -> str:
        """What people paste to report this account: its name as the app shows it, never what only the server knows."""

    def nobody(self) -> Account:
        """An account that does not exist."""

    def exists(self, account: Account) -> bool:
        """Whether the platform knows the account."""

    def others_close(self, person: Person) -> None:
        """The platform's administrators close the account, without Jaga."""

    def erase(self, person: Person) -> None:
        """The platform's administrators remove the account for good, as far as the platform can."""

    def can_sign_in(self, person: Person, password: str) -> bool:
        """Whether a new sign-in succeeds."""

    def session_works(self, person: Person) -> bool:
        """Whether the earlier session is still accepted."""

    def can_send(self, person: Person, room: str) -> bool:
        """Whether the earlier session may still write."""

    def received(self, person: Person) -> list[str]:
        """The texts that the platform delivered to the holder and that the earlier session can read."""

    def public_room(self, name: str) -> str:
        """A new public room of somebody else."""

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        """A new private room of somebody else, with these people in it."""

    def say(self, person: Person, room: str, text: str) -> str:
        """Join the room if it is public, and write there. Returns the message's id."""

    def shows(self, room: str, text: str) -> bool:
        """Whether somebody in the room can still read the text."""

    def watcher_rooms(self) -> set[str]:
        """The rooms that the watcher is in."""

    def invite_watcher(self, room: str) -> None:
        """Invite the watcher to a private room."""


class BareStage:
    """The stage of a platform without rooms and deliveries; subclasses add the rest and `adapter`."""

    has_rooms = False
    hides_closed = False
    server_name = "localhost"

    def can_send(self, person: Person, room: str) -> bool:
        raise NotImplementedError("nobody is held there")

    def received(self, person: Person) -> list[str]:
        return []

    def public_room(self, name: str) -> str:
        raise NotImplementedError("there are no rooms")

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        raise NotImplementedError("there are no rooms")

    def say(self, person: Person, room: str, text: str) -> str:
        raise NotImplementedError("there are no rooms")

    def shows(self, room: str, text: str) -> bool:
        return False

    def watcher_rooms(self) -> set[str]:
        return set()

    def invite_watcher(self, room: str) -> None:
        raise NotImplementedError("there are no rooms")


class NamingStage(Stage, Protocol):
    """A stage on which an account's name is not its id."""

    def rename(self, person: Person) -> str:
        """The holder takes another name. Returns it."""


class LaggingStage(Stage, Protocol):
    """A stage whose platform can show changes late, as a replica or a cache does."""

    def lagging(self, seconds: float) -> AbstractContextManager[PlatformPort]:
        """An adapter that declares this lag, on a platform that really has it."""


class FaultyStage(Stage, Protocol):
    """A stage that can put a bad network between adapter and platform; the contract then tests that too."""

    def behind(self, step: Step, fault: "Fault") -> AbstractContextManager[PlatformPort]:
        """An adapter with a short time limit whose next order of `step` meets `fault`; later ones do not."""


class StormyStage(Stage, Protocol):
    """A stage that can strike an adapter's requests at random."""

    def storm(self, seed: int) -> AbstractContextManager[PlatformPort]:
        """An adapter with a short time limit, any request of which may meet a fault: the same ones for a seed."""


def said(materials: tuple[Material, ...]) -> str:
    """Everything that was preserved, as one text."""
    return "\n".join(material.content.decode() for material in materials)
