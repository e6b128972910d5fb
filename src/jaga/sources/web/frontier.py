"""What is still to be read of a website, and what was seen of it: the state in the cursor.

A website is read in rounds. A round begins at the start address and follows links, breadth first, until nothing is left
or a limit is reached. It may take several readings: the cursor holds the addresses that are still to be read, and a few
bytes of each page and entry that was seen: of its id, of its text, and whether it was seen in this round.

How addresses of a watch of the web are written, and which machines may be connected to. Pure.
"""

import base64
import hashlib
import ipaddress
import json
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from w3lib.url import canonicalize_url, safe_url_string

from jaga.core.foreign import IDENTIFIER, is_loopback, is_public
from jaga.core.observations import SourceWentBack, address_parts
from jaga.platforms.kit.guard import moment_of_text
from jaga.sources.kit import State, state_text

MOST_PAGES = 400
"""In one round."""
DEEPEST = 5
MOST_KNOWN = 4000
"""Pages and entries. Beyond them the ones that were not seen for longest are forgotten and would count as new."""
MOST_WAITING = 48_000
"""Characters of the addresses that are still to be read: what a cursor has room for."""
_KEY, _VERSION = 5, 3
_SIZE = _KEY + _VERSION + 1
_LARGEST = 2_000_000
_ERROR = 0x80  # the bit of a key that stands for an error at this address


@dataclass
class Frontier:
    """`todo`: addresses with their depths. `asked`: keys of the addresses of this round. `versions`: key → version.

    `begun` is when the round began; None before the first. `earlier`: how many pages were known then; `again`: how many
    of them were seen since.
    """

    todo: list[tuple[str, int]] = field(default_factory=list)
    asked: set[bytes] = field(default_factory=set)
    versions: dict[bytes, bytes] = field(default_factory=dict)
    begun: datetime | None = None
    earlier: int = 0
    again: int = 0

    def begin(self, start: str, now: datetime) -> None:
        """Begin a round."""
        self.todo, self.asked, self.begun = [(start, 0)], {key_of(start)}, now
        self.earlier, self.again = sum(not key[0] & _ERROR for key in self.versions), 0

    def done(self, address: str, links: Iterable[str]) -> None:
        """The address was read; its links are still to be read, unless they were asked for or are too many."""
        depth = next((deep for one, deep in self.todo if one == address), 0)
        self.todo = [one for one in self.todo if one[0] != address]
        for link in links if depth < DEEPEST else ():
            waiting = sum(len(one) for one, _ in self.todo)
            if key_of(link) not in self.asked and len(self.asked) < MOST_PAGES and waiting < MOST_WAITING:
                self.asked.add(key_of(link))
                self.todo.append((link, depth + 1))

    def is_new(self, id_: str, text: str) -> bool | None:
        """Remember this version: True if the id was unknown, False if the text is another, None if nothing changed."""
        return self._changed(key_of(id_), text)

    def is_new_error(self, address: str, why: str) -> bool:
        """Whether this error was not told of this address before."""
        key = key_of(address)
        return self._changed(bytes([key[0] | _ERROR]) + key[1:], why) is not None

    def _changed(self, key: bytes, text: str) -> bool | None:
        version = hashlib.sha256(text.encode("utf-8", "backslashreplace")).digest()[:_VERSION]
        before = self.versions.pop(key, None)
        self.versions[key] = version  # at the end: seen last
        self.again += before is not None and not key[0] & _ERROR
        if before is None and len(self.versions) > MOST_KNOWN:
            del self.versions[next(iter(self.versions))]
        return None if before == version else before is None

    def forget(self, id_: str) -> bool:
        """The page is gone; whether it was known."""
        return self.versions.pop(key_of(id_), None) is not None

    def as_cursor(self) -> str:
        """For the batch."""
        seen = b"".join(key + version + bytes([key in self.asked]) for key, version in self.versions.items())
        asked = b"".join(sorted(self.asked - self.versions.keys()))
        return state_text(
            {
                "todo": _packed(json.dumps(self.todo).encode()),
                "seen": base64.b85encode(seen).decode(),
                "asked": base64.b85encode(asked).decode(),
                "begun": self.begun.isoformat() if self.begun else "",
                "earlier": self.earlier,
                "again": self.again,
            }
        )

    @classmethod
    def from_cursor(cls, cursor: str) -> "Frontier":
        """Raises SourceWentBack for a cursor of something else."""
        state = State(cursor)
        begun = state.text("begun")
        try:
            todo = [(str(address), int(depth)) for address, depth in json.loads(_unpacked(state.text("todo")))]
            seen = _pieces(base64.b85decode(state.text("seen")), _SIZE)
            asked = set(_pieces(base64.b85decode(state.text("asked")), _KEY))
        except (ValueError, TypeError, zlib.error) as error:
            raise SourceWentBack(why="the cursor is of another source or version") from error
        asked |= {one[:_KEY] for one in seen if one[-1]}
        return cls(
            todo,
            asked,
            {one[:_KEY]: one[_KEY:-1] for one in seen},
            moment_of_text(begun) if begun else None,
            state.number("earlier"),
            state.number("again"),
        )


def key_of(id_: str) -> bytes:
    """A few bytes that stand for an id."""
    found = hashlib.sha256(id_.encode("utf-8", "backslashreplace")).digest()[:_KEY]
    return bytes([found[0] & ~_ERROR]) + found[1:]


def _pieces(content: bytes, size: int) -> list[bytes]:
    if len(content) % size:
        raise ValueError("not divisible")
    return [content[at : at + size] for at in range(0, len(content), size)]


def _packed(content: bytes) -> str:
    return base64.b85encode(zlib.compress(content, 9)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompressobj().decompress(base64.b85decode(text), _LARGEST)


LONGEST_ADDRESS = 1000
_UPWARDS = re.compile(r"(?i)(/|%2f)(\.|%2e){2}(/|%2f|\?|$)")


def clean(address: str) -> str | None:
    """The address as it is asked for, without a fragment; None if it cannot be asked for."""
    try:
        found = canonicalize_url(safe_url_string(address.strip()))
    except (ValueError, UnicodeError):
        return None
    usable = address_parts(found) is not None and len(found) <= LONGEST_ADDRESS and not _UPWARDS.search(found)
    return found if usable else None


def id_of(address: str) -> str:
    """The native id of a page or an entry: its address or own id, or the hash of a long one."""
    if address and len(address) <= IDENTIFIER.longest and address.isprintable():
        return address
    return "sha256:" + hashlib.sha256(address.encode("utf-8", "backslashreplace")).hexdigest()


def may_connect(host: str, *, loopback: bool) -> bool:
    """Whether an IP address may be connected to: only public ones; with `loopback` (in tests) only this machine."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return is_loopback(found) if loopback else is_public(found)
