"""`jaga policy check` and `show`, as a policy officer calls them."""

from click.testing import CliRunner
from tests.policy.conftest import Spoilt

from jaga.app.commands.policy import policy
from jaga.policy import load_release


def test_check_says_that_the_shipped_release_is_sound() -> None:
    """One line with version and hash, status 0."""
    result = CliRunner().invoke(policy, ["check"])
    assert (result.exit_code, load_release().hash in result.output) == (0, True)


def test_check_lists_each_fault_with_its_line_and_ends_with_1(spoilt: Spoilt) -> None:
    """One line a fault, in the form that editors jump to."""
    line = spoilt.change("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 30")
    result = CliRunner().invoke(policy, ["check", str(spoilt.folder)])
    assert result.exit_code == 1
    assert f"deadlines.yaml:{line}: 30 h for `police` is longer than the law allows → At most 24 h." in result.output


def test_check_of_a_folder_that_is_not_there_is_refused() -> None:
    """Click names the path; nothing is checked."""
    assert CliRunner().invoke(policy, ["check", "/nowhere"]).exit_code == 2


def test_show_names_the_law_of_the_day(spoilt: Spoilt) -> None:
    """The day of the conduct chooses, and unverified provisions are marked."""
    shown = CliRunner().invoke(policy, ["show", str(spoilt.folder), "--on", "2026-01-01", "--language", "en"])
    assert shown.exit_code == 0
    assert "Pasal 27 ayat (1)" in shown.output
    assert "Pasal 407" not in shown.output
    assert "close (two people)" in shown.output
    assert "(not verified)" in shown.output


def test_show_of_a_faulty_release_says_what_is_wrong(spoilt: Spoilt) -> None:
    """It shows no half of a release."""
    spoilt.change("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: 30")
    shown = CliRunner().invoke(policy, ["show", str(spoilt.folder)])
    assert (shown.exit_code, "deadlines.yaml:" in shown.output) == (1, True)
