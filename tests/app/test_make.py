"""`make test`, `make check` and what CI runs: checks and tests are both run and reported, whatever the other found."""

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
        program.write_text(
            f"#!/bin/sh\necho {name} >> {calls}\n{f'echo {CLOSING!r}' if name == 'python' else ''}\n"
            f"exit {int(name in failing)}\n"
        )
        program.chmod(0o755)
    done = subprocess.run(
        ["make", target, f"BIN={folder}", "PYTHON=true"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    return done.returncode, done.stdout, calls.read_text().split()


def test_the_tests_are_run_without_the_checks(tmp_path: Path) -> None:
    """Pytest's closing line is the last one, and the status is its own."""
    for failing in (set[str](), {"python"}):
        status, output, calls = make("test", tmp_path, failing)
        assert set(calls) == {"python"}
        assert (status == 0) == (not failing)
        assert output.strip().splitlines()[-1] == CLOSING


@pytest.mark.parametrize("failing", ["", "check", "test", "check test"])
def test_ci_runs_checks_and_tests_whatever_the_other_found(tmp_path: Path, failing: str) -> None:
    """The tests come last, so that their closing line is the last one."""
    (tmp_path / "make").write_text(
        f"#!/bin/sh\necho $2 >> {tmp_path}/calls\ncase ' {failing} ' in *\" $2 \"*) exit 1;; esac\n"
    )
    (tmp_path / "make").chmod(0o755)
    done = subprocess.run(
        [CHECKOUT / ".ci" / "run"], capture_output=True, check=False, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}
    )
    assert (tmp_path / "calls").read_text().split() == ["ready-test", "check", "test"]
    assert (done.returncode == 0) == (not failing)


def test_one_check_does_not_hide_the_next(tmp_path: Path) -> None:
    """`make check` reports every fault in one run, and runs no tests."""
    status, _, calls = make("check", tmp_path, {"ruff"})
    assert status != 0
    assert set(calls) == set(CHECKERS)
