"""The overview page: appeals, exports for the police, stuck actions and the installation's state."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from jaga.core.actors import Actor
from jaga.core.cases import OPEN_STATES, CaseState
from jaga.core.clock import now
from jaga.core.terms.actions import ActionState
from jaga.core.terms.people import Role
from jaga.records.access.actions.stuck import contradicted_verifications
from jaga.records.access.operations.definitions import open_appeals, restoring
from jaga.records.access.privacy.breaches import count_overdue_breaches, open_breaches
from jaga.records.access.privacy.person_requests import count_overdue_requests, requests_waiting
from jaga.records.models import Action, Case


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
