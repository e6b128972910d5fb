"""What encryption and keyed search words cost: `python -m bench.privacy [--cases N] [--home FOLDER] [--json FILE]`.

Cases are those of `jaga practice fill`. Every figure stands beside the same without protection, from the same run:

  search   the search itself (word, two words, phrase, beginning, name) over keyed words, and over plain words as before
           ADR 0084: a second index of the same cases in the same database. Each search is asked of both, one after the
           other, each first in every other pair; the ratio is the median of the pairs', so that work beside does not
           count. Both must find the same
  pages    queue, case, case with many reports, search: the whole, and the same less the time in which it opened texts
  intake   accepting a report, and the same less the time in which it sealed texts
  files    storing and reading a picture, and the same with a plain file
Goal: at most 15 % more. Measured in this process by Django's test client and by the verbs: no network, no granian.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from bench.console import ask, filled, signed_in
from bench.harness import Bench, Run, benchmark, options

if TYPE_CHECKING:
    from jaga.core.actors import Actor
    from jaga.queue.reads.search import SearchQuery

CASES = 20_000
ROUNDS = 60
WARM_UP = 3
GOAL = 1.15
PICTURE = 500_000  # bytes
SEARCHES: Mapping[str, Sequence[str]] = {
    "a word": ("slot", "transfer", "Bandung", "tidakada", "nego"),
    "two words": ("open BO", "slot Medan", "arisan uang", "paspor Solo"),
    "a phrase": ('"free room"', '"no PHP"', '"depo 300"'),
    "a beginning": ("gac*", "transf*", "aris*", "Surab*"),
    "a name": ("@mawar_sari", "@kenanga", "account:surya_damai"),
}
_OPENED = ("seal", "unseal")


def main() -> None:
    parser = options("What encryption and keyed search words cost.")
    parser.add_argument("--cases", type=int, default=CASES, help=f"so many cases ({CASES})")
    parser.add_argument("--waiting", type=float, metavar="SHARE", help="of these the share that waits for people")
    parser.add_argument("--home", type=Path, metavar="FOLDER", help="fill and use this folder, and keep it")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"calls of each kind ({ROUNDS})")
    chosen = parser.parse_args()
    with filled(chosen) as url, benchmark("privacy", url, chosen.json) as bench:
        run(bench, chosen)


def run(bench: Bench, chosen: argparse.Namespace) -> None:
    """Measure everything and print it with its goal."""
    from jaga.cases.models.cases import Case

    bench.notes.update(cases=Case.objects.count(), rounds=chosen.rounds)
    print(f"  {Case.objects.count():,} cases", flush=True)
    files(bench, chosen.rounds)
    intake(bench, chosen.rounds)
    pages(bench, chosen.rounds)
    searches(bench, chosen.rounds)


class Sealing:
    """The time that this process spends in sealing and opening texts while it is measured."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count in this block, wherever the functions were imported to."""
        from jaga.store.key_store import store as sealing

        places = [
            (module, name, original)
            for name in _OPENED
            for original in [getattr(sealing, name)]
            for module in list(sys.modules.values())
            if getattr(module, "__name__", "").startswith("jaga.") and getattr(module, name, None) is original
        ]
        for module, name, original in places:
            setattr(module, name, self._timed(original))
        try:
            yield
        finally:
            for module, name, original in places:
                setattr(module, name, original)

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        from jaga.store.key_store import store

        def timed(*given: Any, **named: Any) -> Any:
            view = store._present()
            view.key.cache_clear()  # Filled cases share keys, real ones do not: derive each from the root.
            for tree in view.keys.trees.values():
                tree._near.cache_clear()
            began = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                self.seconds += time.perf_counter() - began

        return timed


def beside(bench: Bench, name: str, calls: Sequence[Callable[[], object]]) -> None:
    """Measure calls, and each less the time that it spent in sealing or opening."""
    sealing, whole, rest = Sealing(), [], []
    with sealing.counted():
        for place, call in enumerate(calls):
            before, began = sealing.seconds, time.perf_counter()
            call()
            took = time.perf_counter() - began
            if place >= WARM_UP:
                whole.append(took)
                rest.append(took - (sealing.seconds - before))
    add(bench, name, whole, rest, "the same without sealing")


def add(
    bench: Bench,
    name: str,
    whole: Sequence[float],
    other: Sequence[float],
    against: str,
    *,
    has_goal: bool = True,
    pairs: bool = False,
) -> None:
    """Both percentiles beside those of the variant without protection, and whether the goal is met at the median: the
    ratio of the medians or, of `pairs` asked one after the other, the median of their ratios.
    """
    runs = [Run(tuple(one), 0, sum(one)) for one in (whole, other)]
    bench.add_times(name, runs[0], runs[1], against)
    ratio = (
        median(one / beside for one, beside in zip(whole, other, strict=True))
        if pairs
        else runs[0].percentile(50) / runs[1].percentile(50)
    )
    if not has_goal:
        return
    bench.notes[name] = {"ratio_p50": ratio, "goal_met": ratio <= GOAL}
    met = "met" if ratio <= GOAL else "NOT met"
    print(f"    {(ratio - 1) * 100:+.1f} % at the median; goal +15 % {met}", flush=True)


def files(bench: Bench, rounds: int) -> None:
    """Store and read pictures, beside plain files with their SHA-256 as before."""
    from django.conf import settings

    from jaga.core.terms.privacy import KeyOwner
    from jaga.store import vault
    from jaga.store.key_store.store import Owner

    place = Path(settings.HOME) / "bench-plain"
    place.mkdir()
    stored, plainly, read, read_plainly = [], [], [], []
    for number in range(rounds):
        content, owner = os.urandom(PICTURE), Owner(KeyOwner.REPORT, 10**12 + number)
        stored.append(seconds(lambda content=content, owner=owner: vault.seal(content, owner)))  # type: ignore[misc]
        path = place / hashlib.sha256(content).hexdigest()
        plainly.append(seconds(lambda path=path, content=content: _write(path, content)))  # type: ignore[misc]
        read.append(seconds(lambda path=path, owner=owner: vault.unseal(path.name, owner)))  # type: ignore[misc]
        read_plainly.append(seconds(lambda path=path: hashlib.sha256(path.read_bytes())))  # type: ignore[misc]
        path.unlink()
        vault.erase_all([owner])
    place.rmdir()
    add(bench, "store a picture of 500 kB", stored, plainly, "a plain file", has_goal=False)
    add(bench, "read a picture of 500 kB", read, read_plainly, "a plain file", has_goal=False)


def _write(path: Path, content: bytes) -> None:
    """As durably as the evidence store does: a draft, its name, and both folders."""
    hashlib.sha256(content)
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def seconds(call: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def intake(bench: Bench, rounds: int) -> None:
    """Accept reports by the verb, each about another account, in its own commit."""
    from jaga.cases.models.cases import Platform
    from jaga.cases.verbs.accounts import NewReport
    from jaga.core.actors import PUBLIC
    from jaga.reporting.verbs.intake import accept_report

    platform = Platform.objects.order_by("pk").values_list("name", flat=True)[0]

    def accept(number: int) -> Callable[[], object]:
        new = NewReport(
            platform,
            f"@bangku{time.time_ns()}{number}:localhost",
            "fraud",
            f"192.0.2.{number % 250}",
            text="Mengaku admin bank, minta kode OTP, lalu saldo saya habis. " * 3,
        )
        return lambda: accept_report(new, actor=PUBLIC)

    beside(bench, "accept a report", [accept(number) for number in range(rounds + WARM_UP)])


def pages(bench: Bench, rounds: int) -> None:
    """The pages on which people read texts."""
    from django.urls import reverse

    from jaga.cases.models.cases import Case

    client = signed_in()
    waiting = Case.objects.filter(state="in_review", clearance="").order_by("rank_at")
    most = Case.objects.filter(clearance="").order_by("-reports_count", "-pk")
    addresses: dict[str, list[str]] = {
        "queue": ["/console/queue/"] * rounds,
        "case": [reverse("console:case", args=[number]) for number in waiting.values_list("pk", flat=True)[:rounds]],
        "case with the most reports": [
            reverse("console:case", args=[number]) for number in most.values_list("pk", flat=True)[:rounds]
        ],
        "search": [f"/console/search/?q={typed.replace(' ', '+')}" for typed in chain(*SEARCHES.values())]
        * (rounds // 15 + 1),
    }
    for name, asked in addresses.items():
        beside(bench, f"page: {name}", [lambda at=at: ask(client, at) for at in asked])  # type: ignore[misc]


def searches(bench: Bench, rounds: int) -> None:
    """Ask both indexes in turns; they must find the same cases."""
    from jaga.people.models import Person
    from jaga.people.verbs.people import actor_for
    from jaga.queue.verbs.search import index_all_again, read_all_stale
    from jaga.queue.verbs.search_terms import read_query

    signed_in()
    actor = actor_for(Person.objects.get(username="latihan.penyelia"))
    read_all_stale()
    size(bench, "keyed words")
    with other_index(), plain_words():
        cases = index_all_again()
        took = seconds(read_all_stale)
        size(bench, "plain words")
        print(f"    {cases:,} cases indexed in {took:.0f} s", flush=True)
    for kind, typed in SEARCHES.items():
        keyed, plainly = [], []
        for place in range(rounds + WARM_UP):
            words = typed[place % len(typed)]
            query = read_query(words, ZoneInfo("Asia/Jakarta"))
            if place // len(typed) % 2:
                found, took = search(query, actor)
            with other_index(), plain_words():
                same, took_plainly = search(query, actor)
            if not place // len(typed) % 2:
                found, took = search(query, actor)
            if found != same:
                raise SystemExit(f"{words}: the two indexes find {found} and {same}; the figures mislead")
            if place >= WARM_UP:
                keyed.append(took)
                plainly.append(took_plainly)
        add(bench, f"search: {kind}", keyed, plainly, "over plain words", pairs=True)


def search(query: "SearchQuery", actor: "Actor") -> tuple[list[int], float]:
    """The cases on the first page, and the seconds."""
    from jaga.queue.reads.search import search_cases

    began = time.perf_counter()
    page = search_cases(query, actor=actor)
    return [row.case_id for row in page.rows], time.perf_counter() - began


@contextmanager
def plain_words() -> Iterator[None]:
    """Index and ask plain words, as before: a word's beginnings are found by the index itself."""
    from jaga.queue.reads import search as search_sql
    from jaga.store import codes as keyed_words

    def lexeme(kind: bytes, word: str, key: bytes | None = None) -> str:
        return keyed_words.quoted(f"=name:{word}" if kind == b"name" else word)

    def named(name: str) -> str:
        return f"{lexeme(b'name', name)} | {lexeme(b'name', f'part:{name}')}:*"

    def beginning(folded: str) -> str:
        return f"{lexeme(b'word', folded)}:*"

    changed: list[tuple[Any, str, object]] = [
        (keyed_words, "_lexeme", lexeme),
        (keyed_words, "WORD_BEGINNINGS", range(0)),
        (keyed_words, "_beginnings", lambda name: {name, f"part:{name}"}),
        (search_sql, "named", named),
        (search_sql, "beginning", beginning),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in changed]
    for module, name, value in changed:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)


@contextmanager
def other_index() -> Iterator[None]:
    """The second table in the place of the index, made at the first use."""
    from django.db import connection

    def swap(there: str, here: str) -> None:
        cursor.execute(f"ALTER TABLE records_searchtext RENAME TO {there}")
        cursor.execute(f"ALTER TABLE {here} RENAME TO records_searchtext")

    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('bench_plain') IS NULL")
        if (cursor.fetchone() or (False,))[0]:
            cursor.execute("CREATE TABLE bench_plain (LIKE records_searchtext INCLUDING ALL)")
        swap("bench_keyed", "bench_plain")
        try:
            yield
        finally:
            swap("bench_plain", "bench_keyed")


def size(bench: Bench, name: str) -> None:
    """The bytes of the table that is the index now, after its indexes were built anew."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL ANALYZE records_searchtext")
        cursor.execute("SELECT pg_total_relation_size('records_searchtext') / 1e6")
        megabytes = float((cursor.fetchone() or (0,))[0])
    bench.notes[f"{name}, MB"] = megabytes
    print(f"  index of {name}: {megabytes:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
