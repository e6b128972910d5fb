"""The case page shows a resemblance, its evidence and who may judge it; contents may stay hidden."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.factories import World, decided_closure, in_review, vote

from jaga.cases.models.decisions import Decision
from jaga.core.actors import SYSTEM, Actor
from jaga.core.terms.cases import DecisionKind
from jaga.signals.models import BanEvasionMatch, BanEvasionVerdict
from jaga.signals.verbs.ban_evasion import forget_links

Open = Callable[[Actor], Client]
THEN, NOW = "<b>open BO</b> di kota, wa 0812-3456-7890 saja", "halo kak, nol delapan satu dua 3456 7890 ya"


@pytest.fixture
def found(world: World) -> BanEvasionMatch:
    """A case that resembles a closed account."""
    decided_closure(world, published=THEN)
    in_review(account="@kenanga:localhost", published=NOW, source="198.51.100.7")
    return BanEvasionMatch.objects.select_related("case", "earlier_case").get()


def page_of(client: Client, found: BanEvasionMatch) -> str:
    """The section of the case page, for somebody who has read the report and asked for earlier decisions."""
    client.get(f"/console/cases/{found.case.reference}/")
    client.get(f"/console/cases/{found.case.reference}/earlier/")
    return _section(client, found)


def _section(client: Client, found: BanEvasionMatch) -> str:
    answer = client.get(f"/console/cases/{found.case.reference}/")
    assert answer.status_code == 200
    page = answer.content.decode()
    start = page.find('aria-labelledby="ban-evasion-title"')
    return page[start : page.index("</section>", start)] if start >= 0 else ""


def answer(client: Client, found: BanEvasionMatch, given: str) -> int:
    return client.post(f"/console/cases/{found.case.reference}/matches/{found.pk}/", {"answer": given}).status_code


def test_the_page_says_whom_it_resembles_and_by_what(
    world: World,
    found: BanEvasionMatch,
    browser_of: Open,
) -> None:
    """Case, platform, account, masked value, both quotes with the place marked and escaped, and the form for those who
    may judge.
    """
    client = browser_of(world.reviewers[2])
    assert _section(client, found) == ""  # it says that somebody was acted on
    page = page_of(client, found)
    assert found.earlier_case.reference in page
    assert "Obrolan Contoh" in page
    assert "@mawar:localhost" in page
    assert "likely the same holder" in page
    assert "+62 812-***-890" in page
    assert "&lt;b&gt;open BO&lt;/b&gt; di kota, wa <mark>0812-3456-7890</mark> saja" in page
    assert "<mark>nol delapan satu dua 3456 7890</mark>" in page
    assert "You decide what it means" in page


def test_a_case_that_resembles_nobody_says_nothing_of_it(world: World, browser_of: Open) -> None:
    """There is no empty section."""
    case_id = in_review()
    page = browser_of(world.reviewers[0]).get(f"/console/cases/K{case_id:06d}/").content.decode()
    assert "ban-evasion-title" not in page


@pytest.mark.parametrize("hidden_side", ["case", "earlier_case"])
def test_where_either_side_may_be_a_victim_only_kind_and_likelihood_are_shown(
    world: World,
    found: BanEvasionMatch,
    browser_of: Open,
    hidden_side: str,
) -> None:
    """No value and no words of either account."""
    side = getattr(found, hidden_side)
    side.victim_first, side.victim_state = True, "proposed"
    side.save(update_fields=["victim_first", "victim_state"])
    page = page_of(browser_of(world.reviewers[2]), found)
    assert "likely the same holder" in page
    assert "same contact" in page
    assert not re.search(r"0812|\*\*\*|delapan|<mark>", page)


@pytest.mark.parametrize(("said", "shown"), [("same", "same holder"), ("different", "not the same")])
def test_an_answer_is_shown_to_whoever_gave_it(
    world: World,
    found: BanEvasionMatch,
    browser_of: Open,
    said: str,
    shown: str,
) -> None:
    """The answer leads back to its place on the page, and the case stays unchanged."""
    client = browser_of(world.reviewers[2])
    assert answer(client, found, said) == 302
    assert f"Your answer</strong>: {shown}" in page_of(client, found)
    assert "aria-pressed" in page_of(client, found)


def test_nobody_learns_anothers_answer_before_the_case_is_decided(
    world: World,
    found: BanEvasionMatch,
    browser_of: Open,
) -> None:
    """Neither on the page nor in the history; after the decision everybody sees it."""
    first, second, third = world.reviewers
    client = browser_of(third)
    paths = [f"/console/cases/{found.case.reference}/{more}" for more in ("", "history/")]

    def plain() -> list[str]:
        return [re.sub(r'value="\w{40,64}"|\d+ (h|min)', "", client.get(path).content.decode()) for path in paths]

    assert page_of(client, found)
    before = plain()
    answer(browser_of(first), found, "same")
    assert plain() == before
    for reviewer in (first, second):
        vote(found.case_id, DecisionKind.CLOSE, reviewer)
    assert "Sinta: same holder" in page_of(client, found)


def test_only_real_answers_to_this_case_are_taken(world: World, found: BanEvasionMatch, browser_of: Open) -> None:
    """Another case's address, an unknown answer and an officer are refused, and nothing is stored."""
    client = browser_of(world.reviewers[0])
    address = f"/console/cases/{found.earlier_case.reference}/matches/{found.pk}/"
    assert client.post(address, {"answer": "same"}).status_code == 404
    assert client.post(f"/console/cases/{found.case.reference}/matches/{10**30}/").status_code == 404
    assert answer(client, found, "perhaps") == 404
    assert answer(browser_of(world.officer), found, "same") == 403
    assert client.get(f"/console/cases/{found.case.reference}/matches/{found.pk}/").status_code == 405
    assert not BanEvasionVerdict.objects.exists()
    assert answer(client, found, "same") == 302


def test_a_withdrawn_match_is_gone_from_the_page(world: World, found: BanEvasionMatch, browser_of: Open) -> None:
    """It disappears with the decision that it was based on."""
    client = browser_of(world.reviewers[0])
    assert page_of(client, found)
    forget_links(Decision.objects.get(case_id=found.earlier_case_id), actor=SYSTEM)
    assert page_of(client, found) == ""
    assert answer(client, found, "same") == 409
