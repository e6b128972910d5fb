"""A second country is a folder: the shipped release for the European Union."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.utils.translation import override
from tests.policy.conftest import Spoilt

from jaga.app.config import PACKAGE
from jaga.core.errors import WrongJurisdiction
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel, ReportForm
from jaga.policy import limits
from jaga.policy import release as jurisdiction_module
from jaga.policy.checks import jurisdiction as check
from jaga.policy.models import Jurisdiction, LocalText, LocalTime, LocalZone
from jaga.policy.release import (
    UnknownRelease,
    check_release,
    default_language,
    jurisdiction,
    load_release,
    offered_language,
    require_same,
    shipped_folder,
    shipped_names,
)
from jaga.store.room import StorageFull
from jaga.web import strangers as words
from jaga.web.admission import TooBusy
from jaga.web.buffering.uploads import TooManyUploads, UploadsFull
from jaga.web.errors import DatabaseAway, say
from jaga.web.frame import words as console_words
from jaga.web.frame.words import word
from jaga.web.strangers import authorities_name, channel_name

FOLDER = PACKAGE / "policy" / "releases" / "eu"
EU = load_release(FOLDER)
ACTED_ON = {"trafficking", "child_protection", "fraud", "intimate_pictures", "extortion"}
LABELS = {"prostitution_advertising", "gambling", "underage_account"}


def test_both_shipped_releases_are_sound() -> None:
    """Nothing is found in either, and each is of its own jurisdiction."""
    assert shipped_names() == ("eu", "id")
    assert check_release(FOLDER) == []
    assert [load_release(PACKAGE / "policy" / "releases" / name).jurisdiction.code for name in shipped_names()] == [
        "EU",
        "ID",
    ]


def test_the_unions_release_acts_only_where_union_law_or_the_terms_give_a_basis() -> None:
    """Prostitution and gambling are labels there; so is everything outside the narrow list."""
    assert {one.key for one in EU.categories if EU.may_act(one.key)} == ACTED_ON
    assert {one.key for one in load_release().categories if load_release().may_act(one.key)} == (
        limits.ACTIONABLE_CATEGORIES
    )
    assert {EU.allowed_decisions(key) for key in LABELS} == {(DecisionKind.DISMISS,)}
    for key in ACTED_ON:
        assert EU.legal_bases_for(key, EU.dated), key
    for key in LABELS:
        assert EU.legal_bases_of(key) == (), key


def test_nobody_calls_an_act_of_the_union_verified_that_nobody_read() -> None:
    """Each entry says that no text was read."""
    assert {(one.read, one.verified) for one in EU.legal_bases} == {("none", False)}
    assert all(one.note and one.note.startswith("No text was read.") for one in EU.legal_bases)


def test_a_directive_of_tomorrow_is_not_offered_today() -> None:
    """Until member states must carry it out, the service's terms are the basis for intimate pictures."""
    assert [one.key for one in EU.legal_bases_for("intimate_pictures", EU.dated)] == ["service_terms"]
    assert EU.legal_basis("dsa_9").only_in_requests


@pytest.mark.parametrize("channel", Channel)
def test_the_unions_hours_are_our_own(channel: Channel) -> None:
    """Union law names none: each deadline says so."""
    rule = EU.deadline(channel, "fraud", False, datetime(2026, 11, 29, tzinfo=UTC))
    assert rule.hours == limits.LONGEST_HOURS
    assert "our" in rule.source.say("en")
    urgent = EU.deadline(channel, "trafficking", False, datetime(2026, 11, 29, tzinfo=UTC))
    assert (urgent.hours, urgent.source.id) == (limits.LONGEST_URGENT_HOURS, "")


def test_a_text_in_one_language_is_told_in_it() -> None:
    """Whoever asks for another language gets the one that there is; with two, each is needed."""
    assert LocalText(en="Fraud").say("id") == "Fraud"
    assert (LocalText(en="a") + LocalText(en="b")) == LocalText(en="a; b")
    assert {EU.wording("restriction_close", language) for language in ("id", "en")} == {"Your account is closed."}
    assert {letter.text for letter in EU.letters if letter.language == "id"} == {
        letter.text for letter in EU.letters if letter.language == "en"
    }


def test_the_unions_release_needs_english_only(tmp_path: Path) -> None:
    """A text without it is refused, one without Indonesian is not."""
    spoilt = Spoilt(tmp_path)
    for path in FOLDER.rglob("*.yaml"):
        (tmp_path / path.relative_to(FOLDER)).parent.mkdir(exist_ok=True)
        (tmp_path / path.relative_to(FOLDER)).write_text(path.read_text())
    line = spoilt.change("services.yaml", "name: {en: Emergency call 112}", "name: {id: Darurat 112}")
    assert (spoilt.only().line, "translation `en`" in spoilt.only().what) == (line, True)


def test_outside_bodies_of_the_jurisdiction_cannot_be_left_out(spoilt: Spoilt) -> None:
    """Indonesia's commissions, the Union's dispute settlement; another code frees from neither courts nor legal aid."""
    assert {"ombudsman", "komnas_ham", "komnas_perempuan"} < limits.named_bodies("ID")
    assert {"dispute_settlement", "digital_services_coordinator"} < limits.named_bodies("EU")
    assert limits.named_bodies("AQ") == {"courts", "legal_aid"}
    spoilt.change("outside-bodies.yaml", "key: komnas_ham", "key: komnas")
    assert spoilt.only().what == "the body `komnas_ham` is missing"


def test_a_language_without_a_catalogue_is_refused(spoilt: Spoilt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages would be half in another language; English needs no catalogue, since texts are written in it."""
    monkeypatch.setattr(check, "has_catalogue", lambda language: language == "en")
    problem = spoilt.only()
    assert (problem.file, problem.line) == ("jurisdiction.yaml", 6)
    assert "no catalogue for `id`" in problem.what


def test_telephone_numbers_get_the_country_code_only_where_there_is_one() -> None:
    """An Indonesian number is one however it is written; in the Union nobody guesses the member state."""
    assert jurisdiction().international("081234567890") == "6281234567890"
    assert jurisdiction().international("6281234567890") == "6281234567890"
    union = Jurisdiction(
        "EU",
        LocalText(en="EU"),
        EU.jurisdiction.languages,
        LocalTime("Europe/Brussels", "Europe/Brussels", (LocalZone("Europe/Brussels"),)),
        ("112",),
    )
    assert union.international("0470123456") == "0470123456"


def test_languages_are_those_of_the_release() -> None:
    """What is not offered becomes the default."""
    assert [offered_language(wanted) for wanted in ("en", "id", "fr", None)] == ["en", "id", "id", "id"]
    assert default_language() == "id"


def test_another_name_than_a_shipped_one_is_refused() -> None:
    """Never a path: releases of one's own are adopted on record."""
    for name in ("../id", "xx"):
        with pytest.raises(UnknownRelease, match="no such release is shipped"):
            shipped_folder(name)
    assert shipped_folder().name == "id"


def test_a_process_of_the_union_has_its_days_and_language() -> None:
    """One variable chooses the shipped release, before anything is imported."""
    program = (
        "from datetime import UTC, datetime; from jaga.policy import load_release\n"
        "from jaga.policy.local_time import day_of, local_zone, zone_label, zone_names\n"
        "from jaga.policy.release import default_language\n"
        "summer = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)\n"
        "print(load_release().name, day_of(summer), zone_label(summer, local_zone()), zone_names()[0],"
        " default_language().value)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env={**os.environ, "JAGA_RELEASE": "eu", "PYTHONPATH": str(PACKAGE.parent)},
    )
    assert done.stdout.split() == ["eu", "2026-07-02", "CEST", "Europe/Brussels", "en"]


def test_an_installation_stays_in_its_jurisdiction(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown code names no release to start with."""
    require_same("ID")
    with pytest.raises(WrongJurisdiction, match="JAGA_RELEASE=eu"):
        require_same("EU")
    with pytest.raises(WrongJurisdiction, match="jurisdiction AQ, and the release here is for ID"):
        require_same("AQ")
    monkeypatch.setattr(jurisdiction_module, "jurisdiction", lambda: EU.jurisdiction)
    require_same("EU")
    with pytest.raises(WrongJurisdiction, match="JAGA_RELEASE=id"):
        require_same("ID")


def test_sentences_name_the_numbers_and_laws_of_the_jurisdiction() -> None:
    """In the reader's language; without a law the sentence is whole without it."""
    home, union = jurisdiction(), EU.jurisdiction
    assert [home.emergency_numbers.say(language) for language in ("id", "en")] == ["110 atau 112", "110 or 112"]
    assert union.emergency_numbers.say("en") == str(union.emergency_numbers) == "112"
    assert home.cited("urgent").say("id") == " (Permenkominfo 5/2020 Pasal 14 ayat (3))"
    assert union.cited("notice").say("id") == " (Regulation (EU) 2022/2065, article 16)"
    assert (union.cited("urgent").say("en"), str(union.cited("child_accounts"))) == ("", "")


def test_a_refusal_names_the_numbers_of_the_jurisdiction(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in logs, where a text of the release is in English."""
    assert "hubungi 110 atau 112." in say(UploadsFull(), "id")[1]
    assert "call 110 or 112." in UploadsFull().english()
    monkeypatch.setattr(jurisdiction_module, "jurisdiction", lambda: EU.jurisdiction)
    for refused in (UploadsFull(), TooManyUploads(), TooBusy(), DatabaseAway(), StorageFull(retry_after=1)):
        assert "112" in say(refused, "en")[1]
        assert "110" not in f"{say(refused, 'en')} {refused.english()}"


def test_authorities_are_called_as_the_jurisdiction_calls_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the product calls a ministry is an administrative authority in the Union."""
    with override("en"):
        assert (channel_name(Channel.MINISTRY), word(Channel.MINISTRY, "channel")) == ("A ministry", "ministry")
        assert (authorities_name(OrganisationKind.MINISTRY), word(ReportForm.ORDER, "form")) == (
            "Ministries",
            "the ministry's order",
        )
        for module in (words, console_words):
            monkeypatch.setattr(module, "jurisdiction", lambda: EU.jurisdiction)
        assert channel_name(Channel.MINISTRY) == word(Channel.MINISTRY, "channel") == "An administrative authority"
        assert authorities_name(OrganisationKind.MINISTRY) == "Administrative authorities"
        assert word(ReportForm.ORDER, "form") == "an authority's order"
        assert channel_name(Channel.PUBLIC) == "The public"


def test_contact_persons_for_data_live_in_the_jurisdiction() -> None:
    """Its own code, or the countries that it names."""
    assert jurisdiction().home_countries == ("ID",)
    assert len(EU.jurisdiction.home_countries) == 27
    assert {"AT", "SE"} < set(EU.jurisdiction.home_countries)


def test_nobody_called_the_emergency_number_of_the_union(tmp_path: Path) -> None:
    """So it stands as not verified. Letters name it all the same, which no other number may without a call."""
    emergency = next(one for one in EU.services if one.key == "emergency_112")
    assert (emergency.verified, emergency.never_called, emergency.in_letters) == (False, True, True)
    assert "112" in EU.helplines("en")
    assert [one.key for one in EU.services if one.may_be_named] == ["emergency_112"]
    spoilt = Spoilt(tmp_path)
    for path in FOLDER.rglob("*.yaml"):
        (tmp_path / path.relative_to(FOLDER)).parent.mkdir(exist_ok=True)
        (tmp_path / path.relative_to(FOLDER)).write_text(path.read_text())
    spoilt.change("services.yaml", "    contact: 116 006\n", "    contact: 116 006\n    never_called: true\n")
    assert "`victims_116_006` is not one of the numbers in `emergency`" in spoilt.only().what
    spoilt.change("services.yaml", "    never_called: true\n    purpose: {en: Support", "    purpose: {en: Support")
    line = spoilt.change("jurisdiction.yaml", 'emergency: ["112"]', 'emergency: ["112", "999"]')
    assert (spoilt.only().line, spoilt.only().what) == (line, "services.yaml has no service with the number 999")
