"""Queries over what watches flagged in the last days: figures, the strongest contributors, and single observations.

A query never finds an account that has no case: neither its words nor its contacts are searched, and its texts are
counted without a name. Only a look-up by two people shows them (`watch.reads.lookups`). Cases that need a
clearance the reader lacks are in no figure and no list. Each query is in the access log.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import Min, Q

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.errors import N_, JagaError, NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.reports import IndicatorKind, SourceKind
from jaga.policy.limits import CLEARED_CATEGORIES
from jaga.policy.release import load_release
from jaga.signals.models import AccountIndicator
from jaga.signals.reads.at_a_glance import never_keys
from jaga.store.codes import keys_of_short, short_key, word_numbers
from jaga.store.reads import READERS, clearances_of, log_access, visible_to
from jaga.watch.models.watches import Watch
from jaga.watch.reads.watches import SEES, number_of

PAGE = 20
TOP = 10
SECONDS = 10
"""A query that takes longer is ended, so that it holds up nobody: the worker drops old days between queries."""
_MEMORY = "32MB"
_CLOSED = "NOT EXISTS (SELECT 1 FROM records_case c WHERE c.id = f.case_id AND {})"
_UNCLEARED = "c.clearance <> '' AND c.clearance <> ALL(%(held)s)"
_UNTOLD = "(f.case_id IS NOT NULL OR f.category <> ALL(%(cleared)s))"
"""Texts that no case took say nothing of categories whose cases need a clearance."""
_NOT_NAMED = "(c.clearance <> '' OR c.victim_first) AND (c.clearance <> ALL(%(held)s) OR c.victim_first)"


class QueryTooSlow(JagaError):
    """A query was ended after `SECONDS`."""

    code = "query_too_slow"
    status = 422
    sentence = N_("The query took too long.")
    remedy = N_("Ask for fewer days, or choose a watch or a rule as well.")


class TopOf(StrEnum):
    """What the strongest contributors are counted of, besides rules, categories and watches."""

    NOTHING = ""
    ACCOUNTS = "accounts"
    CONTACTS = "contacts"


@dataclass(frozen=True)
class WatchQuery:
    """What is asked for, combined with AND. Days are those of the jurisdiction's calendar, both included.

    `words` are folded whole words. `case` and `contact` (an indicator's number) come from the lists of an answer.
    """

    first: date
    last: date
    platform: str = ""
    kind: SourceKind | None = None
    watch: int | None = None
    rule: str = ""
    category: str = ""
    words: tuple[str, ...] = ()
    case: int | None = None
    contact: int | None = None
    top: TopOf = TopOf.NOTHING

    @property
    def searches_cases(self) -> bool:
        """Whether it finds texts by what lists hide of protected cases."""
        return bool(self.words) or self.case is not None or self.contact is not None

    @property
    def looks_into_cases(self) -> bool:
        """Whether it asks for what only people see who may open cases."""
        return self.searches_cases or self.top is not TopOf.NOTHING


@dataclass(frozen=True)
class TopRow:
    """One of the strongest contributors: what it is, how many texts, and in how many a case took them.

    `key` is a rule's key with its `category`, a category, a watch's number, or a case's or contact's number.
    """

    key: str
    label: str
    texts: int
    category: str = ""


@dataclass(frozen=True)
class ObservedRow:
    """One flagged text. Words and account are empty where no case took it, or a list must not show them."""

    row_id: int
    seen_at: datetime
    watch: str
    watch_id: int
    platform: str
    rule: str
    category: str
    case_id: int | None
    reference: str
    account: str
    text: str
    protected: bool


@dataclass(frozen=True)
class WatchAnswer:
    """The answer. `days` has each day that was asked for, also without texts, as (day, texts, in cases).

    `top` are accounts or contacts, if asked for. `after`: the next page of `rows`.
    """

    texts: int
    in_cases: int
    days: tuple[tuple[date, int, int], ...]
    rules: tuple[TopRow, ...]
    categories: tuple[TopRow, ...]
    watches: tuple[TopRow, ...]
    top: tuple[TopRow, ...]
    rows: tuple[ObservedRow, ...]
    after: int | None


@dataclass(frozen=True)
class QueriedWatch:
    """A watch that can be chosen."""

    watch_id: int
    number: str
    platform: str
    platform_name: str
    kind: SourceKind


@dataclass
class _Where:
    """The condition of a query: SQL with its values."""

    parts: list[str]
    values: dict[str, Any] = field(default_factory=dict)

    def sql(self, *more: str) -> str:
        return f"FROM records_flaggedtext f WHERE {' AND '.join([*self.parts, *more])}"


def run_watch_query(query: WatchQuery, *, after: int | None = None, actor: Actor) -> WatchAnswer:
    """The answer to a query, and one page of its texts, newest first.

    Raises NotPermitted, also for words, accounts and contacts where the reader may not open cases; NotFound for a case
    or contact that the reader may not see; QueryTooSlow.
    """
    actor.require(*SEES)
    if query.looks_into_cases:
        actor.require(*READERS)
    log_access(None, AccessKind.QUERY, actor=actor)
    where = _where(query, actor)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true), set_config('work_mem', %s, true)",
                    [f"{SECONDS}s", _MEMORY],
                )
            groups = _asked(
                f"SELECT f.day, f.watch_id, f.rule, f.category, count(*), count(f.case_id) {where.sql()}"
                " GROUP BY 1, 2, 3, 4",
                where,
            )
            top = (
                _top_accounts(where)
                if query.top is TopOf.ACCOUNTS
                else _top_contacts(where, actor)
                if query.top is TopOf.CONTACTS
                else ()
            )
            rows = _rows(where, after, actor)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", "") == "57014":  # query_canceled
            raise QueryTooSlow from error
        raise
    days, rules, categories, watches = Counter[date](), Counter[tuple[str, str]](), Counter[str](), Counter[int]()
    taken = Counter[date]()
    for day, watch_id, rule, category, texts, in_cases in groups:
        days[day] += texts
        taken[day] += in_cases
        rules[rule, category] += texts
        categories[category] += texts
        watches[watch_id] += texts
    every = [date.fromordinal(one) for one in range(query.first.toordinal(), query.last.toordinal() + 1)]
    return WatchAnswer(
        days.total(),
        taken.total(),
        tuple((day, days[day], taken[day]) for day in every),
        tuple(TopRow(rule, "", texts, category) for (rule, category), texts in rules.most_common(TOP)),
        tuple(TopRow(category, "", texts) for category, texts in categories.most_common(TOP)),
        tuple(TopRow(str(one), number_of(one), texts) for one, texts in watches.most_common(TOP)),
        top,
        tuple(rows[:PAGE]),
        rows[PAGE - 1].row_id if len(rows) > PAGE else None,
    )


def queried_watches(*, actor: Actor) -> tuple[QueriedWatch, ...]:
    """All watches that were started, newest first. Raises NotPermitted."""
    actor.require(*SEES)
    rows = Watch.objects.filter(started_at__isnull=False).select_related("platform").order_by("-pk")
    return tuple(
        QueriedWatch(row.pk, number_of(row.pk), row.platform.display_name, row.platform.name, SourceKind(row.kind))
        for row in rows
    )


def may_look_into_cases(actor: Actor) -> bool:
    """Whether this person can ask for words, accounts and contacts."""
    return bool(actor.roles.intersection(READERS))


def _asked(statement: str, where: _Where, **more: int | None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**where.values, **more})
        return list(cursor.fetchall())


def _where(query: WatchQuery, actor: Actor) -> _Where:
    where = _Where(
        ["f.day BETWEEN %(first)s AND %(last)s"],
        {"first": query.first, "last": query.last, "held": ["", *(one.value for one in clearances_of(actor))]},
    )
    if query.platform or query.kind or query.watch is not None:
        rows = Watch.objects.all()
        if query.platform:
            rows = rows.filter(platform__name=query.platform)
        if query.kind:
            rows = rows.filter(kind=query.kind)
        if query.watch is not None:
            rows = rows.filter(pk=query.watch)
        where.parts.append("f.watch_id = ANY(%(watches)s)")
        where.values["watches"] = list(rows.values_list("pk", flat=True))
    for name in ("rule", "category"):
        if value := getattr(query, name):
            where.parts.append(f"f.{name} = %({name})s")
            where.values[name] = value
    if query.words:
        where.parts.append("f.words @> %(words)s")
        where.values["words"] = word_numbers(" ".join(query.words))
    if query.case is not None:
        if not _named_cases(actor).filter(pk=query.case).exists():
            raise NotFound
        where.parts.append("f.case_id = %(case)s")
        where.values["case"] = query.case
    if query.contact is not None:
        key = _shown_contacts(actor).filter(pk=query.contact).values_list("key", flat=True).first()
        if key is None:
            raise NotFound
        where.parts.append("f.contacts @> ARRAY[%(contact)s::bigint]")
        where.values["contact"] = short_key(bytes(key))
    where.parts.append(_UNTOLD)
    where.values["cleared"] = sorted(CLEARED_CATEGORIES)
    where.parts.append(_CLOSED.format(_NOT_NAMED if query.searches_cases else _UNCLEARED))
    return where


def _named_cases(actor: Actor) -> Any:
    """The cases whose account a list may name to this person."""
    return Case.objects.filter(visible_to(actor), victim_first=False)


def _shown_contacts(actor: Actor) -> Any:
    protected = Case.objects.filter(victim_first=True).values("subject")
    return (
        AccountIndicator.objects.filter(kind=IndicatorKind.CONTACT)
        .filter(Q(report__isnull=True) | visible_to(actor, path="report__case__"))
        .exclude(subject__in=protected)
        .exclude(key__in=never_keys(load_release()))
    )


def _top_accounts(where: _Where) -> tuple[TopRow, ...]:
    found = _asked(
        f"SELECT max(f.case_id), count(*) {where.sql('f.case_id IS NOT NULL', _CLOSED.format(_NOT_NAMED))}"
        " GROUP BY f.account ORDER BY 2 DESC, 1 LIMIT %(most)s",
        where,
        most=TOP,
    )
    names = dict(Case.objects.filter(pk__in=[case_id for case_id, _ in found]).values_list("pk", "subject__account_id"))
    return tuple(TopRow(str(case_id), names[case_id], texts) for case_id, texts in found if case_id in names)


def _top_contacts(where: _Where, actor: Actor) -> tuple[TopRow, ...]:
    """The contacts that the desk shows, masked as there; what no indicator knows any more is left out."""
    texts = where.sql("f.contacts <> '{}'", _CLOSED.format(_NOT_NAMED))
    found = _asked(
        f"SELECT k.key, count(*) FROM (SELECT f.contacts {texts}) t, unnest(t.contacts) AS k(key)"  # noqa: S608
        " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT %(most)s",
        where,
        most=3 * TOP,
    )
    among = reduce(or_, (Q(key__range=keys_of_short(key)) for key, _ in found), Q(pk=None))
    known = {
        short_key(bytes(row["key"])): row
        for row in _shown_contacts(actor).filter(among).values("key").annotate(first=Min("pk"), shown=Min("masked"))
    }
    return tuple(TopRow(str(known[key]["first"]), known[key]["shown"], texts) for key, texts in found if key in known)[
        :TOP
    ]


def _rows(where: _Where, after: int | None, actor: Actor) -> list[ObservedRow]:
    """A page and one more row."""
    beyond = ("f.id < %(after)s",) if after is not None else ()
    found = _asked(
        f"SELECT f.id, f.seen_at, f.watch_id, f.rule, f.category, f.case_id, f.report_id"
        f" {where.sql(*beyond)} ORDER BY f.day DESC, f.id DESC LIMIT %(most)s",
        where,
        most=PAGE + 1,
        after=after,
    )
    watches = {row.pk: row for row in Watch.objects.filter(pk__in={row[2] for row in found}).select_related("platform")}
    reads = bool(actor.roles.intersection(READERS))
    cases: Mapping[int, Case] = (
        Case.objects.filter(visible_to(actor)).select_related("subject").in_bulk({row[5] for row in found if row[5]})
        if reads
        else {}
    )
    texts = {
        row.pk: row.published
        for row in Report.objects.filter(
            pk__in=[row[6] for row in found if row[5] in cases and not cases[row[5]].victim_first]
        )
    }
    rows = []
    for row_id, seen_at, watch_id, rule, category, case_id, report_id in found:
        case, watch = cases.get(case_id), watches[watch_id]
        hidden = case is None or case.victim_first
        rows.append(
            ObservedRow(
                row_id,
                seen_at,
                number_of(watch_id),
                watch_id,
                watch.platform.display_name,
                rule,
                category,
                case.pk if case else None,
                case.reference if case else "",
                "" if hidden or case is None else case.subject.account_id,
                texts.get(report_id, "") if not hidden else "",
                case is not None and case.victim_first,
            )
        )
    return rows
