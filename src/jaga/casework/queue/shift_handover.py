"""Shift hand-over: a card that lists what a person leaves behind, to be taken up by the next shift."""

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_text
from jaga.casework.queue.case_access import WORKERS
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import HandedWhy
from jaga.records.models import Case, HandedCase, Lease, ShiftHandover, Vote

MOST_WORDS = 2000
MOST_CASES = 200


class OwnCard(NotPermitted):
    """A card cannot be taken up by whoever made it."""

    code = "own_card"
    sentence = N_("You made this card yourself.")
    remedy = N_("Somebody of the next shift takes it up.")


class CardTaken(Conflict):
    """Somebody else has taken up this card."""

    code = "card_taken"
    sentence = N_("%(name)s has taken up this card already.")
    remedy = N_("Reload to see what is left.")


def handed_cases(person: int) -> dict[int, HandedWhy]:
    """Ids of the cases that a person leaves behind, with the reason: leased, assigned or snoozed."""
    moment = now()
    waiting = Case.objects.filter(state__in=VOTING_STATES)
    found: dict[int, HandedWhy] = {}
    at_work = Lease.objects.filter(
        holder_id=person, released_at__isnull=True, expires_at__gt=moment, case__state__in=VOTING_STATES
    )
    for why, numbers in (
        (HandedWhy.LEASE, at_work.values_list("case_id", flat=True)),
        (HandedWhy.ASSIGNED, waiting.filter(assigned_to_id=person).values_list("pk", flat=True)),
        (HandedWhy.HELD, waiting.filter(snoozed_by_id=person, snoozed_until__gt=moment).values_list("pk", flat=True)),
    ):
        for number in numbers.order_by("pk")[:MOST_CASES]:
            found.setdefault(number, why)
    return found


@transaction.atomic
def make_handover(text: str, *, actor: Actor) -> int:
    """Create a card with all cases that one is working on, and end one's leases; returns its id.

    Irreversible.

    Assignments and snoozes stay. One's votes that wait for a second are only counted, so that they stay sealed. Raises
    NotPermitted, InvalidInput (`text`).
    """
    person = actor.require(*WORKERS)
    if errors := check_text("text", text, MOST_WORDS):
        raise InvalidInput(*errors)
    moment, cases = now(), handed_cases(person)
    votes = Vote.in_force.filter(person_id=person, case__state=CaseState.SECOND_VOTE).count()
    row = ShiftHandover.objects.create(made_by_id=person, made_at=moment, text=text.strip(), votes_waiting=votes)
    HandedCase.objects.bulk_create(
        HandedCase(handover=row, case_id=number, why=why) for number, why in sorted(cases.items())
    )
    Lease.objects.filter(holder_id=person, released_at__isnull=True).update(released_at=moment)
    append("make_handover", {"handover": row.pk, "cases": sorted(cases)}, actor=actor, case_id=None)
    return row.pk


@transaction.atomic
def take_handover(handover_id: int, *, actor: Actor) -> None:
    """Take up a card. Irreversible. Raises NotPermitted, NotFound, OwnCard, CardTaken."""
    person = actor.require(*WORKERS)
    row = (
        ShiftHandover.objects.select_for_update(of=("self",)).select_related("taken_by").filter(pk=handover_id).first()
    )
    if row is None:
        raise NotFound
    if row.made_by_id == person:
        raise OwnCard
    if row.taken_by_id == person:
        return
    if row.taken_by is not None:
        raise CardTaken(name=row.taken_by.display_name)
    row.taken_by_id, row.taken_at = person, now()
    row.save(update_fields=["taken_by", "taken_at"])
    append("take_handover", {"handover": row.pk}, actor=actor, case_id=None)
