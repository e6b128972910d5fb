"""A real browser: an opened picture is grey and blurred until the reader asks for it sharp, and loads under the page's
content policy; the page passes axe and fits a phone.
"""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from tests.casework.screening.test_pictures import answer, draw_all, shot
from tests.factories import World, in_review
from tests.journeys.browser import fits
from tests.web.console.factors import show_factor
from tests.web.console.frame.test_in_the_browser import PHONE, _browser

from jaga.cases.models.reports import Evidence
from jaga.core.terms.reports import YouthAnswer
from jaga.people.models import Person
from jaga.signals.verbs.pictures import open_picture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
_FILTER = "getComputedStyle(document.querySelector('.picture img')).filter"


def test_a_picture_is_blurred_until_it_is_wanted_sharp(
    world: World,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
) -> None:
    """By keyboard, without JavaScript, on a phone."""
    reviewer = world.reviewers[0]
    case_id = in_review(screenshots=(shot(),))
    answer(case_id, YouthAnswer.NO_SIGN, reviewer)
    draw_all()
    open_picture(case_id, Evidence.objects.get(kind="screenshot").pk, actor=reviewer)
    session = Client()
    session.force_login(Person.objects.get(pk=reviewer.person_id), "django.contrib.auth.backends.ModelBackend")
    show_factor(session, reviewer.person_id)
    cookie = {"name": "jaga_session", "value": session.cookies["jaga_session"].value, "url": live_server.url}
    with _browser(chromium, chromium_arguments, live_server.url, viewport=PHONE) as page:
        page.context.add_cookies([cookie])
        page.goto(f"/console/cases/K{case_id:06d}/")
        page.wait_for_function("document.querySelector('.picture img').complete")
        assert page.evaluate("document.querySelector('.picture img').naturalWidth") == 30
        assert "blur" in page.evaluate(_FILTER)
        page.focus(".picture__sharp")
        page.keyboard.press("Space")
        assert page.evaluate(_FILTER) == "grayscale(1)"
        assert fits(page)
        page.evaluate("scrollTo(0, 0)")  # where the button of the form, which stays in sight, covers no choice
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}).response
        assert [one["id"] for one in found["violations"]] == []
