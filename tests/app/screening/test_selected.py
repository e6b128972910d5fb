"""Optional results: selected rows, texts, counts, a page with the highest scores, and the measured rate."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.app.screening.files import in_small_blocks, run, settings, texts, write_csv, write_lines

from jaga.app.screening.blocks import RowBlock, Settings
from jaga.app.screening.run import RowSelection, finished, screen_file
from jaga.app.screening.workers import InProcessWorker

ROWS = 600


class _Stops(InProcessWorker):
    """Is interrupted before the block after this many."""

    left = 3

    def give(self, block: RowBlock) -> None:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        super().give(block)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    in_small_blocks(monkeypatch, 8_000)
    return write_lines(tmp_path / "a.jsonl", texts(ROWS))


def test_a_result_has_no_signature_unless_it_is_asked_for(path: Path, tmp_path: Path) -> None:
    """Signatures are 128 bytes a row and rarely needed, so they are optional."""
    for asked in (False, True):
        own, result = replace(settings(), signature=asked), tmp_path / f"{asked}.parquet"
        screen_file(path, result, own, lambda own=own: InProcessWorker(own))  # type: ignore[misc]
        assert ("signature" in pq.read_schema(result).names) == asked


def test_only_what_was_asked_for_is_written_and_its_rows_are_named(path: Path, tmp_path: Path) -> None:
    """Rows are named by their numbers in the file; counts include all rows."""
    own: Settings = replace(settings(), text=True)
    whole = tmp_path / "whole.parquet"
    summary = screen_file(path, whole, own, lambda: InProcessWorker(own), wanted=RowSelection(text=True))
    rows = pq.read_table(whole).to_pylist()
    assert [row["text"] for row in rows] == texts(ROWS)
    for wanted in (RowSelection(only_signalled=True, text=True), RowSelection(min_score=0.5)):
        result = tmp_path / f"{wanted.min_score}.parquet"
        some = screen_file(path, result, own, lambda: InProcessWorker(own), wanted=wanted)
        found = pq.read_table(result).to_pylist()
        expected = [
            number for number, row in enumerate(rows, 1) if row["score"] > 0 and row["score"] >= wanted.min_score
        ]
        assert [row["row"] for row in found] == expected
        assert ("text" in found[0]) == wanted.text
        assert (some.rows, some.with_signals, some.written) == (ROWS, summary.with_signals, len(expected))
        assert sum(some.categories.values()) == summary.with_signals > len(found) - 1
        about = json.loads(result.with_name(f"{result.name}.json").read_text())
        assert (about["rows"], about["written"], about["categories"]) == (ROWS, len(expected), some.categories)
        assert finished(path, result, own, wanted)
        assert not finished(path, result, own)


def test_the_page_shows_the_highest_and_runs_nothing(tmp_path: Path) -> None:
    """A stranger's text is shown as text and never executed."""
    evil = "open bo jogja <script>alert(1)</script> wa 0812-3456-7890"
    file = write_csv(tmp_path / "a.csv", [*texts(300), evil])
    done = run(file, "--out", tmp_path / "b.csv", "--page", "--only-signalled", "--language", "en")
    assert done.returncode == 0, done.stderr
    assert "written," in done.stdout
    assert re.search(r"signals, by the strongest: \w+ \d+", done.stdout)
    page = (tmp_path / "b.csv.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)" in page
    scores = [float(score) for score in re.findall(r"<td>(\d\.\d\d)</td>", page)]
    assert scores == sorted(scores, reverse=True)
    assert 0 < len(scores) <= 100
    header = (tmp_path / "b.csv").read_text().splitlines()[0].lstrip("\ufeff").replace('"', "").split(",")
    assert header == ["row", "id", "error", "score", "victim_first", "category", "signals", "contacts", "filtered"]


def test_the_rate_is_of_what_this_run_screened(path: Path, tmp_path: Path) -> None:
    """A resumed run does not count the time and rows of the earlier one."""
    result, own = tmp_path / "b.parquet", settings()
    with pytest.raises(KeyboardInterrupt):
        screen_file(path, result, own, lambda: _Stops(own))
    summary = screen_file(path, result, own, lambda: InProcessWorker(own))
    assert summary.rows == ROWS
    assert 0 < summary.fresh < ROWS
