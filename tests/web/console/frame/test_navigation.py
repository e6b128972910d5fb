"""The navigation: four groups with counters, no two links of one name, and the weight of pages."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test import Client
from tests.factories import World, in_review, vote
from tests.web.console.conftest import Staff

from jaga.cases.reads.case_view import taken_for_blind_review
from jaga.core.actors import Actor
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.figures.reads import work_counts
from jaga.figures.reads.work_counts import WorkCount, count_work
from jaga.queue.reads.routing import queues_of
from jaga.store.reads import clearances_of, one_page
from jaga.web.frame.pages import NAVIGATION, links_of


class _Links(HTMLParser):
    """The links of a page: their addresses by what they say."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, set[str]] = defaultdict(set)
        self._href, self._said, self._label = "", "", ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            given = dict(attrs)
            self._href, self._said, self._label = given.get("href") or "", "", given.get("aria-label") or ""

    def handle_data(self, data: str) -> None:
        self._said += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            self.found[self._label or " ".join(self._said.split())].add(self._href)
            self._href = ""


def pages_of(actor: Actor) -> Iterator[str]:
    for links in links_of(actor).values():
        yield from (link.name for link in links)


@pytest.mark.parametrize("language", ["id", "en"])
def test_no_two_links_of_a_page_share_a_name(
    world: World, staff: Staff, browser_of: Callable[[Actor], Client], language: str
) -> None:
    """On each page of each role, links that say the same lead to the same place."""
    in_review(), in_review(category="fraud", account="@lain:localhost")
    doubled, opened = [], set()
    for role, actor in staff.by_role.items():
        client = browser_of(actor)
        client.cookies["jaga_language"] = language
        for name in pages_of(actor):
            address = f"/console/{ADDRESSES.get(name, name)}/"
            answer = client.get(address)
            assert answer.status_code == 200, address
            opened.add(name)
            doubled += [
                (role, name, said, hrefs)
                for said, hrefs in _Links(answer.content.decode()).found.items()
                if len(hrefs) > 1
            ]
    assert doubled == []
    assert opened == {link.name for links in NAVIGATION.values() for link in links}


ADDRESSES = {"policy-releases": "policy", "platform-faults": "platforms"}


def test_groups_and_counters(world: World, staff: Staff, browser_of: Callable[[Actor], Client]) -> None:
    """What waits for a person is counted beside its link and in its group; what they voted on is not."""
    first, _ = in_review(), in_review(category="fraud", account="@lain:localhost")
    reviewer = staff.by_role[Role.REVIEWER]
    page = browser_of(reviewer).get("/console/preferences/").content.decode()
    assert page.count("data-nav-group") == 4
    assert 'Queue <span class="side-nav__count">2' in page
    vote(first, DecisionKind.DISMISS, reviewer)
    assert count_work(reviewer)["queue"] == WorkCount(1, more=False)
    assert "held-requests" not in count_work(reviewer)
    supervisor = staff.by_role[Role.SUPERVISOR]
    work_counts._statements.cache_clear()
    with one_page():
        clearances_of(supervisor), taken_for_blind_review(supervisor), queues_of(supervisor)
        asked: list[str] = []

        def note(execute: Callable[..., object], statement: str, *rest: object) -> object:
            asked.append(statement.partition("(")[0])
            return execute(statement, *rest)

        with connection.execute_wrapper(note):
            count_work(supervisor)
    # Nothing else that a kept statement could miss.
    assert asked == ["SELECT 'queue', count", "SELECT set_config", "SELECT 'pending', count"]


def test_pages_are_sent_compressed_and_other_answers_are_not(
    world: World, staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """A page is compressed for whoever asks for it; an answer of the API never is."""
    client = browser_of(staff.by_role[Role.SUPERVISOR])
    page = client.get("/console/queue/", headers={"accept-encoding": "gzip"})
    assert page["Content-Encoding"] == "gzip"
    assert len(page.content) < 15_000
    figures = client.get("/console/dashboard/figures.csv", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in figures


def test_a_refusal_stays_inside_the_frame(world: World, staff: Staff, browser_of: Callable[[Actor], Client]) -> None:
    """With the navigation and a way back; for a script, a picture and people who are not signed in it is a plain
    page.
    """
    client = browser_of(staff.by_role[Role.REVIEWER])
    back = {"referer": "http://testserver/console/queue/?overdue=1", "host": "testserver"}
    for address, status in (
        ("/console/cases/K999999/", 404),
        ("/console/overview/", 403),
        ("/console/nowhere/", 404),
        ("/console/cases/?number=apa", 404),
    ):
        answer = client.get(address, headers=back)
        page = answer.content.decode()
        assert answer.status_code == status, address
        assert "data-nav-group" in page, address
        assert 'href="/console/queue/?overdue=1">Back to the page' in page, address
        plain = client.get(address, headers={"sec-fetch-dest": "empty"})
        assert plain.status_code == status
        assert "data-nav-group" not in plain.content.decode()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    refused = strict.post("/console/cases/K999999/notes/", {"note": "x"})
    assert (refused.status_code, "data-nav-group" in refused.content.decode()) == (403, True)
    assert "data-nav-group" not in Client().get("/console/nowhere/").content.decode()
