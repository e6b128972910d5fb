"""Where this installation keeps its things, and what it is told by the environment.

Secrets lie outside the database, one file each, readable by their owner alone: whoever copies the database can neither
recompute a receipt nor forge a checkpoint.
"""

import os
import secrets
from pathlib import Path

from jaga.core.errors import N_, JagaError

CHECKOUT = Path(__file__).resolve().parents[3]
SECRET_BYTES = 32


class WrongPort(JagaError):
    """A port that is no number, or that only root may use."""

    code = "wrong_port"
    sentence = N_("%(name)s is “%(given)s”, which is no usable port.")
    remedy = N_("Give a number from 1024 to 65535, or leave it out.")


class WrongNumber(JagaError):
    """A setting that should be a small number."""

    code = "wrong_number"
    sentence = N_("%(name)s is “%(given)s”, which is no number from 0 to 9.")
    remedy = N_("Give such a number, or leave it out.")


def home() -> Path:
    """The installation's folder: data, secrets, logs (`JAGA_HOME`; else `var/practice` or `var/real`)."""
    return Path(os.environ.get("JAGA_HOME") or CHECKOUT / "var" / ("practice" if practice() else "real")).absolute()


def practice() -> bool:
    """Whether this is a practice installation (`PRACTICE=0` starts the real, empty one)."""
    return os.environ.get("PRACTICE", "1") != "0"


def _port(name: str, given: str) -> int:
    if not (given.isascii() and given.isdigit() and 1024 <= int(given) <= 65_535):
        raise WrongPort(name=name, given=given)
    return int(given)


def port() -> int:
    """The web server's port on loopback (`JAGA_PORT`, default 8600). Raises WrongPort."""
    return _port("JAGA_PORT", os.environ.get("JAGA_PORT") or "8600")


def synapse_port() -> int:
    """The practice chat server's port on loopback (`SYNAPSE_PORT`, default 8608). Raises WrongPort."""
    return _port("SYNAPSE_PORT", os.environ.get("SYNAPSE_PORT") or "8608")


def proxy_hops() -> int:
    """How many proxies of ours stand before the web server (`JAGA_PROXY_HOPS`, default 0). Raises WrongNumber."""
    given = os.environ.get("JAGA_PROXY_HOPS") or "0"
    if not (given.isascii() and given.isdigit() and int(given) < 10):
        raise WrongNumber(name="JAGA_PROXY_HOPS", given=given)
    return int(given)


def database_url() -> str:
    """`DATABASE_URL`, else the address that the embedded PostgreSQL left for this installation.

    Empty when neither exists, so that commands that need no database (`--help`, `policy check`) still work.
    """
    if url := os.environ.get("DATABASE_URL"):
        return url
    left = home() / "run" / ("database-url" if practice() else "database-url-real")
    return left.read_text().strip() if left.exists() else ""


def secret(name: str) -> bytes:
    """32 random bytes kept under `name`, made at the first use. Safe when two processes ask at once."""
    folder = home() / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / name
    if not path.exists():
        draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # unlike a rename, this cannot replace what another process has just made
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
