"""Interrupted runs that are continued, and output folders that cannot be written."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from tests.app.screening.files import (
    ENVIRONMENT,
    command,
    in_small_blocks,
    run,
    screened,
    settings,
    texts,
    told,
    write_csv,
    write_lines,
    write_parquet,
)

from jaga.app.commands.screening.files import screen
from jaga.app.screening.blocks import RowBlock, Settings
from jaga.app.screening.context import UnderWay
from jaga.app.screening.run import Parts, finished, screen_file
from jaga.app.screening.workers import InProcessWorker
from jaga.policy.release import load_release
from jaga.screening.engine.screen import screen_texts

ROWS = 600


class _Counting(InProcessWorker):
    """Records the blocks that it was given; is interrupted before the block after `most`."""

    def __init__(self, own: Settings, most: int = 10_000) -> None:
        super().__init__(own)
        self.given, self._most = list[int](), most

    def give(self, block: RowBlock) -> None:
        if len(self.given) == self._most:
            raise KeyboardInterrupt
        self.given.append(block.number)
        super().give(block)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    in_small_blocks(monkeypatch, 8_000)
    return write_lines(tmp_path / "a.jsonl", texts(ROWS))


def _interrupted(path: Path, result: Path, most: int) -> None:
    with pytest.raises(KeyboardInterrupt):
        screen_file(path, result, settings(), lambda: _Counting(settings(), most))
    assert not result.exists()


def test_a_run_that_was_ended_goes_on_where_it_stopped(path: Path, tmp_path: Path) -> None:
    """Nothing is screened twice, and the result equals that of an uninterrupted run."""
    whole, result = _Counting(settings()), tmp_path / "b.parquet"
    screen_file(path, tmp_path / "whole.parquet", settings(), lambda: whole)
    _interrupted(path, result, 3)
    again = _Counting(settings())
    screen_file(path, result, settings(), lambda: again)
    assert again.given == whole.given[3:]
    assert result.read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    assert not (tmp_path / "b.parquet.parts").exists()


def test_a_file_that_changed_meanwhile_is_screened_anew_from_there(path: Path, tmp_path: Path) -> None:
    """A change is recognised by the file's bytes, not by its date."""
    result, about = tmp_path / "b.parquet", path.stat()
    _interrupted(path, result, 3)
    lines = path.read_text().splitlines(keepends=True)
    lines[1] = lines[1].replace("a", "o")
    path.write_text("".join(lines))
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    again = _Counting(settings())
    screen_file(path, result, settings(), lambda: again)
    assert again.given[:2] == [0, 3]
    screen_file(path, tmp_path / "whole.parquet", settings(), lambda: InProcessWorker(settings()))
    assert result.read_bytes() == (tmp_path / "whole.parquet").read_bytes()


def test_parts_of_other_settings_are_not_used(path: Path, tmp_path: Path) -> None:
    """Another policy, version, column or language gives another result, so the parts are not reused."""
    result = tmp_path / "b.parquet"
    _interrupted(path, result, 3)
    english = settings(language="en")
    again = _Counting(english)
    screen_file(path, result, english, lambda: again)
    assert again.given[:3] == [0, 1, 2]
    assert "reasons" in pq.read_schema(result).names


def test_what_is_finished_is_known_until_the_file_changes(path: Path, tmp_path: Path) -> None:
    """An interrupted run over many files does not screen the finished files again."""
    result = tmp_path / "b.parquet"
    assert not finished(path, result, settings())
    told(path, result)
    assert finished(path, result, settings())
    assert not finished(path, result, settings(language="en"))
    with path.open("a") as file:
        file.write('{"text": "a"}\n')
    assert not finished(path, result, settings())


def test_only_one_run_at_a_time_writes_a_result(path: Path, tmp_path: Path) -> None:
    """A second run on the same result is refused with a message."""
    result = tmp_path / "b.parquet"
    with Parts(result, settings()).held(), pytest.raises(UnderWay):
        told(path, result)
    assert told(path, result).rows == ROWS


@pytest.mark.parametrize("write", [write_lines, write_csv, write_parquet])
def test_every_format_says_what_one_text_alone_is_told(
    tmp_path: Path, write: Callable[[Path, list[str]], Path]
) -> None:
    """Single texts and files in every format give the same result."""
    rows = [*texts(60), 'dua\nbaris "open bo"', "open bo \0", "koma, open bo", "0p3n   b0", "🅾️pen 🅱️o"]
    names = {write_lines: "a.jsonl", write_csv: "a.csv", write_parquet: "a.parquet"}
    found = screened(write(tmp_path / names[write], rows), language="en")
    alone = [screen_texts([text], load_release())[0] for text in rows]
    assert found["id"].to_pylist() == [str(row) for row in range(len(rows))]
    assert found["score"].to_pylist() == [one.score for one in alone]
    assert found["victim_first"].to_pylist() == [one.victim_first for one in alone]
    assert found["reasons"].to_pylist() == [[signal.msgid % signal.params for signal in one.signals] for one in alone]
    assert [
        {(signal["category"], signal["key"], signal["weight"]) for signal in row}
        for row in found["signals"].to_pylist()
    ] == [{(signal.category, signal.params["phrase"], signal.weight) for signal in one.signals} for one in alone]
    assert [row for row, one in enumerate(alone) if one.signals]


def test_results_in_all_formats_say_the_same(tmp_path: Path) -> None:
    """Parquet, JSON lines and CSV have the same content; the CSV cannot execute anything in a spreadsheet."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"id": "=1+1", "text": "open bo 0812-3456-7890"}\n{"id": null, "text": 5}\n')
    rows = screened(path).to_pylist()
    told(path, tmp_path / "b.jsonl")
    assert [json.loads(line) for line in (tmp_path / "b.jsonl").read_text().splitlines()] == rows
    told(path, tmp_path / "b.csv")
    head, first, second = (tmp_path / "b.csv").read_text().splitlines()
    assert head.replace('"', "").split(",") == list(rows[0])
    assert first.startswith('"\'=1+1","",')
    assert '[""tel:+6281234567890""]' in first
    assert second.startswith('"","not_text",0.0,false')


def test_the_command_says_what_it_did_and_is_quiet_otherwise(tmp_path: Path) -> None:
    """One line for each file and one for the categories of its signals. An unreadable file does not stop the others,
    and the exit status reports it.
    """
    good, empty = write_lines(tmp_path / "a.jsonl", texts(20)), tmp_path / "c.csv"
    empty.write_text("text\n")
    ran = run(good, tmp_path / "missing.csv", empty, "--out", tmp_path)
    assert ran.returncode == 1
    first, counts, second = ran.stdout.splitlines()
    assert counts.startswith("  signals, by the strongest: ")
    assert first.startswith(f"{good}: 20 rows, ")
    assert second.startswith(f"{empty}: 0 rows, 0 with signals, 0 victim-first; ")
    assert ran.stderr.startswith(
        f"jaga: file_not_read: {tmp_path}/missing.csv cannot be read: No such file or directory. Check the file"
    )
    assert len(ran.stderr.splitlines()) == 1
    assert sorted(result.name for result in tmp_path.glob("*.parquet")) == [
        "a.jsonl.screened.parquet",
        "c.csv.screened.parquet",
    ]
    folder = run(".")
    assert (folder.returncode, folder.stderr.startswith("jaga: file_not_read: . cannot be read: ")) == (1, True)
    assert len(folder.stderr.splitlines()) == 1
    again = run(good, "--out", tmp_path)
    assert "screened before" in again.stdout
    assert again.returncode == 0


def test_a_full_disk_is_one_sentence_and_no_result(tmp_path: Path) -> None:
    """A limit on the file size simulates a full disk: the system returns the same error."""
    path = write_lines(tmp_path / "a.jsonl", texts(400))
    whole = command(path, "--out", tmp_path / "b.parquet")
    ran = subprocess.run(
        ["bash", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "bash", *whole],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"jaga: no_room: There is no room left to write {tmp_path}/b.parquet.parts")
    assert len(ran.stderr.splitlines()) == 1
    assert not (tmp_path / "b.parquet").exists()
    assert run(path, "--out", tmp_path / "b.parquet").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a.jsonl", "--out", "b.xlsx"], "must end in .parquet, .jsonl, .csv"),
        (["a.jsonl", "b.jsonl", "--out", "b.csv"], "name a folder"),
        (["a.csv", "--out", "a.csv"], "the file to be read"),
        (["a.jsonl", "--workers", "0"], "--workers"),
        ([], "FILE"),
    ],
)
def test_a_command_that_cannot_be_meant_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str
) -> None:
    """Contradicting options are refused before anything is read or written."""
    write_csv(tmp_path / "a.csv", texts(2))
    write_lines(tmp_path / "a.jsonl", texts(2))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(screen, arguments)
    assert done.exit_code == 2
    assert said in done.output
    assert len(list(tmp_path.iterdir())) == 2
