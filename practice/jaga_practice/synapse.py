"""A real Matrix homeserver as the practice platform: loopback only, no federation, invented accounts.

Not for real people: rate limits are raised and password hashing is weakened for speed.
"""

import base64
import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml

from jaga.app import config
from jaga.app.config import LARGEST_PORT, SamePort, port_of
from jaga.app.services.errors import ServiceFailed, write_private
from jaga.app.services.processes import another_answers, require_free
from jaga.app.services.supervisor import Child, ProcessPlan
from jaga_practice.languages import spoken

SERVER_NAME = "localhost"
ADMIN = "jaga"
_BESIDE = 8  # distance from the web server's port
_MARK = "id.jaga.installation"  # a public marker by which a server can be recognised as ours
_A_LOOK = 30.0  # seconds for a repeated request
_SLOWEST = 300.0  # seconds for an answer
_OFTEN = {"per_second": 10_000, "burst_count": 10_000}


@dataclass(frozen=True)
class SynapseServer:
    """A running homeserver; `stop` ends it and keeps its data."""

    base_url: str
    admin_token: str = field(repr=False)
    registration_shared_secret: str = field(repr=False)
    server_name: str
    child: Child

    def stop(self) -> None:
        self.child.stop()

    def register(self, name: str, password: str, *, display_name: str | None = None, admin: bool = False) -> str:
        """Create the account if missing and sign in; returns an access token.

        Idempotent for the same password.

        Raises `ServiceFailed` if the account exists with another password, or is closed.
        """
        return register(
            self.base_url, self.registration_shared_secret, name, password, display_name=display_name, admin=admin
        )

    def user_id(self, name: str) -> str:
        return f"@{name}:{self.server_name}"


def port() -> int:
    """The server's port on loopback (`SYNAPSE_PORT`).

    Raises WrongPort, SamePort.

    By default `JAGA_PORT` plus eight, so that two installations on one machine use different ports.
    """
    ours = config.port()
    other = ours + _BESIDE if ours + _BESIDE <= LARGEST_PORT else ours - _BESIDE
    found = port_of("SYNAPSE_PORT", os.environ.get("SYNAPSE_PORT") or str(other))
    if found == ours:
        raise SamePort(port=found)
    return found


def start(home: Path, port: int, venv: Path) -> SynapseServer:
    """Start the homeserver with data in `<home>/synapse` and the Synapse of `venv`, and wait until it answers.

    Configuration, signing key and administrator are created at the first start. Raises `PortTaken`, `ServiceFailed`.
    """
    folder = home / "synapse"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    python = venv / "bin" / "python"
    if not python.exists():
        raise ServiceFailed(service="Synapse", reason=f"{venv} does not exist", log="make run")
    shared = _kept(folder / "registration-secret")
    _configure(folder, port, shared)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "DJANGO", "DATABASE", "JAGA"))}
    environment = {**inherited, "TZ": "UTC"}
    child = Child(
        ProcessPlan(
            "synapse", [python, "-m", "synapse.app.homeserver", "-c", folder / "homeserver.yaml"], folder, environment
        ),
        home,
    )
    child.sweep()
    require_free(port, "SYNAPSE_PORT")
    base_url = f"http://127.0.0.1:{port}"
    child.start()
    ours = _kept(folder / "installation")
    try:
        child.wait_until(lambda: _is_ours(base_url, ours, port))
        token = _admin_token(base_url, shared, folder)
    except BaseException:
        child.stop()
        raise
    return SynapseServer(base_url, token, shared, SERVER_NAME, child)


def register(
    base_url: str, shared_secret: str, name: str, password: str, *, display_name: str | None = None, admin: bool = False
) -> str:
    """Create an account by the shared secret, or sign in if it exists; returns an access token.

    Raises ServiceFailed.
    """
    where = f"{base_url}/_synapse/admin/v1/register"
    with httpx.Client(timeout=_SLOWEST) as client:
        nonce = client.get(where).raise_for_status().json()["nonce"]
        content = "\0".join([nonce, name, password, "admin" if admin else "notadmin"])
        answer = client.post(
            where,
            json={
                "nonce": nonce,
                "username": name,
                "password": password,
                "admin": admin,
                "displayname": display_name or name,
                "mac": hmac.new(shared_secret.encode(), content.encode(), hashlib.sha1).hexdigest(),
            },
        )
        if answer.status_code == httpx.codes.BAD_REQUEST and answer.json().get("errcode") == "M_USER_IN_USE":
            answer = client.post(
                f"{base_url}/_matrix/client/v3/login",
                json={
                    "type": "m.login.password",
                    "password": password,
                    "identifier": {"type": "m.id.user", "user": name},
                },
            )
        if answer.is_error:
            raise ServiceFailed(
                service="Synapse",
                log="log/synapse.log",
                reason=f"account {name}: {answer.status_code} {answer.json().get('error')}",
            )
        token: str = answer.json()["access_token"]
        return token


def _is_ours(base_url: str, ours: str, port: int) -> bool:
    """Whether our own server answers. Raises PortTaken if another one does, started on the port at the same time."""
    try:
        if not httpx.get(f"{base_url}/health", timeout=_A_LOOK).is_success:
            return False
        answer = httpx.get(f"{base_url}/.well-known/matrix/client", timeout=_A_LOOK)
        mark = answer.json().get(_MARK) if answer.is_success else None
    except (httpx.TransportError, ValueError):
        return False
    if mark != ours:
        raise another_answers(port, "SYNAPSE_PORT")
    return True


def _admin_token(base_url: str, shared_secret: str, folder: Path) -> str:
    """The administrator's token, stored in a private file; created again if lost or refused."""
    path = folder / "admin-token"
    if path.exists():
        token = path.read_text().strip()
        asked = httpx.get(
            f"{base_url}/_matrix/client/v3/account/whoami",
            timeout=_SLOWEST,
            headers={"Authorization": f"Bearer {token}"},
        )
        if asked.is_success:
            return token
    token = register(base_url, shared_secret, ADMIN, _kept(folder / "admin-password"), display_name="Jaga", admin=True)
    _write(path, token)
    return token


def _kept(path: Path) -> str:
    """A random word stored in a private file, created at the first use."""
    if not path.exists():
        _write(path, secrets.token_hex(32))
    return path.read_text().strip()


def _write(path: Path, text: str) -> None:
    write_private(path, f"{text}\n".encode())


def notices_name() -> str:
    """The name of the account that writes the server's notices."""
    return _notices().lower()


def _notices() -> str:
    return spoken("Pemberitahuan", "Notices")


def _configure(folder: Path, port: int, shared_secret: str) -> None:
    key = folder / "signing.key"
    if not key.exists():
        _write(key, f"ed25519 a_jaga {base64.b64encode(secrets.token_bytes(32)).decode().rstrip('=')}")
    _write(folder / "log.yaml", yaml.safe_dump(_LOGGING))
    _write(folder / "homeserver.yaml", yaml.safe_dump(_configuration(folder, port, shared_secret)))


_LOGGING: dict[str, Any] = {
    "version": 1,
    # the format of all logs of an installation (`jaga.app.logs`); the process runs in UTC
    "formatters": {
        "plain": {
            "format": "%(asctime)s.%(msecs)03d UTC [%(process)d] %(levelname)s %(name)s: %(message)s",
            "datefmt": "%Y-%m-%d %H:%M:%S",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "disable_existing_loggers": False,
}


def _configuration(folder: Path, port: int, shared_secret: str) -> dict[str, Any]:
    return {
        "server_name": SERVER_NAME,
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "pid_file": str(folder / "homeserver.pid"),
        "log_config": str(folder / "log.yaml"),
        "listeners": [
            {
                "port": port,
                "type": "http",
                "tls": False,
                "bind_addresses": ["127.0.0.1"],
                "x_forwarded": False,
                "resources": [{"names": ["client"], "compress": False}],
            }
        ],
        "database": {"name": "sqlite3", "args": {"database": str(folder / "homeserver.db")}},
        "media_store_path": str(folder / "media"),
        "signing_key_path": str(folder / "signing.key"),
        "registration_shared_secret": shared_secret,
        "macaroon_secret_key": _kept(folder / "macaroon-secret"),
        "form_secret": _kept(folder / "form-secret"),
        "extra_well_known_client_content": {_MARK: _kept(folder / "installation")},
        # nothing leaves this machine
        "report_stats": False,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "allow_public_rooms_over_federation": False,
        "url_preview_enabled": False,
        "enable_registration": False,
        # what Jaga watches and uses
        "allow_public_rooms_without_auth": True,
        "user_directory": {"enabled": True, "search_all_users": True},
        "server_notices": {
            "system_mxid_localpart": notices_name(),
            "system_mxid_display_name": _notices(),
            "room_name": _notices(),
            "auto_join": True,
        },  # a suspended account may read its rooms but not join one
        # without this the server lists no room, without an error, and the watch would see nothing
        "room_list_publication_rules": [{"action": "allow"}],
        # run a new database's updates at once; otherwise it answers 500 for a reopened account in its first minute
        "background_updates": {"sleep_enabled": False},
        "presence": {"enabled": False},
        "bcrypt_rounds": 4,
        "rc_message": _OFTEN,
        "rc_registration": _OFTEN,
        "rc_registration_token_validity": _OFTEN,
        "rc_login": {"address": _OFTEN, "account": _OFTEN, "failed_attempts": _OFTEN},
        "rc_admin_redaction": _OFTEN,
        "rc_joins": {"local": _OFTEN, "remote": _OFTEN},
        "rc_joins_per_room": _OFTEN,
        "rc_invites": {"per_room": _OFTEN, "per_user": _OFTEN, "per_issuer": _OFTEN},
        "rc_reports": _OFTEN,
        "rc_room_creation": _OFTEN,
        "rc_user_directory": _OFTEN,
    }
