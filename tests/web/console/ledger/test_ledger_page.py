"""The ledger for auditors: found by words, people, case and days; and when it was last verified as a whole."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from tests.factories import in_review, vote
from tests.web.console.conftest import Staff, World

from jaga.cases.reads import history
from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.store.kernel import ledger_verification
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry

Open = Callable[[Actor], Client]


def test_an_auditor_finds_entries_by_words_people_case_and_days(world: World, staff: Staff, browser_of: Open) -> None:
    """In the reader's language; parts narrow each other, and what cannot be read is said beside its field."""
    case_id, other = in_review(), in_review(account="@lain:localhost")
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    auditor = browser_of(staff.by_role[Role.AUDITOR])

    def verbs(**query: str) -> set[str]:
        entries = auditor.get("/console/ledger/", query).context["entries"]
        return {LedgerEntry.objects.get(pk=entry.number).verb for entry in entries}

    assert verbs(what="vote was cast") == {"cast_vote"}
    auditor.cookies["jaga_language"] = "id"
    assert verbs(what="suara") == {"cast_vote"}
    auditor.cookies["jaga_language"] = "en"
    assert "file_report" in verbs(what="report came in")
    assert verbs(who="Sinta") == {"cast_vote"}
    assert "cast_vote" not in verbs(who="jaga")
    assert verbs(what="vote", case=f"K{other:06d}") == set()
    assert verbs(what="vote", case=f"k {case_id}") == {"cast_vote"}
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    assert verbs(since=tomorrow) == set()
    assert "cast_vote" in verbs(until=tomorrow, what="vote")
    odd = auditor.get("/console/ledger/", {"case": "x", "since": "kemarin", "who": "%_'", "before": "9" * 40})
    assert odd.status_code == 422
    assert set(odd.context["errors"]) == {"case", "since"}
    for query in ({"since": "0001-01-01"}, {"until": "9999-12-31"}, {"before": "0"}, {"what": "()[*"}):
        assert auditor.get("/console/ledger/", query).status_code == 200


def test_a_filtered_page_reads_a_bounded_part_and_says_that_older_ones_may_match(
    world: World, staff: Staff, browser_of: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger of years is not read through for one rare verb; the link leads on with the same filter."""
    for number in range(4):
        in_review(account=f"@akun{number}:localhost")
    last = LedgerEntry.objects.latest("pk").pk  # numbers go on from test to test
    monkeypatch.setattr(history, "LOOKED_THROUGH", last // 4)
    auditor = browser_of(staff.by_role[Role.AUDITOR])
    page, pages = auditor.get("/console/ledger/", {"what": "no such words at all"}), 1
    assert "Older ones may be" in page.content.decode()
    while page.context["older"]:
        assert "what=no+such+words" in page.context["older"]
        page, pages = auditor.get(f"/console/ledger/?{page.context['older']}"), pages + 1
    assert pages > 3
    assert "No entry is like that." in page.content.decode()


def test_the_last_verification_is_shown_with_what_it_found(world: World, staff: Staff, browser_of: Open) -> None:
    """Once a day by the worker; two days later it is marked as old."""
    auditor = browser_of(staff.by_role[Role.AUDITOR])
    assert "longer ago than two days" in auditor.get("/console/ledger/").content.decode()
    in_review()
    linked = link_entries()
    assert ledger_verification.verify_daily() == linked
    assert ledger_verification.verify_daily() == 0
    page = auditor.get("/console/ledger/").content.decode()
    assert "no problem found" in page
    assert "longer ago" not in page
    assert "all as recorded" in page
    with connection.cursor() as cursor:
        cursor.execute(
            "SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE records_report DISABLE TRIGGER USER;"
            " UPDATE records_report SET conduct_on = conduct_on - 1;"
            " ALTER TABLE records_report ENABLE TRIGGER USER"
        )
    assert not ledger_verification.verify_and_note().ok
    page = auditor.get("/console/ledger/").content.decode()
    assert "1 row differs" in page
    assert "edited past Jaga" in page
    with frozen(now() + timedelta(days=3)):
        assert (
            "longer ago than two days"
            in browser_of(staff.by_role[Role.AUDITOR]).get("/console/ledger/").content.decode()
        )
