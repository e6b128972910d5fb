"""On how many days a person has begun their work in a role, for the card of the first days."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.people import Role
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person

FIRST_VISITS = 3


class RoleVisits(models.Model):
    """The first visits of a person in one role. After `FIRST_VISITS` days, or once closed, the row stays as it is."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="role_visits")
    role = models.CharField(max_length=20, choices=choices(Role))
    visits = models.PositiveSmallIntegerField()
    last_on = models.DateField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("role", Role),
            models.UniqueConstraint(fields=["person", "role"], name="records_role_visits_once"),
            models.CheckConstraint(
                name="records_role_visits_are_the_first", condition=Q(visits__gte=1, visits__lte=FIRST_VISITS)
            ),
        ]
