"""Exact counts of one closed period, for `figures.verbs.closing` alone, which rounds them.

No row or name is returned.

Two rules keep possible victims out (ADR 0056):

* Each report is counted on its own: whether it speaks of a possible victim depends on its own category, route and text,
  never on its case. A planted report thus counts the same whatever is known of the account, and reveals nothing about
  it.
* Cases and everything derived from them are counted without those in which someone may be a victim.

Counts for the public figures, aggregated in the database. No row, name or timestamp is returned.

Counts of the dashboard over weeks and months, for the worker: dearer than `dashboard_counts`, so counted less often.

Days are local ones. Times run from the first report of a case to its decision, in seconds.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate

from jaga.appeals.models import Appeal, AppealReply
from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import OPEN_DEADLINE
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import ActionKind, ActionState, AppealState, DecisionKind, VerificationResult, VictimState
from jaga.core.terms.outside import PeriodKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel, ReportRoute
from jaga.figures.reads.measures import last_check, reported_done
from jaga.figures.reads.work_counts import (
    Spread,
    account_restorations,
    action_in_force,
    counted_cases,
    decision_times,
    formal_requests,
    percentiles,
    restored_within,
    spread,
    took,
    with_outcome,
)
from jaga.policy.limits import NONE, SEVERAL, WHO_MAY_REPORT, WordGroups
from jaga.policy.local_time import day_of, local_zone, start_of_day
from jaga.policy.release import load_release
from jaga.referrals.models import Referral
from jaga.store.models import Installation, PublishedPeriod

ENDED = "ended_without_effect"
MINORS = "STATEMENT_CATEGORY_PROTECTION_OF_MINORS"
READ_OF_EACH = 2000
"""Characters of a report that are read for the region that it names."""
LOOKED_AT = (DecisionKind.CLOSE, DecisionKind.RESTRICT)
SEEN, SAID, NOT_SO, UNDER_WAY = "seen", "said", "not_so", "under_way"


@dataclass(frozen=True)
class Span:
    """The days from `first` up to but not including `end`, in local time."""

    first: date
    end: date

    def of(self, field: str) -> Q:
        """A filter for rows whose timestamp lies within."""
        return Q(**{f"{field}__gte": _begin(self.first), f"{field}__lt": _begin(self.end)})


def _begin(day: date) -> datetime:
    return start_of_day(day)


def installed_on() -> date | None:
    """The day this installation started."""
    row = Installation.objects.first()
    return day_of(row.created_at) if row else None


def published(kind: PeriodKind, since: date | None = None) -> Mapping[date, dict[str, object]]:
    """Published figures for periods of this kind by first day, oldest first."""
    rows = PublishedPeriod.objects.filter(kind=kind).order_by("first_day")
    if since is not None:
        rows = rows.filter(first_day__gte=since)
    return dict(rows.values_list("first_day", "content"))


def _protecting() -> list[str]:
    """Categories in which differences between figures could identify a victim or a child; never counted with the
    others.
    """
    own = [category.key for category in load_release().categories if category.victim_first]
    return [*own, *WHO_MAY_REPORT]


def _with_victims() -> QuerySet[Case]:
    """Cases in which someone may be a victim: by category (unless staff lifted it), by route, or by the holder's own
    statement.
    """
    own_word = Report.objects.filter(case=OuterRef("pk"), route=ReportRoute.VICTIM)
    return Case.objects.filter(
        Q(victim_first=True) | Q(category__in=_protecting()) & ~Q(victim_state=VictimState.LIFTED) | Exists(own_word)
    )


def without_victims(case: str) -> Q:
    """A filter excluding rows whose case (in this field) may involve a victim."""
    return ~Q(Exists(_with_victims().filter(pk=OuterRef(case))))


def _others(span: Span) -> QuerySet[Case]:
    return counted_cases().filter(span.of("opened_at"), without_victims("pk"))


def victims(span: Span) -> int:
    """Cases opened in the span in which someone may be a victim."""
    return counted_cases().filter(span.of("opened_at"), Exists(_with_victims().filter(pk=OuterRef("pk")))).count()


def _plain_reports(span: Span) -> QuerySet[Report]:
    """Screened reports that do not themselves speak of a possible victim."""
    protecting = _protecting()
    spoken_of = Signal.objects.filter(report=OuterRef("pk"), category__in=protecting)
    return Report.objects.filter(span.of("received_at"), ~Exists(spoken_of), case__canary=False).exclude(
        Q(screened_by="") | Q(category__in=protecting) | Q(route=ReportRoute.VICTIM)
    )


def by_day(span: Span) -> dict[date, Counter[str]]:
    """Reports by day received and category; days without reports are omitted."""
    rows = (
        _plain_reports(span)
        .annotate(day=TruncDate("received_at", tzinfo=local_zone()))
        .order_by()
        .values_list("day", "category")
        .annotate(count=Count("pk"))
    )
    found: dict[date, Counter[str]] = {}
    for day, category, count in rows:
        found.setdefault(day, Counter())[category] = count
    return found


def by_category(span: Span) -> Counter[str]:
    """Reports by category."""
    return Counter(dict(_plain_reports(span).order_by().values_list("category").annotate(count=Count("pk"))))


def by_channel(span: Span) -> Counter[str]:
    """Reports by channel, the same ones as `by_category`."""
    return Counter(dict(_plain_reports(span).order_by().values_list("channel").annotate(count=Count("pk"))))


def by_region(span: Span) -> Counter[str]:
    """Reports by the one region that their texts name, the same ones as `by_category`; without those that name none or
    several. Where the reporter or the holder lives is known of nobody.
    """
    groups = WordGroups((one.region, one.words) for one in load_release().quality.regions)
    texts = _plain_reports(span).order_by().values_list("text", "excerpt", "published").iterator(chunk_size=5000)
    found = Counter(groups.named_in(" ".join(parts)[:READ_OF_EACH]) for parts in texts)
    return Counter({region: count for region, count in found.items() if region not in (SEVERAL, NONE)})


def children(span: Span) -> int:
    """Cases opened in the span under a category that concerns children, those of possible victims among them."""
    keys = [category.key for category in load_release().categories if category.dsa_category == MINORS]
    return counted_cases().filter(span.of("opened_at"), category__in=keys).count()


def late(span: Span) -> int:
    """Cases opened in the span and not decided in time: decided late, or undecided past the deadline.

    Where the policy release lets a restriction ahead of a closure meet the deadline, its time counts.
    """
    in_time = Q(decided_at__lte=F("due_at")) | Q(met_at__lte=F("due_at"))
    open_in_time = Q(decided_at__isnull=True, due_at__gte=_begin(span.end))
    return _others(span).exclude(in_time | open_in_time).count()


def became(span: Span) -> Counter[str]:
    """Outcomes of decided cases, each under one key; `close:seen` is a closure confirmed by verification."""
    action = action_in_force()
    rows = (
        with_outcome(_others(span))
        .annotate(
            said=Exists(action.filter(reported_done())),
            look=Subquery(action.annotate(look=last_check()).values("look")[:1]),
        )
        .order_by()
        .values_list("in_force", "ended", "said", "look")
        .annotate(count=Count("pk"))
    )
    found: Counter[str] = Counter()
    for kind, ended, reported, verified, count in rows:
        if kind is not None:
            found[_became(kind, ended=ended, reported=reported, verified=verified)] += count
    return found


def _became(kind: str, *, ended: bool, reported: bool, verified: str | None) -> str:
    if ended:
        return ENDED
    if kind not in LOOKED_AT:
        return kind
    if verified == VerificationResult.CONFIRMED:
        return f"{kind}:{SEEN}"
    if verified == VerificationResult.CONTRADICTED:
        return f"{kind}:{NOT_SO}"
    return f"{kind}:{SAID if reported else UNDER_WAY}"


def times(span: Span) -> tuple[timedelta | None, timedelta | None]:
    """The median and the 90th percentile of the time from first report to decision."""
    found = decision_times(_others(span))
    return found.median, found.p90


def appeals(span: Span) -> Counter[AppealState]:
    """Answers to appeals in the span by outcome, including answers to second messages."""
    found: Counter[AppealState] = Counter()
    given = ((Appeal.objects.all(), "decision__case"), (AppealReply.objects.all(), "appeal__decision__case"))
    for answers, case in given:
        rows = (
            answers.filter(span.of("decided_at"), without_victims(case))
            .exclude(state=AppealState.OPEN)
            .order_by()
            .values_list("state")
            .annotate(count=Count("pk"))
        )
        found.update({AppealState(state): count for state, count in rows})
    return found


def referrals(span: Span, review: timedelta) -> Counter[str]:
    """Referral events in the span, victims included.

    All referrals concern people in danger, so these counts are published only blurred, per month, and without receiver
    or category.
    """
    by_outcome = Counter(
        dict(
            Referral.objects.filter(span.of("outcome_at")).order_by().values_list("outcome").annotate(count=Count("pk"))
        )
    )
    at_once, reviewed = Referral.objects.filter(at_once=True), span.of("reviewed_at")
    confirmed = Referral.objects.filter(span.of("acknowledged_at"))
    return Counter(
        {
            "passed_on": confirmed.count(),
            "confirmed_in_time": confirmed.filter(acknowledged_at__lte=F("due_at")).count(),
            **{f"outcome:{outcome}": count for outcome, count in by_outcome.items()},
            "at_once": at_once.filter(span.of("made_at")).count(),
            "reviewed_in_time": at_once.filter(reviewed, reviewed_at__lte=F("made_at") + review).count(),
            "found_wrong": at_once.filter(reviewed, rightly=False).count(),
        }
    )


def restorations(span: Span, allowed: timedelta) -> tuple[int, int]:
    """Accounts with a successful appeal in the span: verified open in time, and not."""
    rows = account_restorations().filter(span.of("decision__decided_at"), without_victims("decision__case"))
    in_time, over = restored_within(allowed), Q(decision__decided_at__lt=_begin(span.end) - allowed)
    counted = rows.exclude(state=ActionState.ENDED).aggregate(
        within=Count("pk", filter=in_time), late=Count("pk", filter=over & ~in_time)
    )
    return counted["within"], counted["late"]


def _reports(span: Span) -> QuerySet[Report]:
    return Report.objects.filter(span.of("received_at"), without_victims("case")).exclude(
        Q(category__in=_protecting()) | Q(route=ReportRoute.VICTIM)
    )


def requests(span: Span) -> dict[OrganisationKind, Counter[DecisionKind | None]]:
    """Formal requests and orders received in the span, by kind of authority and decision in force (None: none yet)."""
    rows = (
        formal_requests(_reports(span))
        .order_by()
        .values_list("organisation__kind", "in_force")
        .annotate(count=Count("pk"))
    )
    found: dict[OrganisationKind, Counter[DecisionKind | None]] = {}
    for kind, made, count in rows:
        found.setdefault(OrganisationKind(kind), Counter())[DecisionKind(made) if made else None] = count
    return found


def flagged(span: Span) -> dict[int, Counter[str]]:
    """Reports of trusted flaggers received in the span, each counted once as `acted_on`, `overturned`, `dismissed` or
    `open`.
    """
    judged = Decision.objects.filter(case=OuterRef("case"), subject=OuterRef("subject")).exclude(
        kind=DecisionKind.RESTORE
    )
    undone = Appeal.objects.filter(
        Q(state=AppealState.OVERTURNED) | Q(reply__state=AppealState.OVERTURNED),
        decision__case=OuterRef("case"),
        decision__subject=OuterRef("subject"),
    )
    rows = (
        _reports(span)
        .filter(organisation__kind=OrganisationKind.FLAGGER)
        .annotate(made=Subquery(judged.order_by("-pk").values("kind")[:1]), undone=Exists(undone))
        .order_by()
        .values_list("organisation_id", "made", "undone")
        .annotate(count=Count("pk"))
    )
    found: dict[int, Counter[str]] = {}
    for organisation, made, was_undone, count in rows:
        key = (
            "overturned"
            if was_undone
            else "open"
            if made is None
            else "dismissed"
            if made == DecisionKind.DISMISS
            else "acted_on"
        )
        found.setdefault(organisation, Counter())[key] += count
    return found


@dataclass(frozen=True)
class CaseCounts:
    """Case counts."""

    total: int
    first_opened: datetime | None
    open: int
    overdue: int
    by_channel: dict[Channel, int]
    by_category: dict[str, int]


def case_counts() -> CaseCounts:
    """All cases, open cases, and undecided cases past their legal deadline."""
    totals = counted_cases().aggregate(
        total=Count("pk"),
        first=Min("opened_at"),
        open=Count("pk", filter=~Q(state=CaseState.RESOLVED)),
        overdue=Count("pk", filter=OPEN_DEADLINE & Q(due_at__lt=now())),
    )
    return CaseCounts(
        totals["total"],
        totals["first"],
        totals["open"],
        totals["overdue"],
        {Channel(key): count for key, count in _grouped("channel")},
        dict(_grouped("category")),
    )


def _grouped(field: str) -> list[tuple[str, int]]:
    return list(counted_cases().order_by(field).values_list(field).annotate(count=Count("pk")))


@dataclass(frozen=True)
class OutcomeCounts:
    """Decided cases by decision in force, and those whose decision ended without effect."""

    by_kind: dict[DecisionKind, int]
    ended: int


def outcomes() -> OutcomeCounts:
    """Decided cases by outcome. One whose action ended without effect counts as ended and under no kind."""
    found = list(
        with_outcome(counted_cases())
        .order_by("in_force", "ended")
        .values_list("in_force", "ended")
        .annotate(count=Count("pk"))
    )
    return OutcomeCounts(
        {DecisionKind(kind): count for kind, ended, count in found if not ended},
        sum(count for _, ended, count in found if ended),
    )


def time_to_decision() -> Spread:
    """The time from a case's first report to its decision."""
    return decision_times(counted_cases())


def time_to_closure() -> Spread:
    """The time from a case's first report to the verification of its closure."""
    closed = Action.objects.filter(kind=ActionKind.CLOSE, rest__isnull=True, state=ActionState.DONE)
    return spread(closed.annotate(took=took("decision__case__opened_at", "finished_at")))


def appeal_counts() -> dict[AppealState, int]:
    """Appeals by state."""
    rows = Appeal.objects.order_by("state").values_list("state").annotate(count=Count("pk"))
    return {AppealState(state): count for state, count in rows}


def requests_by_authority() -> dict[tuple[OrganisationKind, DecisionKind | None], int]:
    """Formal requests and orders by kind of authority and decision in force (None: none yet)."""
    rows = (
        formal_requests(Report.objects.all())
        .order_by("organisation__kind", "in_force")
        .values_list("organisation__kind", "in_force")
        .annotate(count=Count("pk"))
    )
    return {(OrganisationKind(kind), DecisionKind(made) if made else None): count for kind, made, count in rows}


PERIODS = (7, 30, 90)
"""Days that a reader can choose."""
NAMES = ("day_opened", "day_decided", "app_opened", "handled")
Counted = Counter[tuple[str, str]]


def count_periods(moment: datetime) -> Counted:
    """Every number as of `moment`, by name and key: `2026-11-01`, `30|APP`, and `30|APP|median` with no app for all."""
    counted: Counted = Counter()
    first = start_of_day(day_of(moment) - timedelta(days=PERIODS[-1]))
    for name, field in (("day_opened", "opened_at"), ("day_decided", "decided_at")):
        rows = (
            counted_cases()
            .filter(**{f"{field}__gte": first})
            .annotate(day=TruncDate(field, tzinfo=local_zone()))
            .order_by()
            .values_list("day")
            .annotate(count=Count("pk"))
        )
        for day, cases in rows:
            counted[name, day.isoformat()] = cases
    for days in PERIODS:
        _of_period(counted, days, moment - timedelta(days=days))
    return counted


def _of_period(counted: Counted, days: int, since: datetime) -> None:
    opened = (
        counted_cases()
        .filter(opened_at__gte=since)
        .order_by()
        .values_list("subject__platform_id")
        .annotate(count=Count("pk"))
    )
    for app, cases in opened:
        counted["app_opened", f"{days}|{app}"] = cases
    decided = counted_cases().filter(decided_at__gte=since)
    _put(counted, f"{days}|", decision_times(decided))
    by_app = (
        decided.annotate(took=took("opened_at", "decided_at"))
        .order_by()
        .values_list("subject__platform_id")
        .annotate(**percentiles())
    )
    for app, count, median, p90 in by_app:
        _put(counted, f"{days}|{app}", Spread(count, median, p90))


def _put(counted: Counted, key: str, found: Spread) -> None:
    counted["handled", f"{key}|count"] = found.count
    for name, span in (("median", found.median), ("p90", found.p90)):
        if span is not None:
            counted["handled", f"{key}|{name}"] = round(span.total_seconds())
