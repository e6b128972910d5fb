"""Witnesses that tests ask over HTTP: Debian's litewitness and our own."""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from jaga.app.commands.witness import _Answers
from jaga.app.services.processes import free_port
from jaga.ledger.tlog.notes import NoteSigner, NoteVerifier, SignatureAlgorithm
from jaga.ledger.tlog.witness import WitnessState

NAME = "witness.example/w"
_DEBIAN = {**os.environ, "GODEBUG": "httpmuxgo121=0"}
"""Debian builds litewitness 0.4.3 without modules, so that Go takes the multiplexer of 1.21, which reads
`POST /add-checkpoint` as a host: every address is 404 without this."""


@dataclass(frozen=True)
class RunningWitness:
    """Its key, its address, and what it does with a new log."""

    key: NoteVerifier
    url: str
    folder: Path

    def add_log(self, log: NoteVerifier) -> None:
        """Let it cosign this log."""
        database = self.folder / "witness.db"
        if not database.exists():
            WitnessState(self.folder, _OWN).add_log(log)
            return
        for command in (["add-log"], ["add-key", "-key", log.vkey]):
            subprocess.run(
                ["witnessctl", command[0], "-db", database, "-origin", log.name, *command[1:]],
                check=True,
                capture_output=True,
            )


_OWN = NoteSigner(NAME, SignatureAlgorithm.COSIGNATURE_V1, bytes([7] * 32))


@contextmanager
def own_witness() -> Iterator[RunningWitness]:
    """`jaga witness serve`, in a thread."""
    with tempfile.TemporaryDirectory() as folder:

        class Answers(_Answers):
            witness = WitnessState(Path(folder), _OWN)

        with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield RunningWitness(_OWN.verifier, f"http://127.0.0.1:{server.server_address[1]}", Path(folder))
            finally:
                server.shutdown()
                thread.join()


@contextmanager
def litewitness() -> Iterator[RunningWitness]:
    """Debian's litewitness with its key in an ssh-agent."""
    if not shutil.which("litewitness"):
        pytest.fail("litewitness is missing: apt-get install litetlog openssh-client (make test does it as root)")
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
        public = (folder / "key.pub").read_text().split()[1]
        listed = subprocess.run(["ssh-keygen", "-lf", folder / "key.pub"], check=True, capture_output=True, text=True)
        agent_socket, database = folder / "agent", folder / "witness.db"
        agent = subprocess.Popen(["ssh-agent", "-D", "-a", agent_socket], stdout=subprocess.DEVNULL)
        try:
            _wait(agent_socket.exists)
            subprocess.run(["ssh-add", "-q", folder / "key"], check=True, env={"SSH_AUTH_SOCK": str(agent_socket)})
            server = subprocess.Popen(
                [
                    "litewitness",
                    "-db",
                    database,
                    "-name",
                    NAME,
                    "-key",
                    listed.stdout.split()[1],
                    "-ssh-agent",
                    agent_socket,
                    "-listen",
                    f"127.0.0.1:{port}",
                ],
                stderr=subprocess.DEVNULL,
                env=_DEBIAN,
            )
            try:
                _wait(lambda: _listens(port))
                key = NoteVerifier(NAME, SignatureAlgorithm.COSIGNATURE_V1, b64decode(public)[-32:])
                yield RunningWitness(key, f"http://127.0.0.1:{port}", folder)
            finally:
                server.terminate()
                server.wait()
        finally:
            agent.terminate()
            agent.wait()


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def _wait(ready: object) -> None:
    assert callable(ready)
    end = time.monotonic() + 20
    while not ready():
        assert time.monotonic() < end, "it did not start"
        time.sleep(0.02)
