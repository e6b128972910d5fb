"""Reads the YAML files of the inventory."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from jaga.core.inventory import DataSubject
from jaga.records.inventory.groups import GROUPS, TECHNICAL, FieldGroup

PLACE = "src/jaga/records/inventory"


@dataclass(frozen=True)
class DeclaredField:
    """A field as it was declared, and in which file."""

    name: str
    group: str


@dataclass(frozen=True)
class DeclaredTable:
    """A table: the group of its rows, and its fields. `label` is the model's, without the app if it is ours."""

    label: str
    file: str
    row: str
    fields: tuple[DeclaredField, ...]

    def group_of(self, field: str) -> FieldGroup:
        """The group that holds for the field; for a technical one that of its row. Raises KeyError."""
        found = next((one.group for one in self.fields if one.name == field), None)
        if found is None:
            raise KeyError(f"{self.label}.{field}")
        return GROUPS[self.row if found == TECHNICAL else found]

    @property
    def is_personal(self) -> bool:
        """Whether any of its fields is about somebody."""
        return any(GROUPS[one.group].about != (DataSubject.NOBODY,) for one in self.fields)


def read_inventory(folder: Traversable | None = None) -> tuple[dict[str, DeclaredTable], list[str]]:
    """The declared tables by label, and the faults of the files as sentences."""
    tables: dict[str, DeclaredTable] = {}
    faults: list[str] = []
    for file in sorted(
        (one for one in (folder or files(__package__)).iterdir() if one.name.endswith(".yaml")),
        key=lambda one: one.name,
    ):
        try:
            content = yaml.safe_load(file.read_text("utf-8")) or {}
        except yaml.YAMLError as error:
            faults.append(f"{PLACE}/{file.name}: this is not YAML ({error})")
            continue
        for label, given in content.items():
            if label in tables:
                faults.append(f"{PLACE}/{file.name}: {label} stands in {tables[label].file} too; keep one.")
                continue
            table, found = _table(label, file.name, given)
            faults += found
            if table:
                tables[label] = table
    return tables, faults


def _table(label: str, file: str, given: Any) -> tuple[DeclaredTable | None, list[str]]:
    place = f"{PLACE}/{file}: {label}"
    if not isinstance(given, Mapping) or "row" not in given:
        return None, [f"{place} has no `row`: write the group of its rows (groups.py)."]
    words = {key: str(value).split() for key, value in given.items() if key != "row"}
    faults = [
        f"{place}: there is no group `{key}`; use one of groups.py, or add it there."
        for key in (given["row"], *words)
        if key not in GROUPS
    ]
    names = [name for fields in words.values() for name in fields]
    faults += [
        f"{place}.{name} stands in two groups; keep one." for name in sorted(set(names)) if names.count(name) > 1
    ]
    if faults:
        return None, faults
    return DeclaredTable(label, file, given["row"], tuple(_fields(words))), []


def _fields(words: Mapping[str, list[str]]) -> Iterator[DeclaredField]:
    for group, names in words.items():
        for name in names:
            yield DeclaredField(name, group)


@cache
def declared_tables() -> Mapping[str, DeclaredTable]:
    """The tables of the shipped files. `jaga privacy check` keeps them free of faults."""
    return read_inventory()[0]
