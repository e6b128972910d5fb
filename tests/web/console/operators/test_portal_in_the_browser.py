"""The contact portal and Jaga's side of it in a real browser: a phone without JavaScript, a desktop, axe on each
page.
"""

from typing import Any

import pytest
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, decided_closure, the_action
from tests.journeys.browser import DESK, PHONE, Walk, browsing, walking
from tests.web.console.factors import PASSWORD, exempt

from jaga.cases.models.cases import Case
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.platforms import Handover
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.operators.models import Notice
from jaga.operators.verbs import notices
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.notices import object_to
from jaga.people.models import Person
from jaga.people.verbs import people

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def operator(world: World) -> Operator:
    return make_operator()


def named(actor: Actor) -> str:
    """The person's user name, after setting a password. The database must not be queried while the browser is open."""
    people.change_password(actor.person_id or 0, PASSWORD, actor=CLI)
    exempt(actor)
    return Person.objects.get(pk=actor.person_id).username


def sign_in(walk: Walk, name: str) -> None:
    walk.page.goto("/console/sign-in/")
    walk.page.fill("#username", name)
    walk.page.fill("#password", PASSWORD)
    walk.page.click("button[type=submit]")


def test_a_contact_answers_on_a_phone_without_scripts(
    world: World, operator: Operator, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """360 px wide, no JavaScript, Indonesian: the list, the receipt page, the notice, a refused form, the answer."""
    notice = asked(world, operator)
    name = named(operator.contact)
    with (
        browsing(chromium, chromium_arguments) as browser,
        walking(browser, live_server.url, viewport=PHONE, java_script_enabled=False) as walk,
    ):
        sign_in(walk, name)
        walk.look()
        walk.page.click(f"text={notice.number}")
        walk.look()
        walk.page.click("text=Buka permintaan")
        walk.look()
        walk.page.check("[name=kind][value=refused]")
        walk.page.click("text=Kirim jawaban")
        assert "Tulis alasannya" in walk.page.inner_text("main")
        walk.complaints.clear()  # the 422 of the refused form
        walk.look()
        walk.page.check("[name=kind][value=done]")
        walk.page.click("text=Kirim jawaban")
        assert "sudah menerima suratnya" in walk.page.inner_text("#handed_over-error")  # or the holder never gets it
        walk.complaints.clear()
        walk.look()
        walk.page.check("[name=handed_over]")
        walk.page.click("text=Kirim jawaban")
        assert "Terima kasih" in walk.page.inner_text("[role=status]")
        assert walk.page.locator(".notice[role=status]").bounding_box()["y"] < PHONE["height"]
        walk.look()
    assert Notice.objects.get().state == NoticeState.ANSWERED


def test_our_side_shows_what_waits_for_us(
    world: World, operator: Operator, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """Every list and form once, on a desktop and a phone."""
    done, back, refused, disputed = (asked(world, operator, account=f"tamu-{number}") for number in (1, 2, 3, 4))
    answer_notice(done.pk, AnswerKind.DONE, actor=operator.contact)
    answer_notice(back.pk, AnswerKind.INVALID_LOCATOR, "Tidak ada nama itu.", actor=operator.contact)
    answer_notice(refused.pk, AnswerKind.REFUSED, "Akun ini milik toko.", actor=operator.contact)
    object_to(disputed.pk, "Akun ini toko yang terdaftar.", actor=operator.contact)
    by_hand = asked(world, make_operator("tangan", "manual"), account="tamu-5")
    name, numbers = named(world.supervisor), [one.number for one in (done, back, refused, disputed, by_hand)]
    for viewport in (DESK, PHONE):
        with (
            browsing(chromium, chromium_arguments) as browser,
            walking(browser, live_server.url, viewport=viewport) as walk,
        ):
            sign_in(walk, name)
            walk.page.goto("/console/operator-notices/")
            walk.look()
            for number in numbers:
                walk.page.goto(f"/console/operator-notices/{number}/")
                walk.look()
            walk.page.goto("/console/overview/")
            walk.look()


def test_a_victim_first_notice_shows_hashes_only(
    world: World, operator: Operator, live_server: Any, chromium: str, chromium_arguments: list[str]
) -> None:
    """The page has no facts and no picture; the holder's letter stays collapsed."""
    case_id = decided_closure(world, platform=operator.platform, account="tamu-6")
    Case.objects.filter(pk=case_id).update(victim_first=True, victim_state="proposed")
    notice_id = notices.notice_for(the_action(case_id).pk, actor=SYSTEM)
    notices.record_delivery(notice_id, Handover(False), actor=SYSTEM)
    name, number = named(operator.contact), Notice.objects.get().number
    with browsing(chromium, chromium_arguments) as browser, walking(browser, live_server.url, viewport=PHONE) as walk:
        sign_in(walk, name)
        walk.page.goto(f"/console/notices/{number}/")
        walk.page.click("text=Buka permintaan")
        walk.look()
        assert "Iklan jasa" not in walk.page.inner_text("main")
        assert walk.page.locator("img").count() == 0
