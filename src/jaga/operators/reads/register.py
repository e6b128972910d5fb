"""The console's register of operators: their platforms, pledges and contact persons."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery

from jaga.cases.models.cases import Platform
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.outside import NoticeState, ObjectionState
from jaga.core.terms.people import OrganisationKind, Role
from jaga.operators.models import ContactDetails, Notice, Pledge
from jaga.operators.reads.portal import BY_HAND
from jaga.people.models import Organisation

READERS = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
KEEPERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_ENDED = (NoticeState.ANSWERED, NoticeState.WITHDRAWN)


@dataclass(frozen=True)
class ListedOperator:
    """One row of the register."""

    operator_id: int
    name: str
    practice: bool
    slug: str
    pledges: int
    contacts: int
    open_notices: int
    overdue_notices: int
    platforms: tuple[str, ...]


@dataclass(frozen=True)
class PledgeView:
    """One recorded pledge. `recorded_by` is empty if it was entered on the command line."""

    pledge_id: int
    text: str
    source: str
    made_on: date
    scope: str
    categories: tuple[str, ...]
    hours: int
    hours_urgent: int
    recorded_by: str
    recorded_at: datetime
    ended_on: date | None


@dataclass(frozen=True)
class ContactView:
    """One contact person and how to reach them."""

    person_id: int
    display_name: str
    username: str
    email: str
    telephone: str
    domicile: str
    representative: bool
    since: date
    until: date | None


@dataclass(frozen=True)
class RunPlatform:
    """A platform of the operator, and who acts there: its own staff by notice, Jaga's staff manually, or Jaga."""

    display_name: str
    adapter: str
    by_notice: bool
    by_hand: bool


@dataclass(frozen=True)
class NoticeCounts:
    """The operator's notices by state."""

    sent: int
    unopened: int
    running: int
    overdue: int
    resting: int
    answered: int
    withdrawn: int
    objections: int


@dataclass(frozen=True)
class OperatorEntry:
    """Everything the register holds about one operator."""

    operator_id: int
    name: str
    practice: bool
    described: bool
    slug: str
    legal_entity: str
    registration_number: str
    countries: tuple[str, ...]
    website: str
    pledges: tuple[PledgeView, ...]
    contacts: tuple[ContactView, ...]
    platforms: tuple[RunPlatform, ...]
    notices: NoticeCounts
    may_write: bool

    @property
    def in_force(self) -> tuple[PledgeView, ...]:
        """Pledges in force."""
        return tuple(one for one in self.pledges if one.ended_on is None)

    @property
    def ended(self) -> tuple[PledgeView, ...]:
        """Former pledges."""
        return tuple(one for one in self.pledges if one.ended_on is not None)

    @property
    def serving(self) -> tuple[ContactView, ...]:
        """Current contact persons."""
        return tuple(one for one in self.contacts if one.until is None)

    @property
    def former(self) -> tuple[ContactView, ...]:
        """Former contact persons, and those whose last day is set."""
        return tuple(one for one in self.contacts if one.until is not None)


class _HowMany(Subquery):
    """A subquery counting the rows of a query for each outer row."""

    template = "(SELECT count(*) FROM (%(subquery)s) counted)"
    output_field: ClassVar = IntegerField()


def list_operators(*, actor: Actor) -> tuple[ListedOperator, ...]:
    """Every operator by name, in a fixed number of queries. Raises NotPermitted."""
    actor.require(*READERS)
    waiting = Notice.objects.exclude(state__in=_ENDED).filter(sent_at__isnull=False)
    overdue = Notice.objects.filter(state=NoticeState.RECEIVED, due_at__lt=now())
    rows = (
        Organisation.objects.filter(kind=OrganisationKind.OPERATOR)
        .select_related("profile")
        .prefetch_related("platforms")
        .order_by("name")
        .annotate(
            promises=_HowMany(Pledge.objects.filter(operator=OuterRef("pk"), ended_on__isnull=True)),
            serving=_HowMany(ContactDetails.objects.filter(person__organisation=OuterRef("pk"), until__isnull=True)),
            waiting=_HowMany(waiting.filter(operator=OuterRef("pk"))),
            overdue=_HowMany(overdue.filter(operator=OuterRef("pk"))),
        )
    )
    return tuple(
        ListedOperator(
            row.pk,
            row.name,
            row.practice,
            row.profile.slug if hasattr(row, "profile") else "",
            row.promises,
            row.serving,
            row.waiting,
            row.overdue,
            tuple(sorted(platform.display_name for platform in row.platforms.all())),
        )
        for row in rows
    )


def access_register_entry(operator_id: int, *, actor: Actor) -> OperatorEntry:
    """One operator with everything recorded. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    row = _operator(operator_id)
    profile = row.profile if hasattr(row, "profile") else None
    return OperatorEntry(
        row.pk,
        row.name,
        row.practice,
        profile is not None,
        profile.slug if profile else "",
        profile.legal_entity if profile else "",
        profile.registration_number if profile else "",
        tuple(profile.countries) if profile else (),
        profile.website if profile else "",
        tuple(_commitment(one) for one in row.pledges.select_related("recorded_by").order_by("-made_on", "-pk")),
        tuple(
            _contact(one)
            for one in ContactDetails.objects.filter(person__organisation=row)
            .select_related("person")
            .order_by("-representative", "person__display_name")
        ),
        tuple(_platform(one) for one in row.platforms.order_by("display_name")),
        _notices(row),
        bool(actor.roles.intersection(KEEPERS)),
    )


def access_entry_to_change(operator_id: int, *, actor: Actor) -> OperatorEntry:
    """One operator, for staff who maintain the register. Raises NotPermitted, NotFound."""
    actor.require(*KEEPERS)
    return access_register_entry(operator_id, actor=actor)


def access_commitment_to_end(operator_id: int, pledge_id: int, *, actor: Actor) -> OperatorEntry:
    """The operator of this pledge in force. Raises NotPermitted, NotFound."""
    entry = access_entry_to_change(operator_id, actor=actor)
    if pledge_id not in {one.pledge_id for one in entry.in_force}:
        raise NotFound
    return entry


def access_contact_to_dismiss(operator_id: int, person_id: int, *, actor: Actor) -> ContactView:
    """This operator's current contact person. Raises NotPermitted, NotFound."""
    entry = access_entry_to_change(operator_id, actor=actor)
    found = next((one for one in entry.serving if one.person_id == person_id), None)
    if found is None:
        raise NotFound
    return found


def _operator(operator_id: int) -> Organisation:
    row = Organisation.objects.select_related("profile").filter(pk=operator_id, kind=OrganisationKind.OPERATOR).first()
    if row is None:
        raise NotFound
    return row


def _commitment(row: Pledge) -> PledgeView:
    return PledgeView(
        row.pk,
        row.text,
        row.source,
        row.made_on,
        row.scope,
        tuple(row.categories),
        row.hours,
        row.hours_urgent,
        row.recorded_by.display_name if row.recorded_by else "",
        row.recorded_at,
        row.ended_on,
    )


def _contact(row: ContactDetails) -> ContactView:
    return ContactView(
        row.person_id,
        row.person.display_name,
        row.person.username,
        row.email,
        row.telephone,
        row.domicile,
        row.representative,
        row.since,
        row.until,
    )


def _platform(row: Platform) -> RunPlatform:
    return RunPlatform(row.display_name, row.adapter, row.by_notice, row.adapter == BY_HAND)


def _notices(row: Organisation) -> NoticeCounts:
    received = Q(state=NoticeState.RECEIVED, due_at__isnull=False)
    late = Q(due_at__lt=now())
    unopened = Q(state=NoticeState.SENT) | Q(state=NoticeState.RECEIVED, due_at__isnull=True)
    counted = Notice.objects.filter(operator=row, sent_at__isnull=False).aggregate(
        sent=Count("pk"),
        unopened=Count("pk", filter=unopened),
        running=Count("pk", filter=received & ~late),
        overdue=Count("pk", filter=received & late),
        resting=Count("pk", filter=Q(state=NoticeState.ASKED_BACK)),
        answered=Count("pk", filter=Q(state=NoticeState.ANSWERED)),
        withdrawn=Count("pk", filter=Q(state=NoticeState.WITHDRAWN)),
        objections=Count("pk", filter=Q(objection__state=ObjectionState.OPEN)),
    )
    return NoticeCounts(**counted)
