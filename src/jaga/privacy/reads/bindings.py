"""Facts of cases for retention: how they ended, and what still needs their data. Read in bulk, for jobs and views.

Whatever is added to the product and must keep data of a case has its function in `BINDING`.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Q

from jaga.appeals.models import Appeal, AppealReply, HolderCheck
from jaga.appeals.reads.statement import AFTER_ANSWER
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Strike
from jaga.cases.models.reports import AuthorityRequest, Report
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.referrals import UNDER_WAY, ReferralState
from jaga.core.terms.cases import FELT_DECISIONS, OPEN_ACTION_STATES, ActionState, AppealState, DecisionKind
from jaga.core.terms.outside import NoticeState, ObjectionState
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.privacy import BindingReason, CaseEnding
from jaga.operators.models import Notice, Objection
from jaga.policy.limits import HOLD_ENDED_HOURS, LEAST_PRESERVED_DAYS
from jaga.policy.local_time import day_of
from jaga.policy.privacy import Binding, RetentionFacts
from jaga.policy.release import PolicyRelease, load_release
from jaga.privacy.models import LegalHold, PersonRequest, RetentionPostponement
from jaga.quality.models import BlindReview
from jaga.referrals.models import Referral

_HANDED_OVER_WITHIN = timedelta(days=30)  # a check of a holder that nobody released or used
_OBJECT = timedelta(hours=HOLD_ENDED_HOURS)
Found = Iterator[tuple[int | None, Binding]]


@dataclass(frozen=True)
class _BindingQuery:
    """The cases in question, and what applies now."""

    cases: Collection[int]
    moment: datetime
    release: PolicyRelease


def facts_of(cases: Collection[int], release: PolicyRelease | None = None) -> dict[int, RetentionFacts]:
    """The facts of these cases by number; those that do not exist are missing. About fifteen queries, however many."""
    asked = _BindingQuery(list(cases), now(), release or load_release())
    bindings: dict[int, set[Binding]] = defaultdict(set)
    for find in BINDING:
        for number, binding in find(asked):
            if number is not None:
                bindings[number].add(binding)
    endings = _endings(asked.cases)
    rows = Case.objects.filter(pk__in=asked.cases).values_list("pk", "category", "state", "resolved_at")
    return {
        number: RetentionFacts(
            category,
            endings[number] if state == CaseState.RESOLVED else None,
            day_of(resolved_at) if resolved_at and state == CaseState.RESOLVED else None,
            tuple(sorted(bindings[number], key=lambda one: (one.reason, one.until or date.max))),
        )
        for number, category, state, resolved_at in rows
    }


def _endings(cases: Collection[int]) -> Mapping[int, CaseEnding]:
    """How each of these cases ended, from what stands of its decisions."""
    kinds: dict[int, set[str]] = defaultdict(set)
    overturned: set[int] = set()
    for number, kind, over in Decision.objects.filter(case__in=cases).values_list("case", "kind", "overturned_by"):
        if kind == DecisionKind.RESTORE or over is not None:
            overturned.add(number)
        else:
            kinds[number].add(kind)
    referred = set(
        Referral.objects.filter(case__in=cases).exclude(state=ReferralState.RETRACTED).values_list("case", flat=True)
    )
    merged = set(Case.objects.filter(pk__in=cases, reports_moved_to__isnull=False).values_list("pk", flat=True))
    reported = set(Report.objects.filter(case__in=cases).values_list("case", flat=True))
    kept = set(Report.objects.filter(case__in=cases, withdrawn_at__isnull=True).values_list("case", flat=True))

    def ending(number: int) -> CaseEnding:
        found = kinds[number]
        if number in merged:
            return CaseEnding.MERGED
        if found & FELT_DECISIONS:
            return CaseEnding.MEASURE
        if DecisionKind.REFER in found or number in referred:
            return CaseEnding.REFERRED
        if DecisionKind.PRESERVE in found:
            return CaseEnding.PRESERVED
        if number in overturned:
            return CaseEnding.REVERSED
        return CaseEnding.WITHDRAWN if number in reported - kept else CaseEnding.DISMISSED

    return {number: ending(number) for number in cases}


def _of(reason: BindingReason, numbers: Collection[int | None]) -> Found:
    """Bindings without an end."""
    return ((number, Binding(reason)) for number in numbers)


def _open(asked: _BindingQuery) -> Found:
    """The case itself, and an open case that continues it: whoever judges it reads the earlier one."""
    yield from _of(
        BindingReason.OPEN_CASE,
        Case.objects.filter(pk__in=asked.cases).exclude(state=CaseState.RESOLVED).values_list("pk", flat=True),
    )
    for field in ("reopens", "repeats"):
        yield from _of(
            BindingReason.OPEN_CASE,
            Case.objects.filter(**{f"{field}__in": asked.cases})
            .exclude(state=CaseState.RESOLVED)
            .values_list(field, flat=True),
        )


def _actions(asked: _BindingQuery) -> Found:
    """Actions without an end; and after the last one the account is looked at again for a while."""
    actions = Action.objects.filter(decision__case__in=asked.cases)
    yield from _of(
        BindingReason.OPEN_ACTION, actions.filter(state__in=OPEN_ACTION_STATES).values_list("decision__case", flat=True)
    )
    last = max(asked.release.enforcement.verification)
    for number, finished in actions.filter(state=ActionState.DONE, finished_at__gt=asked.moment - last).values_list(
        "decision__case", "finished_at"
    ):
        if finished is not None:
            yield number, Binding(BindingReason.RECHECK, day_of(finished + last))


def _appeals(asked: _BindingQuery) -> Found:
    """Appeals, second messages and checks in person that wait; and the time in which a holder can still turn to us or
    to a body outside.
    """
    yield from _of(
        BindingReason.OPEN_APPEAL,
        Appeal.objects.filter(decision__case__in=asked.cases, state=AppealState.OPEN).values_list(
            "decision__case", flat=True
        ),
    )
    yield from _of(
        BindingReason.OPEN_APPEAL,
        AppealReply.objects.filter(
            appeal__decision__case__in=asked.cases, state=AppealState.OPEN, due_at__isnull=False
        ).values_list("appeal__decision__case", flat=True),
    )
    outside = timedelta(days=asked.release.retention.outside_remedy.days)
    valid = Decision.objects.filter(case__in=asked.cases, overturned_by__isnull=True).exclude(kind=DecisionKind.RESTORE)
    for number, until in valid.filter(statement__appeal_until__gt=asked.moment - outside).values_list(
        "case", "statement__appeal_until"
    ):
        yield number, Binding(BindingReason.APPEAL_WINDOW, day_of(until + outside))
    upheld = Appeal.objects.filter(decision__in=valid, state=AppealState.UPHELD)
    for number, answered, written, again in upheld.values_list(
        "decision__case", "decided_at", "reply__filed_at", "reply__decided_at"
    ):
        # Whoever has not written twice may reply, as `may_write_again` says.
        if answered is not None:
            until = (again or (answered if written else answered + AFTER_ANSWER)) + outside
            if until > asked.moment:
                yield number, Binding(BindingReason.APPEAL_WINDOW, day_of(until))
    for number, ends_at in valid.filter(ends_at__gt=asked.moment).values_list("case", "ends_at"):
        if ends_at is not None:
            yield number, Binding(BindingReason.RESTRICTION, day_of(ends_at))
    for number, checked in HolderCheck.objects.filter(
        decision__case__in=asked.cases,
        handed_at__isnull=True,
        refused_at__isnull=True,
        checked_at__gt=asked.moment - _HANDED_OVER_WITHIN,
    ).values_list("decision__case", "checked_at"):
        yield number, Binding(BindingReason.OPEN_REQUEST, day_of(checked + _HANDED_OVER_WITHIN))


def _requests(asked: _BindingQuery) -> Found:
    """Requests of persons about their own data that wait for an answer."""
    waiting = PersonRequest.objects.filter(ended_at__isnull=True)
    yield from _of(
        BindingReason.OPEN_REQUEST, waiting.filter(report__case__in=asked.cases).values_list("report__case", flat=True)
    )
    yield from _of(
        BindingReason.OPEN_REQUEST,
        waiting.filter(decision__case__in=asked.cases).values_list("decision__case", flat=True),
    )
    yield from _of(
        BindingReason.OPEN_REQUEST,
        waiting.filter(checks__subject__cases__in=asked.cases).values_list("checks__subject__cases", flat=True),
    )


def _strikes(asked: _BindingQuery) -> Found:
    for number, until in Strike.objects.filter(
        decision__case__in=asked.cases, withdrawn_at__isnull=True, expires_at__gt=asked.moment
    ).values_list("decision__case", "expires_at"):
        yield number, Binding(BindingReason.STRIKE, day_of(until))


def _authorities(asked: _BindingQuery) -> Found:
    """Requests of the police for an export without one, which would hold all cases of the account and category; and
    notices to operators that are not answered.
    """
    kept = timedelta(days=LEAST_PRESERVED_DAYS)
    for number, received in AuthorityRequest.objects.filter(
        wants_export=True,
        organisation__kind=OrganisationKind.POLICE,
        disclosures__isnull=True,
        order__withdrawn_at__isnull=True,
        report__withdrawn_at__isnull=True,
        report__received_at__gt=asked.moment - kept,
        report__case__subject__cases__in=asked.cases,
        report__case__subject__cases__category=F("report__case__category"),
    ).values_list("report__case__subject__cases", "report__received_at"):
        yield number, Binding(BindingReason.AUTHORITY, day_of(received + kept))
    yield from _of(
        BindingReason.AUTHORITY,
        Notice.objects.filter(case__in=asked.cases)
        .exclude(state__in=(NoticeState.ANSWERED, NoticeState.WITHDRAWN))
        .values_list("case", flat=True),
    )
    yield from _of(
        BindingReason.AUTHORITY,
        Objection.objects.filter(notice__case__in=asked.cases, state=ObjectionState.OPEN).values_list(
            "notice__case", flat=True
        ),
    )


def _referrals(asked: _BindingQuery) -> Found:
    yield from _of(
        BindingReason.REFERRAL,
        Referral.objects.filter(case__in=asked.cases)
        .filter(Q(state__in=(ReferralState.DRAFTED, *UNDER_WAY)) | Q(at_once=True, reviewed_at__isnull=True))
        .values_list("case", flat=True),
    )


def _reviews(asked: _BindingQuery) -> Found:
    """Blind reviews that are still to be answered, as long as they count in the figures."""
    window = timedelta(days=asked.release.quality.window_days)
    for number, drawn in BlindReview.objects.filter(
        case__in=asked.cases, judged_at__isnull=True, drawn_at__gt=asked.moment - window
    ).values_list("case", "drawn_at"):
        yield number, Binding(BindingReason.RECHECK, day_of(drawn + window))


def holding(moment: datetime) -> Q:
    """A filter for the legal holds that hold at this moment: confirmed, or waiting for their second person."""
    return Q(ended_at__isnull=True, ends_at__gt=moment) & (Q(confirmed_at__isnull=False) | Q(confirm_until__gt=moment))


def _holds(asked: _BindingQuery) -> Found:
    for number, until in LegalHold.objects.filter(holding(asked.moment), case__in=asked.cases).values_list(
        "case", "ends_at"
    ):
        yield number, Binding(BindingReason.LEGAL_HOLD, day_of(until))
    for number, ended in LegalHold.objects.filter(
        case__in=asked.cases, ended_at__gt=asked.moment - _OBJECT
    ).values_list("case", "ended_at"):
        if ended is not None:
            yield number, Binding(BindingReason.HOLD_ENDED, day_of(ended + _OBJECT))
    for number, until in RetentionPostponement.objects.filter(
        case__in=asked.cases, ends_at__gt=asked.moment
    ).values_list("case", "ends_at"):
        yield number, Binding(BindingReason.POSTPONED, day_of(until))


BINDING: tuple[Callable[[_BindingQuery], Found], ...] = (
    _open,
    _actions,
    _appeals,
    _requests,
    _strikes,
    _authorities,
    _referrals,
    _reviews,
    _holds,
)
"""Everything that keeps data of a case beyond its period."""
