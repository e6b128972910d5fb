"""What changes between two releases is told in words, and nothing that changes is left out."""

import gettext
from collections.abc import Sequence

import pytest
from tests.policy.conftest import Spoilt

from jaga.app.config import PACKAGE
from jaga.policy.differences import ReleaseDifference, differences
from jaga.policy.release import load_release, release_files, release_of

CHANGES = [
    (
        "enforcement.yaml",
        "appeal_window_days: 184",
        "appeal_window_days: 200",
        "Measures and how many people they take",
        "appeal_window_days was “184” and becomes “200”.",
    ),
    ("release.yaml", "name: id\n", "name: lain\n", "The release", "name was “id” and becomes “lain”."),
]


def found(folder: Spoilt) -> Sequence[ReleaseDifference]:
    old, new = release_files(), release_files(folder.folder)
    return differences(load_release(), release_of(new, "new"), old, new)


@pytest.mark.parametrize(("file", "old", "new", "title", "line"), CHANGES)
def test_a_changed_value_is_told_with_both(
    spoilt: Spoilt, file: str, old: str, new: str, title: str, line: str
) -> None:
    """By its place as in the file."""
    spoilt.change(file, old, new)
    parts = {part.title: part.lines for part in found(spoilt)}
    assert parts.pop("Files") == (f"{file} is changed.",)
    assert parts == {title: (line,)}


def test_what_is_new_gone_or_changed_is_named_by_its_key(spoilt: Spoilt) -> None:
    """Legal bases, letters and rules by key; a letter by its language, too."""
    release = load_release()
    basis, letter, rule = release.legal_bases[0], release.letters[0], release.screening_rules[0]
    spoilt.change("legal-bases.yaml", f"citation: {basis.citation}", "citation: UU Contoh")
    spoilt.change(f"letters/{letter.key}.yaml", letter.text.split("\n")[0], "Halo, " + letter.text.split("\n")[0])
    parts = {part.title: "\n".join(part.lines) for part in found(spoilt)}
    assert (
        f"Legal basis “{basis.key}”, citation was “{basis.citation}” and becomes “UU Contoh”." in parts["Legal bases"]
    )
    assert f"Letter “{letter.key} (" in parts["Letters"]
    assert rule.key not in parts.get("Screening rules", "")


def test_every_place_of_a_long_text_is_told(spoilt: Spoilt) -> None:
    """Two changes of one letter are two lines: the second must not hide behind the first."""
    letter = next(one for one in load_release().letters if one.key == "statement_of_reasons")
    words = letter.text.split()
    path = spoilt.folder / "letters" / f"{letter.key}.yaml"
    text = path.read_text()
    for word in (words[0], words[-1]):
        assert word in text
        text = text.replace(f" {word}", f" Contoh {word}")
    path.write_text(text)
    [lines] = [part.lines for part in found(spoilt) if part.title == "Letters"]
    assert len([line for line in lines if f"Letter “{letter.key} ({letter.language.value})”, text" in line]) >= 2


def test_a_comment_alone_is_said_to_be_one(spoilt: Spoilt) -> None:
    """Its hash is another, so it is adopted, too; whoever confirms it learns that no rule changes."""
    path = spoilt.folder / "release.yaml"
    path.write_text(path.read_text() + "# catatan\n")
    [only] = found(spoilt)
    assert only.lines == ("release.yaml is changed.", "Only comments, examples or the layout differ; no rule does.")


def test_the_same_release_has_no_difference() -> None:
    """And only that."""
    files = release_files()
    assert differences(load_release(), load_release(), files, files) == ()


def test_the_words_are_indonesian_for_indonesians(spoilt: Spoilt) -> None:
    """What is put together from parts is translated part by part."""
    spoilt.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")
    say = gettext.translation("django", PACKAGE / "locale", ["id"]).gettext
    told = [part.translated(say) for part in found(spoilt)]
    assert ("appeal_window_days tadinya “184” dan menjadi “200”.",) in [lines for _, lines in told]
