"""Queues, clearances, and verbs that move a case without deciding it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from tests.examples import example_count
from tests.factories import PLATFORM, World, ballot, clear, in_review, new_request, report, vote

from jaga.appeals.models import Appeal
from jaga.appeals.reads.appeals import access_appeal, list_appeals
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, Lease, Platform, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.reads.gate import access_case, access_case_history
from jaga.core.actors import CLI, PUBLIC, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind, NoteKind, Severity, VictimState
from jaga.core.terms.people import Clearance, Language, Role
from jaga.core.terms.reports import Channel, ReportRoute
from jaga.decisions.verbs import voting
from jaga.people.verbs import people
from jaga.people.verbs import trusted_flaggers as skills_and_clearances
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.queue.models import CaseNote, PersonClearance, Skip
from jaga.queue.reads.queue import list_queue, list_skipped, next_in_queue
from jaga.queue.reads.routing import queues_in_use, unseen_queues
from jaga.queue.reads.waiting import QueueFilter, count_waiting, waiting_for
from jaga.queue.verbs import assignment, leases
from jaga.queue.verbs import assignment as queue_rules
from jaga.reporting.verbs import mailbox
from jaga.signals.verbs import triage
from jaga.store.key_store.store import Sealed
from jaga.store.models import LedgerEntry

CHILD = {"category": "child_protection", "account": "@anak:localhost"}
REASON = "Menunggu jawaban pelapor."


def shown(actor: Actor, **wanted: Any) -> list[int]:
    """The case numbers on the queue's first page."""
    return [row.case_id for row in list_queue(QueueFilter(**wanted), actor=actor).rows]


def outsider(world: World, role: Role = Role.REVIEWER, name: str = "citra") -> Actor:
    """Another reviewer, without clearance and skills."""
    new = people.NewPerson(name, name.title(), world.supervisor.organisation_id or 0, (role,))
    return people.actor_for(people.create_person(new, actor=CLI))


def entered(verb: str, case_id: int | None = None) -> bool:
    return LedgerEntry.objects.filter(verb=verb, case_ref=case_id).exists()


@pytest.mark.parametrize(
    ("changes", "queue"),
    [
        ({}, "general"),
        ({"category": "child_protection"}, "child_safety"),
        ({"category": "trafficking"}, "victims"),
        ({"language": Language.ENGLISH}, "english"),
        ({"route": ReportRoute.VICTIM}, "general"),
    ],
)
def test_a_case_waits_where_the_first_fitting_rule_says(world: World, changes: dict[str, Any], queue: str) -> None:
    """The queue is chosen when the case is opened, so that nobody sees a restricted case for a moment; and again after
    triage.
    """
    filed = report(**changes)
    assert Case.objects.get(pk=filed.case_id).queue == queue
    triage.triage_case(filed.case_id, actor=SYSTEM)
    case = Case.objects.select_related("subject__platform").get(pk=filed.case_id)
    assert (case.queue, case.routed_by) == (queue, load_release().hash)
    assert queue_rules.placed(case, load_release()).why.en


def test_what_becomes_victim_first_goes_to_that_queue(world: World) -> None:
    """The findings of triage count, and the ledger says that the rules moved it."""
    case_id = in_review(text="open BO, paspor ditahan")
    case = Case.objects.get(pk=case_id)
    assert case.victim_first
    assert case.queue == "victims"
    assert entered("route_case", case_id)


def test_an_authoritys_case_goes_to_the_queue_for_them(world: World) -> None:
    """By the channel of the report that opened the case."""
    filed = requests.file_request(new_request(), actor=world.officer)
    assert Case.objects.get(pk=filed.case_id).queue == "authorities"


def test_only_the_cleared_see_a_case_of_child_safety(world: World) -> None:
    """For everybody else the case is in no list, has no page and no lease, as if it did not exist."""
    case_id, stranger = in_review(**CHILD), outsider(world)
    assert case_id in shown(world.reviewers[0])
    assert access_case(case_id, actor=world.reviewers[0]).pk == case_id
    assert shown(stranger) == []
    assert next_in_queue(actor=stranger) is None
    for gate in (access_case, access_case_history):
        with pytest.raises(NotFound):
            gate(case_id, actor=stranger)
    with pytest.raises(NotFound):
        leases.take_lease(case_id, actor=stranger)
    for step in (
        lambda: assignment.assign_case(case_id, stranger.person_id or 0, actor=stranger),
        lambda: assignment.skip_case(case_id, actor=stranger),
        lambda: assignment.add_note(case_id, "Halo.", actor=stranger),
        lambda: queue_rules.reroute_case(case_id, "general", REASON, actor=stranger),
    ):
        with pytest.raises(NotFound):
            step()


def test_the_database_gives_no_lease_to_the_uncleared(world: World) -> None:
    """Whatever code writes; people with the clearance get their lease."""
    case_id, stranger, moment = in_review(**CHILD), outsider(world), now()

    def lease(person: int | None) -> None:
        Lease.objects.create(
            case_id=case_id, holder_id=person, fence=7, taken_at=moment, expires_at=moment + timedelta(minutes=5)
        )

    with pytest.raises(IntegrityError, match="held by the cleared alone"), transaction.atomic():
        lease(stranger.person_id)
    lease(world.reviewers[0].person_id)


def test_a_clearance_is_given_by_another_with_a_reason_and_ends(world: World) -> None:
    """By a supervisor, never for oneself, for a year at most; when it ends, all access ends at once."""
    case_id, stranger = in_review(**CHILD), outsider(world)
    until = today() + timedelta(days=90)

    def give(actor: Actor, **changes: Any) -> int:
        told = {"reason": "Pelatihan selesai.", "until": until, **changes}
        return skills_and_clearances.give_clearance(
            stranger.person_id or 0, Clearance.CHILD_SAFETY, told["reason"], told["until"], actor=actor
        )

    with pytest.raises(NotPermitted):
        give(world.reviewers[0])
    with pytest.raises(skills_and_clearances.OwnClearance):
        skills_and_clearances.give_clearance(
            world.supervisor.person_id or 0, Clearance.CHILD_SAFETY, REASON, until, actor=world.supervisor
        )
    for wrong in (
        {"reason": " "},
        {"until": None},
        {"until": today() + timedelta(days=400)},
        {"until": today() - timedelta(days=1)},
    ):
        with pytest.raises(InvalidInput):
            give(world.supervisor, **wrong)
    number = give(world.supervisor)
    with pytest.raises(skills_and_clearances.ClearedAlready):
        give(world.supervisor)
    leases.take_lease(case_id, actor=stranger)
    assignment.assign_case(case_id, stranger.person_id or 0, actor=stranger)
    skills_and_clearances.end_clearance(number, "Pindah tugas.", actor=world.supervisor)
    with pytest.raises(NotFound):
        access_case(case_id, actor=stranger)
    assert not Lease.objects.filter(case=case_id, released_at__isnull=True).exists()
    assert Case.objects.get(pk=case_id).assigned_to is None
    assert entered("give_clearance")
    assert entered("end_clearance")
    give(world.supervisor)
    with frozen(now() + timedelta(days=91)), pytest.raises(NotFound):
        access_case(case_id, actor=stranger)
    with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
        PersonClearance.objects.filter(person=stranger.person_id).update(reason="Lain.")


def test_a_queue_that_nobody_can_see_is_told_to_supervisors(world: World) -> None:
    """With fewer than two people: final decisions take two votes."""
    in_review(**CHILD)
    assert unseen_queues(actor=world.supervisor) == ()
    PersonClearance.objects.exclude(person=world.reviewers[0].person_id).update(ended_at=now())
    assert [(one.queue.key, one.people) for one in unseen_queues(actor=world.supervisor)] == [("child_safety", 1)]
    people.deactivate_person(world.reviewers[0].person_id or 0, actor=CLI)
    assert [one.people for one in unseen_queues(actor=world.supervisor)] == [0]
    with pytest.raises(NotPermitted):
        unseen_queues(actor=world.reviewers[1])


def test_a_skill_brings_cases_and_loses_none(world: World) -> None:
    """While nobody has it, the queue is everybody's; afterwards it belongs to those people and the supervisors."""
    case_id = in_review(language=Language.ENGLISH)
    first, second, _ = world.reviewers
    assert shown(first) == shown(second) == [case_id]
    skills_and_clearances.set_skills(first.person_id or 0, frozenset({"english"}), actor=world.supervisor)
    assert shown(first) == shown(world.supervisor) == [case_id]
    assert shown(second) == []
    assert access_case(case_id, actor=second).pk == case_id  # a skill keeps nobody out
    people.deactivate_person(first.person_id or 0, actor=CLI)
    assert shown(second) == [case_id]
    with pytest.raises(InvalidInput):
        skills_and_clearances.set_skills(second.person_id or 0, frozenset({"flying"}), actor=world.supervisor)
    with pytest.raises(NotPermitted):
        skills_and_clearances.set_skills(second.person_id or 0, frozenset(), actor=first)


def test_a_case_goes_by_hand_into_another_queue_and_back_to_the_rules(world: World) -> None:
    """It stays there, whatever triage finds; but it never leaves a queue with a clearance."""
    case_id, closed, actor = in_review(), in_review(**CHILD), world.reviewers[0]
    queue_rules.reroute_case(case_id, "english", REASON, actor=actor)
    triage.triage_case(case_id, actor=SYSTEM)
    assert Case.objects.get(pk=case_id).queue == "english"
    assert CaseNote.objects.get(case=case_id).kind == NoteKind.REROUTE
    queue_rules.reroute_case(case_id, "", REASON, actor=actor)
    assert Case.objects.get(pk=case_id).queue == "general"
    for number, queue in ((closed, "general"), (case_id, "nowhere")):
        with pytest.raises(InvalidInput):
            queue_rules.reroute_case(number, queue, REASON, actor=actor)
    queue_rules.reroute_case(case_id, "child_safety", REASON, actor=actor)
    assert Case.objects.get(pk=case_id).clearance == Clearance.CHILD_SAFETY


def test_what_the_rules_close_leaves_whoever_is_not_cleared(world: World) -> None:
    """Lease and assignment of people without the clearance end when the case is routed."""
    case_id, stranger = in_review(), outsider(world)
    leases.take_lease(case_id, actor=stranger)
    assignment.assign_case(case_id, stranger.person_id or 0, actor=stranger)
    Case.objects.filter(pk=case_id).update(category="child_protection")
    triage.triage_case(case_id, actor=SYSTEM)
    case = Case.objects.get(pk=case_id)
    assert (case.queue, case.clearance, case.assigned_to_id) == ("child_safety", "child_safety", None)
    assert not case.leases.filter(released_at__isnull=True).exists()


def test_cases_of_an_older_release_are_routed_by_this_one(world: World) -> None:
    """Only waiting cases; a decided case keeps its queue."""
    case_id, done = in_review(language=Language.ENGLISH), in_review(account="@lain:localhost")
    vote(done, DecisionKind.DISMISS, world.reviewers[0])
    Case.objects.update(queue="general", routed_by="")
    assert queue_rules.route_by_this_release() == 1
    assert queue_rules.route_by_this_release() == 0
    assert Case.objects.get(pk=case_id).queue == "english"


def test_an_assigned_case_stands_on_top_of_its_persons_queue_alone(world: World) -> None:
    """Others see it at its usual place with the name; only its person and supervisors can end the assignment."""
    early, late = in_review(), in_review(account="@kedua:localhost")
    first, second, _ = world.reviewers
    assignment.assign_case(late, first.person_id or 0, actor=first)
    assert shown(first) == [late, early]
    assert shown(second) == [early, late]
    assert shown(first, whose="mine") == [late]
    assert shown(second, whose="free") == [early]
    assert next_in_queue(actor=first) == late
    assert next_in_queue(but=early, actor=second) == late  # rather than nothing
    with pytest.raises(NotPermitted):
        assignment.assign_case(early, first.person_id or 0, actor=second)
    with pytest.raises(assignment.AssignedElsewhere):
        assignment.assign_case(late, second.person_id or 0, actor=second)
    with pytest.raises(assignment.AssignedElsewhere):
        assignment.unassign_case(late, actor=second)
    assignment.assign_case(late, second.person_id or 0, actor=world.supervisor)
    assignment.unassign_case(late, actor=second)
    assert Case.objects.get(pk=late).assigned_to is None
    with pytest.raises(InvalidInput):
        assignment.assign_case(late, world.officer.person_id or 0, actor=world.supervisor)


def test_a_vote_ends_what_was_the_voters(world: World) -> None:
    """Assignment and escalation end as if by hand: the second person gets the case and cannot infer a vote."""
    case_id, first = in_review(), world.reviewers[0]
    assignment.assign_case(case_id, first.person_id or 0, actor=first)
    vote(case_id, DecisionKind.CLOSE, first)
    assert Case.objects.get(pk=case_id).assigned_to is None
    assert shown(world.reviewers[1]) == [case_id]
    assignment.escalate_case(case_id, REASON, actor=world.reviewers[1])
    vote(case_id, DecisionKind.DISMISS, world.supervisor)
    assert Case.objects.get(pk=case_id).escalated_at is None


def test_a_held_case_leaves_the_queue_till_its_time(world: World) -> None:
    """It returns by itself, whether or not the worker noticed; by hand earlier; never after its deadline."""
    case_id, actor = in_review(), world.reviewers[0]
    lease = leases.take_lease(case_id, actor=actor)
    until = now() + timedelta(hours=2)
    assignment.snooze_case(case_id, until, REASON, actor=actor)
    assert shown(actor) == shown(world.supervisor) == []
    assert next_in_queue(actor=actor) is None
    with pytest.raises(leases.LeaseLost):
        vote_with(case_id, lease.fence, actor)
    with frozen(until + timedelta(seconds=1)):
        assert shown(actor) == [case_id]
        assert assignment.lift_expired_holds() == 1
        assert shown(actor) == [case_id]
    assignment.snooze_case(case_id, now() + timedelta(hours=2), REASON, actor=actor)
    assignment.unsnooze_case(case_id, actor=world.reviewers[1])
    assert shown(actor) == [case_id]
    due = Case.objects.get(pk=case_id).due_at
    for wrong in (None, now(), due + timedelta(seconds=1)):
        with pytest.raises(InvalidInput):
            assignment.snooze_case(case_id, wrong, REASON, actor=actor)
    with pytest.raises(InvalidInput):
        assignment.snooze_case(case_id, until, "  ", actor=actor)
    with pytest.raises(IntegrityError, match="records_snooze_ends_before"), transaction.atomic():
        Case.objects.filter(pk=case_id).update(snoozed_until=due + timedelta(hours=1), snooze_reason=Sealed("k1:x"))


def vote_with(case_id: int, fence: int, actor: Actor) -> None:
    voting.cast_vote(case_id, fence, ballot(case_id, DecisionKind.DISMISS), actor=actor)


def test_news_brings_a_held_case_back(world: World) -> None:
    """A new report and an answer do; a triage without anything new does not."""
    filed, actor = report(), world.reviewers[0]
    triage.triage_case(filed.case_id, actor=SYSTEM)

    def held() -> bool:
        return Case.objects.get(pk=filed.case_id).snoozed_until is not None

    assignment.snooze_case(filed.case_id, now() + timedelta(hours=2), REASON, actor=actor)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    assert held()
    in_review(text="Saya juga melihatnya, dia minta DP.")
    assert not held()
    assignment.snooze_case(filed.case_id, now() + timedelta(hours=2), REASON, actor=actor)
    mailbox.write_back(filed.report_id, "Itu masih ada.", actor=PUBLIC)
    assert not held()


def test_an_earlier_deadline_shortens_a_hold(world: World) -> None:
    """A report with less time is accepted, and the snooze ends with the new deadline at the latest."""
    case_id = in_review(category="fraud")
    due = Case.objects.get(pk=case_id).due_at
    assignment.snooze_case(case_id, due - timedelta(minutes=1), REASON, actor=world.reviewers[0])
    with frozen(now() - timedelta(hours=3)):
        report(category="fraud", text="Dari kemarin.")
    case = Case.objects.get(pk=case_id)
    assert case.due_at < due
    assert case.snoozed_until is not None
    assert case.snoozed_until <= case.due_at


def test_an_escalated_case_is_the_supervisors(world: World) -> None:
    """It leaves the reviewers' queue until a supervisor returns it."""
    case_id, actor = in_review(), world.reviewers[0]
    assignment.escalate_case(case_id, REASON, actor=actor)
    assert shown(actor) == []
    assert shown(world.supervisor) == shown(world.supervisor, escalated=True) == [case_id]
    with pytest.raises(assignment.AlreadyEscalated):
        assignment.escalate_case(case_id, REASON, actor=world.reviewers[1])
    with pytest.raises(NotPermitted):
        assignment.hand_back_case(case_id, REASON, actor=actor)
    assignment.hand_back_case(case_id, "Periksa tautannya.", actor=world.supervisor)
    assert shown(actor) == [case_id]
    assert shown(world.supervisor, escalated=True) == []
    assert list(CaseNote.objects.order_by("pk").values_list("kind", flat=True)) == ["escalate", "hand_back"]


def test_nobody_moves_a_case_that_somebody_else_is_at(world: World) -> None:
    """Snoozing and escalating wait for the other person's lease to end."""
    case_id = in_review()
    leases.take_lease(case_id, actor=world.reviewers[1])
    with pytest.raises(leases.LeaseTaken):
        assignment.escalate_case(case_id, REASON, actor=world.reviewers[0])
    with pytest.raises(leases.LeaseTaken):
        assignment.snooze_case(case_id, now() + timedelta(hours=1), REASON, actor=world.reviewers[0])


def test_a_skipped_case_is_at_the_end_of_ones_own_queue_for_an_hour(world: World) -> None:
    """Nobody else notices, no entry says so, and the row is deleted after the hour."""
    case_id, other = in_review(), in_review(account="@kedua:localhost")
    actor, entries = world.reviewers[0], LedgerEntry.objects.count()
    leases.take_lease(case_id, actor=actor)
    assignment.skip_case(case_id, actor=actor)
    assert shown(actor) == [other]
    assert [row.case_id for row in list_skipped(actor=actor)] == [case_id]
    assert next_in_queue(but=other, actor=actor) == case_id
    assert shown(world.reviewers[1]) == [case_id, other]
    assert LedgerEntry.objects.count() == entries
    assignment.unskip_case(case_id, actor=actor)
    assert shown(actor) == [case_id, other]
    assignment.skip_case(case_id, actor=actor)
    with frozen(now() + timedelta(minutes=61)):
        assert shown(actor) == [case_id, other]
        assignment.lift_expired_holds()
    assert not Skip.objects.exists()


def test_notes_are_the_teams_and_stay(world: World) -> None:
    """Only the team writes notes, and the database refuses changes."""
    case_id = in_review()
    assignment.add_note(case_id, "Nomor ini pernah muncul.", actor=world.reviewers[0])
    for outside in (world.officer, PUBLIC):
        with pytest.raises(NotPermitted):
            assignment.add_note(case_id, "Halo.", actor=outside)
    with pytest.raises(InvalidInput):
        assignment.add_note(case_id, " ", actor=world.reviewers[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseNote.objects.update(text=Sealed("k1:lain"))
    assert "Nomor" not in str(LedgerEntry.objects.get(verb="add_note").payload)


def test_a_decided_case_is_not_moved_about(world: World) -> None:
    """A decided case waits for nothing; a note can still be written."""
    case_id, actor = in_review(), world.reviewers[0]
    vote(case_id, DecisionKind.DISMISS, actor)
    for step in (
        lambda: assignment.escalate_case(case_id, REASON, actor=actor),
        lambda: assignment.snooze_case(case_id, now() + timedelta(hours=1), REASON, actor=actor),
        lambda: assignment.skip_case(case_id, actor=actor),
    ):
        with pytest.raises(IllegalTransition):
            step()
    assignment.add_note(case_id, "Sudah dijelaskan lewat telepon.", actor=actor)


def test_the_filters_of_the_queue_find_what_they_name(world: World) -> None:
    """Each filter alone, with its number."""
    plain, english = in_review(), in_review(account="@en:localhost", language=Language.ENGLISH)
    grave, actor = in_review(category="trafficking", account="@tppo:localhost"), world.reviewers[0]
    assert shown(actor, language=Language.ENGLISH) == [english]
    assert shown(actor, severity=Severity.CRITICAL) == [grave]
    assert shown(actor, queue="general") == [plain]
    assert shown(actor, category="trafficking") == [grave]
    for wanted, number in (
        (QueueFilter(severity=Severity.MODERATE), 3),
        (QueueFilter(category="trafficking"), 1),
        (QueueFilter(channel=Channel.PUBLIC, queue="general"), 1),
        (QueueFilter(escalated=True), 0),
    ):
        count = count_waiting(waiting_for(actor, wanted))
        assert (count.number, count.more) == (number, False), wanted
    assert shown(actor, escalated=True) == []


def test_a_views_number_says_where_it_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a limited number is searched; cases with one's own vote are not counted."""
    from jaga.queue.reads import waiting

    cases, actor = [in_review(account=f"@bunga{number}:localhost") for number in range(4)], world.reviewers[0]
    vote(cases[0], DecisionKind.CLOSE, actor)
    everything = count_waiting(waiting_for(actor))
    assert (everything.number, everything.more) == (3, False)
    monkeypatch.setattr(waiting, "LOOKED_AT", 2)
    some = count_waiting(waiting_for(actor))
    assert some.more
    assert 1 <= some.number <= 2
    monkeypatch.setattr(waiting, "COUNTED", 1)
    monkeypatch.setattr(waiting, "LOOKED_AT", 50)
    assert count_waiting(waiting_for(actor)) == waiting.QueueCount(1, more=True)


FACTS = st.fixed_dictionaries(
    {
        "category": st.sampled_from(
            ["prostitution_advertising", "child_protection", "trafficking", "gambling", "other"]
        ),
        "language": st.sampled_from(list(Language)),
        "state": st.sampled_from([CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION]),
        "step": st.sampled_from(["none", "assign", "hold", "escalate", "reroute", "over"]),
    }
)


# Without shrinking: each example is many verbs, and on a slow machine a failure would take minutes to be told.
@settings(
    max_examples=example_count(6),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@example(
    [
        {
            "category": "child_protection",
            "language": Language.INDONESIAN,
            "state": CaseState.ADJUDICATION,
            "step": "over",
        }
    ],
    2,
    False,
)
@example(
    [
        {
            "category": "child_protection",
            "language": Language.INDONESIAN,
            "state": CaseState.IN_REVIEW,
            "step": "escalate",
        }
    ],
    3,
    True,
)
@given(st.lists(FACTS, min_size=1, max_size=4), st.integers(0, 4), st.booleans())
def test_each_waiting_case_is_in_one_queue_that_somebody_sees_or_it_alarms(
    world: World, cases: list[dict[str, Any]], cleared: int, skilled: bool
) -> None:
    """Whatever the rules, people and steps: shown once to somebody, set aside until a known time, or with an alarm."""
    with transaction.atomic():
        _each_is_seen(world, cases, cleared, skilled)
        transaction.set_rollback(True)


def _each_is_seen(world: World, cases: list[dict[str, Any]], cleared: int, skilled: bool) -> None:
    team_ = [*world.reviewers, world.supervisor]
    PersonClearance.objects.update(ended_at=now())
    clear(*team_[:cleared])
    if skilled:
        skills_and_clearances.set_skills(
            world.reviewers[2].person_id or 0, frozenset({"english", "victims"}), actor=world.supervisor
        )
    numbers, platform = [], Platform.objects.get(name=PLATFORM)
    for index, facts in enumerate(cases):
        moment, category = now(), load_release().category(facts["category"])
        subject = Subject.objects.create(platform=platform, account_id=f"@a{index}:localhost", first_seen_at=moment)
        case = Case.objects.create(
            subject=subject,
            category=category.key,
            channel=Channel.PUBLIC,
            severity=category.severity,
            victim_first=category.victim_first,
            victim_state=VictimState.PROPOSED if category.victim_first else VictimState.NONE,
            conduct_on=today(),
            opened_at=moment,
            due_at=moment + timedelta(hours=4),
            rank_at=moment,
            language=facts["language"],
            state=facts["state"],
        )
        queue_rules.route(case, actor=SYSTEM)
        number = case.pk
        if facts["step"] == "assign":
            Case.objects.filter(pk=number).update(assigned_to=world.reviewers[0].person_id)
        elif facts["step"] in ("hold", "over"):
            until = moment + timedelta(hours=1 if facts["step"] == "hold" else -1)
            case.snoozed_until, case.snooze_reason = until, "x"
            case.save(update_fields=["snoozed_until", "snooze_reason"])
        elif facts["step"] == "escalate":
            Case.objects.filter(pk=number).update(escalated_at=moment)
        elif facts["step"] == "reroute" and not case.clearance:
            Case.objects.filter(pk=number).update(queue="english", queue_fixed=True)
        numbers.append(number)
    pages = [shown(actor) for actor in team_]
    assert all(len(page) == len(set(page)) for page in pages)
    alarmed = {one.queue.key for one in unseen_queues(actor=world.supervisor)}
    assert all(
        not queue.clearance or queue.key in alarmed or cleared > 1
        for queue in load_release().routing.queues
        if queue.key in queues_in_use()
    )
    assert queues_in_use() <= {queue.key for queue in load_release().routing.queues}
    for case in Case.objects.filter(pk__in=numbers):
        seen = any(case.pk in page for page in pages)
        held = case.snoozed_until is not None and case.snoozed_until > now()
        assert held or seen or case.queue in alarmed, case
        assert not (held and seen)
        assert all(
            case.pk not in page or not case.clearance or actor in team_[:cleared]
            for actor, page in zip(team_, pages, strict=True)
        )


def test_an_appeal_of_a_closed_case_is_the_cleareds(world: World) -> None:
    """It is neither listed nor opened for anybody else; if nobody has the clearance, supervisors are told."""
    case_id = in_review(**CHILD)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer)
    decision = Decision.objects.get(case=case_id)
    appeal = Appeal.objects.create(
        decision=decision, text="Itu bukan saya.", filed_at=now(), due_at=now() + timedelta(days=2)
    )
    third, stranger = world.reviewers[2], outsider(world)
    assert [one.appeal_id for one in list_appeals(actor=third).rows] == [appeal.pk]
    assert access_appeal(appeal.pk, actor=third).appeal_id == appeal.pk
    assert list_appeals(actor=stranger).rows == ()
    with pytest.raises(NotFound):
        access_appeal(appeal.pk, actor=stranger)
    PersonClearance.objects.update(ended_at=now())
    assert [one.queue.key for one in unseen_queues(actor=world.supervisor)] == ["child_safety"]
