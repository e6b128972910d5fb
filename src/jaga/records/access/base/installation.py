"""Whose installation this is, and which platforms it serves."""

from dataclasses import dataclass

from django.db.models import Q

from jaga.core.terms import HostKind, OrganisationKind, Role
from jaga.records.models import Installation, Organisation, Platform


@dataclass(frozen=True)
class ListedPlatform:
    """A chat platform as the form offers it."""

    name: str
    display_name: str
    adapter: str  # by whose rules a pasted name is read, and whose hint helps to find one
    server_name: str


def listed_platforms() -> tuple[ListedPlatform, ...]:
    """Every platform on which an account can be reported, by name."""
    return tuple(ListedPlatform(row.name, row.display_name, row.naming, row.server_name)
                 for row in Platform.objects.order_by("display_name"))


def host_name() -> str:
    """Who runs this installation: the organisation of its first administrator, where that is of the host's kind.

    Without one, an operator's installation that knows a single operator is that operator's; else empty.
    """
    kind = Installation.objects.values_list("host_kind", flat=True).first()
    authority = kind == HostKind.AUTHORITY
    operators = Q(kind=OrganisationKind.OPERATOR)
    fitting = Organisation.objects.filter(~operators if authority else operators)
    first = (fitting.filter(people__roles__role=Role.ADMINISTRATOR).order_by("people__pk")
             .values_list("name", flat=True).first())
    if first is not None or authority or kind is None:
        return first or ""
    names = list(fitting.values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else ""


def is_an_authoritys() -> bool:
    """Whether this installation belongs to an authority, which only requests."""
    return Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
