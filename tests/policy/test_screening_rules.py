"""rules/: faults are reported with their line and a remedy, and a rule file can be tried without saving it."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from tests.policy.conftest import Spoilt

from jaga.policy.problems import PolicyError
from jaga.policy.release import load_release, read_release
from jaga.policy.screening_rules import (
    PointedSign,
    RuleCondition,
    Scorecard,
    SharedNames,
    faults_of,
    negated,
    written_out,
)
from jaga.policy.shapes import spellings, with_shapes
from jaga.policy.trial import release_with

FILE = "rules/gambling.yaml"
FAULTS = [
    # text replaced, its replacement, lines between the start of the text and the fault, part of the message
    ("category: gambling", "category: betting", 0, "no category `betting`"),
    ("branch: none", "branch: victim_first", 0, "this branch does not fit"),
    ("key: promoted_by_its_name", "key: numbered_name_and_jargon", 12, "is listed twice"),
    ("weight: 0.7", "weight: 1.7", 0, "`weight`"),
    ("words: gambling_terms", "words: gambling_term", 0, "no word list `gambling_term`"),
    ("words: gambling_terms", "phrase: Slot Gacor", 0, "plain lower-case letters"),
    ("a_jest, reported, regretted", "a_jest, reprted, regretted", 0, "no shared condition `reprted`"),
    ("unless: [gambling_told, a_jest, reported, regretted", "unles: [reported, regretted", 0, "`unles` is not known"),
    ("- words: gambling_terms", "- words: gambling_terms\n          phrase: slot", 0, "exactly one kind"),
    ("- words: gambling_terms", "- phrase: slot\n          count: 2", 0, "`count` only together with `words`"),
    ("- words: gambling_terms", "- listed: known", 0, "no list of accounts `known`"),
    ("- words: gambling_terms", "- pattern: 'a(?=b)'", 0, "`(?=` is a lookaround"),
    ("- words: gambling_terms", "- pattern: '(a)\\1'", 0, "`\\1` is a back-reference"),
    ("- words: gambling_terms", "- pattern: 'a.*b'", 0, "repeats without a limit"),
    ("- words: gambling_terms", "- pattern: 'a[^b]c'", 0, "could match a line break"),
]


@pytest.mark.parametrize(("old", "new", "offset", "message"), FAULTS, ids=[fault[3] for fault in FAULTS])
def test_a_fault_of_a_rule_is_named_with_file_line_and_remedy(
    spoilt: Spoilt, old: str, new: str, offset: int, message: str
) -> None:
    """One broken line gives one problem on that line, with a sentence that says what to do."""
    line = spoilt.change(FILE, old, new)
    found = [problem for problem in spoilt.problems() if message in problem.what or message in problem.remedy]
    assert [(problem.file, problem.line - line) for problem in found][:1] == [(FILE, offset)]
    assert found[0].remedy


@pytest.mark.parametrize(
    "condition",
    [
        "{platform: [obrolan]}",
        "{younger_than_days: 7}",
        "{not: {phrase: halo}}",
        "{any: [{phrase: halo}, {decided: 1}]}",
        "{listed: known}",
        "{copies: 3}",
    ],
)
def test_no_rule_is_about_an_account_or_a_place_alone(spoilt: Spoilt, condition: str) -> None:
    """The place, the age of an account and earlier decisions are context only: no rule may consist of them alone."""
    spoilt.change("screening.yaml", "model_cases: 50", "model_cases: 50\naccount_lists: [{key: known, purpose: x}]")
    spoilt.change(FILE, "when: {pattern: '\\b[a-z0]{3,12}4d\\b'}", f"when: {condition}")
    assert "could match any text" in spoilt.only().what


def test_a_shared_condition_uses_only_those_above_it(spoilt: Spoilt) -> None:
    """A shared condition may use only those defined above it, so there are no cycles."""
    line = spoilt.change("rules/shared.yaml", "when: {words: tour}", "when: {condition: tour_or_shop}")
    problem = spoilt.only()
    assert (problem.file, problem.line, problem.what) == (
        "rules/shared.yaml",
        line,
        "no shared condition `tour_or_shop` is defined above",
    )


@pytest.mark.parametrize(
    "pattern", [r"\bopen[ ]bo\b", r"\b(?:st|lt)[ :]{0,3}[0-9]{3}\b", r"a.{0,20}b", r"wa\.me/\+?\d{9,13}"]
)
def test_the_small_language_of_patterns(pattern: str) -> None:
    """The supported pattern syntax covers what policy officers need."""
    assert list(faults_of(pattern)) == []


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(?i)a", "a flag"),
        ("(?P<name>a)", "a named group"),
        (r"\sa", "not part of the pattern syntax"),
        (r"\Wa", "not part of the pattern syntax"),
        ("a+", "without a limit"),
        ("a{3,}", "without a limit"),
        ("a{1,99}", "more than 40"),
        ("(?:a{1,30}b){1,30}", "multiply"),
        ("a?", "an empty text"),
        (r"\b", "an empty text"),
        ("(a", "not a regular expression"),
        ("MAWAR", "capital"),
        ("mäwar", "ASCII punctuation"),
        ("a" * 301, "longer"),
    ],
)
def test_a_pattern_beyond_it_is_refused_with_its_reason(pattern: str, message: str) -> None:
    """A pattern outside the supported syntax is refused with the reason, even if the regex engine accepts it: reviewers
    must be able to read it.
    """
    faults = list(faults_of(pattern))
    assert any(message in what + remedy for what, remedy in faults), faults
    assert all(remedy for _, remedy in faults)


def test_rules_stand_in_the_hash_and_carry_their_exceptions(spoilt: Spoilt) -> None:
    """A changed rule changes the hash of the release; shared conditions are written out in full."""
    before = load_release(spoilt.folder)
    spoilt.change(FILE, "weight: 0.7", "weight: 0.71")
    after = load_release(spoilt.folder)
    assert before.hash != after.hash
    rule = next(rule for rule in after.screening_rules if rule.key == "promoted_by_its_name")
    assert rule.weight == 0.71
    assert rule.when.all is not None
    assert [one.not_ is not None for one in rule.when.all] == [False] + [True] * 9  # the file's four are the last


SHAPES = [
    ("key: favoured", "key: price", 3, "is listed twice"),
    ("pattern: '77|88", "near: [open]\n    pattern: '77|88", -2, "either `pattern` or `near`"),
    ("near: [open, ready", "near: [op, ready", 0, "is not valid"),
    ("pattern: '77|88", "pattern: '{price}77|88", 0, "no shape `price` is defined above"),
    ("pattern: '77|88", "pattern: '(?=a)77|88", 0, "is a lookaround"),
]


@pytest.mark.parametrize(("old", "new", "offset", "message"), SHAPES, ids=[one[3] for one in SHAPES])
def test_a_fault_of_a_shape_is_named(spoilt: Spoilt, old: str, new: str, offset: int, message: str) -> None:
    """A shape obeys the rules of patterns, uses only those above it, and is one of the two kinds."""
    line = spoilt.change("rules/shared.yaml", old, new)
    found = [problem for problem in spoilt.problems() if message in problem.what or message in problem.remedy]
    assert [(problem.file, problem.line - line) for problem in found][:1] == [("rules/shared.yaml", offset)]


def test_a_pattern_uses_shapes_by_name(spoilt: Spoilt) -> None:
    """They are inserted as groups; an unknown name is a fault on its line."""
    line = spoilt.change(FILE, "'\\b[a-z0]{3,12}4d\\b'", "'\\b[a-z0]{3,12}4d{favourite}\\b'")
    (problem,) = [one for one in spoilt.problems() if "no shape `favourite` is defined above" in one.what]
    assert (problem.file, problem.line) == (FILE, line)
    assert with_shapes(r"\b[a-z]{4}{favoured}\b", {"favoured": "77|88"}) == r"\b[a-z]{4}(?:77|88)\b"


def test_near_words_are_those_one_edit_away_and_those_without_vowels() -> None:
    """With the first letter kept; what takes two edits is another word."""
    near = re.compile("|".join(spellings("gacor")))
    assert all(near.fullmatch(one) for one in ("gacor", "gcor", "gacorr", "gakor", "gcaor", "gacro", "gcr", "gacur"))
    assert not any(near.fullmatch(one) for one in ("acor", "macor", "gcoor1", "gaco rr", "gakur", "ga", "gacoooor"))


def test_points_are_counted_out() -> None:
    """A sign of two points stands there twice; one of -1 is its opposite, and one point more is needed."""
    halo, hai = RuleCondition(phrase="halo"), RuleCondition(phrase="hai")
    card = RuleCondition(points=Scorecard(2, (PointedSign(2, halo), PointedSign(-1, hai))))
    out = written_out(card, SharedNames())
    assert out.at_least is not None
    assert out.at_least.count == 3
    assert out.at_least.of == (halo, halo, negated(hai))


@pytest.mark.parametrize("points", [0, 10, -10])
def test_points_are_few_and_never_none(points: int) -> None:
    """A sign that counts nothing would only look like one."""
    with pytest.raises(ValueError, match=r"points|should be"):
        PointedSign(points, RuleCondition(phrase="halo"))


def test_the_exceptions_of_a_file_hold_for_each_of_its_rules(spoilt: Spoilt) -> None:
    """And must be known."""
    release = load_release(spoilt.folder)
    for rule in release.screening_rules:
        assert rule.when.all is not None, rule.key
        assert rule.when.all[-1].not_ is not None, rule.key
    line = spoilt.change(FILE, "unless: [spoken_of,", "unless: [spokn_of,")
    problem = spoilt.only()
    assert (problem.file, problem.line, problem.what) == (FILE, line, "there is no shared condition `spokn_of`")


def test_no_word_stands_on_two_lists_of_one_scorecard() -> None:
    """Else one word would count twice."""
    release = load_release()
    words = {one.key: set(one.words) for one in release.word_lists}
    for part in read_release().rules:
        for rule in part.value.rules:
            if rule.when.points is None:
                continue
            keys = {sign.when.words for sign in rule.when.points.signs if sign.when.words and sign.points > 0}
            twice = [
                (one, other, words[one] & words[other])
                for one, other in combinations(sorted(keys), 2)
                if words[one] & words[other]
            ]
            assert twice == [], rule.key


def test_a_file_is_tried_in_the_place_of_its_namesake_or_beside_the_others(tmp_path: Path) -> None:
    """A file to try replaces the file of the same name or is added, and the shipped release stays unchanged."""
    added = tmp_path / "mine.yaml"
    added.write_text("""category: gambling
branch: none
rules:
  - key: mine
    weight: 0.6
    mode: shadow
    when: {phrase: slot gacor}
    reason: {id: alasan, en: reason}
    matches: [slot gacor]
    passes: [halo]
""")
    tried = release_with(added)
    assert [rule.mode for rule in tried.screening_rules if rule.key == "mine"] == ["shadow"]
    assert len(tried.screening_rules) == len(load_release().screening_rules) + 1
    replaced = tmp_path / "gambling.yaml"
    replaced.write_text(added.read_text())
    assert [rule.key for rule in release_with(replaced).screening_rules if rule.category == "gambling"] == ["mine"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("halo: 1\n", "not a file of rules"),
        ("rules: [\n", "not YAML"),
        ("category: gambling\nbranch: none\nrules: [{key: x}]\n", "missing"),
    ],
)
def test_a_file_that_cannot_be_tried_is_refused(tmp_path: Path, content: str, message: str) -> None:
    """The refusal says what is wrong with the file."""
    file = tmp_path / "mine.yaml"
    file.write_text(content)
    with pytest.raises(PolicyError, match="faults") as refused:
        release_with(file)
    assert message in refused.value.english()
