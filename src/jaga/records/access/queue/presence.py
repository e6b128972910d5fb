"""Who looks at a case just now, and what a person has begun to write there."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.records.access.base.clearance import READERS
from jaga.records.access.base.current_user import number_of
from jaga.records.models import Case
from jaga.records.models.queue.drafts import Draft, Presence

GONE_AFTER = timedelta(seconds=90)
SHOWN = 8  # names; more than these at one case is a matter for a supervisor, not for a line of text


def watchers_of(case: Case, *, actor: Actor) -> tuple[str, ...]:
    """The names of others who have this case open. Whoever voted is among them or not, like anybody: it tells no vote.

    Raises NotPermitted for people who do not judge cases.
    """
    person = actor.require(*READERS)
    rows = Presence.objects.filter(case=case, seen_at__gt=now() - GONE_AFTER).exclude(person_id=person)
    return tuple(rows.order_by("person__display_name").values_list("person__display_name", flat=True)[:SHOWN])


def draft_of(case: Case, *, actor: Actor) -> Mapping[str, Sequence[str]] | None:
    """The person's own draft on the case, field by field; None where they left none. Nobody sees another's."""
    fields: Mapping[str, Sequence[str]] | None = (
        Draft.objects.filter(case=case, person_id=number_of(actor)).values_list("fields", flat=True).first())
    return fields
