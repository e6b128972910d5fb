"""Orders on several accounts, and the dialogue about each, as frozen values."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from jaga.client.values import FiledRequest, JsonObject, Outcome, Words, moment


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
            "platform": self.platform,
            "account": self.account,
            "category": self.category,
            "locator": self.locator,
            "screenshots": [b64encode(one).decode() for one in self.screenshots],
            "text": self.text,
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
            "letter_number": self.letter_number,
            "letter_date": self.letter_date.isoformat(),
            "legal_basis": self.legal_basis,
            "legal_analysis": self.legal_analysis,
            "letter": b64encode(self.letter).decode(),
            "letter_sha256": self.letter_sha256,
            "accounts": [one.body() for one in self.accounts],
            "urgent": self.urgent,
            "urgent_reason": self.urgent_reason,
            "wants_export": self.wants_export,
            "court_order": self.court_order,
        }


@dataclass(frozen=True)
class FiledOrder:
    """A filed order: one request per account, in the order given."""

    order_id: int
    number: str
    form: str
    accounts: tuple[FiledRequest, ...]

    @classmethod
    def of(cls, data: JsonObject) -> "FiledOrder":
        return cls(
            data["order_id"], data["number"], data["form"], tuple(FiledRequest.of(one) for one in data["accounts"])
        )


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
    def of(cls, data: JsonObject) -> "AccountState":
        return cls(
            data["report_id"],
            data["case_reference"],
            data["platform"],
            data["account"],
            data["category"],
            data["locator"],
            moment(data["due_at"]),
            data["overdue"],
            data["withdrawn"],
            data["waits_for_you"],
            data["state"]["term"],
            data["state"]["words"],
            Outcome.of(data["outcome"]),
        )


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
    def of(cls, data: JsonObject) -> "OrderState":
        withdrawn, due = data["withdrawn_at"], data["due_at"]
        return cls(
            data["order_id"],
            data["number"],
            data["form"],
            data["letter_number"],
            date.fromisoformat(data["letter_date"]),
            data["legal_basis"],
            data["urgent"],
            data["proof"],
            moment(data["filed_at"]),
            moment(withdrawn) if withdrawn else None,
            data["accounts_total"],
            data["decided"],
            data["overdue"],
            data["asked_back"],
            moment(due) if due else None,
            tuple(AccountState.of(one) for one in data.get("accounts", ())),
        )


@dataclass(frozen=True)
class Message:
    """One message of the dialogue. `from_us`: the operator asks; `kind` says what is unclear."""

    message_id: int
    from_us: bool
    kind: str
    text: str
    at: datetime

    @classmethod
    def of(cls, data: JsonObject) -> "Message":
        return cls(data["message_id"], data["from_us"], data["kind"], data["text"], moment(data["at"]))


@dataclass(frozen=True)
class Clarifications:
    """The dialogue about one account, oldest first, and the current locator."""

    waits_for_you: bool
    locator: str
    messages: tuple[Message, ...]

    @classmethod
    def of(cls, data: JsonObject) -> "Clarifications":
        return cls(data["waits_for_you"], data["locator"], tuple(Message.of(one) for one in data["items"]))
