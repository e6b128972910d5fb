"""The first three days of a person in each role, in which the start page shows a card. A visit is a day."""

from django.db import IntegrityError, transaction
from django.db.models import F

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.policy.local_time import today
from jaga.records.access.base.current_user import number_of
from jaga.records.models import RoleVisits
from jaga.records.models.people.first_days import FIRST_VISITS


def begin_visit(*, actor: Actor) -> tuple[Role, ...]:
    """Count today as a visit in each role of the actor; returns the roles whose card is shown today.

    Makes no ledger entry: no case is affected. Raises NotPermitted for an actor who is not a person.
    """
    person, day = number_of(actor), today()
    rows = {Role(row.role): row for row in RoleVisits.objects.filter(person_id=person)}
    shown = []
    for role in sorted(actor.roles):
        row = rows.get(role)
        if row is None:
            _first(person, role)
        elif row.closed_at is not None or (row.visits >= FIRST_VISITS and row.last_on != day):
            continue
        elif row.last_on != day:
            RoleVisits.objects.filter(pk=row.pk, last_on=row.last_on).update(visits=F("visits") + 1, last_on=day)
        shown.append(role)
    return tuple(shown)


def _first(person: int, role: Role) -> None:
    try:
        with transaction.atomic():
            RoleVisits.objects.create(person_id=person, role=role, visits=1, last_on=today())
    except IntegrityError:
        return  # two pages at once: the other one counted it


@transaction.atomic
def close_card(role: Role, *, actor: Actor) -> None:
    """Show the card of a role no more. Does nothing for a role whose card was never shown."""
    RoleVisits.objects.filter(person_id=number_of(actor), role=role, closed_at__isnull=True).update(closed_at=now())
