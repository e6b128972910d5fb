"""Drafts of the decision form, kept so that a lost lease or a dead battery loses no text.

Drafts make no ledger entries: they would reveal that somebody is about to vote.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction

from jaga.casework.cases.errors import AlreadyVoted
from jaga.casework.cases.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, IllegalTransition, InvalidInput
from jaga.core.terms.people import Role
from jaga.records.key_store.errors import Erased
from jaga.records.key_store.store import is_destroyed
from jaga.records.models import Case, Vote
from jaga.records.models.queue.drafts import Draft

KEPT = timedelta(days=7)
MAX_FIELDS, MAX_VALUES, MAX_CHARACTERS = 40, 200, 20_000  # far above what the form can hold
Fields = Mapping[str, Sequence[str]]


@transaction.atomic
def save_draft(case_id: int, fields: Fields, *, actor: Actor) -> None:
    """Store the form's fields, replacing the earlier draft.

    Needs no lease, since drafts matter when it is lost.

    Deleted with the vote, or after seven days. Raises NotPermitted, NotFound, AlreadyVoted, IllegalTransition if there
    is nothing to decide, Erased, InvalidInput if it exceeds what the form can hold.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)  # so that a late draft cannot be stored after its vote
    if Vote.in_force.filter(case=case, person_id=person).exists():
        raise AlreadyVoted
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    if is_destroyed(case.key_owner()):
        raise Erased
    kept = {name: list(values) for name, values in fields.items()}
    _check(kept)
    Draft.objects.update_or_create(case=case, person_id=person, defaults={"fields": kept, "saved_at": now()})


def _check(kept: dict[str, list[str]]) -> None:
    texts = [*kept, *(value for values in kept.values() for value in values)]
    if len(kept) > MAX_FIELDS or len(texts) > MAX_VALUES or sum(map(len, texts)) > MAX_CHARACTERS:
        raise InvalidInput(FieldError("facts", "too_long", N_("This is more than a draft can hold.")))
    if any("\x00" in text for text in texts):
        raise InvalidInput(FieldError("facts", "unreadable", N_("Some characters cannot be stored.")))


def forget_draft(case: Case, person: int) -> None:
    """Delete the person's draft, in the transaction of their vote."""
    Draft.objects.filter(case=case, person_id=person).delete()


def forget_old_drafts() -> int:
    """Delete expired drafts; returns how many."""
    return Draft.objects.filter(saved_at__lt=now() - KEPT).delete()[0]
