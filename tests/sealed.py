"""Texts that another installation sealed: tests read its tables over a connection of their own."""

from pathlib import Path

from django.test import override_settings

from jaga.store.key_store.store import unseal


def opened(home: Path, sealed: str, column: str) -> str:
    """The text of a sealed value of this column (`table.column`) of the installation in this home folder."""
    with override_settings(JAGA_KEY_STORE=home / "key-store"):
        return str(unseal(sealed, column))
