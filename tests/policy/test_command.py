"""`jaga policy check` and `jaga policy show`."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.policy.conftest import Spoilt, assert_told_in_indonesian

from jaga.app.commands import policy as commands
from jaga.app.commands.policy import policy
from jaga.policy.checks.release import check_recorded
from jaga.policy.problems import ReleaseProblem
from jaga.policy.reading import RECORD, read_draft
from jaga.policy.release import load_release, release_files, shipped_folder, shipped_names
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


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules are not run over their examples: the tests below are about `release.sha256`."""
    monkeypatch.setattr(proving, "prove", lambda *_: [])
    monkeypatch.setattr(proving, "prove_texts", lambda *_: [])


def check(spoilt: Spoilt, *typed: str) -> Result:
    return CliRunner().invoke(policy, ["check", str(spoilt.folder), *typed])


def lengthened(spoilt: Spoilt) -> None:
    """One value is another."""
    spoilt.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")


def raised(spoilt: Spoilt) -> str:
    """The version is the next one, which is returned."""
    version = load_release().version
    year, number = version.split(".")
    spoilt.change("release.yaml", f'version: "{version}"', f'version: "{year}.{int(number) + 1}"')
    return f"{year}.{int(number) + 1}"


@pytest.mark.parametrize("name", shipped_names())
def test_the_shipped_releases_are_recorded(name: str) -> None:
    """Version and hash of each are those in its folder."""
    folder = shipped_folder(name)
    assert check_recorded(folder, read_draft(folder)) == []


def test_changed_files_under_the_same_version_are_refused(spoilt: Spoilt, quick: None) -> None:
    """And cannot be recorded; what was recorded stays. The same files are accepted, and may be recorded again."""
    assert check(spoilt).exit_code == 0
    assert check(spoilt, "--record").exit_code == 0
    before = (spoilt.folder / RECORD).read_text()
    lengthened(spoilt)
    line = spoilt.change("release.yaml", "version:", "version:")
    for typed in ([], ["--record"]):
        result = check(spoilt, *typed)
        assert (result.exit_code, (spoilt.folder / RECORD).read_text()) == (1, before)
        assert result.stdout == (
            f"release.yaml:{line}: the files were changed, and the version is still {load_release().version} → "
            "Raise `version`, then run `jaga policy check --record` on the folder.\n"
        )


def test_a_raised_version_is_recorded_and_then_accepted(spoilt: Spoilt, quick: None) -> None:
    """Until then it is refused; afterwards its files are bound as those of the version before."""
    lengthened(spoilt)
    version = raised(spoilt)
    refused = check(spoilt)
    assert refused.exit_code == 1
    assert f"{RECORD}:1: version {version} is not recorded with the hash of its files → Run" in refused.stdout
    assert check(spoilt, "--record").exit_code == 0
    assert (spoilt.folder / RECORD).read_text() == f"{version} {load_release(spoilt.folder).hash}\n"
    assert check(spoilt).exit_code == 0
    spoilt.change("enforcement.yaml", "appeal_window_days: 200", "appeal_window_days: 201")
    assert (check(spoilt).exit_code, check(spoilt, "--record").exit_code) == (1, 1)


@pytest.mark.parametrize("content", [None, b"", b"2026.10", b"\xff\xfe", b"one two three"])
def test_a_missing_or_broken_record_is_refused_and_can_be_written(
    spoilt: Spoilt, quick: None, content: bytes | None
) -> None:
    """The sentence says how."""
    record = spoilt.folder / RECORD
    whole = record.read_bytes()
    record.unlink() if content is None else record.write_bytes(content)
    refused = check(spoilt)
    assert refused.exit_code == 1
    assert "Run `jaga policy check --record` on the folder." in refused.stdout
    assert check(spoilt, "--record").exit_code == 0
    assert record.read_bytes() == whole


def test_an_invalid_release_is_not_recorded(spoilt: Spoilt, quick: None) -> None:
    """Its faults are listed as ever."""
    before = (spoilt.folder / RECORD).read_text()
    raised(spoilt)
    spoilt.change("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 30")
    result = check(spoilt, "--record")
    assert (result.exit_code, (spoilt.folder / RECORD).read_text()) == (1, before)
    assert "deadlines.yaml:" in result.stdout


def test_the_record_is_no_part_of_the_release(spoilt: Spoilt) -> None:
    """It changes no hash, and is neither stored nor refused; in another folder its name is as unknown as any."""
    (spoilt.folder / RECORD).write_text("something else")
    assert read_draft(spoilt.folder).hash == load_release().hash
    assert RECORD not in release_files(spoilt.folder)
    assert spoilt.problems() == []
    (spoilt.folder / "rules" / RECORD).write_text("")
    assert spoilt.only().file == f"rules/{RECORD}"


def test_a_changed_release_is_refused_in_indonesian(spoilt: Spoilt, quick: None) -> None:
    """Both faults of the record have a translation."""
    lengthened(spoilt)
    [changed] = check_recorded(spoilt.folder, read_draft(spoilt.folder))
    raised(spoilt)
    [unrecorded] = check_recorded(spoilt.folder, read_draft(spoilt.folder))
    for problem in (changed, unrecorded):
        assert_told_in_indonesian(problem)
