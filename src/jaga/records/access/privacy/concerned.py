"""Who is concerned by a breach, from the access log: people's accounts and periods → cases → reporters and holders.

Counts are for supervisors and administrators. The list names cases and accounts, so it takes the clearance of each case
and is logged; a reporter's name stays behind `open_identity`, one by one, with its reason.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from math import ceil

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import reference_of
from jaga.core.errors import NotFound
from jaga.core.terms.breaches import PEOPLE_CONCERNED, BreachGroup, BreachScopeKind
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ReportForm
from jaga.records.access.base.access_log import AGAIN_AFTER, log_access_to_all
from jaga.records.access.base.clearance import visible_to
from jaga.records.models import (
    AccessEvent,
    Breach,
    BreachScope,
    Case,
    Decision,
    Report,
    ReporterIdentity,
    Statement,
    Subject,
)

LEADING = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_WITHOUT_SENDER = (ReportForm.OBSERVATION, ReportForm.REQUEST, ReportForm.ORDER)
"""Reports of a machine, and of officers, who are told as colleagues."""
LISTED = 1000
"""People on a page of the list."""
MOST_PAGES = 10_000


@dataclass(frozen=True)
class ConcernedCounts:
    """How many cases and people.

    `lists`: openings of lists in the period; the log does not say which cases they showed. `everything`: a key or a
    copy of the database is concerned, so every case is counted.
    """

    cases: int
    people: Mapping[BreachGroup, int]
    lists: int
    everything: bool

    def of(self, group: BreachGroup) -> int:
        """The number of people in this group."""
        return self.people.get(group, 0)


@dataclass(frozen=True)
class ConcernedPerson:
    """One report's sender or one account's holder, and the way in which they can be told."""

    case_id: int
    reference: str
    group: BreachGroup
    account: str
    platform: str
    report_id: int | None


@dataclass(frozen=True)
class ConcernedView:
    """A page, from 1, of those concerned in cases that the reader may see: senders of reports, then holders.

    `hidden`: cases that need another clearance. `total`: people on all `pages`.
    """

    people: tuple[ConcernedPerson, ...]
    hidden: int
    number: int
    pages: int
    total: int

    @property
    def others(self) -> tuple[int, ...]:
        """The numbers of the pages beside this one."""
        return tuple(one for one in (self.number - 1, self.number + 1) if 1 <= one <= self.pages)


def count_concerned(breach: Breach) -> ConcernedCounts:
    """The counts, computed now."""
    scopes = list(breach.scopes.all())
    cases = _cases(breach, scopes)
    senders, holders = _senders(cases), _holders(cases)
    named = senders.filter(_NAMED).count()
    reached = holders.filter(_REACHED).count()
    return ConcernedCounts(
        cases.count(),
        {
            BreachGroup.REPORTERS_NAMED: named,
            BreachGroup.REPORTERS: senders.count() - named,
            BreachGroup.HOLDERS: reached,
            BreachGroup.HOLDERS_UNREACHED: holders.count() - reached,
        },
        _events(breach, scopes).filter(case__isnull=True).count(),
        _everything(scopes),
    )


def is_everybody_recorded(breach: Breach) -> bool:
    """Whether the last record of the authority and of each group is of all that are in it now."""
    recorded = dict(breach.notices.order_by("pk").values_list("group", "people"))
    counted = count_concerned(breach)
    return BreachGroup.AUTHORITY in recorded and all(
        counted.of(group) <= recorded.get(group, 0) for group in PEOPLE_CONCERNED
    )


def concerned_people(breach_id: int, number: int = 1, *, actor: Actor) -> ConcernedView:
    """A page of the list. Call it through `casework.privacy.breaches.list_people_concerned`, which records a ledger
    entry.
    """
    actor.require(Role.SUPERVISOR)
    breach = Breach.objects.filter(pk=breach_id).first()
    if breach is None:
        raise NotFound
    cases = _cases(breach, list(breach.scopes.all()))
    seen = cases.filter(visible_to(actor))
    senders, holders = _senders(seen), _holders(seen)
    sent, held = senders.count(), holders.count()
    first = (number - 1) * LISTED
    reports = list(
        senders.annotate(named=_NAMED)
        .select_related("case", "subject__platform")
        .order_by("case", "pk")[first : first + LISTED]
    )
    first = max(first - sent, 0)
    accounts = (
        list(
            holders.annotate(reached=_REACHED)
            .select_related("platform")
            .order_by("pk")[first : first + LISTED - len(reports)]
        )
        if number * LISTED > sent
        else []
    )
    held_in = _cases_of(accounts, seen)
    people = (
        *(
            ConcernedPerson(
                row.in_case.pk,
                row.in_case.reference,
                BreachGroup.REPORTERS_NAMED if getattr(row, "named", False) else BreachGroup.REPORTERS,
                row.subject.account_id,
                row.subject.platform.display_name,
                row.pk,
            )
            for row in reports
        ),
        *(
            ConcernedPerson(
                held_in[row.pk],
                reference_of(held_in[row.pk]),
                BreachGroup.HOLDERS if getattr(row, "reached", False) else BreachGroup.HOLDERS_UNREACHED,
                row.account_id,
                row.platform.display_name,
                None,
            )
            for row in accounts
        ),
    )
    log_access_to_all([one.case_id for one in people], AccessKind.PRIVACY, actor=actor)
    return ConcernedView(
        people, cases.count() - seen.count(), number, max(ceil((sent + held) / LISTED), 1), sent + held
    )


def _cases_of(accounts: Collection[Subject], cases: QuerySet[Case]) -> Mapping[int, int]:
    """For each of these accounts its newest case among these, or one in which it was decided with another."""
    decided = Decision.objects.filter(case__in=cases.values("pk"), subject__in=accounts).order_by("case")
    own = Case.objects.filter(pk__in=cases.values("pk"), subject__in=accounts).order_by("pk")
    return {**dict(decided.values_list("subject", "case")), **dict(own.values_list("subject", "pk"))}


def _everything(scopes: list[BreachScope]) -> bool:
    return any(one.kind == BreachScopeKind.KEY for one in scopes)


def _events(breach: Breach, scopes: list[BreachScope]) -> QuerySet[AccessEvent]:
    """What was opened in the period by the people in the scope, or on its pages by anybody; by these people on these
    pages, if it names both."""
    people = [one.person_id for one in scopes if one.kind == BreachScopeKind.PERSON]
    pages = [one.page for one in scopes if one.kind == BreachScopeKind.PAGE]
    if not people and not pages:
        return AccessEvent.objects.none()
    # The log keeps one line for all openings within `AGAIN_AFTER`; the moments of a breach are given to the minute.
    found = AccessEvent.objects.filter(
        at__gte=breach.began_at - AGAIN_AFTER, at__lt=breach.stopped_at + timedelta(minutes=1)
    )
    if people:
        found = found.filter(person__in=people)
    return found.filter(what__in=pages) if pages else found


def _cases(breach: Breach, scopes: list[BreachScope]) -> QuerySet[Case]:
    """The cases concerned; canary cases hold nobody's data."""
    real = Case.objects.filter(canary=False)
    if _everything(scopes):
        return real.filter(opened_at__lte=breach.stopped_at)
    named = [one.case_id for one in scopes if one.kind == BreachScopeKind.CASE]
    opened = _events(breach, scopes).filter(case__isnull=False).values("case_id")
    return real.filter(Q(pk__in=named) | Q(pk__in=opened))


def _senders(cases: QuerySet[Case]) -> QuerySet[Report]:
    return Report.objects.filter(case__in=cases.values("pk")).exclude(form__in=_WITHOUT_SENDER)


def _holders(cases: QuerySet[Case]) -> QuerySet[Subject]:
    """Of each case and of each account that was decided in it."""
    numbers = cases.values("pk")
    return Subject.objects.filter(Q(cases__in=numbers) | Q(decisions__case__in=numbers)).distinct()


_NAMED = Exists(ReporterIdentity.objects.filter(report=OuterRef("pk")))
_REACHED = Exists(
    Statement.objects.filter(
        Q(delivered_at__isnull=False) | Q(opened_at__isnull=False), decision__subject=OuterRef("pk")
    )
)
