"""Properties of the shipped release that the project promises, for every category."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Language, OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.policy import limits
from jaga.policy.dsa import DSA_KEYWORDS
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import check_release, load_release

RELEASE = load_release()
KEYS = [category.key for category in RELEASE.categories]
CATEGORIES = st.sampled_from(KEYS)


def test_the_shipped_release_is_sound() -> None:
    """The check finds no problem in the shipped release, which is read once."""
    assert check_release() == []
    assert load_release() is RELEASE


def test_the_whole_indonesian_list_is_there() -> None:
    """Each row of the ministry's list of prohibited content has a category, so that statistics can be compared."""
    assert {category.practice_label for category in RELEASE.categories} == {
        "pornografi", "pornografi anak", "perjudian", "pemerasan", "penipuan", "kekerasan", "kekerasan pada anak",
        "fitnah", "HKI", "produk dengan aturan khusus", "SARA", "berita bohong", "terorisme/radikalisme",
        "perdagangan orang", "lainnya",
    }  # fmt: skip
    assert "prostitution_advertising" in KEYS


@given(CATEGORIES)
def test_outside_the_narrow_list_nothing_touches_an_account(category: str) -> None:
    """Outside the narrow list there is no restriction, closure, redaction or preservation, whoever asks."""
    allowed = set(RELEASE.allowed_decisions(category))
    if category == limits.UNDERAGE_ACCOUNT:
        assert allowed == limits.DEACTIVATING_DECISIONS
    elif category in limits.ACTIONABLE_CATEGORIES:
        assert {DecisionKind.RESTRICT, DecisionKind.PRESERVE} <= allowed
    else:
        assert allowed <= {DecisionKind.DISMISS, DecisionKind.REFER}


def test_the_narrow_list_is_the_issues_list() -> None:
    """The narrow list is fixed: widening it changes the project's mission and takes more than a change of a file."""
    assert {key for key in KEYS if DecisionKind.RESTRICT in RELEASE.allowed_decisions(key)} == {
        "prostitution_advertising", "trafficking", "child_protection", "gambling", "fraud", "extortion",
        "intimate_pictures", "underage_account",
    }  # fmt: skip


@pytest.mark.parametrize("category", KEYS)
def test_rejecting_is_always_possible_and_restoring_is_never_voted(category: str) -> None:
    """MR5 art. 10 obliges the host to reject; a restoration comes only from an upheld appeal, never from a vote."""
    allowed = RELEASE.allowed_decisions(category)
    assert DecisionKind.DISMISS in allowed
    assert DecisionKind.RESTORE not in allowed


@given(CATEGORIES, st.sampled_from(DecisionKind))
def test_nothing_final_and_nothing_victim_first_is_one_persons(category: str, decision: DecisionKind) -> None:
    """Closing, redacting and referring take two people everywhere, and so does every decision in victim-first cases."""
    final = decision in (DecisionKind.CLOSE, DecisionKind.REDACT, DecisionKind.REFER)
    worded = category in limits.WHO_MAY_REPORT and decision is DecisionKind.RESTRICT
    pictured = category == limits.INTIMATE_PICTURES and decision is DecisionKind.DISMISS
    two = final or RELEASE.category(category).victim_first or worded or pictured
    assert RELEASE.needs_second_person(category, decision) is two


@pytest.mark.parametrize("category", ["trafficking", "child_protection"])
def test_victim_first_offers_no_closure(category: str) -> None:
    """A victim-first category offers preserve, restrict, refer and dismiss, and no closure."""
    assert RELEASE.category(category).victim_first
    assert set(RELEASE.allowed_decisions(category)) == limits.VICTIM_FIRST_DECISIONS


@pytest.mark.parametrize("category", RELEASE.categories, ids=lambda category: category.key)
def test_each_category_speaks_to_reporters_and_to_the_dsa(category: object) -> None:
    """Each category has words for reporters in two languages and keywords that the DSA database accepts."""
    found = next(known for known in RELEASE.categories if known is category)
    assert found.description.say(Language.INDONESIAN) != found.description.say("en")
    assert set(found.dsa_keywords) <= DSA_KEYWORDS[found.dsa_category]


def test_the_form_offers_what_can_be_acted_on_first() -> None:
    """The report form shows the eight categories with actions, then a child in danger, which is referred at once, and
    “something else”.
    """
    offered = [category.key for category in RELEASE.offered_categories()]
    assert set(offered) == limits.ACTIONABLE_CATEGORIES | {"violence_against_children", "other"}
    assert offered[-1] == "other"


def test_unknown_keys_are_refused_by_name() -> None:
    """A category of another release raises an error and is not read as “no law, no deadline”."""
    with pytest.raises(UnknownTerm, match="no category called “litter”"):
        RELEASE.category("litter")
    with pytest.raises(UnknownTerm):
        RELEASE.legal_bases_for("litter", date(2026, 1, 1))
    with pytest.raises(UnknownTerm):
        RELEASE.legal_basis("litter")
    with pytest.raises(UnknownTerm):
        RELEASE.wording("litter", "id")
    with pytest.raises(UnknownTerm):
        RELEASE.letter("litter", "id")


def test_help_for_a_category_comes_before_help_for_everyone() -> None:
    """Somebody who reports trafficking sees the services for trafficking before the general ones."""
    services = RELEASE.services_for("trafficking")
    assert services[0].key == "sapa_129"
    assert services[-1].categories == ()
    assert all(service.verified or service.note for service in RELEASE.services)


def test_youth_risk_ships_its_format_only() -> None:
    """The release ships no phrases about youth: installations load the list of a child-protection body."""
    assert not [entry for entry in RELEASE.lexicon if entry.category == "child_protection"]


def test_the_lexicon_is_small_and_soft_words_need_context() -> None:
    """DP, nego and PAP are ordinary selling words and match nothing without context."""
    assert 40 <= len(RELEASE.lexicon) <= 160
    soft = [entry for entry in RELEASE.lexicon if entry.phrase in {"dp", "nego", "pap", "cod langsung", "sepi nih"}]
    assert len(soft) == 5
    assert all(entry.needs and entry.phrase not in entry.needs and entry.weight <= 0.3 for entry in soft)
    assert "razia" in next(entry for entry in RELEASE.lexicon if entry.phrase == "open bo").exceptions


def test_trafficking_phrases_open_the_victim_first_branch() -> None:
    """Only the trafficking lexicon raises the priority and proposes the victim-first path."""
    assert {entry.category for entry in RELEASE.lexicon if entry.branch == "victim_first"} == {"trafficking"}


def test_verification_begins_at_once_and_waits_grow_to_a_cap() -> None:
    """The first check follows the action at once; the pauses between retries grow up to a limit."""
    enforcement = RELEASE.enforcement
    assert not enforcement.verification[0]
    assert list(enforcement.verification) == sorted(enforcement.verification)
    waits = [enforcement.retries.wait(attempt) for attempt in range(1, enforcement.retries.attempts + 1)]
    assert waits == sorted(waits)
    assert waits[-1] == enforcement.retries.longest_wait


@pytest.mark.parametrize("kind", [kind for kind in OrganisationKind if kind.is_authority])
@pytest.mark.parametrize("category", [key for key in KEYS if key not in limits.ACTIONABLE_CATEGORIES])
def test_a_demand_about_a_label_can_be_filed_and_so_be_counted(category: str, kind: OrganisationKind) -> None:
    """A demand about a category without actions can still be filed, so that statistics count it."""
    keys = [basis.key for basis in RELEASE.legal_bases_for(category, date(2026, 6, 1), kind)]
    assert keys == ["mr5_9_4_a", *(["uu_ite_40_2"] if kind is OrganisationKind.MINISTRY else [])]


def test_every_channel_has_its_words() -> None:
    """The statement names the kind of channel that a matter came in by."""
    assert all(RELEASE.wording(f"source_{channel}", "id") for channel in Channel)
