"""`jaga import`: check the rows, then file them; repeating the command continues and files nothing twice."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.exchange.workbooks import workbook
from tests.factories import CATEGORY, PLATFORM, World, make_world

from jaga.app.commands.import_ import import_
from jaga.batches import jobs as batches
from jaga.batches.models import Batch
from jaga.cases.models.reports import Report

CHOICE = ["--platform", PLATFORM, "--category", CATEGORY]


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return make_world()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "laporan.xlsx"
    path.write_bytes(
        workbook(
            [
                ["akun", "teks", "lain"],
                ["@satu:localhost", "open BO"],
                ["@b:elsewhere.invalid"],
                ["@satu:localhost", "open BO"],
                ["@dua:localhost", "=1+1"],
            ]
        )
    )
    return path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(import_, [*arguments], catch_exceptions=False)


def test_looking_files_nothing_and_starting_does(world: World, file: Path) -> None:
    """The dry run reports each fault. `--start` files the valid rows; repeating it files nothing twice."""
    looked = run(str(file), *CHOICE)
    assert looked.exit_code == 0
    for said in (
        "4 rows (xlsx): 2 good, 1 repeated, 1 refused.",
        "row 3: account:",
        "row 4: says the same as row 2",
        "Columns of no meaning here: lain.",
        "Repeat the command with --start",
    ):
        assert said in looked.output
    assert Report.objects.count() == 0
    started = run(str(file), *CHOICE, "--start")
    assert "2 reports came in" in started.output
    again = run(str(file), *CHOICE, "--start")
    assert "was imported before" in again.output
    assert (Report.objects.count(), Batch.objects.count()) == (2, 1)


def test_refused_rows_are_written_mended_and_imported(world: World, file: Path, tmp_path: Path) -> None:
    """The written file of refused rows can be corrected and imported."""
    out = tmp_path / "ditolak.csv"
    assert str(out) in run(str(file), *CHOICE, "--start", "--refused", str(out), "--language", "en").output
    assert out.read_text().startswith('"row","reason","field","app","account"')
    out.write_text(out.read_text().replace("elsewhere.invalid", "localhost"))
    assert "1 reports came in" in run(str(out), "--start").output
    assert Report.objects.count() == 3


def test_a_stopped_import_goes_on_by_the_same_command(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost if Ctrl-C interrupts the import."""
    monkeypatch.setattr(batches, "CHUNK", 10)
    file, real = tmp_path / "banyak.csv", batches.file_chunk

    def interrupted(*given: Any) -> bool:
        if Report.objects.count() == 20:
            raise KeyboardInterrupt
        return real(*given)

    file.write_bytes(b"akun\n" + b"".join(b"@n%d:localhost\n" % number for number in range(35)))
    with monkeypatch.context() as at_first:
        at_first.setattr(batches, "file_chunk", interrupted)
        assert run(str(file), *CHOICE, "--start").exit_code == 1
    assert Report.objects.count() == 20
    assert "35 reports came in" in run(str(file), *CHOICE, "--start").output
    assert Report.objects.count() == 35


def test_a_file_that_cannot_be_read_ends_with_its_reason(world: World, tmp_path: Path) -> None:
    """Exit code 1; --start and --dry-run exclude each other."""
    file = tmp_path / "gambar.csv"
    file.write_bytes(b"\x89PNG no table")
    failed = run(str(file))
    assert failed.exit_code == 1
    assert "not_a_table" in failed.output
    assert run(str(file), "--start", "--dry-run").exit_code == 2
