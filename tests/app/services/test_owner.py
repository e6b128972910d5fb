"""Files that root creates in an installation belong to the installation's owner."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from jaga.app.services.errors import open_log, write_private

ROOT = Path(__file__).resolve().parents[3]
SOMEBODY = 58_999  # no account has this number

_AS_ROOT = """
import os, sys
from pathlib import Path
from jaga.app.services.errors import become_owner
from jaga.app.services.errors import open_log, write_private
from jaga.app import keys
home = Path(sys.argv[1])
become_owner(home)
open_log(home / "log" / "worker.log").close()
write_private(home / "run" / "note", b"1")
keys.make("web")
(home / "static").mkdir()
print(os.getuid(), os.getgid(), *os.getgroups())
"""


def _readable_for(user: int) -> bool:
    """Whether this user may read the interpreter's standard library."""
    asked = subprocess.run(["test", "-r", os.__file__], check=False, user=user, group=user, extra_groups=[], cwd="/")
    return asked.returncode == 0


@pytest.fixture
def outside() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own folders are closed to others."""
    with TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        yield folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can work in the home of another user")
@pytest.mark.parametrize("owner", [SOMEBODY, 0])
def test_whatever_root_makes_belongs_to_the_owner_of_the_home(outside: Path, owner: int) -> None:
    """Logs, keys, files of a run and folders get the owner; in root's own home nothing changes. If the owner may not
    read the interpreter, the command is refused with an explanation.
    """
    home = outside / "home"
    home.mkdir()
    os.chown(home, owner, owner)
    result = subprocess.run(
        [sys.executable, "-c", _AS_ROOT, str(home)],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "JAGA_HOME": str(home), "PYTHONPATH": str(ROOT / "src")},
    )
    if owner and not _readable_for(owner):
        assert result.returncode == 1
        assert "NoPermission" in result.stderr
        return
    assert result.returncode == 0, result.stderr
    assert result.stdout.split()[:2] == [str(owner), str(owner)]
    made = [home, *home.rglob("*")]
    assert len(made) == 8
    assert {path.stat().st_uid for path in made} == {owner}


def test_logs_and_private_files_are_their_owners_alone(tmp_path: Path) -> None:
    """Also files that an older version created readable for everybody, and with any umask."""
    old = tmp_path / "log" / "web.log"
    old.parent.mkdir(mode=0o755)
    old.write_text("earlier\n")
    old.chmod(0o644)
    before = os.umask(0)
    try:
        with open_log(old) as log:
            log.write(b"later\n")
        open_log(tmp_path / "log" / "new.log").close()
        write_private(tmp_path / "run" / "note", b"1")
        write_private(tmp_path / "run" / "note", b"2")
    finally:
        os.umask(before)
    assert old.read_text() == "earlier\nlater\n"
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*") if path.is_dir()} == {0o700}
    assert (tmp_path / "run" / "note").read_bytes() == b"2"
    assert len(list((tmp_path / "run").iterdir())) == 1
