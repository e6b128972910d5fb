"""The page of a case that repeats a dismissed one, and of a case that waits for its day."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import World, in_review, report, vote

from jaga.cases.models.cases import Case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.queue.verbs.linked_accounts import HOLD
from jaga.signals.verbs import triage

BrowserOf = Callable[[Actor], Client]
WEAK = "Akun ini menjual jasa dan menipu banyak orang di kota kami, tolong segera diperiksa"


@pytest.fixture
def weak(world: World) -> Case:
    """One weak report, dismissed by one person."""
    case_id = in_review(text=WEAK, source="satu", network="satu")
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    return Case.objects.get(pk=case_id)


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Reported again after a dismissal"), ("id", "Dilaporkan lagi setelah ditolak")]
)
def test_the_page_of_the_card_shows_it(
    weak: Case, world: World, browser_of: BrowserOf, language: str, title: str
) -> None:
    """The new words are marked, in both languages; the page of the dismissed case shows nothing of it."""
    report(text=WEAK + ". Kerugian 400 ribu", source="dua", network="dua")
    card = Case.objects.get(state=CaseState.RECEIVED)
    triage.triage_case(card.pk, actor=SYSTEM)
    browser = browser_of(world.reviewers[0])
    browser.cookies["jaga_language"] = language
    page = browser.get(f"/console/cases/K{card.pk:06d}/", headers={"accept-language": language}).content.decode()
    assert title in page
    assert "<mark>Kerugian 400 ribu</mark>" in page
    assert f"/console/cases/K{weak.pk:06d}/" in page
    dismissed = browser.get(f"/console/cases/K{weak.pk:06d}/", headers={"accept-language": language})
    assert title not in dismissed.content.decode()
    other = browser_of(world.reviewers[1])  # who knows nothing of the dismissal, until they ask
    for asked, shown in (("", False), ("earlier/", False), ("", True)):
        read = other.get(f"/console/cases/K{card.pk:06d}/{asked}", headers={"accept-language": language})
        assert asked or ("<mark>Kerugian 400 ribu</mark>" in read.content.decode()) is shown


def test_a_card_that_waits_for_its_day_says_why(weak: Case, world: World, browser_of: BrowserOf) -> None:
    """No person postponed it, so there is no name and no internal word."""
    case_id = report(text=WEAK + " sekarang", source="dua", network="dua").case_id
    triage.triage_case(case_id, actor=SYSTEM)
    case = Case.objects.get(pk=case_id)
    case.snoozed_until, case.snooze_reason = now() + timedelta(minutes=30), HOLD
    case.save(update_fields=["snoozed_until", "snooze_reason"])
    page = browser_of(world.reviewers[0]).get(f"/console/cases/K{case_id:06d}/").content.decode()
    assert "Its turn comes at" in page
    assert "Set aside by" not in page
