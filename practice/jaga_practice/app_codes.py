"""Codes of the invented people's authenticator apps. Secrets lie beside the practice passwords; needs no database."""

from pathlib import Path

import pyotp

from jaga.core.clock import now


def secret_of(username: str, kept: Path) -> Path:
    """The path of a person's app secret."""
    return kept / f"app-{username}"


def code_now(username: str, kept: Path) -> str | None:
    """The app's current code; None for somebody without an app."""
    path = secret_of(username, kept)
    return pyotp.TOTP(path.read_text()).at(now()) if path.is_file() else None
