"""Configuration from environment variables, and the installation's paths.

Errors of the environment's settings; each names the setting and how to correct it.
"""

import errno
import os
import re
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from jaga.app.services.errors import NoPermission
from jaga.core.errors import N_, JagaError
from jaga.core.standard_webhooks import HookKeyInvalid, SharedSecret, signing_key
from jaga.core.terms.people import HostKind
from jaga.policy.release import DEFAULT, VARIABLE, shipped_folder


class WrongPort(JagaError):
    """A port that is not a number or is reserved for root."""

    code = "wrong_port"
    sentence = N_("%(name)s is “%(given)s”, which is not a usable port.")
    remedy = N_("Give a number from 1024 to 65535, or leave it out.")


class WrongNumber(JagaError):
    """A setting that must be a small number."""

    code = "wrong_number"
    sentence = N_("%(name)s is “%(given)s”, which is not a number from 0 to 9.")
    remedy = N_("Give such a number, or leave it out.")


class SamePort(JagaError):
    """Two servers on one port."""

    code = "same_port"
    sentence = N_("JAGA_PORT and SYNAPSE_PORT are both %(port)s, but each server needs a port of its own.")
    remedy = N_("Give another number to one of them, or leave both out.")


class WrongAddress(JagaError):
    """A base URL that cannot be opened, or below which Jaga does not work."""

    code = "wrong_address"
    sentence = N_("JAGA_BASE_URL is “%(given)s”, which is not an address of a site.")
    remedy = N_("Give http:// or https:// and the host, without a path: https://jaga.example.id.")


class WrongPractice(JagaError):
    """Practice or real is never guessed: in practice anyone can sign in, and deadlines mean nothing."""

    code = "wrong_practice"
    sentence = N_("PRACTICE is “%(given)s”, which is neither 0 nor 1.")
    remedy = N_("Say PRACTICE=0 for the real thing, or PRACTICE=1 (or leave it out) for a practice.")


class WrongHostKind(JagaError):
    """An installation belongs to an operator or an authority."""

    code = "wrong_host_kind"
    sentence = N_("HOST is “%(given)s”, which is neither operator nor authority.")
    remedy = N_("Say HOST=operator or HOST=authority, or leave it out for an operator's installation.")


class WrongDatabase(JagaError):
    """A database of another kind. The value may contain a password and is not repeated."""

    code = "wrong_database"
    sentence = N_("%(name)s does not begin with postgresql:// or postgres://; Jaga works on PostgreSQL only.")
    remedy = N_("Give postgresql://USER:PASSWORD@HOST:PORT/NAME, or leave it out: Jaga brings a database of its own.")


class WrongMailServer(JagaError):
    """An invalid mail server URL. It may contain a password and is not repeated."""

    code = "wrong_mail_server"
    sentence = N_("JAGA_SMTP_URL is not an address of a mail server.")
    remedy = N_("Give smtp://USER:PASSWORD@HOST:PORT?tls=1&from=jaga@example.id, or leave it out: no mail is sent.")


class WrongAlarmAddress(JagaError):
    """Not a list of mail addresses."""

    code = "wrong_alarm_address"
    sentence = N_("JAGA_ALARM_MAIL is “%(given)s”, which is not a list of mail addresses.")
    remedy = N_("Give at most 20 addresses with commas between them: piket@example.id,kepala@example.id.")


class WrongReceiverMail(JagaError):
    """Not a valid mapping of referral receivers to mail addresses."""

    code = "wrong_receiver_mail"
    sentence = N_("JAGA_RECEIVER_MAIL is “%(given)s”, which is no list of receivers with their mail addresses.")
    remedy = N_("Give keys of receivers.yaml with an address each, commas between: lpsk=meja@example.id.")


class WrongAlarmHook(JagaError):
    """An invalid alarm webhook URL or signing key. Both may be secret and are not repeated."""

    code = "wrong_alarm_hook"
    sentence = N_("JAGA_ALARM_WEBHOOK_URL and JAGA_ALARM_WEBHOOK_KEY do not name a webhook: %(why)s.")
    remedy = N_("Give an https:// address and a key that begins with whsec_ (docs/operations.md), or leave both out.")


class WrongRate(JagaError):
    """A limit that is not a number of reports."""

    code = "wrong_rate"
    sentence = N_("JAGA_REPORTS_PER_MINUTE is “%(given)s”, which is not a number from 0 to 99999.")
    remedy = N_("Give such a number (0 means without a limit), or leave it out for 60.")


class WrongRoom(JagaError):
    """A minimum of free disk space that is not a number of megabytes."""

    code = "wrong_room"
    sentence = N_("JAGA_LEAST_FREE_MB is “%(given)s”, which is not a number from 1 to 99999999.")
    remedy = N_("Give such a number of megabytes, or leave it out for 200.")


class WrongLedgerSeconds(JagaError):
    """A rhythm of published heads that no installation may have."""

    code = "wrong_ledger_seconds"
    sentence = N_("JAGA_LEDGER_SECONDS is “%(given)s”, which is not a number of seconds that divides an hour.")
    remedy = N_(
        "Leave it out: heads are published every hour. Only a practice (PRACTICE=1) may be told another "
        "number, such as 60."
    )


class WrongPolicyFolder(JagaError):
    """The folder of the policy release is no folder."""

    code = "wrong_policy_folder"
    sentence = N_("JAGA_POLICY is “%(given)s”, which is no folder.")
    remedy = N_("Give the folder of a policy release, or leave it out for the shipped one.")


class WrongDelay(JagaError):
    """A delay that is not a number of seconds."""

    code = "wrong_delay"
    sentence = N_("UNDO_WINDOW_SECONDS is “%(given)s”, which is not a number from 0 to 86400.")
    remedy = N_("Give such a number (0 means that nothing waits), or leave it out for the policy's minutes.")


class TooShortDelay(JagaError):
    """A delay that is only allowed in practice."""

    code = "too_short_delay"
    sentence = N_("UNDO_WINDOW_SECONDS is %(given)s. A closure must stay undoable for at least %(least)s seconds.")
    remedy = N_(
        "Give at least that number, or leave it out for the policy's minutes. Only a practice (PRACTICE=1) may "
        "be told less."
    )


PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = PACKAGE.parents[1]
"""The checkout Jaga runs from; None for an installed package."""
PRACTICE_DELAY = 1  # Seconds, while the story is played.
BY_HAND_DELAY = 20  # Seconds, for a person's own actions in practice afterwards.
HOUR, PRACTICE_HEADS = 3600, 60  # Seconds between two published heads of the ledger.
SHORTEST_DELAY = 300  # Seconds, in a real installation: `limits.SHORTEST_UNDO_MINUTES`.
WEB_PROCESSES = 2
LARGEST_PORT = 65_535
LONGEST_CONTACT = 200
# Per web process, see `jaga.web.admission`: concurrent requests, additional urgent ones, queued ones, and threads, some
# of which are reserved for immediate refusals.
WEB_PLACES, WEB_FIRST_PLACES, WEB_WAITING = 8, 4, 28
WEB_THREADS = 48
WEB_TOGETHER = 16  # Calls that send a report each, answered together in one place (`jaga.web.buffering.portions`).
# Incomplete request bodies: half as many per web process as threads, shared by each network.
WEB_UPLOADS, WEB_UPLOADS_OF_A_NETWORK = WEB_THREADS // 2, 4
# Connections per web process, and open files: idle connections must not lock others out.
WEB_OPEN, WEB_FILES = 4096, 16_384
_MOST_ALARM_ADDRESSES = 20
_ADDRESS = re.compile(r"[^@\s,<>\x00-\x1f]+@[^@\s,<>\x00-\x1f]+")
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")
WEB_HEAD_SECONDS = 10  # Time within which a request's head must arrive.
WEB_CONNECTIONS = 28  # One per place plus some for health checks: a waiting client may hold one.

THREADS_TURN = 0.0005
"""The thread switch interval in seconds. By default Python lets a busy thread run ten times as long before one
returning from the database continues, once per statement: that was most of an urgent report's latency under load."""


@dataclass(frozen=True)
class MailServer:
    """The mail server, or a folder that gets each mail as a file. `password` is for the worker only."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: bool
    sender: str
    folder: str = ""


@dataclass(frozen=True)
class AlarmHook:
    """The URL for alarms, and the shared secret (`whsec_…`) that signs them."""

    url: str = field(repr=False)
    key: str = field(repr=False)


def home() -> Path:
    """The installation's folder: data, secrets, logs.

    `JAGA_HOME`; else `var/practice`, `var/real` and the like, in the checkout or, for an installed package, in the
    working directory. Another release than the default one has folders of its own (`var/eu-practice`).

    Raises UnknownRelease.
    """
    given = os.environ.get("JAGA_HOME")
    base = None if given and os.path.isabs(given) else (project_folder(), Path.cwd())
    return _home(given, base, *(os.environ.get(name) for name in ("PRACTICE", "JAGA_HOST", VARIABLE)))


@lru_cache(maxsize=16)  # Whoever uses a key asks for this folder.
def _home(given: str | None, *_: object) -> Path:
    """`home`, kept for what the environment says."""
    name = "practice" if practice() else "real"
    own = name if host() is HostKind.OPERATOR else f"{host()}-{name}"
    release = shipped_folder().name
    own = own if release == DEFAULT else f"{release}-{own}"
    return Path(given or project_folder() / "var" / own).absolute()


def project_folder() -> Path:
    """The checkout Jaga runs from, or the working directory."""
    return CHECKOUT if (CHECKOUT / "pyproject.toml").is_file() else Path.cwd()


def host() -> HostKind:
    """Whose installation this is (`JAGA_HOST`, default operator). Raises WrongHostKind."""
    given = os.environ.get("JAGA_HOST") or HostKind.OPERATOR.value
    if given not in [kind.value for kind in HostKind]:
        raise WrongHostKind(given=given)
    return HostKind(given)


def practice() -> bool:
    """Whether this is a practice installation (`PRACTICE=0` starts the real, empty one). Raises WrongPractice."""
    given = os.environ.get("PRACTICE") or "1"
    if given not in ("0", "1"):
        raise WrongPractice(given=given)
    return given == "1"


def port_of(name: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and 1024 <= int(given) <= LARGEST_PORT):
        raise WrongPort(name=name, given=given)
    return int(given)


def port() -> int:
    """The web server's port on loopback (`JAGA_PORT`, default 8600). Raises WrongPort."""
    return port_of("JAGA_PORT", os.environ.get("JAGA_PORT") or "8600")


def base_url() -> str:
    """The public base URL without trailing slash (`JAGA_BASE_URL`). Raises WrongAddress, WrongPort."""
    given = os.environ.get("JAGA_BASE_URL")
    if not given:
        return f"http://127.0.0.1:{port()}"
    if not _is_site(given):
        raise WrongAddress(given=given)
    return given.rstrip("/")


def contact() -> str:
    """How the public reaches whoever runs this (`JAGA_CONTACT`): a mail address, a number or a postal address."""
    return " ".join(os.environ.get("JAGA_CONTACT", "").split())[:LONGEST_CONTACT]


def _is_site(address: str) -> bool:
    try:
        parts = urlsplit(address)
        plain = SplitResult(parts.scheme, parts.netloc, "", "", "").geturl()
        named = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:  # An invalid port or IPv6 address.
        return False
    whole = address.isprintable() and " " not in address and address in (plain, f"{plain}/")
    return bool(named) and parts.scheme in ("http", "https") and whole


def proxy_hops() -> int:
    """The number of own proxies before the web server (`JAGA_PROXY_HOPS`, default 0). Raises WrongNumber."""
    given = os.environ.get("JAGA_PROXY_HOPS") or "0"
    if not (given.isascii() and given.isdigit() and int(given) < 10):
        raise WrongNumber(name="JAGA_PROXY_HOPS", given=given)
    return int(given)


def reports_per_minute() -> int:
    """Reports per minute and network through the form (`JAGA_REPORTS_PER_MINUTE`, default 60). Raises WrongRate."""
    given = os.environ.get("JAGA_REPORTS_PER_MINUTE") or "60"
    if not (given.isascii() and given.isdigit() and len(given) <= 5):
        raise WrongRate(given=given)
    return int(given)


def least_free_bytes() -> int:
    """The free disk space below which new data is refused (`JAGA_LEAST_FREE_MB`, default 200), in bytes.

    Raises WrongRoom.
    """
    given = os.environ.get("JAGA_LEAST_FREE_MB") or "200"
    if not (given.isascii() and given.isdigit() and len(given) <= 8 and int(given) > 0):
        raise WrongRoom(given=given)
    return int(given) * 1_000_000


def undo_window_seconds() -> int | None:
    """The undo window of irreversible decisions (`UNDO_WINDOW_SECONDS`); None: as the policy says.

    One second in practice, to keep the story short (`by_hand_delay` afterwards). A real installation requires at
    least `limits.SHORTEST_UNDO_MINUTES`. Raises WrongDelay, TooShortDelay.
    """
    given = os.environ.get("UNDO_WINDOW_SECONDS") or ""
    if not given:
        return PRACTICE_DELAY if practice() else None
    if not (given.isascii() and given.isdigit() and len(given) <= 5 and int(given) <= 86_400):
        raise WrongDelay(given=given)
    if not practice() and int(given) < SHORTEST_DELAY:
        raise TooShortDelay(given=given, least=SHORTEST_DELAY)
    return int(given)


def by_hand_delay() -> int | None:
    """The undo window in practice after its story, in seconds; None if configured explicitly, and in a real
    installation.
    """
    return BY_HAND_DELAY if practice() and not os.environ.get("UNDO_WINDOW_SECONDS") else None


def story_over() -> Path:
    """The file that exists once the practice story has ended or failed."""
    return home() / "practice" / "story-over"


def mark_path() -> Path:
    """The ledger mark file, which reveals a restored database (`JAGA_MARK`)."""
    return Path(os.environ.get("JAGA_MARK") or home() / "ledger-mark").absolute()


def key_store() -> Path:
    """The folder of the key store, which is in no backup of the database.

    In `JAGA_KEY_STORE` each installation has one of its own, named as its home folder: two would count the same
    numbers, and each would destroy the other's keys.
    """
    given = os.environ.get("JAGA_KEY_STORE")
    return (Path(given) / home().name if given else home() / "key-store").absolute()


def ledger_folder() -> Path:
    """The folder of the published log, which anybody may read (`JAGA_LEDGER_FOLDER`)."""
    return Path(os.environ.get("JAGA_LEDGER_FOLDER") or home() / "ledger").absolute()


def ledger_witnesses() -> Path:
    """The file with the log's witnesses and their quorum (`JAGA_LEDGER_WITNESSES`); without it no witness is asked."""
    return Path(os.environ.get("JAGA_LEDGER_WITNESSES") or home() / "ledger-witnesses").absolute()


def ledger_seconds() -> int:
    """Seconds between two published heads: an hour; in practice a minute, or `JAGA_LEDGER_SECONDS`.

    Raises WrongLedgerSeconds.
    """
    given = os.environ.get("JAGA_LEDGER_SECONDS") or ""
    if not given:
        return PRACTICE_HEADS if practice() else HOUR
    right = given.isascii() and given.isdigit() and len(given) <= 4 and 0 < int(given) <= HOUR and not HOUR % int(given)
    if not right or (not practice() and int(given) != HOUR):
        raise WrongLedgerSeconds(given=given)
    return int(given)


def policy_folder() -> Path | None:
    """The folder of the policy release (`JAGA_POLICY`); None: the shipped one. Raises WrongPolicyFolder."""
    given = os.environ.get("JAGA_POLICY")
    if given and not Path(given).is_dir():
        raise WrongPolicyFolder(given=given)
    return Path(given).absolute() if given else None


def given_database() -> str:
    """`DATABASE_URL`, or an empty string if Jaga uses its embedded database. Raises WrongDatabase."""
    return _database("DATABASE_URL", os.environ.get("DATABASE_URL", ""))


def _database(name: str, given: str) -> str:
    if given and not given.startswith(("postgresql://", "postgres://")):
        raise WrongDatabase(name=name)
    return given


def given_role_database(part: str) -> str:
    """`JAGA_WEB_DATABASE_URL` or `JAGA_WORKER_DATABASE_URL`; empty if Jaga creates that part's role.

    Raises WrongDatabase.
    """
    if part == "web":
        return _database("JAGA_WEB_DATABASE_URL", os.environ.get("JAGA_WEB_DATABASE_URL", ""))
    return _database("JAGA_WORKER_DATABASE_URL", os.environ.get("JAGA_WORKER_DATABASE_URL", ""))


def mail_server() -> MailServer | None:
    """The mail server (`JAGA_SMTP_URL`), or None. `tls=1` enables STARTTLS. Raises WrongMailServer.

    `file:///FOLDER` writes mails there instead: a practice installation shows them so.
    """
    given = os.environ.get("JAGA_SMTP_URL", "")
    if not given:
        return None
    try:
        parts = urlsplit(given)
        asked = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        port_ = parts.port or 25
    except ValueError:
        raise WrongMailServer from None
    if parts.scheme == "file" and len(parts.path) > 1 and not parts.netloc and not asked:
        return MailServer("", 0, "", "", tls=False, sender="jaga@localhost", folder=unquote(parts.path))
    sender = asked.pop("from", f"jaga@{urlsplit(base_url()).hostname}")
    tls = asked.pop("tls", "0")
    if parts.scheme != "smtp" or not parts.hostname or asked or tls not in ("0", "1") or "@" not in sender:
        raise WrongMailServer
    return MailServer(
        parts.hostname, port_, unquote(parts.username or ""), unquote(parts.password or ""), tls == "1", sender
    )


def alarm_addresses() -> tuple[str, ...]:
    """Recipients of deadline alarms outside the console (`JAGA_ALARM_MAIL`, comma-separated).

    Raises WrongAlarmAddress.
    """
    given = os.environ.get("JAGA_ALARM_MAIL", "")
    found = tuple(dict.fromkeys(part.strip() for part in given.split(",") if part.strip()))
    if len(found) > _MOST_ALARM_ADDRESSES or not all(len(one) <= 254 and _ADDRESS.fullmatch(one) for one in found):
        raise WrongAlarmAddress(given=given)
    return found


def receiver_addresses() -> dict[str, str]:
    """Mail addresses of referral receivers by key (`JAGA_RECEIVER_MAIL`, comma-separated). Raises WrongReceiverMail."""
    given = os.environ.get("JAGA_RECEIVER_MAIL", "")
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in given.split(","))):
        key, equals, address = (piece.strip() for piece in part.partition("="))
        if not equals or not key or key in found or len(address) > 254 or not _ADDRESS.fullmatch(address):
            raise WrongReceiverMail(given=given)
        found[key] = address
    return found


def alarm_hook() -> AlarmHook | None:
    """The alarm webhook (`JAGA_ALARM_WEBHOOK_URL`, `JAGA_ALARM_WEBHOOK_KEY`), or None if neither is set.

    Plain http:// only on this machine. Raises WrongAlarmHook.
    """
    url, key = os.environ.get("JAGA_ALARM_WEBHOOK_URL", ""), os.environ.get("JAGA_ALARM_WEBHOOK_KEY", "")
    if not url and not key:
        return None
    if not (url and key):
        raise WrongAlarmHook(why="one of the two is missing")
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        named = None
    if not named or not url.isprintable() or " " in url:
        raise WrongAlarmHook(why="the address cannot be read")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _THIS_MACHINE):
        raise WrongAlarmHook(why="the address is not encrypted")
    try:
        if isinstance(signing_key(key), SharedSecret):
            return AlarmHook(url, key)
    except HookKeyInvalid:
        pass
    raise WrongAlarmHook(why="the key is none that begins with whsec_ and has 24 to 64 bytes in base64")


def check() -> None:
    """Read every setting once, so that errors show before anything starts. Raises the errors above."""
    host()
    shipped_folder()
    base_url()
    proxy_hops()
    reports_per_minute()
    least_free_bytes()
    undo_window_seconds()
    ledger_seconds()
    policy_folder()
    given_database()
    for part in ("web", "worker"):
        given_role_database(part)
    mail_server()
    alarm_addresses()
    alarm_hook()


def database_url() -> str:
    """`DATABASE_URL`, else the address that the embedded PostgreSQL stored for this installation.

    Empty if neither exists, so that commands without a database (`--help`, `policy check`) work. Raises WrongDatabase.
    """
    if url := given_database():
        return url
    left = home() / "run" / ("database-url" if practice() else "database-url-real")
    return left.read_text().strip() if left.exists() else ""


def make_folder(folder: Path, mode: int = 0o700) -> None:
    """Create a folder and its parents. Raises NoPermission; a full disk stays an OSError."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=mode)
    except OSError as refusal:
        if refusal.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise NoPermission(path=refusal.filename or folder) from refusal
