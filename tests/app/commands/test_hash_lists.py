"""`jaga screening import-hashes`: a file is checked, the result is printed, and the hashes are imported or refused."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.exchange.test_hash_list_in import A, B, C

from jaga.app.commands.screening.lists import screening
from jaga.signals.models import HashList


def run(*arguments: str) -> Result:
    return CliRunner().invoke(screening, arguments)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "hashes.txt"
    path.write_text(f"{A}\n{B}\n{A}\n")
    return path


def test_a_list_is_brought_in_shown_and_removed(db: None, file: Path) -> None:
    """The list is shown with name, size and category; repeated hashes are reported."""
    result = run("import-hashes", str(file), "--name", "Daftar", "--category", "gambling", "--source", "Lembaga")
    assert result.exit_code == 0, result.output
    assert "“Daftar” has 2 hashes for gambling" in result.output
    assert "1 repeated" in result.output
    assert "Daftar: 2 hashes, gambling" in run("hash-lists").output
    assert "its 2 hashes are erased" in run("remove-hashes", "Daftar").output
    assert "No hash list" in run("hash-lists").output
    gone = run("remove-hashes", "Daftar")
    assert (gone.exit_code, "There is no list" in gone.output) == (1, True)


def test_a_bad_line_refuses_the_file_unless_it_is_left_out(db: None, file: Path) -> None:
    """One invalid line makes the command refuse the file, and nothing is stored; `--skip-bad` skips the line."""
    file.write_text(f"{A}\nsalah\n{C}\n")
    arguments = ("import-hashes", str(file), "--name", "Daftar", "--category", "gambling")
    result = run(*arguments)
    assert result.exit_code == 1
    assert "2: This is not a PDQ hash" in result.output
    assert not HashList.objects.exists()
    assert run(*arguments, "--skip-bad", "--dry-run").output.endswith("2 hashes could be brought in.\n")
    assert not HashList.objects.exists()
    assert run(*arguments, "--skip-bad").exit_code == 0
    assert HashList.objects.get().size == 2


def test_an_unknown_category_or_an_empty_file_is_refused(db: None, file: Path) -> None:
    """An unknown category and an empty file are refused with a message."""
    result = run("import-hashes", str(file), "--name", "Daftar", "--category", "lain")
    assert (result.exit_code, "not in the policy" in result.output) == (1, True)
    file.write_text("")
    result = run("import-hashes", str(file), "--name", "Daftar", "--category", "gambling")
    assert (result.exit_code, "no PDQ hash" in result.output) == (1, True)
