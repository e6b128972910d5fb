"""Who operates this installation and which platforms it serves."""

from dataclasses import dataclass

from django.db.models import Q

from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.records.models import Installation, Organisation, Platform


@dataclass(frozen=True)
class ListedPlatform:
    """A chat platform as the report form offers it."""

    name: str
    display_name: str
    adapter: str  # Determines how a pasted name is parsed, and which hint helps to find it.
    server_name: str


def listed_platforms() -> tuple[ListedPlatform, ...]:
    """Every platform whose accounts can be reported, by name."""
    return tuple(
        ListedPlatform(row.name, row.display_name, row.naming, row.server_name)
        for row in Platform.objects.order_by("display_name")
    )


def host_name() -> str:
    """The name of the organisation that runs this installation, or an empty string.

    It is the organisation of the first administrator if that is of the host's kind; otherwise, in an operator's
    installation, the only operator.
    """
    kind = Installation.objects.values_list("host_kind", flat=True).first()
    authority = kind == HostKind.AUTHORITY
    operators = Q(kind=OrganisationKind.OPERATOR)
    fitting = Organisation.objects.filter(~operators if authority else operators)
    first = (
        fitting.filter(people__roles__role=Role.ADMINISTRATOR)
        .order_by("people__pk")
        .values_list("name", flat=True)
        .first()
    )
    if first is not None or authority or kind is None:
        return first or ""
    names = list(fitting.values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else ""


def is_an_authoritys() -> bool:
    """Whether this installation belongs to an authority that only sends requests."""
    return Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
