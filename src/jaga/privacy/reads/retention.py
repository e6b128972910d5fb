"""What is deleted next, why something is not, and what was deleted: for supervisors, auditors and the case page.

Legal holds, listed and counted.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, QuerySet

from jaga.cases.models.cases import Case
from jaga.cases.reads.case_view import takes_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, reference_of
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.people import Clearance, Role
from jaga.core.terms.privacy import CASE_KINDS, BindingReason, DataKind, HoldState
from jaga.people.models import Person
from jaga.policy.limits import HOLD_ENDED_HOURS
from jaga.policy.local_time import start_of_day, today
from jaga.policy.privacy import Binding, due_days
from jaga.policy.release import load_release
from jaga.privacy.models import (
    FileToDelete,
    LegalHold,
    RetentionClock,
    RetentionDue,
    RetentionErasure,
    RetentionPostponement,
)
from jaga.privacy.reads.bindings import facts_of, holding
from jaga.store.reads import cleared_people, visible_to

HOLDS_WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
OWNERS = (Role.SUPERVISOR, Role.AUDITOR)
SHOWN = 50


@dataclass(frozen=True)
class HoldView:
    """One legal hold or extension."""

    hold_id: int
    case_id: int
    reference: str
    state: HoldState
    owner: str
    reason: str
    asked_by: str
    asked_at: datetime
    confirm_until: datetime
    ends_at: datetime
    confirmed_by: str
    ended_by: str
    ended_at: datetime | None
    ended_why: str
    extends: bool
    mine: bool  # Asked for by this person, so another one confirms it.

    @property
    def kept_until(self) -> datetime | None:
        """Until when an ended or refused hold still keeps data."""
        return self.ended_at + timedelta(hours=HOLD_ENDED_HOURS) if self.ended_at else None

    @property
    def still_kept(self) -> bool:
        """Whether an ended or refused hold keeps data now, so that somebody can object."""
        return self.kept_until is not None and self.kept_until > now()

    @property
    def holds(self) -> bool:
        """Whether it keeps data now."""
        return self.state in (HoldState.ASKED, HoldState.IN_FORCE)


@dataclass(frozen=True)
class HoldList:
    """What holds or waits, then the latest that are over."""

    holding: tuple[HoldView, ...]
    over: tuple[HoldView, ...]


def state_of(row: LegalHold, moment: datetime) -> HoldState:
    """The state, from its times."""
    if row.ended_at is not None:
        return HoldState.ENDED if row.confirmed_at else HoldState.REFUSED
    if row.confirmed_at is None and row.confirm_until <= moment:
        return HoldState.LAPSED
    if row.ends_at <= moment:
        return HoldState.OVER
    return HoldState.IN_FORCE if row.confirmed_at else HoldState.ASKED


def _rows(actor: Actor) -> QuerySet[LegalHold]:
    return LegalHold.objects.filter(visible_to(actor, path="case__")).select_related(
        "owner", "asked_by", "confirmed_by", "ended_by"
    )


def _view(row: LegalHold, actor: Actor) -> HoldView:
    return HoldView(
        row.pk,
        row.case_id,
        reference_of(row.case_id),
        state_of(row, now()),
        row.owner.display_name,
        row.reason,
        row.asked_by.display_name,
        row.asked_at,
        row.confirm_until,
        row.ends_at,
        row.confirmed_by.display_name if row.confirmed_by else "",
        row.ended_by.display_name if row.ended_by else "",
        row.ended_at,
        row.ended_why,
        row.extends_id is not None,
        row.asked_by_id == actor.person_id,
    )


def list_holds(*, actor: Actor) -> HoldList:
    """The holds of cases that the actor may see. Raises NotPermitted."""
    actor.require(*HOLDS_WATCHES)
    moment = now()
    in_force = _rows(actor).filter(holding(moment)).order_by("ends_at", "pk")
    over = _rows(actor).exclude(holding(moment)).order_by("-pk")[:SHOWN]
    return HoldList(tuple(_view(row, actor) for row in in_force), tuple(_view(row, actor) for row in over))


def access_hold(hold_id: int, *, actor: Actor) -> HoldView:
    """One hold, for people who may confirm or end it. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    row = _rows(actor).filter(pk=hold_id).first()
    if row is None:
        raise NotFound
    return _view(row, actor)


def holds_to_confirm(actor: Actor) -> QuerySet[LegalHold]:
    """Holds that wait for a second person, who may be this one."""
    return _rows(actor).filter(holding(now()), confirmed_at__isnull=True).exclude(asked_by_id=actor.person_id)


@takes_case
def holds_of(case: Case, *, actor: Actor) -> tuple[HoldView, ...]:
    """What holds of a case already fetched with a permission check."""
    return tuple(_view(row, actor) for row in _rows(actor).filter(holding(now()), case=case).order_by("ends_at", "pk"))


def owners(clearance: Clearance | None = None) -> QuerySet[Person]:
    """Active people who can answer for a hold of a case with this clearance, by name: whoever may see the case and the
    list of holds.
    """
    people = Person.objects.filter(is_active=True, roles__role__in=[role.value for role in OWNERS])
    if clearance is not None:
        people = people.filter(pk__in=cleared_people(clearance))
    return people.distinct().order_by("display_name")


RETENTION_WATCHES = (Role.SUPERVISOR, Role.AUDITOR)
COMPUTED = 500
"""Cases whose kinds and rules are counted; of more only the number is told."""
_BACK = timedelta(days=14)


@dataclass(frozen=True)
class PlannedCount:
    """How many cases one rule deletes one kind of data of."""

    kind: DataKind
    rule: str
    cases: int


@dataclass(frozen=True)
class PlannedCase:
    """A case of which something is deleted by the end of tomorrow."""

    case_id: int
    reference: str
    on: date
    kinds: tuple[DataKind, ...]


@dataclass(frozen=True)
class FailedCase:
    """A case of which something could not be deleted, and the reason, as the worker's log has it."""

    case_id: int
    reference: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class RetentionPreview:
    """What goes by tomorrow, what went lately, and how the sweep stands.

    `cases` and `failed` are those that the actor may see, at most `SHOWN`; `counted` of `planned` cases are in
    `counts`. Nothing is deleted before `plans_until`, if
    that is set.
    """

    day: date
    planned: int
    counted: int
    counts: tuple[PlannedCount, ...]
    cases: tuple[PlannedCase, ...]
    hidden: int
    bound: tuple[tuple[BindingReason, int], ...]
    lately: tuple[tuple[DataKind, str, int], ...]
    swept_at: datetime | None
    plans_until: datetime | None
    failed: tuple[FailedCase, ...]
    failures: int
    doubted_at: datetime | None
    clock_now: datetime


def see_retention(*, actor: Actor) -> RetentionPreview:
    """The preview of deletions. Raises NotPermitted for anybody but supervisors and auditors."""
    actor.require(*RETENTION_WATCHES)
    day, release = today() + timedelta(days=1), load_release()
    rows = RetentionDue.objects.filter(due_on__lte=day, failed_at__isnull=True)
    numbers = list(rows.order_by("due_on", "case").values_list("case", flat=True)[:COMPUTED])
    gone = set(RetentionErasure.objects.filter(case__in=numbers).values_list("case", "kind"))
    counts: Counter[tuple[DataKind, str]] = Counter()
    bound: Counter[BindingReason] = Counter()
    plans: list[PlannedCase] = []
    for number, facts in sorted(facts_of(numbers, release).items()):
        kinds = [kind for kind in CASE_KINDS if (number, kind.value) not in gone]
        days = due_days(facts, kinds, release.retention, day)
        due = [one for one in days if one.is_due(day) and one.rule is not None]
        counts.update((one.kind, one.rule.key) for one in due if one.rule is not None)
        if due:
            plans.append(
                PlannedCase(
                    number, reference_of(number), min(one.on for one in due if one.on), tuple(one.kind for one in due)
                )
            )
        else:
            bound.update({binding.reason for one in days for binding in one.bound_by})
    seen = set(
        Case.objects.filter(visible_to(actor), pk__in=[one.case_id for one in plans]).values_list("pk", flat=True)
    )
    clock = RetentionClock.objects.first()
    return RetentionPreview(
        day,
        rows.count(),
        len(numbers),
        tuple(PlannedCount(kind, rule, cases) for (kind, rule), cases in sorted(counts.items())),
        tuple(one for one in plans if one.case_id in seen)[:SHOWN],
        len(plans) - len(seen),
        tuple(sorted(bound.items())),
        _lately(),
        clock.seen_at if clock else None,
        clock.plans_until(now()) if clock else None,
        *_failed(actor),
        clock.doubted_at if clock else None,
        now(),
    )


def _failed(actor: Actor) -> tuple[tuple[FailedCase, ...], int]:
    """Cases and files that could not be deleted: those that the actor may see, and how many there are in all."""
    cases = RetentionDue.objects.filter(failed_at__isnull=False)
    files = FileToDelete.objects.filter(failed_at__isnull=False)
    seen = [
        *cases.filter(visible_to(actor, path="case__"))
        .order_by("-failed_at")[:SHOWN]
        .values_list("case", "failed_at", "failure"),
        *files.filter(visible_to(actor, path="erasure__case__"))
        .order_by("-failed_at")[:SHOWN]
        .values_list("erasure__case", "failed_at", "failure"),
    ]
    return tuple(
        FailedCase(number, reference_of(number), at, reason) for number, at, reason in seen if at is not None
    ), cases.count() + files.count()


def _lately() -> tuple[tuple[DataKind, str, int], ...]:
    rows = (
        RetentionErasure.objects.filter(at__gte=start_of_day(today()) - _BACK)
        .values_list("kind", "rule")
        .annotate(cases=Count("pk"))
        .order_by("kind", "rule")
    )
    return tuple((DataKind(kind), rule, cases) for kind, rule, cases in rows)


@dataclass(frozen=True)
class DueLine:
    """One kind of data on the case page: when it is deleted, or when it was."""

    kind: DataKind
    on: date | None
    days_left: int | None
    by_rule: date | None
    rule: str
    bound_by: tuple[Binding, ...]
    deleted_at: datetime | None = None


@dataclass(frozen=True)
class PostponementView:
    """Who postponed the deletions, why, and until when."""

    by: str
    reason: str
    ends_at: datetime


@dataclass(frozen=True)
class CaseRetention:
    """The countdown of a closed case. `next`: the first line that is not deleted and has a day."""

    lines: tuple[DueLine, ...]
    next: DueLine | None
    postponements: tuple[PostponementView, ...]
    may_postpone: bool


@takes_case
def retention_of(case: Case, *, actor: Actor) -> CaseRetention | None:
    """The countdown of a case already fetched with a permission check; None while it is open."""
    if case.state != CaseState.RESOLVED or case.canary:
        return None
    day, release = today(), load_release()
    facts = facts_of([case.pk], release)[case.pk]
    gone = {
        DataKind(kind): (rule, at)
        for kind, rule, at in RetentionErasure.objects.filter(case=case).values_list("kind", "rule", "at")
    }
    lines = [DueLine(kind, None, None, None, rule, (), at) for kind, (rule, at) in gone.items()]
    for one in due_days(facts, [kind for kind in CASE_KINDS if kind not in gone], release.retention, day):
        lines.append(
            DueLine(
                one.kind,
                one.on,
                (one.on - day).days if one.on else None,
                one.by_rule,
                one.rule.key if one.rule else "",
                one.bound_by,
            )
        )
    lines.sort(key=lambda line: (line.deleted_at is not None, line.on or date.max, list(DataKind).index(line.kind)))
    posts = RetentionPostponement.objects.filter(case=case, ends_at__gt=now()).select_related("by").order_by("-ends_at")
    mine = RetentionPostponement.objects.filter(case=case, by=actor.person_id).exists()
    return CaseRetention(
        tuple(lines),
        next((line for line in lines if line.on is not None), None),
        tuple(PostponementView(row.by.display_name, row.reason, row.ends_at) for row in posts),
        not mine and any(line.deleted_at is None for line in lines),
    )
