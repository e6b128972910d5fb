"""The installation's state in numbers, and the redirect to each person's start page.

The calendar of deadlines.

The help page: how a case is decided, and the words of the console.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.actions.reads import count_set_aside, faulty_platforms, list_silent, see_alarm_delivery
from jaga.adoption.reads import see_release_alarms
from jaga.cases.reads.history import see_ledger_status
from jaga.core.actors import Actor
from jaga.core.errors import N_
from jaga.core.terms.people import Role
from jaga.figures.reads.calendar import CalendarEntry, Due, see_calendar
from jaga.figures.reads.work_counts import see_overview
from jaga.operators.reads.notices import count_for_us, count_overdue, see_mail
from jaga.reporting.reads.mailbox import see_held_back
from jaga.store.reads import READERS
from jaga.web.frame.display import in_local_time
from jaga.web.frame.pages import landing, page, signed_in

CALENDAR_WORDS = {
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
            "left_out": [(gettext(CALENDAR_WORDS[kind]), count) for kind, count in found.left_out],
        },
        open_link="calendar",
    )


def _shown(entries: Iterable[CalendarEntry], actor: Actor) -> list[CalendarRow]:
    return [
        CalendarRow(
            gettext(CALENDAR_WORDS[entry.kind]),
            entry.what,
            entry.at,
            _href(entry, actor),
            entry.kind in _COUNTS,
            entry.count,
        )
        for entry in entries
    ]


def _href(entry: CalendarEntry, actor: Actor) -> str:
    if not entry.page or (entry.page not in _FOR_BOTH and Role.SUPERVISOR not in actor.roles):
        return ""
    return reverse(f"console:{entry.page}", args=[] if entry.number is None else [entry.number])


STEPS = (
    (
        N_("Somebody reports"),
        N_(
            "A person, an authority, an app or our own monitoring of public rooms. All reports about one account in one"
            " category become one case."
        ),
    ),
    (
        N_("A program sorts"),
        N_(
            "It finds words, copies and contacts and puts the case into a queue. It decides nothing and dismisses"
            " nothing."
        ),
    ),
    (
        N_("One person reads and votes"),
        N_(
            "They confirm the elements of the rule, choose a decision and give reasons. “No action” usually ends the "
            "case"
            " here."
        ),
    ),
    (
        N_("A second person votes"),
        N_(
            "For a closure, and for whatever else the policy names. They do not see the first vote: it is sealed "
            "until both"
            " are in."
        ),
    ),
    (N_("If both differ, a supervisor settles it"), N_("They read both votes and decide with reasons of their own.")),
    (
        N_("Time to undo and to read"),
        N_(
            "For some minutes the decision can be taken back. The holder can read the reasons before the account is"
            " closed."
        ),
    ),
    (N_("It is carried out and checked"), N_("The platform is told, and we look ourselves whether it happened.")),
    (
        N_("The holder can appeal"),
        N_("Somebody without a vote in the case decides the appeal. What was wrong is restored."),
    ),
)
HELP_WORDS = (
    (N_("case"), N_("all reports about one account in one category")),
    (N_("category"), N_("what an account is reported for; each has a rule")),
    (N_("element"), N_("one thing that must be true before the rule applies; a closure takes all of them")),
    (N_("signal"), N_("a word, copy or contact that a program found; it only hints")),
    (N_("source"), N_("who reports, estimated: ten reports by one person are one source")),
    (N_("lease"), N_("a case is yours for a while; nobody else can vote on it meanwhile")),
    (N_("sealed vote"), N_("a vote that nobody can read before all votes of the case are in")),
    (N_("victim first"), N_("the holder may be the victim: nothing is done against the account, and help comes first")),
    (N_("strike"), N_("a decision against an account that counts for a time; it suggests, you judge")),
    (N_("restriction"), N_("the holder can read but not write; it can be undone")),
    (N_("referral"), N_("a case handed to an office that can help")),
    (N_("notice"), N_("a request to an operator whose platform we cannot act on ourselves")),
    (N_("deadline"), N_("when the law wants a decision; passing it raises an alarm and does nothing else")),
    (N_("ledger"), N_("a record of every step that cannot be changed afterwards without being noticed")),
    (N_("access log"), N_("who saw which personal data, and when")),
    (N_("clearance"), N_("lets a person into cases that are closed to others")),
    (N_("blind review"), N_("a decided case is judged again by somebody who does not know the outcome")),
    (N_("golden case"), N_("a decided case whose right answer a supervisor has written down")),
)


@require_safe
@signed_in
def help_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How a case is decided, the words, and the keys."""
    return page(
        request,
        actor,
        "operations/help.html",
        {
            "steps": STEPS,
            "words": HELP_WORDS,
            "trains": bool(actor.roles.intersection(READERS)),
        },
        open_link="help",
    )


@require_safe
@signed_in
def home(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Redirect to the person's start page. Raises NotPermitted for anyone without a role here."""
    actor.require(*READERS, Role.ADMINISTRATOR, Role.AUDITOR, Role.CONTACT, Role.OFFICER, Role.FLAGGER, Role.POLICY)
    return redirect(landing(actor))


@require_safe
@signed_in
def overview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The numbers, for supervisors and administrators."""
    return page(
        request,
        actor,
        "operations/overview.html",
        {
            "numbers": see_overview(actor=actor),
            "ledger": see_ledger_status(actor=actor),
            "supervises": Role.SUPERVISOR in actor.roles,
            "mail": see_mail(actor=actor),
            "mail_server": settings.JAGA_SMTP,
            "notices_overdue": count_overdue(),
            "notices_for_us": count_for_us(),
            "outside": see_alarm_delivery(actor=actor),
            "alarms": see_release_alarms(actor=actor),
            "withheld": see_held_back(actor=actor),
            "silent": list_silent(actor=actor),
            "faulty": faulty_platforms(),
            "set_aside": count_set_aside(),
        },
        open_link="overview",
    )
