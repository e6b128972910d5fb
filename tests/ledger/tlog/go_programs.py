"""Compiles the Go programs that verify what Jaga wrote, without any network."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

LIBRARY = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb/tlog")  # Debian's golang-golang-x-mod-dev
FOLDER = Path(__file__).parent / "go"


def go_program(name: str, pytestconfig: pytest.Config) -> Path:
    """The compiled program. What was compiled of Go's own library stays in pytest's cache."""
    go = shutil.which("go")
    if go is None or not LIBRARY.exists():
        pytest.fail("go is missing: apt-get install golang-go golang-golang-x-mod-dev (make test does it as root)")
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("go")
    environment = {
        "PATH": os.environ["PATH"],
        "GOPATH": "/usr/share/gocode",
        "GOCACHE": str(cache),
        "GOENV": "off",
        "GO111MODULE": "off",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": "0",
    }
    done = subprocess.run(
        [go, "build", "-o", cache / name, FOLDER / f"{name}.go"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return cache / name
