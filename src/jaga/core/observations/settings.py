"""The settings of each kind of source, as forms and checks know them; opening a source is `jaga.sources.registry`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from jaga.core.canonical import SHA256
from jaga.core.errors import N_, FieldError
from jaga.core.locators import DID
from jaga.core.observations.web_scope import WebScope
from jaga.core.terms.watch import SourceKind

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
