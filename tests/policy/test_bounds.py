"""Releases that are well formed but still refused: typing mistakes, look-alike letters, values beyond `limits`, and
links to other files.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.policy.conftest import Spoilt, assert_told_in_indonesian

from jaga.policy.letters import odd_letters
from jaga.policy.problems import ReleaseProblem
from jaga.policy.screening_rules import LONGEST, MOST_POSITIONS, faults_of

SLIPS = [
    # file, text replaced, its replacement, lines between the start of the text and the fault, part of the message
    ("deadlines.yaml", "{channel: police, hours: 24", "{channel: police, hours: yes", 0, "`hours` is a yes or no"),
    ("deadlines.yaml", "hours_urgent: 4", "hours_urgent: on", 0, "`hours_urgent` is a yes or no"),
    ("deadlines.yaml", "days: 14", "days: true", 0, "`days` is a yes or no"),
    ("enforcement.yaml", "lease_minutes: 15", "lease_minutes: true", 0, "`lease_minutes` is a yes or no"),
    ("enforcement.yaml", "first_wait: PT5S", "first_wait: true", 0, "`first_wait`"),
    ("enforcement.yaml", "restriction_days: [7,", "restriction_days: [yes,", 0, "`restriction_days` is a yes or no"),
    ("quality.yaml", "agreement_bound: 0.667", "agreement_bound: on", 0, "`agreement_bound` is a yes or no"),
    ("categories.yaml", "    order: 1\n", "    order: yes\n", 0, "`order` is a yes or no"),
    ("lexicons/gambling.yaml", "weight: 0.45", "weight: yes", 0, "`weight` is a yes or no"),
    ("legal-bases.yaml", "verified: false", "verified: 0", 0, "`verified` is not a clear yes or no"),
    ("legal-bases.yaml", "verified: false", 'verified: "off"', 0, "`verified` is not a clear yes or no"),
    ("legal-bases.yaml", "valid_from: 2026-03-28", "valid_from: 2999-03-28", 0, "more than 10 years after the release"),
    (
        "legal-bases.yaml",
        "valid_from: 2026-03-28",
        "valid_from: 2026-03-28\n    valid_until: 2999-01-01",
        1,
        "more than 10 years after the release",
    ),
    ("release.yaml", "dated: 2026-", "dated: 2999-", 0, "year 2999"),
    ("release.yaml", "dated: 2026-", "dated: 2016-", 0, "year 2016"),
    ("release.yaml", 'version: "2026.', 'version: "2027.', 0, "are of different years"),
    ("lexicons/gambling.yaml", 'phrase: "slot gacor"', 'phrase: "s"', 0, "occurs in nearly every text"),
    ("lexicons/gambling.yaml", 'phrase: "slot gacor"', 'phrase: "s !"', 0, "occurs in nearly every text"),
    ("lexicons/words.yaml", "words: [razia,", "words: [r,", 0, "occurs in nearly every text"),
    ("rules/prostitution-advertising.yaml", "- phrase: avail\n", "- phrase: a\n", 0, "occurs in nearly every text"),
    ("rules/gambling.yaml", r"'\b[a-z0]{2,12} ?4d\b'", "'(?:[a-z]{1,20} ?){1,20}4d'", 0, "characters when its repeats"),
    ("enforcement.yaml", "undo_window_minutes: 10", "undo_window_minutes: 4", 0, "undone for only 4 minutes"),
    ("enforcement.yaml", "undo_window_minutes: 10", "undo_window_minutes: -1", 0, "undone for only -1 minutes"),
    ("enforcement.yaml", "reading_time: PT24H", "reading_time: PT11H", 0, "too short or too long"),
    ("enforcement.yaml", "reading_time: PT24H", "reading_time: -PT24H", 0, "too short or too long"),
    ("enforcement.yaml", "lease_minutes: 15", "lease_minutes: 4", 0, "`lease_minutes` is too short"),
    ("enforcement.yaml", "first_wait: PT5S", "first_wait: PT0S", 0, "`retries.first_wait` is too short"),
    ("enforcement.yaml", "longest_wait: PT12H", "longest_wait: PT4S", 0, "`retries.longest_wait` is too short"),
    ("enforcement.yaml", "{failures: 5, pause: PT30S", "{failures: 5, pause: PT9S", 0, "`breaker.pause` is too short"),
    ("enforcement.yaml", "longest_pause: PT15M", "longest_pause: PT29S", 0, "`breaker.longest_pause` is too short"),
    (
        "enforcement.yaml",
        "verification: [PT0S, PT1H, P1D, P7D, P30D]",
        "verification: [PT0S, PT1H]",
        0,
        "`verification` is too short",
    ),
    (
        "enforcement.yaml",
        "verification: [PT0S, PT1H, P1D",
        "verification: [PT0S, P1D, PT1H",
        0,
        "not in ascending order",
    ),
    ("enforcement.yaml", "expire: P365D", "expire: P29D", 0, "`strikes.expire` is too short"),
    ("enforcement.yaml", "expire: P365D", "expire: P9999D", 0, "count almost for ever"),
    (
        "categories.yaml",
        "    severity: high",
        "    sev\u0435rity: high\n    severity: high",
        0,
        "CYRILLIC SMALL LETTER IE, U+0435",
    ),
    ("categories.yaml", "key: gambling", "key: gamb\u04cfing", 0, "CYRILLIC SMALL LETTER PALOCHKA"),
    ("categories.yaml", "key: gambling", 'key: "gambling\u200b"', 0, "an invisible character (ZERO WIDTH SPACE"),
    ("lexicons/gambling.yaml", 'phrase: "slot gacor"', 'phrase: "sl\u043et gacor"', 0, "CYRILLIC SMALL LETTER O"),
    ("lexicons/words.yaml", "words: [razia, merazia", "words: [razia, m\u0435razia", 0, "CYRILLIC SMALL LETTER IE"),
    ("letters/measure.yaml", "    $restriction\n", "    $restriction\n    l\u0430ma\n", 1, "CYRILLIC SMALL LETTER A"),
    ("letters/measure.yaml", "    $restriction\n", "    $restriction\n    \u202elama\n", 1, "RIGHT-TO-LEFT OVERRIDE"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "offset", "message"), SLIPS, ids=[f"{case[0]}: {case[2].strip()}" for case in SLIPS]
)
def test_a_slip_is_named_with_file_and_line(
    spoilt: Spoilt, file: str, old: str, new: str, offset: int, message: str
) -> None:
    """The line of the fault, a sentence that names it, and a remedy."""
    line = spoilt.change(file, old, new)
    found = [problem for problem in spoilt.problems() if message in problem.what]
    assert {(problem.file, problem.line) for problem in found} == {(file, line + offset)}
    assert found[0].remedy
    assert_told_in_indonesian(found[0])


def test_disguises_may_stand_in_examples(spoilt: Spoilt) -> None:
    """Examples show what a rule finds; anywhere else such a letter is a mistake or an attack."""
    spoilt.change("rules/gambling.yaml", 'matches: ["slot gacor', 'matches: ["sl\u043et gacor')
    assert spoilt.problems() == []
    assert [*odd_letters("açai “naïve” — 1 000 Rp")] == []
    assert [*odd_letters("o\u043e0\u0660\u200d\n")] == ["\u043e", "\u0660", "\u200d"]


@pytest.mark.parametrize(
    "pattern",
    [
        "(?:[a-z]{1,20} ){1,20}",
        "(?:a{0,40}b{0,40}c{0,40}){1,9}",
        "|".join(["[a-z]{1,40}x"] * 11),
        "(?:(?:[ab]{1,20}){1,20}c)d",
    ],
)
def test_a_pattern_that_grows_when_written_out_is_refused(pattern: str) -> None:
    """Each pattern is short and within the limits of single repeats, but makes an automaton with hundreds of places."""
    assert len(pattern) <= LONGEST
    assert any("characters when its repeats are written out" in what for what, _ in faults_of(pattern))
    assert MOST_POSITIONS < 500


def test_a_link_out_of_the_folder_is_not_followed(spoilt: Spoilt, tmp_path: Path) -> None:
    """The linked file is neither read, hashed nor printed; a link within the folder is accepted."""
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: kenari")
    inside = spoilt.folder / "services.yaml"
    inside.rename(spoilt.folder / "other.yaml")
    inside.symlink_to("other.yaml")
    assert {problem.file for problem in spoilt.problems()} == {"other.yaml"}  # known by no other name
    inside.unlink()
    inside.symlink_to(secret)
    hashed = _hash(spoilt.folder)
    (problem,) = [one for one in spoilt.problems() if one.file == "services.yaml" and "link" in one.what]
    assert "kenari" not in str(spoilt.problems())
    secret.write_text("password: nuri")
    assert _hash(spoilt.folder) == hashed
    assert problem.line == 1


def _hash(folder: Path) -> str:
    from jaga.policy.release import read_release

    return read_release(folder).hash


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: (folder / "rules" / "again").symlink_to(folder),
        lambda folder: (folder / "elsewhere").symlink_to("/etc"),
        lambda folder: os.mkfifo(folder / "pipe.yaml"),
        lambda folder: (folder / "large.yaml").write_bytes(b"#" * (4 * 1024 * 1024 + 1)),
        lambda folder: (folder / "gone.yaml").symlink_to("/nowhere/gone.yaml"),
    ],
    ids=["a circle", "a folder elsewhere", "a pipe", "a huge file", "a broken link"],
)
def test_what_is_no_file_of_the_folder_is_named_and_not_opened(spoilt: Spoilt, make: Callable[[Path], None]) -> None:
    """Neither a link loop nor a named pipe blocks the check."""
    make(spoilt.folder)
    assert spoilt.only().line == 1


def test_a_problem_of_a_plain_sentence_is_told_as_it_is() -> None:
    """A message without a translation stays in English."""
    assert ReleaseProblem("a.yaml", 3, "odd", "Correct it.").translated(str.upper) == "a.yaml:3: ODD → CORRECT IT."
