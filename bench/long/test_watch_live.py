"""The trial with invented people on three real servers, for seconds: `bench.watch.live` in short."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.synapse
@pytest.mark.atproto
def test_what_is_posted_on_three_servers_is_read_once_and_what_must_not_be_is_not(tmp_path: Path) -> None:
    """It ends well: every post was read, nothing hidden was, and the adverts that rules know are in cases."""
    written = tmp_path / "figures.json"
    ran = subprocess.run(
        [sys.executable, "-m", "bench.watch.live", "--minutes", "0.3", "--accounts", "15", "--json", written],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
    found = json.loads(written.read_text())
    assert set(found["notes"]["compared"]) == {"synapse", "snac", "atproto_pds"}
    assert all(one["hidden read"].startswith("0/") for one in found["notes"]["compared"].values())
    shares = [one["ratio"] for one in found["figures"] if one["name"].endswith("adverts found")]
    assert shares
    assert min(shares) == 1
