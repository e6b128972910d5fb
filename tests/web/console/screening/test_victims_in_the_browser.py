"""The question in the vote, the reasons in person, and the page of the code, in a real browser with axe."""

import os
from typing import Any

import pytest
from tests.factories import World, in_review, vote
from tests.journeys.browser import DESK, PHONE, Walk, browsing, walking
from tests.web.console.factors import PASSWORD, exempt

from jaga.appeals.verbs.reasons import NewCheck, check_holder, release_reasons
from jaga.cases.models.decisions import Decision
from jaga.core.actors import CLI, Actor
from jaga.core.terms.cases import DecisionKind, HolderCheckKind, VictimSay
from jaga.people.models import Person
from jaga.people.verbs import people
from jaga.store.codes import appeal_code

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def named(actor: Actor) -> str:
    people.change_password(actor.person_id or 0, PASSWORD, actor=CLI)
    exempt(actor)
    return Person.objects.get(pk=actor.person_id).username


def sign_in(walk: Walk, name: str) -> None:
    walk.page.goto("/console/sign-in/")
    walk.page.fill("#username", name)
    walk.page.fill("#password", PASSWORD)
    walk.page.click("button[type=submit]")


def look(walk: Walk, name: str) -> None:
    """Run axe, and take a screenshot if pictures were asked for."""
    walk.look()
    if where := os.environ.get("JAGA_TEST_PICTURES"):
        walk.page.screenshot(path=f"{where}/{name}.png", full_page=True)


@pytest.mark.parametrize(("viewport", "name"), [(DESK, "desk"), (PHONE, "phone")], ids=["desk", "phone"])
def test_a_reviewer_votes_and_hands_over_reasons(
    world: World, live_server: Any, chromium: str, chromium_arguments: list[str], viewport: Any, name: str
) -> None:
    """The form with its question, the page of the checks, and the sheet, in Indonesian."""
    waiting, decided = (
        in_review(text="open BO. Katanya paspor ditahan."),
        in_review(account="@lain:localhost", category="trafficking", text="Tolong diperiksa."),
    )
    for reviewer in world.reviewers[:2]:
        vote(decided, DecisionKind.RESTRICT, reviewer, victim=VictimSay.CONFIRM)
    decision = Decision.objects.get()
    check = check_holder(
        decision.pk,
        NewCheck(
            HolderCheckKind.IN_PERSON,
            "Bertemu sendirian, KTP dilihat.",
            "Akun dibatasi karena dipakai menawarkan orang lain.",
        ),
        actor=world.reviewers[2],
    )
    release_reasons(check, actor=world.supervisor)
    person, number, code = named(world.reviewers[2]), decision.pk, appeal_code(decision.pk)
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, live_server.url, viewport=viewport) as walk,
    ):
        sign_in(walk, person)
        walk.page.goto(f"/console/cases/K{waiting:06d}/")
        walk.page.click("form[action$='/take/'] button")
        walk.page.wait_for_selector("input[name=victim]")
        assert "Adakah yang mungkin korban di sini?" in walk.page.inner_text("main")
        look(walk, f"{name}-vote")
        walk.page.goto(f"/console/cases/K{decided:06d}/decisions/{number}/in-person/")
        look(walk, f"{name}-in-person")
        walk.page.click("form[action$='/hand-over/'] button")
        assert "dipakai menawarkan orang lain" in walk.page.inner_text("main")
        look(walk, f"{name}-sheet")
        walk.page.goto("/appeal/")
        walk.page.fill("#code", code)
        walk.page.click("main button[type=submit]")
        look(walk, f"{name}-code")
        walk.page.click("button[value=ask]")
        assert "Jawabannya datang dalam 12 jam" in walk.page.inner_text("main")
        look(walk, f"{name}-asked")
