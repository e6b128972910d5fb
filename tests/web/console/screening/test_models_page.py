"""The page of trained models: curves with their tables, and who may put a model into use."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from tests.casework.screening.test_model_correction import LATER, cohort
from tests.casework.screening.test_model_registry import LESSONS, second
from tests.factories import CATEGORY, World
from tests.journeys.browser import fits
from tests.web.console.conftest import Staff
from tests.web.console.frame.test_in_the_browser import DESK, PHONE, _browser, _sign_in

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.core.terms.reports import ModelState
from jaga.screening.models.measures import without_model
from jaga.signals.models import LearntModel
from jaga.signals.verbs import model_correction, model_registry, model_training

Open = Callable[[Actor], Client]


@pytest.fixture
def proposed(world: World, monkeypatch: pytest.MonkeyPatch) -> LearntModel:
    monkeypatch.setattr(model_training, "lessons_of", lambda category: LESSONS)
    return model_training.learn_from_decisions(CATEGORY, actor=second(world)).row


def not_better(world: World) -> int:
    """A model that is no better than chance."""
    poor = without_model([True, False] * 10, 0.5, 0.8)
    return model_registry.propose_model(
        model_registry.NewModel(
            "gambling", b"invented", "0" * 64, "grams-1", datetime(2026, 1, 1, tzinfo=UTC), 60, 60, poor, poor, None
        ),
        actor=second(world),
    ).pk


@pytest.mark.django_db
def test_a_supervisor_puts_a_model_into_use_and_takes_it_out(
    proposed: LearntModel, staff: Staff, browser_of: Open
) -> None:
    """By the buttons of the page; refusing or ending needs a reason."""
    client = browser_of(staff.by_role[Role.SUPERVISOR])
    address = f"/console/models/{proposed.pk}/decide/"
    assert client.post(address, {"step": "approve"}).status_code == 302
    assert client.post(address, {"step": "approve"}).status_code == 409
    assert client.post(address, {"step": "retire", "reason": ""}).status_code == 422
    assert LearntModel.objects.get().state == ModelState.APPROVED
    assert client.post(address, {"step": "retire", "reason": "Terlalu banyak salah sangka."}).status_code == 302
    shown = client.get("/console/models/").content.decode()
    assert "Terlalu banyak salah sangka." in shown
    assert client.post(address, {"step": "reinstate"}).status_code == 302
    assert client.post(address, {"step": "dance"}).status_code == 422
    assert client.post("/console/models/99999/decide/", {"step": "approve"}).status_code == 404


@pytest.mark.django_db
def test_the_page_offers_only_what_may_be_done(
    world: World, proposed: LearntModel, staff: Staff, browser_of: Open
) -> None:
    """No button for a model that is not better, for the supervisor's own model, or for an auditor; the verb refuses
    too.
    """
    poor = not_better(world)
    supervisor, auditor = (browser_of(staff.by_role[role]) for role in (Role.SUPERVISOR, Role.AUDITOR))
    shown = supervisor.get("/console/models/").content.decode()
    assert len(re.findall('value="approve"', shown)) == 1
    assert supervisor.post(f"/console/models/{poor}/decide/", {"step": "approve"}).status_code == 409
    assert '<form class="form"' not in auditor.get("/console/models/").content.decode()
    assert auditor.post(f"/console/models/{proposed.pk}/decide/", {"step": "approve"}).status_code == 403


@pytest.mark.django_db
def test_ones_own_model_is_left_to_somebody_else(
    world: World, staff: Staff, browser_of: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says so, and the verb refuses."""
    monkeypatch.setattr(model_training, "lessons_of", lambda category: LESSONS)
    own = staff.by_role[Role.SUPERVISOR]
    row = model_training.learn_from_decisions(CATEGORY, actor=own).row
    client = browser_of(own)
    assert 'value="approve"' not in client.get("/console/models/").content.decode()
    assert client.post(f"/console/models/{row.pk}/decide/", {"step": "approve"}).status_code == 403
    other = browser_of(staff.by_role[Role.ADMINISTRATOR])
    assert other.post(f"/console/models/{row.pk}/decide/", {"step": "approve"}).status_code == 302


@pytest.mark.django_db
def test_a_model_that_nobody_had_learnt_is_not_offered(proposed: LearntModel, staff: Staff, browser_of: Open) -> None:
    """A model proposed from the shell, before that was refused: the page says why, and a POST gets 409."""
    proposed.pk, proposed.sha256, proposed.proposed_by_id, proposed.category = None, "2" * 64, None, "gambling"
    proposed.save(force_insert=True)
    client = browser_of(staff.by_role[Role.SUPERVISOR])
    shown = client.get("/console/models/").content.decode()
    assert len(re.findall('value="approve"', shown)) == 1
    assert "It is not recorded who trained it" in shown
    answer = client.post(f"/console/models/{proposed.pk}/decide/", {"step": "approve"})
    assert answer.status_code == 409
    assert "Train another one under a name" in answer.content.decode()


def correction(world: World, proposed: LearntModel, monkeypatch: pytest.MonkeyPatch) -> LearntModel:
    """A correction of the model, which a supervisor has put into use before."""
    monkeypatch.setattr(model_correction, "cohort_of", lambda category, after: cohort(*LATER))
    model_registry.approve_model(proposed.pk, actor=world.supervisor)
    row = model_correction.correct_model(CATEGORY, actor=second(world)).row
    assert row is not None
    return row


@pytest.mark.django_db
def test_a_correction_says_what_it_was_made_of(
    world: World, proposed: LearntModel, staff: Staff, browser_of: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model that it corrects, the cases, the blind sample; counts and intervals of every point of the curve."""
    row = correction(world, proposed, monkeypatch)
    client = browser_of(staff.by_role[Role.ADMINISTRATOR])
    client.cookies["jaga_language"] = "en"
    shown = client.get("/console/models/").content.decode()
    about = row.metrics["correction"]
    assert f"Model {proposed.pk} with its probabilities corrected" in shown
    assert f"Corrected by 200 decided cases of this installation, {about['acted_on']} of them acted on" in shown
    assert "Judged again without seeing the decision: 0." in shown
    card = shown.split(f'id="calibration-{row.pk}-caption"')[1].split("</article>")[0]
    counts = [int(count) for count in re.findall(r'data-label="Cases">(\d+)<', card)]
    assert counts == [one["count"] for one in row.metrics["own"]["bins"]]
    assert sum(counts) == 200
    assert len(re.findall(r'data-label="95 % interval">0\.\d\d–[01]\.\d\d<', card)) == len(counts)
    low, high = row.metrics["own"]["brier_interval"]
    assert f"{low:.3f}–{high:.3f}" in shown
    assert client.post(f"/console/models/{row.pk}/decide/", {"step": "approve"}).status_code == 302
    assert "Put back into use" in client.get("/console/models/").content.decode()


@pytest.mark.django_db
def test_measures_from_before_there_were_intervals_are_shown(
    proposed: LearntModel, staff: Staff, browser_of: Open
) -> None:
    """They have none, and the curve is drawn all the same."""
    old = {
        name: {
            key: value
            for key, value in proposed.metrics[name].items()
            if "interval" not in key and key != "ece_by_chance"
        }
        for name in ("own", "other")
    }
    proposed.pk, proposed.sha256, proposed.category, proposed.metrics = None, "3" * 64, "gambling", old
    proposed.save(force_insert=True)
    shown = browser_of(staff.by_role[Role.SUPERVISOR]).get("/console/models/").content.decode()
    assert f'id="calibration-{proposed.pk}-caption"' in shown


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_in_a_browser(
    world: World,
    proposed: LearntModel,
    staff: Staff,
    live_server: Any,
    chromium: str,
    chromium_arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Phone and desktop, both languages, light and dark: it fits, passes axe, and each chart has its table."""
    not_better(world)
    correction(world, proposed, monkeypatch)
    found: dict[str, object] = {}
    for viewport, language, scheme in ((PHONE, "id", "light"), (DESK, "en", "dark")):
        with _browser(chromium, chromium_arguments, live_server.url, viewport=viewport, color_scheme=scheme) as page:
            page.context.add_cookies([{"name": "jaga_language", "value": language, "url": live_server.url}])
            _sign_in(page, f"a-{Role.SUPERVISOR}")
            page.goto("/console/models/")
            found[f"{language} fits"] = [] if fits(page) else ["wider than the screen"]
            found[language] = [one["id"] for one in Axe().run(page).response["violations"]]
            assert page.locator("main article details").count() == 3
            assert page.locator("svg.chart").count() == 6  # each card: precision by recall, and the reliability
            assert page.locator("main article table").count() == 9  # the measures, and one beside or below each chart
    assert not any(found.values()), found
