"""The letters after a breach, from the release's templates: to people concerned and to the authority. A person sends
them.

They name no case, no account and no reporter, since others may read the device.
"""

from dataclasses import dataclass

from django.conf import settings

from jaga.casework.cases.letters import say_moment
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.breaches import PEOPLE_CONCERNED
from jaga.core.terms.people import Language
from jaga.policy import load_release
from jaga.records.access.base.installation import host_name
from jaga.records.access.privacy.concerned import LEADING, count_concerned
from jaga.records.models import Breach

UNNAMED = "–"


@dataclass(frozen=True)
class BreachLetter:
    """A letter in one language, ready to be copied."""

    language: Language
    to_authority: bool
    subject: str
    text: str


def breach_letters(breach_id: int, *, actor: Actor) -> tuple[BreachLetter, ...]:
    """All letters of a breach, in each language of the release. Raises NotPermitted, NotFound."""
    actor.require(*LEADING)
    row = Breach.objects.filter(pk=breach_id).first()
    if row is None:
        raise NotFound
    return tuple(
        _letter(row, language, to_authority=to_authority)
        for to_authority in (True, False)
        for language in load_release().jurisdiction.languages
    )


def _letter(row: Breach, language: Language, *, to_authority: bool) -> BreachLetter:
    release = load_release()
    to = release.data_protection.complaints
    values = {
        "number": row.reference,
        "what": row.what,
        "data": row.data,
        "measures": row.measures,
        "advice": row.advice,
        "began_at": say_moment(row.began_at, language),
        "stopped_at": say_moment(row.stopped_at, language),
        "found_at": say_moment(row.found_at, language),
        "contact": settings.CONTACT or UNNAMED,
        "complaints": f"{to.name.say(language)}, {to.contact.say(language)}",
        "host": host_name() or UNNAMED,
    }
    if to_authority:
        counted = count_concerned(row)
        values |= {
            "cases": str(counted.cases),
            "people": str(sum(counted.of(group) for group in PEOPLE_CONCERNED)),
            "declared_at": say_moment(row.declared_at, language),
        }
    made = release.letter("breach_authority" if to_authority else "breach_person", language).render(**values)
    return BreachLetter(language, to_authority, made.subject, made.text)
