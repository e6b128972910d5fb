"""Letters are complete or not written, exist in both languages, and contain nothing about a reporter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import EscalationStage
from jaga.core.terms.people import Language
from jaga.policy.letters import CONTRACT, LetterTemplate
from jaga.policy.problems import WrongPlaceholders
from jaga.policy.release import load_release

RELEASE = load_release()
LETTERS = st.sampled_from(RELEASE.letters)


def _values(letter: LetterTemplate) -> dict[str, str]:
    return {name: f"<{name}>" for name in letter.placeholders}


@given(LETTERS)
def test_a_letter_says_every_value_and_leaves_no_gap(letter: LetterTemplate) -> None:
    """Each value appears in the letter, and no `$name` remains."""
    rendered = letter.render(**_values(letter))
    whole = rendered.subject + rendered.text
    assert all(value in whole for value in _values(letter).values())
    assert "$" not in whole


@given(LETTERS, st.data())
def test_a_letter_with_a_missing_empty_or_unknown_value_is_not_written(
    letter: LetterTemplate, data: st.DataObject
) -> None:
    """A statement without its appeal code, or with an undeclared value, is refused."""
    values = _values(letter)
    name = data.draw(st.sampled_from(sorted(values)))
    with pytest.raises(WrongPlaceholders, match=name):
        letter.render(**{key: value for key, value in values.items() if key != name})
    with pytest.raises(WrongPlaceholders, match=name):
        letter.render(**{**values, name: " "})
    with pytest.raises(WrongPlaceholders, match="reporter_name"):
        letter.render(**values, reporter_name="x")


@given(LETTERS, st.text(min_size=1).filter(str.strip))
def test_a_value_is_never_read_as_a_template(letter: LetterTemplate, text: str) -> None:
    """Facts that contain `$host` or `${x}` are printed unchanged."""
    for hostile in (text, "$host ${reference} $$"):
        assert hostile in letter.render(**{**_values(letter), "host": hostile}).text


def test_every_letter_exists_in_every_language() -> None:
    """Each letter has a text in each supported language."""
    assert {(letter.key, letter.language) for letter in RELEASE.letters} == {
        (key, language) for key in CONTRACT for language in Language
    }
    assert all(f"reporter_{kind}" in CONTRACT for kind in DecisionKind)


@pytest.mark.parametrize("language", list(Language))
def test_the_statement_holds_what_the_law_asks_for(language: Language) -> None:
    """DSA art. 17(3): restriction, scope, duration, facts, automation, ground and redress."""
    letter = RELEASE.letter("statement_of_reasons", language)
    assert {
        "restriction", "scope", "duration", "facts", "source", "automation", "ground", "legal_basis", "rule",
        "public_words",
    } <= letter.placeholders  # fmt: skip


@pytest.mark.parametrize("language", list(Language))
def test_the_letter_to_a_holder_knows_nothing_of_what_the_case_is_about(language: Language) -> None:
    """A victim's controller may read the letter, so category, law, facts and source are not permitted placeholders in
    it.
    """
    letter = RELEASE.letter("measure", language)
    assert {"restriction", "duration", "appeal_link", "appeal_code", "helplines"} <= letter.placeholders
    assert not {"category", "facts", "source", "automation", "ground", "legal_basis", "scope"} & letter.placeholders


def test_no_letter_can_carry_anything_about_a_reporter() -> None:
    """The holder's letters have no placeholder about a reporter, and a reporter's letter has none for the account or
    the facts.
    """
    for recipient, names in CONTRACT.values():
        assert not any("reporter" in name for name in names)
        if recipient == "reporter":
            assert not {"account", "facts", "explanation"} & names


def test_letters_to_operators_carry_no_facts() -> None:
    """Letters to operators are printed and passed on, so the facts stay in the notice, and victim-first facts are in
    neither.
    """
    assert not any("facts" in names for recipient, names in CONTRACT.values() if recipient == "operator")


@pytest.mark.parametrize("stage", list(EscalationStage))
@pytest.mark.parametrize("language", list(Language))
def test_each_stage_of_the_escalation_has_its_words(stage: EscalationStage, language: Language) -> None:
    """Each letter of the escalation ladder says which step it is and, unless it only clarifies, what people may do
    next.
    """
    assert RELEASE.wording(f"rung_{stage}", language)
    assert stage is EscalationStage.CLARIFICATION or RELEASE.wording(f"afterwards_{stage}", language)


@pytest.mark.parametrize("kind", [DecisionKind.RESTRICT, DecisionKind.REDACT, DecisionKind.CLOSE])
@pytest.mark.parametrize("part", ["restriction", "scope", "duration"])
def test_each_measure_has_its_words(kind: DecisionKind, part: str) -> None:
    """The statement has a text for every measure that the holder is told about."""
    assert RELEASE.wording(f"{part}_{kind}", "id") != RELEASE.wording(f"{part}_{kind}", "en")
