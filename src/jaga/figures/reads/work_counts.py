"""How much waits for a person in each list of the console, in two queries: the counters of the navigation.

What the figures count, defined once for the public figures, the closed periods, the dashboard and the overview.

Each of these modules chooses a time span, a grouping and whom it leaves out; what a counted case, an outcome, a
restoration in time or an open appeal is stands here.

The overview page: appeals, exports for the police, stuck actions and the installation's state.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    Aggregate,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.expressions import Combinable

from jaga.actions.reads import case_alarms, contradicted_verifications, late_messages, stuck_actions, unaddressed_alarms
from jaga.appeals.models import Appeal
from jaga.appeals.reads.appeals import appeals_waiting
from jaga.authorities.models import HeldRequest
from jaga.authorities.reads.held_requests import export_requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import taken_for_blind_review
from jaga.core.actors import Actor
from jaga.core.cases import OPEN_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import (
    CLOCK_ALARMS,
    LAPSE_ALARMS,
    OPEN_ACTION_STATES,
    ActionKind,
    ActionState,
    AppealState,
    DecisionKind,
)
from jaga.core.terms.outside import AdoptionState, HeldState
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ModelState, ReportForm
from jaga.decisions.reads import pending_shown
from jaga.operators.reads.notices import notices_for_us
from jaga.operators.reads.portal import notices_waiting
from jaga.policy.release import load_release
from jaga.privacy.reads.breaches import count_overdue_breaches, open_breaches
from jaga.privacy.reads.person_requests import count_overdue_requests, requests_waiting
from jaga.privacy.reads.retention import holds_to_confirm
from jaga.queue.reads.routing import queues_of
from jaga.queue.reads.waiting import counting, waiting_for
from jaga.referrals.reads import received_waiting, referral_duties
from jaga.signals.models import LearntModel
from jaga.store.bulk import ask_with_kept_plan, with_words_written
from jaga.store.models import ReleaseAdoption
from jaga.store.reads import READERS, clearances_of, visible_to
from jaga.watch.models.watches import RuleSuspension
from jaga.watch.reads.lookups import lookups_to_permit
from jaga.watch.reads.people_sample import MAY_SWITCH_ON, texts_open_to
from jaga.watch.reads.watches import watches_to_start

FORMAL = (ReportForm.REQUEST, ReportForm.ORDER)
"""The forms of an authority's reports."""


class Percentile(Aggregate):
    """PostgreSQL's percentile_cont over durations."""

    function = "percentile_cont"
    template = "%(function)s(%(fraction)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field: ClassVar = DurationField()

    def __init__(self, expression: str, fraction: float) -> None:
        super().__init__(expression, fraction=fraction)


@dataclass(frozen=True)
class Spread:
    """A duration over many cases: count, median and 90th percentile."""

    count: int
    median: timedelta | None
    p90: timedelta | None


def took(start: str, end: str) -> Combinable:
    """The duration between two fields."""
    return ExpressionWrapper(F(end) - F(start), output_field=DurationField())


def percentiles() -> dict[str, Aggregate]:
    """The aggregates of a `Spread` over rows with a duration `took`."""
    return {"count": Count("pk"), "median": Percentile("took", 0.5), "p90": Percentile("took", 0.9)}


def spread(rows: QuerySet[Any]) -> Spread:
    """The spread of the duration `took` of these rows."""
    return Spread(**rows.aggregate(**percentiles()))


def counted_cases() -> QuerySet[Case]:
    """Cases that count: without canary cases and those whose reports all moved to another case of the same account."""
    return Case.objects.filter(reports_count__gt=0, canary=False)


def decision_times(cases: QuerySet[Case]) -> Spread:
    """The time from the first report of these cases to their decision, of those that are decided."""
    return spread(cases.filter(decided_at__isnull=False).annotate(took=took("opened_at", "decided_at")))


def with_outcome(cases: QuerySet[Case]) -> QuerySet[Any]:
    """The decided ones of these cases with their outcome.

    `in_force` is the kind of the decision in force on the reported account: the newest, including restorations. `ended`
    says whether its action ended without effect (account gone, objection accepted).
    """
    on_account = _decisions("pk").values
    return (
        cases.filter(decided_at__isnull=False)
        .annotate(newest=Subquery(on_account("pk")[:1]), in_force=Subquery(on_account("kind")[:1]))
        .annotate(ended=Exists(action_in_force().filter(state=ActionState.ENDED)))
    )


def action_in_force() -> QuerySet[Action]:
    """The action of the decision in force, for subqueries of rows that `with_outcome` annotates."""
    return Action.objects.filter(decision=OuterRef("newest"), kind=OuterRef("in_force"), rest__isnull=True)


def formal_requests(reports: QuerySet[Report]) -> QuerySet[Any]:
    """The formal requests and orders among these reports, with the kind of the decision in force on their account as
    `in_force` (None: none yet).
    """
    return reports.filter(form__in=FORMAL).annotate(in_force=Subquery(_decisions("case").values("kind")[:1]))


def _decisions(case: str) -> QuerySet[Decision]:
    """The decisions of a row's case on its own account, newest first; `case` is the row's field of the case."""
    return Decision.objects.filter(case=OuterRef(case), subject=OuterRef("subject")).order_by("-pk")


def account_restorations() -> QuerySet[Action]:
    """One action for each account that an overturned appeal opens again."""
    return Action.objects.filter(kind=ActionKind.RESTORE, decision__kind=DecisionKind.RESTORE)


def restored_within(span: timedelta) -> Q:
    """Whether a restoration was verified within this time of its decision."""
    return Q(state=ActionState.DONE, finished_at__lte=F("decision__decided_at") + span)


@dataclass(frozen=True)
class Restoring:
    """Overturned decisions whose accounts are not open again yet, those past the legal deadline, and the next one."""

    open: int
    overdue: int
    due_at: datetime | None


def restoring(moment: datetime) -> Restoring:
    """The restorations that are under way."""
    span = load_release().deadlines.restoration.span
    found = Decision.objects.filter(kind=DecisionKind.RESTORE, actions__state__in=OPEN_ACTION_STATES).aggregate(
        open=Count("pk", distinct=True),
        first=Min("decided_at"),
        overdue=Count("pk", distinct=True, filter=Q(decided_at__lt=moment - span)),
    )
    return Restoring(found["open"], found["overdue"], found["first"] + span if found["first"] else None)


@dataclass(frozen=True)
class OpenAppeals:
    """Appeals without an answer, and those past their deadline."""

    open: int
    overdue: int


def open_appeals(moment: datetime) -> OpenAppeals:
    """The appeals that wait for an answer."""
    return OpenAppeals(
        **Appeal.objects.filter(state=AppealState.OPEN).aggregate(
            open=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=moment))
        )
    )


COUNTED = 100
"""Rows read of each list at most."""
EXACT = frozenset({"case-alarms", "clock-alarms", "referrals"})
"""Lists that are counted to their end, for the sentences above a page."""
KEPT = 30
"""Seconds for which a person's statement is kept, because making it takes longer than running it. The rows and the
person's rights are always those of the moment; only what becomes due by time may be counted so much later."""


Statement = tuple[str, list[Any]]


@dataclass(frozen=True)
class WorkCount:
    """A counter; with `more`, a lower bound."""

    number: int
    more: bool


def count_work(actor: Actor) -> Mapping[str, WorkCount]:
    """What waits in each of the actor's lists, by the name of the page; lists in which nothing waits are missing.

    Each list has only what its page shows this person. Beside the pages: `case-alarms` and `clock-alarms`, and of
    alarms that reached nobody `late-messages` and `unaddressed-alarms`. Two queries, which read at most `COUNTED` rows
    of a list that is not `EXACT`.
    """
    readers = actor.roles.intersection(READERS)
    skipped = waiting_for(actor).skipped if readers else ()
    queue, lists = _statements(
        actor,
        clearances_of(actor),
        taken_for_blind_review(actor),
        skipped,
        queues_of(actor) if readers else (),
        int(now().timestamp()) // KEPT,
    )
    rows: list[tuple[str, int]] = []
    if queue[0]:
        # Not prepared: a plan for all moments reads the whole queue for what is deferred until one of them.
        with connection.cursor() as cursor:
            cursor.execute(*queue)
            rows += cursor.fetchall()
    if lists[0]:
        rows += ask_with_kept_plan(*lists)
    return {
        name: WorkCount(number, more=False) if name in EXACT else WorkCount(min(number, COUNTED - 1), number >= COUNTED)
        for name, number in rows
        if number
    }


@lru_cache(maxsize=256)
def _statements(actor: Actor, *_depends_on: Hashable) -> tuple[Statement, Statement]:
    """The actor's statements with their values, for the queue and for all other lists; "" if they have none.

    The arguments are all that they depend on. A list that depends on anything else of the database must say so in SQL.
    """
    found = counting(waiting_for(actor), COUNTED) if actor.roles.intersection(READERS) else None
    queue: Statement = ("", [])
    if found:
        queue = (f"SELECT 'queue', count(*) FROM (SELECT * FROM ({found[0]}) q LIMIT {COUNTED}) w", found[1])  # noqa: S608
    statements: list[str] = []
    values: list[Any] = []
    for name, rows in _lists(actor).items():
        rows = rows.order_by().values("pk")
        try:
            text, given = (rows if name in EXACT else rows[:COUNTED]).query.sql_with_params()
        except EmptyResultSet:
            continue
        written, others = with_words_written(text, given)
        statements.append(f"SELECT '{name}', count(*) FROM ({written}) w")  # noqa: S608
        values += others
    return queue, (" UNION ALL ".join(statements), values)


def _lists(actor: Actor) -> dict[str, QuerySet[Any]]:
    lists: dict[str, QuerySet[Any]] = {}
    if actor.roles.intersection(READERS):
        lists |= {
            "pending": pending_shown(actor),
            "appeals": appeals_waiting(actor),
            "person-requests": requests_waiting(),
            "sample": texts_open_to(actor),
            "operator-notices": notices_for_us().filter(visible_to(actor, path="case__")),
            "referrals": referral_duties(actor),
        }
    if actor.roles.intersection(MAY_SWITCH_ON):
        lists["rules"] = RuleSuspension.objects.filter(ended_at__isnull=True)
    if Role.SUPERVISOR in actor.roles:
        lists |= {
            "case-alarms": case_alarms(actor, LAPSE_ALARMS),
            "clock-alarms": case_alarms(actor, CLOCK_ALARMS),
            "stuck": stuck_actions(actor),
            "held-requests": HeldRequest.objects.filter(state=HeldState.HELD),
            "exports": export_requests(actor).filter(disclosures__isnull=True),
        }
    if actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        lists |= {
            "breaches": open_breaches(),
            "late-messages": late_messages(),
            "unaddressed-alarms": unaddressed_alarms(),
            "legal-holds": holds_to_confirm(actor),
            "watches": watches_to_start(actor),
            "account-lookups": lookups_to_permit(actor),
            "models": LearntModel.objects.filter(state=ModelState.PROPOSED).exclude(proposed_by_id=actor.person_id),
            "policy-releases": ReleaseAdoption.objects.filter(state=AdoptionState.PROPOSED).exclude(
                proposed_by_id=actor.person_id
            ),
        }
    if Role.CONTACT in actor.roles:
        lists["notices"] = notices_waiting(actor)
    if Role.OFFICER in actor.roles and actor.organisation_id is not None:
        lists["received"] = received_waiting(actor)
    return lists


@dataclass(frozen=True)
class Overview:
    """The installation's state in numbers. Cases with one sealed vote are not distinguished from those with none."""

    open_cases: int
    waiting: int
    differing: int
    overdue: int
    acting: int
    stuck: int
    contradicted: int
    restoring: int
    restoring_overdue: int
    appeals: int
    appeals_overdue: int
    oldest_waiting: datetime | None
    person_requests: int
    person_requests_overdue: int
    breaches: int
    breaches_overdue: int
    next_breach: datetime | None  # When the people of an open breach and the authority must have been told.


def see_overview(*, actor: Actor) -> Overview:
    """The numbers, for supervisors and administrators. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    moment = now()
    review = Q(state__in=(CaseState.IN_REVIEW, CaseState.SECOND_VOTE))
    undecided = review | Q(state__in=(CaseState.RECEIVED, CaseState.ADJUDICATION, CaseState.COMMITTING))
    cases = Case.objects.filter(state__in=OPEN_STATES).aggregate(
        open_cases=Count("pk"),
        waiting=Count("pk", filter=review),
        differing=Count("pk", filter=Q(state=CaseState.ADJUDICATION)),
        overdue=Count("pk", filter=undecided & Q(due_at__lt=moment, met_at__isnull=True)),
        acting=Count("pk", filter=Q(state__in=(CaseState.ACTING, CaseState.RESTORING))),
        oldest_waiting=Min("opened_at", filter=undecided),
    )
    appeals, restorations = open_appeals(moment), restoring(moment)
    return Overview(
        **cases,
        appeals=appeals.open,
        appeals_overdue=appeals.overdue,
        restoring=restorations.open,
        restoring_overdue=restorations.overdue,
        stuck=Action.objects.filter(state=ActionState.STUCK).count(),
        contradicted=contradicted_verifications().count(),
        person_requests=requests_waiting().count(),
        person_requests_overdue=count_overdue_requests(),
        breaches=open_breaches().count(),
        breaches_overdue=count_overdue_breaches(),
        next_breach=open_breaches().aggregate(due=Min("due_at"))["due"],
    )
