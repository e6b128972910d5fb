"""What comes in as a report, and what its sender is told: plain values, used by every door."""

from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from jaga.casework.cases.evidence import Upload
from jaga.casework.kernel.ledger import promise_of
from jaga.core.terms import Channel, Language, ReporterCapacity, ReportForm, ReportRoute


@dataclass(frozen=True)
class NewReport:
    """A report as the form or a client gave it. Only platform, account and category are needed.

    With name, contact, screenshot, text and good faith it is a notice (MR5 art. 15(2)); otherwise a report, which is
    handled all the same. `source` is what makes its voice independent: a contact, or the network it came from.
    """

    platform: str
    account: str
    category: str
    source: str = field(repr=False)
    text: str = ""  # their own words
    excerpt: str = ""  # what the account published, as they say: a claim
    published: str = ""  # what it published, given by its platform or seen by us: no door of reporters sets it
    links: tuple[str, ...] = ()
    screenshots: tuple[Upload, ...] = field(default=(), repr=False)
    name: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    good_faith: bool = False
    conduct_on: date | None = None
    language: Language = Language.INDONESIAN
    network: str = field(default="", repr=False)  # only a keyed hash of it is kept
    route: ReportRoute = ReportRoute.ORDINARY
    share_identity: bool = False  # agencies may learn who sent it
    device_hashes: tuple[str, ...] = ()  # SHA-256 of pictures that never left the reporter's device
    picked: tuple[str, ...] = field(default=(), repr=False)  # the lines of a chat that the reporter picked
    lets_pass: bool = False  # of a file that we bring in ourselves: everybody else's get their cases first
    channel: Channel = Channel.PUBLIC
    organisation_id: int | None = None
    officer_id: int | None = None
    reference: str = ""  # the sender's own number
    # as whom, where only certain people may report (`casework.people.reporting_rights`)
    capacity: ReporterCapacity | None = None

    @property
    def has_files(self) -> bool:
        """Whether something is to be sealed that no column of the report keeps: it is filed at once."""
        return bool(self.screenshots or self.picked or self.device_hashes)


@dataclass(frozen=True)
class AcceptedReport:
    """What the sender of an accepted report is told: the receipt once, the deadline, the signed promise of the ledger.

    Given only after the commit. Its case comes later, and is no secret of the receipt's holder.
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
        """The signed promise that this report's entry will stand in the ledger."""
        return promise_of(self.entry_id, self.entry_hash, self.entered_at)


@dataclass(frozen=True)
class FiledReport:
    """What the sender is told where report and case are one commit."""

    report_id: int
    case_id: int
    case_reference: str
    due_at: datetime
    form: ReportForm
    receipt: str = field(repr=False)
    ledger_promise: str = field(repr=False)
