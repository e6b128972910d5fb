"""Limits of one person: a week's restriction in ninety days over all cases; anything beyond takes two."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import ACCOUNT, World, ballot, carry_through, in_review, observed, vote

from jaga.actions import jobs as expiry
from jaga.actions.verbs import attempts, verification
from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision, Letter, Preservation, Vote
from jaga.cases.reads.reports import originals_of
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput
from jaga.core.platforms import Material
from jaga.core.terms.cases import AccountState, DecisionKind, PendingEnd
from jaga.decisions.models import PendingDecision
from jaga.decisions.reads import list_preservations
from jaga.decisions.verbs import preservation, undo_window, voting
from jaga.decisions.verbs.single_person_limits import left_alone
from jaga.queue.verbs import leases
from jaga.store import vault
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

CLOSE, DISMISS, RESTRICT = DecisionKind.CLOSE, DecisionKind.DISMISS, DecisionKind.RESTRICT
DAY = timedelta(days=1)


def restricted(world: World, days: int | None, **changes: Any) -> voting.Voted:
    return vote(in_review(**changes), RESTRICT, world.reviewers[0], restrict_days=days)


def left() -> timedelta:
    return left_alone(Subject.objects.get(account_id=ACCOUNT).pk)


def test_one_person_restricts_for_a_week_and_no_longer(world: World) -> None:
    """Seven days take effect at once; thirty, or no end, wait for a second person who confirms the elements too."""
    assert restricted(world, 7).state is CaseState.ACTING
    for days, category in ((30, "fraud"), (None, "gambling")):
        case_id = in_review(account="lain", category=category)
        assert vote(case_id, RESTRICT, world.reviewers[0], restrict_days=days).state is CaseState.SECOND_VOTE
        assert vote(case_id, RESTRICT, world.reviewers[1], restrict_days=days).state is CaseState.ACTING
        made = Decision.objects.filter(case_id=case_id).get()
        assert (made.seconded_by_id, made.ends_at is None) == (world.reviewers[1].person_id, days is None)


@pytest.mark.parametrize("days", [30, None])
def test_longer_takes_the_elements_of_the_rule(world: World, days: int | None) -> None:
    """Like a closure."""
    with pytest.raises(InvalidInput) as refused:
        vote(in_review(), RESTRICT, world.reviewers[0], restrict_days=days, elements=())
    assert {error.field for error in refused.value.errors} == {"elements"}
    assert not Vote.objects.exists()


def test_the_week_is_of_all_cases_together(world: World) -> None:
    """A second case in another category, by another person, has no day left; ninety days later it has."""
    assert restricted(world, 7).state is CaseState.ACTING
    assert left() < timedelta(minutes=1)
    case_id = in_review(category="fraud")
    with pytest.raises(InvalidInput):
        vote(case_id, RESTRICT, world.reviewers[2], elements=())
    assert (
        vote(case_id, RESTRICT, world.reviewers[2], elements=ballot(case_id, CLOSE).elements).state
        is CaseState.SECOND_VOTE
    )
    with frozen(now() + 98 * DAY):
        assert restricted(world, 7, category="gambling").state is CaseState.ACTING


def test_what_is_restricted_before_a_closure_is_nobodys_alone(world: World, settings: Any) -> None:
    """The agreement of two people uses no day of the week."""
    settings.UNDO_WINDOW_SECONDS = None
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer)
    assert Decision.objects.filter(awaits__isnull=False).exists()
    assert left() == 7 * DAY


def test_an_overturned_restriction_gives_its_days_back(world: World) -> None:
    """Days that an appeal found to be wrong do not count."""
    restricted(world, 7)
    made = Decision.objects.get()
    carry_through(made.case_id)
    with frozen(now() + 2 * DAY):
        filed = appeals.file_appeal(appeal_code(made.pk), "Bukan saya yang menulis.", actor=HOLDER)
        appeals.decide_appeal(filed.pk, overturn=True, reasons="Memang keliru.", actor=world.reviewers[2])
        assert timedelta(days=4, hours=23) < left() <= 5 * DAY


@pytest.mark.parametrize("days", [None, 8])
def test_no_row_alone_restricts_for_longer(world: World, days: int | None) -> None:
    """The database enforces it without the verbs: a longer restriction names two people."""
    case_id = in_review()
    cast = vote(case_id, RESTRICT, world.reviewers[0], restrict_days=30)
    assert cast.state is CaseState.SECOND_VOTE
    one = Vote.objects.get()
    with pytest.raises(IntegrityError, match="one person restricts"), transaction.atomic():
        Decision.objects.create(
            case_id=case_id,
            subject_id=Case.objects.get(pk=case_id).subject_id,
            kind=RESTRICT,
            ends_at=now() + days * DAY if days else None,
            policy_hash=one.policy_hash,
            decided_by_id=one.person_id,
            decided_at=now(),
        )


def test_a_second_row_in_the_same_ninety_days_is_refused_by_the_database(world: World) -> None:
    """Otherwise weekly restrictions in one case after another would silence an account for ever."""
    restricted(world, 7)
    case_id = in_review(category="fraud")
    vote(case_id, RESTRICT, world.reviewers[0], elements=ballot(case_id, CLOSE).elements)
    one = Vote.objects.filter(case_id=case_id).get()
    with pytest.raises(IntegrityError, match="one person restricts"), transaction.atomic():
        Decision.objects.create(
            case_id=case_id,
            subject_id=Case.objects.get(pk=case_id).subject_id,
            kind=RESTRICT,
            ends_at=now() + DAY,
            policy_hash=one.policy_hash,
            decided_by_id=one.person_id,
            decided_at=now(),
        )


def test_a_dismissal_can_be_undone_for_ten_seconds(world: World, settings: Any) -> None:
    """Nobody is told before that; afterwards its job makes it exactly once."""
    settings.UNDO_WINDOW_SECONDS = None
    case_id = in_review()
    assert vote(case_id, DISMISS, world.reviewers[0]) == voting.Voted(CaseState.COMMITTING)
    waits = PendingDecision.objects.get()
    assert (waits.undo_until - waits.made_at, waits.other_id, Letter.objects.count()) == (
        timedelta(seconds=10),
        None,
        0,
    )
    with frozen(waits.undo_until - timedelta(seconds=1)):
        undo_window.undo_decision(case_id, actor=world.reviewers[0])
    assert (Case.objects.get(pk=case_id).state, Decision.objects.exists()) == (CaseState.IN_REVIEW, False)
    vote(case_id, DISMISS, world.reviewers[0])
    again = PendingDecision.objects.latest("pk")
    with frozen(again.undo_until):
        assert undo_window.make_pending_decision(again.pk, actor=SYSTEM) is True
        assert undo_window.make_pending_decision(again.pk, actor=SYSTEM) is False
    assert (Case.objects.get(pk=case_id).state, again.end, Letter.objects.count()) == (CaseState.RESOLVED, "", 1)
    assert PendingDecision.objects.filter(end=PendingEnd.COMMITTED).count() == 1


def test_one_vote_waits_for_nothing_but_a_dismissal(world: World) -> None:
    """The database lets nothing else wait on one person's vote."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    with pytest.raises(IntegrityError, match="two people"), transaction.atomic():
        PendingDecision.objects.create(
            case_id=case_id, vote=Vote.objects.get(), both=False, adjudicated=False, made_at=now(), undo_until=now()
        )


def test_a_supervisor_who_settles_a_disagreement_says_why(world: World) -> None:
    """The reason is stored with the vote, bound by its commitment, and in no letter; without it nothing is settled."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, DISMISS, world.reviewers[1])
    lease = leases.take_lease(case_id, actor=world.supervisor)
    with pytest.raises(InvalidInput) as refused:
        voting.cast_vote(case_id, lease.fence, ballot(case_id, DISMISS, why=" pendek "), actor=world.supervisor)
    assert {error.field for error in refused.value.errors} == {"why"}
    why = "Nomor itu milik warung, bukan akun ini."
    voting.cast_vote(case_id, lease.fence, ballot(case_id, DISMISS, why=why), actor=world.supervisor)
    assert Vote.objects.get(person_id=world.supervisor.person_id or 0).why == why
    assert not any(why in body for body in Letter.objects.values_list("body", flat=True))
    assert set(Vote.objects.exclude(person_id=world.supervisor.person_id or 0).values_list("why", flat=True)) == {""}
    assert LedgerEntry.objects.filter(verb="cast_vote").count() == 3


def _preserved(world: World) -> Decision:
    """Evidence that one person had preserved, sealed by the worker."""
    case_id = in_review()
    assert vote(case_id, DecisionKind.PRESERVE, world.reviewers[0]).state is CaseState.ACTING
    (task,) = attempts.open_tasks(case_id)
    attempts.start_attempt(task.action_id, actor=SYSTEM)
    attempts.record_material(
        task.action_id, (Material("profile.json", "application/json", b'{"id": "@x"}'),), actor=SYSTEM
    )
    verification.record_verification(task.action_id, observed(AccountState.ACTIVE), actor=SYSTEM)
    return Decision.objects.get(case_id=case_id)


def test_what_one_person_let_be_preserved_lapses_after_three_days(
    world: World,
    django_capture_on_commit_callbacks: Any,
) -> None:
    """Without a second person it belongs to no case any more, and its bytes are erased, once, on record."""
    made = _preserved(world)
    (kept,) = originals_of([made.case]).filter(kind="profile")
    assert (vault.unseal(kept.sha256, kept.key_owner()), made.preservation.lapses_at - made.decided_at) == (
        b'{"id": "@x"}',
        timedelta(hours=72),
    )
    with frozen(made.preservation.lapses_at - timedelta(seconds=1)):
        assert expiry.end_restrictions() == 0
    with frozen(made.preservation.lapses_at), django_capture_on_commit_callbacks(execute=True):
        assert (expiry.end_restrictions(), expiry.end_restrictions()) == (1, 0)
    assert not originals_of([made.case]).filter(kind="profile").exists()
    with pytest.raises(vault.EvidenceDamaged):
        vault.unseal(kept.sha256, kept.key_owner())
    assert LedgerEntry.objects.filter(verb="preservation_lapsed").count() == 1
    with pytest.raises(preservation.PreservationEnded):
        preservation.agree_to_preserve(made.pk, actor=world.reviewers[1])


def test_a_second_person_agrees_to_keep_it(world: World) -> None:
    """A person other than the first, who finds it in the list of waiting ones; then it is kept."""
    made = _preserved(world)
    (own,) = list_preservations(actor=world.reviewers[0])
    (others,) = list_preservations(actor=world.reviewers[1])
    assert (own.mine, others.mine, others.decision_id) == (True, False, made.pk)
    with pytest.raises(preservation.OwnPreservation):
        preservation.agree_to_preserve(made.pk, actor=world.reviewers[0])
    preservation.agree_to_preserve(made.pk, actor=world.reviewers[1])
    with frozen(made.preservation.lapses_at + DAY):
        assert expiry.end_restrictions() == 0
    assert originals_of([made.case]).filter(kind="profile").exists()
    assert list_preservations(actor=world.reviewers[1]) == ()
    with pytest.raises(IntegrityError, match="ends once"), transaction.atomic():
        Preservation.objects.update(agreed_at=None, agreed_by=None)


def test_the_row_of_a_preservation_takes_a_second_person(world: World) -> None:
    """The database knows who the first person was."""
    made = _preserved(world)
    with pytest.raises(IntegrityError, match="second person"), transaction.atomic():
        Preservation.objects.update(agreed_at=now(), agreed_by_id=made.decided_by_id)
