"""The team's phrases, for the form of a case and for the supervisors' page."""

from dataclasses import dataclass

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.models import TeamPhrase


@dataclass(frozen=True)
class PhraseView:
    """A sentence and the category in which it is offered; "": in all."""

    phrase_id: int
    text: str
    category: str


def phrases_for(category: str, *, actor: Actor) -> tuple[PhraseView, ...]:
    """The sentences for cases of this category, its own first. Raises NotPermitted for anyone who does not judge."""
    actor.require(*READERS)
    rows = TeamPhrase.objects.filter(category__in=["", category]).order_by("-category", "text", "pk")
    return tuple(PhraseView(row.pk, row.text, row.category) for row in rows)


def list_phrases(*, actor: Actor) -> tuple[PhraseView, ...]:
    """All sentences, by category. Raises NotPermitted for anyone but supervisors."""
    actor.require(Role.SUPERVISOR)
    return tuple(
        PhraseView(row.pk, row.text, row.category) for row in TeamPhrase.objects.order_by("category", "text", "pk")
    )
