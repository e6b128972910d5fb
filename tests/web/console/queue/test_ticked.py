"""Cases ticked in a list: read on one page with their findings, moved together, never judged together."""

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from tests.factories import World, in_review, vote

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Vote
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.queue.verbs import leases
from jaga.queue.verbs.search import read_all_stale

Browser = Callable[[Actor], Client]
ADDRESS = "/console/queue/ticked/"


def _cases(count: int) -> list[int]:
    return [
        in_review(
            account=f"@akun{number}:localhost",
            source=f"192.0.3.{number}",
            published=f"{'kata ' * 20}lalu open BO nomor {number}",
        )
        for number in range(count)
    ]


def test_each_ticked_case_is_read_before_it_is_moved(world: World, browser_of: Browser) -> None:
    """More of its text than in the list, marked; what this person voted on, or does not exist, is left out."""
    first, second, voted = _cases(3)
    vote(voted, DecisionKind.CLOSE, world.reviewers[0])
    client = browser_of(world.reviewers[0])
    read_all_stale()
    for place in ("/console/queue/", "/console/search/?q=nomor"):
        assert f'form="ticked" name="case" value="{first}"' in client.get(place).content.decode()
    page = client.get(ADDRESS, {"case": [first, second, voted, 10**15, "x", "-1", "9" * 40]}).content.decode()
    assert page.count('class="ticked__case"') == 2
    assert "2 ticked cases do not wait for your vote" in page
    assert "<mark>open BO</mark>" in page
    assert "Nothing is ticked" in client.get(ADDRESS).content.decode()


def test_what_one_case_refuses_does_not_stop_the_others(world: World, browser_of: Browser) -> None:
    """Moved by the verbs of their own pages: a held case stays, and says why; nothing is a vote."""
    free, held, unticked = _cases(3)
    leases.take_lease(held, actor=world.reviewers[1])
    client = browser_of(world.reviewers[0])
    fields = {"listed": [free, held, unticked], "case": [free, held], "step": "escalate"}
    missing = client.post(ADDRESS, fields)
    assert (missing.status_code, "Say why." in missing.content.decode()) == (422, True)
    assert not Case.objects.filter(escalated_at__isnull=False).exists()
    page = client.post(ADDRESS, fields | {"reason": "Sama semua, tolong dilihat."}).content.decode()
    assert page.count("not moved") == 1
    assert set(Case.objects.filter(escalated_at__isnull=False).values_list("pk", flat=True)) == {free}
    assert not Vote.objects.exists()


def test_every_step_moves_and_odd_input_is_refused(world: World, browser_of: Browser) -> None:
    """Taken, set aside, put elsewhere; given to somebody by supervisors alone; no step and odd values change
    nothing.
    """
    (case_id,) = _cases(1)
    other = str(world.reviewers[1].person_id)
    client, supervisor = browser_of(world.reviewers[0]), browser_of(world.supervisor)
    sent = {"listed": case_id, "case": case_id, "reason": "Nanti."}
    for odd in ({}, {"step": "close"}, {"step": "dismiss"}, {"step": "reroute", "queue": "tidakada"}):
        assert client.post(ADDRESS, sent | odd).status_code == 422
    assert client.post(ADDRESS, sent | {"step": "assign", "person": other}).status_code == 403
    assert "moved" in client.post(ADDRESS, sent | {"step": "take"}).content.decode()
    assert Case.objects.get().assigned_to_id == world.reviewers[0].person_id
    assert "moved" in supervisor.post(ADDRESS, sent | {"step": "assign", "person": other}).content.decode()
    assert Case.objects.get().assigned_to_id == world.reviewers[1].person_id
    client.post(ADDRESS, sent | {"step": "snooze", "hours": "2"})
    until = Case.objects.get().snoozed_until
    assert until is not None
    assert timedelta(hours=1, minutes=55) < until - now() <= timedelta(hours=2)
