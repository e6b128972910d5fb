"""Counts for the public score cards of operators, as sums only.

No account, case or timestamp is returned.

Where Jaga cannot act on the platform, the unit is one sent notice and its clock starts at provable receipt. Where Jaga
or its own staff act, the unit is one measure and its clock starts with the decision: the time is what the operator
pledged or, for a restoration, the legal deadline. In an authority's installation, manual work by its own staff runs
under no operator deadline.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models import Count as CountRows
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, TruncDate

from jaga.cases.models.decisions import Action, Outcome
from jaga.core.clock import now
from jaga.core.terms.cases import ActionKind, ActionState, OutcomeKind, Step, VerificationResult
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState, ObjectionState
from jaga.core.terms.people import HostKind, OrganisationKind
from jaga.figures.reads.closed_counts import Span, without_victims
from jaga.figures.reads.measures import SUCCESS, last_check, reopened, reported_done
from jaga.figures.reads.work_counts import Spread, account_restorations, percentiles, took
from jaga.operators.models import Notice, NoticeEntry, Objection, OperatorLetter, Pledge
from jaga.operators.reads.portal import BY_HAND, sealed_notices
from jaga.people.models import Organisation
from jaga.policy.local_time import local_zone
from jaga.policy.release import load_release
from jaga.store.models import Installation

_SAID_DONE = (AnswerKind.DONE, AnswerKind.ALREADY)
_ON_ACCOUNTS = (ActionKind.RESTRICT, ActionKind.REDACT, ActionKind.CLOSE, ActionKind.RESTORE)
_HOUR = Value(timedelta(hours=1), output_field=DurationField())
_BY_US = Q(decision__subject__platform__by_notice=False) | Q(decision__subject__platform__adapter=BY_HAND)


@dataclass(frozen=True)
class PledgeCount:
    """One pledge in the operator's own words."""

    text: str
    source: str
    made_on: date
    scope: str
    categories: tuple[str, ...]
    hours: int
    hours_urgent: int
    ended_on: date | None


@dataclass(frozen=True)
class PublicOperator:
    """What the public may know of an operator, without its contact persons."""

    operator_id: int
    slug: str
    name: str
    practice: bool
    legal_entity: str
    registration_number: str
    countries: tuple[str, ...]
    website: str
    platforms: tuple[str, ...]
    promises: tuple[PledgeCount, ...]

    @property
    def in_force(self) -> tuple[PledgeCount, ...]:
        """Pledges in force."""
        return tuple(promise for promise in self.promises if promise.ended_on is None)

    @property
    def earlier(self) -> tuple[PledgeCount, ...]:
        """Former pledges."""
        return tuple(promise for promise in self.promises if promise.ended_on is not None)


@dataclass(frozen=True)
class AskFacts:
    """The facts about one request to an operator that determine how it counts.

    `in_time` is empty where no clock ran. `again`: it was repeated after a refusal or a false claim.
    """

    data: bool = False
    withdrawn: bool = False
    refused: bool = False
    verified: bool = False
    claimed: bool = False
    contradicted: bool = False
    asked_back: bool = False
    again: bool = False
    in_time: bool | None = None


Facts = dict[int, Counter[AskFacts]]
"""Per operator, the number of requests with each combination of facts."""


def public_operators(slug: str | None = None) -> tuple[PublicOperator, ...]:
    """Registered operators by name, or the one with this slug."""
    rows = (
        Organisation.objects.filter(kind=OrganisationKind.OPERATOR, profile__isnull=False)
        .select_related("profile")
        .prefetch_related("pledges", "platforms")
        .order_by("name")
    )
    if slug is not None:
        rows = rows.filter(profile__slug=slug)
    return tuple(
        PublicOperator(
            row.pk,
            row.profile.slug,
            row.name,
            row.practice,
            row.profile.legal_entity,
            row.profile.registration_number,
            tuple(row.profile.countries),
            row.profile.website,
            tuple(sorted(platform.display_name for platform in row.platforms.all())),
            tuple(
                _promise(promise)
                for promise in sorted(row.pledges.all(), key=lambda one: (one.made_on, one.pk), reverse=True)
            ),
        )
        for row in rows
    )


def _promise(row: Pledge) -> PledgeCount:
    return PledgeCount(
        row.text, row.source, row.made_on, row.scope, tuple(row.categories), row.hours, row.hours_urgent, row.ended_on
    )


def ask_facts(operator_ids: tuple[int, ...], span: Span | None = None) -> Facts:
    """The requests to these operators by their facts: two queries, plus one for the kind of installation.

    Without a span the counts are complete. With a span they cover requests made within it about accounts whose holders
    are not possible victims.
    """
    found: Facts = {operator: Counter() for operator in operator_ids}
    for operator, facts, count in (*_by_notice(operator_ids, span), *_by_us(operator_ids, span)):
        found[operator][facts] += count
    return found


def _by_notice(operator_ids: tuple[int, ...], span: Span | None) -> list[tuple[int, AskFacts, int]]:
    settled = Coalesce(
        Case(When(answer__in=_SAID_DONE, then=F("answered_at")), default=None, output_field=DateTimeField()),
        Case(
            When(action__state=ActionState.DONE, then=F("action__finished_at")),
            default=None,
            output_field=DateTimeField(),
        ),
        Value(now(), output_field=DateTimeField()),
    )
    rows = (
        _sent(operator_ids)
        .filter(_public(span, "sent_at", "case"))
        .annotate(
            settled=settled,
            last=last_check("action"),
            again=Exists(NoticeEntry.objects.filter(notice=OuterRef("pk"), kind="asked_again")),
        )
        .annotate(in_time=_in_time("due_at", "settled"))
        .order_by()
        .values_list(
            "operator_id",
            "asks_for",
            "state",
            "answer",
            "action__state",
            "objection__state",
            "again",
            "last",
            "in_time",
        )
        .annotate(count=CountRows("pk"))
    )
    return [(row[0], _facts_of_notice(*row[1:-1]), row[-1]) for row in rows]


def _facts_of_notice(
    asks_for: str,
    state: str,
    answer: str,
    action: str | None,
    objection: str | None,
    again: bool,
    last: str | None,
    in_time: bool | None,
) -> AskFacts:
    answered = state == NoticeState.ANSWERED
    refused = answered and answer == AnswerKind.REFUSED
    return AskFacts(
        data=asks_for == "data",
        refused=refused,
        withdrawn=state == NoticeState.WITHDRAWN
        or objection == ObjectionState.ACCEPTED
        or (action == ActionState.ENDED and not refused),
        verified=action == ActionState.DONE,
        claimed=answered and answer in _SAID_DONE,
        contradicted=last == VerificationResult.CONTRADICTED,
        asked_back=state == NoticeState.ASKED_BACK,
        again=again,
        in_time=in_time,
    )


def _by_us(operator_ids: tuple[int, ...], span: Span | None) -> list[tuple[int, AskFacts, int]]:
    clock = not Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
    refused = Exists(Outcome.objects.filter(action=OuterRef("pk"), kind=OutcomeKind.REFUSED))
    rows = (
        _measures(operator_ids)
        .filter(_public(span, "created_at", "decision__case"))
        .annotate(
            claimed=reported_done(),
            refused=refused,
            last=last_check(),
            settled=Coalesce("finished_at", Value(now(), output_field=DateTimeField())),
        )
        .annotate(day=TruncDate("created_at", tzinfo=local_zone()))
        .annotate(due=_promised_moment() if clock else Value(None, output_field=DateTimeField()))
        .annotate(in_time=_in_time("due", "settled"))
        .order_by()
        .values_list("decision__subject__platform__operator_id", "state", "claimed", "refused", "last", "in_time")
        .annotate(count=CountRows("pk"))
    )
    return [(row[0], _facts_of_measure(*row[1:-1]), row[-1]) for row in rows]


def _facts_of_measure(state: str, claimed: bool, refused: bool, last: str | None, in_time: bool | None) -> AskFacts:
    return AskFacts(
        withdrawn=state == ActionState.ENDED,
        verified=state == ActionState.DONE,
        claimed=claimed,
        refused=state == ActionState.STUCK and refused and not claimed,
        contradicted=last == VerificationResult.CONTRADICTED,
        in_time=in_time,
    )


def _sent(operator_ids: tuple[int, ...]) -> QuerySet[Notice]:
    return Notice.objects.filter(operator__in=operator_ids, sent_at__isnull=False).exclude(platform__adapter=BY_HAND)


def _measures(operator_ids: tuple[int, ...]) -> QuerySet[Action]:
    return Action.objects.filter(_BY_US, kind__in=_ON_ACCOUNTS, decision__subject__platform__operator__in=operator_ids)


def _public(span: Span | None, moment: str, case: str) -> Q:
    return span.of(moment) & without_victims(case) if span else Q()


def _in_time(due: str, settled: str) -> Case:
    return Case(
        When(**{f"{due}__isnull": True}, then=Value(None)),
        When(**{f"{settled}__lte": F(due)}, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(null=True),
    )


def _promised_moment() -> Case:
    """The end of the pledged time as pledged on the `day` of the decision; for a restoration, the legal 48 hours."""
    covers = Func(
        F("categories"), OuterRef("decision__case__category"), function="jsonb_exists", output_field=BooleanField()
    )
    promised = Pledge.objects.filter(
        Q(ended_on__isnull=True) | Q(ended_on__gte=OuterRef("day")),
        covers,
        made_on__lte=OuterRef("day"),
        operator=OuterRef("decision__subject__platform__operator"),
    ).order_by("-made_on", "-pk")

    def after(hours: str) -> Combinable:
        span = ExpressionWrapper(Subquery(promised.values(hours)[:1]) * _HOUR, output_field=DurationField())
        return ExpressionWrapper(F("created_at") + span, output_field=DateTimeField())

    restored = ExpressionWrapper(
        F("created_at") + Value(load_release().deadlines.restoration.span), output_field=DateTimeField()
    )
    return Case(
        When(kind=ActionKind.RESTORE, then=restored),
        When(decision__case__urgent=True, then=after("hours_urgent")),
        default=after("hours"),
        output_field=DateTimeField(),
    )


def times(operator_ids: tuple[int, ...]) -> dict[int, tuple[Spread, Spread]]:
    """Per operator, the time until a request was claimed done and until a verification confirmed it.

    Counted from receipt, or from the decision where Jaga or its staff act. A request nobody received is not counted.
    """
    owner = "decision__subject__platform__operator_id"
    first = (
        Outcome.objects.filter(Q(step=OuterRef("kind")) | Q(step=Step.ASK), action=OuterRef("pk"), kind__in=SUCCESS)
        .order_by()
        .values("action")
        .annotate(first=Min("at"))
        .values("first")
    )
    rows = Action.objects.filter(
        Q(_BY_US, kind__in=_ON_ACCOUNTS) | Q(notice__received_at__isnull=False),
        decision__subject__platform__operator__in=operator_ids,
    ).annotate(
        start=Case(When(_BY_US, then=F("created_at")), default=F("notice__received_at"), output_field=DateTimeField()),
        said=Case(
            When(_BY_US, then=Subquery(first)),
            When(notice__state=NoticeState.ANSWERED, notice__answer__in=_SAID_DONE, then=F("notice__answered_at")),
            output_field=DateTimeField(),
        ),
    )
    claims, checks = (
        _spreads(rows.filter(condition).annotate(took=took("start", end)), owner)
        for condition, end in (
            (Q(said__gte=F("start")), "said"),
            (Q(state=ActionState.DONE, finished_at__gte=F("start")), "finished_at"),
        )
    )
    nothing = Spread(0, None, None)
    return {operator: (claims.get(operator, nothing), checks.get(operator, nothing)) for operator in operator_ids}


def _spreads(rows: QuerySet[Action], owner: str) -> dict[int, Spread]:
    grouped = rows.order_by().values_list(owner).annotate(**percentiles())
    return {operator: Spread(count, median, p90) for operator, count, median, p90 in grouped}


def objections(operator_ids: tuple[int, ...], span: Span | None = None) -> dict[tuple[int, ObjectionState], int]:
    """Objections by operator and state; with a span, those filed within it, as in `ask_facts`."""
    rows = Objection.objects.filter(_public(span, "filed_at", "notice__case"), notice__operator__in=operator_ids)
    return {
        (operator, ObjectionState(state)): count
        for operator, state, count in _grouped(rows, "notice__operator_id", "state")
    }


def letters(operator_ids: tuple[int, ...], span: Span | None = None) -> dict[tuple[int, EscalationStage], int]:
    """Released letters by operator and escalation stage, without those of a case with a sealed vote.

    With a span, those released within it, as in `ask_facts`.
    """
    rows = OperatorLetter.objects.filter(
        _public(span, "released_at", "notice__case"),
        notice__operator__in=operator_ids,
        released_at__isnull=False,
    ).exclude(sealed_notices("notice__"))
    return {
        (operator, EscalationStage(stage)): count
        for operator, stage, count in _grouped(rows, "notice__operator_id", "stage")
    }


def restored(operator_ids: tuple[int, ...]) -> dict[int, int]:
    """Accounts verified as restored after an appeal, by operator."""
    owner = "decision__subject__platform__operator"
    rows = account_restorations().filter(**{f"{owner}__in": operator_ids}, state=ActionState.DONE)
    return dict(_grouped(rows, f"{owner}_id"))


def reopened_by_operator(operator_ids: tuple[int, ...]) -> dict[int, int]:
    """Measures that a later verification no longer found, by operator."""
    owner = "decision__subject__platform__operator"
    return dict(_grouped(reopened().filter(**{f"{owner}__in": operator_ids}), f"{owner}_id"))


def _grouped(rows: QuerySet[Any], *by: str) -> list[tuple[Any, ...]]:
    return list(rows.order_by().values_list(*by).annotate(count=CountRows("pk")))
