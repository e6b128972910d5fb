"""What a hostile text costs, in steps that can be counted: no time is measured here.

`bench.screening.hostile_texts` measures it.
"""

import random
from collections.abc import Iterator
from typing import Any

import phonenumbers
import pytest
from bench.screening.hostile_texts import filled, shapes

from jaga.policy.release import load_release
from jaga.screening.base.row_errors import LONGEST_TEXT
from jaga.screening.contacts import numbers
from jaga.screening.contacts.contacts import contacts_in
from jaga.screening.contacts.kernel import contacts_of_block
from jaga.screening.engine.released import engine_of
from jaga.screening.engine.screen import screen_texts
from jaga.screening.phrases.matching import PhraseFinder
from jaga.screening.text.fold import fold_texts

RELEASE = load_release()
SHAPES = dict(shapes(RELEASE))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The questions about other countries' plans, by country code, and what the library of telephone numbers read."""
    found, parse, plan = list[str](), phonenumbers.parse, numbers._plan_abroad

    def parsed(number: str, *rest: Any) -> Any:
        found.append(number)
        return parse(number, *rest)

    def asked(code: str) -> Any:
        found.append(code)
        return plan(code)

    numbers.as_number.cache_clear()
    monkeypatch.setattr(phonenumbers, "parse", parsed)
    monkeypatch.setattr(numbers, "_plan_abroad", asked)
    yield found
    numbers.as_number.cache_clear()


def test_a_text_full_of_findings_is_searched_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for the findings and once for the sentences, however many entries explain themselves by another word."""
    searched, find = list[int](), PhraseFinder.find
    monkeypatch.setattr(PhraseFinder, "find", lambda self, block: (searched.append(1), find(self, block))[1])
    text = filled(SHAPES["entries that need another word"], LONGEST_TEXT)
    (screened,) = screen_texts([text], RELEASE)
    assert len(screened.signals) > 20
    assert len(searched) == 2


@pytest.mark.parametrize("name", ["foreign numbers, almost", "foreign numbers with zeros, almost"])
def test_other_countries_plans_are_asked_so_often_and_no_oftener(name: str, asked: list[str]) -> None:
    """Both by the readable definition and by the engine: for each length at some places, however long the text is."""
    most = numbers.MOST_FOREIGN * (numbers.MOST_DIGITS - numbers.FEWEST_DIGITS + 1)
    text = filled(SHAPES[name], LONGEST_TEXT)
    contacts_in(text)
    assert 0 < len(_codes(asked)) <= most
    asked.clear()
    numbers.as_number.cache_clear()
    contacts_of_block(fold_texts([text])[0])
    assert 0 < len(_codes(asked)) <= most


@pytest.mark.parametrize("name", [name for name in SHAPES if "number" in name or "digit" in name])
def test_the_home_countrys_plan_costs_no_question(name: str, asked: list[str]) -> None:
    """It is a table: what is a number and what is none costs the same."""
    contacts_in(filled(SHAPES[name], 16_384))
    assert not [number for number in asked if number.startswith("+62")]


def test_the_bound_leaves_ordinary_texts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list of a hundred foreign numbers among home numbers is read as without the bound."""
    chosen = random.Random(4)
    foreign = [f"+65 9{chosen.randint(100, 999)} {chosen.randint(1000, 9999)}" for _ in range(100)]
    home = [f"0812-{chosen.randint(1000, 9999)}-{chosen.randint(1000, 9999)}" for _ in range(2000)]
    text = "; ".join([*foreign, *home])
    found = contacts_in(text)
    assert sum(one.value.startswith("tel:+65") for one in found) > 80
    assert sum(one.value.startswith("tel:+62") for one in found) > 1800
    monkeypatch.setattr(numbers, "MOST_FOREIGN", 10**9)
    assert contacts_in(text) == found


def _codes(asked: list[str]) -> list[str]:
    return [one for one in asked if not one.startswith("+")]


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_hits_grow_with_the_length_and_not_faster(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hits of phrases and of patterns, each of which costs a step: at most a few for each byte, four times as many in
    four times the text.
    """
    engine, counts = engine_of(RELEASE), []
    for size in (4_096, 16_384):
        block, _ = fold_texts([filled(SHAPES[name], size)])
        called = _calls_of_patterns(engine, block, monkeypatch)
        counts.append((len(engine.phrases.find(block).row), called))
        assert counts[-1][0] <= size
        assert counts[-1][1] <= 4 * size
    for small, large in zip(*counts, strict=True):
        assert large <= 5 * small + 2_000


def _calls_of_patterns(engine: Any, block: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often hyperscan reports a place."""
    patterns, calls = engine.stages[1]._rules._patterns, [0]
    for _, part in patterns._parts:
        scan = part._database.scan

        def counted(buffer: Any, match_event_handler: Any, scan: Any = scan) -> None:
            def met(*given: Any) -> None:
                calls[0] += 1
                match_event_handler(*given)

            scan(buffer, match_event_handler=met)

        monkeypatch.setattr(part, "_database", type("Counted", (), {"scan": staticmethod(counted)}))
    patterns.find(block, 0)
    monkeypatch.undo()
    return calls[0]
