"""Runs over many cases: who may see them, which cases a selection means, and what became of each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.errors import N_, NotFound
from jaga.core.locators import parse_account
from jaga.core.terms import BulkItemState, BulkKind, BulkState, Lapse, LookedAt, Severity
from jaga.records.access.clearance import visible_to
from jaga.records.access.console import LARGEST_NUMBER, READERS, listed_account
from jaga.records.access.looks import look_all
from jaga.records.access.search import SearchPlace, SearchQuery, search_cases
from jaga.records.models import BulkItem, BulkRun, Case, Platform, Subject

MOST = 500  # cases in one run: what a person can still look through
PAGE = 50
LONGEST_LINE = 300
NO_CASE = N_("No case has this number.")
NO_ACCOUNT = N_("No waiting case is about this account.")
TOO_LONG = N_("The line is too long to be a number or an account.")
NOT_TEXT = N_("The line holds characters that are not text.")
MORE = N_("More cases fit: only the first %(most)s are here.")


@dataclass(frozen=True)
class SeenRun:
    """A run as people who judge cases see it. `counts`: how many cases stand where."""

    run_id: int
    kind: BulkKind
    state: BulkState
    maker: str
    checker: str
    made_here: bool
    target: str
    legal_basis: str
    facts: str
    restrict_days: int | None
    why: str
    selected_by: str
    bad_lines: tuple[tuple[int, str, str], ...]
    created_at: datetime
    proposed_at: datetime | None
    approved_at: datetime | None
    ended_at: datetime | None
    counts: dict[BulkItemState, int]
    stopped_why: Lapse | None = None  # why it counts no longer, where nobody dropped it by hand

    @property
    def total(self) -> int:
        """Cases that the second person let through, or that would be."""
        return sum(count for state, count in self.counts.items() if state is not BulkItemState.LEFT_OUT)

    @property
    def over(self) -> int:
        """Cases of these whose turn has come."""
        return self.total - self.counts.get(BulkItemState.CHOSEN, 0)


@dataclass(frozen=True)
class SeenItem:
    """One case in a run. `account` is empty where a name alone may point at a victim."""

    item_id: int
    place: int
    state: BulkItemState
    case: Case
    account: str
    platform: str
    category: str
    severity: Severity
    due_at: datetime
    decision_id: int | None
    why: dict[str, object]
    done_at: datetime | None
    reversed_by: str


def access_run(run_id: int, *, actor: Actor) -> SeenRun:
    """The run, for people who judge cases. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    return _seen([_one(BulkRun.objects.all(), run_id)], actor)[0]


def locked_run(run_id: int, *, actor: Actor) -> BulkRun:
    """The run, held for a verb's transaction. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    return _one(BulkRun.objects.select_for_update(of=("self",)), run_id)


def _one(rows: QuerySet[BulkRun], run_id: int) -> BulkRun:
    found = rows.select_related("maker").filter(pk=run_id).first() if run_id <= LARGEST_NUMBER else None
    if found is None:
        raise NotFound
    return found


def list_runs(*, before: int | None = None, actor: Actor) -> tuple[SeenRun, ...]:
    """The newest runs of the team, one more than a page has. Raises NotPermitted."""
    actor.require(*READERS)
    rows = BulkRun.objects.order_by("-pk")
    return _seen(list(rows.filter(pk__lt=before)[:PAGE + 1] if before else rows[:PAGE + 1]), actor)


def _seen(runs: Sequence[BulkRun], actor: Actor) -> tuple[SeenRun, ...]:
    counts: dict[int, dict[BulkItemState, int]] = {run.pk: {} for run in runs}
    rows = BulkItem.objects.filter(run__in=counts).values_list("run_id", "state").annotate(Count("pk"))
    for run_id, state, count in rows.order_by():
        counts[run_id][BulkItemState(state)] = count
    named = BulkRun.objects.filter(pk__in=counts).values_list("pk", "maker__display_name", "checker__display_name")
    names = {number: (maker, checker or "") for number, maker, checker in named}
    return tuple(SeenRun(
        run.pk, BulkKind(run.kind), BulkState(run.state), *names[run.pk], run.maker_id == actor.person_id, run.target,
        run.legal_basis, run.facts, run.restrict_days, run.why, run.selected_by,
        tuple((line[0], line[1], line[2]) for line in run.bad_lines), run.created_at, run.proposed_at,
        run.approved_at, run.ended_at, counts[run.pk],
        Lapse(run.stopped_why) if run.stopped_why else None,
    ) for run in runs)


def items_of(run: SeenRun, *, after: int = 0, most: int | None = PAGE + 1, actor: Actor) -> tuple[SeenItem, ...]:
    """The run's cases after that place that this person may see, in their order. Raises NotPermitted."""
    actor.require(*READERS)
    rows = (BulkItem.objects.filter(visible_to(actor, path="case__"), run_id=run.run_id, place__gt=after)
            .order_by("place").select_related("case__subject__platform", "reversed_by"))
    shown = list(rows if most is None else rows[:most])
    look_all([row.case_id for row in shown], LookedAt.CASE, actor=actor)
    return tuple(_item(row) for row in shown)


def _item(row: BulkItem) -> SeenItem:
    case = row.case
    return SeenItem(
        row.pk, row.place, BulkItemState(row.state), case, listed_account(case, case.subject.account_id),
        case.subject.platform.display_name, case.category, Severity(case.severity), case.due_at, row.decision_id,
        row.why, row.done_at, row.reversed_by.display_name if row.reversed_by else "")


def cases_of(numbers: Sequence[int], *, actor: Actor) -> list[Case]:
    """These cases in their order, without repetition; numbers of no case, or of none for this person, are passed over.
    """
    actor.require(*READERS)
    wanted = list(dict.fromkeys(number for number in numbers if 0 < number <= LARGEST_NUMBER))
    found = {case.pk: case for case in
             Case.objects.filter(visible_to(actor), pk__in=wanted).select_related("subject__platform")}
    return [found[number] for number in wanted if number in found]


def find_cases(query: SearchQuery, *, actor: Actor) -> tuple[list[int], bool]:
    """The cases that the query finds, at most as many as a run takes, and whether there are more."""
    found: list[int] = []
    place: SearchPlace | None = None
    while len(found) < MOST:
        page = search_cases(query, after=place, actor=actor)
        found.extend(row.case_id for row in page.rows)
        place = page.after
        if place is None:
            return found[:MOST], len(found) > MOST
    return found[:MOST], True


def read_lines(lines: Sequence[str], *, actor: Actor) -> tuple[list[int], list[tuple[int, str, str]]]:
    """The cases that pasted lines mean, and the lines that mean none, each with its sentence.

    A line is a case's number or an account, on whatever platform; an account means its waiting cases.
    """
    actor.require(*READERS)
    platforms = list(Platform.objects.all())
    cases: list[int] = []
    bad: list[tuple[int, str, str]] = []
    for number, raw in enumerate(lines, 1):
        line = raw.strip()
        if not line:
            continue
        found, why = _read(line, platforms, actor)
        cases.extend(found)
        if not found:
            bad.append((number, _printable(line), why))
    return cases, bad


def _printable(line: str) -> str:
    """What the database can keep and a page can show of a line."""
    return "".join(char if char.isprintable() else "\ufffd" for char in line[:80])


def _read(line: str, platforms: Iterable[Platform], actor: Actor) -> tuple[list[int], str]:
    if len(line) > LONGEST_LINE:
        return [], TOO_LONG
    if not line.isprintable():
        return [], NOT_TEXT
    digits = line.upper().removeprefix("K").strip()
    if digits.isascii() and digits.isdigit():
        found = cases_of([int(digits)], actor=actor) if len(digits) <= 18 else []
        return [case.pk for case in found], NO_CASE
    accounts = [(one.pk, account) for one in platforms
                if (account := parse_account(one.naming, one.server_name, line))]
    subjects = [pk for platform, account in accounts for pk in Subject.objects.filter(
        platform_id=platform, account_id=account).values_list("pk", flat=True)]
    waiting = Case.objects.filter(subject__in=subjects, state__in=VOTING_STATES).order_by("rank_at", "pk")
    return [case.pk for case in cases_of(list(waiting.values_list("pk", flat=True)[:MOST]), actor=actor)], NO_ACCOUNT
