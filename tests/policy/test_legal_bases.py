"""Which law applies is chosen by the day of the conduct, and by who invokes it."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms import OrganisationKind
from jaga.policy import limits, load_release

RELEASE = load_release()
CATEGORIES = st.sampled_from([category.key for category in RELEASE.categories])
DAYS = st.dates(date(2008, 1, 1), date(2035, 12, 31))


def _keys(category: str, day: date, authority: OrganisationKind | None = None) -> set[str]:
    return {basis.key for basis in RELEASE.legal_bases_for(category, day, authority)}


def test_the_new_criminal_code_takes_over_at_midnight() -> None:
    """Conduct of 1 January 2026 falls under UU ITE 27(1), conduct of 2 January under KUHP 407."""
    assert _keys("prostitution_advertising", date(2026, 1, 1)) == {"uu_ite_27_1", "uu_44_2008_30"}
    assert _keys("prostitution_advertising", date(2026, 1, 2)) == {"kuhp_407", "uu_44_2008_30"}


def test_extortion_changes_law_in_2024_and_2026() -> None:
    """UU ITE 27(4), then 27B, then the new criminal code beside it."""
    assert _keys("extortion", date(2024, 1, 1)) == {"uu_ite_27_4"}
    assert _keys("extortion", date(2024, 1, 2)) == {"uu_ite_27b"}
    assert _keys("extortion", date(2026, 1, 2)) == {"uu_ite_27b", "kuhp_482_483"}


@given(DAYS)
def test_a_provision_and_its_successor_never_apply_on_the_same_day(day: date) -> None:
    """Between the two there is neither a day of both nor a day of none."""
    for basis in RELEASE.legal_bases:
        if basis.replaces:
            old = RELEASE.legal_basis(basis.replaces)
            assert not (old.covers(day) and basis.covers(day))
            if day >= old.valid_from and basis.valid_until is None:
                assert old.covers(day) or basis.covers(day)


@given(st.sampled_from(sorted(limits.ACTIONABLE_CATEGORIES - {limits.UNDERAGE_ACCOUNT})),
       st.dates(date(2014, 10, 17), date(2035, 12, 31)))
def test_whoever_acts_can_name_a_law(category: str, day: date) -> None:
    """Since the youngest of the old laws there is one for each actionable category on every day."""
    assert _keys(category, day)


def test_an_under_age_account_has_a_law_since_that_law_is_there() -> None:
    """PP 17/2025 asks for nothing before 28 March 2026; without a law there is nothing but rejecting."""
    assert _keys("underage_account", date(2026, 3, 28)) == {"pp_17_2025"}
    assert not _keys("underage_account", date(2026, 3, 27))


@given(CATEGORIES, DAYS, st.sampled_from(OrganisationKind))
def test_an_authority_never_has_more_law_than_there_is(category: str, day: date, authority: OrganisationKind) -> None:
    """Asking for one authority narrows, and an operator has none to invoke."""
    assert _keys(category, day, authority) <= _keys(category, day)
    assert authority.is_authority or not _keys(category, day, authority)


@given(st.sampled_from(RELEASE.legal_bases))
def test_both_ends_of_a_validity_count(basis: object) -> None:
    """The first and the last day belong to it, their neighbours do not."""
    found = next(known for known in RELEASE.legal_bases if known is basis)
    day = timedelta(days=1)
    assert found.covers(found.valid_from)
    assert not found.covers(found.valid_from - day)
    if found.valid_until:
        assert found.covers(found.valid_until)
        assert not found.covers(found.valid_until + day)
