"""`make test`: the checks and the tests are both run and both reported, whatever the other found."""

import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
CHECKERS = ("ruff", "mypy", "lint-imports", "djlint", "jaga")
CLOSING = "===== 3 passed in 1.00s ====="


def make(target: str, folder: Path, failing: set[str]) -> tuple[int, str, list[str]]:
    """Run the Makefile's recipe with stub programs that only record their calls; returns status, output and calls."""
    calls = folder / "calls"
    for name in (*CHECKERS, "python"):
        program = folder / name
        program.write_text(f"#!/bin/sh\necho {name} >> {calls}\n{f'echo {CLOSING!r}' if name == 'python' else ''}\n"
                           f"exit {int(name in failing)}\n")
        program.chmod(0o755)
    done = subprocess.run(["make", target, f"BIN={folder}", "PYTHON=true"], cwd=CHECKOUT, capture_output=True,
                          text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    return done.returncode, done.stdout, calls.read_text().split()


@pytest.mark.parametrize("failing", [set(), {"mypy"}, {"ruff", "jaga"}, {"python"}, {"ruff", "python"}],
                         ids=lambda names: "+".join(sorted(names)) or "none")
def test_checks_and_tests_do_not_hide_each_other(tmp_path: Path, failing: set[str]) -> None:
    """Both are called, and the status combines both; the last line is pytest's, or a line about the checks."""
    status, output, calls = make("test", tmp_path, failing)
    assert set(calls) == {*CHECKERS, "python"}
    assert (status == 0) == (not failing)
    last = output.strip().splitlines()[-1]
    assert ("checks" in last) == bool(failing - {"python"})
    assert CLOSING in output
    if not failing - {"python"}:
        assert last == CLOSING


def test_one_check_does_not_hide_the_next(tmp_path: Path) -> None:
    """`make check` reports every fault in one run, and runs no tests."""
    status, _, calls = make("check", tmp_path, {"ruff"})
    assert status != 0
    assert set(calls) == set(CHECKERS)
