"""The access log: everyone's own entries, and all entries for auditors."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from jaga.core.actors import Actor
from jaga.core.cases import reference_of
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records.access.base.current_user import number_of
from jaga.records.models import AccessEvent, Person

PAGE = 50


@dataclass(frozen=True)
class AccessEventView:
    """One access log entry. The case reference is empty for lists."""

    number: int
    person_id: int
    person: str
    organisation: str
    case_id: int | None
    reference: str
    what: AccessKind
    at: datetime


@dataclass(frozen=True)
class AccessLogFilter:
    """An auditor's filter for access log entries; an empty field matches all."""

    case_id: int | None = None
    person_id: int | None = None


def list_own_access_log(*, before: int | None = None, actor: Actor) -> tuple[AccessEventView, ...]:
    """One page of the actor's own entries, newest first."""
    return _page(AccessLogFilter(person_id=number_of(actor)), before)


def list_access_log(wanted: AccessLogFilter, *, before: int | None = None, actor: Actor) -> tuple[AccessEventView, ...]:
    """One page of everyone's entries, newest first. Raises NotPermitted for anyone but an auditor."""
    actor.require(Role.AUDITOR)
    return _page(wanted, before)


def name_of(person_id: int, *, actor: Actor) -> str:
    """The name of the person whose entries an auditor asked for, or an empty string.

    Raises NotPermitted for anyone else.
    """
    actor.require(Role.AUDITOR)
    return Person.objects.filter(pk=person_id).values_list("display_name", flat=True).first() or ""


def _page(wanted: AccessLogFilter, before: int | None) -> tuple[AccessEventView, ...]:
    rows = AccessEvent.objects.select_related("person__organisation").order_by("-at", "-pk")
    if wanted.case_id is not None:
        rows = rows.filter(case_id=wanted.case_id)
    if wanted.person_id is not None:
        rows = rows.filter(person_id=wanted.person_id)
    last = AccessEvent.objects.filter(pk=before).first() if before is not None else None
    if last:
        rows = rows.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    return tuple(
        AccessEventView(
            row.pk,
            row.person_id,
            row.person.display_name,
            row.person.organisation.name,
            row.case_id,
            reference_of(row.case_id) if row.case_id else "",
            AccessKind(row.what),
            row.at,
        )
        for row in rows[:PAGE]
    )
