"""Indicators and matches of expired cases: they go with the last case that keeps them, and pages stay readable."""

from tests.casework.privacy.conftest import days_later, deleted, sweep_as_the_worker
from tests.factories import World, in_review, resolved_closure, vote

from jaga.cases.models.cases import Case
from jaga.core.actors import SYSTEM
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.privacy import DataKind
from jaga.privacy.verbs.erasure import carry_out_erasures, erase
from jaga.signals.models import NO_INDICATORS, AccountIndicator, BanEvasionMatch
from jaga.signals.reads.ban_evasion import matches_of
from jaga.signals.verbs import triage
from jaga.signals.verbs.ban_evasion import indicators_of_media

CONTACT = "open BO, wa 0812-3456-7890"


def reported(account: str = "@mawar:localhost", **changes: str) -> int:
    return in_review(account=account, published=CONTACT, source="198.51.100.7", **changes)


def shown(case_id: int, world: World) -> list[int]:
    """How many shared indicators the case page shows of each match."""
    return [len(one.ties) for one in matches_of(Case.objects.get(pk=case_id), actor=world.supervisor)]


def test_pages_of_expired_matches_open_and_open_cases_keep_theirs(world: World, database_roles: object) -> None:
    """An open case keeps its evidence when the earlier case expires; nothing else does, and every page can be read."""
    closed, case_id = resolved_closure(world, published=CONTACT), reported("@kenanga:localhost")
    assert shown(case_id, world) == [1]
    sweep_as_the_worker()
    with days_later(4000):
        sweep_as_the_worker()
        assert DataKind.INDICATORS in deleted(closed)
        match = BanEvasionMatch.objects.get(case=case_id)
        assert match.evidence != NO_INDICATORS
        assert shown(case_id, world) == [0]
        vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
        erase(cases=[case_id], rule="request", actor=SYSTEM)
        carry_out_erasures()
        match.refresh_from_db()
        assert match.evidence == NO_INDICATORS
        assert shown(case_id, world) == [0]
    BanEvasionMatch.objects.update(evidence=[["", ""]])  # as it was deleted before
    assert shown(case_id, world) == [0]


def test_indicators_go_with_the_last_case_of_the_account(world: World, database_roles: object) -> None:
    """Also those without a report; what a dismissed case showed first stays while the measure keeps it, and a triage
    stores nothing again.
    """
    first = reported()
    vote(first, DecisionKind.DISMISS, world.reviewers[0])
    closed = resolved_closure(world, published=CONTACT)
    indicators_of_media(Case.objects.get(pk=closed).subject, ["ab" * 32])
    before = AccountIndicator.objects.count()
    assert AccountIndicator.objects.filter(report__isnull=True).exists()
    assert AccountIndicator.objects.get(kind="contact").report.case_id == first  # type: ignore[union-attr]
    sweep_as_the_worker()
    with days_later(400):
        sweep_as_the_worker()
        assert {DataKind.INDICATORS, DataKind.REPORT_TEXTS} <= deleted(first)
        assert DataKind.INDICATORS not in deleted(closed)
        assert AccountIndicator.objects.count() == before
        assert AccountIndicator.objects.get(kind="contact").report is None
    with days_later(4000):
        sweep_as_the_worker()
        assert DataKind.INDICATORS in deleted(closed)
        for case_id in (first, closed):
            triage.triage_case(case_id, actor=SYSTEM)
        assert not AccountIndicator.objects.exists()
