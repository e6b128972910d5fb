"""Account names of one pattern match, generic names do not; one shared contact or two kinds of trace are likely, one
weaker kind is possible.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms.reports import IndicatorKind, Likelihood
from jaga.screening.copies.nearness import contacts_of, handle_stem, image_of, likelihood, names_of, wording_of

WEAK = (IndicatorKind.TEXT, IndicatorKind.IMAGE, IndicatorKind.HANDLE)


@given(
    st.integers(min_value=0, max_value=9999),
    st.sampled_from(["_", ".", "-", ""]),
    st.sampled_from(["@{}:localhost", "{}@tamu.test", "{}", "@{}"]),
)
def test_numbers_separators_and_servers_do_not_make_another_name(number: int, sign: str, shape: str) -> None:
    """`sinta_bo01` and `sinta.bo02` have the same pattern."""
    assert handle_stem(shape.format(f"sinta{sign}bo{number}")) == "sintabo"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "@user123:localhost",
        "openbo_jakarta77",
        "Real.BO.Bandung",
        "putri_01",
        "1234567",
        "a" * 60,
        "admin-official",
        "https://contoh.test/sinta_bo",
        "@did:plc:abcdefghijkl",
        "\udc80\x00",
    ],
)
def test_short_long_and_generic_names_have_no_pattern(name: str) -> None:
    """A first name or a common name links nobody to anybody."""
    assert handle_stem(name) is None


def test_an_account_called_alike_on_both_sides_has_one_indicator() -> None:
    """An account id and a display name of one pattern are one trace; of two patterns, two traces."""
    assert len(names_of("@sinta_bo1:localhost", "Sinta Bo 1")) == 1
    assert len(names_of("@sinta_bo1:localhost", "Mawar Melati")) == 2


def test_values_of_different_kinds_never_meet() -> None:
    """Each value includes its kind."""
    found = [
        *contacts_of("0812-0000-1111"),
        *names_of("mawarmelati"),
        image_of("0" * 64),
        *wording_of("kata yang lain dari yang lain " * 4),
    ]
    assert len({one.value for one in found}) == len({one.kind for one in found}) == 4


@pytest.mark.parametrize(
    ("strong", "weak", "expected"),
    [
        ([], [], None),
        ([IndicatorKind.CONTACT], [], Likelihood.LIKELY),
        ([], [IndicatorKind.CONTACT], Likelihood.POSSIBLE),
        *(([], [kind], Likelihood.POSSIBLE) for kind in WEAK),
        ([], [IndicatorKind.TEXT] * 3, Likelihood.POSSIBLE),
        ([], [IndicatorKind.TEXT, IndicatorKind.HANDLE], Likelihood.LIKELY),
        ([], [IndicatorKind.CONTACT, IndicatorKind.IMAGE], Likelihood.LIKELY),
    ],
)
def test_one_contact_or_two_kinds_are_likely(
    strong: list[IndicatorKind],
    weak: list[IndicatorKind],
    expected: Likelihood | None,
) -> None:
    """One weak kind stays one kind, however often it occurs."""
    assert likelihood(strong, weak) is expected
