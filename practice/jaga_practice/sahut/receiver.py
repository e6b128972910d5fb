"""The invented app Sahut: the platform of `examples/` as a process that answers notices by its own software.

Its state is in memory only, so each start passes the states of its accounts.
"""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from jaga.app.config import CHECKOUT
from jaga.app.services.processes import another_answers, free_port, listener
from jaga.app.services.supervisor import Child, ProcessPlan
from jaga.core.standard_webhooks import PrivateKey, signing_key
from jaga_practice import making

PROGRAM = CHECKOUT / "examples" / "invented_platform.py"


@dataclass(frozen=True)
class WebhookReceiver:
    """Its address, its public key, and Jaga's private key for it."""

    child: Child
    url: str
    public_key: str
    jaga_key: str


def start(parts: ExitStack, home: Path, hook: str, accounts: Mapping[str, str]) -> WebhookReceiver:
    """Start it with these accounts and their states; its answers go to `hook`.

    It stops when `parts` closes.

    Raises ServiceFailed.
    """
    kept, port = home / "practice", free_port()
    jaga, own = _key(kept / "jaga-sahut.key"), _key(kept / "sahut.key")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "DATABASE", "JAGA"))}
    given = {
        "OWN_KEY": own.text(),
        "JAGA_KEYS": jaga.public.text(),
        "PORT": str(port),
        "LATER": hook,
        "ACCOUNTS": " ".join(f"{name}={state}" for name, state in accounts.items()),
    }
    child = Child(ProcessPlan("receiver", [sys.executable, "-u", PROGRAM], CHECKOUT, {**inherited, **given}), home)
    parts.callback(child.stop)
    child.start()
    url = f"http://127.0.0.1:{port}"
    child.wait_until(lambda: _answers(url) and _is_ours(child, port))
    return WebhookReceiver(child, url, own.public.text(), jaga.text())


def _key(path: Path) -> PrivateKey:
    if not path.exists():
        making.write(path, PrivateKey.generate().text())
    key = signing_key(path.read_text())
    assert isinstance(key, PrivateKey)
    return key


def _is_ours(child: Child, port: int) -> bool:
    """Raise PortTaken if another program took the port meanwhile."""
    if listener(port) not in (None, child.pid):
        raise another_answers(port, "JAGA_PORT")
    return True


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/u/nobody", timeout=30).status_code == httpx.codes.NOT_FOUND
    except httpx.TransportError:
        return False
