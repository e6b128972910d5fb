"""What the contract suite needs of a platform besides its adapter: to be an ordinary person there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from jaga.core.platforms import Account, Material, PlatformPort


@dataclass
class Person:
    """An invented account with what its holder knows: the password and a session from before."""

    account: Account
    password: str
    session: str


class Stage(Protocol):
    """One platform with an adapter on it. Every method acts as people do, never through the adapter."""

    adapter: PlatformPort
    has_rooms: bool

    def person(self) -> Person:
        """A new account, signed in."""

    def nobody(self) -> Account:
        """An account that does not exist."""

    def exists(self, account: Account) -> bool:
        """Whether the platform knows the account."""

    def can_sign_in(self, person: Person, password: str) -> bool:
        """Whether a new sign-in succeeds."""

    def session_works(self, person: Person) -> bool:
        """Whether the session from before is still accepted."""

    def can_send(self, person: Person, room: str) -> bool:
        """Whether the session from before may still write."""

    def received(self, person: Person) -> list[str]:
        """The texts that the platform gave the holder and that the session from before can read."""

    def public_room(self, name: str) -> str:
        """A new public room of somebody else's."""

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        """A new private room of somebody else's, with these people in it."""

    def say(self, person: Person, room: str, text: str) -> str:
        """Join the room if it is public, and write there. Returns the message's id."""

    def shows(self, room: str, text: str) -> bool:
        """Whether somebody in the room can still read the text."""

    def watcher_rooms(self) -> set[str]:
        """The rooms that the watcher is in."""

    def invite_watcher(self, room: str) -> None:
        """Invite the watcher to a private room."""


def said(materials: tuple[Material, ...]) -> str:
    """Everything that was preserved, as one text."""
    return "\n".join(material.content.decode() for material in materials)
