"""`jaga practice fill`: many invented cases that the database, the ledger and the console accept as cases."""

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.db.models import Count

from jaga.cases.models.cases import Case, SearchStale, SearchText, Subject
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.cases import CaseState
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import HostKind
from jaga.people.models import Person
from jaga.people.verbs.people import actor_for, claim_installation
from jaga.queue.reads.queue import list_queue
from jaga.queue.reads.search import SearchQuery, search_cases
from jaga.queue.reads.waiting import QueueFilter
from jaga.queue.verbs.search import read_all_stale
from jaga.signals.models import AccountIndicator
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.row_verification import verify_rows
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry
from jaga_practice.filling import fill as filling
from jaga_practice.filling import profiles
from jaga_practice.filling.fill import Filled, OnlyInPractice, fill, filled_cases


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Path:
    """Fill with small chunks and few kinds of cases; returns the installation's folder."""
    monkeypatch.setattr(filling, "CHUNK", 250)
    monkeypatch.setattr(filling, "CONTACTS", 60)
    monkeypatch.setattr(profiles, "PROFILES", 200)
    settings.HOME = tmp_path
    return tmp_path


@pytest.mark.django_db(transaction=True)
def test_it_fills_goes_on_and_stops(few: Path) -> None:
    """A killed run leaves complete chunks, the next run adds what is missing, and a third adds nothing. The cases can
    be found, are indexed as the worker does it, wait in the queue, were decided by two people where needed, and the
    ledger stays intact.
    """
    with pytest.raises(OnlyInPractice):
        list(fill(500, 1, few))
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    killed = fill(900, 1, few)
    assert [next(killed), next(killed)] == [Filled(0, 0, 900), Filled(0, 250, 900)]
    killed.close()
    assert Case.objects.count() == filled_cases() == 250
    assert list(fill(900, 1, few))[-1] == Filled(250, 900, 900)
    assert list(fill(900, 1, few)) == [Filled(900, 900, 900)]
    assert Case.objects.count() == filled_cases() == SearchText.objects.count() == 900
    assert not SearchStale.objects.exists()

    indexed = dict(SearchText.objects.values_list("case", "words"))
    SearchStale.objects.bulk_create(SearchStale(number=number) for number in indexed)
    assert read_all_stale() == 900
    assert dict(SearchText.objects.values_list("case", "words")) == indexed

    waiting = Case.objects.exclude(state=CaseState.RESOLVED)
    assert 5 <= waiting.count() <= 90
    assert Decision.objects.count() == 900 - waiting.count()
    assert not Decision.objects.filter(kind=DecisionKind.CLOSE, seconded_by=None).exists()
    assert Decision.objects.filter(kind=DecisionKind.CLOSE).exists()
    assert Subject.objects.count() < 900 < Report.objects.count()
    assert AccountIndicator.objects.values("key").annotate(many=Count("subject")).filter(many__gt=3).exists()
    for case in Case.objects.annotate(counted=Count("reports"))[:50]:
        assert case.counted == case.reports_count

    entries = LedgerEntry.objects.filter(verb__in=("file_report", "cast_vote", "decide_case")).count()
    assert entries == Report.objects.count() + Vote.objects.count() + Decision.objects.count()
    while link_entries():
        pass
    assert verify_ledger().ok
    rows = verify_rows()
    assert rows.faults == []
    assert rows.rows > 900 + entries
    actor = actor_for(Person.objects.get(username="latihan01"))
    found = search_cases(SearchQuery(category="gambling", words=("slot",)), actor=actor)
    assert found.rows
    assert list_queue(QueueFilter(), actor=actor).rows


def test_the_command_refuses_where_no_practice_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """PRACTICE=0 marks a real installation: the command refuses before it writes anything."""
    from jaga_practice.commands import practice

    monkeypatch.setenv("PRACTICE", "0")
    refused = CliRunner().invoke(practice, ["fill", "--cases", "10"])
    assert isinstance(refused.exception, OnlyInPractice)


def test_the_same_seed_draws_the_same_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed gives the same cases, so that two machines can be compared."""
    from jaga.policy.release import load_release

    monkeypatch.setattr(profiles, "PROFILES", 60)
    release = load_release()
    assert profiles.draw(release, 7) == profiles.draw(release, 7) != profiles.draw(release, 8)
    assert {one.category for one in profiles.draw(release, 7)} > {"prostitution_advertising", "gambling"}
