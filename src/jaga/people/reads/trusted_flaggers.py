"""Trusted flaggers: whether one is trusted on a matter at a given time, and the outcomes of their reports."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, Subquery

from jaga.appeals.models import Appeal
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.cases import AppealState, DecisionKind
from jaga.core.terms.people import OrganisationKind, Role
from jaga.people.models import FlaggerProfile, FlaggerSuspension, Organisation
from jaga.policy.local_time import day_of, today

READERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})
MOST_OWN = 200


def trusts(organisation_id: int, category: str, moment: datetime) -> bool:
    """Whether this organisation's reports in this category had priority at that moment."""
    profile = FlaggerProfile.objects.filter(organisation_id=organisation_id).first()
    if profile is None or category not in profile.expertise:
        return False
    if not profile.awarded_on <= day_of(moment) <= profile.valid_until:
        return False
    running = Q(ended_at__isnull=True) | Q(ended_at__gt=moment)
    return not FlaggerSuspension.objects.filter(running, organisation_id=organisation_id, began_at__lte=moment).exists()


@dataclass(frozen=True)
class TrackRecord:
    """Computed outcomes of a flagger's reports. `overturned` are among those acted on."""

    filed: int
    acted_on: int
    dismissed: int
    overturned: int

    @property
    def open(self) -> int:
        """Reports not yet decided."""
        return self.filed - self.acted_on - self.dismissed


@dataclass(frozen=True)
class SuspensionView:
    """A period without priority."""

    began_at: datetime
    why: str
    ended_at: datetime | None
    why_ended: str


@dataclass(frozen=True)
class FlaggerView:
    """A trusted flagger. With `awarded_by` empty the organisation exists but has no profile yet."""

    organisation_id: int
    name: str
    practice: bool
    expertise: tuple[str, ...]
    awarded_by: str
    awarded_on: date | None
    valid_until: date | None
    website: str
    suspensions: tuple[SuspensionView, ...]
    record: TrackRecord

    @property
    def suspended(self) -> SuspensionView | None:
        """The current suspension, or None."""
        return next((one for one in self.suspensions if one.ended_at is None), None)

    @property
    def ended(self) -> bool:
        """Whether the status is not in force: expired or not yet started."""
        return not (self.awarded_on and self.valid_until and self.awarded_on <= today() <= self.valid_until)


def public_flaggers() -> tuple[FlaggerView, ...]:
    """Every flagger with a profile, by name (DSA art. 22(5): the list is public)."""
    return tuple(one for one in _all() if one.awarded_by)


def list_flaggers(*, actor: Actor) -> tuple[FlaggerView, ...]:
    """Every flagger, with or without a profile. Raises NotPermitted."""
    if not actor.roles & READERS:
        raise NotPermitted
    return _all()


def access_flagger(organisation_id: int, *, actor: Actor) -> FlaggerView:
    """One flagger. Raises NotPermitted, NotFound."""
    found = next((one for one in list_flaggers(actor=actor) if one.organisation_id == organisation_id), None)
    if found is None:
        raise NotFound
    return found


def _all() -> tuple[FlaggerView, ...]:
    rows = (
        Organisation.objects.filter(kind=OrganisationKind.FLAGGER)
        .select_related("flagger")
        .prefetch_related("flagger_suspensions")
        .order_by("name")
    )
    records = _records()
    return tuple(_view(row, records.get(row.pk, TrackRecord(0, 0, 0, 0))) for row in rows)


def _view(row: Organisation, record: TrackRecord) -> FlaggerView:
    profile: FlaggerProfile | None = getattr(row, "flagger", None)
    suspensions = tuple(
        SuspensionView(one.began_at, one.why, one.ended_at, one.why_ended)
        for one in sorted(row.flagger_suspensions.all(), key=lambda one: one.began_at, reverse=True)
    )
    if profile is None:
        return FlaggerView(row.pk, row.name, row.practice, (), "", None, None, "", suspensions, record)
    return FlaggerView(
        row.pk,
        row.name,
        row.practice,
        tuple(profile.expertise),
        profile.awarded_by,
        profile.awarded_on,
        profile.valid_until,
        profile.website,
        suspensions,
        record,
    )


def _records() -> dict[int, TrackRecord]:
    """The decision on the reported account in each report's case: the latest that is not a restoration."""
    judged = Decision.objects.filter(case=OuterRef("case"), subject=OuterRef("subject")).exclude(
        kind=DecisionKind.RESTORE
    )
    undone = Appeal.objects.filter(
        Q(state=AppealState.OVERTURNED) | Q(reply__state=AppealState.OVERTURNED),
        decision__case=OuterRef("case"),
        decision__subject=OuterRef("subject"),
    )
    rows = (
        Report.objects.filter(organisation__kind=OrganisationKind.FLAGGER)
        .annotate(made=Subquery(judged.order_by("-pk").values("kind")[:1]), undone=Exists(undone))
        .values_list("organisation_id", "made", "undone")
        .annotate(count=Count("pk"))
        .order_by()
    )
    filed, acted, dismissed, overturned = (Counter[int]() for _ in range(4))
    for organisation, made, was_undone, count in rows:
        filed[organisation] += count
        if made == DecisionKind.DISMISS:
            dismissed[organisation] += count
        elif made:
            acted[organisation] += count
        if was_undone:
            overturned[organisation] += count
    return {one: TrackRecord(filed[one], acted[one], dismissed[one], overturned[one]) for one in filed}


@dataclass(frozen=True)
class FlaggerReportView:
    """One of a flagger's reports, as its own people see it."""

    report_id: int
    platform: str
    account: str
    category: str
    reference: str
    received_at: datetime
    due_at: datetime
    filed: bool
    decision: DecisionKind | None


def list_flags(*, actor: Actor) -> tuple[FlaggerReportView, ...]:
    """The latest two hundred reports of the actor's own organisation, newest first. Raises NotPermitted."""
    actor.require(Role.FLAGGER)
    judged = Decision.objects.filter(case=OuterRef("case"), subject=OuterRef("subject")).order_by("-pk")
    rows = (
        Report.objects.filter(organisation_id=actor.organisation_id or 0, organisation__kind=OrganisationKind.FLAGGER)
        .select_related("subject__platform")
        .annotate(made=Subquery(judged.values("kind")[:1]))
        .order_by("-pk")
    )
    return tuple(
        FlaggerReportView(
            row.pk,
            row.subject.platform.display_name,
            row.subject.account_id,
            row.category,
            row.reference,
            row.received_at,
            row.due_at,
            row.case_id is not None,
            DecisionKind(row.made) if row.made else None,
        )
        for row in rows[:MOST_OWN]
    )
