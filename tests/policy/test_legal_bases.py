"""The applicable law depends on the day of the conduct and on who invokes it."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms.people import OrganisationKind
from jaga.policy import limits
from jaga.policy.models import LegalBasis
from jaga.policy.release import load_release

RELEASE = load_release()
CATEGORIES = st.sampled_from([category.key for category in RELEASE.categories])
ORDERS_ONLY = {basis.key for basis in RELEASE.legal_bases if basis.only_in_requests}
DAYS = st.dates(date(2008, 1, 1), date(2035, 12, 31))


def _keys(category: str, day: date, authority: OrganisationKind | None = None) -> set[str]:
    return {basis.key for basis in RELEASE.legal_bases_for(category, day, authority)}


NEW_YEAR = {  # conduct of 1 January 2026, and of 2 January, when the new criminal code came into force
    "prostitution_advertising": ("uu_44_2008_30 uu_ite_27_1 kuhp_lama_296_506", "uu_44_2008_30 kuhp_407 kuhp_420_421"),
    "trafficking": ("uu_21_2007", "kuhp_455"),
    "child_protection": (
        "uu_35_2014 uu_44_2008_37_38 uu_12_2022_12 kuhp_lama_295 uu_12_2022_14",
        "uu_35_2014 uu_44_2008_37_38 uu_12_2022_12 kuhp_419 kuhp_422 uu_12_2022_14",
    ),
    "extortion": ("uu_ite_27b kuhp_lama_368_369 uu_12_2022_14", "uu_ite_27b kuhp_482_483 uu_12_2022_14"),
    "intimate_pictures": ("uu_ite_27_1 uu_12_2022_14", "uu_12_2022_14"),
    "fraud": ("uu_ite_28_1 kuhp_lama_378", "uu_ite_28_1 kuhp_492"),
    "gambling": ("uu_ite_27_2 kuhp_lama_303_303bis", "uu_ite_27_2 kuhp_426_427"),
    "underage_account": ("", ""),
    **{
        category.key: ("mr5_9_4_a", "mr5_9_4_a")
        for category in RELEASE.categories
        if category.key not in limits.ACTIONABLE_CATEGORIES
    },
}


@pytest.mark.parametrize("category", [category.key for category in RELEASE.categories])
def test_the_law_offered_on_both_sides_of_the_new_code(category: str) -> None:
    """A law that ended on 1 January 2026 is not offered for the day after, and its successor not for the day before."""
    last, first = NEW_YEAR[category]
    assert _keys(category, date(2026, 1, 1)) == set(last.split())
    assert _keys(category, date(2026, 1, 2)) == set(first.split())


def test_what_ended_with_the_old_code_names_what_took_its_place() -> None:
    """Each law that ended on 1 January 2026 has a successor from the day after."""
    ended = {basis.key for basis in RELEASE.legal_bases if basis.valid_until == date(2026, 1, 1)}
    begun = {basis.replaces: basis.valid_from for basis in RELEASE.legal_bases if basis.replaces in ended}
    assert begun == dict.fromkeys(ended, date(2026, 1, 2))


@pytest.mark.parametrize("key", ["uu_ite_27_1", "uu_ite_27_2", "uu_ite_28_1"])
def test_the_information_act_is_cited_as_it_was_that_day(key: str) -> None:
    """No citation names an act that came later than the conduct."""
    category = RELEASE.legal_basis(key).categories[0]
    for day, cited in (
        (date(2016, 11, 24), "UU 11/2008 (ITE), Pasal"),
        (date(2016, 11, 25), "jo. UU 19/2016, Pasal"),
        (date(2024, 1, 1), "jo. UU 19/2016, Pasal"),
        (date(2024, 1, 2), "jo. UU 1/2024, Pasal"),
    ):
        assert any(
            cited in basis.citation and basis.key.startswith(key) for basis in RELEASE.legal_bases_for(category, day)
        )


def test_extortion_changes_law_in_2024_and_2026() -> None:
    """UU ITE 27(4), then 27B; the old code, then the new one beside it."""
    day = {"kuhp_lama_368_369", "uu_12_2022_14"}
    assert _keys("extortion", date(2024, 1, 1)) == {"uu_ite_27_4", *day}
    assert _keys("extortion", date(2024, 1, 2)) == {"uu_ite_27b", *day}


@pytest.mark.parametrize("basis", RELEASE.legal_bases, ids=lambda basis: basis.key)
def test_every_law_says_what_was_read_and_what_is_open(basis: LegalBasis) -> None:
    """No official text could be read, so no law is marked as verified; the note of each law of 2026 covers its penalty
    too.
    """
    assert basis.source
    assert (basis.verified, basis.read == "gazette", bool(basis.note)) == (False, False, True)
    if basis.valid_from == date(2026, 1, 2):
        assert "The penalty was not verified (UU 1/2026)" in str(basis.note)


def test_the_base_of_a_ministrys_order_is_for_its_requests_alone() -> None:
    """UU ITE 40(2a) to (2d) prohibit nothing: a vote must name the law that was broken, and only the ministry has this
    basis.
    """
    day = date(2026, 6, 1)
    for category in NEW_YEAR.keys() - {limits.UNDERAGE_ACCOUNT}:
        assert "uu_ite_40_2" not in _keys(category, day)
        assert "uu_ite_40_2" in _keys(category, day, OrganisationKind.MINISTRY)
        assert "uu_ite_40_2" not in _keys(category, date(2024, 1, 1), OrganisationKind.MINISTRY)
        assert "uu_ite_40_2" not in _keys(category, day, OrganisationKind.POLICE)


@given(DAYS)
def test_a_provision_and_its_successor_never_apply_on_the_same_day(day: date) -> None:
    """Between a provision and its successor there is no day on which both or neither applies."""
    for basis in RELEASE.legal_bases:
        if basis.replaces:
            old = RELEASE.legal_basis(basis.replaces)
            assert not (old.covers(day) and basis.covers(day))
            if day >= old.valid_from and basis.valid_until is None:
                assert old.covers(day) or basis.covers(day)


@given(
    st.sampled_from(sorted(limits.ACTIONABLE_CATEGORIES - {limits.UNDERAGE_ACCOUNT})),
    st.dates(date(2014, 10, 17), date(2035, 12, 31)),
)
def test_whoever_acts_can_name_a_law(category: str, day: date) -> None:
    """Since the start of the newest of the old laws, each category with actions has a law on every day."""
    assert _keys(category, day)


def test_an_under_age_account_has_a_law_since_that_law_is_there() -> None:
    """PP 17/2025 applies from 28 March 2026; without a law, an under-age report can only be rejected."""
    assert _keys("underage_account", date(2026, 3, 28)) == {"pp_17_2025"}
    assert not _keys("underage_account", date(2026, 3, 27))


@given(CATEGORIES, DAYS, st.sampled_from(OrganisationKind))
def test_an_authority_never_has_more_law_than_there_is(category: str, day: date, authority: OrganisationKind) -> None:
    """Asking for one authority narrows, but for what only orders rest on; and an operator has none to invoke."""
    assert _keys(category, day, authority) - ORDERS_ONLY <= _keys(category, day)
    assert authority.is_authority or not _keys(category, day, authority)


@given(st.sampled_from(RELEASE.legal_bases))
def test_both_ends_of_a_validity_count(basis: object) -> None:
    """The first and last day of validity are included, the days before and after are not."""
    found = next(known for known in RELEASE.legal_bases if known is basis)
    day = timedelta(days=1)
    assert found.covers(found.valid_from)
    assert not found.covers(found.valid_from - day)
    if found.valid_until:
        assert found.covers(found.valid_until)
        assert not found.covers(found.valid_until + day)
