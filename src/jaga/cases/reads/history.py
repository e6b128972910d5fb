"""The ledger for staff: a case's history, and whether sequencing and signing keep up. Read only.

Other cases of the same account and of linked accounts, as the case page lists them.

Earlier decisions and strikes of an account, which a person opens only after they have read this report.

Whoever knows that an account was closed before reads the next report about it differently. So a case that somebody
can still vote on shows neither, until the person asks for them, and the access log keeps that they did. Search, a
page of copies and the decided case itself keep back the same (`kept_back` beside this), and so do ban evasion matches,
which name a measure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet, Subquery

from jaga.cases.models.cases import Case, LinkedAccount, Subject
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.reads.case_view import STAGES, CaseStage, CaseView, row_of, taken_for_blind_review, takes_case
from jaga.cases.reads.decisions import StrikesView, matches_in_force, strikes_of
from jaga.cases.reads.gate import access_open_case, has_voted, saw_earlier
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.core.terms.outside import Invariant, RowFaultKind
from jaga.core.terms.people import Role
from jaga.people.models import Person
from jaga.quality.models import AccessEvent, Tally
from jaga.store.models import LedgerCheckpoint, LedgerEntry, LedgerFault
from jaga.store.reads import READERS, log_access, number_of, visible_to

SEALED = (
    "cast_vote",
    "restrict_at_once",
    "restrict_first",
    "announce_closure",
    "restriction_over",
    "agree_decision",
    "halt_decision",
    "undo_decision",
    "withdraw_vote",
    "start_undo_window",
    "resume_decision",
    "decide_ban_evasion_match",
    "link_account",
    "unlink_account",
    "check_youth",
    "answer_youth_check",
    "undo_youth_check",
    "open_picture",
    "open_request_letter",
    "take_over_lease",
)
VERIFIED = "ledger_verified"
"""The name under which the last verification is kept: its entries and rows, and its problems with each."""
ROW_FAULTS = "ledger_row_faults"
"""The name under which the first rows are kept that differed: as kind, part and number, like `edited vote 17`."""
INVARIANTS = "invariants"
"""The name under which the nightly count of each invariant is kept: as its term and the first case that breaks it."""
PAGE = 50
LOOKED_THROUGH = 500_000
"""Entries that one page of a filtered ledger reads at most; the next page goes on below."""
_UNEVEN = 10_000
"""How far numbers and moments of entries that are written at once can be out of step."""


@dataclass(frozen=True)
class LedgerEntryView:
    """One entry.

    `actor` is a person's name or a ledger name (`system`, `public`, `holder`, `cli`).

    `account` names the account concerned in the history of a case with several.
    """

    number: int
    at: datetime
    verb: str
    actor: str
    case_id: int | None
    payload: Mapping[str, object]
    seq: int | None
    account: str = ""


@dataclass(frozen=True)
class InvariantCount:
    """How many cases broke an invariant when it was last counted, and the first one (0: none)."""

    invariant: Invariant
    broken: int
    first: int
    counted_at: datetime


@dataclass(frozen=True)
class LedgerStatus:
    """How far the ledger is linked and signed."""

    linked: int
    unlinked: int
    oldest_unlinked: datetime | None
    checkpoint_size: int | None
    checkpoint_at: datetime | None
    checkpoint_hash: str
    faults: int = 0
    verified_at: datetime | None = None  # When the whole ledger was last read and checked.
    verified_entries: int = 0
    verified_problems: int = 0
    verified_rows: int | None = None  # How many rows were compared with their entries; None: it was left out.
    row_faults: int = 0
    first_row_faults: tuple[tuple[RowFaultKind, str, int], ...] = ()  # The kind, the part of a table, the row's id.
    invariants: tuple[InvariantCount, ...] = ()


@dataclass(frozen=True)
class LedgerFilter:
    """Which entries an auditor looks for; None leaves a part open. `until` is the first moment that is too late."""

    verbs: frozenset[str] | None = None
    actors: frozenset[str] | None = None
    case_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


ANY_ENTRY = LedgerFilter()


@dataclass(frozen=True)
class LedgerPage:
    """One page of entries, newest first; older ones stand below number `older` (None: there are none)."""

    entries: tuple[LedgerEntryView, ...]
    older: int | None


@takes_case
def history_of(
    case: Case, *, names_accounts: bool = False, most: int | None = None, actor: Actor
) -> tuple[LedgerEntryView, ...]:
    """The history of a case already fetched with a permission check: the newest `most` entries, newest first, without
    sealed votes.

    `names_accounts` (for staff who judge) adds the account each entry concerns where there are several.
    """
    entries = _view(_unsealed(LedgerEntry.objects.filter(case_ref=case.pk), actor).order_by("-pk")[:most])
    if not names_accounts:
        return entries
    subjects = dict(
        Subject.objects.filter(Q(linked_to__case=case) | Q(pk=case.subject_id)).values_list("pk", "account_id")
    )
    actions = dict(Action.objects.filter(decision__case=case).values_list("pk", "decision__subject__account_id"))
    return tuple(replace(entry, account=_about(entry, subjects, actions)) for entry in entries)


def _about(entry: LedgerEntryView, subjects: Mapping[int, str], actions: Mapping[int, str]) -> str:
    subject, action = entry.payload.get("subject"), entry.payload.get("action")
    if isinstance(action, int):
        return actions.get(action, "")
    return subjects.get(subject, "") if isinstance(subject, int) else ""


def list_entries(wanted: LedgerFilter = ANY_ENTRY, *, before: int | None = None, actor: Actor) -> LedgerPage:
    """One page of the ledger, newest first. Raises NotPermitted for anyone but an auditor.

    Reads at most `LOOKED_THROUGH` entries: with a filter a page can be empty although `older` ones may match.
    """
    actor.require(Role.AUDITOR)
    rows = LedgerEntry.objects.all()
    top = before if before is not None else (rows.aggregate(last=Max("pk"))["last"] or 0) + 1
    lowest = 1
    if wanted.until is not None:
        top = min(top, _first_since(wanted.until) + _UNEVEN)
    if wanted.since is not None:
        lowest = max(lowest, _first_since(wanted.since) - _UNEVEN)
    bottom = lowest if wanted.case_id is not None else max(lowest, top - LOOKED_THROUGH)
    found = _view(_wanted(_unsealed(rows, actor), wanted).filter(pk__lt=top, pk__gte=bottom).order_by("-pk")[:PAGE])
    if len(found) == PAGE:
        return LedgerPage(found, found[-1].number)
    return LedgerPage(found, bottom if bottom > lowest else None)


def _wanted(rows: QuerySet[LedgerEntry], wanted: LedgerFilter) -> QuerySet[LedgerEntry]:
    if wanted.verbs is not None:
        rows = rows.filter(verb__in=wanted.verbs)
    if wanted.actors is not None:
        rows = rows.filter(actor__in=wanted.actors)
    if wanted.case_id is not None:
        rows = rows.filter(case_ref=wanted.case_id)
    if wanted.since is not None:
        rows = rows.filter(at__gte=wanted.since)
    return rows.filter(at__lt=wanted.until) if wanted.until is not None else rows


def _first_since(moment: datetime) -> int:
    """About the number of the first entry from this moment on, by halving: numbers rise with time, give or take those
    that are written at once.
    """
    low, high = 1, (LedgerEntry.objects.aggregate(last=Max("pk"))["last"] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        at = LedgerEntry.objects.filter(pk__gte=middle).order_by("pk").values_list("at", flat=True).first()
        if at is None or at >= moment:
            high = middle
        else:
            low = middle + 1
    return low


def people_called(name: str, *, actor: Actor) -> frozenset[str]:
    """The ledger's names of people whose display name contains this. Raises NotPermitted for anyone but an auditor."""
    actor.require(Role.AUDITOR)
    numbers = Person.objects.filter(display_name__icontains=name).order_by("pk").values_list("pk", flat=True)[:PAGE]
    return frozenset(f"person:{number}" for number in numbers)


def _unsealed(rows: QuerySet[LedgerEntry], actor: Actor) -> QuerySet[LedgerEntry]:
    """Rows without sealed votes for anyone who could still vote. A person who is only an auditor never votes."""
    if not actor.roles.intersection(READERS):
        return rows
    # Looked up entry by entry: as a list, PostgreSQL would read every undecided case first.
    undecided = Case.objects.filter(pk=OuterRef("case_ref"), state__in=SEALED_STATES)
    return rows.exclude(Exists(undecided), verb__in=SEALED)


def _view(rows: Iterable[LedgerEntry]) -> tuple[LedgerEntryView, ...]:
    entries = list(rows)
    numbers = {int(row.actor[7:]) for row in entries if row.actor.startswith("person:")}
    names = dict(Person.objects.filter(pk__in=numbers).values_list("pk", "display_name"))
    return tuple(
        LedgerEntryView(
            row.pk,
            row.at,
            row.verb,
            names.get(int(row.actor[7:]), row.actor) if row.actor.startswith("person:") else row.actor,
            row.case_ref,
            row.payload,
            row.seq,
        )
        for row in entries
    )


def see_ledger_status(*, actor: Actor) -> LedgerStatus:
    """The ledger's status. Raises NotPermitted for anyone who neither audits nor administers."""
    actor.require(Role.AUDITOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
    linked = LedgerEntry.objects.aggregate(size=Max("seq"))["size"] or 0
    waiting = waiting_entries().aggregate(count=Count("pk"), oldest=Min("at"))
    last = LedgerCheckpoint.objects.order_by("-size").first()
    verified = {
        key: (number, at)
        for key, number, at in Tally.objects.filter(name=VERIFIED).values_list("key", "number", "counted_at")
    }
    size, at = verified.get("entries", (0, None))
    return LedgerStatus(
        linked,
        waiting["count"],
        waiting["oldest"],
        last.size if last else None,
        last.at if last else None,
        last.hash if last else "",
        count_ledger_faults(),
        at,
        size,
        verified.get("problems", (0, None))[0],
        verified.get("rows", (None, None))[0],
        verified.get("row_faults", (0, None))[0],
        _first_row_faults(),
        counted_invariants(),
    )


def _first_row_faults() -> tuple[tuple[RowFaultKind, str, int], ...]:
    rows = Tally.objects.filter(name=ROW_FAULTS).order_by("pk").values_list("key", "number")
    named = ((key.split(" "), number) for key, number in rows)
    return tuple((RowFaultKind(words[0]), words[1], number) for words, number in named)


def counted_invariants() -> tuple[InvariantCount, ...]:
    """The last nightly count of each invariant; empty before the first night."""
    found = []
    for row in Tally.objects.filter(name=INVARIANTS).order_by("pk"):
        term, first = row.key.split(" ")
        found.append(InvariantCount(Invariant(term), row.number, int(first), row.counted_at))
    return tuple(found)


def count_verified_differences() -> int:
    """How many problems the last verification of the ledger and its rows found."""
    return sum(Tally.objects.filter(name=VERIFIED, key__in=("problems", "row_faults")).values_list("number", flat=True))


def waiting_entries() -> QuerySet[LedgerEntry]:
    """Entries the sequencer still has to link, without those set aside."""
    return LedgerEntry.objects.filter(~Exists(LedgerFault.objects.filter(entry_ref=OuterRef("pk"))), seq__isnull=True)


def count_ledger_faults() -> int:
    """Ledger faults found by the sequencer that nobody has reviewed."""
    return LedgerFault.objects.filter(acknowledged_at__isnull=True).count()


OTHERS_SHOWN = 20
UNDECIDED = frozenset({CaseStage.NEW, CaseStage.REVIEW, CaseStage.SUPERVISOR, CaseStage.COMMITTING})


@dataclass(frozen=True)
class OtherCase:
    """Another case of the same account or of a linked one; `account` names the linked one."""

    case_id: int
    reference: str
    account: str
    category: str
    stage: CaseStage
    opened_at: datetime
    outcome: DecisionKind | None

    @property
    def is_decided(self) -> bool:
        """Whether it is decided, as far as staff may know."""
        return self.stage not in UNDECIDED

    @property
    def is_judged(self) -> bool:
        """Whether votes about it are over: that an irreversible decision waits to take effect says what it is."""
        return self.is_decided or self.stage is CaseStage.COMMITTING


@takes_case
def others_of(case: Case, *, actor: Actor) -> tuple[OtherCase, ...]:
    """Other cases of the reported account and of linked accounts, newest first, without those whose clearance the actor
    lacks.
    """
    linked, blind = LinkedAccount.objects.filter(withdrawn_at__isnull=True), taken_for_blind_review(actor)
    subjects = [case.subject_id, *linked.filter(case=case).values_list("subject_id", flat=True)]
    # Filter by ids: a subquery makes PostgreSQL scan the whole table of a million cases.
    elsewhere = list(linked.filter(subject_id__in=subjects).values_list("case_id", flat=True))
    outcome = Decision.objects.filter(case=OuterRef("pk"), subject_id__in=subjects).order_by("-pk").values("kind")
    rows = (
        Case.objects.filter(visible_to(actor), Q(subject_id__in=subjects) | Q(pk__in=elsewhere))
        .exclude(pk=case.pk)
        .select_related("subject")
        .annotate(outcome=Subquery(outcome[:1]))
        .order_by("-pk")[:OTHERS_SHOWN]
    )
    return tuple(
        OtherCase(
            row.pk,
            row.reference,
            "" if row.subject_id == case.subject_id else row.subject.account_id,
            row.category,
            STAGES[CaseState(row.state)],
            row.opened_at,
            _outcome(row.outcome, row) if row.pk not in blind else None,
        )
        for row in rows
    )


def _outcome(kind: str | None, case: Case) -> DecisionKind | None:
    """The decision. A canary case reads as dismissed, as in search, since it rests on no vote."""
    return DecisionKind(kind) if kind else DecisionKind.DISMISS if case.canary else None


class NotReadYet(Conflict):
    """The person has not opened this case yet."""

    code = "not_read_yet"
    sentence = N_("Read this report first.")
    remedy = N_("Open the case. Earlier decisions are below its reports.")


@dataclass(frozen=True)
class EarlierView:
    """What was decided about the account before: its other cases that are decided, and its strikes in force.

    `alike` is the number of ban evasion matches, which the case page shows from now on.
    """

    decided: tuple[OtherCase, ...]
    strikes: StrikesView
    alike: int


@takes_case
def is_open(case: Case, *, actor: Actor) -> bool:
    """Whether earlier decisions are shown with the case: it is decided, or the actor has voted or asked for them."""
    return case.decided_at is not None or has_voted(case, actor=actor) or saw_earlier(case, actor=actor)


def access_earlier(case_id: int, *, actor: Actor) -> tuple[CaseView, EarlierView]:
    """The case and what was decided before, which is recorded as an access of its own.

    Raises NotPermitted, NotFound, JudgedBlind, and NotReadYet for whoever has never opened the case itself.
    """
    actor.require(*READERS)
    case = access_open_case(case_id, actor=actor)
    if not AccessEvent.objects.filter(person_id=number_of(actor), case=case.pk, what=AccessKind.CASE).exists():
        raise NotReadYet
    log_access(row_of(case), AccessKind.EARLIER, actor=actor)
    return case, earlier_of(case, actor=actor)


@takes_case
def earlier_of(case: Case, *, actor: Actor) -> EarlierView:
    """What was decided before about the account of a case already fetched with a permission check."""
    decided = tuple(one for one in others_of(case, actor=actor) if one.is_decided)
    alike = matches_in_force().filter(visible_to(actor, path="earlier_case__"), case=case).count()
    return EarlierView(decided, strikes_of(case, actor=actor), alike)
