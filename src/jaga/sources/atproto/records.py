"""A record of a repository as an observation: posts (`app.bsky.feed.post`) and profiles (`app.bsky.actor.profile`).

Repositories are public by design; direct messages and settings are not in them. An account may ask to be shown only to
people who signed in (the label `!no-unauthenticated` on its profile): it is treated as opted out.

What a server says about the accounts of a batch: their handles, and whether they ask not to be read.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.locators import DID
from jaga.core.observations import MOST_MEDIA, Deletion, NamedMedia, Observation, SourceUnreachable
from jaga.core.terms.reports import ObservationKind
from jaga.platforms.atproto.session import HANDLE
from jaga.sources.kit import NOT_OFFERED, Found, HttpReader, OptedIn, OptedOut

NAME = "atproto/1"
POSTS = "app.bsky.feed.post"
PROFILES = "app.bsky.actor.profile"
ONLY_SIGNED_IN = "!no-unauthenticated"
MOST_LINKS = 20
_DEEPEST = 8
_KEY = re.compile(r"[A-Za-z0-9._:~-]{1,200}")
_RAW_SHA256 = bytes((1, 0x55, 0x12, 32))  # how the id of a blob begins: version 1, raw bytes, SHA-256


@dataclass(frozen=True)
class RepositoryScope:
    """Which repositories and collections are read; without repositories all of them."""

    accounts: frozenset[str]
    collections: tuple[str, ...]

    @classmethod
    def of(cls, surfaces: tuple[str, ...]) -> "RepositoryScope":
        """From the lines of a watch."""
        accounts = frozenset(one for one in surfaces if one.startswith("did:"))
        return cls(accounts, tuple(one for one in surfaces if one not in accounts) or (POSTS, PROFILES))

    def covers(self, account: str, collection: str) -> bool:
        """Whether a record of this collection in this repository is read."""
        return collection in self.collections and (not self.accounts or account in self.accounts)


@dataclass(frozen=True)
class RecordChange:
    """One change to a repository. `record` is None for a deletion, and for a record that could not be read."""

    account: str
    action: str  # create, update or delete
    collection: str
    key: str
    record: object
    at: datetime

    @property
    def address(self) -> str:
        """The record's `at://` address. Raises ForeignValueInvalid."""
        if not re.fullmatch(DID, self.account) or not _KEY.fullmatch(self.key):
            raise ForeignValueInvalid("repo", "no address of a record")
        return f"at://{self.account}/{self.collection}/{self.key}"


def found_in(operation: RecordChange, handle: str) -> tuple[Found, ...]:
    """What a change says. Raises ForeignValueInvalid."""
    if operation.action == "delete":
        return (Deletion(operation.address),)
    record = operation.record
    if operation.action not in {"create", "update"} or not isinstance(record, dict):
        raise ForeignValueInvalid("record", "no record that can be read")
    if operation.collection == PROFILES and asks_for_signed_in(record):
        return (OptedOut(operation.account),)
    back = (OptedIn(operation.account),) if operation.collection == PROFILES else ()
    text = _profile(record) if operation.collection == PROFILES else _post(record)
    if not text.strip():
        return back
    edited = operation.action == "update"
    return (
        *back,
        Observation(
            surface=operation.collection,
            native_id=operation.address,
            account_id=operation.account,
            handle=handle or operation.account,
            text=text,
            at=operation.at,
            locator=operation.address,
            source_version=NAME,
            media_hashes=() if operation.collection == PROFILES else tuple(one.sha256 for one in _media(record)),
            media=() if operation.collection == PROFILES else tuple(pictures_in(operation.account, record)),
            kind=ObservationKind.EDIT if edited else ObservationKind.NEW,
        ),
    )


def asks_for_signed_in(profile: Mapping[str, object]) -> bool:
    """Whether a profile asks that only people who signed in see the account."""
    labels = profile.get("labels")
    values = labels.get("values") if isinstance(labels, dict) else None
    return isinstance(values, list) and any(
        isinstance(one, dict) and one.get("val") == ONLY_SIGNED_IN for one in values
    )


def _profile(record: Mapping[str, object]) -> str:
    """Name and description. The picture is not read: it may show a face."""
    return "\n".join(part for name in ("displayName", "description") if (part := _text(record, name)))


def _post(record: Mapping[str, object]) -> str:
    """The text, and on lines of their own the links behind its words and its card."""
    text = _text(record, "text")
    links = list(dict.fromkeys(link for link in _links(record) if link not in text))
    return "\n".join([text, *links[:MOST_LINKS]])


def _text(record: Mapping[str, object], name: str) -> str:
    found = record.get(name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise ForeignValueInvalid(name, "no text")
    return found


def _links(record: Mapping[str, object]) -> Iterator[str]:
    for part in _parts({"facets": record.get("facets"), "embed": record.get("embed")}, 0):
        uri = part.get("uri")
        if isinstance(uri, str) and uri.startswith(("http://", "https://")):
            yield uri[:2000]


def pictures_in(account: str, record: Mapping[str, object]) -> list[NamedMedia]:
    """The pictures of a post, by account and blob: `did:plc:… bafkrei…`."""
    found = (one for one in _media(record) if one.kind.startswith("image/"))
    return [NamedMedia(f"{account} {one.link}", (one.sha256,)) for one in found][:MOST_MEDIA]


@dataclass(frozen=True)
class _Blob:
    """A file that a record names: its id, its SHA-256 (hex), and its media type as the record claims."""

    link: str
    sha256: str
    kind: str


def _media(record: Mapping[str, object]) -> Iterator[_Blob]:
    """Pictures and videos: the ids of blobs contain their SHA-256, so that nothing need be fetched."""
    for part in _parts(record.get("embed"), 0):
        reference = part.get("ref")
        link = reference.get("$link") if isinstance(reference, dict) else None
        if part.get("$type") == "blob" and isinstance(link, str) and link.startswith("b") and len(link) == 59:
            try:
                cid = base64.b32decode(link[1:].upper() + "======")
            except ValueError:
                continue
            if cid.startswith(_RAW_SHA256):
                kind = part.get("mimeType")
                yield _Blob(link, cid[4:].hex(), kind if isinstance(kind, str) else "")


def _parts(value: object, depth: int) -> Iterator[Mapping[str, object]]:
    """All objects within a value, as deep as records go."""
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _parts(one, depth + 1)


class AccountProfiles:
    """For one reading. A relay or Jetstream has no repositories to ask: then it knows neither, and asks no more."""

    def __init__(self, asking: HttpReader | None) -> None:
        self._asking = asking
        self._known: dict[str, tuple[str, bool]] = {}

    def about(self, account: str) -> tuple[str, bool]:
        """The handle, or ""; and whether its profile asks that only people who signed in see it.

        Raises SourceUnreachable if the server fails: an account that cannot be asked is not read on a guess.
        """
        if account not in self._known:
            self._known[account] = self._ask(account)
        return self._known[account]

    def _ask(self, account: str) -> tuple[str, bool]:
        if self._asking is None:
            return "", False
        profile = self._asking.get(
            "/xrpc/com.atproto.repo.getRecord", {"repo": account, "collection": PROFILES, "rkey": "self"}
        )
        if profile.status in {404, NOT_OFFERED}:  # a relay
            self._asking = None
            return "", False
        if profile.status not in {200, 400}:  # 400: no profile
            raise SourceUnreachable(why=f"getRecord: HTTP {profile.status}")
        value = profile.value.get("value") if isinstance(profile.value, dict) else None
        asks = isinstance(value, dict) and asks_for_signed_in(value)
        described = self._asking.get("/xrpc/com.atproto.repo.describeRepo", {"repo": account}).value
        handle = described.get("handle") if isinstance(described, dict) else None
        return handle if isinstance(handle, str) and HANDLE.fullmatch(handle) else "", asks
