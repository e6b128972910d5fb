"""Django's choices and check constraints from the enums of `core`, so that no list is mirrored by hand."""

from enum import Enum

from django.db import models


def choices(terms: type[Enum]) -> list[tuple[str, str]]:
    """(value, value) pairs: labels for people come from the policy release and the translations."""
    return [(term.value, term.value) for term in terms]


def one_of(field: str, terms: type[Enum]) -> models.CheckConstraint:
    """The database refuses a value that is no term, whoever writes it."""
    return models.CheckConstraint(
        name=f"%(app_label)s_%(class)s_{field}_is_a_term",
        condition=models.Q(**{f"{field}__in": [term.value for term in terms]}),
    )
