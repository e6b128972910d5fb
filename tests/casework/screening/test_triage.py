"""Triage sorts and explains; it never dismisses and never decides."""

import pytest
from django.db import transaction
from tests.factories import World, in_review, report, resolved_closure, vote

from jaga.cases.models.cases import Case, Signal
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.errors import NotFound
from jaga.core.terms.cases import DecisionKind, Severity
from jaga.signals.verbs import triage
from jaga.store.models import LedgerEntry


def test_a_case_enters_the_queue_with_its_reasons(world: World) -> None:
    """Signals point at the words that caused them, with the policy's hash."""
    text = "malam kak, open BO nego"
    case_id = in_review(published=text)
    assert Case.objects.get(pk=case_id).state == CaseState.IN_REVIEW
    signal = Signal.objects.get(source="lexicon", params__phrase="open bo")
    assert text[signal.start : signal.end].lower() == "open bo"
    assert signal.version == LedgerEntry.objects.get(verb="triage_case").payload["policy"]


@pytest.mark.parametrize("text", ["", "Selamat pagi, sepeda masih ada?", "\u200b" * 50])
def test_a_report_without_a_signal_is_looked_at_too(world: World, text: str) -> None:
    """A program drops nothing that was accepted."""
    assert Case.objects.get(pk=in_review(published=text)).state == CaseState.IN_REVIEW


def test_triage_again_adds_no_signal_twice(world: World) -> None:
    """Each report is screened once by a release; a later report is screened when it arrives."""
    case_id = in_review(published="open BO, nego")
    before = Signal.objects.count()
    assert before
    triage.triage_case(case_id, actor=SYSTEM)
    assert Signal.objects.count() == before
    report(published="open BO juga", source="other")
    triage.triage_case(case_id, actor=SYSTEM)
    assert Signal.objects.count() > before


def test_a_sign_of_a_victim_opens_the_victim_first_way(world: World) -> None:
    """Words of the victim-first lists change an ordinary case, and no later text reverses it."""
    case_id = in_review(published="open BO, paspor ditahan")
    case = Case.objects.get(pk=case_id)
    assert (case.victim_first, case.severity >= Severity.HIGH) == (True, True)
    report(published="open BO", source="other")
    triage.triage_case(case_id, actor=SYSTEM)
    assert Case.objects.get(pk=case_id).victim_first


def test_more_independent_sources_come_earlier(world: World) -> None:
    """Of two cases with the same deadline the one with more sources comes first."""
    one = in_review(account="@satu:localhost")
    report(account="@dua:localhost", source="a")
    two = in_review(account="@dua:localhost", source="b")
    Case.objects.update(due_at=Case.objects.get(pk=one).due_at)
    for case_id in (one, two):
        triage.triage_case(case_id, actor=SYSTEM)
    assert Case.objects.get(pk=two).rank_at < Case.objects.get(pk=one).rank_at


def test_triage_moves_nothing_that_people_hold(world: World) -> None:
    """In any later state triage only ranks."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    assert triage.triage_case(case_id, actor=SYSTEM) is CaseState.SECOND_VOTE
    ended = resolved_closure(world, account="@kenanga:localhost")
    assert triage.triage_case(ended, actor=SYSTEM) is CaseState.RESOLVED


def test_a_case_that_does_not_exist_is_not_found(world: World) -> None:
    """A job for a missing case says so."""
    with pytest.raises(NotFound):
        triage.triage_case(10**9, actor=SYSTEM)


def test_many_at_once_end_as_each_by_itself(world: World) -> None:
    """The same texts one by one and all together give equal signals, ranks and states."""
    texts = ("open BO, nego", "halo, apa kabar", "dipaksa kerja, tolong", "")
    one_by_one = [in_review(account=f"@satu{place}:localhost", published=text) for place, text in enumerate(texts)]
    together = [report(account=f"@banyak{place}:localhost", published=text).case_id for place, text in enumerate(texts)]
    with transaction.atomic():
        triage.triage_cases(
            list(Case.objects.select_for_update(of=("self",)).filter(pk__in=together).order_by("pk")), actor=SYSTEM
        )

    def found(numbers: list[int]) -> list[tuple[object, ...]]:
        cases = Case.objects.filter(pk__in=numbers).order_by("pk")
        return [
            (
                case.state,
                case.score,
                case.victim_first,
                case.severity,
                case.flagged,
                case.due_at - case.rank_at,
                sorted(case.signals.values_list("params__phrase", "start", "end")),
                case.reports.filter(indicator_scan__isnull=True).count(),
            )
            for case in cases
        ]

    assert found(together) == found(one_by_one)
    assert LedgerEntry.objects.filter(verb="triage_case", case_ref__in=together).count() == len(texts)
