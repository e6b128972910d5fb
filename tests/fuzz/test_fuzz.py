"""Arbitrary input: by hypothesis, and for some thousand rounds by atheris, which searches for new paths."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.fuzz.targets import SEEDS, TARGETS

CHECKOUT = Path(__file__).resolve().parents[2]
ROUNDS = 5_000
ANYTHING = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=200).map(str.encode),
    st.lists(
        st.sampled_from([*SEEDS, *"\n\r\"',|{}[]:\\\x00", "\u200b", "o", "0", " ", '"text"', "08", "&a", "- "]),
        max_size=30,
    )
    .map("".join)
    .map(str.encode),
    st.tuples(st.sampled_from(SEEDS), st.binary(max_size=20), st.integers(0, 60)).map(
        lambda parts: parts[0].encode()[: parts[2]] + parts[1] + parts[0].encode()[parts[2] :]
    ),
)


@pytest.mark.parametrize("target", sorted(set(TARGETS) - {"all"}))
@given(data=ANYTHING)
@settings(max_examples=example_count(20))
def test_anything_at_all_is_taken(target: str, data: bytes) -> None:
    """The invariant of each target holds."""
    TARGETS[target](data)


def test_nothing_breaks_under_guided_fuzzing(tmp_path: Path) -> None:
    """A fixed seed, and as many rounds as there is time for. To run more: python -m tests.fuzz.guided contacts."""
    if find_spec("atheris") is None:
        pytest.skip("atheris is not installed: it has no wheel for this Python")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(SEEDS):
        for target in range(len(TARGETS)):
            (corpus / f"{number}-{target}").write_bytes(bytes([target]) + seed.encode())
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.fuzz.guided",
            "all",
            f"-runs={ROUNDS}",
            "-seed=1",
            "-max_len=400",
            "-max_total_time=5",
            "-timeout=60",
            "-rss_limit_mb=4096",
            f"-artifact_prefix={tmp_path}/",
            corpus,
        ],
        capture_output=True,
        text=True,
        cwd=CHECKOUT,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT / "src"), str(CHECKOUT)])},
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-4000:]
    assert "Done " in ran.stderr
