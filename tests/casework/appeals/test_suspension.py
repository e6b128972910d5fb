"""Suspension of a measure during an overdue appeal, on a platform; and the notice of an answer."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import ACCOUNT, CATEGORY, World, decided_closure, in_review, rows, vote
from tests.platforms.fake import FakeAccount, FakePlatform

from jaga.actions import jobs as job
from jaga.actions.verbs import attempts
from jaga.actions.verbs.verification import due_verifications, end_restriction, expire_restrictions
from jaga.appeals.jobs import deliver_notices_of
from jaga.appeals.models import Appeal, AppealNews, AppealRest
from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals, suspension
from jaga.appeals.verbs.suspension import HadAVote
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Action, Decision, Outcome, Statement, Verification
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, InvalidInput, NotPermitted
from jaga.core.platforms import StepResult
from jaga.core.terms.cases import AccountState, ActionKind, ActionState, AppealState, DecisionKind, OutcomeKind, Step
from jaga.core.terms.people import Role
from jaga.operators.models import PlatformHealth
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

TEXT, WHY = "Bukan saya yang menulis itu.", "Banding ini sudah terlalu lama menunggu."
LATE = timedelta(days=8)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    platform = FakePlatform()
    platform.accounts[ACCOUNT] = FakeAccount("rahasia", sessions={"session"})
    monkeypatch.setattr("jaga.actions.jobs.adapter_for", lambda name: platform)
    return platform


def carry_out(case_id: int) -> None:
    """Run the case's job once the pauses of its attempts and its platform are over."""
    Action.objects.filter(decision__case_id=case_id).update(next_attempt_at=None)
    PlatformHealth.objects.update(open_until=None)
    job.carry_out(case_id)


def code_of(case_id: int) -> str:
    return appeal_code(Decision.objects.filter(case_id=case_id, kind__in=("restrict", "close")).latest("pk").pk)


def appealed(case_id: int) -> Appeal:
    carry_out(case_id)
    return appeals.file_appeal(code_of(case_id), TEXT, actor=HOLDER)


def closed(world: World, **changes: Any) -> tuple[int, Appeal]:
    case_id = decided_closure(world, **changes)
    return case_id, appealed(case_id)


def restricted(world: World, **changes: Any) -> tuple[int, Appeal]:
    case_id = in_review(category=changes.pop("category", CATEGORY))
    restrict(case_id, world, **changes)
    return case_id, appealed(case_id)


def restrict(case_id: int, world: World, **changes: Any) -> None:
    """Restrict for longer than one person may, so that it is still in force when an appeal is overdue."""
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, **{"restrict_days": None} | changes)


def rest(appeal: Appeal, actor: Actor, rests: bool = True, reasons: str = WHY) -> AppealRest:
    with frozen(now() + LATE):
        return suspension.decide_rest(appeal.pk, rests=rests, reasons=reasons, actor=actor)


def answer(appeal: Appeal, world: World, overturn: bool) -> None:
    with frozen(now() + LATE):
        appeals.decide_appeal(
            appeal.pk, overturn=overturn, reasons="Diperiksa lagi oleh orang lain.", actor=world.reviewers[2]
        )


def state_of(fake: FakePlatform) -> AccountState:
    return fake.accounts[ACCOUNT].state


def test_a_restriction_rests_and_goes_on_after_the_answer(world: World, fake: FakePlatform) -> None:
    """Released, shown on the page, and restricted again once the decision is upheld; each action is verified."""
    case_id, appeal = restricted(world)
    assert state_of(fake) is AccountState.RESTRICTED
    rest(appeal, world.supervisor)
    carry_out(case_id)
    assert state_of(fake) is AccountState.ACTIVE
    held = access_statement(code_of(case_id)).appeal
    assert held is not None
    assert held.rests_since is not None
    assert held.rest_reasons == WHY
    assert Verification.objects.filter(action__rest__isnull=False, result="confirmed").count() == 1
    assert LedgerEntry.objects.filter(verb="decide_rest", payload__rests=True).count() == 1
    answer(appeal, world, overturn=False)
    carry_out(case_id)
    assert state_of(fake) is AccountState.RESTRICTED
    assert LedgerEntry.objects.filter(verb="end_rest", payload__continues=True).exists()
    held = access_statement(code_of(case_id)).appeal
    assert held is not None
    assert held.rests_since is None
    assert not Action.objects.exclude(state=ActionState.DONE).exists()


def test_a_closed_account_comes_back_restricted_only(world: World, fake: FakePlatform) -> None:
    """It is closed again by the same decision once that is upheld; verification continues."""
    case_id, appeal = closed(world)
    rest(appeal, world.supervisor)
    carry_out(case_id)
    assert state_of(fake) is AccountState.RESTRICTED
    assert access_statement(code_of(case_id)).has_access  # it has a new password, for its holder alone
    with frozen(now() + timedelta(days=2)):
        assert due_verifications() == ()  # nobody alarms since the closed account is seen open
    answer(appeal, world, overturn=False)
    carry_out(case_id)
    assert state_of(fake) is AccountState.CLOSED
    assert not access_statement(code_of(case_id)).has_access
    letters = [text for _, text in fake.accounts[ACCOUNT].notices]
    assert ["Akun Anda ditutup." in text for text in letters] == [True, False]  # the letter is not sent twice
    assert "tindakan atas\nakun itu ditangguhkan" in letters[1]
    assert "dipulihkan" not in letters[1]
    with frozen(now() + timedelta(days=2)):
        assert due_verifications()


def test_a_won_appeal_gives_the_resting_account_back(world: World, fake: FakePlatform) -> None:
    """Also if the suspension could not be carried out yet: it does not keep a wrong decision in force."""
    for carried in (True, False):
        case_id, appeal = closed(world, category="gambling" if carried else "fraud")
        rest(appeal, world.supervisor)
        if carried:
            carry_out(case_id)
        answer(appeal, world, overturn=True)
        carry_out(case_id)
        assert state_of(fake) is AccountState.ACTIVE
        assert Case.objects.get(pk=case_id).state == "resolved"


def test_only_a_supervisor_without_a_vote_decides_it_with_reasons_and_once(world: World, fake: FakePlatform) -> None:
    """No program, no voter, nobody else; not before it is overdue, and not twice."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    vote(case_id, DecisionKind.CLOSE, world.supervisor)
    appeal = appealed(case_id)
    before = rows()
    with pytest.raises(HadAVote):
        rest(appeal, world.supervisor)
    for actor in (SYSTEM, CLI, HOLDER, world.officer, world.reviewers[2]):
        with pytest.raises(NotPermitted):
            rest(appeal, actor)
    assert rows() == before
    other = supervisor(world)
    before = rows()
    with pytest.raises(InvalidInput):
        rest(appeal, other, reasons="ya")
    with pytest.raises(suspension.NotOverdue):
        suspension.decide_rest(appeal.pk, rests=True, reasons=WHY, actor=other)
    assert rows() == before
    rest(appeal, other)
    with pytest.raises(suspension.RestDecided):
        rest(appeal, other, rests=False)


def supervisor(world: World) -> Actor:
    from jaga.people.models import Person
    from jaga.people.verbs import people

    of = Person.objects.get(pk=world.supervisor.person_id or 0).organisation_id
    made = people.create_person(people.NewPerson("ratna", "Ratna", of, (Role.SUPERVISOR,)), actor=CLI)
    return people.actor_for(made)


def test_it_can_stay_in_force_with_reasons(world: World, fake: FakePlatform) -> None:
    """This is a decision too: the page shows it, and nothing is done on the platform."""
    case_id, appeal = closed(world)
    rest(appeal, world.supervisor, rests=False)
    carry_out(case_id)
    assert state_of(fake) is AccountState.CLOSED
    held = access_statement(code_of(case_id)).appeal
    assert held is not None
    assert (held.rests_since, held.rest_refused_at is not None, held.rest_reasons) == (None, True, WHY)


def test_a_victim_first_measure_never_rests(world: World, fake: FakePlatform) -> None:
    """The account would return to the person who controls its holder."""
    case_id, appeal = restricted(world)
    Case.objects.filter(pk=case_id).update(victim_first=True, victim_state="proposed")
    with pytest.raises(suspension.NeverRests):
        rest(appeal, world.supervisor)
    rest(appeal, world.supervisor, rests=False)


def test_where_the_platform_cannot_restrict_a_closure_does_not_rest(world: World, fake: FakePlatform) -> None:
    """One person cannot bring an account back without a restriction."""
    _, appeal = closed(world)
    Platform.objects.update(capabilities={"restore": {"supported": True}, "restrict": {"supported": False}})
    with pytest.raises(suspension.CannotRest):
        rest(appeal, world.supervisor)


def test_an_account_that_another_case_closed_does_not_come_back(world: World, fake: FakePlatform) -> None:
    """Neither if it was closed before the decision nor if it was closed between the decision and its execution."""
    case_id, appeal = closed(world)
    other, second = closed(world, category="gambling")
    with pytest.raises(suspension.HeldElsewhere):
        rest(appeal, world.supervisor)
    answer(second, world, overturn=True)
    carry_out(other)
    rest(appeal, world.supervisor)
    decided_closure(world, category="fraud")
    carry_out(case_id)
    assert state_of(fake) is AccountState.CLOSED
    assert Action.objects.get(rest__isnull=False, kind=ActionKind.RESTORE).state == ActionState.ENDED


def test_what_rests_does_not_hold_an_account_that_another_appeal_gave_back(world: World, fake: FakePlatform) -> None:
    """If one of two restrictions is suspended and the other overturned, the account is open."""
    case_id, appeal = restricted(world)
    other, second = restricted(world, category="gambling")
    with pytest.raises(suspension.HeldElsewhere):
        rest(appeal, world.supervisor)
    answer(second, world, overturn=True)
    carry_out(other)
    assert state_of(fake) is AccountState.RESTRICTED
    rest(appeal, world.supervisor)
    carry_out(case_id)
    assert state_of(fake) is AccountState.ACTIVE
    third, last = restricted(world, category="fraud")
    assert state_of(fake) is AccountState.RESTRICTED
    answer(last, world, overturn=True)
    carry_out(third)
    assert state_of(fake) is AccountState.ACTIVE


def test_a_restriction_whose_own_end_comes_first_does_not_go_on(world: World, fake: FakePlatform) -> None:
    """If its seven days end before the answer, nothing restricts the account any more, upheld or not."""
    case_id, appeal = restricted(world, restrict_days=30)
    rest(appeal, world.supervisor)
    carry_out(case_id)
    with frozen(now() + timedelta(days=31)):
        assert expire_restrictions() == ()
        appeals.decide_appeal(appeal.pk, overturn=False, reasons="Keputusan itu benar.", actor=world.reviewers[2])
        carry_out(case_id)
    assert state_of(fake) is AccountState.ACTIVE


def test_a_restriction_that_went_on_still_ends_by_itself(world: World, fake: FakePlatform) -> None:
    """The end is part of the decision, and the suspension does not change it."""
    case_id, appeal = restricted(world, restrict_days=30)
    rest(appeal, world.supervisor)
    carry_out(case_id)
    answer(appeal, world, overturn=False)
    carry_out(case_id)
    assert state_of(fake) is AccountState.RESTRICTED
    with frozen(now() + timedelta(days=31)):
        (decision_id,) = expire_restrictions()
        assert end_restriction(decision_id, actor=SYSTEM)
        carry_out(case_id)
    assert state_of(fake) is AccountState.ACTIVE


def refused_by_database(sql: str, *values: str | int | None) -> None:
    wanted = pytest.raises(IntegrityError, match="jaga: ")
    with wanted, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


INSERT = (
    "INSERT INTO records_action (decision_id, rest_id, kind, sequence, state, attempts, created_at)"
    " VALUES (%s, %s, %s, 9, 'pending', 0, now())"
)


def test_the_database_lets_nothing_rest_that_nobody_decided(world: World, fake: FakePlatform) -> None:
    """No action without its suspension, no action that it does not permit, and no suspension by a voter."""
    _, appeal = closed(world)
    voter = world.reviewers[0].person_id
    refused_by_database(
        "INSERT INTO records_appealrest (appeal_id, rests, reasons, decided_by_id, decided_at)"
        " VALUES (%s, true, 'k1:x', %s, now())",
        appeal.pk,
        voter,
    )
    refused_by_database(INSERT, appeal.decision_id, None, "restore")
    made = rest(appeal, world.supervisor)
    refused_by_database(INSERT, appeal.decision_id, made.pk, "close")
    refused_by_database("UPDATE records_appealrest SET rests = false")
    refused_by_database("UPDATE records_action SET rest_id = NULL WHERE rest_id IS NOT NULL")
    answer(appeal, world, overturn=False)
    refused_by_database("UPDATE records_appealrest SET ended_at = now()")
    refused_by_database(
        "INSERT INTO records_action (decision_id, rest_id, kind, sequence, state, attempts, created_at)"
        " VALUES (%s, %s, 'redact', 9, 'pending', 0, now())",
        appeal.decision_id,
        made.pk,
    )


def test_a_rest_that_was_written_by_sql_moves_nothing(world: World, fake: FakePlatform) -> None:
    """The worker checks the commitment that the verb wrote."""
    case_id, appeal = closed(world)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_appealrest (appeal_id, rests, reasons, decided_by_id, decided_at)"
            " VALUES (%s, true, 'k1:x', %s, now()) RETURNING id",
            [appeal.pk, world.supervisor.person_id],
        )
        cursor.execute(INSERT, [appeal.decision_id, cursor.fetchone()[0], "restore"])
    carry_out(case_id)
    assert state_of(fake) is AccountState.CLOSED
    assert Outcome.objects.filter(readings=[["decision", "verb"]]).count() == 1


def test_an_appeal_that_is_answered_rests_no_more(world: World, fake: FakePlatform) -> None:
    """It can no longer be suspended, and a suspension that was not carried out yet is ended."""
    case_id, appeal = restricted(world)
    rest(appeal, world.supervisor)
    answer(appeal, world, overturn=False)
    carry_out(case_id)
    assert state_of(fake) is AccountState.RESTRICTED
    other, second = closed(world, category="gambling")
    answer(second, world, overturn=False)
    with pytest.raises(suspension.NotOverdue):
        rest(second, world.supervisor)
    assert not Action.objects.filter(decision__case_id=other, rest__isnull=False).exists()


def test_a_measure_that_is_under_way_does_not_rest(world: World, fake: FakePlatform) -> None:
    """The measure must be done, or ended, first."""
    case_id = decided_closure(world)
    appeal = appeals.file_appeal(code_of(case_id), TEXT, actor=HOLDER)
    with pytest.raises(IllegalTransition):
        rest(appeal, world.supervisor)


@pytest.fixture
def news(fake: FakePlatform, monkeypatch: pytest.MonkeyPatch) -> FakePlatform:
    monkeypatch.setattr("jaga.appeals.jobs.adapter_for", lambda name: fake)
    return fake


def told(world: World) -> int:
    with frozen(now() + LATE + timedelta(minutes=1)):
        return deliver_notices_of(world.platform)


def test_the_holder_is_told_on_the_platform_that_the_decision_stands(world: World, news: FakePlatform) -> None:
    """Once, in both languages, with the address of the answer; without a code, a reason or a category."""
    case_id, appeal = restricted(world)
    answer(appeal, world, overturn=False)
    assert (told(world), told(world)) == (1, 0)
    letter, notice = (text for _, text in news.accounts[ACCOUNT].notices)
    assert "Keputusan itu tetap berlaku." in notice
    assert "The decision stands." in notice
    for secret in (code_of(case_id), "Diperiksa lagi", "prostitusi", "prostitution", "Pasal"):
        assert secret not in notice
    assert letter != notice
    assert LedgerEntry.objects.filter(verb="tell_upheld", payload__delivered=True).count() == 1


def test_of_two_workers_one_tells_the_holder(world: World, news: FakePlatform) -> None:
    """While another worker is at the account nothing is sent and no attempt is used: otherwise both would find nothing
    and send it.
    """
    _case_id, appeal = restricted(world)
    answer(appeal, world, overturn=False)
    there = {
        key: value
        for key, value in connection.get_connection_params().items()
        if key in ("dbname", "user", "password", "host", "port") and value
    }
    with psycopg.connect(**there, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"jaga subject {world.platform} {ACCOUNT}"])
        assert told(world) == 0
        assert len(news.accounts[ACCOUNT].notices) == 1  # the statement
        assert AppealNews.objects.get().attempts == 0
    assert told(world) == 1


def test_the_news_of_a_restoration_is_one_letter_however_often_it_is_tried(world: World, news: FakePlatform) -> None:
    """A worker that dies after sending is followed by one that sends the same words some minutes later: on a platform
    without message keys only the words show that it was sent.
    """
    case_id, appeal = closed(world)
    answer(appeal, world, overturn=True)
    action = Action.objects.get(decision__case_id=case_id, kind=ActionKind.RESTORE)
    attempts.start_attempt(action.pk, actor=SYSTEM)
    attempts.record_step(action.pk, Step.RESTORE, StepResult(OutcomeKind.DONE, "seen"), actor=SYSTEM)
    first = attempts.holder_text(action.pk)
    with frozen(now() + timedelta(minutes=3)):
        assert attempts.holder_text(action.pk) == first


def test_a_closed_account_reads_nothing_and_an_overturned_one_is_told_by_its_restoration(
    world: World,
    news: FakePlatform,
) -> None:
    """It is given up at once if nobody can read it; a successful appeal has its own message."""
    _case_id, appeal = closed(world)
    answer(appeal, world, overturn=False)
    assert told(world) == 0
    assert AppealNews.objects.get().why == "cannot_be_read"
    assert AppealNews.objects.get().ended_at is not None
    _other, second = closed(world, category="gambling")
    answer(second, world, overturn=True)
    assert not AppealNews.objects.filter(appeal=second).exists()
    assert Appeal.objects.get(pk=second.pk).state == AppealState.OVERTURNED
    assert Statement.objects.count() == 2
