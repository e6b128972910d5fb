"""`jaga privacy find`: where a person's data is. One person asks, another permits it, and it runs once."""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import required_text
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.records.access.privacy.everywhere import FoundPlace, search_everywhere
from jaga.records.codes import person_search_hash
from jaga.records.models import Person, PersonSearch

WHO = (Role.SUPERVISOR, Role.ADMINISTRATOR)
SHORTEST_TEXT, LONGEST_TEXT, LONGEST_REASON = 4, 300, 300
PERMITTED_HOURS = 24


class OwnSearch(Conflict):
    """Somebody would permit their own search."""

    code = "own_search"
    sentence = N_("You asked for this search yourself.")
    remedy = N_("Somebody else must permit it.")


class SearchNotPermitted(Conflict):
    """Nobody permitted the search, or too long ago; or it was carried out, or is for another text."""

    code = "search_not_permitted"
    sentence = N_("This search is not permitted: %(why)s.")
    remedy = N_(
        "Ask for a new one with jaga privacy find --by NAME --reason WHY, and let somebody else permit it in "
        "the console."
    )


@transaction.atomic
def ask_person_search(text: str, by: str, reason: str, *, actor: Actor) -> int:
    """Ask for a search for this text, in the name of a supervisor or administrator; returns its number.

    A name on the command line proves nothing, so this alone searches nothing.

    Raises InvalidInput (`text`, `reason`, `by`).
    """
    hashed = person_search_hash(_text(text))
    reason = required_text(
        "reason",
        " ".join(reason.split()),
        least=1,
        most=LONGEST_REASON,
        needed=N_("Say why, without naming the person."),
    )
    person = Person.objects.filter(username=by, is_active=True, roles__role__in=WHO).first()
    if person is None:
        raise InvalidInput(FieldError("by", "unknown", N_("No supervisor or administrator has this username.")))
    row = PersonSearch.objects.create(text_hash=hashed, reason=reason, asked_by=person, asked_at=now())
    append(
        "ask_person_search", {"search": row.pk, "text": hashed.hex(), "person": person.pk}, actor=actor, case_id=None
    )
    return row.pk


@transaction.atomic
def permit_person_search(search_id: int, *, actor: Actor) -> None:
    """Permit somebody else's search, for a day. Raises NotPermitted, NotFound, OwnSearch, SearchNotPermitted."""
    person = actor.require(*WHO)
    row = _locked(search_id)
    if row.asked_by_id == person:
        raise OwnSearch
    if row.permitted_at is not None or row.carried_out_at is not None:
        raise SearchNotPermitted(why=N_("it was permitted before"))
    row.permitted_by_id, row.permitted_at = person, now()
    row.save(update_fields=["permitted_by", "permitted_at"])
    append("permit_person_search", {"search": row.pk}, actor=actor, case_id=None)


def carry_out_person_search(
    search_id: int, text: str, progress: Callable[[str, int], None], *, actor: Actor
) -> list[FoundPlace]:
    """Carry out a permitted search, once; returns the places, never the text. Raises NotFound, SearchNotPermitted."""
    with transaction.atomic():
        _permitted(_locked(search_id), text)
    found = list(search_everywhere(text, progress))
    with transaction.atomic():
        row = _locked(search_id)
        _permitted(row, text)
        row.carried_out_at, row.found = now(), len(found)
        row.save(update_fields=["carried_out_at", "found"])
        append(
            "search_person",
            {"search": row.pk, "text": bytes(row.text_hash).hex(), "found": len(found)},
            actor=actor,
            case_id=None,
        )
    return found


def _permitted(row: PersonSearch, text: str) -> None:
    if bytes(row.text_hash) != person_search_hash(_text(text)):
        raise SearchNotPermitted(why=N_("it is for another text"))
    if row.carried_out_at is not None:
        raise SearchNotPermitted(why=N_("it was carried out before"))
    if row.permitted_at is None:
        raise SearchNotPermitted(why=N_("nobody has permitted it yet"))
    if row.permitted_at < now() - timedelta(hours=PERMITTED_HOURS):
        raise SearchNotPermitted(why=N_("it was permitted more than a day ago"))


def _text(text: str) -> str:
    text = " ".join(text.split())
    if not SHORTEST_TEXT <= len(text) <= LONGEST_TEXT:
        raise InvalidInput(
            FieldError(
                "text",
                "length",
                N_("Give between %(least)s and %(most)s characters."),
                {"least": SHORTEST_TEXT, "most": LONGEST_TEXT},
            )
        )
    return text


def _locked(search_id: int) -> PersonSearch:
    row = PersonSearch.objects.select_for_update(of=("self",)).filter(pk=search_id).first()
    if row is None:
        raise NotFound
    return row
