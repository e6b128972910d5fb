"""Requests and responses as frozen values. Fields added by later versions are ignored."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from jaga.client.errors import ApiProblem

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
