"""The per-page cache: it answers repeated questions while a page is made, and ends with the page."""

from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import World

from jaga.core.actors import CLI
from jaga.core.terms.people import Clearance
from jaga.people.models import Person
from jaga.people.verbs.people import actor_for
from jaga.people.verbs.trusted_flaggers import end_clearance
from jaga.queue.models import PersonClearance
from jaga.queue.reads.routing import queues_of
from jaga.store.reads import clearances_of, once, one_page

asked: list[str] = []


@once
def length(of: str) -> int:
    asked.append(of)
    return len(of)


def failing_page() -> None:
    with one_page():
        length("satu")
        raise RuntimeError


@pytest.fixture(autouse=True)
def _nothing_asked() -> None:
    asked.clear()


def test_within_a_page_each_question_is_asked_once() -> None:
    """Each question is asked once per page, by its arguments."""
    with one_page():
        assert [length("satu"), length("satu"), length(of="satu"), length("tiga!")] == [4, 4, 4, 5]
    assert asked == ["satu", "satu", "tiga!"]  # by position and by name are two questions


def test_the_next_page_asks_anew_and_outside_of_pages_nothing_is_kept() -> None:
    """The next page asks anew, also after a page that failed; outside pages nothing is cached."""
    with pytest.raises(RuntimeError):
        failing_page()
    with one_page():
        length("satu")
    length("satu")
    length("satu")
    assert asked == ["satu"] * 4


def test_two_pages_at_the_same_time_share_nothing() -> None:
    """Each thread has its own cache."""
    with one_page():
        length("satu")
        other = Thread(target=length, args=("satu",))
        other.start()
        other.join()
        length("satu")
    assert asked == ["satu", "satu"]


def test_a_clearance_that_ends_counts_from_the_next_page_on(world: World) -> None:
    """A clearance that ends takes effect on the next page, and at once where nothing is cached."""
    reviewer = world.reviewers[0]
    with one_page():
        assert clearances_of(reviewer) == {Clearance.CHILD_SAFETY}
    row = PersonClearance.objects.get(person_id=reviewer.person_id)
    end_clearance(row.pk, "Pindah tugas", actor=CLI)
    with one_page():
        assert not clearances_of(reviewer)
    assert not clearances_of(reviewer)


def test_who_one_is_and_where_one_works_is_few_questions(world: World) -> None:
    """Roles, clearances, preferences and skipped cases are one query; the queues are another."""
    person = Person.objects.get(pk=world.reviewers[0].person_id)
    with one_page(), CaptureQueriesContext(connection) as few:
        actor = actor_for(person)
        assert queues_of(actor) == queues_of(actor)
        clearances_of(actor)
    assert len(few) == 1  # prepared statements are not among these
    with CaptureQueriesContext(connection) as more:
        queues_of(actor)
        queues_of(actor)
    assert len(more) == 2
