"""Reports a second beside a real Ozone on the same machine:
`python -m bench.beside_ozone [--reports N] [--clients N] [--rounds N] [--json FILE]`.

The same clients file the same number of reports in turns: to Ozone by `com.atproto.moderation.createReport`, without
the PDS in between, and to Jaga by its API. Both store in PostgreSQL, in the same cluster with fsync on. Each report is
about another account and has the same text. What is not being measured stands idle beside.

Ozone answers once the report is an event of its account, which it then shows moderators; a report to Jaga is in its
case a moment after the answer, and the time until the last one is counted. Jaga screens, ranks and ledgers it as well.
A side is cut off after `_LONGEST` seconds. Each client of Ozone is an account of its own with a token for this call,
from the PDS. At the end all reports must be in the databases. Also printed is the time of the processor for a report,
without that of PostgreSQL, which serves both: other work on the machine changes it less.
"""

import json
import secrets
import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from itertools import count
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import psycopg

from bench.clients import TEXT, Connection, Sender
from bench.harness import Bench, Yardstick, benchmark, options
from bench.installation import Installation, installation
from bench.intake import PLATFORM, _counted, _prepare, _wait_until_up
from bench.processor import seconds_used

if TYPE_CHECKING:
    from tests.platforms.atproto_servers import AtprotoServers

_CALL = "com.atproto.moderation.createReport"
_LONGEST = 60.0
_TOKEN_SECONDS = 1800
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
_PROCESSES = {"ozone": "serve.cjs", "jaga": "granian", "worker": "jaga.app.cli worker"}


class Filer:
    """One client of Ozone, which reports invented accounts. `connected` opens its connection; servers close idle
    ones.
    """

    def __init__(self, servers: "AtprotoServers", number: int) -> None:
        from tests.platforms.atproto_servers import sign_up

        made = sign_up(servers.pds_url, f"pelapor{number}", secrets.token_hex(8))
        token = httpx.get(
            f"{servers.pds_url}/xrpc/com.atproto.server.getServiceAuth",
            timeout=60,
            trust_env=False,
            headers={"Authorization": f"Bearer {made['accessJwt']}"},
            params={"aud": servers.ozone_did, "lxm": _CALL, "exp": int(time.time()) + _TOKEN_SECONDS},
        )
        self._port = int(urlsplit(servers.ozone_url).port or 0)
        self._headers = (
            f"Authorization: Bearer {token.raise_for_status().json()['token']}\r\nContent-Type: application/json\r\n"
        )

    def connected(self) -> Callable[[], int]:
        """A call that reports one account and returns the status of the answer, on a new connection."""
        connection = Connection(self._port)

        def try_once() -> int:
            did = "did:plc:" + "".join(secrets.choice(_BASE32) for _ in range(24))
            body = json.dumps(
                {
                    "reasonType": "com.atproto.moderation.defs#reasonMisleading",
                    "reason": TEXT,
                    "subject": {"$type": "com.atproto.admin.defs#repoRef", "did": did},
                }
            )
            return connection.ask("POST", f"/xrpc/{_CALL}", body.encode(), self._headers).status

        return try_once


def filed(calls: Sequence[Callable[[], int]], reports: int) -> tuple[int, float]:
    """File this many reports from as many threads as `calls`; returns how many were, and the seconds.

    A refusal for want of room (503) is sent again. Ends the program at any other refusal, or a closed connection.
    """
    done, wrong = [0] * len(calls), list[str]()
    began = time.perf_counter()

    def loop(number: int) -> None:
        try:
            for _ in range(reports // len(calls)):
                while (status := calls[number]()) == HTTPStatus.SERVICE_UNAVAILABLE:
                    time.sleep(0.05)
                if status not in (HTTPStatus.OK, HTTPStatus.CREATED):
                    wrong.append(str(status))
                    return
                done[number] += 1
                if time.perf_counter() - began > _LONGEST:
                    return
        except OSError as broken:
            wrong.append(repr(broken))

    threads = [Thread(target=loop, args=(number,), daemon=True) for number in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise SystemExit(f"reports were answered with {', '.join(sorted(set(wrong)))}; the figures mislead")
    return sum(done), time.perf_counter() - began


def measure(
    bench: Bench, place: Installation, servers: "AtprotoServers", key: str, reports: int, clients: int, rounds: int
) -> None:
    """Both in turns, after a short warm-up of each."""
    filers, names = [Filer(servers, number) for number in range(clients)], count()

    def ozone() -> list[Callable[[], int]]:
        return [filer.connected() for filer in filers]

    def jaga() -> list[Callable[[], int]]:
        return [Sender(place.port, key, PLATFORM, f"akun{next(names)}").try_once for _ in range(clients)]

    stored = [filed(calls(), 5 * clients)[0] for calls in (ozone, jaga)]
    _in_their_cases(place)
    seconds, counts, used = [0.0, 0.0, 0.0], [0, 0], [0.0, 0.0]
    for number in range(rounds):
        before = seconds_used(_PROCESSES)
        sent, took = filed(ozone(), reports // rounds)
        between = seconds_used(_PROCESSES)
        began = time.perf_counter()
        own, acknowledged = filed(jaga(), reports // rounds)
        _in_their_cases(place)
        in_case = time.perf_counter() - began
        after = seconds_used(_PROCESSES)
        used[0] += between["ozone"] - before["ozone"]
        used[1] += sum(after[kind] - between[kind] for kind in ("jaga", "worker"))
        counts, seconds = (
            [counts[0] + sent, counts[1] + own],
            [one + more for one, more in zip(seconds, (took, acknowledged, in_case), strict=True)],
        )
        print(
            f"  round {number + 1}: Ozone {sent / took:.0f}/s, Jaga {own / acknowledged:.0f}/s acknowledged,"
            f" {own / in_case:.0f}/s in their cases",
            flush=True,
        )
    stored = [stored[0] + counts[0], stored[1] + counts[1]]
    found = [_events(servers), _counted(place, "filed")]
    if found != stored:
        raise SystemExit(f"sent {stored} reports to Ozone and Jaga, stored are {found}; the figures mislead")
    yardstick = Yardstick("Ozone, events", counts[0] / seconds[0])
    bench.add("reports acknowledged, per second", counts[1] / seconds[1], "/s", yardstick, counts[1])
    bench.add("reports in their cases, per second", counts[1] / seconds[2], "/s", yardstick, counts[1])
    bench.add(
        "a report, of the processor without PostgreSQL",
        used[1] / counts[1] * 1e6,
        "us",
        Yardstick("Ozone", used[0] / counts[0] * 1e6),
        counts[1],
    )


def _in_their_cases(place: Installation) -> None:
    until = time.perf_counter() + _LONGEST
    while _counted(place, "waiting"):
        if time.perf_counter() > until:
            raise SystemExit("reports still wait for their cases")
        time.sleep(0.05)


def _events(servers: "AtprotoServers") -> int:
    with psycopg.connect(servers.ozone_database) as connection:
        found = connection.execute(
            "SELECT count(*) FROM moderation_event WHERE action = 'tools.ozone.moderation.defs#modEventReport'"
        ).fetchone()
    return int(found[0]) if found else 0


def main() -> None:
    parser = options("Reports a second beside a real Ozone on the same machine.")
    parser.add_argument("--reports", type=int, default=3000, help="filed to each in all rounds (3000)")
    parser.add_argument("--clients", type=int, default=8, help="at a time (8)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (3)")
    given = parser.parse_args()
    if min(given.reports // max(given.rounds, 1) // max(given.clients, 1), given.rounds, given.clients) < 1:
        parser.error("each client files at least one report in each round")
    from tests.platforms.atproto_servers import installed, running_atproto

    if not installed():
        raise SystemExit("the AT Protocol's servers are missing: python3 tools/bootstrap.py test --atproto")
    with installation({"JAGA_REPORTS_PER_MINUTE": "0"}) as place:
        key, folder = _prepare(), place.home / "atproto"
        folder.mkdir()
        with running_atproto(folder, place.database_url) as servers:
            place.start_processes("web", "worker", "urgent")
            _wait_until_up(place)
            with benchmark("beside_ozone", place.database_url, given.json) as bench:
                measure(bench, place, servers, key, given.reports, given.clients, given.rounds)


if __name__ == "__main__":
    main()
