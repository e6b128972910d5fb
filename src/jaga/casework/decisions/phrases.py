"""Phrases of the team: sentences that a supervisor keeps for the facts of votes.

A phrase is about no case. What a vote takes over from it is checked like anything else that is written there.
"""

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.models import TeamPhrase

LONGEST_PHRASE = 300
MOST_PHRASES = 60


@transaction.atomic
def add_phrase(text: str, category: str, *, actor: Actor) -> int:
    """Keep a sentence for cases of this category, or of all with ""; returns its id. Idempotent.

    Reversible: `remove_phrase`. Raises NotPermitted, InvalidInput (`text`, `category`).
    """
    person, words = actor.require(Role.SUPERVISOR), " ".join(text.split())
    errors = check_required("text", words, most=LONGEST_PHRASE, needed=N_("Write the sentence."))
    if category and category not in load_release().by_key:
        errors.append(FieldError("category", "unknown", N_("Choose one from the list.")))
    if TeamPhrase.objects.count() >= MOST_PHRASES:
        errors.append(
            FieldError("text", "too_many", N_("At most %(most)s sentences. Remove one first."), {"most": MOST_PHRASES})
        )
    if errors:
        raise InvalidInput(*errors)
    row, made = TeamPhrase.objects.get_or_create(
        text=words, category=category, defaults={"author_id": person, "made_at": now()}
    )
    if made:
        append("add_phrase", {"phrase": row.pk, "category": category}, actor=actor, case_id=None)
    return row.pk


@transaction.atomic
def remove_phrase(phrase_id: int, *, actor: Actor) -> None:
    """Remove a sentence; facts that took it over stay as they are. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    row = TeamPhrase.objects.filter(pk=phrase_id).first()
    if row is None:
        raise NotFound
    row.delete()
    append("remove_phrase", {"phrase": phrase_id}, actor=actor, case_id=None)
