"""texts/: invented texts with the category they belong to, which the rules are run on. One JSON object a line.

They test the rules and say nothing about their quality: whoever wrote the rules may have read them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass as schema

from jaga.core.errors import N_
from jaga.policy.models import STRICT, Key, Text
from jaga.policy.problems import ReleaseProblem, fill


@schema(frozen=True, config=STRICT)
class LabelledText:
    """A text and what people call it. `missed` and `mistaken` admit what the rules do wrong with it."""

    id: Text
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    style: Text
    region: Text
    category: Key | None = None  # None: innocent
    note: str = ""
    missed: bool = False
    mistaken: bool = False

    @model_validator(mode="after")
    def _one_fault(self) -> "LabelledText":
        if (self.missed and self.category is None) or (self.mistaken and self.category is not None):
            raise ValueError("`missed` only with a category, `mistaken` only without one")
        return self


@dataclass(frozen=True)
class LabelledFile:
    """One file of texts, with the line of each."""

    name: str
    texts: tuple[tuple[int, LabelledText], ...]


_ONE: TypeAdapter[LabelledText] = TypeAdapter(LabelledText)


def read_texts(name: str, content: bytes) -> tuple[LabelledFile, list[ReleaseProblem]]:
    """The texts of one file that can be read, and the problems of the others. Empty lines are skipped."""
    found: list[tuple[int, LabelledText]] = []
    problems: list[ReleaseProblem] = []
    for number, line in enumerate(content.decode(errors="replace").split("\n"), 1):
        if not line.strip():
            continue
        try:
            found.append((number, _ONE.validate_python(_object(line))))
        except ValidationError as error:
            problems += [
                ReleaseProblem(name, number, what, N_("docs/policy.md lists the fields of a text."))
                for what in _faults(error)
            ]
        except ValueError:
            problems.append(
                ReleaseProblem(
                    name, number, N_("this line is not a JSON object"), N_("Write one JSON object per line, in braces.")
                )
            )
    return LabelledFile(name, tuple(found)), problems


def _object(line: str) -> dict[str, Any]:
    """Raises ValueError."""
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError
    return value


def _faults(error: ValidationError) -> Iterator[str]:
    for fault in error.errors(include_url=False):
        field = ".".join(map(str, fault["loc"])) or "text"
        yield fill(N_("`%(field)s` is not valid: %(why)s"), field=field, why=str(fault["msg"]))
