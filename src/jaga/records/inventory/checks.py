"""Compares the inventory with the models: a field without a declaration, and a declaration without a field.

The sentences are for developers, so they are not translated.
"""

from collections.abc import Collection, Iterable, Iterator
from importlib.resources.abc import Traversable

from django.apps import apps
from django.db.models import Model

from jaga.core.inventory import DataSubject as Who
from jaga.core.inventory import FixedPeriod, LawfulGround
from jaga.records.inventory.groups import GROUPS, TECHNICAL
from jaga.records.inventory.outside import OUTSIDE
from jaga.records.inventory.reading import PLACE, DeclaredTable, read_inventory

OURS = "jaga.records.models."


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
