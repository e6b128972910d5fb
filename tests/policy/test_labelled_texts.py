"""texts/: what a text must say, and that each fault is named with its line."""

import json

import pytest
from tests.policy.conftest import Spoilt

from jaga.policy.letters import read_texts
from jaga.policy.release import load_release, read_release

GOOD = {"id": "g1", "text": "halo", "style": "obrolan", "region": "umum"}
FAULTS = [
    ("halo", "not a JSON object"),
    ("[1]", "not a JSON object"),
    (json.dumps(GOOD | {"text": ""}), "`text` is not valid"),
    (json.dumps(GOOD | {"odd": 1}), "`odd` is not valid"),
    (json.dumps(GOOD | {"missed": True}), "only with a category"),
    (json.dumps(GOOD | {"category": "gambling", "mistaken": True}), "only with"),
    (json.dumps(GOOD | {"id": "gambling-001"} | {"category": "betting"}), "there is no category `betting`"),
    (json.dumps(GOOD | {"category": "intimate_pictures"}), "screening never looks for"),
    (json.dumps(GOOD) + "\n" + json.dumps(GOOD), "is listed twice"),
]


@pytest.mark.parametrize(("line", "message"), FAULTS, ids=range(len(FAULTS)))
def test_a_fault_of_a_text_is_named_with_its_line(spoilt: Spoilt, line: str, message: str) -> None:
    """Added behind the shipped texts of one file."""
    (spoilt.folder / "filter.yaml").unlink()  # learnt from other texts then, which is a fault of its own
    file = spoilt.folder / "texts" / "gambling.jsonl"
    before = file.read_text().count("\n")
    with file.open("a") as out:
        out.write(line + "\n")
    problem = spoilt.only()
    assert (problem.file, problem.line) == ("texts/gambling.jsonl", before + 1 + line.count("\n"))
    assert message in problem.what
    assert problem.remedy


def test_texts_are_read_with_their_lines_and_empty_lines_are_skipped() -> None:
    """A text that can be read is there although another is not."""
    file, problems = read_texts("texts/a.jsonl", b'\n{"id":"a","text":"x","style":"s","region":"r"}\nno\n')
    assert [(line, one.id) for line, one in file.texts] == [(2, "a")]
    assert [problem.line for problem in problems] == [3]


def test_texts_stand_in_the_hash(spoilt: Spoilt) -> None:
    """They are part of what was reviewed."""
    before = load_release(spoilt.folder).hash
    spoilt.change("texts/innocent.jsonl", '"style": ', '"note": "x", "style": ')
    assert load_release(spoilt.folder).hash != before


def test_the_shipped_texts_are_of_every_category_that_rules_look_for() -> None:
    """About half of them are innocent."""
    texts = [one for file in read_release().texts for _, one in file.texts]
    sought = {rule.category for rule in load_release().screening_rules}
    assert {one.category for one in texts} == sought | {None}
    assert 0.4 <= sum(one.category is None for one in texts) / len(texts) < 0.6
