"""Possible victims: programs and reporters propose it, people confirm or lift it with two votes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import World, ballot, in_review, report, vote

from jaga.actions.verbs.attempts import open_tasks
from jaga.actions.verbs.authorisation import NotAuthorised, require_decision
from jaga.appeals.reads.statement import access_statement
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.models.reports import Report
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput
from jaga.core.terms.cases import DecisionKind, VictimCause, VictimSay, VictimState
from jaga.decisions.models import DecisionPause, PendingDecision
from jaga.decisions.reads import list_pending
from jaga.decisions.verbs.undo_window import VotedHere, make_pending_decision, resume_decision
from jaga.decisions.verbs.voting import NeedsAnotherVoter, cast_vote
from jaga.figures.reads.closed_counts import Span, victims
from jaga.policy.local_time import today
from jaga.queue.verbs import leases
from jaga.signals.models import VictimTurn
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code
from jaga.store.key_store.store import Sealed
from jaga.store.models import LedgerEntry

CLOSE, RESTRICT, DISMISS = DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS
CONFIRM, LIFT = VictimSay.CONFIRM, VictimSay.LIFT
SIGN = "open BO. Katanya paspor ditahan."


def state(case_id: int) -> VictimState:
    case = Case.objects.get(pk=case_id)
    assert case.victim_first == VictimState(case.victim_state).protects
    return VictimState(case.victim_state)


def proposed(**changes: Any) -> int:
    case_id = in_review(**{"text": SIGN, **changes})
    assert state(case_id) is VictimState.PROPOSED
    return case_id


def refused(case_id: int, world: World, kind: DecisionKind, **changes: Any) -> dict[str, str]:
    lease = leases.take_lease(case_id, actor=world.reviewers[2])
    with pytest.raises(InvalidInput) as caught:
        cast_vote(case_id, lease.fence, ballot(case_id, kind, **changes), actor=world.reviewers[2])
    leases.release_lease(case_id, actor=world.reviewers[2])
    return {error.field: error.code for error in caught.value.errors}


def lifted(world: World, **changes: Any) -> int:
    """Closed and lifted in one decision by two reviewers."""
    case_id = proposed(**changes)
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, victim=LIFT)
    assert state(case_id) is VictimState.LIFTED
    return case_id


def at_its_moment(case_id: int) -> bool:
    waits = PendingDecision.objects.filter(case_id=case_id).latest("pk")
    with frozen(waits.undo_until + timedelta(seconds=1)):
        return make_pending_decision(waits.pk, actor=SYSTEM)


def test_words_propose_and_nobody_else(world: World) -> None:
    """A program's finding is a proposal with its report; the ledger says no more than that."""
    case_id = proposed()
    turn = VictimTurn.objects.get()
    assert (turn.state, turn.cause, turn.case_id) == (VictimState.PROPOSED, VictimCause.WORDS, case_id)
    entry = LedgerEntry.objects.get(verb="propose_victim_first")
    assert (entry.payload, entry.actor) == ({"turn": turn.pk}, "system")


def test_no_program_confirms_or_lifts(world: World) -> None:
    """The database requires two corresponding votes, whatever code writes."""
    case_id = proposed()
    for after, first in (("confirmed", True), ("lifted", False), ("none", False)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Case.objects.filter(pk=case_id).update(victim_state=after, victim_first=first)
    vote(case_id, DISMISS, world.reviewers[0], victim=LIFT)
    with pytest.raises(IntegrityError, match="two people"), transaction.atomic():
        Case.objects.filter(pk=case_id).update(victim_state="lifted", victim_first=False)
    with pytest.raises(IntegrityError), transaction.atomic():
        VictimTurn.objects.update(state="lifted")


def test_while_it_is_proposed_nothing_closes_without_lifting(world: World) -> None:
    """A closure says that nobody is a victim; a restriction says one or the other."""
    case_id = proposed()
    assert refused(case_id, world, CLOSE) == {"kind": "not_allowed"}
    assert refused(case_id, world, CLOSE, victim=CONFIRM) == {"kind": "not_allowed"}
    assert refused(case_id, world, RESTRICT, victim=None) == {"victim": "missing"}


def test_two_who_agree_on_closing_and_lifting_do_both_in_one(world: World) -> None:
    """There is no round before the votes; the first is sealed, the second decides."""
    case_id = proposed()
    vote(case_id, CLOSE, world.reviewers[0], victim=LIFT)
    assert state(case_id) is VictimState.PROPOSED
    assert vote(case_id, CLOSE, world.reviewers[1], victim=LIFT).state is CaseState.ACTING
    assert state(case_id) is VictimState.LIFTED
    assert [entry.payload.keys() for entry in LedgerEntry.objects.filter(verb="cast_vote")] == [
        {"vote", "commitment"}
    ] * 2
    assert LedgerEntry.objects.get(verb="lift_victim_first").payload == {"turn": VictimTurn.objects.latest("pk").pk}
    assert not access_statement(appeal_code(Decision.objects.get().pk)).reasons_kept


def test_a_lifting_can_be_undone_before_it_counts(world: World, settings: Any) -> None:
    """Reasons that were read on a phone cannot be unread, so a restriction that lifts also waits, and protects until
    then.
    """
    settings.UNDO_WINDOW_SECONDS = 600
    case_id = proposed()
    for reviewer in world.reviewers[:2]:
        vote(case_id, RESTRICT, reviewer, victim=LIFT)
    assert (Case.objects.get().state, state(case_id)) == (CaseState.COMMITTING, VictimState.PROPOSED)
    assert at_its_moment(case_id)
    assert (Case.objects.get().state, state(case_id)) == (CaseState.ACTING, VictimState.LIFTED)


def test_a_dismissal_that_lifts_ends_the_case(world: World) -> None:
    """In the same way as all liftings."""
    case_id = proposed()
    for reviewer in world.reviewers[:2]:
        vote(case_id, DISMISS, reviewer, victim=LIFT, facts="", legal_basis="")
    assert (Case.objects.get().state, state(case_id)) == (CaseState.RESOLVED, VictimState.LIFTED)


def test_one_alone_lifts_and_confirms_nothing(world: World) -> None:
    """Votes that differ only in this differ: a supervisor settles it with the person who voted the same."""
    case_id = proposed()
    vote(case_id, RESTRICT, world.reviewers[0], victim=LIFT)
    assert vote(case_id, RESTRICT, world.reviewers[1], victim=CONFIRM).state is CaseState.ADJUDICATION
    with pytest.raises(NeedsAnotherVoter):
        vote(case_id, DISMISS, world.supervisor, victim=LIFT)
    assert state(case_id) is VictimState.PROPOSED
    vote(case_id, RESTRICT, world.supervisor, victim=CONFIRM)
    assert state(case_id) is VictimState.CONFIRMED
    assert access_statement(appeal_code(Decision.objects.get().pk)).reasons_kept


def test_people_confirm_what_no_program_saw(world: World) -> None:
    """Two people say so in a case without a proposal; one alone decides nothing, and nothing is closed."""
    case_id = in_review()
    assert refused(case_id, world, CLOSE, victim=CONFIRM) == {"kind": "not_allowed"}
    assert refused(case_id, world, CLOSE, victim=LIFT) == {"victim": "not_allowed"}
    assert vote(case_id, RESTRICT, world.reviewers[0], victim=CONFIRM).state is CaseState.SECOND_VOTE
    vote(case_id, RESTRICT, world.reviewers[1], victim=CONFIRM)
    assert state(case_id) is VictimState.CONFIRMED


def test_the_vote_is_sealed_with_what_it_says(world: World) -> None:
    """A vote changed by SQL no longer matches its commitment (checked before each step on a platform)."""
    case_id = lifted(world)
    (task,) = open_tasks(case_id)
    require_decision(task)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE records_vote DISABLE TRIGGER USER")
            cursor.execute("UPDATE records_vote SET victim = ''")
        with pytest.raises(NotAuthorised):
            require_decision(task)
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    "again",
    [
        SIGN,
        "OPEN BO!!! katanya paspor ditahan",
        "Katanya paspor ditahan",
        "open BO. Katanya paspor ditahan. Halo.",
    ],
    ids=["the same", "other signs", "the sentence alone", "with a greeting"],
)
def test_after_a_lifting_copies_propose_nothing(world: World, again: str) -> None:
    """Sent repeatedly, from other networks, in another category: the later case can be closed like any other."""
    lifted(world)
    for number in range(3):
        case_id = in_review(text=again, source=f"198.51.{100 + number}.0", category="gambling")
        assert state(case_id) is VictimState.NONE
    for reviewer in world.reviewers[:2]:
        last = vote(case_id, CLOSE, reviewer)
    assert last.state is CaseState.ACTING


def test_the_same_report_proposes_nothing_under_another_release(world: World) -> None:
    """It is screened again, and has nothing that people had not read."""
    earlier = proposed(category="fraud")
    moved = in_review(text="Menipu saya dua juta.", category="gambling")
    for reviewer in world.reviewers[:2]:
        vote(earlier, DISMISS, reviewer, victim=LIFT, facts="", legal_basis="")
    Report.objects.filter(case=earlier).update(case=moved, screened_by="")
    triage.triage_case(moved, actor=SYSTEM)
    assert state(moved) is VictimState.NONE


NEW = "Dia bilang tidak boleh keluar mess."


@pytest.mark.parametrize(
    "text", [NEW, "Katanya paspor ditahan oleh bosnya sejak bulan lalu."], ids=["another sign", "more words about it"]
)
def test_new_content_proposes_again_and_a_supervisor_decides_then(world: World, text: str) -> None:
    """A supervisor without a vote who read it, with reasons. Nothing continues it automatically, however late it is."""
    lifted(world)
    case_id = in_review(text=text, category="gambling")
    assert state(case_id) is VictimState.PROPOSED
    for reviewer in world.reviewers[:2]:
        last = vote(case_id, CLOSE, reviewer, victim=LIFT)
    assert (last.state, state(case_id)) == (CaseState.COMMITTING, VictimState.PROPOSED)
    assert at_its_moment(case_id) is False
    (seen,) = list_pending(actor=world.supervisor)
    assert (seen.lifting, seen.may_let_on, [one.text for one in seen.statements]) == (True, True, [text])
    assert list_pending(actor=world.reviewers[0])[0].statements == ()
    resume_decision(case_id, shown=1, why="Sudah saya baca; itu iklan salinan.", actor=world.supervisor)
    assert at_its_moment(case_id) is True
    assert state(case_id) is VictimState.LIFTED


def test_a_supervisor_who_voted_lets_no_lifting_go_on(world: World) -> None:
    """Neither by the verbs nor by SQL."""
    lifted(world)
    case_id = in_review(text=NEW, category="gambling")
    vote(case_id, CLOSE, world.reviewers[0], victim=LIFT)
    vote(case_id, CLOSE, world.supervisor, victim=LIFT)
    with pytest.raises(VotedHere):
        resume_decision(case_id, shown=1, why="Sudah saya baca semuanya.", actor=world.supervisor)
    with pytest.raises(IntegrityError, match="no vote in its case"), transaction.atomic():
        DecisionPause.objects.update(resumed_by_id=world.supervisor.person_id, resumed_at=now(), why=Sealed("k1:x"))
    with pytest.raises(IntegrityError, match="from the second time"), transaction.atomic():
        Case.objects.filter(pk=case_id).update(victim_state="lifted", victim_first=False)
    assert state(case_id) is VictimState.PROPOSED


def test_what_was_confirmed_once_is_proposed_in_each_later_case(world: World) -> None:
    """And lifted only with a supervisor."""
    confirmed = in_review()
    for reviewer in world.reviewers[:2]:
        vote(confirmed, RESTRICT, reviewer, victim=CONFIRM)
    case_id = in_review(category="gambling", text="Slot gacor.")
    assert state(case_id) is VictimState.PROPOSED
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, victim=LIFT)
    assert (Case.objects.get(pk=case_id).state, state(confirmed)) == (CaseState.COMMITTING, VictimState.CONFIRMED)


def test_a_sign_that_comes_while_a_lifting_waits_stops_it_once(world: World, settings: Any) -> None:
    """Its voters did not know about it; copies of what they read stop nothing. From the second time a supervisor reads
    it.
    """
    settings.UNDO_WINDOW_SECONDS = 600
    case_id = proposed()

    def agree() -> None:
        for reviewer in world.reviewers[:2]:
            vote(case_id, CLOSE, reviewer, victim=LIFT)
        assert Case.objects.get(pk=case_id).state == CaseState.COMMITTING

    def speak(text: str, network: str) -> None:
        assert report(text=text, source=network).case_id == case_id
        triage.triage_case(case_id, actor=SYSTEM)

    agree()
    speak(SIGN, "198.51.100.0")
    assert Case.objects.get().state == CaseState.COMMITTING
    speak(NEW, "198.51.101.0")
    assert Case.objects.get().state == CaseState.IN_REVIEW
    assert not Vote.in_force.exists()
    agree()
    speak("Tolong, gadis itu terlilit utang ke mami.", "198.51.102.0")
    assert Case.objects.get().state == CaseState.COMMITTING
    assert at_its_moment(case_id) is False


def test_a_sign_between_the_two_votes_is_read_by_a_supervisor(world: World) -> None:
    """The first voter lifted without having read it."""
    case_id = proposed()
    vote(case_id, CLOSE, world.reviewers[0], victim=LIFT)
    report(text=NEW, source="198.51.101.0")
    triage.triage_case(case_id, actor=SYSTEM)
    assert vote(case_id, CLOSE, world.reviewers[1], victim=LIFT).state is CaseState.COMMITTING
    assert DecisionPause.objects.get().report.text == NEW


def test_of_a_child_nothing_is_lifted(world: World) -> None:
    """Neither in its category nor, elsewhere, after a person saw a sign of a minor (see the tests of pictures)."""
    case_id = in_review(category="child_protection", text="Tolong diperiksa.")
    assert state(case_id) is VictimState.PROPOSED
    assert refused(case_id, world, RESTRICT, victim=LIFT) == {"victim": "not_allowed"}


def test_lifting_a_trafficking_case_opens_it_and_widens_nothing(world: World) -> None:
    """The possible decisions in the category do not change; a copy of its report brings nothing back."""
    case_id = in_review(category="trafficking", text="Menawarkan kerja di luar negeri tanpa kontrak yang jelas.")
    assert refused(case_id, world, CLOSE, victim=LIFT) == {"kind": "not_allowed"}
    for reviewer in world.reviewers[:2]:
        vote(case_id, RESTRICT, reviewer, victim=LIFT)
    assert state(case_id) is VictimState.LIFTED
    copied = report(
        category="trafficking", text="Menawarkan kerja di luar negeri tanpa kontrak yang jelas!", source="198.51.100.0"
    ).case_id
    assert copied != case_id
    triage.triage_case(copied, actor=SYSTEM)
    assert state(copied) is VictimState.LIFTED
    report(category="trafficking", text="Adik saya dijual lewat akun ini.", source="198.51.102.0")
    triage.triage_case(copied, actor=SYSTEM)
    assert state(copied) is VictimState.PROPOSED


def test_figures_leave_out_what_is_proposed_and_not_what_was_lifted(world: World) -> None:
    """Counted once its month is over, as things are then."""
    month = Span(today() - timedelta(days=1), today() + timedelta(days=1))
    case_id = in_review(category="trafficking", text="Menawarkan kerja di luar negeri tanpa kontrak yang jelas.")
    assert victims(month) == 1
    for reviewer in world.reviewers[:2]:
        vote(case_id, RESTRICT, reviewer, victim=LIFT)
    assert victims(month) == 0
