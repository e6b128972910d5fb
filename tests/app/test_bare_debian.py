"""`tools/bare_debian.sh`: its help, and what it refuses before it creates anything."""

import re
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "bare_debian.sh"


def run(*words: str, folder: Path) -> tuple[int, str]:
    done = subprocess.run([SCRIPT, "--in", folder, *words], capture_output=True, text=True, check=False)
    assert list(folder.iterdir()) == []
    return done.returncode, done.stdout + done.stderr


def test_it_explains_every_option_and_target(tmp_path: Path) -> None:
    """The help lists all options and targets, and no others."""
    status, output = run("--help", folder=tmp_path)
    assert status == 0
    taken = set(re.findall(r"^ {12}(--[a-z.0-9]+)", SCRIPT.read_text(), re.MULTILINE))
    assert {option.removesuffix(".") for option in taken} == {
        option.removesuffix(".N") for option in re.findall(r"^  (--[a-zN.0-9]+)", output, re.MULTILINE)
    }
    assert {"check", "run", "test"} <= set(re.findall(r"^  (\w+) ", output, re.MULTILINE))


@pytest.mark.parametrize("words", [[], ["everything"], ["--suit", "trixie", "check"]])
def test_what_it_does_not_know_is_refused(tmp_path: Path, words: list[str]) -> None:
    """Unknown options end with status 2 and a hint to the help; nothing is created."""
    status, output = run(*words, folder=tmp_path)
    assert status == 2
    assert "--help" in output


def test_it_names_no_place_to_fetch_from() -> None:
    """Packages come from the machine's own sources, or from `--sources`."""
    assert not re.findall(r"https?://[a-z]", SCRIPT.read_text())
