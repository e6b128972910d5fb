"""A real PLC directory, PDS and Ozone on loopback, as `tools/bootstrap.py --atproto` installed them."""

import itertools
import os
import re
import secrets
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
from psycopg import sql

from jaga.app.services.processes import free_port

CHECKOUT = Path(__file__).resolve().parents[2]
MODULES = CHECKOUT / ".atproto"
SERVE = CHECKOUT / "tools" / "atproto" / "serve.cjs"
PDS_DID = "did:web:localhost"
HANDLES = ".test"
_READY_SECONDS = 60
_numbers = itertools.count()


def installed() -> bool:
    """Whether the servers are installed: theirs is the largest installation, so a single test file may do without."""
    return (MODULES / "built-from").exists()


@dataclass(frozen=True)
class AtprotoServers:
    """The addresses of the running servers, and their secrets."""

    pds_url: str
    admin_password: str = field(repr=False)
    ozone_url: str
    ozone_password: str = field(repr=False)
    ozone_did: str
    moderator_did: str
    moderator_handle: str
    moderator_password: str = field(repr=False)
    sequence: Path  # the PDS's list of what it told the network
    ozone_database: str = field(repr=False)

    def told(self) -> int:
        """How many events the PDS has sent to the network so far."""
        with closing(sqlite3.connect(f"file:{self.sequence}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM repo_seq").fetchone()[0])


@contextmanager
def running_atproto(folder: Path, database_url: str) -> Iterator[AtprotoServers]:
    """All three servers for the block, with their files in `folder`; Ozone gets its own database."""
    with ExitStack() as stack:
        plc, pds, ozone = (free_port() for _ in range(3))
        stack.enter_context(_running(folder, "plc", str(plc)))
        key, ozone_url, pds_url = secrets.token_hex(32), f"http://127.0.0.1:{ozone}", f"http://127.0.0.1:{pds}"
        plc_url = f"http://127.0.0.1:{plc}"
        ozone_did = subprocess.run(
            ["node", SERVE, MODULES, "did", plc_url, key, ozone_url],
            env=_environment({}),
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout.strip()
        password, ozone_password = secrets.token_hex(16), secrets.token_hex(16)
        stack.enter_context(_running(folder, "pds", **_pds(folder, pds, plc_url, ozone_url, ozone_did, password)))
        moderator = _moderator(pds_url)
        database = stack.enter_context(_database(database_url))
        stack.enter_context(
            _running(
                folder,
                "ozone",
                **{
                    "OZONE_PORT": str(ozone),
                    "OZONE_PUBLIC_URL": ozone_url,
                    "OZONE_SERVER_DID": ozone_did,
                    "OZONE_DB_POSTGRES_URL": database,
                    "OZONE_DID_PLC_URL": plc_url,
                    "OZONE_SIGNING_KEY_HEX": key,
                    "OZONE_PDS_URL": pds_url,
                    "OZONE_PDS_DID": PDS_DID,
                    "OZONE_APPVIEW_URL": pds_url,
                    "OZONE_APPVIEW_DID": PDS_DID,
                    "OZONE_MODERATOR_DIDS": moderator["did"],
                    "OZONE_DEV_MODE": "true",
                    "OZONE_ADMIN_PASSWORD": ozone_password,
                },
            )
        )
        yield AtprotoServers(
            pds_url,
            password,
            ozone_url,
            ozone_password,
            ozone_did,
            moderator["did"],
            moderator["handle"],
            moderator["password"],
            folder / "pds" / "sequencer.sqlite",
            database,
        )


def sign_up(pds_url: str, name: str, password: str) -> dict[str, str]:
    """A new account with its first session: `did`, `handle`, `accessJwt`, `refreshJwt`."""
    body = {"handle": f"{name}{HANDLES}", "email": f"{name}@example.invalid", "password": password}
    made = httpx.post(f"{pds_url}/xrpc/com.atproto.server.createAccount", json=body, timeout=120)
    assert made.status_code == 200, made.text
    return dict(made.json())


def _moderator(pds_url: str) -> dict[str, str]:
    """An ordinary account that Ozone lists as a moderator, with an app password, as an operator gives it to Jaga."""
    made = sign_up(pds_url, "penengah", secrets.token_hex(8))
    answer = httpx.post(
        f"{pds_url}/xrpc/com.atproto.server.createAppPassword",
        json={"name": "jaga"},
        headers={"Authorization": f"Bearer {made['accessJwt']}"},
        timeout=120,
    )
    return {"did": made["did"], "handle": made["handle"], "password": answer.raise_for_status().json()["password"]}


def _pds(
    folder: Path,
    port: int,
    plc_url: str,
    ozone_url: str,
    ozone_did: str,
    password: str,
) -> Mapping[str, str]:
    data = folder / "pds"
    (data / "blobs").mkdir(parents=True)
    return {
        "PDS_PORT": str(port),
        "PDS_HOSTNAME": "pds.test",
        "PDS_SERVICE_DID": PDS_DID,
        "PDS_VERSION": "0.4.217",
        "PDS_DATA_DIRECTORY": str(data),
        "PDS_BLOBSTORE_DISK_LOCATION": str(data / "blobs"),
        "PDS_DID_PLC_URL": plc_url,
        "PDS_SERVICE_HANDLE_DOMAINS": HANDLES,
        "PDS_INVITE_REQUIRED": "false",
        "PDS_DISABLE_SSRF_PROTECTION": "true",
        "PDS_RATE_LIMITS_ENABLED": "false",
        "PDS_MOD_SERVICE_URL": ozone_url,
        "PDS_MOD_SERVICE_DID": ozone_did,
        "PDS_JWT_SECRET": secrets.token_hex(16),
        "PDS_ADMIN_PASSWORD": password,
        "PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX": secrets.token_hex(32),
    }


@contextmanager
def _running(folder: Path, role: str, *arguments: str, **variables: str) -> Iterator[None]:
    log = folder / f"{role}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["node", SERVE, MODULES, role, *arguments],
            env=_environment(variables),
            cwd=folder,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
        )
    try:
        _wait(lambda: b"\nready\n" in b"\n" + log.read_bytes(), process, log)
        yield
    finally:
        process.terminate()
        process.wait(15)


def _wait(ready: Callable[[], bool], process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _READY_SECONDS
    while not ready():
        assert process.poll() is None, f"{log.stem} ended at once: {log.read_text()[-2000:]}"
        assert time.monotonic() < until, f"{log.stem} is not ready: {log.read_text()[-2000:]}"
        time.sleep(0.05)


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    return {**kept, "TZ": "UTC", "LOG_ENABLED": "false", "NODE_ENV": "production", **variables}


@contextmanager
def _database(url: str) -> Iterator[str]:
    """A database beside the session's, named after it so that the next session drops what a killed one left."""
    name = f"test_jaga_{os.getpid()}_ozone{next(_numbers)}"  # several may run in one session
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield _beside(url, name)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _beside(url: str, name: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"^postgres(ql)?:", "postgresql:", urlunsplit(parts._replace(path=f"/{name}")))
