"""Texts that a person must give: what is refused, and with which message."""

import pytest

from jaga.core.errors import InvalidInput
from jaga.store.kernel.validation import check_required, required_text


def test_the_words_come_back_without_the_space_around_them() -> None:
    """Limits apply to the stripped text, so ten spaces are no reason."""
    assert required_text("reason", "  a good reason \n") == "a good reason"
    with pytest.raises(InvalidInput) as refused:
        required_text("reason", " " * 10)
    assert [(error.field, error.code) for error in refused.value.errors] == [("reason", "missing")]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("a\x00 long enough", ["not_text"]),
        ("\ud800 long enough", ["not_text"]),
        ("x" * 21, ["too_long"]),
        ("\x00", ["not_text", "missing"]),
        ("x" * 20, []),
        ("x" * 10, []),
        ("x" * 9, ["missing"]),
    ],
)
def test_what_is_refused(text: str, codes: list[str]) -> None:
    """Text that cannot be stored, too long or too short is refused, all faults at once."""
    found = check_required("why", text, least=10, most=20, needed="Say why.")
    assert [error.code for error in found] == codes


def test_a_sentence_names_the_fewest_characters_if_it_asks_for_them() -> None:
    """Other messages have no number, since it would mean nothing there."""
    (named,) = check_required("why", "", least=15, needed="At least %(least)s characters.")
    (plain,) = check_required("why", "", least=15, needed="Say why.")
    assert (named.params, plain.params) == ({"least": 15}, {})


def test_nothing_is_needed_where_the_fewest_are_none() -> None:
    """The same check, if a text is needed for some answers only."""
    assert required_text("why", " ", least=0) == ""
