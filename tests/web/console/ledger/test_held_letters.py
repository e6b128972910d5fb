"""The page of stuck work shows letters that wait, with the reason."""

from collections.abc import Callable

from django.test import Client
from tests.casework.cases.test_held_letters import _change
from tests.factories import World, in_review, vote

from jaga.casework.cases.row_refusals import note_refusal
from jaga.casework.kernel.row_verification import RowsDiffer
from jaga.core.actors import SYSTEM, Actor
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.ledger import RefusedAct
from jaga.records.access.reporting.held_letters import list_held_letters
from jaga.records.models import Report


def test_held_letters_are_shown_with_the_reason(world: World, browser_of: Callable[[Actor], Client]) -> None:
    """The button is there once; then the page says that they are sent."""
    case = in_review(account="@mawar:localhost")
    number = Report.objects.get(case=case).pk
    _change("report", "conduct_on = conduct_on - 1", number)
    vote(case, DecisionKind.DISMISS, world.reviewers[0])
    (one,) = list_held_letters(actor=world.supervisor)
    client = browser_of(world.supervisor)
    page = client.get("/console/stuck/").content.decode()
    assert f"Changed outside Jaga: row {number} of report." in page
    note_refusal(RefusedAct.EXPORT, case, RowsDiffer(part="vote", number=7), actor=SYSTEM)
    page = client.get("/console/stuck/").content.decode()
    assert "the export for the police was refused" in page
    assert "row 7 of vote" in page
    assert "letters and exports held back" in client.get("/console/overview/").content.decode()
    address = f"/console/stuck/letters/{one.hold_id}/send/"
    assert address in page
    assert client.post(address).status_code == 302
    page = client.get("/console/stuck/").content.decode()
    assert "within a minute" in page
    assert address not in page
    assert client.post("/console/stuck/letters/999999/send/").status_code == 404
