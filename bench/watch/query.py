"""How long queries over a million flagged texts take, and how a day of them is deleted.

Run by `python -m bench.watch.query [--rows N] [--rounds N] [--json FILE]`.

The rows are those of thirty days of twelve watches: texts of words as frequent as words are, with prices, telephone
numbers, links and handles, copied by several accounts, four in five of them in cases. Words and contacts are hashed by
the functions that the worker uses. Cases are those of `jaga practice fill`. Each query is the one of the page, with
other values each round; the yardstick is `SELECT count(*)` over the same rows in the same run.

At the end campaigns are listed, among a hundred made contacts of each account and some hundred clusters.

Deleting: a day's partition is dropped, beside deleting as many rows of a day, in portions as other tables are, from an
ordinary table with the same rows and indexes. Locks of both are printed (ADR 0102).
"""

import argparse
import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

import psycopg

from bench.harness import Bench, Yardstick, benchmark, each, options
from bench.installation import installation

if TYPE_CHECKING:
    from jaga.core.actors import Actor

ROWS, CASES, ROUNDS, DAYS, WATCHES = 1_000_000, 20_000, 12, 30, 12
CONTACTS = 100  # Of each account, for the campaigns.
GOAL = 1000.0  # milliseconds at p95, of each query
RULES = tuple(
    (f"rule_{number}", category)
    for number, category in enumerate(
        ("prostitution", "prostitution", "prostitution", "gambling", "gambling", "fraud", "fraud", "extortion") * 3
    )
)
SYLLABLES = ("ba", "ci", "du", "ga", "ja", "ka", "la", "ma", "na", "pa", "ra", "sa", "ta", "wa", "ya", "ngo", "nya")
COPY = "COPY {} (day, seen_at, watch_id, case_id, report_id, rule, category, account, contacts, words) FROM STDIN"


def main() -> None:
    parser = options("How long queries over what watches flagged take.")
    parser.add_argument("--rows", type=int, default=ROWS, help=f"flagged texts ({ROWS})")
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases that took them ({CASES})")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"calls of each query ({ROUNDS})")
    chosen = parser.parse_args()
    with installation() as made:
        from bench.console import fill

        fill(chosen.cases, made.home)
        with benchmark("watch_query", made.database_url, chosen.json) as bench:
            run(bench, made.database_url, chosen)


def run(bench: Bench, url: str, chosen: argparse.Namespace) -> None:
    """Fill, query, delete."""
    from jaga.policy.local_time import today

    bench.notes.update(rows=chosen.rows, cases=chosen.cases, rounds=chosen.rounds, goal=GOAL)
    with psycopg.connect(url, autocommit=True) as raw:
        _fill(raw, chosen.rows, today())
        _query(bench, raw, chosen.rounds, today())
        _delete(bench, raw, today())
        _campaigns(bench, raw, chosen.rounds)


def _fill(raw: psycopg.Connection, rows: int, last: date) -> None:
    from jaga.core.clock import now

    watches = _watches(raw)
    for ahead in range(DAYS):
        raw.execute("SELECT records_flaggedtext_day(%s)", [last - timedelta(days=ahead)])
    cases = raw.execute(
        "SELECT c.id, (SELECT min(r.id) FROM records_report r WHERE r.case_id = c.id), c.victim_first"
        " FROM records_case c ORDER BY c.id"
    ).fetchall()
    raw.execute("ALTER TABLE records_flaggedtext DISABLE TRIGGER USER")
    began = now()
    with raw.cursor() as cursor, cursor.copy(COPY.format("records_flaggedtext").encode()) as copy:
        copy.set_types(
            ["date", "timestamptz", "int8", "int8", "int8", "varchar", "varchar", "int8", "int8[]", "int4[]"]
        )
        for row in _rows(rows, last, watches, cases):
            copy.write_row(row)
    raw.execute("ALTER TABLE records_flaggedtext ENABLE TRIGGER USER")
    raw.execute("VACUUM ANALYZE records_flaggedtext")
    size = raw.execute(
        "SELECT sum(pg_table_size(relid))::float8, sum(pg_indexes_size(relid))::float8"
        " FROM pg_partition_tree('records_flaggedtext')"
    ).fetchone()
    closed = raw.execute("SELECT count(*) FROM records_case WHERE clearance <> ''").fetchone()
    print(
        f"  {rows:,} rows in {(now() - began).total_seconds():.0f} s; tables {size[0] / 1e6:.0f} MB, indexes"  # type: ignore[index]
        f" {size[1] / 1e6:.0f} MB; {closed[0]:,} cases need a clearance",
        flush=True,
    )  # type: ignore[index]


def _watches(raw: psycopg.Connection) -> list[int]:
    """Watches that were started, of the first platforms."""
    from jaga.cases.models.cases import Platform
    from jaga.core.clock import now
    from jaga.core.terms.reports import SourceKind
    from jaga.people.models import Person
    from jaga.watch.models.watches import Watch

    people, platforms, kinds = list(Person.objects.all()[:2]), list(Platform.objects.all()), list(SourceKind)
    made = []
    for number in range(WATCHES):
        row = Watch.objects.create(
            platform=platforms[number % len(platforms)],
            kind=kinds[number % len(kinds)],
            legal_basis="x",
            legal_citation="x",
            policy_hash="0" * 64,
            purpose="x",
            budget=10_000,
            proposed_by=people[0],
            proposed_at=now(),
            start_until=now() + timedelta(days=1),
            ends_at=now() + timedelta(days=29),
        )
        Watch.objects.filter(pk=row.pk).update(started_by=people[1], started_at=now())
        made.append(row.pk)
    return made


def _rows(
    rows: int, last: date, watches: list[int], cases: list[tuple[int, int, bool]]
) -> Iterator[tuple[object, ...]]:
    from jaga.core.locators import fold
    from jaga.policy.local_time import start_of_day
    from jaga.store.codes import account_key, indicator_key, short_key, word_numbers

    chance = random.Random(7)  # noqa: S311 - made texts, the same in each run
    words = _vocabulary(chance)
    weights = list(accumulate(1 / (place + 3) for place in range(len(words))))
    numbers = lru_cache(400_000)(lambda text: word_numbers(fold(text)))
    accounts = lru_cache(200_000)(lambda number: short_key(account_key("obrolan", f"@akun{number}:localhost")))
    contacts = lru_cache(50_000)(lambda number: short_key(indicator_key(f"wa:+62812{number:08d}")))
    copied: list[list[str]] = [
        chance.choices(words, cum_weights=weights, k=chance.randint(5, 25)) for _ in range(20_000)
    ]
    per_day = -(-rows // DAYS)
    for place in range(rows):
        day = last - timedelta(days=DAYS - 1 - place // per_day)
        moment: datetime = start_of_day(day) + timedelta(seconds=86_400 * (place % per_day) / per_day)
        holder = int(chance.paretovariate(0.6)) % 150_000
        case_id, report_id, protected = cases[holder % len(cases)] if holder % 5 else (None, None, True)
        rule, category = RULES[min(int(chance.expovariate(0.25)), len(RULES) - 1)]
        own, keys = [], []
        if not protected:
            text = [
                *copied[int(chance.paretovariate(0.8)) % len(copied)],
                f"{chance.randint(2, 30) * 50}rb",
                f"{chance.randint(18, 45)}",
                "dp",
                f"{chance.randint(50, 300)}",
            ]
            if chance.random() < 0.5:
                number = int(chance.paretovariate(0.7)) % 40_000
                text += ["wa", f"0812{number:08d}"]
                keys = [contacts(number)]
            if chance.random() < 0.2:
                text.append(f"https://kanal{chance.randint(1, 3000)}.example/{chance.randint(1, 99999)}")
            if chance.random() < 0.2:
                text.append(f"@akun{chance.randint(1, 150_000)}")
            own = sorted({one for word in text for one in numbers(word)})
        yield (
            day,
            moment,
            watches[min(int(chance.expovariate(0.3)), WATCHES - 1)],
            case_id,
            report_id,
            rule,
            category,
            accounts(holder),
            keys,
            own,
        )


def _vocabulary(chance: random.Random) -> list[str]:
    return sorted(
        {"".join(chance.choices(SYLLABLES, k=chance.randint(1, 5))) for _ in range(40_000)},
        key=lambda word: (len(word), word),
    )


def _query(bench: Bench, raw: psycopg.Connection, rounds: int, last: date) -> None:
    from jaga.cases.models.cases import Platform
    from jaga.core.terms.people import OrganisationKind, Role
    from jaga.people.verbs.people import actor_for
    from jaga.watch.reads.queries import TopOf, WatchQuery, run_watch_query
    from jaga_practice.making import organisation, person

    actor = actor_for(
        person(
            "latihan.pengawas", organisation("PT Latihan Besar", OrganisationKind.OPERATOR), (Role.SUPERVISOR,), None
        )
    )
    first = last - timedelta(days=DAYS - 1)
    count = each(lambda _: raw.execute("SELECT count(*) FROM records_flaggedtext").fetchall(), rounds)
    words, platforms = (
        _vocabulary(random.Random(7)),  # noqa: S311 - the words of the filled texts
        list(Platform.objects.values_list("name", flat=True)),
    )
    contact, case = _strongest(first, last, actor)
    asked: dict[str, Callable[[int], tuple[WatchQuery, int | None]]] = {
        "all of thirty days": lambda _: (WatchQuery(first, last), None),
        "seven days": lambda n: (WatchQuery(last - timedelta(days=n % 20 + 6), last - timedelta(days=n % 20)), None),
        "one day": lambda n: (WatchQuery(*[last - timedelta(days=n % DAYS)] * 2), None),
        "one rule": lambda n: (WatchQuery(first, last, rule=RULES[n % len(RULES)][0]), None),
        "one category": lambda n: (WatchQuery(first, last, category=("gambling", "fraud", "extortion")[n % 3]), None),
        "one platform": lambda n: (WatchQuery(first, last, platform=platforms[n % len(platforms)]), None),
        "a frequent word": lambda n: (WatchQuery(first, last, words=(words[n % 5],)), None),
        "a rare word": lambda n: (WatchQuery(first, last, words=(words[-1 - n],)), None),
        "two words of a copied text": lambda n: (WatchQuery(first, last, words=(words[n], "dp")), None),
        "one contact": lambda n: (WatchQuery(first, last, contact=contact), None),
        "accounts of thirty days": lambda _: (WatchQuery(first, last, top=TopOf.ACCOUNTS), None),
        "contacts of thirty days": lambda _: (WatchQuery(first, last, top=TopOf.CONTACTS), None),
        "one case's account": lambda n: (WatchQuery(first, last, case=case), None),
        "a page far back": lambda n: (WatchQuery(first, last), 100_000 + n),
    }
    for name, make in asked.items():

        def ask(number: int, make: Callable[[int], tuple[WatchQuery, int | None]] = make) -> None:
            query, after = make(number)
            run_watch_query(query, after=after, actor=actor)

        ask(0)
        took = each(ask, rounds)
        bench.add_times(name, took, count, "count(*)")
        if took.percentile(95) > GOAL:
            print(f"    {name} misses the goal of {GOAL:.0f} ms", flush=True)


def _strongest(first: date, last: date, actor: "Actor") -> tuple[int, int]:
    """A contact that many texts name, known as an indicator, and the case of a busy account."""
    from jaga.cases.models.cases import Case
    from jaga.core.clock import now
    from jaga.core.terms.reports import IndicatorKind
    from jaga.signals.models import AccountIndicator
    from jaga.store.codes import indicator_key
    from jaga.watch.reads.queries import TopOf, WatchQuery, run_watch_query

    for number in range(1, 30):
        AccountIndicator.objects.create(
            subject_id=Case.objects.filter(victim_first=False).values_list("subject", flat=True)[number],
            kind=IndicatorKind.CONTACT,
            key=indicator_key(f"wa:+62812{number:08d}"),
            masked=f"+62 812-***-{number:03d}",
            seen_at=now(),
        )
    found = [
        run_watch_query(WatchQuery(first, last, top=top), actor=actor).top[0].key
        for top in (TopOf.CONTACTS, TopOf.ACCOUNTS)
    ]
    return int(found[0]), int(found[1])


def _delete(bench: Bench, raw: psycopg.Connection, last: date) -> None:
    """A day dropped, beside a day deleted in portions from an ordinary table with the same rows and indexes."""
    raw.execute("CREATE TABLE plain (LIKE records_flaggedtext INCLUDING ALL)")
    raw.execute("INSERT INTO plain SELECT * FROM records_flaggedtext")
    raw.execute("CREATE INDEX ON plain (day)")
    raw.execute("VACUUM ANALYZE plain")
    first = last - timedelta(days=DAYS - 1)

    def portions(number: int) -> None:
        while raw.execute(
            "DELETE FROM plain WHERE ctid IN (SELECT ctid FROM plain WHERE day = %s LIMIT 20000)",
            [first + timedelta(days=number)],
        ).rowcount:
            pass
        raw.execute("VACUUM plain")

    deleted = each(portions, 5)
    dropped = each(
        lambda number: raw.execute("SELECT records_forget_flaggedtext(%s)", [first + timedelta(days=number + 1)]), 5
    )
    bench.add(
        "a day's partition dropped, p50",
        dropped.percentile(50),
        "ms",
        Yardstick("its rows deleted, and vacuumed", deleted.percentile(50)),
        5,
    )
    count = each(lambda _: raw.execute("SELECT count(*) FROM plain").fetchall(), 5)
    bench.notes["count of an ordinary table, p50 ms"] = count.percentile(50)
    with raw.transaction():
        raw.execute("SELECT records_forget_flaggedtext(%s)", [first + timedelta(days=6)])
        locks = raw.execute(
            "SELECT c.relname, l.mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
            " WHERE l.pid = pg_backend_pid() AND l.mode = 'AccessExclusiveLock' AND c.relkind IN"
            " ('r', 'p') ORDER BY 1"
        ).fetchall()
    print(f"  locked against everybody while a day is dropped: {', '.join(name for name, _ in locks)}", flush=True)


def _campaigns(bench: Bench, raw: psycopg.Connection, rounds: int) -> None:
    """The list of campaigns among very many contacts and some hundred clusters, and the page of a large one."""
    from jaga.people.models import Person
    from jaga.people.verbs.people import actor_for
    from jaga.signals.reads.campaigns import access_campaign, list_campaigns

    raw.execute(
        'INSERT INTO records_accountindicator (subject_id, kind, key, masked, start, "end", seen_at)'
        " SELECT s.id, 'contact', sha256(('made' || n.key)::bytea), '+62 812-***-' || n.key, 0, 0,"
        " now() - random() * interval '90 days' FROM records_subject s CROSS JOIN LATERAL"
        " (SELECT (random() ^ 3 * 50000)::int AS key FROM generate_series(1, %s) WHERE s.id > 0) n"
        " ON CONFLICT DO NOTHING",
        [CONTACTS],
    )
    raw.execute(
        "INSERT INTO records_cluster (report_id, same, made_at) SELECT id, sha256(id::text::bytea), now()"
        " FROM records_report ORDER BY id LIMIT 200 ON CONFLICT DO NOTHING"
    )
    raw.execute(
        "UPDATE records_case c SET cluster_id = (SELECT id FROM records_cluster WHERE c.id > 0"
        " ORDER BY random() LIMIT 1) WHERE NOT urgent AND NOT victim_first"
    )
    raw.execute("ANALYZE")
    actor = actor_for(Person.objects.get(username="latihan.pengawas"))
    count = each(lambda _: raw.execute("SELECT count(*) FROM records_accountindicator").fetchall(), rounds)
    found = list_campaigns(30, actor=actor)
    bench.notes["contacts"] = raw.execute("SELECT count(*) FROM records_accountindicator").fetchone()
    bench.add_times(
        "campaigns of thirty days",
        each(lambda _: list_campaigns(30, actor=actor), rounds),
        count,
        "count(*) of the contacts",
    )
    bench.add_times(
        f"a campaign of {found[0].accounts} accounts",
        each(lambda _: access_campaign(found[0].kind, found[0].number, actor=actor), rounds),
        count,
        "count(*) of the contacts",
    )


if __name__ == "__main__":
    main()
