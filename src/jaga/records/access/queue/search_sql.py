"""The SQL of a search, with bounded run time over millions of cases.

A small set of matches is fetched whole and sorted, when either the text conditions or the row conditions (a number,
contact or time span) are selective. Otherwise the index of the result order is walked and a page fills after a few
hundred rows. Only a common term that is rare near the front makes it read every match.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from django.db import connection

from jaga.core.cases import VOTING_STATES
from jaga.records.keyed_words import beginning, named, phrase, quoted

FEW = 8000
"""Up to this many matches are sorted; above, the index is walked. Both cost about the same here for one to three
million cases."""
TRIED = 400
"""Cases at the front of the queue tried first: a common word fills a page from them without another query."""
WALKED = 20_000


@dataclass
class Narrowed:
    """Conditions a case must meet: `matches`, a `tsquery` of keyed words each, and `wheres` on its row `c`, each with
    its parameters.
    """

    matches: list[str] = field(default_factory=list)
    wheres: list[tuple[str, list[object]]] = field(default_factory=list)
    opened: list[tuple[str, list[object]]] = field(default_factory=list)
    selects: bool = False
    """Whether row conditions may be selective; conditions that are always present do not count."""

    def where(self, condition: str, value: object, *, selects: bool = False) -> None:
        """Add a condition on row `c` with one value. `selects`: it may be selective."""
        self.wheres.append((condition, [value]))
        self.selects = self.selects or selects

    def where_all(self, condition: str, values: list[object]) -> None:
        """Add a condition on row `c` with several values, which selects little by itself."""
        self.wheres.append((condition, values))

    def where_opened(self, condition: str, moment: datetime) -> None:
        """Add a bound on when the case was opened, which also orders the cases that do not wait."""
        self.opened.append((f"c.opened_at {condition} %s", [moment]))
        self.selects = True

    def match(self, words: str, *, name: bool) -> None:
        """Add a folded word, phrase or prefix (`mawa*`). With `name`, an account name with this prefix matches too."""
        if words.endswith("*"):
            self.matches.append(beginning(words.rstrip("*")))
        else:
            self.matches.append(_word_or_name(words) if name else phrase(words))

    def match_either(self, words: Sequence[str], term: tuple[str, str]) -> None:
        """Add an internal term, or else all of these folded words or phrases (or account names that begin so)."""
        parts = " & ".join(f"({part})" for part in map(_word_or_name, words) if part)
        self.matches.append(" | ".join(filter(None, [quoted(f"={':'.join(term)}"), parts])))

    def match_not(self, words: str) -> None:
        """Add a folded word or phrase that must be absent."""
        self.matches.append(f"!({phrase(words)})")

    def match_name(self, name: str) -> None:
        """Add a prefix of an account name, folded and without its @."""
        self.matches.append(named(name))

    def match_term(self, term: str, value: str) -> None:
        """Add an internal term, as it is indexed among the words."""
        self.matches.append(quoted(f"={term}:{value}"))

    @property
    def query(self) -> str:
        """All text conditions as one tsquery."""
        return " & ".join(f"({one})" for one in self.matches)

    @cached_property
    def few(self) -> list[int] | None:
        """Ids of the cases matching all text conditions, or None if there are many.

        Queried once for both parts of the order.
        """
        return _few("SELECT case_id FROM records_searchtext WHERE words @@ %s::tsquery", [self.query])


def _all(conditions: Sequence[tuple[str, list[object]]]) -> tuple[str, list[object]]:
    """All these row conditions joined with AND, and their parameters."""
    return (
        "".join(f" AND {condition}" for condition, _ in conditions),
        [one for _, values in conditions for one in values],
    )


def _word_or_name(words: str) -> str:
    query = phrase(words)
    return f"{query} | {named(words)}" if query else ""


def found_ids(
    wanted: Narrowed, states: Sequence[str], *, waiting: bool, beyond: tuple[datetime, int] | None, most: int
) -> list[tuple[int, datetime]]:
    """At most `most` matching cases in these states, in order, as (id, position timestamp).

    `waiting`: by rank, earliest first; otherwise newest first. `beyond` is the last row of the previous page.
    """
    column, way, sign = ("rank_at", "ASC", ">") if waiting else ("opened_at", "DESC", "<")
    in_state: tuple[str, list[object]] = ("c.state = ANY(%s)", [list(states)])
    after: list[tuple[str, list[object]]] = [(f"(c.{column}, c.id) {sign} (%s, %s)", list(beyond))] if beyond else []
    conditions, values = _all([in_state, *after, *wanted.opened, *wanted.wheres])
    order = f"ORDER BY c.{column} {way}, c.id {way}"
    # These strings are constants; all user input is passed as parameters.
    cases = f"SELECT c.id, c.{column} FROM records_case c WHERE"  # noqa: S608
    if not wanted.matches:
        return _run(f"{cases} true{conditions} {order} LIMIT %s", [*values, most])
    words = [wanted.query]
    # Queried case by case: a join would read the text of every match before returning the first.
    fits = "(SELECT s.words FROM records_searchtext s WHERE s.case_id = c.id) @@ %s::tsquery"

    def walk(length: int) -> list[tuple[int, datetime]]:
        # The subquery holds only the order's own bounds and the partial index's condition, so no other index can serve
        # it. OFFSET keeps the planner from joining, so rows are checked one by one.
        index = "c.state = ANY(%s)" if waiting else "c.state <> ALL(%s)"
        walks, bounds = _all(
            [(index, [[state.value for state in VOTING_STATES]]), *after, *(() if waiting else wanted.opened)]
        )
        besides, more = _all([in_state, *wanted.opened, *wanted.wheres])
        return _run(
            f"SELECT w.id, w.{column} FROM"  # noqa: S608
            f" (SELECT c.id, c.{column} FROM records_case c WHERE true{walks} {order} LIMIT %s) w CROSS JOIN"
            f" LATERAL (SELECT FROM records_case c WHERE c.id = w.id AND {fits}{besides} OFFSET 0) fitting"
            f" ORDER BY w.{column} {way}, w.id {way} LIMIT %s",
            [*bounds, length, *words, *more, most],
        )

    if waiting and not wanted.selects and len(first := walk(TRIED)) == most:
        return first
    if wanted.few is not None:
        return _run(f"{cases} c.id = ANY(%s){conditions} {order} LIMIT %s", [wanted.few, *values, most])
    if wanted.selects:
        rows = _few(f"SELECT c.id FROM records_case c WHERE true{conditions}", values)  # noqa: S608
        if rows is not None:
            return _run(
                f"{cases} c.id = ANY(%s){conditions} AND {fits} {order} LIMIT %s", [rows, *values, *words, most]
            )
    if len(walked := walk(WALKED)) == most:
        return walked
    return _run(
        f"SELECT c.id, c.{column} FROM records_case c JOIN records_searchtext s ON s.case_id = c.id"  # noqa: S608
        f" WHERE s.words @@ %s::tsquery{conditions} {order} LIMIT %s",
        [*words, *values, most],
    )


def _few(query: str, values: Sequence[Any]) -> list[int] | None:
    """The ids a query returns, or None if there are many."""
    ((found, numbers),) = _run(
        f"SELECT count(*), CASE WHEN count(*) <= %s THEN array_agg(few.id) END"  # noqa: S608
        f" FROM ({query} LIMIT %s) few(id)",
        [FEW, *values, FEW + 1],
    )
    return (numbers or []) if found <= FEW else None


def _run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cast(list[tuple[Any, ...]], cursor.fetchall())
