"""What the apps of invented people show: their secrets lie beside the practice passwords. Needs no database."""

from pathlib import Path

import pyotp

from jaga.core.clock import now


def secret_of(username: str, kept: Path) -> Path:
    """Where the secret of somebody's app lies."""
    return kept / f"app-{username}"


def code_now(username: str, kept: Path) -> str | None:
    """What the app would show now; None for somebody without one."""
    path = secret_of(username, kept)
    return pyotp.TOTP(path.read_text()).at(now()) if path.is_file() else None
