"""The values that every channel shares: a new report, and what its sender gets back."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from jaga.casework.cases.evidence import Upload
from jaga.casework.kernel.promises import promise_of
from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, ReporterCapacity, ReportForm, ReportRoute
from jaga.policy.jurisdiction import default_language


@dataclass(frozen=True)
class NewReport:
    """A report as submitted.

    Only platform, account and category are required.

    With name, contact, screenshot, text and good faith it is a notice (MR5 art. 15(2)), otherwise a report, which is
    handled as well. `source` (a contact or network) identifies the sender when independent sources are counted.
    """

    platform: str
    account: str
    category: str
    source: str = field(repr=False)
    text: str = ""  # the sender's own words
    excerpt: str = ""  # what the account published according to the sender: a claim
    # what the account published, as given by its platform or seen by us; no reporting channel sets it
    published: str = ""
    links: tuple[str, ...] = ()
    screenshots: tuple[Upload, ...] = field(default=(), repr=False)
    name: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    good_faith: bool = False
    conduct_on: date | None = None
    language: Language = field(default_factory=default_language)
    network: str = field(default="", repr=False)  # stored only as a keyed hash
    route: ReportRoute = ReportRoute.ORDINARY
    share_identity: bool = False  # agencies may learn the reporter's identity
    device_hashes: tuple[str, ...] = ()  # SHA-256 of pictures that stayed on the reporter's device
    picked: tuple[str, ...] = field(default=(), repr=False)  # chat lines that the reporter selected
    lets_pass: bool = False  # from a file of our own: all other reports are filed first
    channel: Channel = Channel.PUBLIC
    organisation_id: int | None = None
    officer_id: int | None = None
    reference: str = ""  # the sender's own reference
    # for categories that only certain people may report (`casework.people.reporting_rights`)
    capacity: ReporterCapacity | None = None

    @property
    def has_files(self) -> bool:
        """Whether the report has content that is only stored as evidence, so that it must be filed at once."""
        return bool(self.screenshots or self.picked or self.device_hashes)


@dataclass(frozen=True)
class AcceptedReport:
    """What the sender of an accepted report gets: receipt (once), deadline, and signed promise of the ledger.

    Returned only after the commit. The case is created later; whoever has the receipt may know its number.
    """

    report_id: int
    form: ReportForm
    due_at: datetime
    receipt: str = field(repr=False)
    entry_id: int = field(repr=False)
    entry_hash: str = field(repr=False)
    entered_at: datetime = field(repr=False)

    @cached_property
    def ledger_promise(self) -> str:
        """The signed promise that this report's ledger entry will be linked."""
        return promise_of(self.entry_id, self.entry_hash, self.entered_at)


@dataclass(frozen=True)
class FiledReport:
    """What the sender gets where report and case are created in one commit."""

    report_id: int
    case_id: int
    case_reference: str
    due_at: datetime
    form: ReportForm
    receipt: str = field(repr=False)
    ledger_promise: str = field(repr=False)
