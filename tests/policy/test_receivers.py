"""Receivers of referrals: every category that can be referred has one, and the release can neither lengthen their
clocks nor contradict itself.
"""

import shutil
from pathlib import Path

import pytest

from jaga.core.terms.cases import DecisionKind
from jaga.policy.limits import must_be_seconded
from jaga.policy.release import check_release, load_release

SHIPPED = Path(__file__).parents[2] / "src" / "jaga" / "policy" / "releases" / "id"


def problems(tmp_path: Path, file: str, old: str, new: str) -> list[str]:
    """The problems that the check finds in the shipped release after one change."""
    folder = tmp_path / "release"
    shutil.copytree(SHIPPED, folder)
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return [f"{one.file}: {one.what}" for one in check_release(folder)]


def test_every_category_that_can_be_referred_has_a_receiver_whatever_its_urgency() -> None:
    """Every category that can be referred has a receiver, urgent or not."""
    release = load_release()
    referable = [one.key for one in release.categories if DecisionKind.REFER in release.allowed_decisions(one.key)]
    assert "violence_against_children" in referable
    for key in referable:
        for urgent in (True, False):
            assert release.receivers_for(key, urgent=urgent), (key, urgent)


def test_violence_against_children_is_urgent_and_has_more_than_one_receiver() -> None:
    """Violence against children is always urgent and has receivers besides the police."""
    release = load_release()
    assert "violence_against_children" in release.first_categories
    takes = {one.key for one in release.receivers_for("violence_against_children", urgent=True)}
    assert {"police_110", "sapa_129"} <= takes


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("receivers.yaml", "key: sapa_129", "key: lpsk", "`lpsk` is listed twice"),
        ("receivers.yaml", "    authority: police\n", "", "but names no authority"),
        (
            "receivers.yaml",
            '    way: by_hand\n    contact: "110"',
            '    way: by_hand\n    authority: police\n    contact: "110"',
            "names an authority but is not reached",
        ),
        ("receivers.yaml", "takes: [ordinary]", "takes: [ordinary]\n    colour: red", "colour"),
        ("receivers.yaml", "acknowledge_hours: 24", "acknowledge_hours: 25", "has too many hours to confirm receipt"),
        ("receivers.yaml", "review_hours: 24", "review_hours: 25", "`review_hours` is too long"),
        ("receivers.yaml", "address_hours: 1", "address_hours: 5", "`address_hours` is too long"),
        ("receivers.yaml", "- regulated_products", "- defamation", "`defamation` cannot be referred"),
        ("receivers.yaml", "      - regulated_products\n", "", "cases of `regulated_products`"),
        ("receivers.yaml", "    note: The number was seen second-hand only.\n", "", "is not verified and has no note"),
        ("enforcement.yaml", "second_person: [refer]", "second_person: []", "one person alone could decide"),
    ],
)
def test_a_release_that_would_leave_somebody_alone_is_refused(
    tmp_path: Path, file: str, old: str, new: str, said: str
) -> None:
    """Each missing receiver is reported with its line."""
    assert [one for one in problems(tmp_path, file, old, new) if said in one]


def test_no_release_lets_one_person_decide_to_refer() -> None:
    """A referral hands a person to an authority, so it takes two people in every category."""
    release = load_release()
    for category in release.categories:
        assert must_be_seconded(category.key, DecisionKind.REFER, victim_first=False)
        assert release.needs_second_person(category.key, DecisionKind.REFER)
