"""Campaigns: what holds accounts together, how they grow, and what stays hidden or untold before a vote."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from tests.casework.screening.test_near_duplicates import again, copy
from tests.factories import World, in_review, vote
from tests.web.console.conftest import Staff
from tests.web.console.screening.test_near_duplicates import CONTACT, said

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Clearance, Role
from jaga.policy.release import load_release
from jaga.quality.models import AccessEvent
from jaga.signals.console import growth
from jaga.signals.models import AccountIndicator

Open = Callable[[Actor], Client]
PLACE = "/console/campaigns/"


def made() -> tuple[list[int], str, str]:
    """Three cases of one text, two of them with one number; the addresses of the text's and the number's campaign."""
    cases = [copy(1), copy(2, said(CONTACT)), copy(3, said(CONTACT))]
    again(cases[0])
    contact = AccountIndicator.objects.filter(kind="contact").order_by("pk").values_list("pk", flat=True)[0]
    return cases, f"{PLACE}text/{Case.objects.get(pk=cases[0]).cluster_id}/", f"{PLACE}contact/{contact}/"


def test_a_text_and_a_contact_with_their_accounts_and_growth(world: World, browser_of: Open) -> None:
    """Each account has its case; each campaign leads to the others of its accounts; contacts are masked."""
    client = browser_of(world.reviewers[0])
    assert "No campaign" in client.get(PLACE).content.decode()
    cases, text, contact = made()
    listed = client.get(PLACE).content.decode()
    assert text in listed
    assert contact in listed
    assert "3 accounts" in listed
    page = client.get(text).content.decode()
    assert all(f"/console/cases/K{case_id:06d}/" in page for case_id in cases)
    assert contact in page
    assert "3456" not in page.partition("What several of them also share")[2]
    page = client.get(contact).content.decode()
    assert "+62 812-***-890" in page
    assert "3456" not in page
    assert f"K{cases[0]:06d}" not in page
    assert text in page
    assert AccessEvent.objects.filter(what="campaign", case__in=cases).count() == 3
    wrong = client.get(f"{PLACE}?days=5")
    assert wrong.status_code == 422
    assert "Choose 7, 30 or 90 days." in wrong.content.decode()
    for address in (f"{PLACE}word/1/", f"{PLACE}text/{'9' * 25}/", f"{PLACE}contact/999999/"):
        assert client.get(address).status_code == 404


def test_the_picture_of_growth_ends_with_all_accounts() -> None:
    """Of forty days each column is two days; the second column of each never falls."""
    moment = now()
    rows = growth([moment - timedelta(days=back) for back in (39, 39, 3, 0)]).columns
    assert (len(rows), rows[0].first, rows[-1].second) == (20, 2, 4)
    assert sum(row.first for row in rows) == 4
    assert [row.second for row in rows] == sorted(row.second for row in rows)


def test_an_earlier_decision_is_kept_back_where_a_vote_waits(world: World, browser_of: Open) -> None:
    """Whoever may still vote about one of the accounts reads no decision about any, nor how far a case is."""
    cases, text, _ = made()
    for reviewer in world.reviewers[:2]:
        vote(cases[0], DecisionKind.CLOSE, reviewer)
    client = browser_of(world.reviewers[2])
    page = client.get(text).content.decode()
    assert "Decisions are left out where you may still vote" in page
    assert "Close the account" not in page
    for case_id in cases[1:]:
        vote(case_id, DecisionKind.DISMISS, world.reviewers[2])
    assert "Close the account" in client.get(text).content.decode()
    account = Case.objects.get(pk=cases[0]).subject.account_id
    newer = in_review(account=account, category="gambling")
    page = client.get(text).content.decode()
    assert "Decisions are left out where you may still vote" in page
    assert "Close the account" not in page
    assert f"K{newer:06d}" in page


def test_what_is_protected_listed_or_old_is_no_part_of_it(world: World, staff: Staff, browser_of: Open) -> None:
    """A hidden case takes its account out of list, counts and picture; below two accounts nothing is there."""
    cases, text, contact = made()
    client = browser_of(staff.by_role[Role.REVIEWER])
    Case.objects.filter(pk=cases[2]).update(clearance=Clearance.CHILD_SAFETY)
    page = client.get(text).content.decode()
    assert f"K{cases[2]:06d}" not in page
    assert "3 accounts" not in client.get(PLACE).content.decode()
    assert contact not in page
    assert client.get(contact).status_code == 404
    Case.objects.filter(pk=cases[2]).update(clearance="")
    assert client.get(contact).status_code == 200
    with frozen(now() + timedelta(days=load_release().screening.contact_days + 1)):
        assert client.get(contact).status_code in (302, 404)
    Case.objects.filter(pk__in=cases[1:]).update(clearance=Clearance.CHILD_SAFETY)
    assert client.get(text).status_code == 404
    assert "No campaign" in client.get(PLACE).content.decode()
