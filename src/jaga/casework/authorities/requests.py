"""Requests of authorities on one account (MR5 art. 14-16): orders with one account, by the same verbs."""

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
    """An authority's request on one account, with the fields of MR5 art. 16(4). The ministry's is an order."""

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
    """The same as an order, whose refused fields are named as those of a request."""
    account = NewAccount(new.platform, new.account, new.category, new.locator, new.screenshots, new.text,
                         new.conduct_on)
    return NewOrder(
        new.letter_number, new.letter_date, new.legal_basis, new.legal_analysis, (account,), new.letter,
        new.letter_sha256, new.urgent, new.urgent_reason, new.wants_export, new.court_order, single=True,
    )


def check_request(new: NewRequest, *, actor: Actor) -> None:
    """What `file_request` would refuse, without storing anything. Raises InvalidInput naming each field.

    The API asks it too where a field could not even be read, so that one answer names every field.
    """
    check_order(as_order(new), actor=actor)


def file_request(new: NewRequest, *, actor: Actor, proof: OrderProof = STEPPED_UP) -> FiledReport:
    """Accept a registered officer's request or order on one account. Raises as `casework.authorities.orders.file_order`
    does.

    The caller has seen the proof; without one it is the console's, where a second factor was confirmed just before.
    """
    (report,) = file_order(as_order(new), actor=actor, proof=proof).reports
    return report
