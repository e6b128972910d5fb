"""The page of queries over what watches flagged: wrong filters, nothing found, drill-down."""

from collections.abc import Callable

from django.test import Client
from tests.factories import PLATFORM, World
from tests.watching import LOUD, pair, running, seen, take_in

from jaga.core.actors import Actor

Open = Callable[[Actor], Client]
PLACE = "/console/watch-query/"


def test_a_query_is_asked_and_narrowed(world: World, browser_of: Open) -> None:
    """Each table leads to the same query with one filter more."""
    client = browser_of(world.supervisor)
    running()
    assert "Nothing was flagged" in client.get(PLACE).content.decode()
    (taken,) = take_in(PLATFORM, (seen(LOUD),))
    page = client.get(PLACE, {"words": "malam", "top": "accounts"}).content.decode()
    assert "1 text, " in page
    assert LOUD in page
    assert "watched=1&amp;category=prostitution_advertising&amp;words=malam&amp;top=accounts" in page
    assert f"watched=1&amp;words=malam&amp;case={taken.case_id}&amp;top=accounts" in page


def test_wrong_filters_are_named_inside_the_page(world: World, browser_of: Open) -> None:
    """Each beside its field, what was typed stays; an unknown case is not there, and far too large numbers neither."""
    client = browser_of(world.supervisor)
    wrong = {
        "since": "kemarin",
        "platform": "tidakada",
        "kind": "x",
        "watch": "9" * 40,
        "rule": "<b>",
        "category": "x",
        "words": "@mawar",
    }
    answer = client.get(PLACE, wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert [name for name in wrong if f'id="{name}-error"' not in page] == []
    assert 'value="@mawar"' in page
    assert "needs a look-up by two people" in page
    for typed in (
        {"since": "2020-01-01"},
        {"until": "2999-01-01"},
        {"until": "0001-01-01"},
        {"until": "9999-12-31"},
        {"days": "-1"},
        {"case": "a"},
    ):
        assert client.get(PLACE, typed).status_code == 422
    assert client.get(PLACE, {"case": "999999"}).status_code == 404
    assert client.get(PLACE, {"after": "x"}).status_code == 200
    administrator = browser_of(pair(PLATFORM)[1])
    assert administrator.get(PLACE, {"words": "malam"}).status_code == 422
    assert 'name="words"' not in administrator.get(PLACE).content.decode()
