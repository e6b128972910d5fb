"""Pictures that observations name: how large they may be, and the answer that one cannot be had.

Batches that a platform sends by itself, stored until the worker has taken them in.

What a source yields: public content, as values that crossed from elsewhere (`jaga.core.foreign`).

Which addresses a watch of the web reads, by the beginnings that two people agreed on. Pure.

The settings of each kind of source, as forms and checks know them; opening a source is `jaga.sources.registry`.

The source: reads public content from a cursor on, and the errors that it may raise.

Rules for every source:

* it reads only what anybody can read: nothing private or invite-only, no profile shown only to those who signed in, no
  invented identity. A token is the operator's own;
* reading changes nothing at the source, so that a batch whose commit failed is read again from the same cursor;
* an edit is an observation with the same `native_id`; a deletion is a `Deletion`;
* what cannot be used is set aside, and the rest goes on;
* it holds no state between two reads but connections.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from jaga.core.canonical import SHA256
from jaga.core.errors import N_, FieldError, JagaError
from jaga.core.foreign import Digest, Exact, Identifier, Line, Moment, PortValue, Words, shown
from jaga.core.locators import DID
from jaga.core.platforms import SetAside
from jaga.core.terms.reports import ObservationKind, PushFormat, SourceKind

LARGEST_PICTURE = 5 * 1024 * 1024
"""Bytes. The same as for a picture that a reporter sends."""


class PictureUnavailable(Exception):
    """The source does not give this picture, now or later; says why in a few words, without its address."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


LARGEST_PUSH = 8 * 1024 * 1024
"""Bytes of a body as it is sent."""
LARGEST_UNPACKED = 32 * 1024 * 1024
"""Bytes of a body after decompression."""
MOST_PUSHED_ROWS = 10_000
MOST_WAITING = 50
"""Batches of one watch that may wait for the worker."""


@dataclass(frozen=True)
class StoredPush:
    """One batch of a watch. `number` counts from 1 without gaps; `content` is decompressed."""

    number: int
    format: PushFormat
    content: bytes = field(repr=False)
    received_at: datetime


class Pushes(Protocol):
    """The batches of one watch."""

    def newest(self) -> tuple[int, datetime] | None:
        """Number and time of the last batch that came; None if none ever did."""

    def from_number(self, number: int) -> StoredPush | None:
        """The first waiting batch from this number on."""

    def forget_before(self, number: int) -> None:
        """Everything below this number was taken in: its contents are deleted."""


Locator = Annotated[str, Exact(2000)]
SourceCursor = Annotated[str, Exact(131_072)]
"""Longer than a platform's: that of a website holds the addresses which are still to be read."""


MOST_MEDIA = 20
"""Pictures that a source names of one text. Of what comes after them the hashes are named."""


@dataclass(frozen=True)
class NamedMedia(PortValue):
    """A picture that a text shows, by its address in the form of the source. Its bytes are fetched only after a person
    asked for them on the case (`watch.verbs.media`).

    `sha256` (hex) is of the bytes, where the source tells it; otherwise there is none.
    """

    address: Locator
    sha256: tuple[Digest, ...] = ()


@dataclass(frozen=True)
class Observation(PortValue):
    """A text that anybody could read, without signing in, when the source read it.

    `surface` is where it stood, as people call it (a room's name, a page's address). `native_id` is the source's own
    id of the text, unique on the platform and the same for each edit. `account_id` is the stable id of whoever
    published it, `handle` the name that people see; on a web page without authors both are the site's host.
    `media_hashes` are SHA-256 (hex) of media that the source names, `media` its pictures by their address; reading
    fetches neither. `at` is when it was published or edited. `locator` leads a person there: a URL where there is one.
    `source_version` says which reader in which version made it, for instance `mastodon/1`.
    """

    surface: Line
    native_id: Identifier
    account_id: Identifier
    handle: Line
    text: Words
    at: Moment
    locator: Locator
    source_version: Line
    media_hashes: tuple[Digest, ...] = ()
    kind: ObservationKind = ObservationKind.NEW
    media: tuple[NamedMedia, ...] = ()


@dataclass(frozen=True)
class Deletion(PortValue):
    """The source says that this text was deleted there. It may never have been observed."""

    native_id: Identifier


@dataclass(frozen=True)
class ObservedBatch(PortValue):
    """What was new since the cursor, oldest first.

    `cursor` is opaque and is stored in the same commit as the effects of this batch. `opted_out` are the ids of
    accounts that ask not to be read (for instance `discoverable: false` or `noindex`); a batch holds no observation of
    theirs. `opted_in` are accounts that were seen without such a mark: one that had it is read again from then on.
    `lag` is how far the source's newest content is ahead of `cursor`; None: unknown. `more` says that a next
    read finds more at once. `set_aside` are values that could not be used, kept in the same commit.
    """

    observations: tuple[Observation, ...]
    cursor: SourceCursor
    deletions: tuple[Deletion, ...] = ()
    opted_out: tuple[Identifier, ...] = ()
    lag: timedelta | None = None
    more: bool = False
    set_aside: tuple[SetAside, ...] = ()
    opted_in: tuple[Identifier, ...] = ()


_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class WebScope:
    """An address is in scope if it begins with one of these: equal scheme, host and port, and the path begins alike.

    `/papan` covers `/papan`, `/papan/1` and `/papan?h=2`, and not `/papan-lain`.
    """

    prefixes: tuple[str, ...]

    def covers(self, address: str) -> bool:
        """Whether the address is read."""
        here = address_parts(address)
        return here is not None and any(
            there is not None
            and here[0] == there[0]
            and (here[1] == there[1] or here[1].startswith(there[1].rstrip("/") + "/"))
            for there in map(address_parts, self.prefixes)
        )


def address_parts(address: str) -> tuple[tuple[str, str, int], str] | None:
    """Scheme, host and port, and the path; None for anything but http and https, or with a name or password in it."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None or parts.password is not None:
        return None
    return (parts.scheme, parts.hostname.rstrip("."), port or _PORTS[parts.scheme]), parts.path or "/"


MOST_SURFACES = 200
LONGEST_SURFACE = 300
TAG_OR_ACCOUNT = r"#?\w{1,100}|@[\w.-]{1,64}(@[\w.:-]{1,253})?"
DID_OR_COLLECTION = rf"{DID}|([a-z][a-zA-Z0-9-]{{0,62}}\.){{2,10}}[a-zA-Z][a-zA-Z0-9]{{0,62}}"
_TOKEN_FILE = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class SourceSettings:
    """What a source is opened with. `surfaces` are rooms, tags, accounts or addresses, as its form says.

    `token` is the content of the private file that the watch names; the database holds only the file's name.
    """

    kind: SourceKind
    platform: str
    url: str = ""
    surfaces: tuple[str, ...] = ()
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class Setting:
    """One setting: whether a source of this kind must have it, and help for whoever fills it in."""

    help: str
    required: bool = True
    pattern: str = ""  # a regular expression that each value matches entirely; "": no such rule
    addresses: bool = False  # each value is a whole web address, and reading begins within one of them
    accounts: str = ""  # values that this regular expression matches entirely name an account: they are never published


@dataclass(frozen=True)
class SourceForm:
    """The settings of a kind of source. None: it does not have that setting.

    `reads` is the sentence of the data sheet (UU PDP art. 34) about what is read and what is not.
    """

    label: str
    reads: str
    url: Setting | None
    surfaces: Setting | None
    token: Setting | None = None
    is_file: bool = False  # `url` is the name of a file in the folder `watch/` of JAGA_HOME


FORMS: Mapping[SourceKind, SourceForm] = MappingProxyType(
    {
        SourceKind.PUBLIC_ROOMS: SourceForm(
            N_("Public rooms of a platform"),
            N_(
                "New messages in public rooms of the platform, read by a member account that is the operator's own. "
                "Private"
                " rooms, direct messages and encrypted rooms are not read."
            ),
            url=None,
            surfaces=Setting(
                N_(
                    "Ids of public rooms, one a line, such as !abc:chat.example. Empty: every public room"
                    " that the platform's account is in."
                ),
                required=False,
            ),
        ),
        SourceKind.MASTODON: SourceForm(
            N_("Mastodon's API"),
            N_(
                "New public posts of a server with Mastodon's API: its public timeline, or the named tags and accounts."
                " Posts for followers only, direct messages and accounts that ask not to be found are not read."
            ),
            url=Setting(N_("The address of the server, such as https://social.example.")),
            surfaces=Setting(
                N_(
                    "At most 20 tags or accounts, one a line: a tag as a word, an account as @name. Empty: the"
                    " public timeline of the server."
                ),
                required=False,
                pattern=TAG_OR_ACCOUNT,
                accounts="@.*",
            ),
            token=Setting(
                N_(
                    "The name of a file with the operator's own access token, in the folder watch-tokens of this"
                    " installation. Only needed if the server shows its timeline to nobody else."
                ),
                required=False,
            ),
        ),
        SourceKind.ATPROTO: SourceForm(
            N_("AT Protocol"),
            N_(
                "New public posts and profile texts in the repositories of an AT Protocol server. Direct messages and"
                " settings of accounts are not read, nor accounts that ask to be shown only to people who signed in."
            ),
            url=Setting(
                N_(
                    "The address of the server or relay, such as https://pds.example; of a Jetstream server with its"
                    " path, such as https://jetstream.example/subscribe."
                )
            ),
            surfaces=Setting(
                N_(
                    "Accounts by their DID, or collections such as app.bsky.feed.post, one a line. Without"
                    " accounts: all of them. Without collections: posts and profiles."
                ),
                required=False,
                pattern=DID_OR_COLLECTION,
                accounts=DID,
            ),
        ),
        SourceKind.WEB: SourceForm(
            N_("Web pages and feeds"),
            N_(
                "Public pages and feeds under the named addresses, as robots.txt allows. Nothing behind a login, and no"
                " pictures."
            ),
            url=Setting(N_("The address where reading begins, such as https://forum.example/board.")),
            surfaces=Setting(
                N_("The scope: addresses, one a line; only pages whose address begins with one of them are read."),
                addresses=True,
            ),
        ),
        SourceKind.FILE: SourceForm(
            N_("A file of observations"),
            N_(
                "Observations in a file that the operator or an authority handed over. Rows that are marked as "
                "anything but"
                " public are not read."
            ),
            url=Setting(
                N_(
                    "The name of the file in the folder watch of this installation, such as week-48.jsonl: JSON"
                    " lines, CSV, Parquet or WARC."
                )
            ),
            surfaces=None,
            is_file=True,
        ),
        SourceKind.STREAM: SourceForm(
            N_("The platform's own stream"),
            N_(
                "Signed batches of observations that the platform sends by itself. Rows that are marked as anything but"
                " public are not read."
            ),
            url=None,
            surfaces=None,
        ),
        SourceKind.BACKLOG: SourceForm(
            N_("Files that are taken in at once"),
            N_(
                "The named files of public content, read once by whoever runs this installation (jaga take-in). "
                "Everything"
                " in them was published for everybody."
            ),
            url=None,
            surfaces=Setting(
                N_(
                    "The SHA-256 of each file, 64 characters, one a line: sha256sum FILE shows it. No other"
                    " file is read."
                ),
                pattern=SHA256.pattern,
            ),
        ),
    }
)


def problems(kind: SourceKind, url: str, surfaces: tuple[str, ...], token_file: str) -> tuple[FieldError, ...]:
    """What is wrong with the settings of a watch, by form field: `url`, `surfaces`, `token_file`."""
    form = FORMS[kind]
    found = [*_url(form, url), *_surfaces(form, surfaces)]
    if not found and form.surfaces and form.surfaces.addresses and not WebScope(surfaces).covers(url):
        found.append(
            FieldError(
                "surfaces", "elsewhere", N_("The address where reading begins does not begin with one of these.")
            )
        )
    if form.token is None and token_file:
        found.append(FieldError("token_file", "surplus", N_("A source of this kind has no token. Leave this empty.")))
    elif form.token and form.token.required and not token_file:
        found.append(FieldError("token_file", "missing", N_("Name the file with the access token.")))
    elif token_file and not _TOKEN_FILE.fullmatch(token_file):
        found.append(
            FieldError(
                "token_file",
                "wrong",
                N_("Write only the file's name: lower-case letters, digits, - and _, and no token."),
            )
        )
    return tuple(found)


def without_accounts(kind: SourceKind, surfaces: tuple[str, ...]) -> tuple[str, ...]:
    """The scope without the lines that name an account."""
    setting = FORMS[kind].surfaces
    return tuple(one for one in surfaces if not (setting and setting.accounts and re.fullmatch(setting.accounts, one)))


def _url(form: SourceForm, url: str) -> list[FieldError]:
    if form.url is None:
        return (
            [FieldError("url", "surplus", N_("A source of this kind has no address. Leave this empty."))] if url else []
        )
    if not url:
        return [FieldError("url", "missing", N_("This kind of source needs an address or file name."))]
    if form.is_file:
        return (
            []
            if _FILE.fullmatch(url)
            else [FieldError("url", "wrong", N_("Write only the name of a file, without folders."))]
        )
    return (
        []
        if is_web_address(url)
        else [
            FieldError(
                "url",
                "wrong",
                N_("Write a whole address such as https://social.example, without a name or password in it."),
            )
        ]
    )


def _surfaces(form: SourceForm, surfaces: tuple[str, ...]) -> list[FieldError]:
    setting = form.surfaces
    if setting is None:
        return (
            [FieldError("surfaces", "surplus", N_("A source of this kind has no scope. Leave this empty."))]
            if surfaces
            else []
        )
    if setting.required and not surfaces:
        return [FieldError("surfaces", "missing", N_("Say what is read, one a line."))]
    if len(surfaces) > MOST_SURFACES:
        return [FieldError("surfaces", "too_many", N_("Name at most %(most)s lines."), {"most": MOST_SURFACES})]
    if any(len(one) > LONGEST_SURFACE for one in surfaces):
        return [
            FieldError("surfaces", "too_long", N_("A line has at most %(most)s characters."), {"most": LONGEST_SURFACE})
        ]
    wrong = next(
        (
            one
            for one in surfaces
            if (setting.pattern and not re.fullmatch(setting.pattern, one))
            or (setting.addresses and not is_web_address(one))
            or not one.isprintable()
        ),
        None,
    )
    if wrong is not None:
        return [FieldError("surfaces", "wrong", N_("This line does not fit: %(line)s"), {"line": wrong})]
    return []


def is_web_address(url: str) -> bool:
    """Whether this is an http or https address with a host, and without user name, password or fragment."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and parts.username is None
        and parts.password is None
        and not parts.fragment
        and not re.search(r"[\s\x00-\x1f]", url)
        and url.isprintable()
        and len(url) <= 2000
    )


class Source(Protocol):
    """What a watch reads. `name` is the kind with its version, for instance `mastodon/1`."""

    name: str

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        """At most `limit` observations after `cursor`, oldest first; None starts at the present.

        (A file starts at its beginning.) Returns within about half a minute. Raises SourceUnreachable and its
        subclasses, and no other network error.
        """


class SourceUnreachable(JagaError):
    """The source gave no usable answer; it is tried again by itself.

    Params: `why` in a few words, without contents; `retry_after` in seconds if the source named a pause; `set_aside`,
    values to be stored with their raw bytes.
    """

    code = "source_unreachable"
    status = 503
    sentence = N_("The source of this watch did not answer.")
    remedy = N_("It is read again automatically. If it keeps failing, check its address and whether it is up.")

    def __init__(
        self, sentence: str | None = None, remedy: str | None = None, *, code: str | None = None, **params: object
    ) -> None:
        cleaned = {name: shown(value, 200) if isinstance(value, str) else value for name, value in params.items()}
        super().__init__(sentence, remedy, code=code, **cleaned)

    @property
    def why(self) -> str:
        """The cause in a few words, or ""."""
        found = self.params.get("why")
        return found if isinstance(found, str) else ""

    @property
    def retry_after(self) -> float | None:
        """The pause in seconds that the source asked for, from 0 to a day; None if it did not."""
        asked = self.params.get("retry_after")
        if isinstance(asked, bool) or not isinstance(asked, int | float) or asked != asked:
            return None
        return float(min(max(asked, 0), 86_400))

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Values to be stored with their raw bytes."""
        found = self.params.get("set_aside")
        return tuple(one for one in found if isinstance(one, SetAside)) if isinstance(found, tuple) else ()


class SourceRefused(SourceUnreachable):
    """The source does not let us read: a wrong token, a rule for robots, an address out of scope. A person must act."""

    code = "source_refused"
    sentence = N_("The source of this watch does not let Jaga read it.")
    remedy = N_("Check the token and the scope of the watch; if the source forbids reading, stop the watch.")


class SourceFault(SourceUnreachable):
    """The source's answer is unusable: a wrong type, size, encoding or identifier."""

    code = "source_fault"
    sentence = N_("The source of this watch answered with something that cannot be used.")
    remedy = N_("It is read again automatically. If it keeps failing, tell whoever runs the source.")


class SourceStalled(SourceUnreachable):
    """A reading did not come to an end in time, so it was ended. Nothing of it is used."""

    code = "source_stalled"
    sentence = N_("Reading the source of this watch did not come to an end.")
    remedy = N_(
        "It was ended, and is read again automatically. If it keeps happening, look at what the source answers."
    )


class SourceWentBack(SourceUnreachable):
    """The source no longer knows the cursor, or is behind it: it was restored, emptied or replaced.

    Nothing was read. A person decides whether to go on from the present (`watch.verbs.reading.go_on_from_present`).
    """

    code = "source_went_back"
    sentence = N_("The source of this watch no longer knows what was already read.")
    remedy = N_("Ask whoever runs it what happened, then let the watch go on from the present.")
