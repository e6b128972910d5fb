"""The installation itself and its organisations, as the administrator sets them up."""

from django.db import IntegrityError, transaction

from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import (
    N_,
    Conflict,
    FieldError,
    InvalidInput,
    NotPermitted,
    WrongHost,
    WrongInstallation,
)
from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.policy.jurisdiction import jurisdiction, require_same
from jaga.records.models import Installation, LedgerEntry, Organisation


class NameTaken(Conflict):
    """An organisation, person or platform of this name exists."""

    code = "name_taken"
    sentence = N_("The name “%(name)s” is taken.")
    remedy = N_("Choose another name, or use the existing one.")


def require_administrator(actor: Actor) -> None:
    """Raises NotPermitted for everybody else."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


def required_name(field: str, text: str) -> str:
    """The stripped name. Raises InvalidInput if it is empty."""
    if not text.strip():
        raise InvalidInput(FieldError(field, "missing", N_("A name cannot be empty.")))
    return text.strip()


@transaction.atomic
def claim_installation(host_kind: HostKind, *, practice: bool, actor: Actor) -> None:
    """Mark the database as practice or production at the first start; check the mark at later starts.

    The jurisdiction is marked by the ledger's entry. Raises NotPermitted, WrongInstallation, WrongHost,
    WrongJurisdiction.
    """
    require_administrator(actor)
    row, made = Installation.objects.select_for_update().get_or_create(
        id=1, defaults={"host_kind": host_kind, "practice": practice, "created_at": now()}
    )
    if row.practice != practice:
        raise WrongInstallation
    if row.host_kind != host_kind:
        raise WrongHost(host=row.host_kind)
    if made:
        append(
            "claim_installation",
            {"practice": practice, "host": host_kind, "jurisdiction": jurisdiction().code},
            actor=actor,
            case_id=None,
        )
    elif entry := LedgerEntry.objects.filter(verb="claim_installation").order_by("pk").first():
        require_same(entry.payload["jurisdiction"])


@transaction.atomic
def create_organisation(name: str, kind: OrganisationKind, *, practice: bool = False, actor: Actor) -> Organisation:
    """Create an organisation. Raises NotPermitted, NameTaken, InvalidInput for an empty name."""
    require_administrator(actor)
    name = required_name("name", name)
    try:
        with transaction.atomic():
            made = Organisation.objects.create(name=name, kind=kind, practice=practice, created_at=now())
    except IntegrityError:
        raise NameTaken(name=name) from None
    append("create_organisation", {"organisation": made.pk, "kind": kind}, actor=actor, case_id=None)
    return made
