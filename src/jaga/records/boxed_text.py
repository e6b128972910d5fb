"""Texts about people that belong to no single case or report: encrypted under a key outside the database.

What belongs to one is in a `SealedTextField`, which an erasure reaches in every copy. A boxed text is open to whoever
has a copy of the database and `secrets/`, and is replaced once its period is over.
"""

from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from jaga.records.codes import open_boxed, seal_boxed

if TYPE_CHECKING:
    from django.db.models.expressions import Expression

    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField

PREFIX = "b1:"
DELETED = "[dihapus / deleted]"
"""What stands where a text was; the guards know it, too. It is stored in the open."""
UNREADABLE = "[tidak terbaca / unreadable]"
"""A text whose key was replaced: nobody can read it any more."""


class BoxedTextField(_TextField):
    """A text that is stored encrypted and read open; `DELETED` stands in the open."""

    def get_prep_value(self, value: Any) -> Any:
        if not value or value == DELETED or hasattr(value, "as_sql"):
            return value
        return PREFIX + seal_boxed(str(value))

    def from_db_value(self, value: str | None, _: "Expression", __: BaseDatabaseWrapper) -> str | None:
        if value is None or not value.startswith(PREFIX):
            return value
        try:
            return open_boxed(value.removeprefix(PREFIX))
        except InvalidToken:
            return UNREADABLE

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether there is a text, and whether it was deleted, can be asked of the database."""
        if lookup_name not in ("exact", "in", "isnull"):
            raise TypeError(f"{self.column} is encrypted: there is no {lookup_name} of its texts")
        return super().get_lookup(lookup_name)
