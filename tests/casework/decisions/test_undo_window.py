"""The undo window: an irreversible decision of two people is pending, can be undone, and commits exactly once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.factories import World, carry_through, in_review, new_report, report, vote

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Letter, Statement, Strike, Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.gate import current_lease
from jaga.cases.reads.history import history_of
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, InvalidInput, NotPermitted
from jaga.core.terms.cases import ActionState, DecisionKind, PendingEnd, UndoReason
from jaga.core.terms.reports import Channel, ReportRoute
from jaga.decisions.models import DecisionPause, PendingDecision
from jaga.decisions.reads import list_pending
from jaga.decisions.verbs import undo_window, voting
from jaga.decisions.verbs.undo_window import (
    NotYoursToUndo,
    TooLateToUndo,
    make_pending_decision,
    resume_decision,
    undo_decision,
)
from jaga.operators.models import OutgoingMail
from jaga.policy.release import load_release
from jaga.quality.models import AlarmAddress
from jaga.queue.reads.queue import list_own_votes, list_queue
from jaga.queue.reads.waiting import QueueFilter
from jaga.queue.verbs import leases, linked_accounts
from jaga.reporting.verbs import intake, mailbox
from jaga.signals.verbs import triage
from jaga.store.key_store.store import Sealed
from jaga.store.models import LedgerEntry
from jaga.webhooks.models import WebhookDelivery
from jaga.work import rescue

CLOSE, RESTRICT, DISMISS = DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS
DELAY = timedelta(minutes=10)


@pytest.fixture(autouse=True)
def delayed(settings: Any) -> None:
    settings.UNDO_WINDOW_SECONDS = None  # as the policy says


def state(case_id: int) -> CaseState:
    return CaseState(Case.objects.get(pk=case_id).state)


def agreed(world: World, **changes: Any) -> int:
    """A case that two reviewers agree to close; it waits."""
    case_id = in_review(**changes)
    for reviewer in world.reviewers[:2]:
        last = vote(case_id, CLOSE, reviewer)
    assert last == voting.Voted(CaseState.COMMITTING)
    return case_id


def pending(case_id: int) -> PendingDecision:
    return PendingDecision.objects.filter(case_id=case_id).latest("pk")


def at_its_moment(case_id: int, after: timedelta = timedelta(0)) -> bool:
    waits = pending(case_id)
    with frozen(waits.undo_until + after):
        return make_pending_decision(waits.pk, actor=SYSTEM)


def left_the_house() -> list[int]:
    """Everything that a closure sends or counts."""
    return [model.objects.count() for model in (Decision, Action, Statement, Strike, Letter, WebhookDelivery)]


def test_nothing_leaves_the_house_before_the_commit(world: World) -> None:
    """Only the restriction before it, with its letter: no strike, no message, nothing to reporters. At its time
    everything follows, and the case is closed.
    """
    case_id = agreed(world)
    assert (left_the_house(), state(case_id)) == ([1, 1, 1, 0, 0, 0], CaseState.COMMITTING)
    assert Decision.objects.get().awaits_id == pending(case_id).pk
    assert pending(case_id).undo_until - pending(case_id).made_at == load_release().enforcement.reading_time
    assert Case.objects.get(pk=case_id).decided_at is None
    assert at_its_moment(case_id) is True
    assert (state(case_id), left_the_house()[:4]) == (CaseState.ACTING, [2, 2, 2, 1])
    made, waited = Decision.objects.get(kind=CLOSE), pending(case_id)
    assert {made.decided_by_id, made.seconded_by_id} == {one.person_id for one in world.reviewers[:2]}
    assert (waited.end, made.decided_at) == (PendingEnd.COMMITTED, waited.undo_until)
    carry_through(case_id)
    assert state(case_id) is CaseState.RESOLVED


def test_the_job_is_promised_for_its_moment_in_the_same_commit(world: World) -> None:
    """It blocks no other job of the case; before its time it defers itself again."""
    case_id = agreed(world)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lock, scheduled_at FROM procrastinate_jobs WHERE task_name = 'jaga.make_pending_decision'"
        )
        assert cursor.fetchall() == [(f"commit:{pending(case_id).pk}", pending(case_id).undo_until)]
        assert make_pending_decision(pending(case_id).pk, actor=SYSTEM) is False
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'jaga.make_pending_decision'")
        assert cursor.fetchone() == (2,)
    assert state(case_id) is CaseState.COMMITTING


def test_a_lost_job_is_promised_anew(world: World) -> None:
    """A periodic task replaces a lost job once the time has passed; not before, and once."""
    case_id = agreed(world)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    assert rescue.defer_lost_work() == 0
    with frozen(pending(case_id).undo_until + timedelta(minutes=1)):
        assert (rescue.defer_lost_work(), rescue.defer_lost_work()) == (2, 0)  # the restriction before it, too


@settings(
    max_examples=example_count(6),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(calls=st.lists(st.sampled_from(["early", "commit", "undo", "rescue"]), min_size=1, max_size=8))
def test_what_waits_is_made_at_most_once(world: World, calls: list[str]) -> None:
    """However often and in whatever order job, periodic task and undo run: one end, at most one decision."""
    with transaction.atomic():
        case_id = agreed(world)
        waits, made, undone = pending(case_id), 0, False
        for call in calls:
            with frozen(waits.undo_until + timedelta(minutes=1) if call in ("commit", "rescue") else waits.made_at):
                match call:
                    case "undo" if not made and not undone:
                        undo_decision(case_id, actor=world.reviewers[0])
                        undone = True
                    case "undo":
                        with pytest.raises(TooLateToUndo):
                            undo_decision(case_id, actor=world.reviewers[0])
                    case "rescue":
                        rescue.defer_lost_work()
                    case _:
                        made += make_pending_decision(waits.pk, actor=SYSTEM)
        assert made == Decision.objects.filter(kind=CLOSE).count() == (1 if "commit" in calls and not undone else 0)
        assert Strike.objects.count() == made
        transaction.set_rollback(True)


@pytest.mark.parametrize("who", ["first", "second", "supervisor"])
def test_a_voter_or_a_supervisor_undoes_it(world: World, who: str) -> None:
    """The case returns to review at its old place, all votes are withdrawn, and both may vote again; the restriction
    before it never began.
    """
    case_id = agreed(world)
    actor = {"first": world.reviewers[0], "second": world.reviewers[1], "supervisor": world.supervisor}[who]
    rank = Case.objects.get(pk=case_id).rank_at
    undo_decision(case_id, reason=UndoReason.NEW_FACT, note="Ada bukti baru.", actor=actor)
    waited, case = pending(case_id), Case.objects.get(pk=case_id)
    assert (waited.end, waited.reason, waited.note, waited.ended_by_id) == (
        PendingEnd.UNDONE,
        UndoReason.NEW_FACT,
        "Ada bukti baru.",
        actor.person_id,
    )
    assert (case.state, case.rank_at, left_the_house()) == (CaseState.IN_REVIEW, rank, [1, 1, 1, 0, 0, 0])
    assert Action.objects.get().state == ActionState.ENDED
    assert (Vote.objects.count(), Vote.in_force.count()) == (2, 0)
    assert at_its_moment(case_id) is False
    assert [row.case_id for row in list_queue(QueueFilter(), actor=world.reviewers[0]).rows] == [case_id]
    assert vote(case_id, CLOSE, world.reviewers[1]) == voting.Voted(CaseState.SECOND_VOTE)
    assert vote(case_id, DISMISS, world.reviewers[0]) == voting.Voted(CaseState.ADJUDICATION)
    assert sorted(Vote.objects.values_list("round", flat=True)) == [1, 1, 2, 2]


def test_the_same_two_may_agree_again(world: World) -> None:
    """A second round waits again and is decided once, on the votes of that round."""
    case_id = agreed(world)
    undo_decision(case_id, actor=world.reviewers[0])
    vote(case_id, CLOSE, world.reviewers[1])
    assert vote(case_id, CLOSE, world.reviewers[0]).state is CaseState.COMMITTING
    assert at_its_moment(case_id)
    assert (Decision.objects.get(kind=CLOSE).decided_by_id, PendingDecision.objects.count()) == (
        world.reviewers[1].person_id,
        2,
    )


def test_others_do_not_undo_it(world: World) -> None:
    """A reviewer without a vote is refused, and so is a voter who is too late; *other* needs an explanation."""
    case_id = agreed(world)
    with pytest.raises(NotYoursToUndo):
        undo_decision(case_id, actor=world.reviewers[2])
    with pytest.raises(InvalidInput):
        undo_decision(case_id, reason=UndoReason.OTHER, actor=world.reviewers[0])
    with pytest.raises(InvalidInput):
        undo_decision(case_id, note="\x00", actor=world.reviewers[0])
    with frozen(pending(case_id).undo_until), pytest.raises(TooLateToUndo):
        undo_decision(case_id, actor=world.reviewers[0])
    assert at_its_moment(case_id)
    with pytest.raises(TooLateToUndo):
        undo_decision(case_id, actor=world.reviewers[0])
    assert Vote.in_force.count() == 2


def test_what_can_be_taken_back_later_does_not_wait(world: World) -> None:
    """A restriction is decided at once; dismissals are covered in `test_single_person_limits`."""
    assert vote(in_review(), RESTRICT, world.reviewers[0]).state is CaseState.ACTING
    assert not PendingDecision.objects.exists()


def test_a_redaction_waits_too_and_is_made_before_its_restriction(world: World) -> None:
    """Removed messages do not come back, so the measure waits with the redaction."""
    case_id = in_review()
    for reviewer in world.reviewers[:2]:
        vote(case_id, RESTRICT, reviewer, rooms=("!a:localhost",))
    assert state(case_id) is CaseState.COMMITTING
    assert at_its_moment(case_id)
    assert list(Decision.objects.order_by("pk").values_list("kind", flat=True)) == ["redact", "restrict"]


def test_what_a_supervisor_settles_waits_and_can_be_undone(world: World) -> None:
    """All three votes are withdrawn with it, and the next round starts from the beginning."""
    case_id = in_review()
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, DISMISS, world.reviewers[1])
    assert vote(case_id, CLOSE, world.supervisor).state is CaseState.COMMITTING
    undo_decision(case_id, actor=world.reviewers[1])
    assert (state(case_id), Vote.in_force.count()) == (CaseState.IN_REVIEW, 0)
    vote(case_id, CLOSE, world.reviewers[2])
    vote(case_id, DISMISS, world.reviewers[0])
    vote(case_id, CLOSE, world.supervisor)
    assert at_its_moment(case_id)
    made = Decision.objects.get(kind=CLOSE)
    assert (made.adjudicated, made.decided_by_id, made.seconded_by_id) == (
        True,
        world.supervisor.person_id,
        world.reviewers[2].person_id,
    )


def test_of_several_accounts_only_those_that_both_named_are_decided_at_the_commit(world: World) -> None:
    """Each account then has its own decision; while it waits no account can be added."""
    case_id = in_review()
    linked = linked_accounts.link_account(
        case_id, world.platform, "@kenanga:localhost", "Kontak yang sama di bio.", actor=world.reviewers[0]
    )
    reported = Case.objects.get(pk=case_id).subject_id
    vote(case_id, CLOSE, world.reviewers[0], accounts=(reported, linked.subject_id))
    vote(case_id, CLOSE, world.reviewers[1], accounts=(reported, linked.subject_id))
    with pytest.raises(IllegalTransition):
        linked_accounts.link_account(
            case_id, world.platform, "@melur:localhost", "Kontak yang sama di bio.", actor=world.reviewers[2]
        )
    assert at_its_moment(case_id)
    assert set(Decision.objects.values_list("subject_id", flat=True)) == {reported, linked.subject_id}


def _answers(case_id: int) -> None:
    mailbox.write_back(Report.objects.get(case_id=case_id).pk, "Akun itu bukan pelakunya.", actor=PUBLIC)


def _adds(case_id: int) -> None:
    mailbox.add_evidence(Report.objects.get(case_id=case_id).pk, mailbox.NewEvidence("Ada hal baru."), actor=PUBLIC)


def _withdraws(case_id: int) -> None:
    mailbox.withdraw_report(Report.objects.get(case_id=case_id).pk, actor=PUBLIC)


def _victim_speaks(case_id: int) -> None:
    intake.file_report(new_report(route=ReportRoute.VICTIM, source="s9"), actor=PUBLIC)


def _victim_shows(case_id: int) -> None:
    assert report(text="open BO, paspor ditahan", source="s8").case_id == case_id
    triage.triage_case(case_id, actor=SYSTEM)


@pytest.mark.parametrize(
    ("happens", "end"),
    [
        (_answers, PendingEnd.HEARD),
        (_adds, PendingEnd.HEARD),
        (_withdraws, PendingEnd.HEARD),
        (_victim_speaks, PendingEnd.VICTIM),
        (_victim_shows, PendingEnd.VICTIM),
    ],
)
def test_something_new_stops_it(world: World, happens: Callable[[int], None], end: PendingEnd) -> None:
    """After a reporter's unread message, or a sign of a victim, the case is judged again."""
    case_id = agreed(world)
    happens(case_id)
    assert (pending(case_id).end, state(case_id), Vote.in_force.count()) == (end, CaseState.IN_REVIEW, 0)
    assert (at_its_moment(case_id), Decision.objects.filter(kind=CLOSE).exists()) == (False, False)
    assert leases.take_lease(case_id, actor=world.reviewers[0]).fence


def test_one_more_report_joins_and_stops_nothing(world: World) -> None:
    """Otherwise somebody who reports all the time could keep an account open for ever."""
    case_id = agreed(world)
    assert report(source="s7").case_id == case_id
    triage.triage_case(case_id, actor=SYSTEM)
    assert (state(case_id), at_its_moment(case_id)) == (CaseState.COMMITTING, True)


def test_what_is_no_longer_allowed_is_not_done(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the policy changed meanwhile, the voters judged by other rules and must judge again."""
    case_id = agreed(world)
    monkeypatch.setattr(undo_window, "allowed_decisions", lambda *_: (DISMISS,))
    assert at_its_moment(case_id) is False
    assert (pending(case_id).end, state(case_id)) == (PendingEnd.NOT_ALLOWED, CaseState.IN_REVIEW)


@pytest.mark.parametrize(
    ("left", "waits"),
    [
        (timedelta(hours=5), timedelta(hours=4, minutes=59)),
        (timedelta(minutes=6), DELAY),
        (timedelta(seconds=30), DELAY),
        (timedelta(minutes=-5), DELAY),
    ],
)
def test_it_can_always_be_undone_overdue_or_not(world: World, left: timedelta, waits: timedelta) -> None:
    """A legal deadline shortens the reading time to a minute before it, but never the undo window."""
    case_id = in_review()
    Report.objects.filter(case_id=case_id).update(channel=Channel.MINISTRY)
    vote(case_id, CLOSE, world.reviewers[0])
    with frozen(Case.objects.get(pk=case_id).due_at - left):
        voted = vote(case_id, CLOSE, world.reviewers[1])
    assert pending(case_id).undo_until - pending(case_id).made_at == waits
    assert voted.state is CaseState.COMMITTING


def test_what_was_undone_stays_sealed(world: World) -> None:
    """A later voter does not learn from the history that others agreed; a voter sees their own vote."""
    case_id = agreed(world)
    undo_decision(case_id, actor=world.reviewers[0])
    assert LedgerEntry.objects.filter(verb="undo_decision").exists()
    carry_through(case_id)
    verbs = {entry.verb for entry in history_of(Case.objects.get(pk=case_id), actor=world.reviewers[2])}
    assert not verbs & {"cast_vote", "agree_decision", "undo_decision", "restrict_first", "restriction_over"}
    assert current_lease(Case.objects.get(pk=case_id), actor=world.reviewers[2]) is None
    assert [own.withdrawn for own in list_own_votes(actor=world.reviewers[0])] == [True]


def _write(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


_DECIDE = (
    "INSERT INTO records_decision (case_id, kind, legal_basis, ground, facts, rooms, automated_detection,"
    " policy_hash, decided_by_id, seconded_by_id, adjudicated, decided_at, subject_id)"
    " VALUES (%s, 'close', '', 'illegal_content', '', '[]', false, repeat('0', 64), %s, %s, false, %s, %s)"
)


def test_the_database_closes_nothing_alone_or_before_its_moment(world: World) -> None:
    """Raw SQL is refused: for one person, without a pending decision, too early, and on withdrawn votes."""
    case_id = in_review()
    one, two = (reviewer.person_id for reviewer in world.reviewers[:2])
    subject = Case.objects.get(pk=case_id).subject_id

    def refused(why: str, sql: str, *values: Any) -> None:
        with pytest.raises(IntegrityError, match=why), transaction.atomic():
            _write(sql, *values)

    vote(case_id, CLOSE, world.reviewers[0])
    refused("nobody_closes_alone", _DECIDE, case_id, one, None, now(), subject)
    vote(case_id, CLOSE, world.reviewers[1])
    waits = pending(case_id)
    refused("waits for its commit", _DECIDE, case_id, one, two, waits.undo_until - timedelta(seconds=1), subject)
    refused("waits for its commit", _DECIDE, case_id, two, one, waits.undo_until, subject)
    refused("never edited", "UPDATE records_pendingdecision SET undo_until = made_at")
    refused("never edited", "DELETE FROM records_pendingdecision")
    refused("not_before_its_time", "UPDATE records_pendingdecision SET \"end\" = 'committed', ended_at = made_at")
    refused("somebody_for_a_reason", "UPDATE records_pendingdecision SET \"end\" = 'undone', ended_at = now()")
    refused(
        "taken back only with",
        "INSERT INTO records_votewithdrawal (vote_id, pending_id, at) SELECT id, %s, now() FROM records_vote",
        waits.pk,
    )
    refused(
        "one vote of a person stands",
        "INSERT INTO records_vote (case_id, person_id, kind, legal_basis, ground,"
        " facts, rooms, accounts, elements, policy_hash, cast_at, round) SELECT case_id, person_id, kind,"
        " legal_basis, ground, facts, rooms, accounts, elements, policy_hash, cast_at, 2 FROM records_vote",
    )
    undo_decision(case_id, actor=world.reviewers[0])
    refused("votes that stand", _DECIDE, case_id, one, two, now() + DELAY, subject)
    refused("never edited", "UPDATE records_pendingdecision SET \"end\" = 'committed'")
    refused("append-only", "DELETE FROM records_votewithdrawal")
    refused(
        "two people",
        'INSERT INTO records_pendingdecision (case_id, vote_id, other_id, "both", adjudicated,'
        ' made_at, undo_until, "end", reason, note) SELECT case_id, vote_id, other_id, true, false, now(), now(),'
        " '', '', '' FROM records_pendingdecision",
    )


def _speaks(network: str, text: str = "Saya orangnya, tolong saya") -> None:
    """Somebody writes as the victim, without a name."""
    intake.file_report(new_report(route=ReportRoute.VICTIM, source=network, network=network, text=text), actor=PUBLIC)


def _spoken_against(world: World) -> int:
    """A closure that an anonymous victim stopped once, that was agreed on again, and got a second message."""
    case_id = agreed(world)
    _speaks("n1")
    assert state(case_id) is CaseState.IN_REVIEW
    triage.triage_case(case_id, actor=SYSTEM)
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer)
    _speaks("n2")
    return case_id


def test_an_anonymous_victim_stops_a_closure_once_and_then_makes_it_wait(world: World) -> None:
    """It cannot be stopped at will: the votes stay, nothing is committed automatically, and a supervisor is asked."""
    case_id = _spoken_against(world)
    assert (state(case_id), pending(case_id).end) == (CaseState.COMMITTING, "")
    assert at_its_moment(case_id, timedelta(hours=3)) is False
    with frozen(pending(case_id).undo_until + timedelta(hours=3)), connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'jaga.make_pending_decision'")
        rescue.defer_lost_work()
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'jaga.make_pending_decision'")
        assert cursor.fetchone() == (0,)
    with pytest.raises(IntegrityError), transaction.atomic():
        PendingDecision.objects.filter(pk=pending(case_id).pk).update(end="committed", ended_at=now() + DELAY)
    _speaks("n3")
    mailbox.write_back(Report.objects.filter(case_id=case_id).latest("pk").pk, "Jangan ditutup.", actor=PUBLIC)
    assert state(case_id) is CaseState.COMMITTING
    (waiting,) = list_pending(actor=world.supervisor)
    assert (waiting.waits_on, waiting.may_let_on, len(waiting.statements)) == (True, True, 3)


def test_a_supervisor_without_a_vote_who_has_read_it_lets_it_go_on_with_reasons(world: World) -> None:
    """A voter is refused, and so are a missing reason and an unread newer message; then the closure is decided."""
    case_id = _spoken_against(world)
    why, moment = "Laporan baru menyebut akun lain.", pending(case_id).undo_until + timedelta(minutes=5)
    with frozen(moment):
        with pytest.raises(NotPermitted):
            resume_decision(case_id, shown=1, why=why, actor=world.reviewers[0])
        with pytest.raises(InvalidInput):
            resume_decision(case_id, shown=1, why=" ya ", actor=world.supervisor)
        _speaks("n3")
        with pytest.raises(undo_window.Unread):
            resume_decision(case_id, shown=1, why=why, actor=world.supervisor)
        _speaks("n3", "Sekali lagi, dari jaringan yang sama")  # holds nobody up who has read the first
        resume_decision(case_id, shown=2, why=why, actor=world.supervisor)
        with pytest.raises(undo_window.NothingWaitsForYou):
            resume_decision(case_id, shown=3, why=why, actor=world.supervisor)
        _speaks("n2")  # was read
        assert make_pending_decision(pending(case_id).pk, actor=SYSTEM) is True
    assert state(case_id) is CaseState.ACTING
    wait = DecisionPause.objects.get()
    assert (wait.resumed_by_id, wait.why) == (world.supervisor.person_id, why)
    with pytest.raises(IntegrityError), transaction.atomic():
        DecisionPause.objects.update(why=Sealed("k1:lain"))


def test_a_supervisor_who_voted_lets_nothing_go_on(world: World) -> None:
    """Also one whose vote was withdrawn; the database refuses too. It can still be undone, even after its time."""
    case_id = agreed(world)
    _speaks("n1")
    triage.triage_case(case_id, actor=SYSTEM)
    for voter in (world.supervisor, world.reviewers[0]):
        vote(case_id, CLOSE, voter)
    _speaks("n2")
    with frozen(pending(case_id).undo_until + timedelta(minutes=5)):
        with pytest.raises(undo_window.VotedHere):
            resume_decision(case_id, shown=1, why="Sudah saya baca semuanya.", actor=world.supervisor)
        with pytest.raises(IntegrityError), transaction.atomic():
            DecisionPause.objects.update(
                resumed_by=world.supervisor.person_id, resumed_at=now(), why=Sealed("k1:dibaca")
            )
        assert not list_pending(actor=world.supervisor)[0].may_let_on
        undo_decision(case_id, actor=world.reviewers[0])
    assert state(case_id) is CaseState.IN_REVIEW


def test_supervisors_who_gave_an_address_are_called_once(world: World) -> None:
    """Only those who may decide; the mail says only that something waits."""
    AlarmAddress.objects.create(person_id=world.supervisor.person_id, email="s@contoh.example")
    _spoken_against(world)
    _speaks("n3")
    (mail,) = OutgoingMail.objects.all()
    assert mail.address == "s@contoh.example"
    assert "/console/pending/" in mail.body
    assert "@mawar" not in mail.body
