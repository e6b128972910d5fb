"""A foreign witness (Debian's `sigsum-witness`) cosigns heads of our log, and refuses a fork and a rollback.

It takes only logs that are named as Sigsum names them, so the log of this test is; all else is as we publish it. Debian
builds it without modules, so that Go takes the multiplexer of 1.21, which knows no `POST /…`; hence GODEBUG.
"""

import os
import shutil
import socket
import struct
import subprocess
import time
from base64 import b64decode, b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from tests.ledger.tlog.published import leaves

from jaga.app.services.processes import free_port
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.notes import NoteSigner, NoteVerifier, SignatureAlgorithm
from jaga.ledger.tlog.policy import TreeHead, open_checkpoint, sign_checkpoint
from jaga.ledger.tlog.tree import TreeReader
from jaga.ledger.tlog.witness import format_request

_SEED = bytes(range(32))
_PUBLIC = NoteSigner("x", SignatureAlgorithm.ED25519, _SEED).verifier.key
_LOG = NoteSigner(f"sigsum.org/v1/tree/{sha256(_PUBLIC).hexdigest()}", SignatureAlgorithm.ED25519, _SEED)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[tuple[str, NoteVerifier]]:
    """The address of a running witness, and its key."""
    if not shutil.which("sigsum-witness"):
        pytest.fail("sigsum-witness is missing: apt-get install sigsum-go (make test does it as root)")
    (tmp_path / "log.pub").write_text(f"ssh-ed25519 {b64encode(_blob(b'ssh-ed25519') + _blob(_PUBLIC)).decode()} log\n")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    public = b64decode((tmp_path / "key.pub").read_text().split()[1])[-32:]
    port = free_port()
    running = subprocess.Popen(
        [
            "sigsum-witness",
            "-k",
            tmp_path / "key",
            "--log-key",
            tmp_path / "log.pub",
            "--state-file",
            tmp_path / "state",
            f"127.0.0.1:{port}",
        ],
        stderr=subprocess.DEVNULL,
        env={**os.environ, "GODEBUG": "httpmuxgo121=0"},
    )
    try:
        until = time.monotonic() + 20
        while not _listens(port):
            assert time.monotonic() < until, "it did not start"
            time.sleep(0.02)
        name = f"sigsum.org/v1/witness/{sha256(public).hexdigest()}"
        yield f"http://127.0.0.1:{port}/add-checkpoint", NoteVerifier(name, SignatureAlgorithm.COSIGNATURE_V1, public)
    finally:
        running.terminate()
        running.wait()


def test_it_cosigns_what_only_grew(witness: tuple[str, NoteVerifier], tmp_path: Path) -> None:
    """Each head with our proof from the one before; its cosignature counts here, and nothing else is signed."""
    address, key = witness
    log, sizes = LogFolder(tmp_path / "log"), (0, 256, 700, 66_000)
    size = 0
    for before, after in pairwise(sizes):
        size = log.append(size, leaves(before, after))
        tree = TreeReader(after, log.read)
        checkpoint = sign_checkpoint(TreeHead(_LOG.name, after, tree.root), _LOG)
        answer = httpx.post(address, content=format_request(before, tree.consistency_proof(before), checkpoint))
        assert answer.status_code == 200, answer.text
        opened = open_checkpoint(checkpoint + answer.content, _LOG.verifier, witnesses=[key])
        assert set(opened.cosigned) == {key}
        assert abs(opened.cosigned[key] - time.time()) < 60

    def refused(head: TreeHead, old: int, *proof: bytes, by: NoteSigner = _LOG) -> int:
        return httpx.post(address, content=format_request(old, proof, sign_checkpoint(head, by))).status_code

    tree = TreeReader(66_000, log.read)
    assert refused(TreeHead(_LOG.name, 700, bytes(32)), 700) == 409  # rolled back
    assert refused(TreeHead(_LOG.name, 66_000, bytes(32)), 66_000) in (409, 422)  # a fork
    assert refused(TreeHead(_LOG.name, 66_256, bytes(32)), 66_000, bytes(32)) == 422
    other = NoteSigner(_LOG.name, SignatureAlgorithm.ED25519, bytes(32))
    assert refused(TreeHead(_LOG.name, 66_000, tree.root), 66_000, by=other) == 403


def _blob(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _listens(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
