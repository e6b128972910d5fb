"""Adds further chat servers to the running installation, by the commands that an operator uses."""

import subprocess
import sys
from collections.abc import Mapping

from tests.journeys.installation import CHECKOUT, Installation, jaga

from jaga_practice import world


def offer(
    installation: Installation,
    name: str,
    adapter: str,
    base_url: str,
    server_name: str,
    options: Mapping[str, str],
    credentials: Mapping[str, str],
) -> None:
    """Add the block, its credentials, and the platform on the report form."""
    added = jaga(
        installation.environment,
        "platform",
        "add",
        name,
        "--adapter",
        adapter,
        "--base-url",
        base_url,
        "--server-name",
        server_name,
        *(word for key, value in options.items() for word in ("--option", f"{key}={value}")),
    )
    assert added.returncode == 0, added.stderr
    for credential, secret in credentials.items():
        put = subprocess.run(
            [sys.executable, "-m", "jaga_practice.entry", "platform", "set", name, credential],
            cwd=CHECKOUT,
            env=dict(installation.environment),
            input=secret,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert put.returncode == 0, put.stderr
    offered = jaga(
        installation.environment,
        "admin",
        "platform",
        name,
        "--display-name",
        f"{name.title()} (latihan)",
        "--operator",
        world.OPERATOR,
    )
    assert offered.returncode == 0, offered.stderr
