"""A watched website and a platform's stream while things are killed with -9 and the disk is full:
`python -m bench.watch.kills [--moments N] [--batches N] [--pages N] [--seed N] [--json FILE]`.

First the evidence folder, a file system of 16 MB, becomes full while flagged pages are captured and batches come; then
it gets room. Then at each random moment one of three dies: the worker that reads, captures and leads the periodic
tasks, the web server that takes the batches, or PostgreSQL with all its connections. The run fails unless every batch
that was acknowledged, and no other, is observed once; every page is one report with one archive; the state of each
source said what was wrong while a third source was read; and the ledger is whole. Needs root, for the file system.
Reference: the same in peace.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from bench.backlog_kills import asked
from bench.harness import Yardstick, benchmark, options
from bench.installation import Installation, installation
from bench.watch.ais_year import platform_of

VICTIMS = ("worker", "web server", "PostgreSQL")
ROWS = 40
LOUD = "open BO malam ini, wa 0812-0000-{:04d}"
CALM = "Sepeda nomor {} masih ada? Bisa nego."
_LONGEST = 420.0
_LOOPBACK = """
import runpy, sys
from datetime import timedelta
from jaga.sources.web import source
source.LOOPBACK = True
source.WebSource.__init__.__kwdefaults__.update(pause=0.0, between=timedelta(seconds=3))
sys.argv = ["jaga", "worker", "--priority", "all"]
runpy.run_module("jaga.app.cli", run_name="__main__")
"""
"""The worker, which may read this machine, and a website again after seconds."""


class Site:
    """A website with a start page that links to flagged pages."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        pages = self.pages

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = pages.get(self.path)
                self.send_response(200 if found is not None else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                body = (found or "").encode()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.add(0)

    def add(self, count: int) -> None:
        """So many more flagged pages."""
        first = len(self.pages)
        for number in range(first, first + count):
            self.pages[f"/papan/{number}"] = f"<p>{LOUD.format(number)}"
        links = "".join(f'<a href="{path}"></a>' for path in self.pages if path != "/papan")
        self.pages["/papan"] = links


class Killable:
    """A process of the installation that can be killed and is started again, as a supervisor does."""

    def __init__(self, place: Installation, name: str, command: list[str] | None = None) -> None:
        from jaga.app import config
        from jaga.app.services.supervisor import plans

        plan = next(plan for plan in plans(config.CHECKOUT, place.port, place.addresses) if plan.name == name)
        self._command, self._environment = command or list(map(str, plan.command)), dict(plan.environment)
        self._log = (place.home / "log" / f"killed-{name}.log").open("ab")
        self._lock, self._over = threading.Lock(), False
        self._process = self._start()
        threading.Thread(target=self._supervise, daemon=True).start()

    def kill(self) -> None:
        """All of it with -9."""
        with self._lock, suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        self._over = True
        self.kill()
        self._process.wait()
        self._log.close()

    def _supervise(self) -> None:
        """Start it again whenever it ended, also by itself: a database that starts up may refuse it for too long."""
        while not self._over:
            if self._process.poll() is not None:
                with self._lock:
                    if not self._over:
                        self._process = self._start()
            time.sleep(0.2)

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command, env=self._environment, stdout=self._log, stderr=self._log, start_new_session=True
        )


@dataclass
class Sender:
    """A platform that sends batches until each is acknowledged."""

    url: str
    key: Any
    sent: int = 0
    acknowledged: list[int] = field(default_factory=list)

    def send(self, count: int) -> threading.Thread:
        """Send so many more in a thread of its own; wait for it with `join`."""
        first, self.sent = self.sent, self.sent + count
        thread = threading.Thread(
            target=lambda: [self._one(number) for number in range(first, first + count)], daemon=True
        )
        thread.start()
        return thread

    def _one(self, number: int) -> None:
        from jaga.core.clock import now
        from jaga.core.standard_webhooks import sign

        rows = [
            {
                "native_id": f"b{number}r{row}",
                "account_id": f"@orang{number}x{row}:localhost",
                "at": "2026-11-30T01:02:03Z",
                "text": CALM.format(f"{number} {row}"),
            }
            for row in range(ROWS)
        ]
        rows[number % ROWS]["text"] = LOUD.format(5000 + number)
        body = "".join(json.dumps(row) + "\n" for row in rows).encode()
        until = time.monotonic() + _LONGEST
        while time.monotonic() < until:
            signed = {**sign(self.key, f"batch-{number}", now(), body), "Content-Type": "application/x-ndjson"}
            try:
                with urllib.request.urlopen(  # noqa: S310 - our own server
                    urllib.request.Request(self.url, body, signed),  # noqa: S310
                    timeout=30,
                ) as answer:
                    if answer.status == 202:
                        self.acknowledged.append(number)
                        return
            except urllib.error.HTTPError as refused:
                if refused.code not in (429, 500, 502, 503, 504):
                    raise SystemExit(f"batch {number}: HTTP {refused.code}") from refused
            except OSError:
                pass
            time.sleep(0.3)


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """The folder as a file system of its own for the block. Raises SystemExit without the rights for that."""
    folder.mkdir(parents=True, exist_ok=True)
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or os.geteuid():
        raise SystemExit("a full disk takes root, mount and umount")
    subprocess.run([mount, "-t", "tmpfs", "-o", "size=16m,mode=700", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run([umount, "-l", folder], check=True)


def main() -> None:
    parser = options("A watched website and a stream while things are killed and the disk is full.")
    parser.add_argument("--moments", type=int, default=12, help="how often something is killed (12)")
    parser.add_argument("--batches", type=int, default=24, help="that a platform sends in each of three parts (24)")
    parser.add_argument("--pages", type=int, default=4, help="flagged pages that appear in each of three parts (4)")
    parser.add_argument("--seed", type=int, default=20210320, help="of what is killed, and when (20210320)")
    given = parser.parse_args()
    with (
        installation() as place,
        benchmark("watch_kills", place.database_url, given.json) as bench,
        small_disk(place.home / "evidence"),
    ):
        site, sender, watches = _begin(place)
        worker = Killable(place, "worker", [sys.executable, "-c", _LOOPBACK])
        web = Killable(place, "web")
        try:
            calm = _part(site, sender, given, watches, lambda: None)
            full = _part(site, sender, given, watches, lambda: _full_disk(place, watches, site, sender))
            dice, killed = random.Random(given.seed), Counter[str]()  # noqa: S311 - moments, no secret

            def kill() -> None:
                for _ in range(given.moments):
                    time.sleep(dice.uniform(0.2, 3.0))
                    victim = dice.choice(VICTIMS)
                    killed[victim] += 1
                    _kill(victim, place, worker, web)

            hurt = _part(site, sender, given, watches, kill)
        finally:
            worker.close()
            web.close()
        stored = _compare(site, sender, watches)
        bench.notes.update(killed=dict(killed), compared=stored, full_disk_seconds=round(full, 1))
        print(bench.notes, flush=True)
        bench.add(
            f"{given.pages} captured pages and {given.batches} batches, {given.moments} kills",
            hurt,
            "s",
            Yardstick("in peace", calm),
            given.moments,
        )


def _begin(place: Installation) -> tuple[Site, Sender, dict[str, int]]:
    """Three running watches, of a website, a stream, and a file without anything to flag, each of its own platform."""
    from jaga.cases.models.cases import Platform
    from jaga.core.actors import CLI
    from jaga.core.standard_webhooks import PrivateKey
    from jaga.core.terms.people import Role
    from jaga.core.terms.reports import SourceKind
    from jaga.people.verbs.people import NewPerson, actor_for, create_person
    from jaga.policy.local_time import today
    from jaga.policy.release import load_release
    from jaga.watch.verbs.watches import NewWatch, propose_watch, start_watch, usable_bases

    site, key, watches = Site(), PrivateKey(bytes(32)), {}
    (place.home / "watch").mkdir()
    _grow(place.home / "watch" / "tenang.jsonl", 10)
    settings = {
        "web": (SourceKind.WEB, f"{site.url}/papan", (f"{site.url}/papan",)),
        "stream": (SourceKind.STREAM, "", ()),
        "file": (SourceKind.FILE, "tenang.jsonl", ()),
    }
    for name, (kind, url, surfaces) in settings.items():
        operator = Platform.objects.get(name=platform_of(name, (key.public.text(),))).operator_id
        one, other = (
            actor_for(create_person(NewPerson(f"{name}-{role}", role.value, operator, (role,)), actor=CLI))
            for role in (Role.SUPERVISOR, Role.ADMINISTRATOR)
        )
        row = propose_watch(
            NewWatch(
                name,
                kind,
                usable_bases(load_release())[0].key,
                "A benchmark of made texts.",
                50_000,
                today() + timedelta(days=1),
                url=url,
                surfaces=surfaces,
            ),
            actor=one,
        )
        start_watch(row.pk, actor=other)
        watches[name] = row.pk
    return site, Sender(f"http://127.0.0.1:{place.port}/hooks/stream/observations/", key), watches


def _grow(path: Path, count: int) -> None:
    with path.open("a") as file:
        for _ in range(count):
            file.write(
                json.dumps(
                    {
                        "native_id": f"f{time.monotonic_ns()}",
                        "account_id": "@tenang:localhost",
                        "at": "2026-11-30T01:02:03Z",
                        "text": CALM.format(time.monotonic_ns()),
                    }
                )
                + "\n"
            )


def _part(site: Site, sender: Sender, given: Any, watches: dict[str, int], trouble: Callable[[], None]) -> float:
    """New pages and batches, some trouble meanwhile, and the seconds until all of it is stored and captured."""
    began = time.perf_counter()
    site.add(given.pages)
    sending = sender.send(given.batches)
    trouble()
    sending.join()
    _wait(lambda: _settled(site, sender), watches, _LONGEST)
    return time.perf_counter() - began


def _wait(until: Callable[[], bool], watches: dict[str, int], seconds: float) -> None:
    """Raises SystemExit if it does not come."""
    over = time.monotonic() + seconds
    while not asked(until):
        if time.monotonic() > over:
            raise SystemExit(f"it does not come to an end: {asked(lambda: _states(watches))}")
        time.sleep(0.2)
    print(f"{time.monotonic() - over + seconds:.0f} s", flush=True)


def _settled(site: Site, sender: Sender) -> bool:
    from jaga.cases.models.reports import Report
    from jaga.watch.models.kept import WatchCapture

    pages = len(site.pages) - 1
    return (
        Report.objects.filter(subject__platform__name="web").count() >= pages
        and Report.objects.filter(subject__platform__name="stream").count() >= len(sender.acknowledged)
        and WatchCapture.objects.filter(ended_at__isnull=False).count() >= pages
    )


def _states(watches: dict[str, int]) -> dict[str, tuple[str, str]]:
    from jaga.watch.models.watches import WatchProgress

    return {
        name: WatchProgress.objects.values_list("state", "why").get(watch=number) for name, number in watches.items()
    }


def _full_disk(place: Installation, watches: dict[str, int], site: Site, sender: Sender) -> None:
    """Let the disk become full as soon as new pages are filed and before they are captured; then more pages and batches
    come. Each source and each capture says so, while the third source is read and batches are acknowledged.
    """
    from jaga.cases.models.reports import Report
    from jaga.watch.jobs import FULL
    from jaga.watch.models.kept import WatchCapture
    from jaga.watch.verbs.media import OWN_DISK_FULL

    pages = Report.objects.filter(subject__platform__name="web")
    _wait(lambda: pages.count() >= len(site.pages) - 1, watches, 60)
    ballast = place.home / "evidence" / ".ballast"
    for size in (1 << 16, 1 << 12):
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(size))
    observed, acknowledged = _observed(watches["file"]), len(sender.acknowledged)
    _grow(place.home / "watch" / "tenang.jsonl", 10)
    site.add(1)
    sender.send(2).join()

    def told() -> bool:
        states = _states(watches)
        return (
            states["web"][1] == states["stream"][1] == FULL
            and _observed(watches["file"]) >= observed + 10
            and WatchCapture.objects.filter(ended_at__isnull=True, why=OWN_DISK_FULL).exists()
        )

    _wait(told, watches, 120)
    if len(sender.acknowledged) < acknowledged + 2:
        raise SystemExit("batches are not taken while the folder of evidence is full")
    ballast.unlink()


def _observed(number: int) -> int:
    from jaga.watch.models.watches import WatchDay

    return sum(WatchDay.objects.filter(watch=number).values_list("observed", flat=True))


def _kill(victim: str, place: Installation, worker: Killable, web: Killable) -> None:
    if victim == "worker":
        worker.kill()
    elif victim == "web server":
        web.kill()
    else:
        os.kill(place.cluster.server.pid, signal.SIGKILL)
        while not place.cluster.revive():
            time.sleep(0.05)


def _compare(site: Site, sender: Sender, watches: dict[str, int]) -> dict[str, int]:
    """What is stored, by kind. Raises SystemExit for anything lost or twice."""
    from jaga.cases.models.reports import Evidence, Report
    from jaga.store.kernel.ledger_verification import verify_ledger
    from jaga.store.kernel.sequencer import link_entries
    from jaga.watch.models.kept import WatchCapture, WatchPush

    while link_entries():
        pass
    pages = len(site.pages) - 1
    found = {
        "batches acknowledged": (len(set(sender.acknowledged)), sender.sent),
        "batches stored": (WatchPush.objects.count(), sender.sent),
        "rows of batches": (_observed(watches["stream"]), sender.sent * ROWS),
        "reports of batches": (Report.objects.filter(subject__platform__name="stream").count(), sender.sent),
        "reports of pages": (Report.objects.filter(subject__platform__name="web").count(), pages),
        "captures": (WatchCapture.objects.filter(ended_at__isnull=False).count(), pages),
        "archives": (
            Evidence.objects.filter(kind="page").count(),
            WatchCapture.objects.exclude(state="text_only").count(),
        ),
        "texts sealed": (Evidence.objects.filter(kind="text").count(), sender.sent + pages),
        "faults of the ledger": (len(verify_ledger().problems), 0),
    }
    if wrong := {name: pair for name, pair in found.items() if pair[0] != pair[1]}:
        raise SystemExit(f"lost or twice (found, wanted): {wrong}")
    return {name: pair[0] for name, pair in found.items()}


if __name__ == "__main__":
    main()
