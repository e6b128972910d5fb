"""The calendar of deadlines."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.errors import N_
from jaga.core.terms.people import Role
from jaga.records.access.operations.calendar import CalendarEntry, Due, see_calendar
from jaga.web.console.frame.display import in_local_time
from jaga.web.console.frame.pages import page, signed_in

WORDS = {
    Due.NOTICE: N_("Answer of an operator"),
    Due.DATA: N_("Data from an operator"),
    Due.RESTORATION: N_("Account to be given back"),
    Due.APPEAL: N_("Appeal to be decided"),
    Due.CASES: N_("Cases to be decided"),
    Due.RESTRICTION: N_("Restriction ends"),
    Due.CHECKS: N_("Later checks of accounts, by Jaga"),
    Due.PERSON_CHECKS: N_("Later checks of accounts, by our staff"),
    Due.CONTACT: N_("Last day of a contact person"),
    Due.KEY: N_("Officer's key expires"),
    Due.LETTER_TIME: N_("Answer to a letter; then the next may be prepared"),
    Due.LETTER: N_("Letter prepared, not released"),
    Due.CORRECTION: N_("The operator's clock rests until we correct it"),
    Due.OBJECTION: N_("Objection of an operator, to be decided"),
    Due.REFUSAL: N_("Refused; a supervisor reads why"),
    Due.UNOPENED: N_("Not received yet; no clock runs"),
    Due.CHECK_BY_PERSON: N_("Reported as done; must be checked"),
}
_COUNTS = {Due.CASES, Due.CHECKS, Due.PERSON_CHECKS, Due.CHECK_BY_PERSON}
_FOR_BOTH = {"overview", "operator"}  # Pages administrators may open as well.


@dataclass(frozen=True)
class CalendarRow:
    """One entry as a sentence. `href` is empty if this person may not open the page."""

    kind: str
    what: str
    at: datetime | None
    href: str
    counted: bool
    count: int


@require_safe
@signed_in
@in_local_time()
def calendar(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The page."""
    found = see_calendar(actor=actor)
    return page(
        request,
        actor,
        "operations/calendar.html",
        {
            "at": found.at,
            "overdue": _shown(found.overdue, actor),
            "undated": _shown(found.undated, actor),
            "days": [(day.day, _shown(day.entries, actor)) for day in found.days],
            "left_out": [(gettext(WORDS[kind]), count) for kind, count in found.left_out],
        },
        open_link="calendar",
    )


def _shown(entries: Iterable[CalendarEntry], actor: Actor) -> list[CalendarRow]:
    return [
        CalendarRow(
            gettext(WORDS[entry.kind]), entry.what, entry.at, _href(entry, actor), entry.kind in _COUNTS, entry.count
        )
        for entry in entries
    ]


def _href(entry: CalendarEntry, actor: Actor) -> str:
    if not entry.page or (entry.page not in _FOR_BOTH and Role.SUPERVISOR not in actor.roles):
        return ""
    return reverse(f"console:{entry.page}", args=[] if entry.number is None else [entry.number])
