"""Requests on one account (MR5 art. 14-16), handled as orders with one account."""

from dataclasses import dataclass, field
from datetime import date

from jaga.casework.authorities.orders import check_order, file_order
from jaga.casework.authorities.validation import NewAccount, NewOrder
from jaga.casework.cases.evidence import Upload
from jaga.casework.cases.values import FiledReport
from jaga.casework.people.request_signing import STEPPED_UP, OrderProof
from jaga.core.actors import Actor


@dataclass(frozen=True)
class NewRequest:
    """A request on one account, with the fields of MR5 art. 16(4). A ministry's is an order."""

    platform: str
    account: str
    category: str
    letter_number: str
    letter_date: date | None
    legal_basis: str
    legal_analysis: str
    locator: str
    screenshots: tuple[Upload, ...] = field(default=(), repr=False)
    letter: Upload | None = field(default=None, repr=False)
    text: str = ""
    conduct_on: date | None = None
    urgent: bool = False
    urgent_reason: str = ""
    wants_export: bool = False
    court_order: str = ""
    letter_sha256: str = ""


def as_order(new: NewRequest) -> NewOrder:
    """The request as an order whose errors name the fields of a request."""
    account = NewAccount(
        new.platform, new.account, new.category, new.locator, new.screenshots, new.text, new.conduct_on
    )
    return NewOrder(
        new.letter_number,
        new.letter_date,
        new.legal_basis,
        new.legal_analysis,
        (account,),
        new.letter,
        new.letter_sha256,
        new.urgent,
        new.urgent_reason,
        new.wants_export,
        new.court_order,
        single=True,
    )


def check_request(new: NewRequest, *, actor: Actor) -> None:
    """Validate a request as `file_request` does, without storing it.

    Raises InvalidInput, NotPermitted.

    The API also calls it when a field could not be parsed, so that one response names all errors.
    """
    check_order(as_order(new), actor=actor)


def file_request(new: NewRequest, *, actor: Actor, proof: OrderProof = STEPPED_UP) -> FiledReport:
    """File a registered officer's request or order on one account.

    Raises as `casework.authorities.orders.file_order`.

    The caller has verified `proof`. The default is the console's: a second factor was confirmed just before.
    """
    (report,) = file_order(as_order(new), actor=actor, proof=proof).reports
    return report
