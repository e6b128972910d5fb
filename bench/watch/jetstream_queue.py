"""How many messages a second NATS JetStream stores and hands out, each synced to the disk:
`python -m bench.watch.jetstream_queue --server PATH [--messages N] [--processes N] [--json FILE]`.

The comparison of ADR 0096 with `bench.watch.block_queue`, on the same disk: a stream in files, `sync_interval:
always`, a work queue. Processes publish a message that says as much as a row of the table of blocks and wait for its
acknowledgement; then they take one message at a time, and acknowledge it with an answer. `nats-server` is Debian's
package of that name; its protocol is spoken here in a few lines. Yardstick: a line appended to a file, with fsync.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.harness import Yardstick, benchmark, options
from jaga.app import config
from jaga.app.services.processes import free_port

_BLOCK = json.dumps(
    {
        "backlog": 1,
        "number": 1,
        "start": 0,
        "size": 4_000_000,
        "input_hash": "0" * 64,
        "output_hash": "0" * 64,
        "root": "0" * 64,
    }
).encode()
_API = "$JS.API"


class Nats:
    """A connection that waits for each answer (https://docs.nats.io/reference/reference-protocols/nats-protocol)."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")
        self._file.readline()  # INFO
        self._inbox = f"_INBOX.{os.getpid()}.{id(self)}"
        self._socket.sendall(b'CONNECT {"verbose":false,"pedantic":false}\r\n' + f"SUB {self._inbox} 1\r\n".encode())

    def ask(self, subject: str, body: bytes = b"") -> tuple[str, bytes]:
        """Publish, and wait for the answer: where to answer it, and its content."""
        self._socket.sendall(f"PUB {subject} {self._inbox} {len(body)}\r\n".encode() + body + b"\r\n")
        while True:
            line = self._file.readline().decode().split()
            if line[0] == "PING":
                self._socket.sendall(b"PONG\r\n")
            elif line[0] in ("MSG", "HMSG"):
                content = self._file.read(int(line[-1]) + 2)[:-2]
                headers = int(line[-2]) if line[0] == "HMSG" else 0
                given = len(line) - (5 if line[0] == "HMSG" else 4)
                return (line[3] if given else ""), content[headers:]
            elif line[0] == "-ERR":
                raise SystemExit(f"nats-server: {line}")


def work(port: int, messages: int, step: str) -> None:
    """Publish or take so many messages, one at a time."""
    nats = Nats(port)
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(messages):
        if step == "publish":
            _, answer = nats.ask("blocks", _BLOCK)
            assert b'"seq"' in answer, answer
        else:
            where, _ = nats.ask(f"{_API}.CONSUMER.MSG.NEXT.BLOCKS.workers", b'{"batch":1,"expires":5000000000}')
            assert where
            nats.ask(where, b"+ACK")


def _timed(port: int, step: str, messages: int, processes: int) -> float:
    command = [sys.executable, "-m", "bench.watch.jetstream_queue", "--of", str(port), str(messages // processes), step]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) for _ in range(processes)]
    for process in running:
        assert process.stdout
        process.stdout.readline()
    began = time.perf_counter()
    for process in running:
        process.communicate(b"go\n")
    if any(process.returncode for process in running):
        raise SystemExit("a process ended with an error")
    return messages // processes * processes / (time.perf_counter() - began)


def _appends(folder: Path, seconds: float = 3.0) -> float:
    with (folder / "yardstick").open("ab", buffering=0) as file:
        done, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            file.write(_BLOCK + b"\n")
            os.fsync(file.fileno())
            done += 1
        return done / (time.perf_counter() - began)


def _ready(port: int) -> Nats:
    for _ in range(200):
        try:
            return Nats(port)
        except OSError:
            time.sleep(0.05)
    raise SystemExit("nats-server does not answer")


def main() -> None:
    if sys.argv[1:2] == ["--of"]:
        work(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
        return
    parser = options("Messages a second that JetStream stores and hands out.")
    parser.add_argument("--server", type=Path, required=True, help="the program nats-server")
    parser.add_argument("--messages", type=int, default=2000, help="how many (2000)")
    parser.add_argument("--processes", type=int, default=2, help="that publish and take them (2)")
    given = parser.parse_args()
    (config.CHECKOUT / "var").mkdir(exist_ok=True)
    with (
        benchmark("jetstream_queue", None, given.json) as bench,
        tempfile.TemporaryDirectory(prefix="bench-", dir=config.CHECKOUT / "var") as name,
    ):
        folder, port = Path(name), free_port()
        (folder / "nats.conf").write_text(
            f'host: 127.0.0.1\nport: {port}\njetstream {{\n  store_dir: "{folder}"\n  sync_interval: always\n}}\n'
        )
        server = subprocess.Popen(
            [given.server, "-c", folder / "nats.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            nats = _ready(port)
            for what, wanted in (
                (
                    "STREAM.CREATE.BLOCKS",
                    {
                        "name": "BLOCKS",
                        "subjects": ["blocks"],
                        "storage": "file",
                        "retention": "workqueue",
                        "num_replicas": 1,
                    },
                ),
                (
                    "CONSUMER.DURABLE.CREATE.BLOCKS.workers",
                    {
                        "stream_name": "BLOCKS",
                        "config": {"durable_name": "workers", "ack_policy": "explicit", "ack_wait": 60_000_000_000},
                    },
                ),
            ):
                _, answer = nats.ask(f"{_API}.{what}", json.dumps(wanted).encode())
                if b'"error"' in answer:
                    raise SystemExit(f"nats-server: {answer.decode()}")
            bench.notes["nats-server"] = subprocess.run(
                [given.server, "--version"], capture_output=True, text=True, check=True
            ).stdout.strip()
            appends = Yardstick("appends with fsync", _appends(folder))
            for step in ("publish", "take"):
                rate = _timed(port, step, given.messages, given.processes)
                bench.add(f"messages: {step} and acknowledge", rate, "/s", appends, given.messages)
        finally:
            server.terminate()
            server.wait(10)
        print(bench.notes, flush=True)


if __name__ == "__main__":
    main()
