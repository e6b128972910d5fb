"""An archive of 200,000 texts, two workers, and a power cut in the middle."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
from tests.app.screening.files import ENVIRONMENT, command, run, texts, told, write_lines

ROWS = 200_000


def test_a_run_killed_with_9_goes_on_to_the_same_result(tmp_path: Path) -> None:
    """The result equals that of one undisturbed process bit for bit; until then there is no result."""
    path, result = write_lines(tmp_path / "arsip.jsonl", texts(ROWS)), tmp_path / "hasil.parquet"
    parts = tmp_path / "hasil.parquet.parts"
    with subprocess.Popen(
        command(path, "--out", result, "--workers", 2), stdout=subprocess.PIPE, env=ENVIRONMENT, start_new_session=True
    ) as first:
        _wait_for_a_part(parts, first)
        os.killpg(first.pid, signal.SIGKILL)
    assert first.returncode == -signal.SIGKILL
    assert not result.exists()
    kept = {part.name: part.stat().st_mtime_ns for part in parts.glob("*.arrow")}
    assert kept
    again = run(path, "--out", result, "--workers", 2)
    assert again.returncode == 0, again.stderr
    assert f"{ROWS:,} rows" in again.stdout
    assert not parts.exists()
    told(path, tmp_path / "tenang.parquet")
    assert result.read_bytes() == (tmp_path / "tenang.parquet").read_bytes()
    assert pq.read_metadata(result).num_rows == ROWS


def _wait_for_a_part(parts: Path, running: subprocess.Popen[bytes]) -> None:
    while not list(parts.glob("*.arrow")):
        assert running.poll() is None, "it ended before it could be killed"
        time.sleep(0.002)
