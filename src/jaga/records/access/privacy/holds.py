"""Legal holds, listed and counted."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import reference_of
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.people import Clearance, Role
from jaga.core.terms.retention import HoldState
from jaga.policy.limits import HOLD_ENDED_HOURS
from jaga.records.access.base.clearance import cleared_people, visible_to
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.privacy.bindings import holding
from jaga.records.models import Case, LegalHold, Person

WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
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
    actor.require(*WATCHES)
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
