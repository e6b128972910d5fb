"""Two hundred invented accounts post on a real Synapse, snac and PDS, which two people watch:
`python -m bench.watch.live [--minutes M] [--accounts N] [--seed N] [--keep FILE] [--json FILE]`.

Most write about their day, some advertise, some warn of what is advertised; posts are edited and deleted, many accounts
publish one advert word for word, and adverts stand in private rooms, for followers only, out of scope, and at accounts
that ask not to be read (`bench.live.script`; the texts are in `bench/live/texts.yaml` and in no release). Two people
start a watch of each server by the verbs of the console; the installation's own worker reads. At the end all of it is
compared with the truth: found, missed and why, wrongly flagged, cases, seconds from a post to its case, what was read
that must not be, copies left of what was deleted. Ends with an error if a process or a watch ended, if a post was not
read, or if anything was read that must not be. References: the pause between two readings of a watch, and what the
engine flags of the same texts without any source.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

from bench.harness import Bench, Yardstick, benchmark, options
from bench.installation import Installation, installation
from bench.live.places import Place, fediverse, matrix, repositories
from bench.live.script import Act, Script, write_script
from bench.live.texts import Texts
from bench.live.verdict import HEAD, Verdict, judge, unread_of
from bench.processor import seconds_used

SHARES = ((matrix, 0.4), (fediverse, 0.3), (repositories, 0.3))
LEAST = 15
SETTLES = 90.0
"""Seconds after the last post in which everything must have been read."""
PAUSE = 2.0
"""Seconds between two readings of a watch (`app.worker`)."""
WATCHERS = ("wulan", "adi")
PASSWORD = "pantau-bersama-20"  # noqa: S105 - of people who are invented, in an installation that is gone afterwards


@dataclass
class Watched:
    """A place with its watch, and what its people do."""

    place: Place
    script: Script
    watch_id: int = 0
    late: float = 0.0
    """The most seconds by which a step came later than its moment: a busy machine."""
    slowest: tuple[float, str] = (0.0, "")
    """The seconds of the server's slowest answer, and to what."""
    states: Counter[str] = field(default_factory=Counter)
    failed: BaseException | None = None


def main() -> None:
    parser = options("Real servers with invented people, watched for minutes.")
    parser.add_argument("--minutes", type=float, default=10.0, help="for which people post (10)")
    parser.add_argument("--accounts", type=int, default=200, help=f"on all three servers, at least {LEAST} (200)")
    parser.add_argument("--seed", type=int, default=20211130, help="of who writes what, and when (20211130)")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write each missed and wrongly flagged text to FILE")
    given = parser.parse_args()
    if given.accounts < LEAST:
        parser.error(f"--accounts: at least {LEAST}")
    subprocess.run([sys.executable, "-m", "jaga.app.screening.warm"], check=True)  # as `jaga run` does at its start
    with installation() as made, benchmark("watch_live", made.database_url, given.json) as bench, ExitStack() as stack:
        dice = random.Random(given.seed)  # noqa: S311 - words and moments, no secret
        texts, watched = Texts(dice), list[Watched]()
        for begin, share in SHARES:
            people, began = max(round(given.accounts * share), 4), time.monotonic()
            place = stack.enter_context(begin(made, people))
            watched.append(
                Watched(place, write_script(people, given.minutes * 60, place.hidden, place.opts_out, texts, dice))
            )
            print(f"{place.name} with {people} accounts: {time.monotonic() - began:.0f} s", flush=True)
        verdicts = run(made, watched, bench)
        show(verdicts, watched, given.keep)
        measure(bench, verdicts)
        refuse(verdicts)


def run(made: Installation, watched: Sequence[Watched], bench: Bench) -> list[Verdict]:
    """Start the watches, let everybody post, wait until all is read, and judge."""
    start_watches(made, watched)
    children = made.start_processes("web", "worker", "urgent")
    look = f"http://127.0.0.1:{made.port}/console/watches/"
    print(f"{look} as {' or '.join(WATCHERS)}, password {PASSWORD}", flush=True)

    def fault() -> str | None:
        ended = [
            f"{child.plan.name} ended with status {child.ended()}: see its log"
            for child in children
            if child.ended() is not None
        ]
        return next(iter([*ended, *map(str, (one.failed for one in watched if one.failed))]), None) or _stopped(watched)

    wait(lambda: all(cursors(watched)), fault, 600, "a watch was not read once")
    used = _used()
    over, began = Event(), time.monotonic()
    threads = [Thread(target=act, args=(one, began, over), daemon=True) for one in watched]
    for thread in threads:
        thread.start()
    try:
        wait(lambda: not any(thread.is_alive() for thread in threads), fault, None, "")
        took = time.monotonic() - began
        wait(
            lambda: not any(unread_of(one.place.name, one.script.posts) for one in watched),
            lambda: _stopped(watched),
            SETTLES,
            "",
        )
        time.sleep(2 * PAUSE)  # deletions and edits after the last post
    finally:
        over.set()
    spent = {kind: round(seconds - used[kind], 1) for kind, seconds in _used().items()}
    verdicts = [judge(one.watch_id, one.place, one.script.posts) for one in watched]
    bench.notes.update(
        minutes=round(took / 60, 1),
        accounts=sum(len({post.who for post in one.script.posts}) for one in watched),
        processor_seconds=spent,
        load=round(os.getloadavg()[0], 1),
        latest_step={one.place.name: round(one.late, 1) for one in watched},
        slowest_answer={one.place.name: f"{one.slowest[0]:.1f} s, {one.slowest[1]}" for one in watched},
        states={one.place.name: dict(one.states) for one in watched},
    )
    return verdicts


def start_watches(made: Installation, watched: Sequence[Watched]) -> None:
    """Register the platforms, and have one person propose a watch of each and another start it."""
    from jaga.core.actors import CLI
    from jaga.core.terms.people import OrganisationKind, Role
    from jaga.people.verbs.people import (
        NewPerson,
        NewPlatform,
        actor_for,
        create_organisation,
        create_person,
        register_platform,
    )
    from jaga.people.verbs.second_factor import demand_no_factor
    from jaga.platforms.kit.credentials import save_configuration
    from jaga.platforms.kit.sealing import KeyFile
    from jaga.platforms.registry import open_adapter
    from jaga.policy.local_time import today
    from jaga.policy.release import load_release
    from jaga.watch.verbs.watches import NewWatch, propose_watch, start_watch, usable_bases

    operator = create_organisation("Operator Uji", OrganisationKind.OPERATOR, practice=True, actor=CLI).pk
    people = [
        create_person(NewPerson(name, name.capitalize(), operator, (role,), PASSWORD), actor=CLI)
        for name, role in zip(WATCHERS, (Role.SUPERVISOR, Role.ADMINISTRATOR), strict=True)
    ]
    for person in people:
        demand_no_factor(person.pk, actor=CLI)
    one, other = map(actor_for, people)
    for each in watched:
        access, place = each.place.configuration(), each.place
        save_configuration(made.home / "platforms.toml", access, KeyFile(made.home / "secrets" / "platforms"))
        register_platform(
            NewPlatform(
                place.name,
                place.name,
                operator,
                access.server_name,
                open_adapter(access).capabilities(),
                watched=True,
                practice=True,
            ),
            actor=CLI,
        )
        each.watch_id = propose_watch(
            NewWatch(
                place.name,
                place.kind,
                usable_bases(load_release())[0].key,
                "Ukuran: iklan di tempat umum.",
                50_000,
                today() + timedelta(days=1),
                url=place.url,
                surfaces=place.scope,
            ),
            actor=one,
        ).pk
        start_watch(each.watch_id, actor=other)


def act(watched: Watched, began: float, over: Event) -> None:
    """Do every deed of the script at its moment, or later if the server is slow. Notes the failure that ended it."""
    place = watched.place
    try:
        for deed in watched.script.deeds:
            if over.wait(max(began + deed.at - time.monotonic(), 0)):
                return
            watched.late = max(watched.late, time.monotonic() - began - deed.at)
            post, moment, start = deed.post, time.time(), time.monotonic()
            if post is None:
                place.opt_out(deed.who)
            elif deed.act is Act.SAY:
                corner = "" if post.corner not in place.hidden else post.corner
                post.sent, post.native_id = moment, place.say(deed.who, post.text, corner)
            elif deed.act is Act.EDIT:
                place.edit(deed.who, post.native_id, deed.text)
                post.text, post.sent, post.edits = deed.text, moment, post.edits + 1
            else:
                place.delete(deed.who, post.native_id)
                post.gone = time.time()
            watched.slowest = max(watched.slowest, (time.monotonic() - start, deed.act.value))
    except Exception as error:  # noqa: BLE001 - told by whoever waits for this thread
        watched.failed = RuntimeError(f"{place.name}: nobody can post any more: {type(error).__name__} {error}")


def cursors(watched: Sequence[Watched]) -> list[bool]:
    """Whether each watch was read once."""
    from jaga.watch.models.watches import WatchProgress

    known = dict(WatchProgress.objects.values_list("watch", "cursor"))
    return [bool(known.get(one.watch_id)) for one in watched]


def _stopped(watched: Sequence[Watched]) -> str | None:
    """Which watch does not run any more or needs a person; counts the states that were seen."""
    from jaga.core.terms.reports import SourceState
    from jaga.watch.models.watches import Watch

    for one in watched:
        row = Watch.objects.select_related("progress").get(pk=one.watch_id)
        one.states[row.progress.state] += 1
        if row.ended_at is not None:
            return f"the watch of {one.place.name} ended"
        if row.progress.state in (SourceState.REFUSED, SourceState.WENT_BACK, SourceState.BUDGET_USED):
            return f"the watch of {one.place.name} stopped: {row.progress.state} {row.progress.why}"
    return None


def wait(until: Callable[[], bool], fault: Callable[[], str | None], seconds: float | None, sentence: str) -> None:
    """Wait. Raises SystemExit for a fault, and, if there is a `sentence`, when it takes longer than `seconds`."""
    over = time.monotonic() + seconds if seconds else None
    while not until():
        if (why := fault()) is not None:
            raise SystemExit(why)
        if over is not None and time.monotonic() > over:
            if sentence:
                raise SystemExit(f"{sentence} within {seconds:.0f} s")
            return
        time.sleep(1.0)


def _used() -> dict[str, float]:
    return seconds_used(
        {
            "worker": "jaga.app.cli",
            "web": "granian",
            "postgres": "postgres",
            "synapse": "synapse",
            "snac": "snac",
            "pds": "serve.cjs",
        }
    )


def show(verdicts: Sequence[Verdict], watched: Sequence[Watched], keep: Path | None) -> None:
    """Print the table, and what was missed, by how it was written."""
    rows = [HEAD, *(one.row for one in verdicts)]
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(HEAD))]
    for row in rows:
        print("  " + "  ".join(str(cell).rjust(width) for cell, width in zip(row, widths, strict=True)), flush=True)
    styles, whys, wrong = Counter[str](), Counter[str](), Counter[str]()
    for one in verdicts:
        whys.update(missed.why for missed in one.missed)
        styles.update(missed.post.style for missed in one.missed)
        wrong.update(f"{post.kind.value} as {category}" for post, category in one.wrong)
    written = Counter(post.style for one in watched for post in one.script.posts if post.kind.offends)
    print("  missed by style: " + ", ".join(f"{style} {styles[style]} of {count}" for style, count in written.items()))
    print(f"  missed because: {dict(whys)}\n  wrongly flagged: {dict(wrong)}", flush=True)
    if keep is not None:
        keep.write_text(
            "".join(
                json.dumps(line, ensure_ascii=False) + "\n"
                for one in verdicts
                for line in [
                    *(
                        {
                            "place": one.place,
                            "what": "missed",
                            "why": miss.why,
                            "score": miss.score,
                            **asdict(miss.post),
                        }
                        for miss in one.missed
                    ),
                    *(
                        {"place": one.place, "what": "wrong", "taken_for": category, **asdict(post)}
                        for post, category in one.wrong
                    ),
                    *({"place": one.place, "what": "not read", **asdict(post)} for post in one.unread),
                ]
            )
        )


def measure(bench: Bench, verdicts: Sequence[Verdict]) -> None:
    """The figures, each beside its reference."""
    notes: dict[str, Any] = {}
    for one in verdicts:
        delays = sorted(one.delays)
        if len(delays) > 1:
            pause = Yardstick("pause between two readings", PAUSE)
            for name, place in (("p50", len(delays) // 2), ("p95", int(len(delays) * 0.95)), ("max", len(delays) - 1)):
                bench.add(f"{one.place}: from post to case, {name}", delays[place], "s", pause, len(delays))
        if one.by_words:
            bench.add(
                f"{one.place}: adverts found",
                one.found,
                "",
                Yardstick("flagged by their words, no source", one.by_words),
                one.offences,
            )
        notes[one.place] = dict(zip(HEAD, map(str, one.row), strict=True)) | {"in another category": one.other_category}
    bench.notes["compared"] = notes
    print(f"  {bench.notes}", flush=True)


def refuse(verdicts: Sequence[Verdict]) -> None:
    """Raises SystemExit for what must never be."""
    for one in verdicts:
        if one.hidden_read:
            raise SystemExit(f"{one.place}: read what must not be read: {sorted({p.corner for p in one.hidden_read})}")
        if one.copies_left:
            raise SystemExit(f"{one.place}: {len(one.copies_left)} copies are left of what was deleted at the source")
        if one.unread:
            raise SystemExit(
                f"{one.place}: {len(one.unread)} posts were not read, the first by account"
                f" {one.unread[0].who}: {one.unread[0].native_id}"
            )


if __name__ == "__main__":
    main()
