"""The graph of accounts that share traces: each edge has its evidence, possible victims are hidden, and it has no
effect.
"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.factories import World, decided_closure, in_review, rows

from jaga.casework.people import people
from jaga.core.actors import CLI, Actor
from jaga.core.terms.people import Role
from jaga.core.terms.screening import IndicatorKind, Likelihood
from jaga.records.access.screening import account_graph
from jaga.records.models import AccessEvent, AccountIndicator, Case

CONTACT, OTHER = "open BO, wa 0812-3456-7890", "kabari 0813-1111-2222 ya"
Browser = Callable[[Actor], Client]


def names(found: account_graph.GraphView) -> dict[str, int]:
    return {node.account: node.step for node in found.nodes}


def test_accounts_are_found_one_and_two_steps_away(world: World) -> None:
    """A third account is linked to the second by another contact; accounts that were only reported are shown and
    marked.
    """
    closed = decided_closure(world, published=CONTACT)
    middle = in_review(account="@tengah:localhost", published=f"{CONTACT} {OTHER}", source="198.51.100.7")
    in_review(account="@ujung:localhost", published=OTHER, source="198.51.100.8")
    one = account_graph.access_graph(closed, steps=1, actor=world.reviewers[2])
    assert names(one) == {"@mawar:localhost": 0, "@tengah:localhost": 1}
    two = account_graph.access_graph(closed, steps=2, actor=world.reviewers[2])
    assert names(two) == {"@mawar:localhost": 0, "@tengah:localhost": 1, "@ujung:localhost": 2}
    assert {tie.likelihood for tie in two.ties} == {Likelihood.LIKELY}
    assert all(IndicatorKind.CONTACT in tie.kinds for tie in two.ties)
    assert all("***" in dict(tie.evidence)[IndicatorKind.CONTACT] for tie in two.ties)
    held = {node.account: node.held for node in two.nodes}
    assert held["@mawar:localhost"] == "close"
    assert held["@ujung:localhost"] is None
    assert Case.objects.get(pk=middle).linked.count() == 0


def test_one_source_ties_two_accounts_weakly(world: World) -> None:
    """A reporter who mentions the same number in reports about two accounts makes a weak link only."""
    case = in_review(published=CONTACT, source="198.51.100.7")
    in_review(account="@lain:localhost", published=CONTACT, source="198.51.100.7")
    (tie,) = account_graph.access_graph(case, steps=1, actor=world.reviewers[0]).ties
    assert (tie.likelihood, tie.kinds) == (Likelihood.POSSIBLE, (IndicatorKind.CONTACT,))


def test_what_too_many_share_ties_nobody(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A taxi company's number is listed as left out, and links nobody."""
    monkeypatch.setattr(account_graph, "MOST_SHARING", 2)
    case = in_review(published=CONTACT)
    for number in range(3):
        in_review(account=f"@lain{number}:localhost", published=CONTACT, source=f"198.51.100.{number}")
    found = account_graph.access_graph(case, steps=2, actor=world.reviewers[0])
    assert (len(found.nodes), found.ties) == (1, ())
    assert found.common >= 1


def test_the_number_of_accounts_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page says that there are more."""
    monkeypatch.setattr(account_graph, "MOST_NODES", 2)
    case = in_review(published=CONTACT)
    for number in range(3):
        in_review(account=f"@lain{number}:localhost", published=CONTACT, source=f"198.51.100.{number}")
    found = account_graph.access_graph(case, steps=2, actor=world.reviewers[0])
    assert (len(found.nodes), found.cut) == (2, True)
    monkeypatch.setattr(account_graph, "MOST_NODES", 60)
    monkeypatch.setattr(account_graph, "MOST_TIES", 3)
    tied = account_graph.access_graph(case, steps=2, actor=world.reviewers[0])
    assert (len(tied.nodes), len(tied.ties), tied.more_ties) == (4, 3, 3)
    assert {subject for tie in tied.ties for subject in (tie.one, tie.other)} == {
        node.subject_id for node in tied.nodes}


def test_a_possible_victim_is_a_dot_without_a_name(world: World, browser_of: Browser) -> None:
    """Without account, case or evidence; around a victim's own case all other accounts are hidden."""
    case = in_review(published=CONTACT)
    victim = in_review(account="@korban:localhost", published=CONTACT, source="198.51.100.7")
    Case.objects.filter(pk=victim).update(victim_first=True, victim_state="proposed")
    page = browser_of(world.reviewers[0]).get(f"/console/cases/K{case:06d}/graph/").content.decode()
    assert "@korban" not in page
    assert f"K{victim:06d}" not in page
    assert "likely the same holder" in page
    assert "812" not in page
    around = account_graph.access_graph(victim, steps=1, actor=world.reviewers[0])
    assert [node.account for node in around.nodes] == ["@korban:localhost", ""]


def test_who_is_not_let_into_a_case_does_not_even_see_its_dot(world: World) -> None:
    """Nor the accounts that are linked through that case alone."""
    case = in_review(published=CONTACT)
    closed = in_review(account="@tertutup:localhost", published=f"{CONTACT} {OTHER}", source="198.51.100.7")
    in_review(account="@ujung:localhost", published=OTHER, source="198.51.100.8")
    Case.objects.filter(pk=closed).update(clearance="child_safety")
    new = people.NewPerson("baru", "Baru", world.supervisor.organisation_id or 0, (Role.REVIEWER,))
    found = account_graph.access_graph(case, steps=2, actor=people.actor_for(people.create_person(new, actor=CLI)))
    assert (names(found), found.ties) == ({"@mawar:localhost": 0}, ())


def test_the_page_says_in_a_table_what_the_picture_shows(world: World, browser_of: Browser) -> None:
    """Each node is a link, each edge has its sentence; opening the page is recorded, changes nothing else and takes few
    queries.
    """
    case = in_review(published=CONTACT)
    for number in range(12):
        in_review(account=f"@lain{number}:localhost", published=CONTACT, source=f"198.51.100.{number}")
    client, address = browser_of(world.reviewers[0]), f"/console/cases/K{case:06d}/graph/"
    client.get(address)
    before = rows()
    with CaptureQueriesContext(connection) as asked:
        page = client.get(address, {"steps": "2"}).content.decode()
    assert {table for table, digest in rows().items() if digest != before[table]} <= {"records_accessevent"}
    assert page.count("<circle") == 13
    assert page.count('id="account-') == 13
    assert page.count("likely the same holder") >= 24
    assert len(page.encode()) < 150_000
    assert len(asked) <= 45
    assert AccessEvent.objects.filter(what="graph", case_id=case).exists()
    assert "style=" not in page


def test_an_account_that_shares_nothing_has_an_empty_page(world: World, browser_of: Browser) -> None:
    """The page says that nothing is shared."""
    case = in_review(published="")
    AccountIndicator.objects.all().delete()
    page = browser_of(world.reviewers[0]).get(f"/console/cases/K{case:06d}/graph/?steps=x").content.decode()
    assert "No other account shares" in page
