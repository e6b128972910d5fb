"""The review page: fixed layout, the rule with its elements, due cases beside it, and a bounded size."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils.html import escape
from tests.factories import (
    ACCOUNT,
    CATEGORY,
    World,
    ballot,
    decided_closure,
    elements_for,
    in_review,
    report,
    resolved_closure,
    vote,
)

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.gate import REPORTS_SHOWN
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput
from jaga.core.terms.cases import DecisionKind
from jaga.decisions.verbs import voting
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.reporting.verbs import mailbox
from jaga.signals.verbs import triage

Open = Callable[[Actor], Client]
MOST_QUERIES, MOST_BYTES = 100, 150_000


def _address(case_id: int, more: str = "") -> str:
    return f"/console/cases/K{case_id:06d}/{more}"


def _page(client: Client, case_id: int, more: str = "") -> str:
    answer = client.get(_address(case_id, more))
    assert answer.status_code == 200
    return answer.content.decode()


def _refusal(case_id: int, cast: voting.Ballot, actor: Actor) -> dict[str, str]:
    lease = leases.take_lease(case_id, actor=actor)
    with pytest.raises(InvalidInput) as refused:
        voting.cast_vote(case_id, lease.fence, cast, actor=actor)
    return {error.field: error.code for error in refused.value.errors}


def test_a_closure_takes_every_element_and_nothing_else_takes_any(world: World) -> None:
    """A missing or unknown element is refused; the vote stores those that were confirmed."""
    case_id, (first, second, _) = in_review(), world.reviewers
    whole = elements_for(CATEGORY, DecisionKind.CLOSE)
    assert len(whole) > 1
    for some, code in (((), "missing"), (whole[1:], "missing"), ((*whole, "bogus"), "unknown")):
        assert _refusal(case_id, ballot(case_id, DecisionKind.CLOSE, elements=some), first) == {"elements": code}
    assert not Vote.objects.exists()
    vote(case_id, DecisionKind.CLOSE, first)
    vote(case_id, DecisionKind.RESTRICT, second, elements=whole[:1])
    assert [one.elements for one in Vote.objects.order_by("pk")] == [sorted(whole), [whole[0]]]


def test_the_database_takes_no_closing_vote_without_elements(world: World) -> None:
    """Also without the verb, the database refuses a closing vote without elements; other votes need none."""
    row = Case.objects.get(pk=in_review())
    fields = {"case": row, "person_id": world.reviewers[0].person_id, "policy_hash": "0" * 64, "cast_at": now()}
    with pytest.raises(IntegrityError, match="names the elements"), transaction.atomic():
        Vote.objects.create(kind=DecisionKind.CLOSE, **fields)
    assert Vote.objects.create(kind=DecisionKind.DISMISS, **fields).elements == []


def test_a_refused_closure_keeps_the_ticks_and_leads_to_them(world: World, browser_of: Open) -> None:
    """Without JavaScript the server refuses with the field's error and keeps the selection."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    client.post(_address(case_id, "take/"))
    whole = ballot(case_id, DecisionKind.CLOSE)
    sent: dict[str, Any] = {
        "lease": client.get(_address(case_id)).context["form"].token,
        "kind": "close",
        "facts": whole.facts,
        "legal_basis": whole.legal_basis,
        "accounts": str(Case.objects.get(pk=case_id).subject_id),
        "step": "cast",
        "elements": list(whole.elements[:2]),
    }
    answer = client.post(_address(case_id, "decide/"), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'href="#elements"' in page
    assert 'id="elements-error"' in page
    assert re.findall(r'name="elements" value="(\w+)"[^>]* checked', page) == list(whole.elements[:2])
    assert client.post(_address(case_id, "decide/"), {**sent, "elements": list(whole.elements)}).status_code == 302


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("category", ["fraud", "trafficking"])
def test_the_rule_stands_beside_the_case(world: World, browser_of: Open, language: str, category: str) -> None:
    """With examples and counter-examples in the reader's language; elements only where a closure is possible."""
    rule, client = load_release().rule(category), browser_of(world.reviewers[0])
    case_id = in_review(category=category)
    client.cookies["jaga_language"] = language
    client.post(_address(case_id, "take/"))
    page = _page(client, case_id)
    for text in (rule.rule, *rule.examples, *rule.counter_examples, *(one.text for one in rule.elements)):
        assert escape(text.say(language)) in page
    assert ('name="elements"' in page) is (category == "fraud")


def test_each_part_has_an_address_and_all_of_them_are_on_the_page(world: World, browser_of: Open) -> None:
    """Tabs are links that work without JavaScript; an unknown one opens the evidence. Print shows every part."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    for wanted, opened in (
        ("", "evidence"),
        ("?tab=history", "history"),
        ("?tab=accounts", "accounts"),
        ("?tab=reports", "reports"),
        ("?tab=nothing", "evidence"),
    ):
        page = _page(client, case_id, wanted)
        assert re.findall(r'class="tab( tab--open)?" id="tab-(\w+)"', page) == [
            (" tab--open" if key == opened else "", key) for key in ("evidence", "history", "accounts", "reports")
        ]
        assert re.findall(r'data-tab="(\w+)" aria-current="page"', page) == [opened]


def test_what_was_refused_stands_in_an_open_part(world: World, browser_of: Open) -> None:
    """The part with the error is open."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    refused = client.post(_address(case_id, "accounts/"), {"platform": "obrolan", "account": "", "why": "Sama."})
    assert refused.status_code == 422
    assert 'class="tab tab--open" id="tab-accounts"' in refused.content.decode()


def test_the_rail_shows_what_is_due_and_why_it_stands_there(world: World, browser_of: Open) -> None:
    """In the queue's order, urgent first, with words for severity, time and language; without cases that others work
    on.
    """
    with frozen(now() - timedelta(hours=30)):
        late = in_review(account="@lama:localhost", category="gambling")
    hidden = in_review(account="@korban:localhost", category="trafficking")
    taken, here = in_review(account="@dia:localhost"), in_review()
    leases.take_lease(taken, actor=world.reviewers[1])
    client = browser_of(world.reviewers[0])
    page = _page(client, here)
    rail = page[page.index('<details class="rail"') : page.index("</details>", page.index('<details class="rail"'))]
    assert [int(number) for number in re.findall(r'rail__number">K(\d+)', rail)] == [hidden, late, here]
    assert "overdue by" in rail
    assert "Severity: critical, victim first" in rail
    assert "1 independent source" in rail
    assert "Indonesian" in rail
    assert re.search(r"−\d+ h: harm", rail)
    assert "@korban" not in rail
    assert re.findall(r'aria-current="page">\s*<span class="rail__number">K(\d+)', rail) == [f"{here:06d}"]


def test_many_reports_are_read_page_by_page_unread_answers_first(world: World, browser_of: Open) -> None:
    """Each report is shown in full on exactly one page; the table links to it, and an invalid page number shows the
    first page.
    """
    case_id = in_review(text="laporan nomor 0")
    for number in range(1, 2 * REPORTS_SHOWN + 2):
        report(text=f"laporan nomor {number}")
    triage.triage_case(case_id, actor=SYSTEM)
    oldest = Report.objects.filter(case_id=case_id).order_by("pk").first()
    assert oldest is not None
    mailbox.write_to_reporter(oldest.pk, "Di mana Anda melihatnya?", actor=world.reviewers[0])
    oldest.messages.create(kind="answer", from_us=False, text="Di ruang umum.", at=now())
    client = browser_of(world.reviewers[0])
    seen = [
        re.findall(r'<article class="card report" id="report-(\d+)"', _page(client, case_id, f"?page={page}"))
        for page in (1, 2, 3)
    ]
    assert seen[0][0] == str(oldest.pk)
    assert [len(one) for one in seen] == [REPORTS_SHOWN, REPORTS_SHOWN, 2]
    together = [int(number) for page in seen for number in page]
    assert sorted(together) == sorted(Report.objects.filter(case_id=case_id).values_list("pk", flat=True))
    for broken in ("?page=0", "?page=x", "?page=" + "9" * 400):
        assert re.findall(r'report" id="report-(\d+)"', _page(client, case_id, broken)) == seen[0]
    table = dict(re.findall(r'<a href="\?page=(\d+)#report-(\d+)"', _page(client, case_id, "?tab=reports")))
    assert all(number in seen[int(page) - 1] for page, number in table.items())


def test_the_legal_clock_says_it_in_words(world: World, browser_of: Open) -> None:
    """Running, soon, late and stopped each have a word beside their colour."""
    case_id, client = in_review(), browser_of(world.reviewers[2])
    shown_as = {}
    for hours in (0, 23, 25):
        with frozen(now() + timedelta(hours=hours)):
            page = _page(browser_of(world.reviewers[2]), case_id)
            found = re.search(r'clock clock--(\w+)">.*?<strong>(.*?)</strong>', page, re.DOTALL)
            assert found
            shown_as[found[1]] = found[2]
    assert list(shown_as) == ["running", "soon", "late"]
    assert shown_as["soon"].startswith("in ")
    assert shown_as["late"].startswith("overdue by ")
    assert "clock--stopped" in _page(client, decided_closure(world, account="@lain:localhost"))


def test_a_whole_page_stays_small_and_asks_little(world: World, browser_of: Open) -> None:
    """More reports, other cases or history need no more queries, and the size of the page is bounded."""
    small = in_review(account="@sedikit:localhost")
    resolved_closure(world, category="fraud")
    large = in_review(text="open BO " + "kata " * 60)
    for number in range(30):
        report(text=f"open BO nomor {number} " + "kata " * 60)
    for category in ("gambling", "extortion", "sara"):
        in_review(category=category)
    triage.triage_case(large, actor=SYSTEM)
    assert Case.objects.filter(subject__account_id=ACCOUNT).count() > 3
    client, counts = browser_of(world.reviewers[2]), {}
    for case_id in (small, large):
        client.post(_address(case_id, "take/"))
        asked: list[str] = []

        def count(execute: Any, sql: str, params: Any, many: bool, context: Any, to: list[str] = asked) -> Any:
            to.append(sql)
            return execute(sql, params, many, context)

        client.get(_address(case_id))
        with connection.execute_wrapper(count):
            page = client.get(_address(case_id))
        assert len(page.content) < MOST_BYTES
        counts[case_id] = len(asked)
    assert counts[large] <= counts[small] + 5, counts
    assert max(counts.values()) <= MOST_QUERIES, counts
