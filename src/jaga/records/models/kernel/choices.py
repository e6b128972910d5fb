"""Django choices and check constraints from the enums in `core`, so no list is duplicated."""

from enum import Enum

from django.db import models


def choices(terms: type[Enum]) -> list[tuple[str, str]]:
    """(value, value) pairs; labels come from the policy release and the translations."""
    return [(term.value, term.value) for term in terms]


def one_of(field: str, terms: type[Enum]) -> models.CheckConstraint:
    """A check constraint that rejects values outside the enum."""
    return models.CheckConstraint(
        name=f"%(app_label)s_%(class)s_{field}_is_a_term",
        condition=models.Q(**{f"{field}__in": [term.value for term in terms]}),
    )
