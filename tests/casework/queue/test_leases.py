"""One reviewer holds the lease of a case, and a lost lease decides nothing."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.factories import World, ballot, in_review, report, rows

from jaga.cases.models.cases import Lease
from jaga.core.actors import CLI, PUBLIC, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.decisions.verbs import voting
from jaga.policy.release import load_release
from jaga.queue.verbs import leases

LENGTH = timedelta(minutes=load_release().enforcement.lease_minutes)


def test_a_held_case_is_refused_to_others_until_it_is_handed_back(world: World) -> None:
    """The refusal names the holder; after the release the next lease has a higher fence number."""
    case_id, (first, second, _) = in_review(), world.reviewers
    held = leases.take_lease(case_id, actor=first)
    with pytest.raises(leases.LeaseTaken) as taken:
        leases.take_lease(case_id, actor=second)
    assert taken.value.params["holder"] == "Sinta"
    leases.release_lease(case_id, actor=second)  # not theirs: changes nothing
    assert Lease.objects.filter(released_at__isnull=True).count() == 1
    leases.release_lease(case_id, actor=first)
    assert leases.take_lease(case_id, actor=second).fence > held.fence


def test_taking_it_again_prolongs_it(world: World) -> None:
    """The holder keeps the fence number and gains time."""
    case_id, moment = in_review(), now()
    with frozen(moment):
        held = leases.take_lease(case_id, actor=world.reviewers[0])
    with frozen(moment + LENGTH / 2):
        again = leases.take_lease(case_id, actor=world.reviewers[0])
    assert (again.fence, again.expires_at) == (held.fence, held.expires_at + LENGTH / 2)


def test_a_lease_ends_on_time(world: World) -> None:
    """To the second; a late vote is refused and changes nothing."""
    case_id, moment = in_review(), now()
    first, second, _ = world.reviewers
    with frozen(moment):
        held = leases.take_lease(case_id, actor=first)
    with frozen(moment + LENGTH - timedelta(seconds=1)), pytest.raises(leases.LeaseTaken):
        leases.take_lease(case_id, actor=second)
    with frozen(moment + LENGTH):
        before = rows()
        with pytest.raises(leases.LeaseLost):
            voting.cast_vote(case_id, held.fence, ballot(case_id, DecisionKind.DISMISS), actor=first)
        assert rows() == before
        leases.take_lease(case_id, actor=second)
        with pytest.raises(leases.LeaseLost):
            voting.cast_vote(case_id, held.fence, ballot(case_id, DecisionKind.DISMISS), actor=first)


def test_anothers_fence_opens_nothing(world: World) -> None:
    """A lease belongs to its holder, even if others know its number."""
    case_id = in_review()
    held = leases.take_lease(case_id, actor=world.reviewers[0])
    before = rows()
    with pytest.raises(leases.LeaseLost):
        voting.cast_vote(case_id, held.fence, ballot(case_id, DecisionKind.DISMISS), actor=world.reviewers[1])
    assert rows() == before


def test_there_is_nothing_to_hold_outside_review(world: World) -> None:
    """Before triage no lease is given."""
    with pytest.raises(IllegalTransition):
        leases.take_lease(report().case_id, actor=world.reviewers[0])


def test_only_reviewers_and_supervisors_hold_cases(world: World) -> None:
    """No program, no officer, no administrator."""
    case_id = in_review()
    for actor in (PUBLIC, SYSTEM, CLI, world.officer, world.minister):
        with pytest.raises(NotPermitted):
            leases.take_lease(case_id, actor=actor)
    leases.take_lease(case_id, actor=world.supervisor)


def test_the_database_knows_no_taking_over_without_a_reason(world: World) -> None:
    """Nor a reason without a previous holder: each row is complete, whatever code writes it."""
    case_id = in_review()
    held = leases.take_lease(case_id, actor=world.reviewers[0])
    leases.release_lease(case_id, actor=world.reviewers[0])
    old = Lease.objects.get(fence=held.fence, case_id=case_id)
    for took_over, reason in ((old, ""), (None, "Sinta sakit.")):
        with pytest.raises(IntegrityError), transaction.atomic():
            Lease.objects.create(
                case_id=case_id,
                holder_id=world.supervisor.person_id,
                fence=held.fence + 1,
                taken_at=now(),
                expires_at=now() + LENGTH,
                took_over=took_over,
                reason=reason,
            )


def test_a_prolonging_page_never_takes_a_case(world: World) -> None:
    """Not after the end, not with another's fence number, not after a supervisor took over."""
    case_id, (first, second, _) = in_review(), world.reviewers
    held = leases.take_lease(case_id, actor=first)
    with pytest.raises(leases.LeaseLost):
        leases.prolong_lease(case_id, held.fence, actor=second)
    taken = leases.take_over_lease(case_id, "Tenggat hampir habis.", actor=world.supervisor)
    for fence in (held.fence, taken.fence):
        with pytest.raises(leases.LeaseLost):
            leases.prolong_lease(case_id, fence, actor=first)
    with frozen(taken.expires_at), pytest.raises(leases.LeaseLost):
        leases.prolong_lease(case_id, taken.fence, actor=world.supervisor)
