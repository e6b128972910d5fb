"""`jaga policy check` and `jaga policy show`."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.policy.conftest import Spoilt

from jaga.app.commands import policy as commands
from jaga.app.commands.policy import policy
from jaga.policy import ReleaseProblem, load_release
from jaga.screening.engine import proving


def test_check_says_that_the_shipped_release_is_sound() -> None:
    """It prints version, hash and what a watch puts before people, and exits with status 0."""
    result = CliRunner().invoke(policy, ["check"])
    assert (result.exit_code, load_release().hash in result.output) == (0, True)
    assert f"of the same words, cases for {load_release().screening.shared_words_cases} accounts" in result.output


def test_check_lists_each_fault_with_its_line_and_ends_with_1(spoilt: Spoilt) -> None:
    """One line per fault, in the `file:line` form that editors can open."""
    line = spoilt.change("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 30")
    result = CliRunner().invoke(policy, ["check", str(spoilt.folder)])
    assert result.exit_code == 1
    assert f"deadlines.yaml:{line}: 30 h for `police` is longer than the law allows → At most 24 h." in result.output


def test_check_of_a_folder_that_is_not_there_is_refused() -> None:
    """Click names the missing path, and nothing is checked."""
    assert CliRunner().invoke(policy, ["check", "/nowhere"]).exit_code == 2


def test_show_names_the_law_of_the_day(spoilt: Spoilt) -> None:
    """The day of the conduct chooses the provisions, and unverified provisions are marked."""
    shown = CliRunner().invoke(policy, ["show", str(spoilt.folder), "--on", "2026-01-01", "--language", "en"])
    assert shown.exit_code == 0
    assert "Pasal 27 ayat (1)" in shown.output
    assert "Pasal 407" not in shown.output
    assert "close (two people)" in shown.output
    assert "(not verified)" in shown.output


def test_show_of_a_faulty_release_says_what_is_wrong(spoilt: Spoilt) -> None:
    """A faulty release is reported and not shown in part."""
    spoilt.change("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 30")
    shown = CliRunner().invoke(policy, ["show", str(spoilt.folder)])
    assert (shown.exit_code, "deadlines.yaml:" in shown.output) == (1, True)


def test_check_speaks_indonesian_where_asked(spoilt: Spoilt) -> None:
    """Faults, remedies and the last line."""
    line = spoilt.change("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 30")
    result = CliRunner().invoke(policy, ["check", str(spoilt.folder), "--language", "id"])
    assert f"deadlines.yaml:{line}: 30 jam untuk `police` lebih lama daripada yang diizinkan hukum" in result.output
    assert "1 kesalahan; rilis ini tidak akan dimuat." in result.stderr


def test_check_prints_the_first_faults_and_says_how_many_more_there_are(spoilt: Spoilt) -> None:
    """The first fault stays visible; --all prints the rest."""
    for number in range(70):
        (spoilt.folder / f"stray-{number}.txt").write_text("")
    shown = CliRunner().invoke(policy, ["check", str(spoilt.folder)])
    assert (shown.exit_code, len(shown.stdout.splitlines())) == (1, 51)
    assert shown.stdout.splitlines()[-1] == "… and 20 more; --all prints them."
    assert "70 faults" in shown.stderr
    everything = CliRunner().invoke(policy, ["check", str(spoilt.folder), "--all"])
    assert len(everything.stdout.splitlines()) == 70


def test_check_says_what_it_is_doing(spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the error stream, so that standard output stays a list of faults; each slow rule is named."""
    keys = [rule.key for rule in load_release().screening_rules]

    def prove(path: Path | None, told_of: proving.Told) -> list[ReleaseProblem]:
        for number, key in enumerate(keys, 1):
            told_of(key, number, len(keys))
        return []

    monkeypatch.setattr(proving, "prove", prove)
    monkeypatch.setattr(commands, "monotonic", iter(range(0, 10_000, 3)).__next__)
    result = CliRunner().invoke(policy, ["check"])
    assert result.stdout.startswith("valid: id 2026.")
    told = result.stderr.splitlines()
    assert told[0] == "Reading the files of the release …"
    assert told[2:] == [f"rule {number} of {len(keys)}: {key}" for number, key in enumerate(keys, 1)]
