"""Where only certain people may report, the form asks who reports, shows help first, and tells others what they can
do.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.public.conftest import PNG, World

from jaga.cases.models.reports import Evidence, Report
from jaga.policy import release
from jaga.policy.release import load_release

Form = Callable[..., dict[str, Any]]


@pytest.fixture
def high_risk(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """A release that lists this platform as high-risk."""
    in_force = load_release()
    categories = tuple(
        replace(one, only_on=(world.platform,)) if one.only_on is not None else one for one in in_force.categories
    )
    changed = replace(in_force, categories=categories)
    monkeypatch.setattr(release, "_shipped", lambda: changed)


@pytest.fixture
def english(client: Client) -> Client:
    """A reader of English."""
    client.cookies["jaga_language"] = "en"
    return client


def intimate(form: Form, **given: str) -> dict[str, Any]:
    return form(page="shown", category="intimate_pictures", step="send", **given)


def test_the_victims_door_no_longer_says_that_nothing_can_be_done(english: Client, world: World) -> None:
    """It says what can be done, who may ask for it, that no picture is needed, and what the holder may guess."""
    answer = english.post("/report/", {"page": "choose", "step": "shown"})
    page = answer.content.decode()
    assert "It spreads or shows my private, sexual pictures" in page
    assert "The account can be closed for this" in page
    assert "may guess" in page
    assert "I am the person in the picture" in page
    assert 'name="screenshots"' not in page


@pytest.mark.parametrize("capacity", ["pictured", "guardian"])
def test_the_person_pictured_reports_with_a_link_and_without_a_name_or_picture(
    client: Client, form: Form, capacity: str
) -> None:
    """Anything else that was sent is not stored."""
    sent = intimate(
        form,
        capacity=capacity,
        links="https://contoh.test/ruang",
        name="Ani",
        contact="ani@contoh.test",
        device_hashes="0" * 64,
    )
    sent["screenshots"] = SimpleUploadedFile("a.png", PNG)
    answer = client.post("/report/", sent)
    assert answer.status_code == 302
    report = Report.objects.get()
    assert (report.capacity, report.route, report.place) == (capacity, "victim", "https://contoh.test/ruang")
    assert not hasattr(report, "identity")
    assert not Evidence.objects.filter(kind="screenshot").exists()


def test_a_bystander_is_thanked_and_told_how_the_person_can_report(english: Client, form: Form) -> None:
    """Nothing is stored, and the form keeps its text."""
    answer = english.post("/report/", intimate(form, capacity="other", text="Kata saya"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Thank you for looking out for somebody." in page
    assert "Do not save the picture" in page
    assert "Kata saya" in page
    assert not Report.objects.exists()


def test_nobody_is_taken_for_the_person_pictured_by_saying_nothing(client: Client, form: Form) -> None:
    """A missing or unknown value does not count as "I am the person shown"."""
    for capacity in ("", "parent", "authority", "platform", "x\x00"):
        assert client.post("/report/", intimate(form, capacity=capacity)).status_code == 422
    assert not Report.objects.exists()


def test_the_ordinary_form_leads_to_the_victims_door(client: Client, form: Form) -> None:
    """Help first, no name, no picture: also if the category was chosen in the list."""
    page = client.post("/report/", form(page="choose", category="intimate_pictures", step="next")).content.decode()
    assert 'name="page" value="shown"' in page
    assert 'name="contact"' not in page


def test_an_under_age_account_is_offered_on_high_risk_apps_alone(client: Client, form: Form) -> None:
    """Where no app is listed, the category is not offered, and is refused if sent anyway."""
    assert "underage_account" not in client.get("/report/").content.decode()
    for step, page in (("next", "choose"), ("send", "details")):
        answer = client.post("/report/", form(page=page, category="underage_account", capacity="parent", step=step))
        assert answer.status_code == 422
    assert not Report.objects.exists()


@pytest.mark.usefixtures("high_risk")
def test_a_parent_reports_an_under_age_account_and_others_are_sent_to_the_parents(english: Client, form: Form) -> None:
    """The page announces two weeks to answer; no file is asked for, and no draft stays on the device."""
    details = english.post("/report/", form(page="choose", category="underage_account", step="next")).content.decode()
    assert "14 days to answer" in details
    assert 'name="screenshots"' not in details
    assert "data-draft" not in details
    sent = form(page="details", category="underage_account", step="send")
    refused = english.post("/report/", {**sent, "capacity": "other"})
    assert (refused.status_code, "You can tell them about this form" in refused.content.decode()) == (422, True)
    assert not Report.objects.exists()
    assert english.post("/report/", {**sent, "capacity": "parent"}).status_code == 302
    assert Report.objects.get().capacity == "parent"
