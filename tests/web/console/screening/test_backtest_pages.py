"""A policy officer tries a changed rule on past cases without a shell."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.casework.screening.test_backtest import RULE, three_cases
from tests.web.console.conftest import Staff, World

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.signals.jobs import run_backtest

Open = Callable[[Actor], Client]


@pytest.fixture
def officer(staff: Staff, browser_of: Open) -> Client:
    """The browser of an administrator."""
    return browser_of(staff.by_role[Role.ADMINISTRATOR])


def _send(client: Client, text: str, days: str = "30", name: str = "mine.yaml") -> Any:
    file = SimpleUploadedFile(name, text.encode())
    return client.post("/console/backtests/", {"file": file, "days": days})


def test_a_changed_rule_is_tried_followed_and_read(world: World, officer: Client) -> None:
    """From the form over the progress to the figures of both releases, and the list of earlier ones."""
    three_cases(world)
    assert "None was started yet." in officer.get("/console/backtests/").content.decode()
    sent = _send(officer, RULE.format(mode="live"))
    assert sent.status_code == 302
    page = officer.get(sent["Location"]).content.decode()
    assert "waits for a worker" in page
    assert 'data-every="3"' in page
    run_backtest(sent["Location"].split("/")[-2])
    page = officer.get(sent["Location"]).content.decode()
    assert "data-every" not in page.split('id="run"')[1].split(">")[0]
    for part in (
        "3 cases with 3 texts. People acted in 1 and dismissed 1.",
        "Newly flagged: 3",
        "No longer flagged: 0",
        "0.500 [",
        "(1 of 2)",
        "not known yet",
        "people acted",
        "not judged yet",
    ):
        assert part in page
    assert "kata sandi" not in page
    assert "mine.yaml" in officer.get("/console/backtests/").content.decode()


def test_what_cannot_be_tried_is_said_beside_its_field(officer: Client) -> None:
    """No file, odd days, a file that spoils the release, and a second one while one waits."""
    none = officer.post("/console/backtests/", {"days": "30"})
    assert (none.status_code, "Choose a file." in none.content.decode()) == (422, True)
    for days in ("", "0", "99999", "x"):
        odd = _send(officer, RULE.format(mode="live"), days)
        assert (odd.status_code, 'id="days-error"' in odd.content.decode()) == (422, True)
    spoilt = _send(officer, RULE.format(mode="live").replace("weight: 0.9", "weight: yes"))
    assert spoilt.status_code == 422
    assert "rules/mine.yaml:5: `weight` is a yes or no, but a number is expected" in spoilt.content.decode()
    _send(officer, RULE.format(mode="live"))
    second = _send(officer, RULE.format(mode="live"))
    assert (second.status_code, "A backtest is running." in second.content.decode()) == (409, True)


def test_a_spoilt_file_is_told_in_indonesian_too(officer: Client) -> None:
    """The reader's language, as everywhere in the console."""
    officer.cookies["jaga_language"] = "id"
    spoilt = _send(officer, RULE.format(mode="live").replace("weight: 0.9", "weight: yes"))
    assert "`weight` berisi ya atau tidak, padahal seharusnya angka" in spoilt.content.decode()
