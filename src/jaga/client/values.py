"""Requests and responses as frozen values. Fields added by later versions are ignored.

Batches (files of many reports) as frozen values.

Orders on several accounts, and the dialogue about each, as frozen values.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from jaga.client.transport import ApiProblem, FieldProblem

JsonObject = Mapping[str, Any]
Words = Mapping[str, str]


@dataclass(frozen=True)
class Report:
    """A report on one account. Only platform, account and category are required."""

    platform: str
    account: str
    category: str
    text: str = ""  # In your own words.
    excerpt: str = ""  # What the account published, copied.
    links: Sequence[str] = ()
    conduct_on: date | None = None
    language: Literal["id", "en"] = "id"
    route: Literal["ordinary", "victim"] = "ordinary"
    reference: str = ""
    device_hashes: Sequence[str] = ()
    capacity: Literal["pictured", "guardian", "parent", "platform", "authority"] | None = None

    def body(self) -> dict[str, object]:
        """The JSON that is sent."""
        return {
            "platform": self.platform,
            "account": self.account,
            "category": self.category,
            "text": self.text,
            "excerpt": self.excerpt,
            "links": list(self.links),
            "conduct_on": self.conduct_on.isoformat() if self.conduct_on else None,
            "language": self.language,
            "route": self.route,
            "reference": self.reference,
            "device_hashes": list(self.device_hashes),
            "capacity": self.capacity,
        }


@dataclass(frozen=True)
class Request:
    """An authority's request (for the ministry: an order) on one account, with the official letter (MR5 art. 16(4))."""

    platform: str
    account: str
    category: str
    letter_number: str
    letter_date: date
    legal_basis: str
    legal_analysis: str
    locator: str
    screenshots: Sequence[bytes] = field(repr=False)
    letter: bytes = field(repr=False)
    text: str = ""
    conduct_on: date | None = None
    urgent: bool = False
    urgent_reason: str = ""
    wants_export: bool = False
    court_order: str = ""

    def body(self) -> dict[str, object]:
        """The JSON that is signed and sent."""
        return {
            "platform": self.platform,
            "account": self.account,
            "category": self.category,
            "letter_number": self.letter_number,
            "letter_date": self.letter_date.isoformat(),
            "legal_basis": self.legal_basis,
            "legal_analysis": self.legal_analysis,
            "locator": self.locator,
            "screenshots": [b64encode(one).decode() for one in self.screenshots],
            "letter": b64encode(self.letter).decode(),
            "text": self.text,
            "conduct_on": self.conduct_on.isoformat() if self.conduct_on else None,
            "urgent": self.urgent,
            "urgent_reason": self.urgent_reason,
            "wants_export": self.wants_export,
            "court_order": self.court_order,
        }


@dataclass(frozen=True)
class Acknowledged:
    """An accepted report. The receipt is shown only once; keep it. The promise is signed by the ledger."""

    report_id: int
    form: str
    due_at: datetime
    receipt: str = field(repr=False)
    ledger_promise: str = field(repr=False)

    @classmethod
    def of(cls, data: JsonObject) -> "Acknowledged":
        return cls(data["report_id"], data["form"], moment(data["due_at"]), data["receipt"], data["ledger_promise"])


@dataclass(frozen=True)
class RefusedReport:
    """A report of a batch that was refused, and why."""

    report: Report
    problem: ApiProblem


@dataclass(frozen=True)
class FiledRequest:
    """A request that has its case."""

    report_id: int
    case_reference: str
    due_at: datetime
    receipt: str = field(repr=False)
    ledger_promise: str = field(repr=False)

    @classmethod
    def of(cls, data: JsonObject) -> "FiledRequest":
        return cls(
            data["report_id"], data["case_reference"], moment(data["due_at"]), data["receipt"], data["ledger_promise"]
        )


@dataclass(frozen=True)
class Held:
    """A request not proven to be the officer's own: nothing was filed, and a supervisor checks it."""

    number: str
    reason: str
    sentence: str
    remedy: str

    @classmethod
    def of(cls, data: JsonObject) -> "Held":
        return cls(data["held"], data["reason"], data["sentence"], data["remedy"])


@dataclass(frozen=True)
class Outcome:
    """The decision. `verified`: confirmed by an observation independent of the action; None: nothing was done."""

    decision: str
    words: Words
    decided_at: datetime
    verified: bool | None

    @classmethod
    def of(cls, data: JsonObject | None) -> "Outcome | None":
        if data is None:
            return None
        return cls(data["decision"], data["words"], moment(data["decided_at"]), data["verified"])


@dataclass(frozen=True)
class ReportState:
    """The state of one of your reports. `case_reference` is None until it has a case."""

    report_id: int
    reference: str
    platform: str
    account: str
    category: str
    received_at: datetime
    due_at: datetime
    overdue: bool
    case_reference: str | None
    state: str
    words: Words
    outcome: Outcome | None

    @classmethod
    def of(cls, data: JsonObject) -> "ReportState":
        return cls(
            data["report_id"],
            data["reference"],
            data["platform"],
            data["account"],
            data["category"],
            moment(data["received_at"]),
            moment(data["due_at"]),
            data["overdue"],
            data["case_reference"],
            data["state"]["term"],
            data["state"]["words"],
            Outcome.of(data["outcome"]),
        )


@dataclass(frozen=True)
class RequestState:
    """The state of one of your requests. `outcome` is only set by `Jaga.request`, not in lists."""

    report_id: int
    case_reference: str
    letter_number: str
    platform: str
    account: str
    category: str
    due_at: datetime
    overdue: bool
    state: str
    words: Words
    outcome: Outcome | None

    @classmethod
    def of(cls, data: JsonObject) -> "RequestState":
        return cls(
            data["report_id"],
            data["case_reference"],
            data["letter_number"],
            data["platform"],
            data["account"],
            data["category"],
            moment(data["due_at"]),
            data["overdue"],
            data["state"]["term"],
            data["state"]["words"],
            Outcome.of(data.get("outcome")),
        )


@dataclass(frozen=True)
class Category:
    """One category of complaints. `decisions`: all that are possible."""

    key: str
    label: Words
    severity: str
    may_be_urgent: bool
    decisions: tuple[str, ...]

    @classmethod
    def of(cls, data: JsonObject) -> "Category":
        return cls(data["key"], data["label"], data["severity"], data["may_be_urgent"], tuple(data["decisions"]))


@dataclass(frozen=True)
class LegalBasis:
    """A provision your authority may invoke."""

    key: str
    citation: str
    title: Words
    verified: bool

    @classmethod
    def of(cls, data: JsonObject) -> "LegalBasis":
        return cls(data["key"], data["citation"], data["title"], data["verified"])


@dataclass(frozen=True)
class Platform:
    """A chat platform whose accounts can be reported."""

    name: str
    display_name: str
    server_name: str
    practice: bool

    @classmethod
    def of(cls, data: JsonObject) -> "Platform":
        return cls(data["name"], data["display_name"], data["server_name"], data["practice"])


@dataclass(frozen=True)
class Endpoint:
    """Where your software receives news. Verify each message with `public_key` (`read_news`)."""

    endpoint_id: int
    url: str
    events: tuple[str, ...]
    public_key: str
    disabled_at: datetime | None
    waiting: int
    delivered: int
    dead: int
    secret: str = field(default="", repr=False)
    """`whsec_…`, only for a new endpoint: shown once, for libraries that verify `v1` signatures."""

    @classmethod
    def of(cls, data: JsonObject) -> "Endpoint":
        ended = data["disabled_at"]
        return cls(
            data["endpoint_id"],
            data["url"],
            tuple(data["events"]),
            data["public_key"],
            moment(ended) if ended else None,
            data["waiting"],
            data["delivered"],
            data["dead"],
            data.get("secret", ""),
        )


@dataclass(frozen=True)
class Delivery:
    """A message to one of your endpoints. `failure`: why the last attempt failed."""

    delivery_id: int
    webhook_id: str
    event: str
    report_id: int | None
    state: str
    attempts: int
    failure: str

    @classmethod
    def of(cls, data: JsonObject) -> "Delivery":
        return cls(
            data["delivery_id"],
            data["webhook_id"],
            data["event"],
            data["report_id"],
            data["state"],
            data["attempts"],
            data["failure"],
        )


def moment(text: str) -> datetime:
    """An aware datetime in the API's format."""
    return datetime.fromisoformat(text)


@dataclass(frozen=True)
class Batch:
    """One of your files.

    `good`, `double` and `refused` count its rows once it was checked; `filed` those that are reports.

    `state`: `received`, `ready` (start it), `running`, `done`, `cancelled` or `failed`. `failed` is the problem of an
    unusable file, or of one that should start automatically but is `ready` instead.
    """

    batch_id: int
    name: str
    sha256: str
    size: int
    state: str
    format: str | None
    encoding: str | None
    platform: str | None
    category: str | None
    rows: int
    good: int
    double: int
    refused: int
    filed: int
    ignored_columns: tuple[str, ...]
    notes: tuple[str, ...]
    failed: ApiProblem | None
    created_at: datetime
    validated_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is being checked or filed, so that a later query will differ."""
        return self.state in ("received", "running")

    @classmethod
    def of(cls, data: JsonObject) -> "Batch":
        failed = data["failed"]
        looked, started, ended = (
            moment(data[name]) if data[name] else None for name in ("validated_at", "started_at", "ended_at")
        )
        return cls(
            data["batch_id"],
            data["name"],
            data["sha256"],
            data["size"],
            data["state"],
            data["format"],
            data["encoding"],
            data["platform"],
            data["category"],
            data["rows"],
            data["good"],
            data["double"],
            data["refused"],
            data["filed"],
            tuple(data["ignored_columns"]),
            tuple(data["notes"]),
            ApiProblem.of(failed["status"], failed) if failed else None,
            moment(data["created_at"]),
            looked,
            started,
            ended,
        )


@dataclass(frozen=True)
class BadRow:
    """A row that will not be filed: rejected with reasons, or a duplicate of row `repeats`."""

    row: int
    repeats: int | None
    errors: tuple[FieldProblem, ...]

    @classmethod
    def of(cls, data: JsonObject) -> "BadRow":
        return cls(data["row"], data["repeats"], tuple(FieldProblem.of(one) for one in data["errors"]))


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
