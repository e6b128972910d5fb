"""A log that Jaga wrote, verified by the library with which Go's toolchain verifies its own checksum database."""

import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from tests.ledger.tlog.go_programs import go_program
from tests.ledger.tlog.published import LOG, SIZE, root_between

from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.tree import TreeReader

OLDER, INDEX = 40_000, 12_345


@pytest.fixture(scope="module")
def verify_log(pytestconfig: pytest.Config) -> Path:
    """The Go program for a whole log."""
    return go_program("verify_log", pytestconfig)


def test_go_verifies_head_inclusion_and_consistency(verify_log: Path, large_log: LogFolder, tmp_path: Path) -> None:
    """From our tiles by its own proofs, and by ours. A wrong root, proof, leaf or tile is refused."""
    tree = TreeReader(SIZE, large_log.read)

    def run(
        *,
        folder: Path = large_log.folder,
        older: bytes = root_between(0, OLDER),
        index: int = INDEX,
        proof: tuple[bytes, ...] = tree.inclusion_proof(INDEX),
    ) -> tuple[int, str]:
        hashes = [*map(b64encode, tree.consistency_proof(OLDER)), b"", *map(b64encode, proof)]
        done = subprocess.run(
            [verify_log, LOG.verifier.vkey, folder, str(OLDER), b64encode(older), str(index)],
            input=b"\n".join(hashes),
            capture_output=True,
            check=False,
        )
        return done.returncode, (done.stdout or done.stderr).decode()

    assert run() == (0, f"{SIZE} {b64encode(root_between(0, SIZE)).decode()}\n")
    damaged = Path(shutil.copytree(large_log.folder, tmp_path / "damaged"))
    (damaged / "tile/0/048").write_bytes(bytes(8192))
    for status, output in (
        run(index=INDEX + 1),
        run(older=bytes(32)),
        run(proof=tree.inclusion_proof(INDEX)[1:]),
        run(folder=damaged),
    ):
        assert status == 1
        assert re.search("invalid transparency proof|downloaded inconsistent tile", output), output
