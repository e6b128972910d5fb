"""The page of stuck work shows letters that wait, with the reason."""

from collections.abc import Callable

from django.test import Client
from tests.casework.cases.test_held_letters import _change
from tests.factories import World, in_review, vote

from jaga.cases.models.reports import Report
from jaga.cases.verbs.held_letters import note_refusal
from jaga.core.actors import SYSTEM, Actor
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import RefusedAct
from jaga.reporting.reads.mailbox import list_held_letters
from jaga.store.kernel.row_verification import RowsDiffer


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
