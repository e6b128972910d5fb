"""The calendar of deadlines: everything overdue, the next fourteen local days, and items without a date.

It only reminds and never acts; an item without a provable deadline has no date. Cases whose clearance the reader lacks
and sealed letters are neither named nor counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import (
    BooleanField,
    Count,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models import Case as Switch
from django.db.models.functions import Coalesce, TruncDate

from jaga.appeals.models import Appeal
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Verification
from jaga.cases.reads.decisions import lifting_actions
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.escalation import STAGE_BEFORE, EscalationLetter, NoticeStatus, places
from jaga.core.terms.cases import (
    OPEN_ACTION_STATES,
    ActionKind,
    ActionState,
    AppealState,
    DecisionKind,
    VerificationResult,
)
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState, ObjectionState
from jaga.core.terms.people import Role
from jaga.operators.models import ContactDetails, Notice, NoticeEntry, OperatorLetter
from jaga.operators.reads.portal import sealed_notices
from jaga.people.models import OfficerKey
from jaga.policy.local_time import clock_for, day_of, local_zone
from jaga.policy.release import load_release
from jaga.store.reads import visible_to

DAYS = 14
SHOWN = 100  # Rows of one kind; more are only counted.
_BY_PERSON = Q(
    decision__subject__platform__by_notice=True, decision__subject__platform__capabilities__observe__supported=False
)


class Due(StrEnum):
    """The kind of deadline."""

    NOTICE = "notice"
    DATA = "data"
    RESTORATION = "restoration"
    APPEAL = "appeal"
    CASES = "cases"
    RESTRICTION = "restriction"
    CHECKS = "checks"  # Verifications by the worker.
    PERSON_CHECKS = "person_looks"  # Verifications by a person, where no observation route shows the account.
    CONTACT = "contact"
    KEY = "key"
    LETTER_TIME = "letter_time"  # The time a letter gave an operator; afterwards the next may be prepared.
    LETTER = "letter"
    CORRECTION = "correction"  # The operator's deadline is paused until staff answer its question.
    UNOPENED = "unopened"  # Nobody has provably received it; no deadline runs.
    OBJECTION = "objection"
    REFUSAL = "refusal"  # A supervisor must read the reason.
    CHECK_BY_PERSON = "look_by_person"


@dataclass(frozen=True)
class CalendarEntry:
    """One deadline, or several of one kind on one day when `count` is above one.

    `what` is a number as people write it, or a name. `page` and `number` identify the console page.
    """

    kind: Due
    at: datetime | None
    what: str = ""
    count: int = 1
    page: str = ""
    number: int | None = None


@dataclass(frozen=True)
class Day:
    """One local day with its deadlines."""

    day: date
    entries: tuple[CalendarEntry, ...]


@dataclass(frozen=True)
class Calendar:
    """The whole calendar. `left_out` counts the rows beyond the limit per kind."""

    at: datetime
    overdue: tuple[CalendarEntry, ...]
    days: tuple[Day, ...]
    undated: tuple[CalendarEntry, ...]
    left_out: tuple[tuple[Due, int], ...]


def see_calendar(*, actor: Actor) -> Calendar:
    """The calendar for supervisors and administrators, in a fixed number of queries. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    moment = now()
    first = day_of(moment)
    until = datetime.combine(first + timedelta(days=DAYS), datetime.min.time(), local_zone())
    left_out: list[tuple[Due, int]] = []
    dated = sorted(_dated(actor, moment, until, left_out), key=lambda entry: (entry.at, entry.kind, entry.what))
    undated = tuple(_undated(actor, left_out))
    days = tuple(
        Day(day, found)
        for day in (first + timedelta(days=number) for number in range(DAYS))
        if (found := tuple(one for one in dated if one.at and one.at > moment and day_of(one.at) == day))
    )
    return Calendar(moment, tuple(one for one in dated if one.at and one.at <= moment), days, undated, tuple(left_out))


def _dated(actor: Actor, moment: datetime, until: datetime, left_out: list[tuple[Due, int]]) -> Iterator[CalendarEntry]:
    yield from _notices(actor, until, left_out)
    yield from _letter_times(actor, moment, until, left_out)
    yield from _restorations(actor, until, left_out)
    appeals = Appeal.objects.filter(
        visible_to(actor, path="decision__case__"), state=AppealState.OPEN, due_at__lt=until
    ).select_related("decision__case")
    for row in _first(appeals.order_by("due_at"), Due.APPEAL, left_out):
        yield CalendarEntry(Due.APPEAL, row.due_at, row.decision.case.reference, page="appeal", number=row.pk)
    yield from _restrictions(actor, until, left_out)
    undecided = Case.objects.filter(
        visible_to(actor), decided_at__isnull=True, met_at__isnull=True, due_at__lt=until
    ).exclude(state=CaseState.RESOLVED)
    yield from _by_day(undecided, "due_at", Due.CASES, "queue", moment)
    checks = _due_checks(moment, until).filter(visible_to(actor, path="decision__case__"))
    yield from _by_day(checks.exclude(_BY_PERSON), "next_look", Due.CHECKS, "overview", moment)
    yield from _by_day(checks.filter(_BY_PERSON), "next_look", Due.PERSON_CHECKS, "operator-notices", moment)
    yield from _people(moment, until, left_out)


def _notices(actor: Actor, until: datetime, left_out: list[tuple[Due, int]]) -> Iterator[CalendarEntry]:
    rows = _visible_notices(actor).filter(state=NoticeState.RECEIVED, due_at__lt=until).order_by("due_at", "pk")
    for kind, some in ((Due.NOTICE, rows.exclude(asks_for="data")), (Due.DATA, rows.filter(asks_for="data"))):
        for row in _first(some.select_related("operator"), kind, left_out):
            yield CalendarEntry(
                kind, row.due_at, f"{row.number} · {row.operator.name}", page="operator-notice", number=row.pk
            )


def _visible_notices(actor: Actor) -> QuerySet[Notice]:
    return Notice.objects.filter(visible_to(actor, path="case__"))


def _letter_times(
    actor: Actor, moment: datetime, until: datetime, left_out: list[tuple[Due, int]]
) -> Iterator[CalendarEntry]:
    """When the latest letter's time ends and the next may be prepared, by the rules in `core.escalation`."""
    corrections = NoticeEntry.objects.filter(notice=OuterRef("pk"), kind__in=("correction", "asked_again"))
    received = OperatorLetter.objects.filter(notice=OuterRef("pk"), opened_at__isnull=False)
    rows = (
        _visible_notices(actor)
        .filter(Exists(received), state__in=(NoticeState.SENT, NoticeState.RECEIVED))
        .exclude(sealed_notices())
        .annotate(said_at=Subquery(corrections.order_by("-pk").values("at")[:1]))
        .select_related("operator")
        .prefetch_related("escalation_letters")
        .order_by("pk")
    )
    found = [
        CalendarEntry(
            Due.LETTER_TIME, at, f"{letter.number} · {row.operator.name}", page="operator-notice", number=row.pk
        )
        for row in rows
        for letter, at in _next_escalation_step(row, row.said_at, moment)
        if at < until
    ]
    found.sort(key=lambda entry: (entry.at, entry.number))
    if len(found) > SHOWN:
        left_out.append((Due.LETTER_TIME, len(found) - SHOWN))
    yield from found[:SHOWN]


def _next_escalation_step(
    notice: Notice, said_at: datetime | None, moment: datetime
) -> Iterator[tuple[OperatorLetter, datetime]]:
    """The letter whose time is running and when it ends; nothing where something else must happen before the next
    letter.
    """
    letters = sorted(
        (row for row in notice.escalation_letters.all() if row.dropped_at is None), key=lambda row: row.prepared_at
    )
    status = NoticeStatus(NoticeState(notice.state), notice.sent_at is not None, notice.due_at, said_at)
    written = [
        EscalationLetter(EscalationStage(row.stage), row.prepared_at, row.released_at, row.opened_at) for row in letters
    ]
    by_stage = {EscalationStage(row.stage): row for row in letters}
    for place in places(status, written, clock_for(notice.asks_for, urgent=notice.urgent).due, moment):
        before = STAGE_BEFORE[place.stage]
        if before is not None and place.letter is None and place.at is not None:
            yield by_stage[before], place.at


def _restorations(actor: Actor, until: datetime, left_out: list[tuple[Due, int]]) -> Iterator[CalendarEntry]:
    """The legal 48 hours for a restoration (MR5 art. 20), counted from the decision on the appeal."""
    span = load_release().deadlines.restoration.span
    rows = (
        Action.objects.filter(
            visible_to(actor, path="decision__case__"),
            kind=ActionKind.RESTORE,
            state__in=OPEN_ACTION_STATES,
            decision__kind=DecisionKind.RESTORE,
            decision__decided_at__lt=until - span,
        )
        .select_related("decision__case")
        .order_by("decision__decided_at", "pk")
    )
    for row in _first(rows, Due.RESTORATION, left_out):
        case = row.decision.case
        yield CalendarEntry(
            Due.RESTORATION, row.decision.decided_at + span, case.reference, page="case", number=case.pk
        )


def _restrictions(actor: Actor, until: datetime, left_out: list[tuple[Due, int]]) -> Iterator[CalendarEntry]:
    """Temporary restrictions by their end; overdue if the end has passed without lifting having started."""
    lifted = lifting_actions().filter(decision=OuterRef("pk"))
    ended = Action.objects.filter(
        kind=ActionKind.RESTRICT, decision=OuterRef("pk"), state=ActionState.ENDED, rest__isnull=True
    )
    rows = (
        Decision.objects.filter(
            visible_to(actor, path="case__"),
            kind=DecisionKind.RESTRICT,
            ends_at__lt=until,
            overturned_by__isnull=True,
            awaits__isnull=True,
        )
        .exclude(Exists(lifted))
        .exclude(Exists(ended))
        .select_related("case")
        .order_by("ends_at", "pk")
    )
    for row in _first(rows, Due.RESTRICTION, left_out):
        yield CalendarEntry(Due.RESTRICTION, row.ends_at, row.case.reference, page="case", number=row.case_id)


def _due_checks(moment: datetime, until: datetime) -> QuerySet[Action]:
    """Measures in force with the time of their next verification, by the policy's schedule."""
    schedule = load_release().enforcement.verification
    later = (
        Verification.objects.filter(action=OuterRef("pk"), at__gt=OuterRef("finished_at"))
        .exclude(result=VerificationResult.UNREACHABLE)
        .order_by()
        .values("action")
        .annotate(count=Count("pk"))
        .values("count")
    )
    next_look = Switch(
        *(
            When(later=number, then=ExpressionWrapper(F("finished_at") + Value(after), output_field=DateTimeField()))
            for number, after in enumerate(schedule[1:])
        ),
        default=None,
        output_field=DateTimeField(),
    )
    return (
        Action.objects.filter(
            state=ActionState.DONE,
            kind__in=(ActionKind.RESTRICT, ActionKind.CLOSE),
            decision__overturned_by__isnull=True,
            finished_at__gte=moment - schedule[-1] * 2,
        )
        .filter(Q(decision__ends_at__isnull=True) | Q(decision__ends_at__gt=moment))
        .exclude(decision__in=lifting_actions().values("decision_id"))
        .annotate(later=Coalesce(Subquery(later), 0))
        .annotate(next_look=next_look)
        .filter(next_look__lt=until)
    )


def _by_day(rows: QuerySet[Any], field: str, kind: Due, page: str, moment: datetime) -> Iterator[CalendarEntry]:
    """Counts: one entry for everything overdue and one per day, at the day's first deadline."""
    late = ExpressionWrapper(Q(**{f"{field}__lte": moment}), output_field=BooleanField())
    day = Switch(When(**{f"{field}__gt": moment}, then=TruncDate(field, tzinfo=local_zone())), default=None)
    grouped = (
        rows.annotate(late=late, on=day)
        .order_by()
        .values_list("late", "on")
        .annotate(count=Count("pk"), first=Min(field))
    )
    for _, _, count, first in grouped:
        yield CalendarEntry(kind, first, count=count, page=page)


def _people(moment: datetime, until: datetime, left_out: list[tuple[Due, int]]) -> Iterator[CalendarEntry]:
    """Contact persons whose last day is near, and officers' keys about to expire without a successor."""
    leaving = ContactDetails.objects.filter(
        until__gte=day_of(moment), until__lt=day_of(until), person__is_active=True
    ).select_related("person")
    for row in _first(leaving.order_by("until", "pk"), Due.CONTACT, left_out):
        assert row.until is not None
        end = datetime.combine(row.until, datetime.max.time(), local_zone())
        yield CalendarEntry(
            Due.CONTACT, end, row.person.display_name, page="operator", number=row.person.organisation_id
        )
    newer = OfficerKey.objects.filter(
        officer=OuterRef("officer"), revoked_at__isnull=True, expires_at__gt=OuterRef("expires_at")
    )
    keys = (
        OfficerKey.objects.filter(revoked_at__isnull=True, officer__is_active=True, expires_at__lt=until)
        .exclude(Exists(newer))
        .select_related("officer__organisation")
        .order_by("expires_at", "pk")
    )
    for key in _first(keys, Due.KEY, left_out):
        yield CalendarEntry(Due.KEY, key.expires_at, f"{key.officer.display_name} · {key.officer.organisation.name}")


def _undated(actor: Actor, left_out: list[tuple[Due, int]]) -> Iterator[CalendarEntry]:
    letters = OperatorLetter.objects.filter(
        visible_to(actor, path="notice__case__"), released_at__isnull=True, dropped_at__isnull=True
    ).exclude(sealed_notices("notice__"))
    for row in _first(letters.order_by("prepared_at").select_related("notice"), Due.LETTER, left_out):
        yield CalendarEntry(Due.LETTER, None, f"{row.number} · {row.notice.number}", page="letter", number=row.pk)
    notices = _visible_notices(actor)
    resting = notices.filter(state=NoticeState.ASKED_BACK).order_by("pk").select_related("operator")
    unopened = (
        notices.filter(
            Q(state=NoticeState.SENT, sent_at__isnull=False) | Q(state=NoticeState.RECEIVED, due_at__isnull=True)
        )
        .order_by("sent_at", "pk")
        .select_related("operator")
    )
    disputed = (
        notices.filter(objection__state=ObjectionState.OPEN)
        .order_by("objection__filed_at", "pk")
        .select_related("operator")
    )
    refused = (
        notices.filter(
            Q(action__state=ActionState.STUCK) | Q(action__isnull=True),
            state=NoticeState.ANSWERED,
            answer=AnswerKind.REFUSED,
        )
        .exclude(objection__state=ObjectionState.OPEN)
        .order_by("answered_at", "pk")
        .select_related("operator")
    )
    for kind, rows in (
        (Due.OBJECTION, disputed),
        (Due.REFUSAL, refused),
        (Due.CORRECTION, resting),
        (Due.UNOPENED, unopened),
    ):
        for notice in _first(rows, kind, left_out):
            yield CalendarEntry(
                kind, None, f"{notice.number} · {notice.operator.name}", page="operator-notice", number=notice.pk
            )
    claimed = notices.filter(
        state=NoticeState.ANSWERED, answer__in=(AnswerKind.DONE, AnswerKind.ALREADY), action__state=ActionState.WAITING
    ).count()
    if claimed:
        yield CalendarEntry(Due.CHECK_BY_PERSON, None, count=claimed, page="operator-notices")


def _first(rows: QuerySet[Any], kind: Due, left_out: list[tuple[Due, int]]) -> list[Any]:
    """The first rows of a kind; the rest is counted in `left_out`."""
    found = list(rows[: SHOWN + 1])
    if len(found) > SHOWN:
        left_out.append((kind, rows.count() - SHOWN))
    return found[:SHOWN]
