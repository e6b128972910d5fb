"""Columns whose texts are encrypted under the key of a case or a report (ADR 0083).

Texts about people that belong to no single case or report: encrypted under a key outside the database.

What belongs to one is in a `SealedTextField`, which an erasure reaches in every copy. A boxed text is open to whoever
has a copy of the database and `secrets/`, and is replaced once its period is over.
"""

from typing import TYPE_CHECKING, Any

from cryptography.fernet import InvalidToken
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q

from jaga.store.codes import open_boxed, seal_boxed
from jaga.store.key_store.store import PREFIX, NotSealed, Owner, Sealed, SealedText, owner_of, seal, unseal

if TYPE_CHECKING:
    from django.db.models.expressions import Expression

    _BoxedTextTextField = models.TextField[str, str]
else:
    _BoxedTextTextField = models.TextField

BOXED_TEXT_PREFIX = "b1:"
DELETED = "[dihapus / deleted]"
"""What stands where a text was; the guards know it, too. It is stored in the open."""
UNREADABLE = "[tidak terbaca / unreadable]"
"""A text whose key was replaced: nobody can read it any more."""


class BoxedTextField(_BoxedTextTextField):
    """A text that is stored encrypted and read open; `DELETED` stands in the open."""

    def get_prep_value(self, value: Any) -> Any:
        if not value or value == DELETED or hasattr(value, "as_sql"):
            return value
        return BOXED_TEXT_PREFIX + seal_boxed(str(value))

    def from_db_value(self, value: str | None, _: "Expression", __: BaseDatabaseWrapper) -> str | None:
        if value is None or not value.startswith(BOXED_TEXT_PREFIX):
            return value
        try:
            return open_boxed(value.removeprefix(BOXED_TEXT_PREFIX))
        except InvalidToken:
            return UNREADABLE

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether there is a text, and whether it was deleted, can be asked of the database."""
        if lookup_name not in ("exact", "in", "isnull"):
            raise TypeError(f"{self.column} is encrypted: there is no {lookup_name} of its texts")
        return super().get_lookup(lookup_name)


if TYPE_CHECKING:
    from django.db.models.expressions import Expression

    _SealedTextTextField = models.TextField[str, str]
else:
    _SealedTextTextField = models.TextField


_LOOKUPS = ("exact", "in", "isnull", "startswith")


class SealedTextField(_SealedTextTextField):
    """A text that is stored sealed and read open; one whose key was destroyed reads as an empty `SealedText`.

    Saving a row that was read stores its texts exactly as they were, so that an immutable column stays the same.
    Comparing with anything but the empty text is a programming error, and so is `.update()` with an open text: it
    does not know the row's owner (`sealed_for` does).
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if hasattr(value, "as_sql") or isinstance(value, Sealed):
            return value
        if not value and not getattr(value, "sealed", ""):
            return value
        owner: Owner = model_instance.key_owner()  # type: ignore[attr-defined]
        return self.sealed_for(owner, value)

    def sealed_for(self, owner: Owner, text: str) -> str:
        """The text as it is stored for this owner.

        What was read from this column under the same owner stays as it was, also if it was erased. Raises Erased.
        """
        if (
            isinstance(text, SealedText)
            and text.sealed
            and text.column == self.bound_to
            and owner_of(text.sealed) == owner
        ):
            return Sealed(text.sealed)
        return seal(str(text), owner, self.bound_to)

    def opened(self, stored: str | None) -> SealedText:
        """The text of a stored value, for SQL of our own; None reads as empty. Raises NotSealed."""
        return unseal(stored or "", self.bound_to)

    @property
    def bound_to(self) -> str:
        """The table and column to which a ciphertext belongs."""
        return f"{self.model._meta.db_table}.{self.column}"

    def from_db_value(self, value: str | None, _: "Expression", __: BaseDatabaseWrapper) -> str | None:
        return value if value is None else unseal(value, self.bound_to)

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether there is a text, and the prefix that the constraint asks for, can be asked of the database."""
        if lookup_name not in _LOOKUPS:
            raise TypeError(f"{self.bound_to} is sealed: there is no {lookup_name} of its texts")
        return super().get_lookup(lookup_name)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if hasattr(value, "as_sql"):
            return value
        if isinstance(value, SealedText) and value.sealed and value.column == self.bound_to:
            return value.sealed
        if value and not isinstance(value, Sealed) and not self._is_sealed(value):
            raise TypeError(f"{self.bound_to} is sealed: save the row, or give `sealed_for` of its owner")
        return value

    def _is_sealed(self, value: str) -> bool:
        try:
            return bool(unseal(value, self.bound_to).sealed)
        except NotSealed:
            return False

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        if isinstance(value, str) and value and not value.startswith(PREFIX):
            raise TypeError(f"{self.bound_to} is sealed: its texts can only be compared after reading them")
        return super().get_db_prep_value(value, connection, prepared)


def sealed_field(model: type[models.Model], name: str) -> SealedTextField:
    """The sealed column of a model, for rows that SQL of our own reads or writes."""
    field = model._meta.get_field(name)
    assert isinstance(field, SealedTextField)
    return field


def sealed_only(*columns: str, table: str) -> list[models.CheckConstraint]:
    """Constraints by which the database refuses an open text in these columns."""
    return [
        models.CheckConstraint(
            name=f"records_{table}_{column}_sealed"[:60],
            condition=Q(**{column: ""}) | Q(**{f"{column}__startswith": PREFIX}),
        )
        for column in columns
    ]
