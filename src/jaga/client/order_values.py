"""Orders on several accounts, and the dialogue about each, as frozen values."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from jaga.client.values import FiledRequest, Outcome, Told, Words, moment


@dataclass(frozen=True)
class Account:
    """One account of an order. `screenshots`: one to three pictures or PDFs."""

    platform: str
    account: str
    category: str
    locator: str
    screenshots: Sequence[bytes] = field(repr=False)
    text: str = ""
    conduct_on: date | None = None

    def body(self) -> dict[str, object]:
        """The JSON that is signed and sent."""
        return {
            "platform": self.platform, "account": self.account, "category": self.category, "locator": self.locator,
            "screenshots": [b64encode(one).decode() for one in self.screenshots], "text": self.text,
            "conduct_on": self.conduct_on.isoformat() if self.conduct_on else None,
        }


@dataclass(frozen=True)
class Order:
    """An authority's letter on one to a hundred accounts (MR5 art. 16(4)). All are filed, or none."""

    letter_number: str
    letter_date: date
    legal_basis: str
    legal_analysis: str
    letter: bytes = field(repr=False)
    accounts: Sequence[Account]
    letter_sha256: str = ""
    urgent: bool = False
    urgent_reason: str = ""
    wants_export: bool = False
    court_order: str = ""

    def body(self) -> dict[str, object]:
        """The JSON that is signed and sent."""
        return {
            "letter_number": self.letter_number, "letter_date": self.letter_date.isoformat(),
            "legal_basis": self.legal_basis, "legal_analysis": self.legal_analysis,
            "letter": b64encode(self.letter).decode(), "letter_sha256": self.letter_sha256,
            "accounts": [one.body() for one in self.accounts], "urgent": self.urgent,
            "urgent_reason": self.urgent_reason, "wants_export": self.wants_export, "court_order": self.court_order,
        }


@dataclass(frozen=True)
class FiledOrder:
    """A filed order: one request per account, in the order given."""

    order_id: int
    number: str
    form: str
    accounts: tuple[FiledRequest, ...]

    @classmethod
    def of(cls, told: Told) -> "FiledOrder":
        return cls(told["order_id"], told["number"], told["form"],
                   tuple(FiledRequest.of(one) for one in told["accounts"]))


@dataclass(frozen=True)
class AccountState:
    """The state of one account of an order. `waits_for_you`: a question is open (`Jaga.clarifications`)."""

    report_id: int
    case_reference: str
    platform: str
    account: str
    category: str
    locator: str
    due_at: datetime
    overdue: bool
    withdrawn: bool
    waits_for_you: bool
    state: str
    words: Words
    outcome: Outcome | None

    @classmethod
    def of(cls, told: Told) -> "AccountState":
        return cls(told["report_id"], told["case_reference"], told["platform"], told["account"], told["category"],
                   told["locator"], moment(told["due_at"]), told["overdue"], told["withdrawn"], told["waits_for_you"],
                   told["state"]["term"], told["state"]["words"], Outcome.of(told["outcome"]))


@dataclass(frozen=True)
class OrderState:
    """The state of one of your orders.

    `accounts` are only set by `Jaga.order`, not in lists.

    `asked_back`: the number of accounts with an open question. `due_at` is None once nothing is due.
    """

    order_id: int
    number: str
    form: str
    letter_number: str
    letter_date: date
    legal_basis: str
    urgent: bool
    proof: str
    filed_at: datetime
    withdrawn_at: datetime | None
    accounts_total: int
    decided: int
    overdue: int
    asked_back: int
    due_at: datetime | None
    accounts: tuple[AccountState, ...] = ()

    @classmethod
    def of(cls, told: Told) -> "OrderState":
        withdrawn, due = told["withdrawn_at"], told["due_at"]
        return cls(told["order_id"], told["number"], told["form"], told["letter_number"],
                   date.fromisoformat(told["letter_date"]), told["legal_basis"], told["urgent"], told["proof"],
                   moment(told["filed_at"]), moment(withdrawn) if withdrawn else None, told["accounts_total"],
                   told["decided"], told["overdue"], told["asked_back"], moment(due) if due else None,
                   tuple(AccountState.of(one) for one in told.get("accounts", ())))


@dataclass(frozen=True)
class Message:
    """One message of the dialogue. `from_us`: the operator asks; `kind` says what is unclear."""

    message_id: int
    from_us: bool
    kind: str
    text: str
    at: datetime

    @classmethod
    def of(cls, told: Told) -> "Message":
        return cls(told["message_id"], told["from_us"], told["kind"], told["text"], moment(told["at"]))


@dataclass(frozen=True)
class Clarifications:
    """The dialogue about one account, oldest first, and the current locator."""

    waits_for_you: bool
    locator: str
    messages: tuple[Message, ...]

    @classmethod
    def of(cls, told: Told) -> "Clarifications":
        return cls(told["waits_for_you"], told["locator"], tuple(Message.of(one) for one in told["items"]))
