"""A year of AIS.

    python -m bench.watch.ais_year [--texts FOLDER] [--items N] [--share S …] [--workers N] [--json FILE]

1,068,926 items of public content, the figure of 2020, are taken in by `jaga take-in` on a real PostgreSQL, and triaged
by `jaga worker`, until each case is in a queue. Texts are those of the folder (`text/*.jsonl.gz`, `*.jsonl.gz` or
`*.jsonl`: an object with `text` and `label` a line), else those that ship with the release. A label that begins with
`1_`, or is `pornografi`, is an offence; `0_…`, `none`, `ham`, `neutral` and other labels of plain talk are none; rows
with any other label are left out.

Duplication is invented, after what the sources show: an account that offends posts one or two adverts again and again,
two in three copies letter for letter, the others with other digits or an emoji; ordinary texts are copied as greetings
are. For each share of offences it prints the cases that people get, how many of them are about an account that
offended in the labels' sense (with Wilson's 95 % interval), the offending accounts that no case names, how many of
these wait for a judgement of the same words of other accounts (nobody judges here), and the days of a person who judges
a hundred cases a day. Where a file has more different texts than the largest budget of a day, the command is repeated
under another watch, as an operator would do it. The time is from the start of the command, its start-up included, until
the last case is in a queue. Yardsticks: COPY of the same file into a table, and sha256 of its bytes.
"""

import gzip
import hashlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from bench.harness import Bench, Yardstick, benchmark, options
from bench.installation import Installation, installation
from jaga.core.statistics import share as share_of

ITEMS = 1_068_926
_GOAL_SECONDS, _GOAL_BYTES = 120, 2 * 1024**3
_A_DAY = 100
_PLAIN = {"none", "ham", "neutral", "positive", "negative", "anger", "sadness", "happy", "love", "fear", "normal"}
_EMOJI = "🔥💋🌹✨😘🙏👍🎉"


@dataclass(frozen=True)
class Year:
    """A made file: its path, the accounts that offend, and how many of its items are offences."""

    path: Path
    offenders: frozenset[str]
    offences: int
    distinct: int


def labelled(folder: Path | None) -> tuple[list[str], list[str]]:
    """Offences and plain talk. Raises SystemExit if one of them is missing."""
    offences, plain = list[str](), list[str]()
    for text, offence in _of_folder(folder) if folder else _shipped():
        (offences if offence else plain).append(text)
    if not offences or not plain:
        raise SystemExit(
            f"{folder or 'the release'}: {len(offences)} offences and {len(plain)} other texts; both are "
            "needed. See python -m bench.watch.ais_year --help"
        )
    return sorted(set(offences)), sorted(set(plain) - set(offences))


def _of_folder(folder: Path) -> Iterator[tuple[str, bool]]:
    for place in [
        *sorted(folder.glob("text/*.jsonl.gz")),
        *sorted(folder.glob("*.jsonl.gz")),
        *sorted(folder.glob("*.jsonl")),
    ]:
        with gzip.open(place, "rt") if place.suffix == ".gz" else place.open() as lines:
            for row in map(json.loads, lines):
                label = str(row.get("label", ""))
                if label.startswith("1_") or label == "pornografi":
                    yield row["text"], True
                elif label.startswith("0_") or label in _PLAIN:
                    yield row["text"], False


def _shipped() -> Iterator[tuple[str, bool]]:
    from jaga.policy.letters import read_texts
    from jaga.policy.release import shipped_folder

    for place in sorted((shipped_folder() / "texts").iterdir(), key=lambda one: one.name):
        for _, text in read_texts(place.name, place.read_bytes())[0].texts:
            yield text.text, place.name != "innocent.jsonl"


def make(path: Path, texts: tuple[Sequence[str], Sequence[str]], items: int, share: float) -> Year:
    """Write the file. The same arguments give the same file."""
    offences, plain = texts
    dice = random.Random(f"{items} {share}")  # noqa: S311 - a made year, no secret
    rows = list[tuple[str, str]]()
    offenders, wanted = set[str](), max(1, round(items * share))
    while len(rows) < wanted:
        name = f"@iklan{len(offenders)}:localhost"
        offenders.add(name)
        adverts = dice.sample(offences, k=min(len(offences), dice.choice((1, 1, 2))))
        for _ in range(min(wanted - len(rows), 1 + int(dice.expovariate(1 / 7)))):
            rows.append((name, _copied(dice.choice(adverts), dice)))
    accounts = max(1, (items - wanted) // 5)
    while len(rows) < items:
        text = plain[min(int(dice.paretovariate(0.35)), 10**9) % len(plain)]
        rows.append((f"@warga{dice.randrange(accounts)}:localhost", _copied(text, dice)))
    dice.shuffle(rows)
    with path.open("w") as file:
        for number, (account, text) in enumerate(rows):
            file.write(json.dumps({"id": f"i{number}", "account": account, "text": text}, ensure_ascii=False) + "\n")
    return Year(path, frozenset(offenders), wanted, len({text for _, text in rows}))


def _copied(text: str, dice: random.Random) -> str:
    chance = dice.random()
    if chance < 2 / 3:
        return text
    if chance < 5 / 6:
        return "".join(str(dice.randrange(10)) if char.isdigit() and dice.random() < 0.3 else char for char in text)
    return f"{text} {dice.choice(_EMOJI)}"


def one_share(bench: Bench, place: Installation, platform: str, year: Year, share: float, workers: int) -> None:
    """Take the file in and print what came of it."""
    from jaga.store.codes import account_key

    items = sum(1 for _ in year.path.open("rb"))
    copied, hashed = _copy_seconds(place.database_url, year.path), _hash_seconds(year.path)
    watches = [permitted(platform, year.path)]
    before, most = _cpu(), 0
    began = time.perf_counter()
    while True:
        command = [
            sys.executable,
            "-m",
            "jaga.app.cli",
            "take-in",
            str(year.path),
            "--watch",
            str(watches[-1]),
            "--workers",
            str(workers),
            "--receipt",
            str(place.home / f"receipt-{share}"),
        ]
        with subprocess.Popen(command, env={**os.environ, "DATABASE_URL": place.database_url}) as running:
            while running.poll() is None:
                most = max(most, _memory())
                time.sleep(2)
        if not running.returncode:
            break
        if not used_up(watches[-1]):
            raise SystemExit(f"jaga take-in ended with {running.returncode}")
        watches.append(permitted(platform, year.path))
    screened = time.perf_counter() - began
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        while connection.execute("SELECT count(*) FROM records_case WHERE state = 'received'").fetchone() != (0,):
            most = max(most, _memory())
            time.sleep(2)
        queued = time.perf_counter() - began
        spent = _cpu() - before
        cases = [
            name
            for (name,) in connection.execute(
                "SELECT s.account_id FROM records_case c JOIN records_subject s ON s.id = c.subject_id"
                " JOIN records_platform p ON p.id = s.platform_id WHERE p.name = %s",
                [platform],
            )
        ]
        waiting = [
            bytes(account)
            for (account,) in connection.execute(
                "SELECT f.account FROM records_watchfinding f WHERE f.watch_id = ANY(%s) AND f.same_words IS NOT NULL",
                [watches],
            )
        ]
    what = f"{items:,} items, {share:.2%} offences"
    bench.add(f"{what}: until the last case is queued", queued, "s", Yardstick("COPY of the file", copied), items)
    bench.add(f"{what}: until the receipt", screened, "s", Yardstick("sha256 of the bytes", hashed), items)
    right, missed = sum(name in year.offenders for name in cases), year.offenders - set(cases)
    wait = {account_key(platform, name) for name in missed} & set(waiting)
    bench.notes[what] = {
        "distinct texts": year.distinct,
        "offences": year.offences,
        "offending accounts": len(year.offenders),
        "cases before people": len(cases),
        "of these offences": right,
        "share of cases that are": _said(right, len(cases)),
        "offending accounts missed": len(missed),
        "of these waiting": len(wait),
        "share of offending accounts with a case": _said(len(year.offenders) - len(missed), len(year.offenders)),
        "accounts that wait": len(set(waiting)),
        "person-days at 100 cases a day": round(len(cases) / _A_DAY, 1),
        "watches": len(watches),
        "seconds": round(queued, 1),
        "seconds of processor time": round(spent, 1),
        "most memory of all processes, MiB": most // 2**20,
        "goal": f"{_GOAL_SECONDS} s and 2 GiB for {ITEMS:,}: {_met(items, queued, most)}",
    }
    print(json.dumps({what: bench.notes[what]}, indent=1), flush=True)


def _said(part: int, whole: int) -> str:
    """A share with its 95 % interval."""
    found = share_of(part, whole)
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]" if found else "none"


def _met(items: int, queued: float, most: int) -> str:
    """Whether the goal is met, which a part of the year, or several years, cannot say."""
    if items != ITEMS:
        return "not measured"
    return "met" if queued <= _GOAL_SECONDS and most <= _GOAL_BYTES else "not met"


def _copy_seconds(database_url: str, path: Path) -> float:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE bench_copied (line text)")
        began = time.perf_counter()
        how = "COPY bench_copied FROM STDIN WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
        with connection.cursor() as cursor, cursor.copy(how) as copy, path.open("rb") as file:
            while piece := file.read(1 << 20):
                copy.write(piece)
        took = time.perf_counter() - began
        connection.execute("DROP TABLE bench_copied")
        return took


def _hash_seconds(path: Path) -> float:
    began = time.perf_counter()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    return time.perf_counter() - began


def _tree() -> list[int]:
    """This process's descendants."""
    parents = dict[int, list[int]]()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            parents.setdefault(_parent(entry), []).append(int(entry.name))
    found, waiting = list[int](), [os.getpid()]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return -1


def _cpu() -> float:
    """Seconds of processor time of all descendants so far, with those that have ended."""
    total = 0.0
    for pid in [os.getpid(), *_tree()]:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15] if pid != os.getpid() else fields[13:15])) / os.sysconf("SC_CLK_TCK")
    return total


def _memory() -> int:
    """Bytes of memory of all descendants; what they share counts in parts."""
    total = 0
    for pid in _tree():
        try:
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        except OSError:
            continue
    return total


def main() -> None:
    parser = options("A year of AIS on one machine.")
    parser.add_argument("--texts", type=Path, metavar="FOLDER", help="labelled texts (those of the release)")
    parser.add_argument("--items", type=int, default=ITEMS, help=f"how many items ({ITEMS})")
    parser.add_argument("--share", type=float, action="append", help="of offences; may be repeated (.03 .003 .0003)")
    parser.add_argument("--workers", type=int, default=2, help="processes that screen (2)")
    given = parser.parse_args()
    texts = labelled(given.texts)
    print(f"{len(texts[0])} offences and {len(texts[1])} other texts to draw from", flush=True)
    subprocess.run([sys.executable, "-m", "jaga.app.screening.warm"], check=True)  # else compiling would be measured
    with installation() as place:
        place.start_processes("worker", "urgent")
        with (
            benchmark("ais_year", place.database_url, given.json) as bench,
            TemporaryDirectory(dir=place.home) as folder,
        ):
            for number, share in enumerate(given.share or (0.03, 0.003, 0.0003)):
                platform = platform_of(f"ais-{number}")
                year = make(Path(folder) / f"tahun-{number}.jsonl", texts, given.items, share)
                one_share(bench, place, platform, year, share, given.workers)
                year.path.unlink()


def platform_of(name: str, hook_keys: tuple[str, ...] = ()) -> str:
    """A platform of its own for each share, so that no case has both."""
    from jaga.core.actors import CLI
    from jaga.core.platforms import Capabilities, Capability
    from jaga.core.terms.cases import Step
    from jaga.core.terms.people import OrganisationKind
    from jaga.people.verbs.people import NewPlatform, create_organisation, register_platform

    operator = create_organisation(f"Operator {name}", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(
        NewPlatform(name, name, operator.pk, "localhost", able, practice=True, hook_keys=hook_keys), actor=CLI
    )
    return name


def used_up(watch: int) -> bool:
    """Whether the watch has used the budget of the day: the largest that there is allows a year of items, not ten."""
    from jaga.policy.limits import MOST_WATCHED_A_DAY
    from jaga.watch.models.watches import WatchDay

    return WatchDay.objects.filter(watch=watch, observed__gte=MOST_WATCHED_A_DAY).exists()


def permitted(platform: str, path: Path) -> int:
    """The number of a watch that permits to take the file in, proposed by one person and started by another."""
    from datetime import timedelta

    from jaga.cases.models.cases import Platform
    from jaga.core.actors import CLI
    from jaga.core.terms.people import Role
    from jaga.core.terms.reports import SourceKind
    from jaga.people.models import Person
    from jaga.people.verbs.people import NewPerson, actor_for, create_person
    from jaga.policy.limits import MOST_WATCHED_A_DAY
    from jaga.policy.local_time import today
    from jaga.policy.release import load_release
    from jaga.watch.verbs.watches import NewWatch, propose_watch, start_watch, usable_bases

    operator = Platform.objects.get(name=platform).operator_id
    one, other = (
        actor_for(
            Person.objects.filter(username=f"{platform}-{role}").first()
            or create_person(NewPerson(f"{platform}-{role}", role.value, operator, (role,)), actor=CLI)
        )
        for role in (Role.SUPERVISOR, Role.ADMINISTRATOR)
    )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    watch = propose_watch(
        NewWatch(
            platform,
            SourceKind.BACKLOG,
            usable_bases(load_release())[0].key,
            "A benchmark of made texts.",
            MOST_WATCHED_A_DAY,
            today() + timedelta(days=1),
            surfaces=(digest,),
        ),
        actor=one,
    )
    start_watch(watch.pk, actor=other)
    return watch.pk


if __name__ == "__main__":
    main()
