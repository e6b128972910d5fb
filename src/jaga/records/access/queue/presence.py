"""Who has a case open, and a person's own draft on it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.records.access.base.clearance import READERS
from jaga.records.access.base.current_user import number_of
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Case
from jaga.records.models.queue.drafts import Draft, Presence

GONE_AFTER = timedelta(seconds=90)
SHOWN = 8  # Names shown. Larger crowds at one case are for a supervisor to notice, not for a line of text.


@takes_case
def watchers_of(case: Case, *, actor: Actor) -> tuple[str, ...]:
    """Names of others with this case open.

    Voters are included like anyone, so it reveals no vote.

    Raises NotPermitted for anyone who does not judge cases.
    """
    person = actor.require(*READERS)
    rows = Presence.objects.filter(case=case, seen_at__gt=now() - GONE_AFTER).exclude(person_id=person)
    return tuple(rows.order_by("person__display_name").values_list("person__display_name", flat=True)[:SHOWN])


@takes_case
def draft_of(case: Case, *, actor: Actor) -> Mapping[str, Sequence[str]] | None:
    """The actor's own draft on the case, by form field, or None. Nobody sees another person's draft."""
    fields: Mapping[str, Sequence[str]] | None = (
        Draft.objects.filter(case=case, person_id=number_of(actor)).values_list("fields", flat=True).first()
    )
    return fields
