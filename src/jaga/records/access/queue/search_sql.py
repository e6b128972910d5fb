"""The SQL of a search, so that its time is bounded whatever somebody looks for among millions of cases.

Few matches are all fetched and sorted: few by their words, or few by their rows (a number, a contact, a span of time).
Where both are many, the order's own index is walked instead: a page of them is found after a few hundred rows. Only for
what is common and yet nowhere near the front is everything that matches read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from django.db import connection

from jaga.core.cases import VOTING_STATES

FEW = 8000
"""Up to so many matches are sorted; the rest is walked. The two cost about the same at this point, among one to three
million cases."""
TRIED = 400
"""Cases at the front of the queue that are looked through first: a common word fills a page with them, and nothing else
need be asked."""
WALKED = 20_000


def quoted(lexeme: str) -> str:
    """One lexeme as PostgreSQL's tsquery spells it, whatever characters are in it."""
    escaped = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"


@dataclass
class Narrowed:
    """Conditions that a case must meet: `matches` on its words, `wheres` on its row `c`, each with what fills it."""

    matches: list[tuple[str, list[object]]] = field(default_factory=list)
    wheres: list[tuple[str, list[object]]] = field(default_factory=list)
    opened: list[tuple[str, list[object]]] = field(default_factory=list)
    selects: bool = False
    """Whether the conditions on rows may leave few of them: those that always stand there do not count."""

    def where(self, condition: str, value: object, *, selects: bool = False) -> None:
        """A condition on the row `c`, with one value. `selects`: it may leave few rows."""
        self.wheres.append((condition, [value]))
        self.selects = self.selects or selects

    def where_opened(self, condition: str, moment: datetime) -> None:
        """A bound of when the case was opened, which is also the order of what does not wait."""
        self.opened.append((f"c.opened_at {condition} %s", [moment]))
        self.selects = True

    def match(self, said: str, *, name: bool) -> None:
        """A folded word, phrase or beginning (`mawa*`). With `name`, an account whose name begins so fits too."""
        if said.endswith("*"):
            self.matches.append(("to_tsquery('simple', %s)", [f"{quoted(said.rstrip('*'))}:*"]))
        elif name:
            self.matches.append(("(phraseto_tsquery('simple', %s) || %s::tsquery)", [said, _named(said)]))
        else:
            self.matches.append(("phraseto_tsquery('simple', %s)", [said]))

    def match_not(self, said: str) -> None:
        """A folded word or phrase that must not be there."""
        self.matches.append(("!!phraseto_tsquery('simple', %s)", [said]))

    def match_name(self, name: str) -> None:
        """The beginning of an account's name, folded and without its @."""
        self.matches.append(("%s::tsquery", [_named(name)]))

    def match_term(self, term: str, value: str) -> None:
        """A term of ours, as `guards/search.sql` puts it among the words."""
        self.matches.append(("%s::tsquery", [quoted(f"={term}:{value}")]))

    @property
    def query(self) -> tuple[str, list[object]]:
        """All matches as one tsquery."""
        return (" && ".join(said for said, _ in self.matches), [one for _, values in self.matches for one in values])

    @cached_property
    def few(self) -> list[int] | None:
        """The cases that all the matches fit; None if they are many. Asked once for both parts of an order."""
        query, words = self.query
        return _few(f"SELECT case_id FROM records_searchtext WHERE words @@ ({query})", words)  # noqa: S608


def _all(conditions: Sequence[tuple[str, list[object]]]) -> tuple[str, list[object]]:
    """All of these conditions on a row, and what fills them."""
    return ("".join(f" AND {said}" for said, _ in conditions), [one for _, values in conditions for one in values])


def _named(name: str) -> str:
    return f"{quoted(f'=account:{name}')} | {quoted(f'=name:{name}')}:*"


def found_ids(wanted: Narrowed, states: Sequence[str], *, waiting: bool, beyond: tuple[datetime, int] | None,
              most: int) -> list[tuple[int, datetime]]:
    """At most so many cases in these states that fit, in order, each with its moment in it.

    `waiting`: by rank, the earliest first; otherwise the newest first. `beyond` is the last row of the page before.
    """
    column, way, sign = ("rank_at", "ASC", ">") if waiting else ("opened_at", "DESC", "<")
    in_state: tuple[str, list[object]] = ("c.state = ANY(%s)", [list(states)])
    after: list[tuple[str, list[object]]] = [(f"(c.{column}, c.id) {sign} (%s, %s)", list(beyond))] if beyond else []
    conditions, values = _all([in_state, *after, *wanted.opened, *wanted.wheres])
    order = f"ORDER BY c.{column} {way}, c.id {way}"
    # What stands in these texts is ours: all that people typed comes as values.
    cases = f"SELECT c.id, c.{column} FROM records_case c WHERE"  # noqa: S608
    if not wanted.matches:
        return _run(f"{cases} true{conditions} {order} LIMIT %s", [*values, most])
    query, words = wanted.query
    # Asked case by case: joined, the words of all that match would be read before the first one is found.
    fits = f"(SELECT s.words FROM records_searchtext s WHERE s.case_id = c.id) @@ ({query})"  # noqa: S608

    def walk(length: int) -> list[tuple[int, datetime]]:
        # Only what bounds the order itself stands inside, and the part as its index says it, so that nothing but that
        # index can serve it; the rows are looked at one after the other (OFFSET keeps the planner from joining).
        index = "c.state = ANY(%s)" if waiting else "c.state <> ALL(%s)"
        walks, bounds = _all([(index, [[state.value for state in VOTING_STATES]]), *after,
                              *(() if waiting else wanted.opened)])
        besides, more = _all([in_state, *wanted.opened, *wanted.wheres])
        return _run(f"SELECT w.id, w.{column} FROM"  # noqa: S608
                    f" (SELECT c.id, c.{column} FROM records_case c WHERE true{walks} {order} LIMIT %s) w CROSS JOIN"
                    f" LATERAL (SELECT FROM records_case c WHERE c.id = w.id AND {fits}{besides} OFFSET 0) fitting"
                    f" ORDER BY w.{column} {way}, w.id {way} LIMIT %s", [*bounds, length, *words, *more, most])

    if waiting and not wanted.selects and len(first := walk(TRIED)) == most:
        return first
    if wanted.few is not None:
        return _run(f"{cases} c.id = ANY(%s){conditions} {order} LIMIT %s", [wanted.few, *values, most])
    if wanted.selects:
        rows = _few(f"SELECT c.id FROM records_case c WHERE true{conditions}", values)  # noqa: S608
        if rows is not None:
            return _run(f"{cases} c.id = ANY(%s){conditions} AND {fits} {order} LIMIT %s",
                        [rows, *values, *words, most])
    if len(walked := walk(WALKED)) == most:
        return walked
    return _run(f"SELECT c.id, c.{column} FROM records_case c JOIN records_searchtext s ON s.case_id = c.id"  # noqa: S608
                f" WHERE s.words @@ ({query}){conditions} {order} LIMIT %s", [*words, *values, most])


def _few(query: str, values: Sequence[Any]) -> list[int] | None:
    """The numbers that a query finds; None if they are many."""
    ((found, numbers),) = _run(f"SELECT count(*), CASE WHEN count(*) <= %s THEN array_agg(few.id) END"  # noqa: S608
                               f" FROM ({query} LIMIT %s) few(id)", [FEW, *values, FEW + 1])
    return (numbers or []) if found <= FEW else None


def _run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cast(list[tuple[Any, ...]], cursor.fetchall())
