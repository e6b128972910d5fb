"""The mailboxes of a case as the team sees them, one per report.

Letters to reporters that wait since a row that they rest on was changed past Jaga: the entries that say so.

What was refused or held back because a row that it rests on was changed past Jaga: the entries that say so.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import CaseView, row_of, takes_case
from jaga.cases.reads.gate import SHOWN, LeaseView, ReportLine, access_case
from jaga.cases.reads.history import count_verified_differences
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.outside import RefusedAct
from jaga.core.terms.people import Role
from jaga.core.terms.reports import MessageKind
from jaga.reporting.models import QuoteConsent, ReportMessage
from jaga.store.models import LedgerEntry
from jaga.store.reads import log_access, visible_to

HOLD, ACKNOWLEDGE, SEND = "hold_letters", "acknowledge_held_letters", "send_held_letters"
"""The verbs of the entries: held, a supervisor wants them sent, done."""


@dataclass(frozen=True)
class HeldLetters:
    """Letters of a case that were held. `letters` says which: `outcome`, `settled`, or the key of the letter before.

    `reports` are those concerned, where not all of the case are. `part` and `number` name the row that differed.
    """

    hold_id: int
    case_id: int
    letters: str
    part: str
    number: int
    reports: tuple[int, ...]
    held_at: datetime


@dataclass(frozen=True)
class HeldLettersView:
    """The same for the page of a supervisor. `acknowledged`: the worker sends them within a minute."""

    hold_id: int
    case_id: int
    reference: str
    part: str
    number: int
    held_at: datetime
    acknowledged: bool


def pending_holds() -> QuerySet[LedgerEntry]:
    """The entries of letters that were held and not sent since, the oldest first."""
    return entries_without_end(HOLD, SEND, "hold")


def entries_without_end(verb: str, end: str, key: str) -> QuerySet[LedgerEntry]:
    """The entries of `verb` about cases that no entry of `end` names as `key` in its payload, the oldest first."""
    ended = (
        LedgerEntry.objects.filter(verb=end, case_ref=OuterRef("case_ref"))
        .alias(named=Cast(KeyTextTransform(key, "payload"), BigIntegerField()))
        .filter(named=OuterRef("pk"))
    )
    return LedgerEntry.objects.filter(~Exists(ended), verb=verb, case_ref__isnull=False).order_by("pk")


def as_held(row: LedgerEntry) -> HeldLetters:
    """The entry as a value."""
    assert row.case_ref is not None
    payload = row.payload
    return HeldLetters(
        row.pk,
        row.case_ref,
        str(payload.get("letters", "outcome")),
        str(payload["part"]),
        int(payload["number"]),
        tuple(payload.get("reports", ())),
        row.at,
    )


def acknowledged_rows(case_id: int) -> set[tuple[str, int]]:
    """The rows of which a supervisor said that letters of this case go out although they differ."""
    payloads = LedgerEntry.objects.filter(verb=ACKNOWLEDGE, case_ref=case_id).values_list("payload", flat=True)
    return {(str(one["part"]), int(one["number"])) for one in payloads}


def list_held_letters(*, actor: Actor) -> tuple[HeldLettersView, ...]:
    """Letters that wait, the oldest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    return tuple(_views_of_held_letters(actor))


def _views_of_held_letters(actor: Actor) -> Iterator[HeldLettersView]:
    cases = Case.objects.filter(visible_to(actor)).in_bulk(
        list(pending_holds().values_list("case_ref", flat=True)[:SHOWN])
    )
    for one in map(as_held, pending_holds().filter(case_ref__in=cases)[:SHOWN]):
        yield HeldLettersView(
            one.hold_id,
            one.case_id,
            cases[one.case_id].reference,
            one.part,
            one.number,
            one.held_at,
            (one.part, one.number) in acknowledged_rows(one.case_id),
        )


def access_held_letters(hold_id: int, *, actor: Actor) -> HeldLetters:
    """Letters that wait, for a supervisor who may see the case. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    row = pending_holds().filter(pk=hold_id, case_ref__in=Case.objects.filter(visible_to(actor)).values("pk")).first()
    if row is None:
        raise NotFound
    held = as_held(row)
    log_access(held.case_id, AccessKind.CASE, actor=actor)
    return held


@dataclass(frozen=True)
class MailboxMessageView:
    """One message. `closed`: it may speak of a victim and is shown only to the lease holder."""

    number: int
    from_us: bool
    kind: MessageKind
    text: str
    closed: bool
    by: str  # The team member or officer; empty for a reporter.
    at: datetime
    read_at: datetime | None


@dataclass(frozen=True)
class ConsentView:
    """A sentence its reporter was asked to release for quoting: `asked`, `yes`, `no`, `withdrawn` or `used`."""

    number: int
    sentence: str
    state: str


@dataclass(frozen=True)
class MailboxView:
    """One report's mailbox. `reachable`: someone can be asked."""

    report_id: int
    reachable: bool
    withdrawn_at: datetime | None
    messages: tuple[MailboxMessageView, ...]
    consents: tuple[ConsentView, ...] = ()

    @property
    def new(self) -> int:
        """Unread messages to the team."""
        return sum(1 for message in self.messages if not message.from_us and message.read_at is None)


@takes_case
def mailboxes_of(
    case: Case,
    reports: Collection[ReportLine],
    lease: LeaseView | None,
    *,
    written: bool,
) -> dict[int, MailboxView]:
    """The mailboxes of these reports by report id.

    `lease` is the lease as the actor sees it; `written` says whether the case has any message.
    """
    closed = case.victim_first and not (lease and lease.mine)
    messages: dict[int, list[MailboxMessageView]] = defaultdict(list)
    numbers = [report.report_id for report in reports]
    found = ReportMessage.objects.filter(report__in=numbers).select_related("by").order_by("pk") if written else ()
    for row in found:
        hidden = closed and not row.from_us and bool(row.text)
        messages[row.report_id].append(
            MailboxMessageView(
                row.pk,
                row.from_us,
                MessageKind(row.kind),
                "" if hidden else row.text,
                hidden,
                row.by.display_name if row.by else "",
                row.at,
                row.read_at,
            )
        )
    asked = consents_of(numbers) if written and not case.victim_first else {}
    return {
        report.report_id: MailboxView(
            report.report_id,
            report.reachable,
            report.withdrawn_at,
            tuple(messages[report.report_id]),
            asked.get(report.report_id, ()),
        )
        for report in reports
    }


def consents_of(report_ids: Collection[int]) -> dict[int, tuple[ConsentView, ...]]:
    """Consent requests to the senders of these reports, by report id."""
    found: dict[int, list[ConsentView]] = defaultdict(list)
    for row in QuoteConsent.objects.filter(report__in=report_ids).order_by("pk"):
        state = (
            "withdrawn"
            if row.withdrawn_at
            else "used"
            if row.used_at
            else "asked"
            if row.agreed is None
            else "yes"
            if row.agreed
            else "no"
        )
        found[row.report_id].append(ConsentView(row.pk, row.sentence, state))
    return {number: tuple(rows) for number, rows in found.items()}


@takes_case
def last_new_of(case: Case) -> int:
    """The id of the newest unread message to the team, or 0."""
    new = ReportMessage.objects.filter(report__case=case, from_us=False, read_at__isnull=True)
    return new.order_by("-pk").values_list("pk", flat=True).first() or 0


@takes_case
def newest_message_of(case: Case) -> int:
    """The id of the newest message to the team, or 0."""
    messages = ReportMessage.objects.filter(report__case=case, from_us=False)
    return messages.order_by("-pk").values_list("pk", flat=True).first() or 0


def access_report_in(case_id: int, report_id: int, *, actor: Actor) -> CaseView:
    """The case, for staff who judge it, if it contains this report. Raises NotPermitted, NotFound."""
    case = access_case(case_id, actor=actor)
    if not Report.objects.filter(pk=report_id, case=row_of(case)).exists():
        raise NotFound
    return case


REFUSE, END = "refuse_rows", "end_refusal"
"""The verbs of the entries: refused; the row is as recorded again."""
HOLD_FIGURES, RELEASE_FIGURES = "hold_figures", "release_figures"
"""The verbs of the entries: no period of the public figures is closed any more; they are closed again."""


@dataclass(frozen=True)
class HeldBack:
    """Letters that wait, exports and letters that were refused, and whether public figures wait."""

    letters: int = 0
    refusals: int = 0
    figures: bool = False

    @property
    def count(self) -> int:
        """How many letters, exports and letters that people asked for."""
        return self.letters + self.refusals


@dataclass(frozen=True)
class RefusalView:
    """What was refused in a case, and the row that differed, for the page of a supervisor."""

    case_id: int
    reference: str
    act: RefusedAct
    part: str
    number: int
    refused_at: datetime


def open_refusals() -> QuerySet[LedgerEntry]:
    """The entries of refusals whose row has not been seen as recorded since, the oldest first."""
    return entries_without_end(REFUSE, END, "refusal")


def count_held_back() -> HeldBack:
    """The numbers, for the health check."""
    return HeldBack(pending_holds().count(), open_refusals().count(), bool(count_verified_differences()))


def see_held_back(*, actor: Actor) -> HeldBack:
    """The numbers. Raises NotPermitted for anyone but supervisors, administrators and auditors."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
    return count_held_back()


def list_refusals(*, actor: Actor) -> tuple[RefusalView, ...]:
    """What was refused and would be again, the oldest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    return tuple(_views_of_row_refusals(actor))


def _views_of_row_refusals(actor: Actor) -> Iterator[RefusalView]:
    cases = Case.objects.filter(visible_to(actor)).in_bulk(
        list(open_refusals().values_list("case_ref", flat=True)[:SHOWN])
    )
    for row in open_refusals().filter(case_ref__in=cases)[:SHOWN]:
        case = cases[row.case_ref or 0]
        yield RefusalView(
            case.pk,
            case.reference,
            RefusedAct(row.payload["act"]),
            str(row.payload["part"]),
            int(row.payload["number"]),
            row.at,
        )
