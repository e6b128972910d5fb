"""Plain forms of the console, by `django.forms`: which fields a page sends, and as what each is read.

A form refuses nothing by itself: the verbs of `casework` say what is wrong, field by field, and their sentences stand
beside the fields. What is no number, no term and not ticked is None or False; what was typed comes back as it was.
"""

from typing import Any, Self, TypeVar

from django import forms
from django.http import HttpRequest

from jaga.web.console.frame.form_values import whole_number

Chosen = TypeVar("Chosen", bound=str)


class Text(forms.Field):
    """A text as it was written, with one kind of line break; nothing is cut off or stripped."""

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: object) -> str:
        """The text; empty where the field was not sent."""
        return str(value or "").replace("\r\n", "\n")


class Line(Text):
    """A text without the space around it, as of names and numbers."""

    def to_python(self, value: object) -> str:
        """The text."""
        return super().to_python(value).strip()


class WholeNumber(forms.Field):
    """A whole number in plain digits; None for anything else."""

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: object) -> int | None:
        """The number."""
        return whole_number(str(value or ""))


class Ticked(forms.Field):
    """A box that was ticked: the field was sent with this value."""

    def __init__(self, value: str) -> None:
        super().__init__(required=False)
        self.value = value

    def to_python(self, value: object) -> bool:
        """Whether it was ticked."""
        return value == self.value


class Several(forms.Field):
    """All values that were sent under one name."""

    widget = forms.SelectMultiple

    def __init__(self) -> None:
        super().__init__(required=False)

    def to_python(self, value: Any) -> tuple[str, ...]:
        """The values, in the order of the form."""
        return tuple(value or ())


class ConsoleForm(forms.Form):
    """The fields of one form. `sent` reads it; each accessor gives one field as its own type."""

    @classmethod
    def sent(cls, request: HttpRequest) -> Self:
        """The form as it was sent."""
        form = cls(request.POST)
        form.full_clean()
        return form

    def text_of(self, name: str) -> str:
        """What was written or chosen in this field."""
        return str(self.cleaned_data[name])

    def number_of(self, name: str) -> int | None:
        """The number in this field."""
        found: int | None = self.cleaned_data[name]
        return found

    def is_ticked(self, name: str) -> bool:
        """Whether this box was ticked."""
        return bool(self.cleaned_data[name])

    def values_of(self, name: str) -> tuple[str, ...]:
        """What was chosen in this field of several."""
        found: tuple[str, ...] = self.cleaned_data[name]
        return found

    def term_of(self, name: str, terms: type[Chosen]) -> Chosen | None:
        """The term of this enumeration that was chosen; None for anything else."""
        try:
            return terms(self.text_of(name))
        except ValueError:
            return None

    def kept(self) -> dict[str, str]:
        """The texts as they were written, by field, for the page that shows them again."""
        return {name: self.text_of(name) for name, field in self.fields.items() if isinstance(field, Text)}
