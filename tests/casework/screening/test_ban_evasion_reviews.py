"""A person's judgement of a ban-evasion match is recorded and changes nothing else."""

import pytest
from tests.factories import World, decided_closure, in_review, rows

from jaga.cases.models.decisions import Decision
from jaga.core.actors import SYSTEM, Actor
from jaga.core.errors import NotFound, NotPermitted
from jaga.signals.models import BanEvasionMatch, BanEvasionVerdict
from jaga.signals.verbs.ban_evasion import BanEvasionMatchWithdrawn, decide_ban_evasion_match, forget_links
from jaga.store.models import LedgerEntry

CONTACT = "open BO, wa 0812-3456-7890"


@pytest.fixture
def found(world: World) -> BanEvasionMatch:
    """A case that matches a closed account of the same platform."""
    decided_closure(world, published=CONTACT)
    in_review(account="@kenanga:localhost", published=CONTACT, source="198.51.100.7")
    return BanEvasionMatch.objects.get()


@pytest.mark.parametrize("same", [True, False])
def test_an_answer_changes_the_label_and_nothing_else(world: World, found: BanEvasionMatch, same: bool) -> None:
    """Apart from the answer and its ledger entry no row changes: no case, no vote, no job."""
    before = rows()
    assert decide_ban_evasion_match(found.pk, same_holder=same, actor=world.reviewers[2]) == found.case_id
    changed = {table for table, digest in rows().items() if digest != before[table]}
    assert changed == {"records_banevasionverdict", "records_ledgerentry"}
    entry = LedgerEntry.objects.get(verb="decide_ban_evasion_match")
    assert entry.payload == {"match": found.pk, "same_holder": same}


def test_everybody_has_their_own_answer_and_may_think_it_over(world: World, found: BanEvasionMatch) -> None:
    """The last answer of each person counts; the ledger keeps all."""
    one, two, _ = world.reviewers
    for actor, same in ((one, True), (two, False), (one, False)):
        decide_ban_evasion_match(found.pk, same_holder=same, actor=actor)
    assert list(BanEvasionVerdict.objects.values_list("same_holder", flat=True)) == [False, False]
    assert LedgerEntry.objects.filter(verb="decide_ban_evasion_match").count() == 3


def test_only_people_who_judge_cases_answer(world: World, found: BanEvasionMatch) -> None:
    """Officers, programs and unknown numbers are refused; a supervisor is not."""
    for actor in (world.officer, world.minister, SYSTEM, Actor("public")):
        with pytest.raises(NotPermitted):
            decide_ban_evasion_match(found.pk, same_holder=True, actor=actor)
    with pytest.raises(NotFound):
        decide_ban_evasion_match(found.pk + 1, same_holder=True, actor=world.supervisor)
    decide_ban_evasion_match(found.pk, same_holder=True, actor=world.supervisor)


def test_a_withdrawn_match_takes_no_answer(world: World, found: BanEvasionMatch) -> None:
    """The decision on which it rested is overturned."""
    decide_ban_evasion_match(found.pk, same_holder=True, actor=world.reviewers[0])
    closure = Decision.objects.get(case_id=found.earlier_case_id)
    assert forget_links(closure, actor=SYSTEM) == 1
    with pytest.raises(BanEvasionMatchWithdrawn):
        decide_ban_evasion_match(found.pk, same_holder=True, actor=world.reviewers[1])
