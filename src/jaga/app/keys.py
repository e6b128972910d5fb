"""The installation's keys: one file each in `secrets/`, created at the first start and never recreated automatically.

They are kept outside the database, so that a copy of it can neither recompute receipts nor forge checkpoints. The
database holds their fingerprints: a process that finds other keys or none refuses to work (ADR 0049), because with new
keys no report or appeal could be followed any more, without any error.
"""

import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg import sql

from jaga.app import config
from jaga.app.services.errors import write_private
from jaga.core.errors import N_, JagaError, WrongHost, WrongInstallation
from jaga.core.files import write_draft
from jaga.policy.release import require_same
from jaga.store.key_store import file as key_store
from jaga.store.key_store.tree import KeyStoreDiffers

KEY_BYTES = 32
NEEDED_BY: Mapping[str, str] = {
    "web": "",
    "visits": "",
    "clients": "",
    "networks": "",
    "invitations": "",
    "voices": "",
    "clusters": "",
    "contacts": "",
    "referral-links": "",
    "search": "",
    "files": "records_batch",
    "ledger": "records_ledgercheckpoint",
    "leaves": "records_publishedhead",
    "receipts": "records_report",
    "sources": "records_report",
    "identities": "records_reporteridentity",
    "appeals": "records_statement",
    "appeal-hashes": "records_statement",
    "commitments": "records_vote",
    "referrals": "records_referral",
    "lots": "records_decision",
    "officer-keys": "records_officerkey",
    "secrets": "mfa_authenticator",
    "indicators": "records_accountindicator",
}
"""Every key with a fingerprint, and the table whose rows are useless without it ("" if little is lost). A new key needs
a line here and in docs/operations.md; the next start creates it."""
POSTGRES, PLATFORMS, DATABASE_ROLES = "postgres", "platforms", "database-roles"
"""Keys without a fingerprint: the embedded database itself refuses another one (`services.postgres`), each platform
credential names the key that sealed it (`platforms.kit.sealing`), and the passwords derived from the third are set at
each start (`services.roles`)."""
NAMES = (*NEEDED_BY, POSTGRES, PLATFORMS, DATABASE_ROLES)
KEY_STORE = key_store.FINGERPRINT
USED_BY = "installation"
"""The file in the key store's folder with the fingerprints of the keys of the installation that uses it."""
_SEALED = b"sealed:v1:"
_FOLDER = "secrets"
TABLE = "records_keyfingerprint"


class KeysMissing(JagaError):
    """Keys of this database are missing. None was created."""

    code = "keys_missing"
    status = 503
    sentence = N_("Keys are missing in %(folder)s, or are damaged: %(names)s.")
    remedy = N_(
        "Put a copy of that folder back that was made on or after %(since)s; nothing was changed. If there is "
        "none, read docs/operations.md, “Keys and their limits”."
    )


class KeysDiffer(JagaError):
    """The keys are not those of this database."""

    code = "keys_differ"
    status = 503
    sentence = N_("Keys in %(folder)s are not those that this database was written with: %(names)s.")
    remedy = N_(
        "Put the copy back that belongs to this database, made on or after %(since)s; nothing was changed. If "
        "there is none, read docs/operations.md, “Keys and their limits”."
    )


class KeysBeside(KeysDiffer):
    """The keys of this database were set aside when they were replaced: the database is older."""

    remedy = N_(
        "They lie beside, set aside since this backup was made: %(beside)s. Give each its name back without "
        "“.until-…” and keep the newer file under another name; nothing was changed. If others know the old "
        "key, replace it again after that with jaga keys replace."
    )


class Recorded(NamedTuple):
    """A fingerprint in the database, and when it was recorded."""

    fingerprint: str
    since: datetime


def folder() -> Path:
    """The folder of the keys."""
    return config.home() / _FOLDER


def secret(name: str) -> bytes:
    """The 32 random bytes of a key, cached.

    Never creates one. Raises KeysMissing; ValueError for a name not in NAMES.
    """
    given = os.environ.get("JAGA_HOME", "")  # A report needs several keys: only what says where they are is looked up.
    return _secret(name, given if os.path.isabs(given) else str(config.home()))


@cache
def _secret(name: str, _home: str) -> bytes:
    if name not in NAMES:
        raise ValueError(f"{name!r} is no key of `jaga.app.keys.NEEDED_BY`")
    where = folder()
    key = read(where / name)
    if key is None:
        raise KeysMissing(folder=where, names=name, since=_since([name], {}))
    return key


def read(path: Path) -> bytes | None:
    """A key's bytes, or None if the file is missing or damaged. Raises PermissionError."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None
    rotating = path.name == PLATFORMS and len(content) % KEY_BYTES == 0  # The old keys follow the new one.
    return content if content and (rotating or len(content) == KEY_BYTES) else None


def fingerprint(name: str, key: bytes) -> str:
    """Identifies a key without revealing it; keys are random, so it cannot be brute-forced."""
    return sha256(b"jaga key fingerprint\0" + name.encode() + b"\0" + key).hexdigest()


def make(name: str) -> None:
    """Create a key if it is missing. Safe when run concurrently: both processes use the same key."""
    path = folder() / name
    config.make_folder(path.parent)
    if path.exists():
        return
    draft = write_draft(path, os.urandom(KEY_BYTES))
    try:
        os.link(draft, path)  # Unlike a rename, this cannot replace what another process has just created.
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def make_all() -> None:
    """Create every missing key, without checking whether the database knows another one; `prepare` does that."""
    for name in NAMES:
        make(name)
    key_store.create(config.key_store())


def embedded_database_key() -> bytes:
    """The key of the embedded database, created if that has no data yet. Raises KeysMissing."""
    if not (config.home() / "postgres" / "data").exists():
        make(POSTGRES)
    return secret(POSTGRES)


def prepare(url: str) -> None:
    """Ensure that all keys of the database at `url` are present, before any is used.

    The first start creates all; later ones only those new in this version. Raises KeysMissing, KeysDiffer; before that
    WrongInstallation, WrongHost or WrongJurisdiction for a database of another kind; KeyStoreMissing, KeyStoreDamaged,
    KeyStoreDiffers; psycopg.Error.
    """
    with psycopg.connect(url, connect_timeout=300) as connection:
        _refuse_another_kind(connection)
        recorded = recorded_in(connection)
        needed = set(recorded) or {name for name, table in NEEDED_BY.items() if table and _has_rows(connection, table)}
        keyed = KEY_STORE in recorded or _has_rows(connection, "records_report", column="key_number")
    require(folder(), recorded, needed | _needed_by_platforms())
    require_key_store(config.key_store(), recorded, keyed=keyed)
    make_all()


def require(where: Path, recorded: Mapping[str, Recorded], needed: Collection[str]) -> None:
    """Raises KeysMissing or KeysDiffer unless the folder holds the `needed` keys, matching the recorded ones."""
    found = {name: read(where / name) for name in NAMES}
    missing = [name for name, key in found.items() if key is None and (name in needed or (where / name).exists())]
    other = [
        name
        for name, entry in recorded.items()
        if (key := found.get(name)) and fingerprint(name, key) != entry.fingerprint
    ]
    wrong = sorted({*missing, *other} & set(recorded))
    set_aside = [path.name for name in wrong if (path := _set_aside(where, name, recorded[name].fingerprint))]
    if set_aside and len(set_aside) == len({*missing, *other}):
        raise KeysBeside(
            folder=where, names=", ".join(wrong), since=_since(wrong, recorded), beside=", ".join(set_aside)
        )
    if missing:
        raise KeysMissing(folder=where, names=", ".join(missing), since=_since(missing, recorded))
    if other:
        raise KeysDiffer(folder=where, names=", ".join(other), since=_since(other, recorded))


def require_key_store(where: Path, recorded: Mapping[str, Recorded], *, keyed: bool) -> None:
    """Raises KeyStoreMissing, KeyStoreDamaged or KeyStoreDiffers unless the folder holds this database's key store.

    A database that knows none yet gets none that another installation uses. `keyed` tells whether the database has
    texts under its keys; without, a missing store is no fault.
    """
    if not keyed and not (where / key_store.NAME).exists():
        return
    found = key_store.read(where)
    known = recorded.get(KEY_STORE)
    if _is_ours(where) is False if known is None else known.fingerprint != found.fingerprint:
        raise KeyStoreDiffers(path=where / key_store.NAME)


def _is_ours(where: Path) -> bool | None:
    """Whether the key store is used by the installation with our keys; None if nobody noted who uses it."""
    try:
        users = set((where / USED_BY).read_text().split())
    except FileNotFoundError:
        return None
    return bool(users & set(_own_fingerprints()))


def _own_fingerprints() -> list[str]:
    return [fingerprint(name, key) for name in NEEDED_BY if (key := read(folder() / name))]


def _set_aside(where: Path, name: str, wanted: str) -> Path | None:
    """The backup that `replace` made of a key, if it is the wanted one."""
    kept = (
        path
        for path in sorted(where.glob(f"{name}.until-*"))
        if (key := read(path)) and fingerprint(name, key) == wanted
    )
    return next(kept, None)


def recorded_in(connection: psycopg.Connection[tuple[Any, ...]]) -> dict[str, Recorded]:
    """The fingerprints in the database; empty before the first start or in an older schema."""
    if not _exists(connection, TABLE):
        return {}
    rows = connection.execute(f"SELECT name, fingerprint, since FROM {TABLE}").fetchall()  # noqa: S608 - our own
    return {name: Recorded(print_, since) for name, print_, since in rows}


def record(*, restored: bool = False) -> None:
    """Record the fingerprints of all keys in the database, and in the key store's folder that we use it.

    Call after migrations with Django set up. `restored`: somebody declared that the database is a backup, which may be
    older than its key store.

    Raises KeysDiffer if another key signed the ledger's newest checkpoint, which a database older than this table has;
    KeyStoreDiffers if the database knows no key store yet and this one served another: their numbers are the same.
    """
    from jaga.core.actors import CLI
    from jaga.store.kernel.epochs import record_fingerprints
    from jaga.store.kernel.ledger import ledger_key_fits
    from jaga.store.models import KeyFingerprint

    if not KeyFingerprint.objects.filter(name="ledger").exists() and not ledger_key_fits():
        raise KeysDiffer(folder=folder(), names="ledger", since="?")
    found = {name: fingerprint(name, secret(name)) for name in NEEDED_BY}
    store, where = key_store.read(config.key_store()), config.key_store()
    if not KeyFingerprint.objects.filter(name=KEY_STORE).exists():
        ours = _is_ours(where)
        if ours is False or (ours is None and store.generation and not restored):
            raise KeyStoreDiffers(path=where / key_store.NAME)
    record_fingerprints({**found, KEY_STORE: store.fingerprint}, actor=CLI)
    if KeyFingerprint.objects.filter(name=KEY_STORE, fingerprint=store.fingerprint).exists():
        write_private(where / USED_BY, "".join(f"{one}\n" for one in _own_fingerprints()).encode())


def replace(name: str) -> Path:
    """Replace a lost or leaked key; docs/operations.md lists the consequences.

    Returns the path of the old file.

    Record the new fingerprint next. After a crash in between, the next start reports it, and repeating this repairs it.
    """
    path = folder() / name
    kept = path.with_name(f"{name}.until-{datetime.now(UTC):%Y%m%dT%H%M%S}")
    if path.exists():
        path.rename(kept)
    write_private(path, os.urandom(KEY_BYTES))
    _secret.cache_clear()
    return kept


def _refuse_another_kind(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    """Raise a clearer error than missing keys if only PRACTICE, JAGA_RELEASE or DATABASE_URL is wrong."""
    table = "records_installation"
    if not _exists(connection, table):
        return
    for practice, host in connection.execute(f"SELECT practice, host_kind FROM {table}").fetchall():  # noqa: S608
        if practice != config.practice():
            raise WrongInstallation
        if host != config.host():
            raise WrongHost(host=host)
    entry = (
        "SELECT payload->>'jurisdiction' FROM records_ledgerentry WHERE verb = 'claim_installation' ORDER BY id LIMIT 1"
    )
    for (recorded,) in connection.execute(entry).fetchall():
        require_same(recorded)


def _needed_by_platforms() -> set[str]:
    stored = config.home() / "platforms.toml"
    return {PLATFORMS} if stored.exists() and _SEALED in stored.read_bytes() else set()


def _since(names: Collection[str], recorded: Mapping[str, Recorded]) -> str:
    days = [recorded[name].since for name in names if name in recorded]
    return f"{max(days):%Y-%m-%d %H:%M} UTC" if days else "its first use"


def _exists(connection: psycopg.Connection[tuple[Any, ...]], table: str) -> bool:
    return connection.execute("SELECT to_regclass(%s) IS NOT NULL", [table]).fetchone() == (True,)


def _has_rows(connection: psycopg.Connection[tuple[Any, ...]], table: str, *, column: str = "id") -> bool:
    there = "SELECT EXISTS (SELECT FROM information_schema.columns WHERE table_name = %s AND column_name = %s)"
    if connection.execute(there, [table, column]).fetchone() != (True,):
        return False
    found = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
    return connection.execute(found).fetchone() == (True,)
