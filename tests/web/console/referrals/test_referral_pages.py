"""Referrals on their pages: the list, one referral, referring at once, the officers' page, and the page of a mail's
link.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from tests.factories import World, carry_through, in_review, vote

from jaga.core.actors import SYSTEM, Actor
from jaga.core.referrals import ReferralState
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import Danger
from jaga.referrals.models import Referral
from jaga.referrals.verbs import referrals, replies
from jaga.store.codes import referral_code, referral_secret
from jaga.web.strangers import WRONG

BrowserOf = Callable[[Actor], Client]
CHILD = "violence_against_children"
WORDS = "Anak mungkin disakiti malam ini juga."


@pytest.fixture
def drafted(world: World, settings: Any) -> int:
    """A referral that two people decided."""
    settings.JAGA_SMTP, settings.JAGA_RECEIVER_MAIL = True, {"child_protection_office": "uptd@contoh.example"}
    case_id = in_review(category=CHILD)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.REFER, reviewer)
    carry_through(case_id)
    return Referral.objects.get().pk


def page_of(number: int) -> str:
    return f"/console/referrals/R{number:06d}/"


def test_from_the_draft_to_the_officers_confirmation_by_pages_alone(
    world: World, drafted: int, browser_of: BrowserOf
) -> None:
    """Each page says what to do next; a refused form keeps its text."""
    reviewer, officer = browser_of(world.reviewers[0]), browser_of(world.officer)
    assert "Choose a receiver, call, or review" in reviewer.get("/console/queue/").content.decode()
    assert f"R{drafted:06d}" in reviewer.get("/console/referrals/").content.decode()
    page = reviewer.get(page_of(drafted)).content.decode()
    receiver = f"police_officers.{world.officer.organisation_id}"
    assert f'value="{receiver}"' in page
    refused = reviewer.post(
        page_of(drafted), {"step": "address", "receiver": receiver, "danger": "child", "words": "<b>"}
    )
    assert refused.status_code == 422
    assert "&lt;b&gt;" in refused.content.decode()
    assert "<b>" not in refused.content.decode()
    sent = reviewer.post(page_of(drafted), {"step": "address", "receiver": receiver, "danger": "child", "words": WORDS})
    assert sent.status_code == 302
    assert "Nothing was referred to you" in officer.get("/console/received/").content.decode()
    replies.send_referral(drafted, actor=SYSTEM)
    own = f"/console/received/R{drafted:06d}/"
    assert own in officer.get("/console/received/").content.decode()
    seen = officer.get(own).content.decode()
    assert WORDS in seen
    assert "@mawar:localhost" in seen
    assert "K0000" not in seen
    assert officer.post(own, {"step": "confirm", "their_number": "LP/7"}).status_code == 302
    assert officer.post(own, {"step": "confirm"}).status_code == 409
    assert "LP/7" in reviewer.get(page_of(drafted)).content.decode()
    assert officer.post(own, {"step": "outcome", "outcome": "taken_up"}).status_code == 302
    assert Referral.objects.get().state == ReferralState.FINISHED
    for step in ("", "x", "confirm"):
        assert officer.post(own, {"step": step, "outcome": "\x00"}).status_code in (404, 409, 422)


def test_the_case_page_leads_to_refer_at_once_and_another_reviews(world: World, browser_of: BrowserOf) -> None:
    """The form asks for what the receiver needs; a second person records whether the referral was right."""
    case_id = in_review(category=CHILD)
    one, other = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    form = f"/console/cases/K{case_id:06d}/refer/"
    assert form in one.get(f"/console/cases/K{case_id:06d}/").content.decode()
    page = one.get(form).content.decode()
    assert ('value="life"' in page, 'value="harm"' in page) == (True, False)
    wrong = one.post(form, {"receiver": "sapa_129", "danger": "harm", "words": WORDS})
    assert (wrong.status_code, WORDS in wrong.content.decode()) == (422, True)
    made = one.post(form, {"receiver": "sapa_129", "danger": "child", "words": WORDS})
    number = Referral.objects.get().pk
    assert made["Location"] == page_of(number)
    assert one.post(form, {"receiver": "sapa_129", "danger": "child", "words": WORDS}).status_code == 409
    assert "another person reviews it" in one.get(page_of(number)).content.decode()
    assert one.post(page_of(number), {"step": "review", "rightly": "yes"}).status_code == 403
    assert other.post(page_of(number), {"step": "review"}).status_code == 422
    assert other.post(page_of(number), {"step": "review", "rightly": "no"}).status_code == 422
    assert other.post(page_of(number), {"step": "review", "rightly": "yes"}).status_code == 302
    assert other.post(page_of(number), {"step": "confirm", "taken_by": "Rina", "at": "kemarin"}).status_code == 422
    assert (
        other.post(page_of(number), {"step": "confirm", "taken_by": "Rina", "at": "2020-01-01T10:00"}).status_code
        == 422
    )
    assert other.post(page_of(number), {"step": "confirm", "taken_by": "Rina", "at": ""}).status_code == 302
    assert Referral.objects.get().state == ReferralState.ACKNOWLEDGED


def test_the_link_shows_nothing_without_its_code_and_confirms_once(world: World, drafted: int, client: Client) -> None:
    """Opening the link changes nothing; a wrong code is only refused; a second confirmation is refused with a
    message.
    """
    WRONG.clear()
    referrals.address_referral(
        drafted, referrals.NewReferral("child_protection_office", Danger.CHILD, WORDS), actor=world.reviewers[0]
    )
    replies.send_referral(drafted, actor=SYSTEM)
    address, code = f"/referral/{referral_secret(drafted)}/", referral_code(drafted)
    assert client.get("/referral/salah/").status_code == 404
    opened = client.get(address)
    assert opened.status_code == 200
    assert "no-store" in opened["Cache-Control"]
    for page in (opened.content.decode(), client.post(address, {"code": "AAAA-BBBB"}).content.decode()):
        assert WORDS not in page
        assert "mawar" not in page
    assert client.post(address, {"code": "AAAA-BBBB"}).status_code == 404
    assert WORDS in client.post(address, {"code": code}).content.decode()
    assert Referral.objects.get().acknowledged_at is None
    assert client.post(address, {"code": code, "step": "confirm"}).status_code == 422
    taken = {"code": code, "step": "confirm", "taken_by": "Rina, UPTD"}
    assert client.post(address, taken).status_code == 200
    assert client.post(address, taken).status_code == 409
    assert client.post(address, {"code": code, "step": "outcome", "outcome": "no_answer"}).status_code == 422
    assert client.post(address, {"code": code, "step": "outcome", "outcome": "passed_on"}).status_code == 200
    assert Referral.objects.get().state == ReferralState.FINISHED


def test_the_page_of_the_mail_way_shows_the_code_to_tell(world: World, drafted: int, browser_of: BrowserOf) -> None:
    """The person who calls the office reads the code here until it is confirmed."""
    referrals.address_referral(
        drafted, referrals.NewReferral("child_protection_office", Danger.CHILD, WORDS), actor=world.reviewers[0]
    )
    reviewer = browser_of(world.reviewers[1])
    assert referral_code(drafted) in reviewer.get(page_of(drafted)).content.decode()
    reviewer.post(page_of(drafted), {"step": "confirm", "taken_by": "Rina"})
    assert referral_code(drafted) not in reviewer.get(page_of(drafted)).content.decode()
