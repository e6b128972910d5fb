"""Compares the inventory with the models: a field without a declaration, and a declaration without a field.

The sentences are for developers, so they are not translated.

Reads the YAML files of the inventory.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml
from django.apps import apps
from django.db.models import Model

from jaga.core.inventory import DataSubject, FixedPeriod, LawfulGround
from jaga.core.inventory import DataSubject as Who
from jaga.store.inventory.groups import GROUPS, TECHNICAL, FieldGroup
from jaga.store.inventory.outside import OUTSIDE

PLACE = "src/jaga/store/inventory"


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


OURS = "jaga."


def all_models() -> tuple[type[Model], ...]:
    """Every model with a table, those of libraries and the hidden ones of many-to-many links included."""
    return tuple(
        model
        for model in apps.get_models(include_auto_created=True)
        if not model._meta.proxy and not model._meta.abstract
    )


def columns_of(model: type[Model]) -> tuple[str, ...]:
    """The model's fields that have a column, in their order."""
    return tuple(field.name for field in model._meta.get_fields(include_hidden=True) if getattr(field, "column", None))


def label_of(model: type[Model]) -> str:
    """How the inventory names the model."""
    return model._meta.object_name or "" if model.__module__.startswith(OURS) else model._meta.label


def file_of(model: type[Model]) -> str:
    """The file in which the model is declared."""
    if not model.__module__.startswith(OURS):
        return "libraries.yaml"
    return f"{model.__module__.removeprefix(OURS).split('.')[0]}.yaml"


def check_inventory(
    models: Iterable[type[Model]],
    periods: Collection[str],
    folder: Traversable | None = None,
) -> list[str]:
    """What is missing or too much, a sentence each that says what to write where; empty if all is well.

    `periods` are the names that `retention` may have besides those of `FixedPeriod`.
    """
    tables, found = read_inventory(folder)
    labels = set()
    for model in models:
        labels.add(label_of(model))
        found += _of_model(model, tables.get(label_of(model)), broken=bool(found))
    found += [
        f"{PLACE}/{table.file}: there is no model {label} any more; take it out."
        for label, table in tables.items()
        if label not in labels
    ]
    return [*found, *_of_groups({*periods, *FixedPeriod}, tables.values())]


def _of_model(model: type[Model], table: DeclaredTable | None, *, broken: bool) -> Iterator[str]:
    label, place = label_of(model), f"{PLACE}/{file_of(model)}"
    if table is None:
        if not broken:  # a fault of its entry was told already
            yield (
                f"{place}: the model {label} is not declared. Write `{label}:` with `row:` (the group of its rows) "
                f"and a line `GROUP: FIELDS` for each group; groups.py explains them. Its fields: "
                f"{' '.join(columns_of(model))}"
            )
        return
    declared = [field.name for field in table.fields]
    if table.file != file_of(model):
        yield f"{PLACE}/{table.file}: {label} belongs into {file_of(model)}; move it there."
    for name in columns_of(model):
        if name not in declared:
            yield (
                f"{place}: the field {label}.{name} is not declared: nobody can see why it is kept, how long, and "
                f"what erasure does to it. Add `{name}` to one of the groups of {label} (groups.py explains them; "
                "`technical` is for links and counters that say nothing about anybody)."
            )
    for name in declared:
        if name not in columns_of(model):
            yield f"{PLACE}/{table.file}: {label} has no field {name} any more; take it out."


def _of_groups(periods: Collection[str], tables: Iterable[DeclaredTable]) -> Iterator[str]:
    used = {name for table in tables for name in (table.row, *(field.group for field in table.fields))}
    for group in (*GROUPS.values(), *OUTSIDE):
        if group.retention not in periods:
            yield (
                f"{PLACE}: the group {group.key} names the period `{group.retention}`, which is neither a kind of "
                f"data of retention.yaml, nor a sweep, nor one of {', '.join(FixedPeriod)}."
            )
        if (group.ground is LawfulGround.NONE) != (group.about == (Who.NOBODY,)):
            yield f"{PLACE}: the group {group.key} needs a lawful ground exactly if it is about somebody."
    for key in GROUPS.keys() - used - {TECHNICAL}:
        yield f"{PLACE}/groups.py: no field is in the group {key}; take it out."
