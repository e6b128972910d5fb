"""Data requests (MR5 art. 21 to 45): an authority asks an operator for data, with everything art. 36(2) requires."""

from dataclasses import dataclass

from django.db import transaction

from jaga.casework.cases.notice_dialogue import SENT, add_turn
from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.notification_mail import call_contacts
from jaga.casework.kernel.validation import check_text
from jaga.casework.reporting.quotable_text import require_no_quotes
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotPermitted
from jaga.core.terms.operators import NoticeState
from jaga.core.terms.people import HostKind, Role
from jaga.records.models import Installation, Notice

LONGEST = 2000
_FIELDS = ("authority", "purpose", "description", "offence", "court_order")


class NotAnAuthoritysInstallation(NotPermitted):
    """Only an authority's installation can request data."""

    code = "not_an_authoritys_installation"
    sentence = N_("Only an authority's installation can ask for data.")
    remedy = N_("An operator hands data over under a formal request; see the exports.")


@dataclass(frozen=True)
class DataRequest:
    """The content of a data request (MR5 art. 36(2)). `content` data needs a court order (art. 36(4))."""

    authority: str
    purpose: str
    description: str
    offence: str
    content: bool = False
    court_order: str = ""

    def stored(self) -> dict[str, str | bool]:
        """As stored with the notice."""
        return {
            "authority": self.authority.strip(),
            "purpose": self.purpose.strip(),
            "description": self.description.strip(),
            "offence": self.offence.strip(),
            "content": self.content,
            "court_order": self.court_order.strip(),
        }


@transaction.atomic
def ask_for_data(case_id: int, request: DataRequest, *, legal_basis: str = "", actor: Actor) -> int:
    """Request data about the case's account by a notice in the operator's portal; returns the notice's id.

    The deadline of five calendar days starts when a contact person opens it. The same request returns the same notice
    while it is open. Raises NotAnAuthoritysInstallation, NotPermitted, NotFound, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if not Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists():
        raise NotAnAuthoritysInstallation
    _check(request)
    for field in _FIELDS:
        require_no_quotes(field, getattr(request, field), case)
    open_ones = Notice.objects.filter(case=case, asks_for="data", data_wanted=request.stored()).exclude(
        state__in=(NoticeState.ANSWERED, NoticeState.WITHDRAWN)
    )
    open_request = open_ones.values_list("pk", flat=True).first()
    if open_request is not None:
        return open_request
    moment = now()
    notice = Notice.objects.create(
        operator_id=case.subject.platform.operator_id,
        platform=case.subject.platform,
        case=case,
        subject=case.subject,
        asks_for="data",
        category=case.category,
        legal_basis=legal_basis,
        data_wanted=request.stored(),
        created_at=moment,
        sent_at=moment,
    )
    turn = add_turn(notice, SENT, person=person, from_operator=False)
    call_contacts(notice, turn)
    append("ask_for_data", {"notice": notice.pk, "content": request.content}, actor=actor, case_id=case.pk)
    return notice.pk


def _check(request: DataRequest) -> None:
    errors = []
    for field in _FIELDS:
        value = getattr(request, field)
        errors += check_text(field, value, LONGEST)
        if not value.strip() and (field != "court_order" or request.content):
            errors.append(
                FieldError(
                    field,
                    "missing",
                    N_("The law asks for this.")
                    if field != "court_order"
                    else N_("Content data can only be asked for with a court's order."),
                )
            )
    if errors:
        raise InvalidInput(*errors)
