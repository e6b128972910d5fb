"""A log that Jaga wrote, verified by the library with which Go's toolchain verifies its own checksum database."""

import os
import re
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest
from tests.ledger.tlog.published import LOG, SIZE, root_between

from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.tree import TreeReader

LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")  # Debian's golang-golang-x-mod-dev
OLDER, INDEX = 40_000, 12_345


@pytest.fixture(scope="module")
def verify_log(pytestconfig: pytest.Config) -> Path:
    """The Go program, compiled without any network. What it compiled of Go's own library stays in pytest's cache."""
    go = shutil.which("go")
    if go is None or not LIBRARY.exists():
        pytest.fail("go is missing: apt-get install golang-go golang-golang-x-mod-dev (make test does it as root)")
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("go")
    program, source = cache / "verify_log", Path(__file__).parent / "go" / "verify_log.go"
    environment = {"PATH": os.environ["PATH"], "GOPATH": "/usr/share/gocode", "GOCACHE": str(cache), "GOENV": "off",
                   "GO111MODULE": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    done = subprocess.run([go, "build", "-o", program, source], env=environment, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr
    return program


def test_go_verifies_head_inclusion_and_consistency(verify_log: Path, large_log: LogFolder, tmp_path: Path) -> None:
    """From our tiles by its own proofs, and by ours. A wrong root, proof, leaf or tile is refused."""
    tree = TreeReader(SIZE, large_log.read)

    def run(*, folder: Path = large_log.folder, older: bytes = root_between(0, OLDER),
            index: int = INDEX, proof: tuple[bytes, ...] = tree.inclusion_proof(INDEX)) -> tuple[int, str]:
        hashes = [*map(b64encode, tree.consistency_proof(OLDER)), b"", *map(b64encode, proof)]
        done = subprocess.run([verify_log, LOG.verifier.vkey, folder, str(OLDER), b64encode(older), str(index)],
                              input=b"\n".join(hashes), capture_output=True, check=False)
        return done.returncode, (done.stdout or done.stderr).decode()

    assert run() == (0, f"{SIZE} {b64encode(root_between(0, SIZE)).decode()}\n")
    damaged = Path(shutil.copytree(large_log.folder, tmp_path / "damaged"))
    (damaged / "tile/0/048").write_bytes(bytes(8192))
    for status, output in (run(index=INDEX + 1), run(older=bytes(32)), run(proof=tree.inclusion_proof(INDEX)[1:]),
                           run(folder=damaged)):
        assert status == 1
        assert re.search("invalid transparency proof|downloaded inconsistent tile", output), output
