"""The public score cards: the promise beside the figures, a chart with its numbers, and no account."""

import csv
import io
import re
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, make_world

from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.core.terms.outside import AnswerKind, ObjectionState, PeriodKind
from jaga.figures.public.charts import DATA, NOTICE_RESULTS, OBJECTIONS, bars
from jaga.figures.verbs.operators import NoticeResult
from jaga.operators.verbs import notices, register
from jaga.operators.verbs.answers import answer_notice
from jaga.operators.verbs.register import NewContact, NewPledge, OperatorFacts
from jaga.people.models import Organisation
from jaga.policy.local_time import today
from jaga.store.models import PublishedPeriod

EXPECTED = {"claimed": 20, "open": 30, "overdue": 40}


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return make_world()


@pytest.fixture
def operator(world: World) -> Operator:
    """A registered operator with a promise and a contact, and one that was never asked for anything."""
    made = make_operator()
    number = Organisation.objects.get(name="PSE mengobrol").pk
    register.describe_operator(number, OperatorFacts("mengobrol", "PT <b>Contoh</b>", "001", ("ID",)), actor=CLI)
    register.record_pledge(
        NewPledge(
            number, "Kami menutup akun itu.", "Siaran pers 7/2026", today(), "Indonesia", ("prostitution_advertising",)
        ),
        actor=CLI,
    )
    register.appoint_contact(NewContact(number, "rina", "Rina Wulandari", "rina@example.id"), actor=CLI)
    quiet = Organisation.objects.get(name="PSE lain mengobrol").pk
    register.describe_operator(quiet, OperatorFacts("lain"), actor=CLI)
    return made


def text(client: Client, address: str) -> str:
    cache.clear()
    client.cookies["jaga_language"] = "en"
    answer = client.get(address)
    assert answer.status_code == 200
    assert len(answer.content) < 50_000
    return answer.content.decode()


def fill(world: World, operator: Operator) -> None:
    """One notice claimed, one overdue, one unopened."""
    with frozen(now() - timedelta(days=3)):
        first, second = (asked(world, operator, account=f"tamu-{one}", source=f"192.0.{one}.0") for one in (1, 2))
        asked(world, operator, account="tamu-3", source="192.0.3.0")
        for notice in (first, second):
            notices.open_notice(notice.pk, actor=operator.contact)
        answer_notice(first.pk, AnswerKind.DONE, handed_over=True, actor=operator.contact)


def published(operator_name: str, **tables: dict[str, int]) -> None:
    """A closed month with this figure for an operator."""
    number = Organisation.objects.get(name=operator_name).pk
    PublishedPeriod.objects.create(
        kind=PeriodKind.MONTH,
        first_day=today().replace(day=1),
        closed_at=now(),
        content={"operators": {str(number): {"standing": {}, "data": {}, "objections": {}, "letters": {}, **tables}}},
    )


def test_the_card_shows_promise_figures_and_picture_and_no_person(
    world: World, operator: Operator, client: Client
) -> None:
    """Text and source of the promise, one row for each status, the same numbers in the chart; no account.

    Requests of the running month are not included, and small counts are shown as "few".
    """
    fill(world, operator)
    published("PSE mengobrol", standing=EXPECTED, letters={"warning_1": 20})
    page = text(client, "/operators/mengobrol/")
    for words in (
        "Kami menutup akun itu.",
        "Siaran pers 7/2026",
        "PT &lt;b&gt;Contoh",
        "24 hours; where it is urgent",
        "First warning: <strong>20+</strong>",
        "Second warning: <strong>few</strong>",
        "nothing follows automatically",
    ):
        assert words in page
    for words in ("Rina", "rina@", "tamu-", "Narahubung"):
        assert words not in page
    table = page[page.index('id="results"') : page.index('id="objections"')]
    rows = dict(
        re.findall(
            r'<th scope="row">([^<]+?)\s*<span class="means">.*?<td class="number">([^<]+)</td>', table, re.DOTALL
        )
    )
    assert {name: count for name, count in rows.items() if count != "few"} == {
        NOTICE_RESULTS[NoticeResult(name)].label: f"{count}+" for name, count in EXPECTED.items()
    }
    assert set(rows) == {term.label for term in NOTICE_RESULTS.values()}
    drawn = re.findall(r'<text x="0"[^>]*>([^<]+)</text>.*?text-anchor="end">([^<]+)</text>', page, re.DOTALL)
    assert drawn == [(NOTICE_RESULTS[NoticeResult(name)].label, f"{count}+") for name, count in EXPECTED.items()]


def test_a_silent_operator_and_an_empty_register_say_so(world: World, client: Client) -> None:
    """There is no zero that would look like a result; none and few look the same."""
    assert "The register of operators is still empty." in text(client, "/operators/")
    register.describe_operator(Organisation.objects.get(name="Operator Contoh").pk, OperatorFacts(), actor=CLI)
    assert "No month is closed yet" in text(client, "/operators/operator-contoh/")
    published("Operator Contoh")
    page = text(client, "/operators/operator-contoh/")
    assert "Nothing, or too little to be shown" in page
    assert '<svg class="chart' not in page
    assert "Nothing, or too little to be shown" in text(client, "/operators/")


def test_page_and_csv_agree(world: World, operator: Operator, client: Client) -> None:
    """All cards in one file and each in its own, without the running month."""
    fill(world, operator)
    assert len(text(client, "/operators.csv").splitlines()) == 1
    published("PSE mengobrol", standing=EXPECTED)
    rows = list(csv.DictReader(io.StringIO(text(client, "/operators.csv"))))
    assert {row["operator"] for row in rows} == {"mengobrol", "lain"}
    own = list(csv.DictReader(io.StringIO(client.get("/operators/mengobrol.csv").content.decode())))
    assert own == [row for row in rows if row["operator"] == "mengobrol"]
    counts = {row["key"]: int(row["at_least"]) for row in own if row["figure"] == "standing"}
    assert {key: value for key, value in counts.items() if value} == EXPECTED
    assert {row["at_least"] for row in rows if row["operator"] == "lain"} == {"0"}


@pytest.mark.parametrize("address", ["/operators/tidak-ada/", "/operators/tidak-ada.csv"])
def test_an_operator_outside_the_register_has_no_card(
    world: World, operator: Operator, client: Client, address: str
) -> None:
    """404, as for any page that does not exist."""
    assert client.get(address).status_code == 404
    assert client.get(address.replace("tidak-ada", "mengobrol")).status_code == 200


def test_home_and_figures_lead_to_the_cards(world: World, client: Client) -> None:
    """One link, without JavaScript."""
    for address in ("/", "/figures/"):
        assert 'href="/operators/"' in text(client, address)


@given(st.lists(st.integers(0, 10_000), max_size=10))
def test_the_longest_bar_fills_the_picture_and_none_vanishes(counts: list[int]) -> None:
    """Lengths are proportional to the counts, in the table's order; few are not drawn. No letter stands for a
    result.
    """
    chart = bars([(f"r{number}", count, "") for number, count in enumerate(counts)])
    assert [(bar.label, bar.value) for bar in chart.bars] == [
        (f"r{number}", count) for number, count in enumerate(counts) if count
    ]
    assert max((bar.width for bar in chart.bars), default=chart.bar_width) == chart.bar_width
    assert all(bar.width >= 3 for bar in chart.bars)
    by_size = sorted(chart.bars, key=lambda bar: bar.value)
    assert all(one.width <= other.width for one, other in pairwise(by_size))


def test_every_figure_has_its_words() -> None:
    """Every status has a name and a definition."""
    assert set(NOTICE_RESULTS) == set(NoticeResult)
    assert set(OBJECTIONS) == set(ObjectionState)
    assert all(term.label and term.meaning for term in (*NOTICE_RESULTS.values(), *DATA.values(), *OBJECTIONS.values()))
