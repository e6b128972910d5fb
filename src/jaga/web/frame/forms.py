"""Base classes of the console's `django.forms`: the fields of a page and their types.

Forms do not validate: actions in `casework` report errors per field. Invalid numbers, terms and unchecked boxes become
None or False; the text typed is shown again.

The single parser of numbers and dates in URLs and forms. Invalid input becomes None, without an error.
"""

from datetime import date
from typing import Any, Self, TypeVar

from django import forms
from django.http import HttpRequest, QueryDict

from jaga.core.foreign import LARGEST_NUMBER

_MOST_DIGITS = len(str(LARGEST_NUMBER))


def whole_number(text: str, most: int = LARGEST_NUMBER) -> int | None:
    """The number in plain digits without sign or space; None for anything else or above `most`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        return None
    number = int(text)
    return number if number <= most else None


def calendar_day(text: str) -> date | None:
    """The date from ISO format such as 2026-03-20, or None."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


Chosen = TypeVar("Chosen", bound=str)


class Text(forms.Field):
    """A text as typed, with normalised line breaks; nothing is truncated or stripped. `unsent` stands for a field that
    was not sent.
    """

    def __init__(self, *, unsent: str = "") -> None:
        super().__init__(required=False)
        self.unsent = unsent

    def to_python(self, value: object) -> str:
        """The text."""
        return (self.unsent if value is None else str(value)).replace("\r\n", "\n")


class Password(Text):
    """A password, unchanged to the last character."""

    def to_python(self, value: object) -> str:
        """The password; empty if the field was not sent."""
        return str(value or "")


class Line(Text):
    """A text without surrounding space, such as a name or number."""

    def to_python(self, value: object) -> str:
        """The text."""
        return super().to_python(value).strip()


class WholeNumber(forms.Field):
    """A non-negative integer in plain digits; None for anything else."""

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: object) -> int | None:
        """The number."""
        return whole_number(str(value or ""))


class Ticked(forms.Field):
    """A checkbox or button: true if the field was sent with this value, or with any (None)."""

    def __init__(self, value: str | None) -> None:
        super().__init__(required=False)
        self.value = value

    def to_python(self, value: object) -> bool:
        """Whether it was checked."""
        return value is not None and self.value in (None, value)


class Several(forms.Field):
    """All values sent under one name."""

    widget = forms.SelectMultiple

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> tuple[str, ...]:
        """The values in form order."""
        return tuple(value or ())


class ConsoleForm(forms.Form):
    """A form. `sent` reads it from the request; each accessor returns one field with its type."""

    @classmethod
    def sent(cls, request: HttpRequest, *, prefix: str | None = None) -> Self:
        """The submitted form."""
        return cls.read(request.POST, prefix=prefix)

    @classmethod
    def read(cls, data: QueryDict, *, prefix: str | None = None) -> Self:
        """The form with these fields. `prefix` tells apart forms of one page that have the same fields."""
        form = cls(data, prefix=prefix)
        form.full_clean()
        return form

    def text_of(self, name: str) -> str:
        """The text or choice of this field."""
        return str(self.cleaned_data[name])

    def number_of(self, name: str) -> int | None:
        """The number in this field."""
        found: int | None = self.cleaned_data[name]
        return found

    def is_ticked(self, name: str) -> bool:
        """Whether this box was checked."""
        return bool(self.cleaned_data[name])

    def values_of(self, name: str) -> tuple[str, ...]:
        """The values chosen in this multi-value field."""
        found: tuple[str, ...] = self.cleaned_data[name]
        return found

    def term_of(self, name: str, terms: type[Chosen]) -> Chosen | None:
        """The chosen term of this enum, or None."""
        try:
            return terms(self.text_of(name))
        except ValueError:
            return None

    def kept(self) -> dict[str, str]:
        """The texts as typed, by field, for showing them again; no password."""
        return {
            name: self.text_of(name)
            for name, field in self.fields.items()
            if isinstance(field, Text) and not isinstance(field, Password)
        }
