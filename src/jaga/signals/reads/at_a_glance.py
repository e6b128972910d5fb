"""The account of a case at a glance: its age, its names over time, reports over time, and contacts it shares.

Nothing here says what was decided: that is `cases.reads.history`, which a person asks for.

The warning list: contacts of banks, helplines, ministries and newsrooms, which tie no two accounts together.

Whoever warns or advises names them, and so does whoever pretends to be one of them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import connection
from django.db.models import Max, Min, Q

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import takes_case
from jaga.cases.reads.gate import Related
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.locators import is_stable
from jaga.core.terms.reports import IndicatorKind, ReportForm
from jaga.policy.release import PolicyRelease
from jaga.screening.contacts.contacts import contacts_in
from jaga.signals.models import AccountIndicator
from jaga.store.codes import indicator_key
from jaga.store.reads import visible_to

MOST_REPORTS = 5000  # The latest that are counted; a flood of more looks the same.
MOST_CONTACTS = 10
MOST_SHARING = 30
"""From this many accounts on a shared contact means nothing: a taxi's number, a chain letter."""
MOST_NAMES = 10
COLUMNS = 12  # Columns of the picture.
_STEPS = (timedelta(days=1), timedelta(days=7), timedelta(days=31))
_SHARING = """
SELECT k.key, t.id FROM unnest(%s::bytea[]) AS k(key)
CROSS JOIN LATERAL (SELECT id FROM records_accountindicator WHERE key = k.key LIMIT %s) t
"""


@dataclass(frozen=True)
class NameView:
    """A name under which the account was reported, with the first and the last report that used it."""

    name: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True)
class ReportsOfSpan:
    """Reports about the account in one span, and about how many independent sources they count as."""

    begins_at: datetime
    ends_at: datetime
    reports: int
    sources: float


@dataclass(frozen=True)
class ReportsOverTime:
    """Reports of the latest spans, oldest first, each `days` long. `all` is the number of all reports counted."""

    days: int
    spans: tuple[ReportsOfSpan, ...]
    all: int
    more: bool  # There are more reports than were counted.


@dataclass(frozen=True)
class SharedContact:
    """A contact shown with this account, masked, and how many other accounts it was shown with."""

    masked: str
    accounts: int
    common: bool  # Shared by so many accounts that it means nothing.
    one_reporter: bool  # Only one reporter connects the accounts by it.


@dataclass(frozen=True)
class AccountAtAGlance:
    """What is known of the account besides this case. `since`: None if its platform does not say."""

    since: datetime | None
    first_seen_at: datetime
    absent: bool
    names: tuple[NameView, ...]
    changes_names: bool  # Its platform lets an account change its name.
    over_time: ReportsOverTime
    contacts: tuple[SharedContact, ...]


@takes_case
def at_a_glance(case: Case, has: Collection[Related] = frozenset(Related), *, actor: Actor) -> AccountAtAGlance:
    """The account of a case already fetched with a permission check; only what `has` names is queried.

    Reports of cases for which the actor lacks the clearance are neither counted nor named.
    """
    subject, renames = case.subject, bool(case.subject.platform.stable_id)
    several = case.reports_count > 1 or Related.OTHERS in has
    return AccountAtAGlance(
        subject.since,
        subject.first_seen_at,
        subject.absent,
        _names(subject, actor) if renames else (),
        renames,
        _over_time(subject, actor) if several else ReportsOverTime(1, (), case.reports_count, False),
        _contacts(subject, actor) if Related.CONTACTS in has else (),
    )


def _names(subject: Subject, actor: Actor) -> tuple[NameView, ...]:
    rows = (
        Report.objects.filter(visible_to(actor, path="case__"), subject=subject, case__isnull=False)
        .exclude(called_as="")
        .values_list("called_as")
        .annotate(first=Min("received_at"), last=Max("received_at"))
        .order_by("first")[:MOST_NAMES]
    )
    names = [NameView(name, first, last) for name, first, last in rows]
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    if stable and subject.handle and subject.handle not in {one.name for one in names}:
        names.append(NameView(subject.handle, subject.first_seen_at, subject.first_seen_at))
    return tuple(names)


def _over_time(subject: Subject, actor: Actor) -> ReportsOverTime:
    rows = list(
        Report.objects.filter(visible_to(actor, path="case__"), subject=subject, case__isnull=False)
        .order_by("-pk")
        .values_list("received_at", "source_weight", "withdrawn_at")[: MOST_REPORTS + 1]
    )
    counted = [(at, 0.0 if withdrawn else weight or 0.0) for at, weight, withdrawn in rows[:MOST_REPORTS]]
    moment = now()
    return over_time(counted, moment, more=len(rows) > MOST_REPORTS)


def over_time(reports: Sequence[tuple[datetime, float]], moment: datetime, *, more: bool = False) -> ReportsOverTime:
    """Reports (moment, weight as a source) in at most `COLUMNS` spans that end at `moment`.

    A span is a day, a week or 31 days: the shortest for which all reports fit, else the longest.
    """
    oldest = min((at for at, _ in reports), default=moment)
    step = next((one for one in _STEPS if oldest > moment - COLUMNS * one), _STEPS[-1])
    numbers, weights = [0] * COLUMNS, [0.0] * COLUMNS
    for at, weight in reports:
        place = COLUMNS - 1 - int(max(timedelta(0), moment - at) / step)
        if place >= 0:
            numbers[place] += 1
            weights[place] += weight
    begins = [moment - (COLUMNS - place) * step for place in range(COLUMNS)]
    spans = tuple(
        ReportsOfSpan(begin, begin + step, number, weight)
        for begin, number, weight in zip(begins, numbers, weights, strict=True)
    )
    return ReportsOverTime(step.days, spans, len(reports), more)


def _contacts(subject: Subject, actor: Actor) -> tuple[SharedContact, ...]:
    seen = Q(report__isnull=True) | visible_to(actor, path="report__case__")
    shown = AccountIndicator.objects.filter(seen, kind=IndicatorKind.CONTACT)
    mine = list(shown.filter(subject=subject).order_by("-pk")[:MOST_CONTACTS])
    if not mine:
        return ()
    found = _sharing([bytes(one.key) for one in mine])
    numbers = [number for sharing in found.values() for number in sharing]
    elsewhere = list(shown.filter(pk__in=numbers).exclude(subject=subject))
    closed = set(
        Case.objects.filter(subject__in={one.subject_id for one in elsewhere})
        .exclude(visible_to(actor))
        .values_list("subject_id", flat=True)
    )
    others = {one.pk: one for one in elsewhere if one.subject_id not in closed}
    sources = _sources([*mine, *others.values()])
    contacts = []
    for own in mine:
        sharing = found.get(bytes(own.key), [])
        theirs = [others[number] for number in sharing if number in others]
        reporters = {sources.get(one.report_id) for one in (own, *theirs)}
        if theirs:
            contacts.append(
                SharedContact(
                    own.masked,
                    len({one.subject_id for one in theirs}),
                    len(sharing) > MOST_SHARING,
                    len(reporters) == 1 and None not in reporters,
                )
            )
    return tuple(contacts)


def _sharing(keys: Sequence[bytes]) -> dict[bytes, list[int]]:
    """For each key the indicators that have it, one more than `MOST_SHARING` at most."""
    found: dict[bytes, list[int]] = {key: [] for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(_SHARING, [list(found), MOST_SHARING + 1])
        for key, number in cursor.fetchall():
            found[bytes(key)].append(number)
    return found


def _sources(indicators: Collection[AccountIndicator]) -> dict[int | None, bytes]:
    """The source of each indicator's report; observations, which are the accounts' own texts, are left out."""
    reports = {one.report_id for one in indicators if one.report_id}
    rows = Report.objects.filter(pk__in=reports).exclude(form=ReportForm.OBSERVATION).values_list("pk", "source_key")
    return {number: bytes(key) for number, key in rows}


@lru_cache(maxsize=8)
def never_indicators(release: PolicyRelease) -> frozenset[str]:
    """The canonical values of all contacts that are never an indicator: those of `known_contacts` in screening.yaml,
    and of the services, outside bodies and receivers that the release names.
    """
    texts = [
        *(one.contacts for one in release.screening.known_contacts),
        *(one.contact for one in release.services),
        *(one.contact for one in release.outside_bodies),
        *(one.contact for one in release.referring.receivers),
    ]
    return frozenset(contact.value for text in texts for contact in contacts_in(text))


def never_keys(release: PolicyRelease) -> list[bytes]:
    """The same as they are stored, so that what was stored before a contact was listed does not count either."""
    return [indicator_key(value) for value in sorted(never_indicators(release))]
