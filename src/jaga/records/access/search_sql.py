"""The SQL of a search, so that its time is bounded whatever somebody looks for among millions of cases.

Few matches are all fetched and sorted. Where a word is in very many cases, the order's own index is walked instead:
a page of them is found after a few hundred rows. Only for what is common and yet nowhere near the front is everything
that matches read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db import connection

FEW = 3_000
"""Up to so many matches are sorted; the rest is walked. The two cost about the same at this point."""
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

    def where(self, condition: str, value: object) -> None:
        """A condition on the row `c`, with one value."""
        self.wheres.append((condition, [value]))

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
        """A term of ours, as migration 0019 puts it among the words."""
        self.matches.append(("%s::tsquery", [quoted(f"={term}:{value}")]))

    @property
    def query(self) -> tuple[str, list[object]]:
        """All matches as one tsquery."""
        return (" && ".join(said for said, _ in self.matches), [one for _, values in self.matches for one in values])

    @property
    def conditions(self) -> tuple[str, list[object]]:
        """All conditions on the row."""
        return ("".join(f" AND {said}" for said, _ in self.wheres),
                [one for _, values in self.wheres for one in values])


def _named(name: str) -> str:
    return f"{quoted(f'=account:{name}')} | {quoted(f'=name:{name}')}:*"


def found_ids(wanted: Narrowed, states: Sequence[str], *, waiting: bool, beyond: tuple[datetime, int] | None,
              most: int) -> list[tuple[int, datetime]]:
    """At most so many cases in these states that fit, in order, each with its moment in it.

    `waiting`: by rank, the earliest first; otherwise the newest first. `beyond` is the last row of the page before.
    """
    column, way, sign = ("rank_at", "ASC", ">") if waiting else ("opened_at", "DESC", "<")
    conditions, values = wanted.conditions
    conditions += " AND c.state = ANY(%s)"
    values.append(list(states))
    if beyond:
        conditions += f" AND (c.{column}, c.id) {sign} (%s, %s)"
        values.extend(beyond)
    order = f"ORDER BY c.{column} {way}, c.id {way}"
    # What stands in these texts is ours: all that people typed comes as values.
    cases = f"SELECT c.id, c.{column} FROM records_case c WHERE "  # noqa: S608
    if not wanted.matches:
        return _run(f"{cases} true{conditions} {order} LIMIT %s", [*values, most])
    query, words = wanted.query
    few = _run(f"SELECT case_id FROM records_searchtext WHERE words @@ ({query}) LIMIT %s",  # noqa: S608
               [*words, FEW + 1])
    if len(few) <= FEW:
        return _run(f"{cases} c.id = ANY(%s){conditions} {order} LIMIT %s",
                    [[number for (number,) in few], *values, most])
    # Asked case by case, in order: joined, the words of all that match would be read before the first one is found.
    walked = _run(
        f"SELECT c.id, c.{column} FROM ({cases} true{conditions} {order} LIMIT %s) c WHERE"  # noqa: S608
        f" (SELECT s.words FROM records_searchtext s WHERE s.case_id = c.id) @@ ({query}) {order} LIMIT %s",
        [*values, WALKED, *words, most])
    if len(walked) == most:
        return walked
    return _run(f"SELECT c.id, c.{column} FROM records_case c JOIN records_searchtext s ON s.case_id = c.id"  # noqa: S608
                f" WHERE s.words @@ ({query}){conditions} {order} LIMIT %s", [*words, *values, most])


def _run(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cast(list[tuple[Any, ...]], cursor.fetchall())
